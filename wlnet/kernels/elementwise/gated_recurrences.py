"""One step of a gated recurrent layer and its way back: the product of the state, what follows.

A GRU cell whose reset gate works behind the product, fused with it; the rest as in recurrences.py.
What the state tells the memory gate is kept, as its gradient wants it.
"""

from __future__ import annotations

from wlnet.kernels.elementwise.exponentials import logistic, tanh
from wlnet.kernels.elementwise.recurrences import (
    BY_ROWS,
    Run,
    gates_at,
    gates_if,
    multiply,
    over_rows,
)
from wlnet.kernels.emit.instructions import ITEM, LANES, scratch, start_of, stop_of
from wlnet.kernels.emit.lanes import Lanes
from wlnet.kernels.emit.vectors import Kit, constant
from wlnet.kernels.language import Address, Word, instruction, native
from wlnet.kernels.products.gate_products import FAR, multiplier
from wlnet.kernels.products.gate_tiles import HIGH, VECTORS

GATES = 3
"""The input, the reset and the memory gate."""

multiply_gates = multiplier(GATES)


@instruction("none", *["word"] * 6)
def begin_sums(
    kit: Kit, rows: Word, left: Word, said: Address, said_row: Word, said_gate: Word, sums: Address
) -> None:
    """Those of the input and the reset gate begin with what is said to them, that of the memory
    gate with zeros: a vector of each, for each row."""
    width = kit.target.width
    sources = gates_at(kit, said, said_gate, GATES - 1)
    *places, last = gates_at(kit, sums, constant(width), GATES)

    def body(of_said: Run, of_sums: Run) -> None:
        for source, place in zip(sources, places, strict=True):
            of_sums.store(of_said.load(source), place)
        of_sums.store(Lanes(kit, kit.number(0.0)), last)

    over_rows(kit, rows, left, (said_row, constant(GATES * width)), body)


@instruction("none", *["word"] * 11)
def open_gates(
    kit: Kit, rows: Word, left: Word, sums: Address, said: Address, gates: Address, gate_row: Word,
    gate: Word, told: Address, before: Address, state: Address, row: Word,
) -> None:  # fmt: skip
    """From sums, and what is said to the memory gate, how open the gates are, what the state told
    the memory gate, and the new states: a vector of each row. before: the last ones, or 0."""
    build, width = kit.builder, kit.target.width
    keeps_at, used_at, told_at = gates_at(kit, sums, constant(width), GATES)
    memory_said = build.add(said, build.mul(constant(GATES - 1), gate))
    places = gates_at(kit, gates, gate, GATES)

    def body(of_sums: Run, of_gates: Run, run: Run) -> None:
        keeps, used = (logistic(of_sums.load(place)) for place in (keeps_at, used_at))
        from_state = of_sums.load(told_at)
        new = tanh(of_gates.load(memory_said) + used * from_state)
        for value, place in zip((keeps, used, new), places, strict=True):
            of_gates.store(value, place)
        run.store(from_state, told)
        run.store(new + keeps * (run.load_if(before) - new), state)

    over_rows(kit, rows, left, (constant(GATES * width), gate_row, row), body)


@native
def gru_step(  # type: ignore[no-untyped-def]
    context, rows, size, split, said, last, weights, w_depth, w_gate, w_block, gates, gate_row,
    told, state,
):  # fmt: skip
    """One step of `gru`: from what is said to the gates (rows, 3 size), and from the last states
    times the weights, how open they are, what the memory gate was told, and the states (rows,
    size).

    Words as of `lstm_step`, recurrences.py. gates may be said.
    """
    row, last_row, block, last_block = 0, rows, 0, (size + LANES - 1) // LANES
    if split == BY_ROWS:
        row, last_row = start_of(context, rows, HIGH), stop_of(context, rows, HIGH)
    else:
        block, last_block = start_of(context, last_block, 1), stop_of(context, last_block, 1)
    length, width, sums = size * ITEM, LANES * ITEM, scratch(context)
    while row < last_row:
        count = min(FAR, last_row - row)
        for j in range(block, last_block):
            left = size - j * LANES
            at, there = row * length + j * width, row * gate_row + j * width
            begin_sums(count, left, said + there, gate_row, length, sums)
            if last != 0:
                multiply_gates(
                    count, size, last + row * length, length, weights + j * w_block, w_depth,
                    w_gate, sums, sums, GATES * width, width, left, 0, said + there + width,
                    gate_row, length, min(1, last_block - 1 - j))  # fmt: skip
            open_gates(count, left, sums, said + there, gates + there, gate_row, length, told + at,
                       last + at if last != 0 else 0, state + at, length)  # fmt: skip
        row += count


@instruction("none", *["word"] * 16)
def close_gates(
    kit: Kit, rows: Word, left: Word, reached: Address, reached_row: Word, gates: Address,
    d_said: Address, d_sent: Address, more_gates: Address, gate_row: Word, gate: Word,
    told: Address, before: Address, more_told: Address, d_next: Address, d_past: Address, row: Word,
) -> None:  # fmt: skip
    """The way back through `open_gates`; d_past: past the gates to the state before, d_next: the
    same from the next step, or 0. d_sent: by what the state told each of the gates."""
    places = gates_at(kit, gates, gate, GATES)
    said_places, sent_places = (gates_at(kit, first, gate, GATES) for first in (d_said, d_sent))
    more_places = gates_if(kit, more_gates, gate, GATES)

    def body(of_reached: Run, of_gates: Run, run: Run) -> None:
        keeps, used, new = (of_gates.load(place) for place in places)
        d = run.plus(of_reached.load(reached), d_next)
        run.store(d * keeps, d_past)

        def back(value: Lanes, number: int, slope: Lanes) -> Lanes:
            """By what is said to a gate, from what comes by the gate itself."""
            value = of_gates.plus(value, more_places[number]) * slope
            of_gates.store(value, said_places[number])
            return value

        by_new = back(d * (1.0 - keeps), 2, 1.0 - new * new)
        by_keeps = back(d * (run.load_if(before) - new), 0, keeps * (1.0 - keeps))
        by_used = back(by_new * run.load(told), 1, used * (1.0 - used))
        by_told = run.plus(by_new * used, more_told)
        for value, place in zip((by_keeps, by_used, by_told), sent_places, strict=True):
            of_gates.store(value, place)

    over_rows(kit, rows, left, (reached_row, gate_row, row), body)


@native
def gru_step_input(  # type: ignore[no-untyped-def]
    context, rows, size, split, reached, reached_row, sent, weights, w_depth, w_block, gates,
    gate_row, told, before, more_gates, more_told, d_past, d_said, d_sent,
):  # fmt: skip
    """The way back through `gru_step`: writes the gradients by what was said to its gates, by what
    the state before told them, and by that state past the gates.

    sent: d_sent of the next step, or 0 if there is none; else d_past holds what comes from there.
    before: the states before, or 0. more_gates, more_told: what reached those from elsewhere, or 0.
    d_said may be gates. Other words as of `lstm_step_input`.
    """
    row, last_row, block, last_block = 0, rows, 0, (size + LANES - 1) // LANES
    if split == BY_ROWS:
        row, last_row = start_of(context, rows, HIGH), stop_of(context, rows, HIGH)
    else:
        block, last_block = start_of(context, last_block, 1), stop_of(context, last_block, 1)
    length, width, sums = size * ITEM, LANES * ITEM, scratch(context)
    while row < last_row:
        count = min(FAR, last_row - row)
        for j in range(block, last_block, VECTORS):
            some = min(VECTORS, last_block - j)
            source, source_row = reached + row * reached_row + j * width, reached_row
            if sent != 0:
                columns = min(size - j * LANES, some * LANES)
                multiply(count, GATES * size, sent + row * gate_row, gate_row,
                         weights + j * w_block, w_depth, w_block, sums, source, reached_row, width,
                         columns, LANES, gates + row * gate_row + j * width, gate_row, length,
                         some)  # fmt: skip
                source, source_row = sums, VECTORS * width
            for vector in range(j, j + some):
                at, there = row * length + vector * width, row * gate_row + vector * width
                by_gates = more_gates + there if more_gates != 0 else 0
                by_told = more_told + at if more_told != 0 else 0
                close_gates(
                    count, size - vector * LANES, source, source_row, gates + there, d_said + there,
                    d_sent + there, by_gates, gate_row, length, told + at,
                    before + at if before != 0 else 0, by_told, d_past + at if sent != 0 else 0,
                    d_past + at, length)  # fmt: skip
                source += width
        row += count
