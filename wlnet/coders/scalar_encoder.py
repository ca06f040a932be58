"""The "Scalar" encoder: a real number becomes a scalar."""

from __future__ import annotations

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import NetEncoder, batch_items, numbered, real_number, reals
from wlnet.core.arrays import Dtype
from wlnet.core.gate import Column
from wlnet.core.shapes import Shape


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

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> np.ndarray:
        batch = batch_items(items, where)
        if isinstance(batch, np.ndarray) and batch.ndim == 1 and batch.dtype.kind in "iuf":
            return reals(batch, where, dtype)
        numbers = np.empty(len(batch), np.float64)
        for index, item in numbered(batch):
            numbers[index] = real_number(item, where, index)
        return reals(numbers, where, dtype)
