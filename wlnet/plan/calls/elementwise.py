"""Element by element: functions of one number, arithmetic of two.

Activations and their slopes; binary operations with broadcasting.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from wlnet.engine.blueprint import Words
from wlnet.graph.graph import Call, Value
from wlnet.graph.table import Table
from wlnet.kernels.elementwise.arithmetic import BINARY, SLOPES, constant, fill, ramp_slope
from wlnet.kernels.elementwise.maps import MAPS
from wlnet.kernels.language import Kernel
from wlnet.plan.calls.emitter import Emitter, anyhow, collapsed, count_of, emits

KERNELS = Table[Kernel]("kernel", "wlnet/kernels/elementwise/maps.py", MAPS)


@emits("map")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    name = call.attributes["function"]
    e.step(
        KERNELS[name], reads=(x,), writes=(y,), work=count_of(x), what=name, count=count_of(x),
        x=e.address(x), y=e.address(y),
    )  # fmt: skip


def repeated(e: Emitter, value: Value, rank: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Distances in bytes of a value seen in a larger shape: 0 where it is repeated."""
    extra = rank - value.rank
    here = zip(value.shape, e.strides(value), shape[extra:], strict=True)
    return (0,) * extra + tuple(0 if size != wide else step for size, step, wide in here)


@emits(*BINARY, accepts=anyhow)
def _(e: Emitter, call: Call) -> None:
    a, b = call.inputs
    (y,) = call.outputs
    distances = [repeated(e, value, y.rank, y.shape) for value in (a, b, y)]
    sizes, steps = collapsed(y.shape, *distances)
    e.step(
        BINARY[call.primitive], reads=(a, b), writes=(y,), work=count_of(y), rank=len(sizes),
        table=Words((*sizes, *(step for each in steps for step in each))), a=e.address(a),
        b=e.address(b), out=e.address(y),
    )  # fmt: skip


@emits("gate")
def _(e: Emitter, call: Call) -> None:
    d, y = call.inputs
    (out,) = call.outputs
    e.step(
        ramp_slope, reads=(d, y), writes=(out,), work=count_of(d), what="Ramp's slope",
        count=count_of(d), d=e.address(d), y=e.address(y), out=e.address(out),
    )  # fmt: skip


@emits("slope")
def _(e: Emitter, call: Call) -> None:
    d, y = call.inputs
    (out,) = call.outputs
    name = call.attributes["function"]
    e.step(
        SLOPES[name], reads=(d, y), writes=(out,), work=3 * count_of(d), what=f"{name}'s slope",
        count=count_of(d), d=e.address(d), y=e.address(y), out=e.address(out),
    )  # fmt: skip


@emits("constant")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    e.step(
        constant, writes=(y,), count=count_of(y), table=Words(bits(call.attributes["values"])),
        y=e.address(y),
    )  # fmt: skip


def bits(values: Sequence[float]) -> tuple[int, ...]:
    """The words that hold numbers of 64 bits."""
    return struct.unpack(f"{len(values)}q", struct.pack(f"{len(values)}d", *values))


@emits("fill")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    e.step(
        fill, writes=(y,), count=count_of(y), value=float(call.attributes["value"]),
        y=e.address(y),
    )  # fmt: skip
