"""The blocks of a product: how much of it is done at a time, by the caches of this machine.

They decide no bit of a result, only how long it takes.
"""

from __future__ import annotations

from typing import NamedTuple

from wlnet.core.machine import cache_bytes
from wlnet.kernels.language import Target
from wlnet.kernels.products.blocks import ENDLESS, PACK_A, PACK_B, TURN_B
from wlnet.kernels.products.tiles import TALL

FAR, FARTHER = 960, 4096
"""Bytes from one line to the next from which on lines fall onto few places of a cache, or pages."""
FEW, SOME, MANY = 16, 48, 128
"""Rows from which on it is worth it to copy a b of lines that lie farther, or far, apart, if there
are MANY; columns from which on it is worth it to copy such an a."""


class Blocks(NamedTuple):
    """The words of a product's record that tell its blocks, and which operands are copied."""

    row_block: int
    column_block: int
    depth_block: int
    packs: int

    def bytes(self, target: Target) -> int:
        """The scratch memory that a worker needs for what is copied."""
        lines = self.row_block if self.packs & PACK_A else 0
        lines += self.column_block if self.packs & PACK_B else 0
        return lines * self.depth_block * target.item


def blocking(
    target: Target, rows: int, columns: int, depth: int, a: tuple[int, int], b_depth: int,
    is_turned: bool = False,
) -> Blocks:  # fmt: skip
    """The blocks of a product.

    a: the bytes from one row to the next, and along the depth. b_depth: those along the depth.
    is_turned: whether the transpose of b is packed.
    """
    first, _ = cache_bytes()
    tall, wide = TALL.of(target), 2 * target.lanes
    if rows <= tall and not is_turned:
        return Blocks(ENDLESS, ENDLESS, ENDLESS, 0)
    # A strip of b takes about two thirds of the first cache. All blocks are about equally deep.
    steps = max(1, round(depth / (first * 2 // 3 // (wide * target.item))))
    deep = -(-depth // steps)
    deep += -deep % target.lanes if steps > 1 else 0
    most = most_lines(target, deep)
    a_row, a_depth = a
    far = a_row % FARTHER == 0 if a_depth == target.item else a_depth >= 2 * FAR
    packs = PACK_A if far and columns >= MANY else 0
    if is_turned:
        packs |= PACK_B | TURN_B
    elif depth >= MANY and rows >= (FEW if b_depth >= FARTHER else SOME) and b_depth >= FAR:
        packs |= PACK_B
    return Blocks(
        row_block=blocks_of(tall, most, rows),
        column_block=blocks_of(wide, most, columns) if packs & PACK_B else ENDLESS,
        depth_block=max(1, deep),
        packs=packs,
    )


def most_lines(target: Target, depth: int) -> int:
    """How many lines of so many numbers a block has: it takes a quarter of the second cache."""
    return cache_bytes()[1] // 4 // max(1, depth * target.item)


def blocks_of(grain: int, most: int, count: int) -> int:
    """A multiple of a grain: `most` at most, if that is one, and no more than `count` need."""
    return max(1, min(most // grain, -(-count // grain))) * grain
