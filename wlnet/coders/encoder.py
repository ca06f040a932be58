"""NetEncoder: from things in the world to arrays. Wolfram Language: NetEncoder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Unpack, cast

import numpy as np

from wlnet.coders.coder import Coder
from wlnet.core.arrays import Dtype
from wlnet.core.errors import DataError, Fault, Words, brief, fail
from wlnet.core.gate import Column, admitted
from wlnet.core.machine import check_memory
from wlnet.core.scalars import as_real, as_truth

Encoded = np.ndarray | list[np.ndarray]
"""A batch: an array, or the arrays of examples that have several shapes."""


class NetEncoder(Coder):
    """An encoder of a port: `NetEncoder(kind, ...)` returns a value of that kind.

    Kinds: "Image", "Class", "Characters", "Tokens", "SubwordTokens", "UTF8", "Boolean", "Scalar",
    "Number", "UnitVector", "Function", "FeatureExtractor". NetEncoder(decoder) is the converse
    of a decoder. Encoders are frozen values, equal when kind and parameters are; `repr` reads
    back.

    Errors: OptionError for an unknown kind, option or value; DataError, naming port and example
    (counted from 1), for what cannot be encoded.

    >>> encoder = NetEncoder("Class", ["x", "y", "z"])
    >>> encoder(["y", "x"])
    array([2, 1])
    >>> encoder
    NetEncoder('Class', ['x', 'y', 'z'])

    Source: https://reference.wolfram.com/language/ref/NetEncoder.html
    """

    kinds: ClassVar[dict[str, type]] = {}
    door = "NetEncoder"

    if TYPE_CHECKING:

        def __new__(cls, *arguments: Any, **options: object) -> Any: ...

    takes_anything: ClassVar[bool] = False
    """Whether items are what only the user's own code knows: they come to it as they are."""

    def is_single(self, x: object) -> bool:
        """Whether x is one item (True) or a batch of items (False)."""
        return not is_batch(x)

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> Encoded:
        """A batch as a fresh array of shape (n, *shape), of `dtype`, or int64 for "Integer".

        Where the shape has an open size, and examples differ in it: a list of their arrays.
        `where` is the place of the batch, for messages. Raises DataError.
        """
        raise NotImplementedError

    def __call__(self, x: object) -> Encoded:
        """One item, or a batch, as an array: what `net(x)` feeds to the port."""
        given = x if self.takes_anything else admitted(x, "Input")
        return (
            self.encode([given])[0] if self.is_single(given) else self.encode(cast("Column", given))
        )


def example_fault(where: str, index: int, what: str, **words: Unpack[Words]) -> Fault:
    """A fault of one example; `index` counts from 0 here and from 1 in the message."""
    return Fault(what, at=f"{where}, example {index + 1}", **words)


def refuse(where: str, index: int, what: str, **words: Unpack[Words]) -> DataError:
    """The DataError about one example."""
    return fail(DataError, example_fault(where, index, what, **words))


def batch_items(items: object, where: str) -> Column:
    """The batch as something with a length and an order; DataError for anything else."""
    found = admitted(items, where)
    if isinstance(found, (list, tuple, range)) or (isinstance(found, np.ndarray) and found.ndim):
        return found
    if isinstance(found, Sequence) and not isinstance(found, (str, bytes)):
        return found
    raise fail(
        DataError,
        Fault(
            "this is not a batch of examples",
            at=where,
            given=brief(items),
            expected="a list, a tuple or an array of examples",
        ),
    )


def is_batch(x: object) -> bool:
    """The rule of kinds whose items are not arrays: lists, tuples, arrays of rank 1 or more."""
    if isinstance(x, (list, tuple, range)):
        return True
    if isinstance(x, np.ndarray) or (
        hasattr(x, "__array__") and not isinstance(x, (np.generic, type))
    ):
        return np.ndim(x) > 0
    return isinstance(x, Sequence) and not isinstance(x, (str, bytes))


def reals(
    array: np.ndarray, where: str, dtype: Dtype, what: str = "numbers", first: int = 0
) -> np.ndarray:
    """A fresh copy of a batch of real numbers, as `dtype`; DataError where one is not finite.

    `first` is the index of the batch's first example in the whole.
    """
    with np.errstate(all="ignore"):
        out = zeros(array.shape, dtype, where)
        out[...] = array
    good = np.isfinite(out)
    if not good.all():
        place = int(np.argmin(good.reshape(len(good), -1).all(axis=1)))
        row = np.asarray(array[place]).ravel()
        value = row[int(np.argmin(np.isfinite(out[place]).ravel()))]
        raise refuse(
            where,
            first + place,
            f"the {what} are not all finite"
            if not np.isfinite(value)
            else f"the {what} do not fit into {8 * out.itemsize}-bit floats",
            given=str(value),
            expected=f"finite real numbers within {np.finfo(dtype).max:.1e}",
            fix="remove or repair the example",
        )
    return out


def zeros(shape: tuple[int, ...], dtype: Dtype, where: str) -> np.ndarray:
    """An array to encode into; DataError where it is larger than the memory there is."""
    check_memory(math.prod(shape) * np.dtype(dtype).itemsize, where, DataError)
    return np.zeros(shape, dtype)


def real_number(item: object, where: str, index: int) -> float:
    """The number that an example is; DataError for what is none."""
    number = as_real(item)
    if number is None:
        is_truth = as_truth(item) is not None
        raise refuse(
            where,
            index,
            "this is not a real number",
            given=brief(item),
            expected="an int or a float",
            fix='NetEncoder("Boolean") takes True and False' if is_truth else None,
        )
    return number


def check_items(good: np.ndarray, batch: Column, where: str, what: str, expected: str) -> None:
    """Raise the DataError of the first example that is not good. good: a truth value an example."""
    if not good.all():
        bad = int(np.argmin(good))
        raise refuse(where, bad, what, given=brief(batch[bad]), expected=expected)


def unit_vectors(places: np.ndarray, size: int, dtype: Dtype, where: str) -> np.ndarray:
    """A row for each place, counted from 1: a one there, and zeros."""
    vectors = zeros((len(places), size), dtype, where)
    vectors[np.arange(len(places)), places - 1] = 1
    return vectors


def numbered(items: Iterable[object]) -> Iterator[tuple[int, object]]:
    """Items with their index; elements of arrays as Python values."""
    source: Iterable[object] = (
        items.tolist() if isinstance(items, np.ndarray) and items.ndim == 1 else items
    )
    return enumerate(source)
