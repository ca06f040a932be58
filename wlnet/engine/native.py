"""Machine code as Python calls it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

Native = Callable[..., object]
"""A kernel as Python calls it, with four words: see `Team.alone`."""
_NATIVE = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * 4)


@cache
def native_function(where: int) -> Native:
    """The kernel at an address, as Python calls it; the interpreter lock is released meanwhile."""
    return _NATIVE(where)
