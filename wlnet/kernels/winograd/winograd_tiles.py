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


def load_points(kit: Kit, at: Address, step: Word) -> list[list[Any]]:
    """A tile of points that lie as vectors `step` bytes apart."""
    places = [kit.builder.mul(constant(i), step) for i in range(POINTS)]
    return [[kit.load(at, places[TILE * r + c]) for c in range(TILE)] for r in range(TILE)]


def _store_points(kit: Kit, grid: Any, to: Address, step: Word) -> None:
    for i, value in enumerate(value for line in grid for value in line):
        kit.store(value, to, kit.builder.mul(constant(i), step))


def place_of(
    kit: Kit, row: int, row_step: Word, column: int, column_step: Word | None = None
) -> Any:
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
        [kit.load(x, place_of(kit, r, x_row, c, x_column)) for c in range(TILE)]
        for r in range(TILE)
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
    grid = sandwich(kit, turned(transforms(3).pixels), load_points(kit, at, step))
    across = build.mul(column, constant(kit.target.width))
    corner = build.add(x, build.add(build.mul(row, x_row), across))

    def within(first: Word, i: int, size: Word) -> Any:
        place = build.add(first, constant(i))
        return build.icmp_unsigned("<", place, size)

    def add(r: int, c: int) -> None:
        offset = place_of(kit, r, x_row, c)
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
            offset = build.select(there, place_of(kit, r, d_row, c, d_column), constant(0))
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
        grid = sandwich(kit, transforms(size).results, load_points(kit, at, step))
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
                kit.store(ends[i], y, place_of(kit, r, y_row, c))
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
