"""Matrix products, by NumPy's BLAS."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = tuple[Array, ...]


def matmul(outputs: Arrays, inputs: Arrays, scratch: Array | None = None) -> None:
    """(..., m, k) . (..., k, n) -> (..., m, n). Operands may be transposed views."""
    (y,), (a, b) = outputs, map(_for_blas, inputs)
    if b.ndim == 2 and a.ndim > 2 and a.flags.c_contiguous:
        # One product over all rows, in place of many small ones.
        a, y = a.reshape(-1, a.shape[-1]), y.reshape(-1, y.shape[-1])
    np.matmul(a, b, out=y)


def _for_blas(x: Array) -> Array:
    """BLAS wants one of the last two axes dense; for others NumPy falls back to a slow loop."""
    return x if x.itemsize in x.strides[-2:] else np.ascontiguousarray(x)
