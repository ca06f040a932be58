"""The "Function" decoder: any Python function of what a net gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY
from typing import Any, NoReturn, Self

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.decoder import NetDecoder, Property
from wlnet.coders.function_encoder import as_dimensions, dimension_faults, filled
from wlnet.coders.parameters import is_automatic
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.shapes import Shape, fits
from wlnet.core.symbols import AUTOMATIC, Symbol


@coder
class FunctionDecoder(NetDecoder):
    """`NetDecoder("Function", f, shape)`: what f says of the array of an example, of that shape.

    With `batched=True`, f is called once with the arrays of all examples, one rank more, and
    answers with a list of as many things. The shape AUTOMATIC (the default) is that of the port; of
    a decoder that is called by itself, an array is one example then, and a list a batch. f is given
    arrays that cannot be written to.

    properties: names of what may be asked for; f then takes one of them as its second argument, the
    first where nobody asks.

    A port with this decoder learns from targets of its own shape, as a function has no converse. A
    net with this decoder cannot be saved: a file holds no code (FormatError).

    Errors: OptionError for impossible parameters; DataError, naming the example, where f fails.

    >>> from wlnet import NetDecoder
    >>> decoder = NetDecoder("Function", lambda x: "warm" if x[0] > 20 else "cold", 1)
    >>> decoder([[23.5], [4.0]])
    ['warm', 'cold']
    >>> both = {"Sum": np.sum, "Most": np.max}
    >>> asked = NetDecoder("Function", lambda x, of: float(both[of](x)), 3, properties=both)
    >>> asked([1, 2, 4]), asked([1, 2, 4], "Most")
    (7.0, 4.0)

    Source: https://reference.wolfram.com/language/ref/netdecoder/Function.html
    """

    kind = "Function"
    function: Callable[..., Any]
    dimensions: Shape | Symbol = AUTOMATIC
    _: KW_ONLY
    batched: bool = False
    properties: tuple[str, ...] = ()  # type: ignore[misc]

    def __post_init__(self) -> None:
        faults = dimension_faults(self)
        names = self.properties
        words = [] if isinstance(names, str) else [*names]
        if isinstance(names, str) or not all(isinstance(name, str) for name in words):
            what = "properties are a list of their names"
            faults.append(Fault(what, at=self.title, given=brief(names), fix="properties=['Sum']"))
        elif len(set(words)) < len(words):
            faults.append(Fault("two properties of one name", at=self.title, given=brief(words)))
        if faults:
            raise fail(OptionError, faults)
        self._set(dimensions=as_dimensions(self.dimensions), properties=tuple(words))

    @property
    def shape(self) -> Shape | None:
        return None if isinstance(self.dimensions, Symbol) else self.dimensions

    def fitted(self, shape: Shape) -> Self:
        self._require(shape, fits(self.shape, shape))
        return self._with(dimensions=filled(self.shape, shape))

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[Any]:
        self.check_property(prop)
        own = np.array(self._numbers(array))
        own.flags.writeable = False
        asked = [self.properties[0] if is_automatic(prop) else prop] if self.properties else []
        if self.batched:
            return self._decode_batch(own, asked)
        told = []
        for number, each in enumerate(own, 1):
            try:
                told.append(self.function(each, *asked))
            except Exception as error:
                raise self._failed(error, f"example {number}", each) from error
        return told

    def __call__(
        self,
        array: object,
        prop: Property | None = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> Any:
        if self.shape is not None or prop is None or isinstance(array, list):
            return super().__call__(array, prop, rng=rng)
        return self.decode(self._read(array)[np.newaxis], prop)[0]

    def target_encoder(self) -> None:
        """None: targets are arrays."""

    def converse(self, kind: object) -> NoReturn:
        raise self._without_converse("nothing is known of a function but what it gives")

    def _decode_batch(self, array: np.ndarray, asked: list[Any]) -> list[Any]:
        try:
            answer = self.function(array, *asked)
            told = None if isinstance(answer, (str, dict)) else list(answer)
        except Exception as error:
            raise self._failed(error, f"a batch of {len(array)}", array) from error
        if told is None or len(told) != len(array):
            what = "the function of the decoder gave something else"
            expected = f"a list of {len(array)}"
            fix = "batched=False calls the function once for every example"
            given = brief(answer)
            raise fail(DataError, Fault(what, self.title, given=given, expected=expected, fix=fix))
        return told

    def _failed(self, error: Exception, at: str, given: np.ndarray) -> Exception:
        what = f"the function of the decoder failed with {type(error).__name__}: {error}"
        return fail(DataError, Fault(what, at=at, given=brief(given)))
