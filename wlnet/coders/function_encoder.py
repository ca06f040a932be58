"""The "Function" encoder: any Python function that turns an item into numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY
from typing import Any, ClassVar, NoReturn, Protocol, Self

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import Encoded, NetEncoder, reals, refuse
from wlnet.coders.parameters import is_automatic
from wlnet.core.arrays import Dtype
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.gate import Column, admitted, as_column
from wlnet.core.ports import Flow
from wlnet.core.restricted import LARGEST_INDEX, Restricted
from wlnet.core.scalars import as_whole
from wlnet.core.shapes import Shape, fits, shape_text
from wlnet.core.symbols import AUTOMATIC, Symbol


@coder
class FunctionEncoder(NetEncoder):
    """`NetEncoder("Function", f, shape)`: f(item) must be real numbers of that shape.

    With `batched=True`, f is called once with the list of all items and answers with an array of
    one rank more. The shape AUTOMATIC (the default) is that of the answers, which may differ where
    the net takes several. A shape that ends in "Integer", or Restricted("Integer", n), is one of
    integers that count from 1: `("Varying", Restricted("Integer", 5))`. A list, or an array of
    strings or objects, is a batch; everything else is one item, arrays of numbers too.

    A net with this encoder cannot be saved: a file holds no code (FormatError). It is equal to
    another one when the function is the same object.

    >>> encoder = NetEncoder("Function", lambda word: [len(word), word.count("a")], 2)
    >>> encoder.encode(["banana", "tree"])
    array([[6., 3.],
           [4., 0.]], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netencoder/Function.html
    """

    kind = "Function"
    takes_anything = True
    function: Callable[[Any], Any]
    dimensions: tuple[Any, ...] | Symbol = AUTOMATIC
    _: KW_ONLY
    batched: bool = False

    def __post_init__(self) -> None:
        faults = dimension_faults(self)
        if faults:
            raise fail(OptionError, faults)
        self._set(dimensions=as_dimensions(self.dimensions))

    @property
    def shape(self) -> Shape | None:
        given = self.dimensions
        return None if isinstance(given, Symbol) else sizes_and_entries(given)[0]

    @property
    def element(self) -> Flow:
        return "Integer" if self._entries else "Real"

    @property
    def index_count(self) -> int | None:
        """How many different indices it yields; None for numbers, and where nobody says."""
        return self._entries.most if isinstance(self._entries, Restricted) else None

    @property
    def _entries(self) -> Restricted | str | None:
        """What the entries are, where they are integers."""
        return sizes_and_entries(self.dimensions)[1]

    def fitted(self, shape: Shape) -> Self:
        self._require(shape, fits(self.shape, shape))
        entries = () if self._entries is None else (self._entries,)
        return self._with(dimensions=(*filled(self.shape, shape), *entries))

    def converse(self, kind: object) -> NoReturn:
        raise self._without_converse("nothing is known of a function but what it gives")

    def is_single(self, x: object) -> bool:
        if isinstance(x, np.ndarray):
            return x.ndim == 0 or x.dtype.kind in "biufc"
        return not isinstance(x, list)

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> Encoded:
        batch = as_column(items, where, is_raw=True)
        want = self.shape
        if len(batch) == 0:
            kind = np.int64 if self._entries else dtype
            return np.zeros((0, *(size or 0 for size in want or ())), kind)
        if self.batched:
            return self._encode_batch(batch, where, dtype)
        rows: list[np.ndarray] = []
        for index, item in enumerate(batch):
            try:
                answer = np.asarray(admitted(self.function(item), where))
            except Exception as error:
                raise refuse(
                    where,
                    index,
                    f"the function of the encoder failed with {type(error).__name__}: {error}",
                    given=brief(item),
                ) from error
            if answer.dtype.kind not in "biuf" or not fits(want, answer.shape):
                raise refuse(
                    where,
                    index,
                    "the function of the encoder gave something else",
                    given=brief(answer),
                    expected=f"real numbers of shape {shape_text(want)}",
                )
            rows.append(answer)
        if len({row.shape for row in rows}) > 1:
            return [self._numbers(row[None], where, dtype, i)[0] for i, row in enumerate(rows)]
        return self._numbers(np.stack(rows), where, dtype)

    def _numbers(self, answers: np.ndarray, where: str, dtype: Dtype, first: int = 0) -> np.ndarray:
        """What the function gave, checked; the first of it for example number `first`."""
        if self._entries is None:
            return reals(answers, where, dtype, "numbers of the function", first)
        most = self.index_count or LARGEST_INDEX
        numbers = answers.astype(np.float64)
        good = (numbers >= 1) & (numbers <= most) & (numbers == np.round(numbers))
        if not good.all():
            bad = int(np.argmin(good.reshape(len(good), -1).all(axis=1)))
            raise refuse(
                where,
                first + bad,
                "the function of the encoder gave something else",
                given=brief(answers[bad]),
                expected=f"integers from 1 to {most}",
            )
        return answers.astype(np.int64)

    def _encode_batch(self, batch: Column, where: str, dtype: Dtype) -> np.ndarray:
        try:
            answer = np.asarray(admitted(self.function(list(batch)), where))
        except Exception as error:
            raise fail(
                DataError,
                Fault(
                    f"the function of the encoder failed with {type(error).__name__}: {error}",
                    at=where,
                    given=f"{len(batch)} examples",
                ),
            ) from error
        good = answer.dtype.kind in "biuf" and answer.ndim and len(answer) == len(batch)
        if not good or not fits(self.shape, answer.shape[1:]):
            raise fail(
                DataError,
                Fault(
                    "the function of the encoder gave something else",
                    at=where,
                    given=brief(answer),
                    expected=f"{len(batch)} examples of shape {shape_text(self.shape)}",
                    fix="batched=False calls the function once for every example",
                ),
            )
        return self._numbers(answer, where, dtype)


class OfFunction(Protocol):
    """What a coder by a function says of itself."""

    door: ClassVar[str]

    @property
    def title(self) -> str: ...
    @property
    def function(self) -> object: ...
    @property
    def dimensions(self) -> object: ...
    @property
    def batched(self) -> bool: ...


def dimension_faults(coder: OfFunction) -> list[Fault]:
    """What is wrong with the function of a coder, and with what is said of it."""
    faults = []
    if not callable(coder.function):
        faults.append(Fault("this cannot be called", at=coder.title, given=brief(coder.function)))
    if not isinstance(coder.batched, bool):
        faults.append(Fault("batched is True or False", at=coder.title, given=brief(coder.batched)))
    given = coder.dimensions
    sizes, entries = sizes_and_entries(given)
    if entries is not None and coder.door == "NetDecoder":
        faults.append(Fault("a decoder reads numbers", at=coder.title, given=brief(given)))
    if not is_automatic(given) and not all(map(_is_size, sizes)):
        faults.append(
            Fault(
                "this is not a shape",
                at=coder.title,
                given=brief(given),
                expected="a whole number, a tuple of them (None = unknown), or AUTOMATIC",
                fix="() for a scalar",
            )
        )
    return faults


def as_dimensions(given: Any) -> Any:
    """A shape as it is kept, or AUTOMATIC.

    >>> as_dimensions(3), as_dimensions([2, "Varying"])
    ((3,), (2, None))
    """
    if isinstance(given, Symbol):
        return given
    sizes, entries = sizes_and_entries(given)
    return (*map(as_whole, sizes), *(() if entries is None else (entries,)))


def sizes_and_entries(given: Any) -> tuple[tuple[Any, ...], Restricted | str | None]:
    """The sizes of what stands for a shape, and what is said of its entries, if it is Integers.

    >>> sizes_and_entries((2, "Integer")), sizes_and_entries(3)
    (((2,), 'Integer'), ((3,), None))
    """
    parts = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    last = parts[-1] if parts else None
    is_said = isinstance(last, Restricted) or (isinstance(last, str) and last == "Integer")
    return (parts[:-1], last) if is_said else (parts, None)


def filled(known: Shape | None, shape: Shape) -> Shape:
    """A shape of which some sizes are told by another one that it fits."""
    old = (None,) * len(shape) if known is None else known
    return tuple(a if b is None else b for a, b in zip(old, shape, strict=True))


def _is_size(size: object) -> bool:
    if size is None or (isinstance(size, str) and size == "Varying"):
        return True
    number = as_whole(size)
    return number is not None and number >= 1
