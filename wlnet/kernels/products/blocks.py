"""A product in blocks that the caches hold, down to the tiles of tiles.py.

A block of b, so deep that a strip of it (two vectors of columns) stays in the first cache, meets a
block of a that stays in the second one. What lies scattered in memory is copied into panels first
(panels.py). Each sum is made in the order of the depth: where a block ends it is written down, and
the next block goes on with it. So no bit of a result depends on the sizes of blocks.

Source: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008; Van Zee
and van de Geijn, "BLIS", 2015.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES
from wlnet.kernels.language import PerTarget, routine
from wlnet.kernels.products.panels import TALL_BYTES, bring, pack_columns, pack_rows, turn_columns
from wlnet.kernels.products.tiles import NO_ACTIVATION, TALL, tile

WIDTH = PerTarget(lambda target: target.width)
HALF = PerTarget(lambda target: TALL.of(target) // 2)
tall = tile(TALL, 2)
tall_part = tile(TALL, 2, masked=True)
tall_thin = tile(TALL, 1, masked=True)
half_part = tile(HALF, 2, masked=True)
pair_part = tile(2, 2, masked=True)
flat_part = tile(1, 2, masked=True)
flat_wide = tile(1, 8)

PACK_A, PACK_B, TURN_B = 1, 2, 4
"""Which operands are copied into panels, added up. TURN_B goes with PACK_B: what lies in memory is
the transpose of b, packed (engine/packed.py), and b_vector the bytes from one of its blocks to the
next."""
ENDLESS = 1 << 60
"""The size of a block that is never full."""


@routine
def strip(  # type: ignore[no-untyped-def]
    rows, columns, depth, a, a_tile, a_row, a_depth, b, b_depth, b_vector, c, c_row, start,
    start_row, activation, gate, following,
):  # fmt: skip
    """Two vectors of columns at most. a_tile: the bytes from TALL rows of a to the next.

    following: where the next strip of a packed b begins, to be brought near meanwhile; else b.
    """
    # Each tile brings a part of one of its panels.
    parts = max(1, rows // TALL // 2)
    ahead_depth = max(1, WIDTH // parts) if following != b else 0
    i = 0
    while i < rows:
        left = rows - i
        ai, at = a + i // TALL * a_tile + i % TALL * a_row, i * c_row
        ci = c + at
        si = start + i * start_row if start != 0 else 0
        gi = gate + at if gate != 0 else 0
        part = i // TALL
        ahead = following + part // parts * b_vector + part % parts * depth * ahead_depth
        if left >= TALL:
            if start_row == c_row:
                # It goes on with sums that were written before: those of the next tile are fetched.
                bring(si + TALL * c_row, c_row)
            if columns >= 2 * LANES:
                tall(depth, ai, a_row, a_depth, b, b_depth, b_vector, ci, c_row, si, start_row,
                     activation, gi, columns, ahead, ahead_depth)  # fmt: skip
            elif columns > LANES:
                tall_part(depth, ai, a_row, a_depth, b, b_depth, b_vector, ci, c_row, si,
                          start_row, activation, gi, columns, ahead, ahead_depth)  # fmt: skip
            else:
                tall_thin(depth, ai, a_row, a_depth, b, b_depth, b_vector, ci, c_row, si,
                          start_row, activation, gi, columns, ahead, ahead_depth)  # fmt: skip
            i += TALL
        elif left >= HALF:
            half_part(depth, ai, a_row, a_depth, b, b_depth, b_vector, ci, c_row, si, start_row,
                      activation, gi, columns, ahead, ahead_depth)  # fmt: skip
            i += HALF
        elif left >= 2:
            pair_part(depth, ai, a_row, a_depth, b, b_depth, b_vector, ci, c_row, si, start_row,
                      activation, gi, columns, ahead, ahead_depth)  # fmt: skip
            i += 2
        else:
            flat_part(depth, ai, a_row, a_depth, b, b_depth, b_vector, ci, c_row, si, start_row,
                      activation, gi, columns, ahead, ahead_depth)  # fmt: skip
            i += 1


@routine
def blocks(  # type: ignore[no-untyped-def]
    own, row_block, column_block, depth_block, packs, row, last_row, column, last_column, depth,
    a, a_row, a_depth, b, b_depth, b_vector, c, c_row, start, start_row, activation, gate,
):  # fmt: skip
    """The results in rows row..last_row-1 and columns column..last_column-1, block by block.

    packs: which operands are copied: PACK_A, PACK_B. own: memory for that, see
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
