"""The "Scalar" encoder: a real number becomes a scalar."""

from __future__ import annotations

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import NetEncoder, batch_items, numbered, reals, refuse
from wlnet.core.arrays import Dtype
from wlnet.core.errors import brief
from wlnet.core.gate import Column
from wlnet.core.scalars import as_real, as_truth
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
            number = as_real(item)
            if number is None:
                raise refuse(
                    where,
                    index,
                    "this is not a real number",
                    given=brief(item),
                    expected="an int or a float",
                    fix='NetEncoder("Boolean") takes True and False'
                    if as_truth(item) is not None
                    else None,
                )
            numbers[index] = number
        return reals(numbers, where, dtype)
