"""NetDecoder: from arrays back to things in the world. Wolfram Language: NetDecoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wlnet.coders.coder import Coder
from wlnet.coders.encoder import NetEncoder
from wlnet.coders.parameters import is_automatic
from wlnet.core.errors import DataError, Fault, OptionError, ShapeError, brief, fail
from wlnet.core.gate import admitted, as_column
from wlnet.core.shapes import fits, shape_text
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC, Symbol

Property = str | tuple[object, ...] | Symbol


class NetDecoder(Coder):
    """A decoder of a port: `NetDecoder(kind, ...)` returns a value of that kind.

    Kinds: "Class", "Characters", "Tokens", "SubwordTokens", "Boolean", "Image", "Number",
    "Scalar", "UTF8", "Function". NetDecoder(encoder) is the converse of an encoder. Decoders are
    frozen values, equal when kind and parameters are; `repr` reads back.

    Errors: OptionError for an unknown kind, option or property; ShapeError for an array of another
    shape; DataError, naming the example, for numbers that are not finite.

    >>> decoder = NetDecoder("Class", ["x", "y"])
    >>> decoder(np.array([[0.1, 0.9], [0.6, 0.4]]))
    ['y', 'x']
    >>> decoder(np.array([0.25, 0.75]), "Probabilities")
    {'x': 0.25, 'y': 0.75}

    Source: https://reference.wolfram.com/language/ref/NetDecoder.html
    """

    kinds: ClassVar[dict[str, type]] = {}
    door = "NetDecoder"
    properties: ClassVar[tuple[str, ...]] = ()
    of_labels: ClassVar[bool] = False
    """Whether the numbers that it reads are the probabilities of labels."""

    if TYPE_CHECKING:

        def __new__(cls, *arguments: Any, **options: object) -> Any: ...

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[object]:
        """What the property says about each example of an array of shape (n, *shape).

        AUTOMATIC is the first of `properties`. `rng` is needed by random properties only.
        """
        raise NotImplementedError

    def check_property(self, prop: Property) -> None:
        """Raise OptionError for what is no property, before there is anything to decode."""
        if not is_automatic(prop) and not (isinstance(prop, str) and prop in self.properties):
            raise self._unknown_property(prop)

    def target_encoder(self) -> NetEncoder | None:
        """The converse encoder: what turns targets into arrays when the port is trained. None:
        they are arrays."""
        raise NotImplementedError

    def converse(self, kind: Callable[..., Coder] | None) -> Coder:
        encoder = self.target_encoder()
        return super().converse(kind) if encoder is None else encoder

    def __call__(
        self,
        array: object,
        prop: Property | None = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> Any:
        """Decode one example, or a batch (one rank more); `None` gives the raw array back."""
        if prop is None:
            return array
        numbers = self._read(array)
        if self.shape is not None and numbers.ndim == len(self.shape):
            return self.decode(numbers[np.newaxis], prop, rng=rng)[0]
        return self.decode(numbers, prop, rng=rng)

    def _read(self, given: object) -> np.ndarray:
        """What was given as an array. Raises DataError for what is none."""
        if isinstance(given, range):
            given = as_column(given, self.title)
        try:
            return np.asarray(admitted(given, self.title))
        except ValueError as error:
            if isinstance(error, DataError):
                raise
            what = f"the {self.title} cannot read this as an array"
            raise fail(DataError, Fault(what, given=brief(given))) from None

    def _numbers(self, array: object) -> np.ndarray:
        """The array, checked: a batch of finite real numbers of this decoder's shape."""
        numbers = np.asarray(array)
        if numbers.dtype.kind not in "fiub" or not (
            numbers.ndim and fits(self.shape, numbers.shape[1:])
        ):
            raise fail(
                ShapeError,
                Fault(
                    f"the {self.title} cannot read this array",
                    at=repr(self),
                    given=f"an array of {numbers.dtype}, shape {numbers.shape}",
                    expected=f"a batch of real arrays of shape {shape_text(self.shape)}",
                ),
            )
        good = np.isfinite(numbers).all(axis=tuple(range(1, numbers.ndim)))
        if not good.all():
            raise fail(
                DataError,
                Fault(
                    f"the {self.title} met numbers that are not finite",
                    at=f"example {int(np.argmin(good)) + 1}",
                    fix="look at the raw numbers with the property None",
                ),
            )
        return numbers

    def _unknown_property(self, prop: object) -> OptionError:
        name = prop[0] if isinstance(prop, tuple) and prop else prop
        error = fail(
            OptionError,
            Fault(
                f"the {self.title} has no such property",
                at=repr(self),
                given=brief(prop),
                known=[*self.properties, "None (the raw array)"],
                fix=suggestion(name, self.properties)
                if isinstance(name, str)
                else "one property a call"
                if isinstance(prop, list) and len(prop) > 1
                else None,
            ),
        )
        assert isinstance(error, OptionError)
        return error
