"""Panels: blocks of the operands of a product, copied so that a tile reads them one after another.

A panel of a holds, for each k, a number of each of TALL rows; a panel of b, for each k, two vectors
of columns. Of what is not there nothing is read: zeros stand in its place, or what was there.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.copies.lane_blocks import ZEROS, turn
from wlnet.kernels.emit.instructions import ITEM, LANES, reals
from wlnet.kernels.emit.vectors import INDEX, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Word, instruction, routine
from wlnet.kernels.products.tiles import TALL

AHEAD = 4096
"""How many bytes before they are turned numbers are asked for."""
TALL_BYTES = PerTarget(lambda target: TALL.of(target) * target.item)
"""The bytes of a panel of a for each k."""


@instruction("none", "word", "word")
def bring(kit: Kit, address: Address, row: Word) -> None:
    """Have two vectors of each of TALL rows brought near."""
    for i in range(TALL.of(kit.target)):
        at = kit.builder.add(address, kit.builder.mul(constant(i), row))
        for j in range(2):
            kit.prefetch(at, constant(j * kit.target.width))


@instruction("none", "word")
def bring_square(kit: Kit, address: Address) -> None:
    """Have as many vectors as a vector has lanes brought near."""
    for i in range(kit.lanes):
        kit.prefetch(address, constant(i * kit.target.width))


@instruction("none", *["word"] * 4)
def turn_rows(kit: Kit, vectors: Word, a: Address, a_row: Word, to: Address) -> None:
    """So many vectors of each of TALL rows, whose numbers lie one after another, into a panel."""
    build, lanes, count = kit.builder, kit.lanes, TALL.of(kit.target)
    kind, half = ir.VectorType(INDEX, lanes), lanes // 2
    low = ir.Constant(kind, [i // 2 + lanes * (i % 2) for i in range(lanes)])
    high = ir.Constant(kind, [half + i // 2 + lanes * (i % 2) for i in range(lanes)])
    places = [build.add(a, build.mul(constant(i), a_row)) for i in range(count)]

    def body(i: Word, state: State) -> State:
        (at,) = state
        offset = build.mul(i, constant(kit.target.width))
        rows = [kit.load(place, offset) for place in places]
        # Each riffle takes the highest bit of the row to the end: (row, k) becomes (k, row).
        for _ in range(count.bit_length() - 1):
            rows = [
                build.shuffle_vector(rows[j], rows[j + count // 2], mask)
                for j in range(count // 2)
                for mask in (low, high)
            ]
        for j, value in enumerate(rows):
            kit.store(value, at, constant(j * kit.target.width))
        return [build.add(at, constant(count * kit.target.width))]

    kit.loop(vectors, [to], body)


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


@instruction("none", *["word"] * 5)
def copy_strips(
    kit: Kit, count: Word, source: Address, apart: Word, to: Address, columns: Word
) -> None:
    """So many pieces of two vectors, `apart` bytes from one to the next, of which the first
    `columns` numbers are there, into a panel."""
    build = kit.builder
    offsets = [constant(j * kit.target.width) for j in range(2)]
    masks = [kit.first(build.sub(columns, constant(j * kit.lanes))) for j in range(2)]

    def body(_: Any, state: State) -> State:
        here, there = state
        for offset, mask in zip(offsets, masks, strict=True):
            kit.store(kit.load_part(build.add(here, offset), mask), there, offset)
        return [build.add(here, apart), build.add(there, constant(2 * kit.target.width))]

    kit.loop(count, [source, to], body)


@routine
def pack_rows(to, rows, depth, a, a_row, a_depth):  # type: ignore[no-untyped-def]
    """Panels of a, one after another."""
    i = 0
    while i < rows:
        high = min(TALL, rows - i)
        panel, ai, k = to + i * depth * ITEM, a + i * a_row, 0
        if high == TALL and a_depth == ITEM:
            turn_rows(depth // LANES, ai, a_row, panel)
            k = depth // LANES * LANES
        elif high == TALL and a_row == ITEM:
            copy_talls(depth, ai, a_depth, panel)
            k = depth
        while k < depth:
            tall = reals(panel + k * TALL_BYTES)
            for j in range(high):
                tall[j] = reals(ai + j * a_row + k * a_depth)[0]
            k += 1
        i += TALL


@routine
def pack_columns(to, columns, depth, b, b_depth):  # type: ignore[no-untyped-def]
    """Panels of b, one after another; its columns lie one after another."""
    j = 0
    while j < columns:
        copy_strips(depth, b + j * ITEM, b_depth, to + j * depth * ITEM,
                    min(columns - j, 2 * LANES))  # fmt: skip
        j += 2 * LANES


@routine
def turn_columns(to, column, columns, first, depth, b, b_block):  # type: ignore[no-untyped-def]
    """Panels of b from a column and a k on, where its transpose is packed: b[block, column, lane].

    first: a multiple of LANES. b_block: the bytes from one block of k to the next.
    """
    wide = 2 * LANES
    for k in range(0, depth, LANES):
        source = b + (first + k) // LANES * b_block + column * LANES * ITEM
        for j in range(0, columns, LANES):
            panel = to + (j // wide * depth + k) * wide * ITEM + j % wide * ITEM
            bring_square(source + j * LANES * ITEM + AHEAD)
            turn(source + j * LANES * ITEM, LANES * ITEM, min(LANES, columns - j), ZEROS, panel,
                 wide * ITEM, min(LANES, depth - k))  # fmt: skip
