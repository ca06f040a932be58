"""The vectors of this CPU (its SIMD width), which kernels are compiled for."""

from __future__ import annotations

import functools
import os

from llvmlite import binding as llvm

from wlnet.kernels.language import ITEM, Precision

WIDTHS = 16, 32, 64
"""Bytes of the vectors that there are kernels for."""


@functools.cache
def vector_width() -> int:
    """How many bytes a vector has: 64, 32 or 16, as the CPU has it.

    WLNET_VECTOR_BYTES asks for shorter ones, so that sums are made as on a CPU that has those.
    """
    features = llvm.get_host_cpu_features()
    widest = 64 if features.get("avx512f") else 32 if features.get("avx2") else 16
    asked = os.environ.get("WLNET_VECTOR_BYTES")
    if not asked:
        return widest
    if asked not in map(str, WIDTHS):
        raise ValueError(f"WLNET_VECTOR_BYTES is 16, 32 or 64, not {asked!r}")
    return min(widest, int(asked))


def lanes_of(precision: Precision) -> int:
    """How many real numbers a vector of this CPU has."""
    return vector_width() // ITEM[precision]
