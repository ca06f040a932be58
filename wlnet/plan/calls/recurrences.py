"""Recurrent layers: a product and a step for each element of a sequence.

An LSTM, its first and last steps apart and a loop over the others; and backpropagation through
time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wlnet.engine.blueprint import Address, View
from wlnet.graph.graph import Call, Value
from wlnet.kernels.elementwise.recurrences import lstm_step, lstm_step_input
from wlnet.kernels.products.products import BY_ROWS, product
from wlnet.kernels.products.tiles import NO_ACTIVATION, TALL
from wlnet.plan.calls.blocking import blocking
from wlnet.plan.calls.emitter import Emitter, emits
from wlnet.plan.calls.products import by
from wlnet.plan.layouts import is_contiguous

ELEMENT = 60
"""About how many operations the gates of one number of a state cost."""


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


def multiply(e: Emitter, a: View, b: Value, c: View, begun: View, packed: bool) -> None:
    """c = begun + a b, row by row where that is worth it: then steps need not wait."""
    rows, columns = c.shape
    depth = a.shape[1]
    split = BY_ROWS if rows >= 2 * TALL.of(e.target) else by(rows, columns)
    b_depth = e.strides(b)[-2]
    blocks = blocking(e.target, rows, columns, depth, (a.strides[0], e.item), b_depth)
    e.step(
        product, reads=(a, b, begun), writes=(c,), scratch=blocks.bytes(e.target),
        work=2 * rows * columns * depth,
        what="product of the state", share=shared(e, rows) if split == BY_ROWS else None,
        own=(a, c, begun), lead=1, a_lead=0, b_lead=0, c_lead=0, rows=rows, columns=columns,
        depth=depth, a=start(a), a_row=a.strides[0], a_depth=e.item, b=e.address(b),
        b_depth=b_depth, b_vector=depth * b_depth if packed else e.target.width, c=start(c),
        c_row=c.strides[0], start=start(begun), start_row=begun.strides[0],
        activation=NO_ACTIVATION, gate=0, split=split, **blocks._asdict(),
    )  # fmt: skip


def shared(e: Emitter, rows: int) -> tuple[int, int]:
    """How the rows of a step are divided."""
    return rows, TALL.of(e.target)


def legible(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Sequences as they are; weights, the first matrix, with columns one after another."""
    value = call.inputs[i]
    matrices = [n for n, each in enumerate(call.inputs) if each.rank == 2]
    if matrices[:1] == [i] and not call.attributes.get("packed"):
        return value.shape[-1] == 1 or strides[-1] == 1
    return is_contiguous(value.shape, strides)


@emits("lstm", accepts=legible)
def _(e: Emitter, call: Call) -> None:
    said, weights, *begun = call.inputs
    states, gates, cells = call.outputs
    length, rows, size = states.shape
    first = [e.view(value) for value in begun]
    each = {value: Slabs(e, value) for value in (said, states, gates, cells)}

    def one(step: int, along: Along = None) -> None:
        x, state, gate, cell = (each[v].at(step, along) for v in (said, states, gates, cells))
        reads, writes, before = [x], [gate, cell, state], None
        if step or begun:
            last, before = (each[v].at(step - 1, along) for v in (states, cells)) if step else first
            multiply(e, last, weights, gate, x, bool(call.attributes.get("packed")))
            reads = [gate, before]
        e.step(
            lstm_step, reads=reads, writes=writes, work=ELEMENT * rows * size,
            what="gates, cell and state", share=shared(e, rows), own=[*reads, *writes], rows=rows,
            size=size, said=start(reads[0]), gates=start(gate), gate_row=each[gates].row,
            before=start(before), cell=start(cell), state=start(state),
        )  # fmt: skip

    one(0)
    e.loop(length - 1, lambda along: one(1, along), 1)


@emits("lstm_input", accepts=legible)
def _(e: Emitter, call: Call) -> None:
    d, gates, cells, weights, *more = call.inputs
    first = e.view(more.pop()) if len(more) % 2 else None
    d_said, d_states, d_cells = call.outputs
    length, rows, size = d.shape
    flowing = (d, gates, cells, d_said, d_states, d_cells)
    each = {value: Slabs(e, value) for value in (*flowing, *more)}

    def one(step: int, along: Along = None) -> None:
        reached, gate, cell, d_gate, d_state, d_cell = (each[v].at(step, along) for v in flowing)
        by_gates, by_cells = [each[value].at(step, along) for value in more] or (None, None)
        before = None if step else first
        reads = [view for view in (gate, cell, by_gates, by_cells, before) if view]
        next_gate: Any = None
        d_next: Any = None
        if step:
            before = each[cells].at(step - 1, along)
            reads.append(before)
        if step + 1 < length:
            following = each[d_said].at(step + 1, along)
            multiply(e, following, weights, d_state, reached, packed=False)
            reached = d_state
            next_gate, d_next = (each[v].at(step + 1, along) for v in (gates, d_cells))
            reads += [next_gate, d_next]
        reads.append(reached)
        writes = [d_gate, d_cell, d_state]
        e.step(
            lstm_step_input, reads=reads, writes=writes, work=ELEMENT * rows * size,
            what="gates, cell and state, back", share=shared(e, rows), own=[*reads, *writes],
            rows=rows, size=size, gates=start(gate), gate_row=each[gates].row,
            before=start(before), cell=start(cell), reached=start(reached),
            more_gates=start(by_gates), more_cells=start(by_cells), d_state=start(d_state),
            next_gates=start(next_gate), d_next=start(d_next), d_cell=start(d_cell),
            d_gates=start(d_gate),
        )  # fmt: skip

    one(length - 1)
    e.loop(length - 2, lambda along: one(length - 2, along), -1)
    if length > 1:
        one(0)
