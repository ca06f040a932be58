"""Tiles of a product whose vectors of results lie apart: all gates of the same numbers of a state.

Register tiles as those of tiles.py: each result is one sum over the depth, in its order. But the
vectors of a tile may lie anywhere, as long as they are even distances apart, so that one tile makes
every gate of a block of a state; and any lanes and vectors of it may be missing.
"""

from __future__ import annotations

from typing import Any

from wlnet.kernels.emit.vectors import BYTE, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Word, instruction

VECTORS = 4
"""Of a tile: one for each gate of an LSTM."""
HIGH = PerTarget(lambda target: 4 if target.width == 64 else 2)
"""Rows of a tile: with VECTORS of results each, and as many of b, they fit into 32 or 16 vector
registers."""
DEEP = PerTarget(lambda target: 24576 // (VECTORS * target.width))
"""How deep the part of b is that a tile reads at a time: 24 KB, which the first cache holds while
the rows below one another go through it. What they have summed up until then waits in c."""


def tile(rows: int | PerTarget, masked: bool, vectors: int = VECTORS) -> Instruction:
    """A tile as an instruction.

    Arguments: depth, a, a_row, b, b_depth, b_vector, c, c_row, c_vector, start, start_row,
    start_vector, columns, fewer. Numbers of a row of a lie one after another. start: what the sums
    begin with. Where masked, the first vector has the first `columns`
    lanes, and each further one `fewer` less; of others nothing is read or written.
    """

    @instruction("none", *["word"] * 14)
    def gate_tile(
        kit: Kit,
        depth: Word,
        a: Address,
        a_row: Word,
        b: Address,
        b_depth: Word,
        b_vector: Word,
        c: Address,
        c_row: Word,
        c_vector: Word,
        start: Address,
        start_row: Word,
        start_vector: Word,
        columns: Word,
        fewer: Word,
    ) -> None:
        build = kit.builder
        count = rows.of(kit.target) if isinstance(rows, PerTarget) else rows
        lefts = [build.sub(columns, build.mul(constant(j), fewer)) for j in range(vectors)]
        masks = [kit.first(left) if masked else None for left in lefts]
        # Even a load of no lanes is slow where there is no memory.
        numbers = [
            build.select(build.icmp_signed(">", left, constant(0)), constant(j), constant(0))
            if masked
            else constant(j)
            for j, left in enumerate(lefts)
        ]

        def load(address: Address, j: int) -> Any:
            mask = masks[j]
            return kit.load(address) if mask is None else kit.load_part(address, mask)

        def places(base: Address, row: Word, vector: Word) -> list[Address]:
            return [
                build.add(
                    base,
                    build.add(build.mul(constant(i), row), build.mul(numbers[j], vector)),
                )
                for i in range(count)
                for j in range(vectors)
            ]

        from_there = places(start, start_row, start_vector)
        sums = [load(place, n % vectors) for n, place in enumerate(from_there)]
        b_vectors = [build.mul(number, b_vector) for number in numbers]
        a_rows = [build.mul(constant(i), a_row) for i in range(count)]

        def body(_: Word, state: State) -> State:
            *sums, a_at, b_at = state
            b_now = [load(build.add(b_at, far), j) for j, far in enumerate(b_vectors)]
            a_pointer = kit.at(a_at)
            for i in range(count):
                place = build.gep(a_pointer, [a_rows[i]], source_etype=BYTE)
                x = kit.splat(build.load(place, typ=kit.real, align=kit.item))
                for j in range(vectors):
                    sums[i * vectors + j] = kit.fma(x, b_now[j], sums[i * vectors + j])
            return [*sums, build.add(a_at, constant(kit.item)), build.add(b_at, b_depth)]

        sums = kit.loop(depth, [*sums, a, b], body)[:-2]
        for n, (place, value) in enumerate(zip(places(c, c_row, c_vector), sums, strict=True)):
            mask = masks[n % vectors]
            if mask is None:
                kit.store(value, place)
            else:
                kit.store_part(value, place, mask)

    return gate_tile
