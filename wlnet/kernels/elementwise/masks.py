"""Random masks and numbers from raw words of Philox 4x64-10: any part can be drawn by itself.

Dropout masks (Bernoulli draws) by a counter-based random number generator: no state is kept.

The counter of a block of four words is (block + 1, step, 0, 0): the words are those of
`np.random.Philox(key=[k0, k1], counter=[0, step, 0, 0]).random_raw()`, which counts up before each
block. Vectors hold one word of several blocks.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from llvmlite import ir

from wlnet.kernels.emit.instructions import (
    ITEM,
    copy_bytes,
    double,
    scratch,
    start_of,
    step_number,
    stop_of,
)
from wlnet.kernels.emit.vectors import INDEX, WORD, Kit, constant
from wlnet.kernels.language import (
    Address,
    PerTarget,
    Vector,
    Word,
    instruction,
    native,
    routine,
)

ROUNDS: Final = 10
MULTIPLIERS: Final = 0xD2E7470EE14C6C93, 0xCA5A826395121157
BUMPS: Final = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
FOUR: Final = 4
"""Words in a block."""
GROUP = PerTarget(lambda target: FOUR * target.width // 8)
"""Numbers that are drawn together: one word of each block fills a vector."""
_HALF: Final = 0xFFFFFFFF
_ONE: Final = 0x3FF0000000000000
"""The bits of 1.0 as a float64."""


class _Words:
    """Vectors of words."""

    def __init__(self, kit: Kit) -> None:
        self.build, self.lanes = kit.builder, kit.target.width // 8
        self.kind = ir.VectorType(WORD, self.lanes)

    def number(self, x: int) -> Vector:
        return ir.Constant(self.kind, [x] * self.lanes)

    def halves(self, x: Vector) -> tuple[Vector, Vector]:
        """The lower and the upper 32 bits."""
        return self.build.and_(x, self.number(_HALF)), self.build.lshr(x, self.number(32))

    def product(self, x: Vector, by: int) -> tuple[Vector, Vector]:
        """The upper and the lower 64 bits of a product, from four products of 32 bits."""
        build = self.build
        low, high = self.halves(x)
        by_low, by_high = self.number(by & _HALF), self.number(by >> 32)
        lowest, carried = self.halves(build.mul(low, by_low))
        middle, upper = self.halves(build.add(build.mul(high, by_low), carried))
        crossed = build.add(build.mul(low, by_high), middle)
        top = build.add(build.mul(high, by_high), build.add(upper, self.halves(crossed)[1]))
        return top, build.or_(build.shl(crossed, self.number(32)), lowest)

    def drawn(
        self, kit: Kit, block: Word, step: Word, key0: Word, key1: Word
    ) -> tuple[Vector, ...]:
        """The first, second, third and fourth words of the blocks from `block` on."""
        build = self.build
        places = ir.Constant(self.kind, [i + 1 for i in range(self.lanes)])
        c0 = build.add(kit.spread(block, self.kind), places)
        c1, c2, c3 = kit.spread(step, self.kind), self.number(0), self.number(0)
        for number in range(ROUNDS):
            if number:
                key0 = build.add(key0, constant(BUMPS[0]))
                key1 = build.add(key1, constant(BUMPS[1]))
            high0, low0 = self.product(c0, MULTIPLIERS[0])
            high1, low1 = self.product(c2, MULTIPLIERS[1])
            c0 = build.xor(build.xor(high1, c1), kit.spread(key0, self.kind))
            c2 = build.xor(build.xor(high0, c3), kit.spread(key1, self.kind))
            c1, c3 = low1, low0
        return c0, c1, c2, c3


@instruction("none", *["word"] * 7)
def mask_group(
    kit: Kit, block: Word, step: Word, key0: Word, key1: Word, limit: Word, y: Address, count: Word
) -> None:
    """Write the mask of the words of some blocks, GROUP numbers or only the first `count`: 1 where
    the first 53 bits of a word, as an integer, are below `limit`, else 0."""
    build, words = kit.builder, _Words(kit)
    kind = ir.VectorType(kit.real, words.lanes)
    ones, zeros = (ir.Constant(kind, [x] * words.lanes) for x in (1.0, 0.0))
    below = kit.spread(limit, words.kind)
    columns = []
    for word in words.drawn(kit, block, step, key0, key1):
        kept = build.icmp_signed("<", build.lshr(word, words.number(11)), below)
        columns.append(build.select(kept, ones, zeros))
    _store(kit, columns, y, count)


@instruction("none", *["word"] * 6)
def uniform_group(
    kit: Kit, block: Word, step: Word, key0: Word, key1: Word, y: Address, count: Word
) -> None:
    """Write numbers between 0 and 1 from the words of some blocks, GROUP or only the first `count`:
    the first 52 bits of a word are the digits of a number from 1 on, less 1, and half a digit."""
    build, words = kit.builder, _Words(kit)
    wide = ir.VectorType(ir.DoubleType(), words.lanes)
    less = ir.Constant(wide, [1 - 2.0**-53] * words.lanes)
    columns = []
    for word in words.drawn(kit, block, step, key0, key1):
        digits = build.or_(build.lshr(word, words.number(12)), words.number(_ONE))
        number = build.fsub(build.bitcast(digits, wide), less)
        if kit.item == 4:
            number = build.fptrunc(number, ir.VectorType(kit.real, words.lanes))
        columns.append(number)
    _store(kit, columns, y, count)


def _store(kit: Kit, columns: list[Vector], y: Address, count: Word) -> None:
    """Write what was made of the first words of some blocks, of the second, third and fourth."""
    build = kit.builder
    # The first two words of each block side by side, the last two, and all four.
    first_two = _shuffled(kit, columns[0], columns[1], 1)
    last_two = _shuffled(kit, columns[2], columns[3], 1)
    numbers = _shuffled(kit, first_two, last_two, 2)
    for i in range(FOUR * columns[0].type.count // kit.lanes):
        first = i * kit.lanes
        lanes = ir.Constant(ir.VectorType(INDEX, kit.lanes), list(range(first, first + kit.lanes)))
        part = build.shuffle_vector(numbers, numbers, lanes)
        mask = kit.first(build.sub(count, constant(first)))
        kit.store_part(part, build.add(y, constant(first * kit.item)), mask)


def _shuffled(kit: Kit, a: Vector, b: Vector, size: int) -> Vector:
    """Some lanes of a, as many of b, the next of a, ..."""
    count = a.type.count
    order = [
        which * count + first + i
        for first in range(0, count, size)
        for which in (0, 1)
        for i in range(size)
    ]
    return kit.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INDEX, 2 * count), order))


@routine
def groups_of(each, count):  # type: ignore[no-untyped-def]
    """How many groups of words numbers are spread over, wherever those of examples begin."""
    return (count + GROUP - 1) // GROUP + (1 if each != 0 else 0)


@routine
def group(unit, groups, count, first, each, whole):  # type: ignore[no-untyped-def]
    """The first word of a group, the first and the last word of it that are wanted, and where the
    first of these is put."""
    time, number = unit // groups, unit % groups
    base = (time * whole + first) * each
    at = (base // GROUP + number) * GROUP
    low = max(at, base)
    return at, low, min(at + GROUP, base + count), time * count + low - base


@native
def random_mask(context, count, times, y, kept, key0, key1, step0, first, each, whole):  # type: ignore[no-untyped-def]
    """y[i] = 1 with probability `kept`, else 0: 1 where (w >> 11) 2^-53 < kept for word w number i.

    kept: the bits of a float64. The stream is that of the key and of the step step0 + the step of
    the run. The same in both precisions. Of a batch of `whole` examples with `each` numbers, of
    some of which there are `count`, those from example `first` on, time after time. Scratch: GROUP
    numbers. Divided by groups of words.
    """
    limit = np.int64(math.ceil(double(kept) * np.float64(9007199254740992.0)))
    step, own = step0 + step_number(context), scratch(context)
    groups = groups_of(each, count)
    for unit in range(start_of(context, times * groups, 1), stop_of(context, times * groups, 1)):
        at, low, high, place = group(unit, groups, count, first, each, whole)
        to = y + place * ITEM
        if low == at < high:
            mask_group(at // FOUR, step, key0, key1, limit, to, high - low)
        elif low < high:
            mask_group(at // FOUR, step, key0, key1, limit, own, high - at)
            copy_bytes(to, own + (low - at) * ITEM, (high - low) * ITEM)


@native
def random_uniform(context, count, times, y, key0, key1, step0, first, each, whole):  # type: ignore[no-untyped-def]
    """y[i] = (2 (w >> 12) + 1) 2^-53 for word w number i, between 0 and 1; see `random_mask`.

    In 32 bits rounded, so perhaps 1.
    """
    step, own = step0 + step_number(context), scratch(context)
    groups = groups_of(each, count)
    for unit in range(start_of(context, times * groups, 1), stop_of(context, times * groups, 1)):
        at, low, high, place = group(unit, groups, count, first, each, whole)
        to = y + place * ITEM
        if low == at < high:
            uniform_group(at // FOUR, step, key0, key1, to, high - low)
        elif low < high:
            uniform_group(at // FOUR, step, key0, key1, own, high - at)
            copy_bytes(to, own + (low - at) * ITEM, (high - low) * ITEM)
