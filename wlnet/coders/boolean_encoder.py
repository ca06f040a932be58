"""The "Boolean" encoder: False and True become 0 and 1."""

from __future__ import annotations

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import NetEncoder, batch_items, check_items, numbered
from wlnet.core.arrays import Dtype
from wlnet.core.gate import Column
from wlnet.core.shapes import Shape


@coder
class BooleanEncoder(NetEncoder):
    """`NetEncoder("Boolean")`: True to 1., False to 0.; shape `()`.

    The numbers 0 and 1, already encoded, pass through; anything else is a DataError.

    >>> NetEncoder("Boolean").encode([True, False, 1])
    array([1., 0., 1.], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netencoder/Boolean.html
    """

    kind = "Boolean"

    @property
    def shape(self) -> Shape:
        return ()

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> np.ndarray:
        batch = batch_items(items, where)
        if isinstance(batch, np.ndarray) and batch.ndim == 1 and batch.dtype.kind in "biuf":
            bits = batch.astype(dtype)
            good = (batch == 0) | (batch == 1)
        else:
            found = [_bit(item) for _, item in numbered(batch)]
            good = np.array([bit is not None for bit in found], bool)
            bits = np.array([bit or 0 for bit in found], dtype)
        expected = "True or False (or the numbers 1 and 0)"
        check_items(good, batch, where, "this is not a truth value", expected)
        return np.ascontiguousarray(bits)


def _bit(item: object) -> int | None:
    if isinstance(item, np.ndarray) and item.ndim == 0:
        item = item.item()
    if isinstance(item, (bool, int, float, np.bool_, np.integer, np.floating)) and item in (0, 1):
        return int(item)
    return None
