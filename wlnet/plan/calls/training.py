"""What a step of training fetches, updates and keeps.

A batch is gathered, the optimizer step is done, fused with the gradient product where that can be,
and losses are logged into tables.
"""

from __future__ import annotations

import math

from wlnet.engine.blueprint import Address, Code, Outside, Record, View
from wlnet.graph.graph import Call
from wlnet.graph.keys import StateKey
from wlnet.kernels.copies import parts, rows
from wlnet.kernels.products.blocks import PACK_B
from wlnet.kernels.products.products import BY_COLUMNS, BY_ROWS
from wlnet.kernels.products.tiles import TALL
from wlnet.kernels.updates import norms, packed_updates, updates
from wlnet.kernels.updates.flat_updates import FLAT, flat_fields
from wlnet.kernels.updates.replacing import replace
from wlnet.plan.calls.blocking import blocking, blocks_of, most_lines
from wlnet.plan.calls.emitter import Emitter, count_of, emits
from wlnet.plan.calls.products import MANY_ROWS, readable
from wlnet.plan.layouts import contiguous


@emits("fetch")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    batch = y.shape[0]
    e.step(
        rows.gather_batch, writes=(y,), share=(batch, TALL.of(e.target)), own=(y,), count=batch,
        batch=call.attributes.get("whole", batch), offset=0,
        order=Outside("order"), column=Outside(("column", call.attributes["name"])),
        row_bytes=math.prod(y.shape[1:]) * e.bytes_of(y), out=e.address(y),
    )  # fmt: skip


@emits("keep")
def _(e: Emitter, call: Call) -> None:
    (x,) = call.inputs
    name = call.attributes["name"]
    e.step(
        rows.keep, reads=(x,), writes=(outside(e, Outside(("table", name))),),
        size=count_of(x) * e.bytes_of(x), x=e.address(x), table=Outside(("table", name)),
    )  # fmt: skip


def outside(e: Emitter, name: Outside) -> View:
    """Memory that is given from outside, for the order of calls."""
    return View(e.slot(name), 0, (1,), (1,))


def flat(e: Emitter, call: Call, gradient: Address | int) -> tuple[Record, list[View]]:
    """The record of the flat kernel of an array, and what it writes."""
    key = call.attributes["key"]
    array = e.layouts.graph.arrays[key]
    learner = e.learners[key]
    states: list[Address] = []
    touched = [e.view(array)]
    for i in range(learner.states):
        of = StateKey(key, i)
        e.states[of] = array.shape
        states.append(Address(e.slot(of)))
        touched.append(View(e.slot(of), 0, array.shape, contiguous_bytes(e, array.shape)))
    fields = flat_fields(
        states,
        count=count_of(array),
        values=e.address(array),
        gradients=gradient,
        rates=Outside(("rates", key)),
        decays=Outside(("decays", key)) if learner.decays else 0,
        status=Outside("status"),
        **learner.settings,
    )
    return Record(learner.kernel, tuple(fields[name] for name in FLAT)), touched


def contiguous_bytes(e: Emitter, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Distances in bytes of real numbers one after another."""
    return tuple(step * e.item for step in contiguous(shape))


NARROW = 256
"""The columns of a gradient that are made at a time where an operand is copied."""
OPERATIONS = 12
"""About how many operations the update of a number costs."""


@emits("update")
def _(e: Emitter, call: Call) -> None:
    gradient, *scale = call.inputs
    record, touched = flat(e, call, e.address(gradient))
    work, function = OPERATIONS * count_of(gradient), Code(record.kernel)
    if scale:
        e.step(
            norms.scaled_update, reads=(gradient, *scale, *touched), writes=touched,
            scratch=norms.scaled_update_scratch(e.precision), work=work, what="scaled update",
            function=function, record=record, scale=e.address(*scale),
        )  # fmt: skip
        return
    e.step(
        updates.update, reads=(gradient, *touched), writes=touched, scratch=updates.RECORD_BYTES,
        work=work, what="update", function=function, record=record,
    )  # fmt: skip


@emits("sum_parts")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    e.step(
        parts.part_sum, reads=(x,), writes=(y,), what="sum over the parts of a batch",
        count=count_of(x), x=e.address(x), y=e.address(y),
    )  # fmt: skip


ALONE = (1, 1)
"""How what one worker does is divided: the steps of such a chain need not wait for each other."""


@emits("square_sums")
def _(e: Emitter, call: Call) -> None:
    (x,), (sums,) = call.inputs, call.outputs
    e.step(
        norms.square_sums, reads=(x,), writes=(sums,), work=2 * count_of(x),
        what="squares of a gradient", count=count_of(x), x=e.address(x), sums=e.address(sums),
    )  # fmt: skip


@emits("add_squares")
def _(e: Emitter, call: Call) -> None:
    (sums, *before), (total, running) = call.inputs, call.outputs
    e.step(
        norms.add_squares, reads=(sums, *before), writes=(total, running), share=ALONE,
        own=(*before, running), count=count_of(sums), sums=e.address(sums),
        rates=Outside(("rates", call.attributes["key"])), before=e.start(*before or (None,)),
        total=e.address(total), running=e.address(running),
    )  # fmt: skip


@emits("norm_scale")
def _(e: Emitter, call: Call) -> None:
    (running,), (scale,) = call.inputs, call.outputs
    e.step(
        norms.norm_scale, reads=(running,), writes=(scale,), share=ALONE, own=(running,),
        running=e.address(running), most=float(call.attributes["most"]), scale=e.address(scale),
    )  # fmt: skip


@emits("product_update", accepts=readable)
def _(e: Emitter, call: Call) -> None:
    a, b = call.inputs
    record, touched = flat(e, call, 0)
    (m, k), n = a.shape, b.shape[1]
    a_row, a_depth = e.strides(a)
    high = min(m, updates.ROWS * TALL.of(e.target))
    strip = updates.STRIP
    blocks = blocking(e.target, high, min(n, strip), k, (a_row, a_depth), e.strides(b)[0])
    if blocks.packs & PACK_B:
        # b is copied for each panel: with fewer columns it has more rows.
        strip = NARROW
        blocks = blocking(e.target, high, min(n, strip), k, (a_row, a_depth), e.strides(b)[0])
    e.step(
        updates.product_update, reads=(a, b, *touched), writes=touched,
        scratch=updates.PRODUCT_UPDATE_SCRATCH + blocks.bytes(e.target),
        work=2 * m * n * k + OPERATIONS * m * n, what="gradient product + update",
        function=Code(record.kernel), record=record, rows=m, columns=n, depth=k, a=e.address(a),
        a_row=a_row, a_depth=a_depth, b=e.address(b), b_depth=e.strides(b)[0],
        # Rows lie one after another: a worker that updates some of them keeps to its own lines of
        # the cache.
        split=BY_ROWS if m >= MANY_ROWS or m >= n else BY_COLUMNS, strip=strip,
        **blocks._asdict(),
    )  # fmt: skip


def side_by_side(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """a with its rows, b with its columns one number after another."""
    return strides[i] == 1 or call.inputs[i].shape[i] == 1


@emits("packed_update", accepts=side_by_side)
def _(e: Emitter, call: Call) -> None:
    a, b = call.inputs
    record, touched = flat(e, call, 0)
    (m, k), n = a.shape, b.shape[1]
    held = blocks_of(packed_updates.RUN, most_lines(e.target, k), m)
    e.step(
        packed_updates.PACKED[record.kernel], reads=(a, b, *touched), writes=touched,
        scratch=packed_updates.scratch_bytes(m, k, held, e.target),
        work=2 * m * n * k + OPERATIONS * m * n, what="gradient product + update", record=record,
        rows=m, columns=n, depth=k, a=e.address(a), a_depth=e.strides(a)[1], b=e.address(b),
        b_depth=e.strides(b)[0], row_block=held,
    )  # fmt: skip


def rows_of_numbers(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Rows at any distance, each without gaps."""
    return strides[-1] == 1 or call.inputs[i].shape[-1] == 1


@emits("sum_update", accepts=rows_of_numbers)
def _(e: Emitter, call: Call) -> None:
    (x,) = call.inputs
    record, touched = flat(e, call, 0)
    count, columns = x.shape
    e.step(
        updates.sum_update, reads=(x, *touched), writes=touched,
        scratch=updates.sum_update_scratch(columns, e.precision),
        work=count * columns + OPERATIONS * columns, what="gradient sum + update",
        function=Code(record.kernel), record=record, rows=count, columns=columns,
        source=e.address(x), source_row=e.strides(x)[0],
    )  # fmt: skip


@emits("replace")
def _(e: Emitter, call: Call) -> None:
    (x,) = call.inputs
    key = call.attributes["key"]
    array = e.layouts.graph.arrays[key]
    e.step(
        replace, reads=(x,), writes=(array,), what="new statistic", count=count_of(x),
        x=e.address(x), array=e.address(array), rates=Outside(("rates", key)),
        status=Outside("status"),
    )  # fmt: skip
