"""The tiles of pooling: the largest of a window, its place, the sum of a window, and the ways back.

Max pooling with its argmax (the place), sum pooling, and the gradients of both.

Of equal numbers the first in row-major order is the largest; NaN is larger than all numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.vectors import BYTE, INDEX, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Vector, Word, instruction
from wlnet.kernels.products.tiles import RAMP
from wlnet.kernels.windows.window_tiles import Count, Places, biases, nested, products, size

POOLED = PerTarget(lambda target: 5 if target.width == 64 else 2)
"""How many channels a tile has that holds the four pixels of a pooling window."""

GATED = 4
"""The place that stands for none of the four: what was largest did not pass the ramp."""


def larger(kit: Kit, a: Vector, b: Vector) -> Vector:
    """Where b replaces a as the largest: the first of equals stays, and NaN is larger than all."""
    build = kit.builder
    return build.and_(build.fcmp_unordered(">", b, a), build.fcmp_ordered("ord", a, a))


def alike(kind: Any, number: int) -> Vector:
    """A vector of integers that are all the same."""
    return ir.Constant(kind, [number] * kind.count)


def largest_of_four(kit: Kit, window: Sequence[Vector], kind: Any) -> tuple[Vector, Vector]:
    """The largest of the four pixels of a window of 2 x 2, and its place as integers of a kind."""
    build = kit.builder
    a, b, c, d = window
    right, right_below = larger(kit, a, b), larger(kit, c, d)
    above, below = build.select(right, b, a), build.select(right_below, d, c)
    down = larger(kit, above, below)
    places = build.select(
        down,
        build.select(right_below, alike(kind, 3), alike(kind, 2)),
        build.select(right, alike(kind, 1), alike(kind, 0)),
    )
    return build.select(down, below, above), places


def corners(kit: Kit, at: Address, line: Word) -> list[Address]:
    """The places of the four pixels of a window of 2 x 2 whose lines are `line` bytes apart."""
    vector = constant(kit.target.width)
    below = kit.builder.add(at, line)
    return [at, kit.builder.add(at, vector), below, kit.builder.add(below, vector)]


def pooled_tile(channels: Count, integer: Any = BYTE) -> Instruction:
    """The four pixels of a window of 2 x 2 at once, of which the largest is written, and where.

    Like `window_tile`, with x_pixel and x_line, the distances of the columns and rows of y before
    pooling; places: 0, or the address of the integers that say which of the four was largest
    (GATED: the ramp held it back), places_out bytes between channels.
    """

    @instruction("none", *["word"] * 23)
    def pooled(
        kit: Kit, inputs: Word, planes: Word, rows: Word, columns: Word, w: Address, w_out: Word,
        w_in: Word, w_plane: Word, w_row: Word, w_column: Word, x: Address, x_in: Word,
        x_plane: Word, x_row: Word, x_column: Word, x_pixel: Word, x_line: Word, bias: Address,
        y: Address, y_out: Word, places: Address, places_out: Word, activation: Word,
    ) -> None:  # fmt: skip
        build = kit.builder
        high = size(kit, channels)
        corner = build.add(x_line, x_pixel)

        def pixels(at: Address) -> Any:
            offsets = [None, x_pixel, x_line, corner]
            return [
                kit.at(at) if each is None else build.gep(kit.at(at), [each], source_etype=BYTE)
                for each in offsets
            ]

        sums = products(
            kit, high, (inputs, planes, rows, columns),
            ((w_in, x_in), (w_plane, x_plane), (w_row, x_row), (w_column, x_column)),
            w, w_out, x, pixels, biases(kit, bias, high, 4),
        )  # fmt: skip
        ramped = build.icmp_signed("==", activation, constant(RAMP))
        kind = ir.VectorType(integer, kit.lanes)
        largest, found = [], []
        for i in range(high):
            value, place = largest_of_four(kit, sums[4 * i : 4 * i + 4], kind)
            largest.append(value)
            found.append(place)

        def with_ramp() -> Any:
            zero = kit.number(0.0)
            passed = [build.fcmp_ordered(">", value, zero) for value in largest]
            gated = [
                build.select(each, at, alike(kind, GATED))
                for each, at in zip(passed, found, strict=True)
            ]
            return [*map(kit.ramp, largest), *gated]

        ends = kit.choose(ramped, with_ramp, lambda: [*largest, *found])
        for i in range(high):
            kit.store(ends[i], y, build.mul(constant(i), y_out))

        def write() -> Any:
            for i in range(high):
                at = kit.at(places, build.mul(constant(i), places_out))
                build.store(ends[high + i], at, align=integer.width // 8)
            return []

        kit.choose(build.icmp_signed("!=", places, constant(0)), write, list)

    return pooled


def sending(integer: Any, align: int) -> Instruction:
    """Send d to the place, an integer of a type, of its window of 2 x 2, and zeros to the others;
    if places is 0, send it to all."""

    @instruction("none", *["word"] * 4)
    def send(kit: Kit, d: Address, places: Address, x: Address, x_line: Word) -> None:
        build = kit.builder
        kind = ir.VectorType(integer, kit.lanes)
        value, zero = kit.load(d), kit.number(0.0)

        def chosen() -> Any:
            place = build.load(kit.at(places), typ=kind, align=align)
            hits = [build.icmp_signed("==", place, alike(kind, i)) for i in range(4)]
            return [build.select(hit, value, zero) for hit in hits]

        given = build.icmp_signed("!=", places, constant(0))
        sent = kit.choose(given, chosen, lambda: [value] * 4)
        for each, at in zip(sent, corners(kit, x, x_line), strict=True):
            kit.store(each, at)

    return send


@instruction("none", *["word"] * 4)
def four_max(kit: Kit, x: Address, x_line: Word, y: Address, places: Address) -> None:
    """The largest of a window of 2 x 2, and its place as an index."""
    kind = ir.VectorType(INDEX, kit.lanes)
    value, place = largest_of_four(kit, [kit.load(at) for at in corners(kit, x, x_line)], kind)
    kit.store(value, y)
    kit.builder.store(place, kit.at(places), align=4)


@instruction("none", *["word"] * 11)
def window_max(
    kit: Kit, planes: Word, rows: Word, columns: Word, x: Address, x_plane: Word, x_row: Word,
    first: Word, place_plane: Word, place_row: Word, y: Address, places: Address,
) -> None:  # fmt: skip
    """The largest of a window and its place; `first` is the place of the first that is read."""
    build = kit.builder
    kind = ir.VectorType(INDEX, kit.lanes)
    some = build.and_(
        build.icmp_signed(">", planes, constant(0)),
        build.and_(
            build.icmp_signed(">", rows, constant(0)), build.icmp_signed(">", columns, constant(0))
        ),
    )
    (begun,) = kit.choose(some, lambda: [kit.load(x)], lambda: [kit.number(float("-inf"))])
    start = build.select(some, first, constant(0))

    def body(held: State, at: Places) -> State:
        value = kit.load(at[0])
        replaces = larger(kit, held[0], value)
        place = kit.spread(build.trunc(at[1], INDEX), kind)
        return [build.select(replaces, value, held[0]), build.select(replaces, place, held[1])]

    steps = ((x_plane, place_plane), (x_row, place_row), (constant(kit.target.width), constant(1)))
    held = [begun, kit.spread(build.trunc(start, INDEX), kind)]
    value, place = nested(kit, (planes, rows, columns), steps, held, (x, first), body)
    kit.store(value, y)
    build.store(place, kit.at(places), align=4)


@instruction("none", *["word"] * 7)
def window_sum(
    kit: Kit, planes: Word, rows: Word, columns: Word, x: Address, x_plane: Word, x_row: Word,
    y: Address,
) -> None:  # fmt: skip
    """The sum of a window."""

    def body(held: State, at: Places) -> State:
        return [kit.builder.fadd(held[0], kit.load(at[0]))]

    steps = ((x_plane, x_plane), (x_row, x_row), (constant(kit.target.width),) * 2)
    counts = (planes, rows, columns)
    (value,) = nested(kit, counts, steps, [kit.number(0.0)], (x, x), body)
    kit.store(value, y)


@instruction("none", *["word"] * 11)
def window_back(
    kit: Kit, planes: Word, rows: Word, columns: Word, x: Address, x_plane: Word, x_row: Word,
    first: Word, place_plane: Word, place_row: Word, d: Address, places: Address,
) -> None:  # fmt: skip
    """Add d to each pixel of a window, or only to the one that `places` names."""
    build = kit.builder
    kind = ir.VectorType(INDEX, kit.lanes)
    value, zero = kit.load(d), kit.number(0.0)
    chosen = build.icmp_signed("!=", places, constant(0))
    (wanted,) = kit.choose(
        chosen,
        lambda: [build.load(kit.at(places), typ=kind, align=4)],
        lambda: [alike(kind, 0)],
    )
    every = kit.spread(build.not_(chosen), kit.mask)

    def body(held: State, at: Places) -> State:
        place = kit.spread(build.trunc(at[1], INDEX), kind)
        hit = build.or_(every, build.icmp_signed("==", wanted, place))
        kit.store(build.fadd(kit.load(at[0]), build.select(hit, value, zero)), at[0])
        return held

    steps = ((x_plane, place_plane), (x_row, place_row), (constant(kit.target.width), constant(1)))
    nested(kit, (planes, rows, columns), steps, [], (x, first), body)
