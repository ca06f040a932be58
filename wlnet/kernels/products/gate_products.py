"""The product of a step of a recurrent layer: some rows by a vector of each gate of a state.

The product of a state and its weights, tile by tile (gate_tiles.py), a part of the depth after the
other.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import (
    Address,
    PerTarget,
    Routine,
    Target,
    Word,
    instruction,
    routine,
)
from wlnet.kernels.products.gate_tiles import DEEP, HIGH, VECTORS, tile

FAR = PerTarget(lambda target: 4 * HIGH.of(target))
"""Rows that go through a state together: enough for the weights that they read to come from far,
few enough for each to be a stream of memory."""


def multiplier(vectors: int) -> Routine:
    """The product of a step: rows of so many vectors, one for each gate, or for each of as many
    blocks of a state."""
    high, flat = tile(HIGH, False, vectors), tile(1, False, vectors)
    high_part, flat_part = tile(HIGH, True, vectors), tile(1, True, vectors)

    @instruction("none", *["word"] * 4)
    def bring(kit: Kit, rows: Word, near: Address, row: Word, gate: Word) -> None:
        """Have a line of every gate of some rows brought near."""

        def each(i: Word, state: State) -> State:
            for n in range(vectors):
                place = kit.builder.add(near, kit.builder.mul(constant(n), gate))
                kit.prefetch(place, kit.builder.mul(i, row))
            return state

        kit.loop(rows, [], each)

    @routine
    def multiply(  # type: ignore[no-untyped-def]
        rows, depth, a, a_row, b, b_depth, b_vector, c, start, start_row, start_vector, columns,
        fewer, soon, soon_row, soon_gate, soon_blocks,
    ):  # fmt: skip
        """c = start + a b for some rows, whose vectors lie in c one after another; the other words
        are those of a tile, see gate_tiles.py.

        Meanwhile the vectors of so many blocks of all gates are brought near, from `soon` on.
        """
        is_whole = columns - (vectors - 1) * fewer >= LANES
        c_vector, c_row = LANES * ITEM, vectors * LANES * ITEM
        for k in range(0, depth, DEEP):
            deep, ak, bk = min(DEEP, depth - k), a + k * ITEM, b + k * b_depth
            i = 0
            while i < rows:
                ai, ci = ak + i * a_row, c + i * c_row
                si = start + i * start_row
                if k < soon_blocks * DEEP:
                    bring(min(HIGH, rows - i), soon + k // DEEP * c_vector + i * soon_row, soon_row,
                          soon_gate)  # fmt: skip
                if rows - i >= HIGH:
                    if is_whole:
                        high(deep, ai, a_row, bk, b_depth, b_vector, ci, c_row, c_vector, si,
                             start_row, start_vector, columns, fewer)  # fmt: skip
                    else:
                        high_part(deep, ai, a_row, bk, b_depth, b_vector, ci, c_row, c_vector, si,
                                  start_row, start_vector, columns, fewer)  # fmt: skip
                    i += HIGH
                else:
                    if is_whole:
                        flat(deep, ai, a_row, bk, b_depth, b_vector, ci, c_row, c_vector, si,
                             start_row, start_vector, columns, fewer)  # fmt: skip
                    else:
                        flat_part(deep, ai, a_row, bk, b_depth, b_vector, ci, c_row, c_vector, si,
                                  start_row, start_vector, columns, fewer)  # fmt: skip
                    i += 1
            start, start_row, start_vector = c, c_row, c_vector

    return multiply


def scratch_bytes(target: Target) -> int:
    """Memory that a worker needs for the sums of a step."""
    return FAR.of(target) * VECTORS * target.width
