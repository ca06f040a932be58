"""One step of a recurrent layer, and its way back: what lies between two products.

The elementwise part of an LSTM cell. What is said to the gates are their pre-activations, inputs
times weights plus bias; the way back is one step of backpropagation through time.
"""

from __future__ import annotations

from typing import Any

from wlnet.kernels.elementwise.exponentials import logistic, tanh
from wlnet.kernels.emit.instructions import ITEM, start_of, stop_of
from wlnet.kernels.emit.lanes import Lanes
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import Address, Word, instruction, native
from wlnet.kernels.products.tiles import TALL


class Run:
    """Numbers one after another, some vectors of them at a time, the last one masked."""

    def __init__(self, kit: Kit, offset: Word, left: Word) -> None:
        self.kit, self.offset, self.mask = kit, offset, kit.first(left)

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


def over(kit: Kit, count: Word, body: Any) -> None:
    """body(run) for the vectors of a run of numbers."""
    build = kit.builder
    vectors = build.sdiv(build.add(count, constant(kit.lanes - 1)), constant(kit.lanes))

    def each(i: Word, state: State) -> State:
        done = build.mul(i, constant(kit.lanes))
        body(Run(kit, build.mul(i, constant(kit.target.width)), build.sub(count, done)))
        return state

    kit.loop(vectors, [], each)


def gates_at(kit: Kit, first: Address, apart: Word) -> list[Address]:
    """The addresses of the input, output, forget and memory gates."""
    build = kit.builder
    return [build.add(first, build.mul(constant(i), apart)) for i in range(4)]


def gates_if(kit: Kit, first: Address, apart: Word) -> list[Address]:
    """The same, all of them 0 if the first is."""
    given = kit.builder.icmp_signed("!=", first, constant(0))
    return gates_at(kit, first, kit.builder.select(given, apart, constant(0)))


@instruction("none", *["word"] * 7)
def open_gates(
    kit: Kit, count: Word, said: Address, gates: Address, apart: Word, before: Address,
    cell: Address, state: Address,
) -> None:  # fmt: skip
    """One example of `lstm_step`: numbers of each gate, `apart` bytes from one gate to the next."""
    sources, places = gates_at(kit, said, apart), gates_at(kit, gates, apart)

    def body(run: Run) -> None:
        opened = [
            (tanh if i == 3 else logistic)(run.load(place)) for i, place in enumerate(sources)
        ]
        for value, place in zip(opened, places, strict=True):
            run.store(value, place)
        taken, shown, kept, new = opened
        memory = kept * run.load_if(before) + taken * new
        run.store(memory, cell)
        run.store(shown * tanh(memory), state)

    over(kit, count, body)


@native
def lstm_step(  # type: ignore[no-untyped-def]
    context, rows, size, said, gates, gate_row, before, cell, state
):  # fmt: skip
    """One step of `lstm`: from what is said to the gates (rows, 4 size) how open they are, the
    cells and the states (rows, size). before: the cells before, or 0. gates may be said.
    Divided by rows."""
    row, last = start_of(context, rows, TALL), stop_of(context, rows, TALL)
    while row < last:
        at = row * size * ITEM
        old = before + at if before != 0 else 0
        there = row * gate_row
        open_gates(size, said + there, gates + there, size * ITEM, old, cell + at, state + at)
        row += 1


@instruction("none", *["word"] * 13)
def close_gates(
    kit: Kit, count: Word, gates: Address, apart: Word, before: Address, cell: Address,
    reached: Address, more_gates: Address, more_cell: Address, d_state: Address, kept_next: Address,
    d_next: Address, d_cell: Address, d_gates: Address,
) -> None:  # fmt: skip
    """One example of `lstm_step_input`; kept_next: the next forget gate, or 0."""
    build = kit.builder
    places, d_places = gates_at(kit, gates, apart), gates_at(kit, d_gates, apart)
    more_places = gates_if(kit, more_gates, apart)

    def body(run: Run) -> None:
        taken, shown, kept, new = (run.load(place) for place in places)
        bent, d = tanh(run.load(cell)), run.load(reached)
        run.store(d, d_state)
        d_memory = d * shown * (1.0 - bent * bent)
        (passed,) = kit.choose(
            build.icmp_signed("==", kept_next, constant(0)),
            lambda: [kit.number(0.0)],
            lambda: [(run.load(kept_next) * run.load(d_next)).value],
        )
        d_memory = run.plus(d_memory + Lanes(kit, passed), more_cell)
        run.store(d_memory, d_cell)
        by_gates = d_memory * new, d * bent, d_memory * run.load_if(before), d_memory * taken
        slopes = (*(gate * (1.0 - gate) for gate in (taken, shown, kept)), 1.0 - new * new)
        for value, more, slope, place in zip(by_gates, more_places, slopes, d_places, strict=True):
            run.store(run.plus(value, more) * slope, place)

    over(kit, count, body)


@native
def lstm_step_input(  # type: ignore[no-untyped-def]
    context, rows, size, gates, gate_row, before, cell, reached, more_gates, more_cells, d_state,
    next_gates, d_next, d_cell, d_gates,
):  # fmt: skip
    """The way back through `lstm_step`: writes the gradients by its states, which is what reached
    them, by its cells, and by what was said to its gates. more_gates, more_cells: what reached
    those from elsewhere, or 0. d_next: that by the next cells; next_gates: how open the next gates
    are, or 0 if there are none. d_state may be reached. Divided by rows."""
    row, last = start_of(context, rows, TALL), stop_of(context, rows, TALL)
    while row < last:
        at, there = row * size * ITEM, row * gate_row
        old = before + at if before != 0 else 0
        kept_next = next_gates + there + 2 * size * ITEM if next_gates != 0 else 0
        by_gates = more_gates + there if more_gates != 0 else 0
        by_cells = more_cells + at if more_cells != 0 else 0
        close_gates(size, gates + there, size * ITEM, old, cell + at, reached + at, by_gates,
                    by_cells, d_state + at, kept_next, d_next + at, d_cell + at,
                    d_gates + there)  # fmt: skip
        row += 1
