"""A product in blocks that the caches hold, down to the tiles of tiles.py.

A block of b, so deep that a strip of it (two vectors of columns) stays in the first cache, meets a
block of a that stays in the second one. What lies scattered in memory is copied into panels first
(panels.py). Each sum is made in the order of the depth: where a block ends it is written down, and
the next block goes on with it. So no bit of a result depends on the sizes of blocks. Up to TALL
rows are one block.

Source: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008; Van Zee
and van de Geijn, "BLIS", 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wlnet.kernels.emit.instructions import ITEM, LANES
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Word, instruction, routine
from wlnet.kernels.products.panels import TALL_BYTES, pack_columns, pack_rows, turn_columns
from wlnet.kernels.products.tiles import NO_ACTIVATION, TALL, tile

WIDTH = PerTarget(lambda target: target.width)

PACK_A, PACK_B, TURN_B = 1, 2, 4
"""Which operands are copied into panels, added up. TURN_B goes with PACK_B: what lies in memory is
the transpose of b, packed (engine/packed.py), and b_vector the bytes from one of its blocks to the
next."""
ENDLESS = 1 << 60
"""The size of a block that is never full."""


@instruction("none", *["word"] * 17)
def strip(
    kit: Kit, rows: Word, columns: Word, depth: Word, a: Address, a_tile: Word, a_row: Word,
    a_depth: Word, b: Address, b_depth: Word, b_vector: Word, c: Address, c_row: Word, start: Word,
    start_row: Word, activation: Word, gate: Word, following: Address,
) -> None:  # fmt: skip
    """Two vectors of columns at most. a_tile: the bytes from TALL rows of a to the next.

    following: where the next strip of a packed b begins, to be brought near meanwhile; else b.
    """
    # An instruction, not a routine: so many calls with so many operands take Numba a second.
    build, tall, width = kit.builder, TALL.of(kit.target), kit.target.width
    zero = constant(0)
    full = build.sdiv(rows, constant(tall))
    # Each whole tile brings a part of one of the two panels.
    parts = build.add(build.lshr(full, constant(1)), build.and_(full, constant(1)))
    parts = build.select(build.icmp_signed(">", full, zero), parts, constant(1))
    step = build.sdiv(constant(width), parts)
    step = build.select(build.icmp_signed("==", following, b), zero, step)
    goes_on = build.icmp_signed("==", start_row, c_row)

    def further(address: Address, row: Word, distance: Word) -> Word:
        """Where a row lies; 0 stays no address."""
        there = build.add(address, build.mul(row, distance))
        return build.select(build.icmp_signed("==", address, zero), zero, there)

    def each(i: Word, state: State) -> State:
        row = build.mul(i, constant(tall))
        left = build.sub(rows, row)
        following_row = build.add(row, constant(tall))

        def bring() -> State:
            """The sums of the next tile, which were written before."""
            for j in range(tall):
                at = further(start, build.add(following_row, constant(j)), start_row)
                for k in range(2):
                    kit.prefetch(at, constant(k * width))
            return []

        def tile_of(kind: Instruction, *more: Word) -> Callable[[], State]:
            def write() -> State:
                kind.generate(
                    kit, depth, ai, a_row, a_depth, b, b_depth, b_vector, ci, c_row, si, start_row,
                    activation, gi, columns, *far, *more,
                )  # fmt: skip
                return []

            return write

        kit.choose(build.and_(goes_on, build.icmp_signed("<", following_row, rows)), bring, list)
        panel = build.mul(build.sdiv(i, parts), b_vector)
        part = build.mul(build.mul(build.srem(i, parts), depth), step)
        far = build.add(following, build.add(panel, part)), step
        ai = build.add(a, build.mul(i, a_tile))
        ci, si, gi = (
            further(c, row, c_row),
            further(start, row, start_row),
            further(gate, row, c_row),
        )
        present = build.select(build.icmp_signed("<", left, constant(tall)), left, constant(tall))
        is_whole = build.and_(
            build.icmp_signed("==", present, constant(tall)),
            build.icmp_signed(">=", columns, constant(2 * kit.lanes)),
        )
        kinds = (
            (is_whole, tile_of(tile(TALL, 2))),
            (
                build.icmp_signed("<=", columns, constant(kit.lanes)),
                tile_of(tile(TALL, 1, masked=True, some=True), present),
            ),
            (
                build.icmp_signed(">", present, constant(tall // 2)),
                tile_of(tile(TALL, 2, masked=True, some=True), present),
            ),
            (
                build.icmp_signed(">", present, constant(1)),
                tile_of(tile(tall // 2, 2, masked=True, some=True), present),
            ),
        )
        otherwise = tile_of(tile(1, 2, masked=True))
        for fits, write in reversed(kinds):
            otherwise = partial(kit.choose, fits, write, otherwise)
        otherwise()
        return state

    kit.loop(build.sdiv(build.add(rows, constant(tall - 1)), constant(tall)), [], each)


flat_wide = tile(1, 8)


@routine
def blocks(  # type: ignore[no-untyped-def]
    own, row_block, column_block, depth_block, packs, row, last_row, column, last_column, depth,
    a, a_row, a_depth, b, b_depth, b_vector, c, c_row, start, start_row, activation, gate,
):  # fmt: skip
    """The results in rows row..last_row-1 and columns column..last_column-1, block by block.

    packs: which operands are copied: PACK_A, PACK_B, TURN_B. own: memory for that, see
    plan/calls/blocking.py.
    """
    wide = 2 * LANES
    of_a = own + (depth_block * column_block * ITEM if packs & PACK_B else 0)
    while row < last_row:
        high = min(row_block, last_row - row)
        k = 0
        while True:
            deep = min(depth_block, depth - k)
            is_last = k + deep >= depth
            s, s_row = (start, start_row) if k == 0 else (c, c_row)
            bent, gated = (activation, gate) if is_last else (NO_ACTIVATION, 0)
            ak, a_tile, ak_row, ak_depth = (
                a + row * a_row + k * a_depth, TALL * a_row, a_row, a_depth
            )  # fmt: skip
            if packs & PACK_A:
                pack_rows(of_a, high, deep, ak, a_row, a_depth)
                ak, a_tile, ak_row, ak_depth = of_a, deep * TALL_BYTES, ITEM, TALL_BYTES
            j = column
            while j < last_column:
                end = min(last_column, j + column_block)
                bj, bj_depth, bj_vector = b + j // LANES * b_vector + k * b_depth, b_depth, b_vector
                if packs & TURN_B:
                    turn_columns(own, j, end - j, k, deep, b, b_vector)
                elif packs & PACK_B:
                    pack_columns(own, end - j, deep, bj, b_depth)
                if packs & PACK_B:
                    bj, bj_depth, bj_vector = own, wide * ITEM, LANES * ITEM
                while j < end:
                    left = end - j
                    at = row * c_row + j * ITEM
                    sj = s + row * s_row + j * ITEM if s != 0 else 0
                    gj = gated + at if gated != 0 else 0
                    following = bj
                    if bj_depth == WIDTH and left > wide:
                        following = bj + 2 * bj_vector
                    if high == 1 and left >= 8 * LANES and not packs & PACK_B:
                        flat_wide(deep, ak, ak_row, ak_depth, bj, bj_depth, bj_vector, c + at,
                                  c_row, sj, s_row, bent, gj, left, bj, 0)  # fmt: skip
                        j += 8 * LANES
                        bj += 8 * bj_vector
                    else:
                        strip(high, min(left, wide), deep, ak, a_tile, ak_row, ak_depth, bj,
                              bj_depth, bj_vector, c + at, c_row, sj, s_row, bent, gj,
                              following)  # fmt: skip
                        j += wide
                        bj += deep * wide * ITEM if packs & PACK_B else 2 * bj_vector
                j = end
            k += deep
            if is_last:
                break
        row += high


@routine
def block(  # type: ignore[no-untyped-def]
    row, last_row, column, last_column, depth,
    a, a_row, a_depth, b, b_depth, b_vector, c, c_row, start, start_row, activation, gate,
):  # fmt: skip
    """The same, of operands that the caches hold as they lie: one block, which copies nothing."""
    blocks(0, ENDLESS, ENDLESS, ENDLESS, 0, row, last_row, column, last_column, depth, a, a_row,
           a_depth, b, b_depth, b_vector, c, c_row, start, start_row, activation,
           gate)  # fmt: skip
