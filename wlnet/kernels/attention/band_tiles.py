"""The tiles of products of which a row may have a part of the sums only.

Register tiling (the micro-kernel of a GEMM) for banded matrices. Each adds to what stands in c, or
begins with 0, one term after the other in the order of k: so bits do not depend on how a sum is cut
into calls. What a row does not see is not multiplied by 0: NaN and infinity there are nothing to
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from wlnet.kernels.emit.vectors import BYTE, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, Vector, Word, instruction
from wlnet.kernels.products.tiles import TALL


def _before(step: int, rows: int) -> range:
    """Row i begins with step i."""
    return range(step + 1)


def _behind(step: int, rows: int) -> range:
    """Row i ends before step i."""
    return range(step + 1, rows)


class _Tile:
    """TALL rows of `vectors` vectors of c. rows: how many there are, columns: how many of a single
    vector; None for all."""

    def __init__(
        self, kit: Kit, vectors: int, a_row: Word, c: Address, c_row: Word, more: Word,
        rows: Word | None = None, columns: Word | None = None,
    ) -> None:  # fmt: skip
        self.kit, self.vectors = kit, range(vectors)
        self.mask = None if columns is None else kit.first(columns)
        build = kit.builder
        numbers = [constant(i) for i in range(TALL.of(kit.target))]
        if rows is not None:
            # A row that is not there reads the last one, and writes it once more.
            last = build.sub(rows, constant(1))
            numbers = [build.select(build.icmp_signed("<", i, rows), i, last) for i in numbers]
        self.a_rows = [build.mul(i, a_row) for i in numbers]
        self.places = [
            build.add(build.add(c, build.mul(i, c_row)), self._far(j))
            for i in numbers
            for j in self.vectors
        ]
        self.sums = kit.choose(
            build.icmp_signed("!=", more, constant(0)),
            lambda: [self._load(place) for place in self.places],
            lambda: [kit.number(0.0)] * len(self.places),
        )

    def _far(self, j: int) -> Word:
        return constant(j * self.kit.target.width)

    def _load(self, place: Address) -> Vector:
        return self.kit.load(place) if self.mask is None else self.kit.load_part(place, self.mask)

    def add(self, sums: State, a: Address, b: Address, rows: Iterable[int]) -> State:
        """One more term for some of the rows."""
        kit = self.kit
        b_now = [self._load(kit.builder.add(b, self._far(j))) for j in self.vectors]
        pointer, new = kit.at(a), list(sums)
        for i in rows:
            place = kit.builder.gep(pointer, [self.a_rows[i]], source_etype=BYTE)
            x = kit.splat(kit.builder.load(place, typ=kit.real, align=kit.item))
            for j in self.vectors:
                at = i * len(self.vectors) + j
                new[at] = kit.fma(x, b_now[j], new[at])
        return new

    def add_all(self, depth: Word, a: Address, a_depth: Word, b: Address, b_depth: Word) -> None:
        """So many more terms for all rows."""
        build = self.kit.builder

        def body(_: Any, state: State) -> State:
            *sums, a_at, b_at = state
            sums = self.add(sums, a_at, b_at, range(len(self.a_rows)))
            return [*sums, build.add(a_at, a_depth), build.add(b_at, b_depth)]

        self.sums = self.kit.loop(depth, [*self.sums, a, b], body)[:-2]

    def store(self) -> None:
        for value, place in zip(self.sums, self.places, strict=True):
            if self.mask is None:
                self.kit.store(value, place)
            else:
                self.kit.store_part(value, place, self.mask)


@instruction("none", *["word"] * 9)
def wide_tile(
    kit: Kit, depth: Word, a: Address, a_row: Word, a_depth: Word, b: Address, b_depth: Word,
    c: Address, c_row: Word, more: Word,
) -> None:  # fmt: skip
    """c[i, j] = more c[i, j] + the sum of a[i, k] b[k, j], for TALL rows of two vectors.

    Distances are bytes; the columns lie one after another. more: 1 or 0.
    """
    tile = _Tile(kit, 2, a_row, c, c_row, more)
    tile.add_all(depth, a, a_depth, b, b_depth)
    tile.store()


@instruction("none", *["word"] * 11)
def part_tile(
    kit: Kit, depth: Word, a: Address, a_row: Word, a_depth: Word, b: Address, b_depth: Word,
    c: Address, c_row: Word, more: Word, rows: Word, columns: Word,
) -> None:  # fmt: skip
    """The same for so many rows of at most TALL, and so many columns of at most a vector."""
    tile = _Tile(kit, 1, a_row, c, c_row, more, rows, columns)
    tile.add_all(depth, a, a_depth, b, b_depth)
    tile.store()


def _triangle(name: str, rows: Callable[[int, int], range]) -> Instruction:
    """rows: which of so many rows have to do with a step."""

    def generate(
        kit: Kit, a: Address, a_row: Word, a_depth: Word, b: Address, b_depth: Word, c: Address,
        c_row: Word, more: Word, columns: Word,
    ) -> None:  # fmt: skip
        build = kit.builder
        tile = _Tile(kit, 1, a_row, c, c_row, more, columns=columns)
        count = len(tile.a_rows)
        for step in range(count - 1):
            tile.sums = tile.add(tile.sums, a, b, rows(step, count))
            a, b = build.add(a, a_depth), build.add(b, b_depth)
        tile.store()

    generate.__name__ = name
    generate.__doc__ = f"TALL - 1 terms for TALL rows of a vector: {rows.__doc__}"
    return instruction("none", *["word"] * 9)(generate)


growing_tile = _triangle("growing_tile", _before)
shrinking_tile = _triangle("shrinking_tile", _behind)
