"""The one compile policy of every kernel: `@kernel`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba  # type: ignore[import-untyped,unused-ignore]

from wlnet.kernels.cache import keep

F = TypeVar("F", bound=Callable[..., Any])

FASTMATH: Final = frozenset({"contract", "reassoc", "nsz"})
"""What the compiler may do to sums. Not all of fastmath: under `nnan` a test for NaN is False."""


def kernel(function: F) -> F:
    """Compile a function over arrays when it is first called, and keep the machine code on disk.

    A kernel is a plain loop: arrays and numbers in, arrays out, nothing allocated, nothing raised.
    It runs without the interpreter lock, follows NumPy's rules for division by zero, may contract
    and reorder sums, and keeps NaN as NaN. Bounds are not checked, unless NUMBA_BOUNDSCHECK=1.
    With NUMBA_DISABLE_JIT=1 the function comes back as it is.

    Source: https://numba.readthedocs.io/en/stable/user/performance-tips.html

    >>> import numpy as np
    >>> @kernel
    ... def double(values):
    ...     for i in range(values.size):
    ...         values[i] *= 2
    >>> numbers = np.array([1.0, np.nan])
    >>> double(numbers)
    >>> numbers.tolist()
    [2.0, nan]
    """
    compiled: Any = numba.njit(function, nogil=True, error_model="numpy", fastmath=set(FASTMATH))
    if compiled is not function:
        keep(compiled)
    return cast(F, compiled)
