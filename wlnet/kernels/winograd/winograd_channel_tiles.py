"""The tiles of fast convolution with channels side by side: pixels taken, results given.

As winograd_tiles.py, whose other transforms do for channels as well as for examples. Of the last
vector of channels not all numbers may be present.
"""

from __future__ import annotations

from typing import Any

from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import Address, Instruction, Vector, Word, instruction
from wlnet.kernels.products.tiles import RAMP
from wlnet.kernels.winograd.winograd_tiles import load_points, place_of
from wlnet.kernels.winograd.winograd_transforms import TILE, sandwich, transforms


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
        grid = sandwich(kit, transforms(size).results, load_points(kit, at, step))
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
        places = [place_of(kit, i // side, y_row, i % side, y_column) for i in range(side * side)]
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
