"""The "Scalar" encoder: a real number becomes a scalar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wlnet.coders.coder import Shape, coder
from wlnet.coders.encoder import NetEncoder, batch_items, is_batch, numbered, real32, refuse
from wlnet.core.errors import brief


@coder
class ScalarEncoder(NetEncoder):
    """`NetEncoder("Scalar")`: finite real numbers; shape `()`.

    Booleans, strings, complex numbers, NaN and infinities are DataErrors.

    >>> NetEncoder("Scalar").encode([1, 2.5])
    array([1. , 2.5], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netencoder/Scalar.html
    """

    kind = "Scalar"

    @property
    def shape(self) -> Shape:
        return ()

    def is_single(self, x: object) -> bool:
        return not is_batch(x)

    def encode(self, items: Sequence[Any] | np.ndarray, where: str = "Input") -> np.ndarray:
        batch = batch_items(items, where)
        if isinstance(batch, np.ndarray) and batch.ndim == 1 and batch.dtype.kind in "iuf":
            return real32(batch, where)
        numbers = np.empty(len(batch), np.float64)
        for index, item in numbered(batch):
            if isinstance(item, np.ndarray) and item.ndim == 0:
                item = item.item()
            if isinstance(item, (bool, np.bool_)) or not isinstance(
                item, (int, float, np.integer, np.floating)
            ):
                raise refuse(
                    where,
                    index,
                    "this is not a real number",
                    given=brief(item),
                    expected="an int or a float",
                    fix='NetEncoder("Boolean") takes True and False'
                    if isinstance(item, (bool, np.bool_))
                    else None,
                )
            try:
                numbers[index] = float(item)
            except OverflowError:
                numbers[index] = np.inf
        return real32(numbers, where)
