"""Kernels compiled into the cache, under their names."""

from __future__ import annotations

from wlnet.kernels.jit import cache
from wlnet.kernels.jit.locks import TURN
from wlnet.kernels.jit.target import vector_width
from wlnet.kernels.language import Kernel, Precision, Target

MANY = 8
"""So many kernels take about as long to compile as another process takes to start."""


def file_name(kernel: Kernel, precision: Precision) -> str:
    """What the machine code of a kernel is called in the cache."""
    return f"{kernel.name}-{precision}-{vector_width()}.o"


def make(kernel: Kernel, precision: Precision) -> tuple[bytes, str]:
    """Compile a kernel into the cache: its object file, and the name of its function in it."""
    with TURN:
        from wlnet.kernels.jit.compiling import compiled

        code, function = compiled(kernel, Target(precision, vector_width()))
    cache.write(file_name(kernel, precision), function.encode() + b"\n" + code)
    return code, function
