"""Panels: blocks of the operands of a product, copied so that a tile reads them one after another.

A panel of a holds, for each k, a number of each of TALL rows; a panel of b, for each k, two vectors
of columns. Of what is not there nothing is read: zeros stand in its place, or what was there.

These are instructions, not routines: for as many loops in Python, Numba takes a second.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.squares import ZEROS, riffled, turn
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Word, instruction
from wlnet.kernels.products.tiles import TALL

TALL_BYTES = PerTarget(lambda target: TALL.of(target) * target.item)
"""The bytes of a panel of a for each k."""
AHEAD = 4096
"""How many bytes before they are turned numbers are asked for."""


def copier(size: PerTarget) -> Instruction:
    """An instruction: so many pieces of `size` numbers, `apart` bytes from one to the next, are put
    one after another."""

    @instruction("none", *["word"] * 4)
    def copy_pieces(kit: Kit, count: Word, source: Address, apart: Word, to: Address) -> None:
        build, numbers = kit.builder, size.of(kit.target)
        kind = ir.VectorType(kit.real, numbers)

        def body(_: Any, state: State) -> State:
            here, there = state
            value = build.load(kit.at(here), typ=kind, align=kit.item)
            build.store(value, kit.at(there), align=kit.item)
            return [build.add(here, apart), build.add(there, constant(numbers * kit.item))]

        kit.loop(count, [source, to], body)

    return copy_pieces


copy_talls = copier(TALL)


@instruction("none", *["word"] * 6)
def pack_rows(
    kit: Kit, to: Address, rows: Word, depth: Word, a: Address, a_row: Word, a_depth: Word
) -> None:
    """Panels of a, one after another."""
    build, tall, item = kit.builder, TALL.of(kit.target), constant(kit.item)
    panel_size = build.mul(depth, constant(tall * kit.item))
    by_depth = build.icmp_signed("==", a_depth, item)
    by_rows = build.icmp_signed("==", a_row, item)
    lanes = constant(kit.lanes)

    def one_by_one(panel: Address, at: Address, first: Word, high: Word) -> State:
        """The numbers of `high` rows from the first k on."""

        def along(k: Word, state: State) -> State:
            k = build.add(k, first)
            here = build.add(at, build.mul(k, a_depth))
            there = build.add(panel, build.mul(k, constant(tall * kit.item)))

            def down(i: Word, state: State) -> State:
                number = kit.load_one(here, build.mul(i, a_row))
                build.store(number, kit.at(there, build.mul(i, item)), align=kit.item)
                return state

            return kit.loop(high, state, down)

        return kit.loop(build.sub(depth, first), [], along)

    def whole(i: Word, state: State) -> State:
        panel = build.add(to, build.mul(i, panel_size))
        at = build.add(a, build.mul(build.mul(i, constant(tall)), a_row))

        def turned() -> State:
            vectors = build.sdiv(depth, lanes)
            _turn_rows(kit, vectors, at, a_row, panel)
            return one_by_one(panel, at, build.mul(vectors, lanes), constant(tall))

        def copied() -> State:
            copy_talls.generate(kit, depth, at, a_depth, panel)
            return []

        kit.choose(
            by_depth,
            turned,
            lambda: kit.choose(
                by_rows, copied, lambda: one_by_one(panel, at, constant(0), constant(tall))
            ),
        )
        return state

    full = build.sdiv(rows, constant(tall))
    kit.loop(full, [], whole)
    at = build.add(a, build.mul(build.mul(full, constant(tall)), a_row))
    panel = build.add(to, build.mul(full, panel_size))
    one_by_one(panel, at, constant(0), build.srem(rows, constant(tall)))


def _turn_rows(kit: Kit, vectors: Word, a: Address, a_row: Word, to: Address) -> None:
    """So many vectors of each of TALL rows, whose numbers lie one after another, into a panel."""
    build, count = kit.builder, TALL.of(kit.target)
    places = [build.add(a, build.mul(constant(i), a_row)) for i in range(count)]

    def body(i: Word, state: State) -> State:
        (at,) = state
        offset = build.mul(i, constant(kit.target.width))
        rows = [kit.load(place, offset) for place in places]
        # Each riffle takes the highest bit of the row to the end: (row, k) becomes (k, row).
        for j, value in enumerate(riffled(kit, rows, count.bit_length() - 1)):
            kit.store(value, at, constant(j * kit.target.width))
        return [build.add(at, constant(count * kit.target.width))]

    kit.loop(vectors, [to], body)


@instruction("none", *["word"] * 5)
def pack_columns(
    kit: Kit, to: Address, columns: Word, depth: Word, b: Address, b_depth: Word
) -> None:
    """Panels of b, one after another; its columns lie one after another."""
    build, wide = kit.builder, constant(2 * kit.lanes)
    size = constant(2 * kit.target.width)
    offsets = [constant(j * kit.target.width) for j in range(2)]
    strips = build.sdiv(build.add(columns, build.sub(wide, constant(1))), wide)
    panel_size = build.mul(depth, size)

    # Line by line, as they lie in memory.
    def along(k: Word, state: State) -> State:
        line = build.add(b, build.mul(k, b_depth))
        panel = build.add(to, build.mul(k, size))

        def across(i: Word, state: State) -> State:
            here, there, left = state
            for j, offset in enumerate(offsets):
                mask = kit.first(build.sub(left, constant(j * kit.lanes)))
                kit.store(kit.load_part(build.add(here, offset), mask), there, offset)
            return [build.add(here, size), build.add(there, panel_size), build.sub(left, wide)]

        kit.loop(strips, [line, panel, columns], across)
        return state

    kit.loop(depth, [], along)


@instruction("none", *["word"] * 7)
def turn_columns(
    kit: Kit, to: Address, column: Word, columns: Word, first: Word, depth: Word, b: Address,
    b_block: Word,
) -> None:  # fmt: skip
    """Panels of b from a column and a k on, where its transpose is packed: b[block, column, lane].

    first: a multiple of LANES. b_block: the bytes from one block of k to the next.
    """
    build, lanes, width = kit.builder, constant(kit.lanes), kit.target.width

    def smaller(a: Word, b: Word) -> Word:
        return build.select(build.icmp_signed("<", a, b), a, b)

    def blocks_in(count: Word) -> Word:
        return build.sdiv(build.add(count, constant(kit.lanes - 1)), lanes)

    def along(i: Word, state: State) -> State:
        k = build.mul(i, lanes)
        block = build.add(b, build.mul(build.add(build.sdiv(first, lanes), i), b_block))
        source = build.add(block, build.mul(column, constant(width)))
        kept = smaller(lanes, build.sub(depth, k))

        def across(n: Word, state: State) -> State:
            j = build.mul(n, lanes)
            strip, half = build.lshr(n, constant(1)), build.and_(n, constant(1))
            line = build.add(build.mul(strip, depth), k)
            panel = build.add(to, build.mul(line, constant(2 * width)))
            panel = build.add(panel, build.mul(half, constant(width)))
            at = build.add(source, build.mul(j, constant(width)))
            for each in range(kit.lanes):
                kit.prefetch(at, constant(AHEAD + each * width))
            present = smaller(lanes, build.sub(columns, j))
            turn.generate(kit, at, constant(width), present, constant(ZEROS), panel,
                          constant(2 * width), kept)  # fmt: skip
            return state

        return kit.loop(blocks_in(columns), state, across)

    kit.loop(blocks_in(depth), [], along)
