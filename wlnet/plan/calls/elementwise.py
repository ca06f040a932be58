"""Element by element: functions of one number, arithmetic of two.

Activations and their slopes; binary operations with broadcasting.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from wlnet.engine.blueprint import Words
from wlnet.graph.graph import Call, Value
from wlnet.graph.table import Table
from wlnet.kernels.elementwise.arithmetic import BINARY, SLOPES, constant, fill, ramp_slope
from wlnet.kernels.elementwise.maps import GRAIN, MAPS
from wlnet.kernels.language import Kernel
from wlnet.plan.calls.emitter import Emitter, anyhow, collapsed, count_of, emits

KERNELS = Table[Kernel]("kernel", "wlnet/kernels/elementwise/maps.py", MAPS)


def by_number(
    e: Emitter, kernel: Kernel, reads: Sequence[Value], y: Value, work: int, what: str = "", /,
    **fields: Any,
) -> None:  # fmt: skip
    """Add a step on all numbers of a value, one by one. What lies like it is read number by number
    in the same order, so each worker touches its own share alone."""
    count = count_of(y)
    alike = [v for v in (*reads, y) if count_of(v) == count and e.is_contiguous(v)]
    e.step(
        kernel, reads=reads, writes=(y,), work=work, what=what, share=(count, GRAIN.of(e.target)),
        own=alike, by_number=y in alike, **fields,
    )  # fmt: skip


@emits("map")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    name = call.attributes["function"]
    by_number(e, KERNELS[name], (x,), y, count_of(x), name, count=count_of(x), x=e.address(x),
         y=e.address(y))  # fmt: skip


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
    by_number(
        e, BINARY[call.primitive], (a, b), y, count_of(y), rank=len(sizes),
        table=Words((*sizes, *(step for each in steps for step in each))), a=e.address(a),
        b=e.address(b), out=e.address(y),
    )  # fmt: skip


@emits("gate")
def _(e: Emitter, call: Call) -> None:
    d, y = call.inputs
    (out,) = call.outputs
    by_number(e, ramp_slope, (d, y), out, count_of(d), "Ramp's slope", count=count_of(d),
         d=e.address(d), y=e.address(y), out=e.address(out))  # fmt: skip


@emits("slope")
def _(e: Emitter, call: Call) -> None:
    d, y = call.inputs
    (out,) = call.outputs
    name = call.attributes["function"]
    by_number(e, SLOPES[name], (d, y), out, 3 * count_of(d), f"{name}'s slope", count=count_of(d),
         d=e.address(d), y=e.address(y), out=e.address(out))  # fmt: skip


@emits("constant")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    table = Words(bits(call.attributes["values"]))
    by_number(e, constant, (), y, 0, count=count_of(y), table=table, y=e.address(y))


def bits(values: Sequence[float]) -> tuple[int, ...]:
    """The words that hold numbers of 64 bits."""
    return struct.unpack(f"{len(values)}q", struct.pack(f"{len(values)}d", *values))


@emits("fill")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    by_number(e, fill, (), y, 0, count=count_of(y), value=float(call.attributes["value"]),
         y=e.address(y))  # fmt: skip
