"""Kernels compiled into the cache, under their names."""

from __future__ import annotations

import importlib.util

from wlnet.kernels.jit import cache
from wlnet.kernels.jit.locks import TURN
from wlnet.kernels.jit.target import vector_width
from wlnet.kernels.language import Kernel, Precision, Target

MANY = 8
"""So many kernels take about as long to compile as another process takes to start."""


NOT_THERE = """machine code is not there, and Numba, which compiles it, is not installed
  at:       {1}
  expected: {0}
  fix:      pip install numba; or set WLNET_CACHE_DIR to what `python -m wlnet precompile` filled \
with the same wlnet, Python and llvmlite for this kind of CPU"""


def file_name(kernel: Kernel, precision: Precision) -> str:
    """What the machine code of a kernel is called in the cache."""
    return f"{kernel.name}-{precision}-{vector_width()}.o"


class NoCompiler(ImportError):
    """A kernel has to be compiled, where Numba is not installed."""


def can_compile() -> bool:
    """Whether Numba is installed; what is in the cache runs without it."""
    return importlib.util.find_spec("numba") is not None


def make(kernel: Kernel, precision: Precision) -> tuple[bytes, str]:
    """Compile a kernel into the cache: its object file, and the name of its function in it.

    Raises NoCompiler.
    """
    if not can_compile():
        name = file_name(kernel, precision)
        raise NoCompiler(NOT_THERE.format(name, cache.folder() or cache.why_none()))
    with TURN:
        from wlnet.kernels.jit.compiling import compiled

        code, function = compiled(kernel, Target(precision, vector_width()))
    cache.write(file_name(kernel, precision), function.encode() + b"\n" + code)
    return code, function
