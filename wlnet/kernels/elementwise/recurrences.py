"""One step of a recurrent layer, and its way back: the product of the state, and what follows it.

An LSTM cell, fused with its product. What is said to the gates are their pre-activations, inputs
times weights plus bias; the way back is one step of backpropagation through time. Vector by vector
of a state all of its gates are multiplied for all rows of a worker, and then opened, while they are
in the first cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wlnet.kernels.elementwise.exponentials import logistic, tanh
from wlnet.kernels.emit.instructions import ITEM, LANES, scratch, start_of, stop_of
from wlnet.kernels.emit.lanes import Lanes
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import (
    Address,
    Vector,
    Word,
    instruction,
    native,
)
from wlnet.kernels.products.gate_products import FAR, multiplier
from wlnet.kernels.products.gate_tiles import HIGH, VECTORS

BY_ROWS, BY_COLUMNS = 1, 2
"""What of a state is divided among the workers."""


class Run:
    """A vector in a row of several matrices, some bytes behind where each begins; masked."""

    def __init__(self, kit: Kit, offset: Word, mask: Vector) -> None:
        self.kit, self.offset, self.mask = kit, offset, mask

    def load(self, address: Address) -> Lanes:
        return Lanes(self.kit, self.kit.load_part(self._at(address), self.mask))

    def load_if(self, address: Address) -> Lanes:
        """Zeros if the address is 0."""
        build = self.kit.builder
        given = build.icmp_signed("!=", address, constant(0))
        nothing = self.kit.number(0.0)
        (value,) = self.kit.choose(given, lambda: [self.load(address).value], lambda: [nothing])
        return Lanes(self.kit, value)

    def plus(self, value: Lanes, address: Address) -> Lanes:
        """A value and what lies at an address; the value itself if the address is 0."""
        given = self.kit.builder.icmp_signed("!=", address, constant(0))
        (total,) = self.kit.choose(
            given, lambda: [(value + self.load(address)).value], lambda: [value.value]
        )
        return Lanes(self.kit, total)

    def store(self, value: Lanes, address: Address) -> None:
        self.kit.store_part(value.value, self._at(address), self.mask)

    def _at(self, address: Address) -> Address:
        return self.kit.builder.add(address, self.offset)


def gates_at(kit: Kit, first: Address, apart: Word, count: int = VECTORS) -> list[Address]:
    """The addresses of the gates; of an LSTM the input, output, forget and memory gates."""
    build = kit.builder
    return [build.add(first, build.mul(constant(i), apart)) for i in range(count)]


def gates_if(kit: Kit, first: Address, apart: Word, count: int = VECTORS) -> list[Address]:
    """The same, all of them 0 if the first is."""
    given = kit.builder.icmp_signed("!=", first, constant(0))
    return gates_at(kit, first, kit.builder.select(given, apart, constant(0)), count)


def over_rows(
    kit: Kit, rows: Word, left: Word, distances: Sequence[Word], body: Callable[..., None]
) -> None:
    """body(run, ...) for each of some rows, with a run for each distance of rows: the first `left`
    lanes of a vector."""
    build = kit.builder
    mask = kit.first(left)

    def each(i: Word, state: State) -> State:
        body(*(Run(kit, build.mul(i, distance), mask) for distance in distances))
        return state

    kit.loop(rows, [], each)


@instruction("none", *["word"] * 12)
def open_gates(
    kit: Kit, rows: Word, left: Word, said: Address, said_row: Word, said_gate: Word,
    gates: Address, gate_row: Word, gate: Word, before: Address, cell: Address, state: Address,
    row: Word,
) -> None:  # fmt: skip
    """From what is said to the gates how open they are, the cells and the states: a vector of each
    row. said_gate, gate: the bytes from one gate to the next. before: the cells before, or 0."""
    sources, places = gates_at(kit, said, said_gate), gates_at(kit, gates, gate)

    def body(of_said: Run, of_gates: Run, run: Run) -> None:
        opened = [
            (tanh if i == 3 else logistic)(of_said.load(place)) for i, place in enumerate(sources)
        ]
        for value, place in zip(opened, places, strict=True):
            of_gates.store(value, place)
        taken, shown, kept, new = opened
        memory = kept * run.load_if(before) + taken * new
        run.store(memory, cell)
        run.store(shown * tanh(memory), state)

    over_rows(kit, rows, left, (said_row, gate_row, row), body)


multiply = multiplier(VECTORS)


@native
def lstm_step(  # type: ignore[no-untyped-def]
    context, rows, size, split, said, last, weights, w_depth, w_gate, w_block, gates, gate_row,
    before, cell, state,
):  # fmt: skip
    """One step of `lstm`: from what is said to the gates (rows, 4 size), and from the last states
    times the weights, how open they are, the cells and the states (rows, size).

    last: the states before, or 0. weights: vector k of block j of a gate lies w_block j + w_depth k
    behind where the gate does, and that w_gate behind the gate before. before: the cells before, or
    0. gates may be said. Divided by rows, or by blocks of a state: BY_ROWS, BY_COLUMNS.
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
            source, source_row, source_gate = said + there, gate_row, length
            if last != 0:
                multiply(count, size, last + row * length, length, weights + j * w_block, w_depth,
                         w_gate, sums, source, gate_row, length, left, 0, source + width, gate_row,
                         length, min(1, last_block - 1 - j))  # fmt: skip
                source, source_row, source_gate = sums, VECTORS * width, width
            old = before + at if before != 0 else 0
            open_gates(count, left, source, source_row, source_gate, gates + there, gate_row,
                       length, old, cell + at, state + at, length)  # fmt: skip
        row += count


@instruction("none", *["word"] * 15)
def close_gates(
    kit: Kit, rows: Word, left: Word, reached: Address, reached_row: Word, gates: Address,
    d_gates: Address, more_gates: Address, gate_row: Word, gate: Word, before: Address,
    cell: Address, more_cell: Address, d_next: Address, d_cell: Address, row: Word,
) -> None:  # fmt: skip
    """The way back through `open_gates`; d_next: what the next cell sends back, or 0."""
    places, d_places = gates_at(kit, gates, gate), gates_at(kit, d_gates, gate)
    more_places = gates_if(kit, more_gates, gate)

    def body(of_reached: Run, of_gates: Run, run: Run) -> None:
        taken, shown, kept, new = (of_gates.load(place) for place in places)
        bent, d = tanh(run.load(cell)), of_reached.load(reached)
        d_memory = run.plus(run.plus(d * shown * (1.0 - bent * bent), d_next), more_cell)
        run.store(d_memory * kept, d_cell)
        by_gates = d_memory * new, d * bent, d_memory * run.load_if(before), d_memory * taken
        slopes = (*(gate * (1.0 - gate) for gate in (taken, shown, kept)), 1.0 - new * new)
        for value, more, slope, place in zip(by_gates, more_places, slopes, d_places, strict=True):
            of_gates.store(of_gates.plus(value, more) * slope, place)

    over_rows(kit, rows, left, (reached_row, gate_row, row), body)


@native
def lstm_step_input(  # type: ignore[no-untyped-def]
    context, rows, size, split, reached, reached_row, sent, weights, w_depth, w_block, gates,
    gate_row, before, cell, more_gates, more_cells, d_cell, d_said,
):  # fmt: skip
    """The way back through `lstm_step`: writes the gradients by what was said to its gates, and by
    the cells before.

    That by its states is what reached them, and what was sent back from the gates of the next step
    times the weights (4 size, size), of which vector k of block j lies w_block j + w_depth k behind
    the first. sent: 0 if there is no next step; else d_cell holds the gradient by the cells, which
    comes from there. more_gates, more_cells: what reached those from elsewhere, or 0. d_said may be
    gates. Divided as `lstm_step`.
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
                multiply(count, 4 * size, sent + row * gate_row, gate_row, weights + j * w_block,
                         w_depth, w_block, sums, source, reached_row, width, columns, LANES,
                         gates + row * gate_row + j * width, gate_row, length, some)  # fmt: skip
                source, source_row = sums, VECTORS * width
            for vector in range(j, j + some):
                at, there = row * length + vector * width, row * gate_row + vector * width
                old = before + at if before != 0 else 0
                by_gates = more_gates + there if more_gates != 0 else 0
                by_cells = more_cells + at if more_cells != 0 else 0
                d_next = d_cell + at if sent != 0 else 0
                close_gates(count, size - vector * LANES, source, source_row, gates + there,
                            d_said + there, by_gates, gate_row, length, old, cell + at, by_cells,
                            d_next, d_cell + at, length)  # fmt: skip
                source += width
        row += count
