"""Recurrent layers: a step for each element of a sequence, with its product in it.

An LSTM, its first and last steps apart and a loop over the others; and backpropagation through
time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wlnet.engine.blueprint import Address, View
from wlnet.graph.graph import Call, Value
from wlnet.kernels.copies.lane_blocks import ZEROS, to_lanes, to_panels
from wlnet.kernels.elementwise.recurrences import (
    BY_COLUMNS,
    BY_ROWS,
    lstm_step,
    lstm_step_input,
)
from wlnet.kernels.products.gate_products import scratch_bytes
from wlnet.kernels.products.gate_tiles import HIGH
from wlnet.plan.calls.emitter import Emitter, emits
from wlnet.plan.layouts import is_contiguous

ELEMENT = 60
"""About how many operations the gates of one number of a state cost."""
WORTH = 100_000
"""Operations of the product of a step that are worth to be divided where all workers have to wait
for each other after it: some microseconds."""


Along = tuple[int, int] | None


class Slabs:
    """A value (length, batch, size), one step of it after another."""

    def __init__(self, e: Emitter, value: Value) -> None:
        self.view = e.view(value)
        self.row = self.view.strides[1]

    def at(self, step: int, along: Along = None) -> View:
        """Its rows in a step. along: a loop, and how many steps it goes on with each turn."""
        view, size = self.view, self.view.strides[0]
        moves = view.moves if along is None else (*view.moves, (along[0], along[1] * size))
        offset, rest = view.offset + step * size, (view.shape[1:], view.strides[1:])
        return replace(view, offset=offset, shape=rest[0], strides=rest[1], moves=moves)


def start(view: View | None) -> Address | int:
    """Where a view begins; 0 for none."""
    return 0 if view is None else view.address


def lying(e: Emitter, call: Call, weights: Value) -> dict[str, Any]:
    """How weights lie: the bytes from one of the depth, and one block of columns, to the next; on
    the way forwards also from gate to gate."""
    back = call.primitive.endswith("_input")
    if call.attributes.get("packed"):
        *gate, block, depth, _ = e.strides(weights)
    else:
        depth, block, gate = e.strides(weights)[0], e.target.width, [weights.shape[0] * e.item]
    return {"w_depth": depth, "w_block": block, **({} if back else {"w_gate": gate[0]})}


def division(e: Emitter, rows: int, size: int) -> int:
    """What is divided among the workers: rows, of whose states no other worker knows, so that steps
    need not wait; or a state, if there are no more rows than one worker multiplies at a time."""
    is_large = 8 * rows * size * size >= WORTH
    return BY_COLUMNS if rows <= HIGH.of(e.target) and is_large else BY_ROWS


def shared(e: Emitter, rows: int, split: int) -> tuple[int, int] | None:
    """How the rows of a step are divided."""
    return (rows, HIGH.of(e.target)) if split == BY_ROWS else None


def legible(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Sequences as they are, gradients by states with any rows; weights, the first matrix, with
    columns one after another."""
    value = call.inputs[i]
    if call.primitive in ("lstm_input", "gru_input") and i == 0:
        return value.shape[-1] == 1 or strides[-1] == 1
    matrices = [n for n, each in enumerate(call.inputs) if each.rank == 2]
    if matrices[:1] == [i] and not call.attributes.get("packed"):
        return value.shape[-1] == 1 or strides[-1] == 1
    return is_contiguous(value.shape, strides)


def is_with_unit_columns(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """A matrix whose columns lie one after another."""
    return call.inputs[i].shape[-1] == 1 or strides[-1] == 1


@emits("pack_gates", accepts=is_with_unit_columns)
def _(e: Emitter, call: Call) -> None:
    (w,), (packed,) = call.inputs, call.outputs
    gates, _, depth, _ = packed.shape
    size = w.shape[0] // gates
    for gate in range(gates):
        e.step(
            to_lanes, reads=(w,), writes=(packed,), what="pack weights", examples=size,
            values=depth, fill=ZEROS, x=e.address(w).further(gate * size * e.strides(w)[0]),
            x_example=e.strides(w)[0], y=e.address(packed).further(gate * e.strides(packed)[0]),
            y_block=e.strides(packed)[1],
        )  # fmt: skip


@emits("pack_columns", accepts=is_with_unit_columns)
def _(e: Emitter, call: Call) -> None:
    (w,), (packed,) = call.inputs, call.outputs
    rows, columns = w.shape
    e.step(
        to_panels, reads=(w,), writes=(packed,), what="pack weights for the way back", rows=rows,
        columns=columns, x=e.address(w), x_row=e.strides(w)[0], y=e.address(packed),
    )  # fmt: skip


@emits("lstm", accepts=legible)
def _(e: Emitter, call: Call) -> None:
    said, weights, *begun = call.inputs
    states, gates, cells = call.outputs
    length, rows, size = states.shape
    first = [e.view(value) for value in begun]
    each = {value: Slabs(e, value) for value in (said, states, gates, cells)}
    lies = lying(e, call, weights)
    split = division(e, rows, size)
    e.overwrites(gates, said)

    def one(step: int, along: Along = None) -> None:
        x, state, gate, cell = (each[v].at(step, along) for v in (said, states, gates, cells))
        own, last, before = [x, gate, cell, state], None, None
        work = ELEMENT * rows * size
        if step or begun:
            last, before = (each[v].at(step - 1, along) for v in (states, cells)) if step else first
            own += [last, before]
            work += 8 * rows * size * size
        e.step(
            lstm_step, reads=[x, *own[4:], *([weights] if last else [])],
            writes=[gate, cell, state], scratch=scratch_bytes(e.target), work=work,
            what="gates, cell and state", share=shared(e, rows, split), own=own, rows=rows,
            size=size, split=split, said=start(x), last=start(last),
            weights=e.address(weights) if last else 0, **lies, gates=start(gate),
            gate_row=each[gates].row, before=start(before), cell=start(cell), state=start(state),
        )  # fmt: skip

    one(0)
    e.loop(length - 1, lambda along: one(1, along), 1)


@emits("lstm_input", accepts=legible)
def _(e: Emitter, call: Call) -> None:
    d, gates, cells, weights, *more = call.inputs
    first = e.view(more.pop()) if len(more) % 2 else None
    d_said, d_first = call.outputs
    length, rows, size = d.shape
    flowing = (d, gates, cells, d_said)
    each = {value: Slabs(e, value) for value in (*flowing, *more)}
    d_cell = Slabs(e, d_first).at(0)
    lies = lying(e, call, weights)
    split = division(e, rows, size)
    e.overwrites(d_said, gates)

    def one(step: int, along: Along = None) -> None:
        reached, gate, cell, d_gate = (each[v].at(step, along) for v in flowing)
        by_gates, by_cells = [each[value].at(step, along) for value in more] or (None, None)
        before = each[cells].at(step - 1, along) if step else first
        reads = [view for view in (reached, gate, cell, by_gates, by_cells, before) if view]
        sent: Any = None
        work = ELEMENT * rows * size
        if step + 1 < length:
            sent = each[d_said].at(step + 1, along)
            reads += [sent, d_cell]
            work += 8 * rows * size * size
        writes = [d_gate, d_cell]
        e.step(
            lstm_step_input, reads=[*reads, *([weights] if sent else [])], writes=writes,
            scratch=scratch_bytes(e.target), work=work,
            what="gates, cell and state, back", share=shared(e, rows, split),
            own=[*reads, *writes], rows=rows, size=size, split=split, reached=start(reached),
            reached_row=each[d].row, sent=start(sent), weights=e.address(weights) if sent else 0,
            **lies, gates=start(gate), gate_row=each[gates].row,
            before=start(before), cell=start(cell), more_gates=start(by_gates),
            more_cells=start(by_cells), d_cell=start(d_cell), d_said=start(d_gate),
        )  # fmt: skip

    one(length - 1)
    e.loop(length - 2, lambda along: one(length - 2, along), -1)
    if length > 1:
        one(0)
