"""Examples side by side in lanes, and apart again, for the tests of native kernels."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, guarded, like, record
from wlnet.kernels.jit import loading, target
from wlnet.kernels.language import Kernel, Precision, Target

PRECISIONS: tuple[Precision, ...] = ("Real32", "Real64")
ROUNDING = {"Real32": 3e-4, "Real64": 1e-11}


def lanes_of(precision: Precision) -> int:
    return Target(precision, target.vector_width()).lanes


def units(precision: Precision) -> dict[str, int]:
    """What the builders of fields want to know of a precision."""
    return {"item": np.dtype(REALS[precision]).itemsize, "lanes": lanes_of(precision)}


def side_by_side(x: Any, precision: Precision, dtype: Any = None) -> Any:
    """(blocks LANES, ...) as (blocks, ..., LANES), between borders."""
    lanes = lanes_of(precision)
    parts = x.reshape(-1, lanes, *x.shape[1:])
    return like(np.moveaxis(parts, 1, -1), dtype or REALS[precision])


def apart(y: Any) -> Any:
    """(blocks, ..., LANES) as (blocks LANES, ...)."""
    moved = np.moveaxis(y, -1, 1)
    return moved.reshape(-1, *moved.shape[2:])


def call_one(
    kernel: Kernel, precision: Precision, worker: int, workers: int, scratch_bytes: int = 0,
    **fields: Any,
) -> None:  # fmt: skip
    """Call a kernel for one of some workers."""
    kind = ctypes.CFUNCTYPE(
        ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
    )
    function = kind(loading.address(kernel, precision))
    words, own = record(kernel, precision, **fields), guarded(scratch_bytes, np.uint8)
    context, places = np.array([worker, workers, own.ctypes.data, 0]), np.zeros(2, np.int64)
    at = places.ctypes.data, places.ctypes.data + 8
    function(*at, words.ctypes.data, context.ctypes.data)


@st.composite
def windows(draw: Any, planes: bool = True) -> Any:
    """Three axes of space: sizes, and kernel, stride, padding and dilation that fit them."""
    axes = []
    for axis in range(3):
        if axis == 0 and not (planes and draw(st.booleans())):
            axes.append((1, 1, 1, (0, 0), 1))
            continue
        kernel, stride, dilation = (draw(st.integers(1, most)) for most in (5, 3, 3))
        padding = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        reach = dilation * (kernel - 1) + 1
        size = max(1, reach - sum(padding)) + draw(st.integers(0, 7))
        axes.append((size, kernel, stride, padding, dilation))
    return tuple(zip(*axes, strict=True))


@st.composite
def windows_in_groups(
    draw: Any, groups: tuple[int, int], inputs: tuple[int, int], outputs: tuple[int, int]
) -> Any:
    """Shapes of images and of kernels in one to three axes of space, as a net has them, and how the
    kernels move; from how many groups, and channels of each, up to how many."""
    rank = draw(st.integers(1, 3))
    axes = [
        (draw(st.integers(1, 5)), draw(st.integers(1, 3)),
         (draw(st.integers(0, 3)), draw(st.integers(0, 3))), draw(st.integers(1, 3)))
        for _ in range(rank)
    ]  # fmt: skip
    kernel, stride, padding, dilation = (tuple(each) for each in zip(*axes, strict=True))
    space = tuple(
        max(1, step * (k - 1) + 1 - sum(pads)) + draw(st.integers(0, (40, 12, 4)[rank - 1]))
        for k, pads, step in zip(kernel, padding, dilation, strict=True)
    )
    count, given, made = (draw(st.integers(*ends)) for ends in (groups, inputs, outputs))
    window = {"stride": stride, "padding": padding, "dilation": dilation, "groups": count}
    return (draw(st.integers(1, 3)), count * given, *space), (count * made, given, *kernel), window
