"""Matrix products, with what can be done before a result leaves the registers.

GEMM, batched or not, with its epilogue: bias, activation, and the gate of a ramp on the way back;
and the packing of weights into panels.
"""

from __future__ import annotations

import math

from wlnet.graph.graph import Call, Value
from wlnet.kernels.copies.lane_blocks import ZEROS, from_lanes, to_lanes
from wlnet.kernels.products.products import BY_COLUMNS, BY_LEAD, BY_ROWS, product
from wlnet.kernels.products.tiles import NO_ACTIVATION, RAMP, TALL
from wlnet.plan.calls.blocking import blocking
from wlnet.plan.calls.emitter import Emitter, collapsed, emits
from wlnet.plan.layouts import is_contiguous
from wlnet.plan.words.checking import roles

ACTIVATIONS = {None: NO_ACTIVATION, "Ramp": RAMP}
MANY_ROWS = 16
NARROW = 64
"""Columns that are not worth to be divided, unless there is a single row."""


def by(rows: int, columns: int) -> int:
    """How a product is divided among the workers.

    By columns each reads its part of b, mostly weights, which stay in its own cache from step to
    step: their update is divided alike. By rows each reads all of b. Numbers that another core has
    written travel slowly, so that the larger operand is the one to be divided.
    """
    if rows < TALLEST:
        return BY_COLUMNS
    return BY_ROWS if columns < NARROW or rows > 2 * columns else BY_COLUMNS


TALLEST = 8
"""Rows of a tile; fewer cannot be divided."""


def readable(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """a at any distances; b with columns one after another; a bias and a gate as they are."""
    value = call.inputs[i]
    if i == 0:
        return True
    if i == 1 and not call.attributes.get("packed"):
        return value.shape[-1] == 1 or strides[-1] == 1
    return is_contiguous(value.shape, strides)


@emits("matmul", "affine", accepts=readable)
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    a, b, bias, gate = role["a"], role["b"], role.get("bias"), role.get("gate")
    (c,) = call.outputs
    activation = ACTIVATIONS[call.attributes.get("activation")]
    lead = c.shape[:-2]

    def leading(value: Value) -> tuple[int, ...]:
        strides = e.strides(value)[:-2]
        sizes = value.shape[:-2]
        found = [
            0 if n == 1 and m != 1 else s
            for n, m, s in zip(sizes, lead[len(lead) - len(sizes) :], strides, strict=True)
        ]
        return (0,) * (len(lead) - len(sizes)) + tuple(found)

    m, n, k = c.shape[-2], c.shape[-1], a.shape[-1]
    a_row, a_depth = e.strides(a)[-2:]
    packed, turned = bool(call.attributes.get("packed")), bool(call.attributes.get("turned"))
    b_depth, b_vector = e.strides(b)[-2], e.target.width
    if packed:
        b_vector = e.strides(b)[0]
    c_row = e.strides(c)[-2]
    of_b = (0,) * len(lead) if packed else leading(b)
    sizes, (a_lead, b_lead, c_lead) = collapsed(lead, leading(a), of_b, leading(c))
    if lead and not any(b_lead) and len(sizes) == 1 and a_lead[0] == m * a_row:
        # One matrix b for all leading indices: they are further rows.
        m, sizes, a_lead, c_lead = m * sizes[0], (1,), (0,), (0,)
    elif lead and not any(b_lead) and m == 1 and len(sizes) == 1:
        m, a_row, c_row = sizes[0], a_lead[0], c_lead[0]
        sizes, a_lead, c_lead = (1,), (0,), (0,)
    outer, last = sizes[:-1], sizes[-1]
    split = BY_LEAD if last > 1 else by(m, n)
    steps = math.prod(outer)
    by_rows = split == BY_ROWS and last == steps == 1
    blocks = blocking(e.target, m, n, k, (a_row, a_depth), b_depth, turned)
    for index in range(steps):
        at = [0, 0, 0]
        rest = index
        for axis in reversed(range(len(outer))):
            rest, here = divmod(rest, outer[axis])
            for which, strides in enumerate((a_lead, b_lead, c_lead)):
                at[which] += here * strides[axis]
        address = [e.address(value) for value in (a, b, c)]
        where = [x.further(shift) for x, shift in zip(address, at, strict=True)]
        e.step(
            product,
            reads=call.inputs,
            writes=(c,),
            scratch=blocks.bytes(e.target),
            work=2 * last * m * n * k,
            share=(m, TALL.of(e.target)) if by_rows else None,
            own=[v for v in (a, c, gate) if v is not None and is_by_rows(e, v, m)],
            what=named("product", call),
            lead=last,
            a_lead=a_lead[-1],
            b_lead=b_lead[-1],
            c_lead=c_lead[-1],
            rows=m,
            columns=n,
            depth=k,
            a=where[0],
            a_row=a_row,
            a_depth=a_depth,
            b=where[1],
            b_depth=b_depth,
            b_vector=b_vector,
            c=where[2],
            c_row=c_row,
            start=e.start(bias),
            start_row=0,
            activation=activation,
            gate=e.start(gate),
            split=split,
            **blocks._asdict(),
        )


def is_by_rows(e: Emitter, value: Value, rows: int) -> bool:
    """Whether a value is so many rows, one after another."""
    contiguous = is_contiguous(value.shape, e.layouts.of[value].strides)
    return contiguous and math.prod(value.shape[:-1]) == rows


@emits("pack", accepts=lambda call, i, strides: strides[-1] == 1)
def _(e: Emitter, call: Call) -> None:
    (w,), (packed,) = call.inputs, call.outputs
    columns, depth = w.shape
    e.step(
        to_lanes, reads=(w,), writes=(packed,), what="pack weights", examples=columns,
        values=depth, fill=ZEROS, x=e.address(w), x_example=e.strides(w)[0], y=e.address(packed),
        y_block=depth * e.target.width,
    )  # fmt: skip


@emits("unpack")
def _(e: Emitter, call: Call) -> None:
    (x,), (w,) = call.inputs, call.outputs
    columns, depth = w.shape
    e.step(
        from_lanes, reads=(x,), writes=(w,), what="unpack weights", examples=columns, values=depth,
        x=e.address(x), x_block=e.strides(x)[0], y=e.address(w), y_example=e.strides(w)[0],
    )  # fmt: skip


def named(what: str, call: Call) -> str:
    """What a product or a convolution does, and what besides."""
    parts = [what]
    parts += ["bias"] if call.attributes.get("bias") else []
    parts += [call.attributes["activation"]] if call.attributes.get("activation") else []
    parts += ["gate"] if call.attributes.get("gate") else []
    return " + ".join(parts)
