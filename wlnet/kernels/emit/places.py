"""Where the numbers of operands with any distances lie: a walk along the rows of a flat range.

A strided iterator over several operands, as NumPy's nditer; a distance is a stride in bytes.

A table of words holds the sizes of the axes, then for each operand its distances in bytes. The
rank is at least 1. The walk goes along the last axis, row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wlnet.kernels.emit.vectors import WORD, Kit, State, constant
from wlnet.kernels.language import Address, Word, instruction

Visit = Callable[[Word, Word, list[Address], Word], None]
"""Called with: how many things of a row, the first of them, where it lies in each operand, which
band."""


@instruction("word", "word", "word")
def numbers_in(kit: Kit, rank: Word, table: Address) -> Word:
    """How many numbers the sizes at the head of a table make."""

    def body(axis: Word, state: State) -> State:
        return [kit.builder.mul(state[0], word_at(kit, table, axis))]

    return kit.loop(rank, [constant(1)], body)[0]


def word_at(kit: Kit, table: Address, i: Word) -> Word:
    """A word of a table."""
    offset = kit.builder.shl(i, constant(3))
    return kit.builder.load(kit.at(table, offset), typ=WORD, align=8)


def most(kit: Kit, a: Word, b: Word) -> Word:
    """The larger of two words."""
    return kit.builder.select(kit.builder.icmp_signed(">", a, b), a, b)


def least(kit: Kit, a: Word, b: Word) -> Word:
    """The smaller of two words."""
    return kit.builder.select(kit.builder.icmp_signed("<", a, b), a, b)


def blocks_of(kit: Kit, count: Word, side: int) -> Word:
    """How many blocks hold `count` things."""
    return kit.builder.udiv(kit.builder.add(count, constant(side - 1)), constant(side))


@dataclass(frozen=True)
class Bands:
    """Several indices of one axis are taken at a time: `side` of them."""

    axis: Word
    side: int


@dataclass(frozen=True)
class Walk:
    """Rows of things, numbers or blocks of them, and where they lie in each operand.

    inner: how many things a row has. scale: how many numbers of the last axis a thing takes.
    """

    rank: Word
    table: Address
    operands: Sequence[Address]
    inner: Word
    scale: int = 1
    bands: Bands | None = None

    def along(self, kit: Kit, start: Word, stop: Word, visit: Visit) -> None:
        """Visit the things of the range, row by row."""
        build = kit.builder
        inner = most(kit, self.inner, constant(1))
        first = build.udiv(start, inner)
        rows = build.udiv(build.add(stop, build.sub(inner, constant(1))), inner)
        rows = build.select(
            build.icmp_signed("<", start, stop), build.sub(rows, first), constant(0)
        )

        def row(i: Word, _: State) -> State:
            row = build.add(first, i)
            begin = build.mul(row, inner)
            column = most(kit, build.sub(start, begin), constant(0))
            end = least(kit, build.sub(stop, begin), inner)
            passed = build.mul(column, constant(self.scale))
            last = build.sub(self.rank, constant(1))
            places = [
                build.add(place, build.mul(passed, step_at(kit, self.rank, self.table, k, last)))
                for k, place in enumerate(self.operands)
            ]
            *places, band = self._row(kit, row, places)
            visit(build.sub(end, column), column, places, band)
            return []

        kit.loop(rows, [], row)

    def _row(self, kit: Kit, row: Word, places: list[Address]) -> list[Address]:
        """Where a row begins: its number taken apart, from the last axis but one to the first."""
        build = kit.builder

        def moved(places: list[Address], axis: Word, index: Word) -> list[Address]:
            band = places.pop()
            scaled = index
            if self.bands is not None:
                here = build.icmp_signed("==", axis, self.bands.axis)
                scaled = build.select(here, build.mul(index, constant(self.bands.side)), index)
                band = build.select(here, index, band)
            return [
                build.add(place, build.mul(scaled, step_at(kit, self.rank, self.table, k, axis)))
                for k, place in enumerate(places)
            ] + [band]

        def body(i: Word, state: State) -> State:
            rest, *places = state
            axis = build.sub(build.sub(self.rank, constant(2)), i)
            size = word_at(kit, self.table, axis)
            if self.bands is not None:
                here = build.icmp_signed("==", axis, self.bands.axis)
                size = build.select(here, blocks_of(kit, size, self.bands.side), size)
            above = build.udiv(rest, size)
            index = build.sub(rest, build.mul(above, size))
            return [above, *moved(places, axis, index)]

        # The first axis takes what is left; if it is the only one, that is 0.
        count = build.sub(self.rank, constant(2))
        rest, *places = kit.loop(count, [row, *places, constant(0)], body)
        return moved(places, constant(0), rest)


def step_at(kit: Kit, rank: Word, table: Address, operand: int, axis: Word) -> Word:
    """A distance in a table."""
    build = kit.builder
    return word_at(kit, table, build.add(build.mul(rank, constant(operand + 1)), axis))
