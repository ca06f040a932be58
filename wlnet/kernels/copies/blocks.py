"""Moving numbers as they are: rows, and square blocks turned over in registers.

The inner loops of a strided copy, and of a blocked transpose (in-register, by shuffles).

The numbers are 4 or 8 bytes wide, real or not. A block has as many rows as a vector has numbers:
its rows are read as vectors, exchanged in log2 steps, and written as vectors.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir

from wlnet.kernels.emit.places import Bands, Walk, blocks_of, least, step_at, word_at
from wlnet.kernels.emit.vectors import INDEX, POINTER, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Vector, Word, instruction

Size = int | PerTarget


class Mover:
    """Vectors of numbers of one size, whatever they mean."""

    def __init__(self, kit: Kit, size: Size) -> None:
        self.kit = kit
        self.size = size.of(kit.target) if isinstance(size, PerTarget) else size
        self.lanes = kit.target.width // self.size
        self.one = ir.IntType(8 * self.size)
        self.vector = ir.VectorType(self.one, self.lanes)
        self.suffix = f"v{self.lanes}i{8 * self.size}"

    def load(self, address: Address) -> Vector:
        return self.kit.builder.load(self.kit.at(address), typ=self.vector, align=self.size)

    def store(self, value: Vector, address: Address) -> None:
        self.kit.builder.store(value, self.kit.at(address), align=self.size)

    def first(self, count: Word) -> Any:
        """The mask of the first lanes."""
        kit = self.kit
        kind = ir.VectorType(INDEX, self.lanes)
        limit = kit.spread(kit.builder.trunc(count, INDEX), kind)
        return kit.builder.icmp_signed("<", ir.Constant(kind, list(range(self.lanes))), limit)

    def load_part(self, address: Address, mask: Vector) -> Vector:
        kit = self.kit
        zeros = ir.Constant(self.vector, [0] * self.lanes)
        align = ir.Constant(INDEX, self.size)
        name = f"llvm.masked.load.{self.suffix}.p0"
        return kit.call(name, self.vector, [kit.at(address), align, mask, zeros])

    def store_part(self, value: Vector, address: Address, mask: Vector) -> None:
        kit = self.kit
        align = ir.Constant(INDEX, self.size)
        name = f"llvm.masked.store.{self.suffix}.p0"
        kit.call(name, ir.VoidType(), [value, kit.at(address), align, mask])

    def turned(self, rows: list[Vector]) -> list[Vector]:
        """The columns of a square block: quarters change places, then those within them."""
        build, n = self.kit.builder, self.lanes
        half = n // 2
        while half:
            low = [lane if not lane & half else lane - half + n for lane in range(n)]
            high = [lane + half if not lane & half else lane + n for lane in range(n)]
            shuffles = [ir.Constant(ir.VectorType(INDEX, n), each) for each in (low, high)]
            for i in range(n):
                if not i & half:
                    a, b = rows[i], rows[i + half]
                    rows[i], rows[i + half] = (build.shuffle_vector(a, b, s) for s in shuffles)
            half //= 2
        return rows


def _block(mover: Mover, x: Address, x_step: Word, y: Address, y_step: Word) -> None:
    """y[i, j] = x[j, i] for a whole block; rows of x (of y) lie x_step (y_step) bytes apart."""
    build, count = mover.kit.builder, range(mover.lanes)
    read = [mover.load(build.add(x, build.mul(constant(j), x_step))) for j in count]
    for i, value in enumerate(mover.turned(read)):
        mover.store(value, build.add(y, build.mul(constant(i), y_step)))


def _part(
    mover: Mover, x: Address, x_step: Word, y: Address, y_step: Word, rows: Word, columns: Word
) -> None:
    """The same where y has only rows x columns numbers left."""
    build, count = mover.kit.builder, range(mover.lanes)

    def place(base: Address, step: Word, i: int, limit: Word, mask: Vector) -> tuple[Any, Any]:
        exists = build.icmp_signed("<", constant(i), limit)
        nothing = ir.Constant(mask.type, [False] * mover.lanes)
        return build.add(base, build.mul(constant(i), step)), build.select(exists, mask, nothing)

    x_mask, y_mask = mover.first(rows), mover.first(columns)
    read = [mover.load_part(*place(x, x_step, j, columns, x_mask)) for j in count]
    for i, value in enumerate(mover.turned(read)):
        mover.store_part(value, *place(y, y_step, i, rows, y_mask))


BAND: Final = 4
"""How many blocks above one another are turned over before the next ones beside them: what lies
together in x is read together."""


def band_copy(size: Size) -> Instruction:
    """`(start, stop, rank, table, across, x, y)`: bands of blocks turned over, see places.py.

    y lies in rows along the last axis, x along the axis `across`. start, stop: which columns of
    blocks, counted through all bands.
    """

    @instruction("none", *["word"] * 7)
    def bands(
        kit: Kit, start: Word, stop: Word, rank: Word, table: Address, across: Word, x: Address,
        y: Address,
    ) -> None:  # fmt: skip
        build, mover = kit.builder, Mover(kit, size)
        side, high = constant(mover.lanes), BAND * mover.lanes
        last = build.sub(rank, constant(1))
        columns, rows = word_at(kit, table, last), word_at(kit, table, across)
        x_step, y_step = step_at(kit, rank, table, 0, last), step_at(kit, rank, table, 1, across)
        width = constant(kit.target.width)
        steps = [build.mul(x_step, side), width]
        inner = blocks_of(kit, columns, mover.lanes)
        walk = Walk(rank, table, (x, y), inner, mover.lanes, Bands(across, high))

        def visit(count: Word, first: Word, places: list[Address], band: Word) -> None:
            here = least(kit, build.sub(rows, build.mul(band, constant(high))), constant(high))

            def column(j: Word, _: State) -> State:
                passed = build.mul(build.add(first, j), side)
                wide = least(kit, build.sub(columns, passed), side)
                xj, yj = (
                    build.add(place, build.mul(j, step))
                    for place, step in zip(places, steps, strict=True)
                )

                def one(i: Word, _: State) -> State:
                    tall = least(kit, build.sub(here, build.mul(i, side)), side)
                    xi = build.add(xj, build.mul(i, width))
                    yi = build.add(yj, build.mul(i, build.mul(y_step, side)))
                    whole = build.icmp_signed("==", build.add(wide, tall), build.add(side, side))

                    def block() -> State:
                        _block(mover, xi, x_step, yi, y_step)
                        return []

                    def part() -> State:
                        _part(mover, xi, x_step, yi, y_step, tall, wide)
                        return []

                    return kit.choose(whole, block, part)

                return kit.loop(blocks_of(kit, here, mover.lanes), [], one)

            kit.loop(count, [], column)

        walk.along(kit, start, stop, visit)

    return bands


_LONG: Final = 4096
"""From so many bytes on the C library copies a row: it knows ways round the caches."""


def row_copy(size: Size) -> Instruction:
    """`(start, stop, rank, table, x, y)`: y = x row by row, see places.py.

    Fast where rows of both lie one after another, or where x is repeated; else one by one.
    """

    @instruction("none", *["word"] * 6)
    def rows(
        kit: Kit, start: Word, stop: Word, rank: Word, table: Address, x: Address, y: Address
    ) -> None:
        build, mover = kit.builder, Mover(kit, size)
        last, width = build.sub(rank, constant(1)), constant(kit.target.width)

        def one(address: Address) -> Any:
            return build.load(kit.at(address), typ=mover.one, align=mover.size)

        def long(count: Word, places: list[Address]) -> State:
            length = build.mul(count, constant(mover.size))
            kit.call("memcpy", POINTER, [kit.at(places[1]), kit.at(places[0]), length])
            return []

        def vectors(count: Word, places: list[Address], repeated: bool) -> State:
            fixed = kit.spread(one(places[0]), mover.vector) if repeated else None
            whole = build.udiv(count, constant(mover.lanes))
            left = build.sub(count, build.mul(whole, constant(mover.lanes)))

            def body(i: Word, _: State) -> State:
                xi, yi = (build.add(place, build.mul(i, width)) for place in places)
                mover.store(mover.load(xi) if fixed is None else fixed, yi)
                return []

            def tail() -> State:
                xi, yi = (build.add(place, build.mul(whole, width)) for place in places)
                mask = mover.first(left)
                value = mover.load_part(xi, mask) if fixed is None else fixed
                mover.store_part(value, yi, mask)
                return []

            kit.loop(whole, [], body)
            return kit.choose(build.icmp_signed(">", left, constant(0)), tail, list)

        def slow(count: Word, places: list[Address], steps: list[Word]) -> State:
            def body(i: Word, _: State) -> State:
                xi, yi = (
                    build.add(place, build.mul(i, step))
                    for place, step in zip(places, steps, strict=True)
                )
                build.store(one(xi), kit.at(yi), align=mover.size)
                return []

            return kit.loop(count, [], body)

        def visit(count: Word, _: Any, places: list[Address], _band: Any) -> None:
            steps = [step_at(kit, rank, table, k, last) for k in range(2)]
            x_runs, y_runs = (build.icmp_signed("==", step, constant(mover.size)) for step in steps)
            x_stays = build.icmp_signed("==", steps[0], constant(0))
            is_long = build.icmp_signed(">=", count, constant(_LONG // mover.size))
            kit.choose(
                build.and_(y_runs, x_runs),
                lambda: kit.choose(
                    is_long,
                    lambda: long(count, places),
                    lambda: vectors(count, places, False),
                ),
                lambda: kit.choose(
                    build.and_(y_runs, x_stays),
                    lambda: vectors(count, places, True),
                    lambda: slow(count, places, steps),
                ),
            )

        Walk(rank, table, (x, y), word_at(kit, table, last)).along(kit, start, stop, visit)

    return rows


def axis_across(size: Size) -> Instruction:
    """`(rank, table)`: the axis along which blocks of x can be turned over, or -1.

    That is one other than the last along which x lies in rows, where y does so along the last.
    """

    @instruction("word", "word", "word")
    def axis_of(kit: Kit, rank: Word, table: Address) -> Word:
        build, number = kit.builder, constant(Mover(kit, size).size)
        last = build.sub(rank, constant(1))

        def fits(axis: Word) -> Any:
            runs = build.icmp_signed("==", step_at(kit, rank, table, 0, axis), number)
            several = build.icmp_signed(">", word_at(kit, table, axis), constant(1))
            return build.and_(runs, several)

        def body(axis: Word, state: State) -> State:
            return [build.select(fits(axis), axis, state[0])]

        found = kit.loop(last, [constant(-1)], body)[0]
        y_runs = build.icmp_signed("==", step_at(kit, rank, table, 1, last), number)
        turns = build.and_(y_runs, build.not_(fits(last)))
        return build.select(turns, found, constant(-1))

    return axis_of


def bands_in(size: Size) -> Instruction:
    """`(rank, table, across)`: how many columns of blocks all bands have together."""

    @instruction("word", "word", "word", "word")
    def columns(kit: Kit, rank: Word, table: Address, across: Word) -> Word:
        build, side = kit.builder, Mover(kit, size).lanes
        last = build.sub(rank, constant(1))

        def body(axis: Word, state: State) -> State:
            count = word_at(kit, table, axis)
            banded = build.icmp_signed("==", axis, across)
            count = build.select(banded, blocks_of(kit, count, BAND * side), count)
            return [build.mul(state[0], count)]

        return kit.loop(last, [blocks_of(kit, word_at(kit, table, last), side)], body)[0]

    return columns
