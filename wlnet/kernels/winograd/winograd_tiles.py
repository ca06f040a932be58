"""The tiles of fast convolution: pixels, results and kernels to points, and back.

The input, output and filter transforms of Winograd convolution and the adjoint of each.

A tile is 6 x 6 pixels of LANES examples, or what belongs to it: see winograd_transforms.py.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.squares import transposed
from wlnet.kernels.emit.vectors import BYTE, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, Vector, Word, instruction
from wlnet.kernels.products.tiles import RAMP
from wlnet.kernels.windows.pool_tiles import GATED, alike, largest_of_four
from wlnet.kernels.winograd.winograd_transforms import POINTS, TILE, sandwich, transforms, turned


def _load_points(kit: Kit, at: Address, step: Word) -> list[list[Any]]:
    places = [kit.builder.mul(constant(i), step) for i in range(POINTS)]
    return [[kit.load(at, places[TILE * r + c]) for c in range(TILE)] for r in range(TILE)]


def _store_points(kit: Kit, grid: Any, to: Address, step: Word) -> None:
    for i, value in enumerate(value for line in grid for value in line):
        kit.store(value, to, kit.builder.mul(constant(i), step))


def _place(kit: Kit, row: int, row_step: Word, column: int, column_step: Word | None = None) -> Any:
    """Where a pixel lies, by the bytes from row to row and from pixel to pixel: a vector."""
    apart = constant(kit.target.width) if column_step is None else column_step
    across = kit.builder.mul(constant(column), apart)
    return kit.builder.add(kit.builder.mul(constant(row), row_step), across)


@instruction("none", *["word"] * 5)
def pixels_to_points(
    kit: Kit, x: Address, x_row: Word, x_column: Word, to: Address, step: Word
) -> None:
    """B' x B: a tile of x as vectors `step` bytes apart."""
    grid = [
        [kit.load(x, _place(kit, r, x_row, c, x_column)) for c in range(TILE)] for r in range(TILE)
    ]
    _store_points(kit, sandwich(kit, transforms(3).pixels, grid), to, step)


@instruction("none", *["word"] * 8)
def points_to_pixels(
    kit: Kit, at: Address, step: Word, x: Address, x_row: Word, row: Word, column: Word, rows: Word,
    columns: Word,
) -> None:  # fmt: skip
    """x += B points B': the way back of `pixels_to_points`, to the tile that begins at a row and a
    column of x; of it what lies within 0 .. rows-1 and 0 .. columns-1."""
    build = kit.builder
    grid = sandwich(kit, turned(transforms(3).pixels), _load_points(kit, at, step))
    across = build.mul(column, constant(kit.target.width))
    corner = build.add(x, build.add(build.mul(row, x_row), across))

    def within(first: Word, i: int, size: Word) -> Any:
        place = build.add(first, constant(i))
        return build.icmp_unsigned("<", place, size)

    def add(r: int, c: int) -> None:
        offset = _place(kit, r, x_row, c)
        kit.store(build.fadd(kit.load(corner, offset), grid[r][c]), corner, offset)

    def all_of_it() -> State:
        for r in range(TILE):
            for c in range(TILE):
                add(r, c)
        return []

    def part_of_it() -> State:
        for r in range(TILE):
            with build.if_then(within(row, r, rows)):
                for c in range(TILE):
                    with build.if_then(within(column, c, columns)):
                        add(r, c)
        return []

    ends = [
        (row, 0, rows),
        (row, TILE - 1, rows),
        (column, 0, columns),
        (column, TILE - 1, columns),
    ]
    whole = within(*ends[0])
    for end in ends[1:]:
        whole = build.and_(whole, within(*end))
    kit.choose(whole, all_of_it, part_of_it)


def gradient_points(size: int) -> Instruction:
    """A d A': the gradient by the results of a tile as vectors `step` bytes apart.

    rows, columns: how many of them there are; the others count as zeros.
    """
    side = TILE - size + 1

    @instruction("none", *["word"] * 7)
    def results_to_points(
        kit: Kit, d: Address, d_row: Word, d_column: Word, rows: Word, columns: Word, to: Address,
        step: Word,
    ) -> None:  # fmt: skip
        build = kit.builder

        def load(r: int, c: int) -> Vector:
            there = build.and_(
                build.icmp_signed("<", constant(r), rows),
                build.icmp_signed("<", constant(c), columns),
            )
            offset = build.select(there, _place(kit, r, d_row, c, d_column), constant(0))
            return build.select(there, kit.load(d, offset), kit.number(0.0))

        grid = [[load(r, c) for c in range(side)] for r in range(side)]
        _store_points(kit, sandwich(kit, turned(transforms(size).results), grid), to, step)

    return results_to_points


def result_tile(size: int, pooled: bool) -> Instruction:
    """y = activation(bias + A' points A), of which rows x columns exist.

    pooled: y holds the largest of each 2 x 2 results; rows and columns count those. places: 0, or
    the address of the bytes that say which it was (see `pooled_tile`), place_row apart.
    """
    side = TILE - size + 1

    @instruction("none", *["word"] * 10)
    def points_to_results(
        kit: Kit, at: Address, step: Word, bias: Address, activation: Word, y: Address, y_row: Word,
        rows: Word, columns: Word, places: Address, place_row: Word,
    ) -> None:  # fmt: skip
        build, zero = kit.builder, kit.number(0.0)
        grid = sandwich(kit, transforms(size).results, _load_points(kit, at, step))
        (start,) = kit.choose(
            build.icmp_signed("!=", bias, constant(0)),
            lambda: [kit.splat(kit.load_one(bias))],
            lambda: [zero],
        )
        values = [build.fadd(value, start) for line in grid for value in line]
        ramped = build.icmp_signed("==", activation, constant(RAMP))
        kind, found = ir.VectorType(BYTE, kit.lanes), []
        if pooled:
            corners = [
                [values[side * (r + i) + c + j] for i in range(2) for j in range(2)]
                for r in range(0, side, 2)
                for c in range(0, side, 2)
            ]
            pairs = [largest_of_four(kit, each, kind) for each in corners]
            values, found = [value for value, _ in pairs], [place for _, place in pairs]

        def with_ramp() -> State:
            passed = [build.fcmp_ordered(">", value, zero) for value in values[: len(found)]]
            gated = [
                build.select(each, place, alike(kind, GATED))
                for each, place in zip(passed, found, strict=True)
            ]
            return [*map(kit.ramp, values), *gated]

        ends = kit.choose(ramped, with_ramp, lambda: [*values, *found])
        across = side // 2 if pooled else side
        for i in range(across * across):
            r, c = i // across, i % across
            there = build.and_(
                build.icmp_signed("<", constant(r), rows),
                build.icmp_signed("<", constant(c), columns),
            )
            with build.if_then(there):
                kit.store(ends[i], y, _place(kit, r, y_row, c))
                if pooled:
                    with build.if_then(build.icmp_signed("!=", places, constant(0))):
                        offset = build.mul(constant(r), place_row)
                        pointer = kit.at(places, build.add(offset, constant(c * kit.lanes)))
                        build.store(ends[len(values) + i], pointer, align=1)

    return points_to_results


def kernel_tile(size: int) -> Instruction:
    """G w G' for the kernels of LANES channels, as vectors `step` bytes apart.

    w_channel: the bytes between the kernels of two channels; of channels from `present` on the last
    one is read again. turned_round: 1 for kernels whose numbers are read from the last to the
    first, as the way back does.
    """

    @instruction("none", *["word"] * 6)
    def kernel_to_points(
        kit: Kit, w: Address, w_channel: Word, present: Word, turned_round: Word, to: Address,
        step: Word,
    ) -> None:  # fmt: skip
        build, numbers = kit.builder, size * size
        last = build.sub(present, constant(1))
        cells: list[Any] = []
        for first in range(0, numbers, kit.lanes):
            mask = kit.first(constant(numbers - first))
            rows = []
            for i in range(kit.lanes):
                inside = build.icmp_signed("<", constant(i), present)
                offset = build.mul(build.select(inside, constant(i), last), w_channel)
                at = build.add(build.add(w, offset), constant(first * kit.item))
                rows.append(kit.load_part(at, mask))
            cells += transposed(kit, rows)
        cells = cells[:numbers]
        cells = kit.choose(
            build.icmp_signed("!=", turned_round, constant(0)), lambda: cells[::-1], lambda: cells
        )
        grid = [cells[size * r : size * (r + 1)] for r in range(size)]
        _store_points(kit, sandwich(kit, transforms(size).kernel, grid), to, step)

    return kernel_to_points


def kernel_sums(size: int) -> Instruction:
    """w = G' (sum over parts of points) G: the way back of `kernel_tile`, for LANES channels.

    part: the bytes between two parts. Channels from `present` on are not written.
    """

    @instruction("none", *["word"] * 7)
    def points_to_kernel(
        kit: Kit, at: Address, step: Word, parts: Word, part: Word, w: Address, w_channel: Word,
        present: Word,
    ) -> None:  # fmt: skip
        build, numbers = kit.builder, size * size

        def total(i: int) -> Any:
            place = build.add(at, build.mul(constant(i), step))

            def body(_: Any, state: State) -> State:
                return [build.fadd(state[0], kit.load(state[1])), build.add(state[1], part)]

            rest = build.sub(parts, constant(1))
            begun = [kit.load(place), build.add(place, part)]
            return kit.loop(rest, begun, body)[0]

        sums = [total(i) for i in range(POINTS)]
        grid = [sums[TILE * r : TILE * (r + 1)] for r in range(TILE)]
        cells = [
            value for line in sandwich(kit, turned(transforms(size).kernel), grid) for value in line
        ]
        nothing = ir.Constant(ir.VectorType(ir.IntType(1), kit.lanes), [0] * kit.lanes)
        for first in range(0, numbers, kit.lanes):
            mask = kit.first(constant(numbers - first))
            some = cells[first : first + kit.lanes]
            some += [kit.number(0.0)] * (kit.lanes - len(some))
            for i, row in enumerate(transposed(kit, some)):
                there = build.icmp_signed("<", constant(i), present)
                at_row = build.add(w, build.mul(constant(i), w_channel))
                kit.store_part(
                    row, build.add(at_row, constant(first * kit.item)),
                    build.select(there, mask, nothing),
                )  # fmt: skip

    return points_to_kernel


@instruction("none", *["word"] * 3)
def keep_positive(kit: Kit, x: Address, gate: Address, count: Word) -> None:
    """x = x where a gate is positive, else 0, for vectors one after another."""
    build = kit.builder

    def body(i: Word, state: State) -> State:
        offset = build.mul(i, constant(kit.target.width))
        passed = build.fcmp_ordered(">", kit.load(gate, offset), kit.number(0.0))
        kit.store(build.select(passed, kit.load(x, offset), kit.number(0.0)), x, offset)
        return state

    kit.loop(count, [], body)


@instruction("none", *["word"] * 10)
def patch(
    kit: Kit, size: Word, x: Address, x_row: Word, x_column: Word, row: Word, column: Word,
    rows: Word, columns: Word, present: Word, to: Address,
) -> None:  # fmt: skip
    """Copy a patch of size x size pixels, of each of which `present` numbers lie side by side, as
    whole vectors one after another.

    x: where its first pixel lies, whose row and column these are of an image of rows x columns;
    what is not in the image, or not present, becomes 0 and is not read.
    """
    build = kit.builder

    def within(first: Word, i: Word, count: Word) -> Any:
        return build.icmp_unsigned("<", build.add(first, i), count)

    def line(r: Word, state: State) -> State:
        there = within(row, r, rows)

        def pixel(c: Word, held: State) -> State:
            at, out = held
            here = build.and_(there, within(column, c, columns))
            mask = kit.first(build.select(here, present, constant(0)))
            kit.store(kit.load_part(at, mask), out)
            return [build.add(at, x_column), build.add(out, constant(kit.target.width))]

        at, out = state
        _, out = kit.loop(size, [at, out], pixel)
        return [build.add(at, x_row), out]

    kit.loop(size, [x, to], line)


def result_in_channels(size: int) -> Instruction:
    """y = gate(activation(bias + A' points A)) of `present` channels side by side.

    rows, columns: how many results exist. bias: 0, or the address of a number for each channel.
    gate: 0, or the address of numbers laid out like y: where they are not positive, y becomes 0.
    """
    side = TILE - size + 1

    @instruction("none", *["word"] * 11)
    def points_to_channels(
        kit: Kit, at: Address, step: Word, bias: Address, activation: Word, gate: Address,
        y: Address, y_row: Word, y_column: Word, rows: Word, columns: Word, present: Word,
    ) -> None:  # fmt: skip
        build, zero = kit.builder, kit.number(0.0)
        grid = sandwich(kit, transforms(size).results, _load_points(kit, at, step))
        (start,) = kit.choose(
            build.icmp_signed("!=", bias, constant(0)),
            lambda: [kit.load_part(bias, kit.first(present))],
            lambda: [zero],
        )
        values = [build.fadd(value, start) for line in grid for value in line]
        values = kit.choose(
            build.icmp_signed("==", activation, constant(RAMP)),
            lambda: [kit.ramp(value) for value in values],
            lambda: values,
        )
        places = [_place(kit, i // side, y_row, i % side, y_column) for i in range(side * side)]
        gated = build.icmp_signed("!=", gate, constant(0))
        whole = build.icmp_signed("==", present, constant(kit.lanes))
        for size_of in (rows, columns):
            whole = build.and_(whole, build.icmp_signed(">=", size_of, constant(side)))

        def kept(value: Vector, found: Vector) -> Vector:
            return build.select(build.fcmp_ordered(">", found, zero), value, zero)

        def all_of_it() -> State:
            ends = kit.choose(
                gated,
                lambda: [kept(v, kit.load(gate, p)) for v, p in zip(values, places, strict=True)],
                lambda: values,
            )
            for value, place in zip(ends, places, strict=True):
                kit.store(value, y, place)
            return []

        def part_of_it() -> State:
            for i, (value, place) in enumerate(zip(values, places, strict=True)):
                there = build.and_(
                    build.icmp_signed("<", constant(i // side), rows),
                    build.icmp_signed("<", constant(i % side), columns),
                )
                with build.if_then(there):
                    mask = kit.first(present)
                    where = build.add(gate, place)

                    def as_it_is(value: Vector = value) -> State:
                        return [value]

                    def told(value: Vector = value, where: Any = where, mask: Any = mask) -> State:
                        return [kept(value, kit.load_part(where, mask))]

                    (end,) = kit.choose(gated, told, as_it_is)
                    kit.store_part(end, build.add(y, place), mask)
            return []

        kit.choose(whole, all_of_it, part_of_it)

    return points_to_channels
