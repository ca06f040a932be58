"""The "UnitVector" encoder: a whole number from 1 to n becomes a unit vector."""

from __future__ import annotations

from typing import Self

import numpy as np

from wlnet.coders.class_decoder import ClassDecoder
from wlnet.coders.coder import coder
from wlnet.coders.encoder import (
    NetEncoder,
    batch_items,
    check_items,
    is_batch,
    numbered,
    reals,
    unit_vectors,
)
from wlnet.coders.parameters import is_automatic
from wlnet.core.arrays import Dtype
from wlnet.core.errors import Fault, NotInitializedError, OptionError, brief, fail
from wlnet.core.gate import Column
from wlnet.core.scalars import as_whole
from wlnet.core.shapes import Shape, fits
from wlnet.core.symbols import AUTOMATIC, Symbol

LARGEST = 2**24


@coder
class UnitVectorEncoder(NetEncoder):
    """`NetEncoder("UnitVector", n)`: k in 1..n to the vector with a one at place k; shape `(n,)`.

    n may be AUTOMATIC until the port is known. Float arrays of shape (n,) pass through.

    >>> NetEncoder("UnitVector", 3).encode([2])
    array([[0., 1., 0.]], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netencoder/UnitVector.html
    """

    kind = "UnitVector"
    size: int | Symbol = AUTOMATIC

    def __post_init__(self) -> None:
        if is_automatic(self.size):
            return
        size = as_whole(self.size)
        if size is None or not 1 <= size <= LARGEST:
            raise fail(
                OptionError,
                Fault(
                    "this is not a length of unit vectors",
                    at=self.title,
                    given=brief(self.size),
                    expected=f"a whole number from 1 to {LARGEST}, or AUTOMATIC",
                ),
            )
        self._set(size=size)

    def converse(self, kind: object) -> ClassDecoder:
        """The decoder of classes that are called 1, ..., n."""
        known = self.size
        labels = known if isinstance(known, Symbol) else tuple(range(1, known + 1))
        decoder: ClassDecoder = ClassDecoder(labels)
        return decoder

    @property
    def shape(self) -> Shape:
        return (None,) if isinstance(self.size, Symbol) else (self.size,)

    def fitted(self, shape: Shape) -> Self:
        self._require(shape, fits(self.shape, shape) and 0 not in shape)
        if is_automatic(self.size) and shape[0] is not None:
            return self._with(size=shape[0])
        return self

    def is_single(self, x: object) -> bool:
        return self._is_encoded(x) or not is_batch(x)

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> np.ndarray:
        batch = batch_items(items, where)
        if isinstance(batch, np.ndarray) and batch.ndim == 2 and len(batch):
            encoded = self._is_encoded(batch[0])
        else:
            encoded = len(batch) > 0 and all(map(self._is_encoded, batch))
        if encoded:
            return reals(np.asarray(batch), where, dtype)
        if isinstance(self.size, Symbol):
            raise fail(
                NotInitializedError,
                Fault(
                    f"the {self.title} does not know its length yet",
                    at=repr(self),
                    fix='NetEncoder("UnitVector", 10)',
                ),
            )
        if isinstance(batch, np.ndarray) and batch.ndim == 1 and batch.dtype.kind in "iu":
            good = (batch >= 1) & (batch <= self.size)
            places = np.where(good, batch, 1).astype(np.int64)
        else:
            found = [self._place(item) for _, item in numbered(batch)]
            good = np.array([place is not None for place in found], bool)
            places = np.array([place or 1 for place in found], np.int64)
        expected = f"a whole number from 1 to {self.size}"
        check_items(good, batch, where, "this is not the place of a one", expected)
        return unit_vectors(places, self.size, dtype, where)

    def _place(self, item: object) -> int | None:
        place = as_whole(item)
        return place if place is not None and 1 <= place <= self.size else None  # type: ignore[operator]

    def _is_encoded(self, x: object) -> bool:
        return (
            isinstance(x, np.ndarray)
            and x.ndim == 1
            and x.dtype.kind == "f"
            and fits(self.shape, x.shape)
            and len(x) > 0
        )
