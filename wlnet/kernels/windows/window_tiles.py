"""The tiles of windows: a few channels x a few pixels kept in registers over all that they see.

Register tiling: the micro-kernels of direct convolution and of the gradient by its weights.

A pixel is a vector: the same place of LANES examples, or LANES places of one example. Distances
are bytes and free, so one tile reads weights forwards or backwards and pixels with any stride.
The sum of a number runs through channels, then planes, rows and columns of the kernel, whatever
tile it falls into.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.vectors import BYTE, INDEX, POINTER, WORD, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Vector, Word, instruction
from wlnet.kernels.products.tiles import RAMP

Places = Sequence[Address]
Steps = Sequence[Sequence[Word]]
"""For each loop how far each address moves on."""
Body = Callable[[State, Places], State]
Pixels = Callable[[Address], Sequence[Address]]

HIGH = PerTarget(lambda target: 8 if target.width == 64 else 4)
HIGH_WIDE = PerTarget(lambda target: 3 if target.width == 64 else 2)
MIDDLE = PerTarget(lambda target: 5 if target.width == 64 else 3)
WIDE = PerTarget(lambda target: 4 if target.width == 64 else 3)
"""How many channels and pixels a tile has: 24 sums fit into 32 registers, 9 into 16."""

ACROSS = PerTarget(lambda target: 5 if target.width == 64 else 3)
SQUARE_HIGH = PerTarget(lambda target: 3 if target.width == 64 else 1)
"""How many channels meet how many weights in the tiles of the gradient by the weights."""

Count = int | PerTarget


def size(kit: Kit, count: Count) -> int:
    """A number that may depend on the target."""
    return count.of(kit.target) if isinstance(count, PerTarget) else count


class Rail:
    """Places at equal distances from a moving address.

    A processor adds 1, 2, 4 or 8 times a register to an address for nothing: only odd multiples
    of the distance need registers of their own.
    """

    def __init__(self, kit: Kit, step: Word, count: int) -> None:
        self.kit = kit
        self.odd = {m: kit.builder.mul(constant(m), step) for m in range(1, count, 2)}

    def place(self, base: Address, i: int) -> Any:
        """A pointer to the i-th place."""
        pointer = self.kit.at(base)
        if i == 0:
            return pointer
        scale = i & -i
        kind = ir.IntType(8 * min(scale, 8))
        return self.kit.builder.gep(pointer, [self.odd[i // scale]], source_etype=kind)


def nested(
    kit: Kit, counts: Sequence[Word], steps: Steps, sums: State, at: Places, body: Body
) -> State:
    """Loops within loops: sums = body(sums, addresses), each loop moving the addresses on."""
    build = kit.builder
    if not counts:
        return body(sums, at)

    def inside(_: Word, state: State) -> State:
        held, now = state[: -len(at)], state[-len(at) :]
        held = nested(kit, counts[1:], steps[1:], held, now, body)
        return [*held, *map(build.add, now, steps[0])]

    return kit.loop(counts[0], [*sums, *at], inside)[: -len(at)]


def products(  # the heart of all that follows
    kit: Kit, channels: int, counts: Sequence[Word], steps: Steps, w: Address, w_out: Word,
    x: Address, pixels: Pixels, begun: State,
) -> State:  # fmt: skip
    """The sums of `channels` x pixels, begun with given ones; pixels(address): their places."""
    build = kit.builder
    weights = Rail(kit, w_out, channels)
    count = len(pixels(x))

    def body(sums: State, at: Places) -> State:
        sums = list(sums)
        now = [build.load(place, typ=kit.vector, align=kit.item) for place in pixels(at[1])]
        for i in range(channels):
            one = build.load(weights.place(at[0], i), typ=kit.real, align=kit.item)
            weight = kit.splat(one)
            for j in range(count):
                sums[i * count + j] = kit.fma(weight, now[j], sums[i * count + j])
        return sums

    return nested(kit, counts, steps, begun, (w, x), body)


def biases(kit: Kit, bias: Address, channels: int, pixels: int) -> State:
    """What the sums of a tile begin with: the number of each channel, or zeros."""

    def read() -> Any:
        return [kit.splat(kit.load_one(bias, constant(i * kit.item))) for i in range(channels)]

    given = kit.builder.icmp_signed("!=", bias, constant(0))
    begun = kit.choose(given, read, lambda: [kit.number(0.0)] * channels)
    return [value for value in begun for _ in range(pixels)]


def window_tile(channels: Count, pixels: Count) -> Instruction:
    """y[o, p] = gate(activation(bias[o] + sum over k of w[o, k] x[p, k])).

    Arguments: how often the four loops run (channels, planes, rows, columns of the kernel); w, the
    distance of its outputs, of one step of each loop; x, of each loop, of neighbouring pixels;
    bias (0: none); y, the distance of its channels and pixels; activation; gate: 0, or the address
    of numbers laid out like y: a result is kept where they are positive, else 0; goes_on: 1 if the
    sums begin with what y holds.
    """

    @instruction("none", *["word"] * 23)
    def window(
        kit: Kit, inputs: Word, planes: Word, rows: Word, columns: Word,
        w: Address, w_out: Word, w_in: Word, w_plane: Word, w_row: Word, w_column: Word,
        x: Address, x_in: Word, x_plane: Word, x_row: Word, x_column: Word, x_pixel: Word,
        bias: Address, y: Address, y_out: Word, y_pixel: Word, activation: Word, gate: Address,
        goes_on: Word,
    ) -> None:  # fmt: skip
        build = kit.builder
        high, wide = size(kit, channels), size(kit, pixels)
        rail = Rail(kit, x_pixel, wide)
        places = [
            build.add(build.mul(constant(i), y_out), build.mul(constant(j), y_pixel))
            for i in range(high)
            for j in range(wide)
        ]
        begun = kit.choose(
            build.icmp_signed("!=", goes_on, constant(0)),
            lambda: [kit.load(y, place) for place in places],
            lambda: biases(kit, bias, high, wide),
        )
        sums = products(
            kit, high, (inputs, planes, rows, columns),
            ((w_in, x_in), (w_plane, x_plane), (w_row, x_row), (w_column, x_column)),
            w, w_out, x, lambda at: [rail.place(at, j) for j in range(wide)], begun,
        )  # fmt: skip
        sums = kit.choose(
            build.icmp_signed("==", activation, constant(RAMP)),
            lambda: [kit.ramp(value) for value in sums],
            lambda: sums,
        )

        def gated() -> Any:
            zero = kit.number(0.0)
            return [
                build.select(build.fcmp_ordered(">", kit.load(gate, place), zero), value, zero)
                for place, value in zip(places, sums, strict=True)
            ]

        sums = kit.choose(build.icmp_signed("!=", gate, constant(0)), gated, lambda: sums)
        for place, value in zip(places, sums, strict=True):
            kit.store(value, y, place)

    return window


@instruction("none", *["word"] * 25)
def window_of(kit: Kit, height: Word, width: Word, *arguments: Any) -> None:
    """The `window_tile` of a height: HIGH, MIDDLE or 1 channels; and of a width: 1 pixel, or more
    than one for as many as belong to the height."""
    build, one = kit.builder, constant(1)
    for channels, wide in ((HIGH, HIGH_WIDE), (MIDDLE, WIDE), (1, WIDE)):
        fits = build.icmp_signed("==", height, constant(size(kit, channels)))
        for sign, pixels in ((">", wide), ("==", 1)):
            with build.if_then(build.and_(fits, build.icmp_signed(sign, width, one))):
                window_tile(channels, pixels).generate(kit, *arguments)


def gradient_tile(channels: Count, rows: Count, columns: Count) -> Instruction:
    """g[o, r, c] = sum over all pixels and lanes of d[o, pixel] x[pixel + r x_down + c x_along].

    Arguments: how often the four loops run (blocks, planes, rows, columns of d); d, the distance of
    its channels and of one step of each loop; x, of each loop; the distances of the tile's rows and
    columns in x; g, of its channels, of the tile's rows and columns; how many channels and columns
    of the tile there are (the others read what the last one reads, and are not written); goes_on: 1
    if the sums begin with what g holds.
    """

    @instruction("none", *["word"] * 24)
    def gradient(
        kit: Kit, blocks: Word, planes: Word, lines: Word, pixels: Word, d: Address, d_out: Word,
        d_block: Word, d_plane: Word, d_row: Word, d_column: Word, x: Address, x_block: Word,
        x_plane: Word, x_row: Word, x_column: Word, x_down: Word, x_along: Word, g: Address,
        g_out: Word, g_down: Word, g_along: Word, high_left: Word, wide_left: Word, goes_on: Word,
    ) -> None:  # fmt: skip
        build = kit.builder
        high, deep, wide = (size(kit, each) for each in (channels, rows, columns))

        def offset(i: int, left: Word, step: Word) -> Word:
            last = build.sub(left, constant(1))
            inside = build.icmp_signed("<", constant(i), left)
            return build.mul(build.select(inside, constant(i), last), step)

        d_offsets = [offset(i, high_left, d_out) for i in range(high)]
        x_offsets = [offset(j, wide_left, x_along) for j in range(wide)]
        down = Rail(kit, x_down, deep)

        def read(pointer: Any, distance: Word) -> Vector:
            place = build.gep(pointer, [distance], source_etype=BYTE)
            return build.load(place, typ=kit.vector, align=kit.item)

        def body(sums: State, at: Places) -> State:
            sums = list(sums)
            back = [read(kit.at(at[0]), each) for each in d_offsets]
            for r in range(deep):
                line = down.place(at[1], r)
                for c in range(wide):
                    met = read(line, x_offsets[c])
                    for i in range(high):
                        k = (i * deep + r) * wide + c
                        sums[k] = kit.fma(back[i], met, sums[k])
            return sums

        sums = nested(
            kit, (blocks, planes, lines, pixels),
            ((d_block, x_block), (d_plane, x_plane), (d_row, x_row), (d_column, x_column)),
            [kit.number(0.0)] * (high * deep * wide), (d, x), body,
        )  # fmt: skip
        with build.goto_entry_block():
            room = build.alloca(ir.ArrayType(kit.vector, -(-len(sums) // kit.lanes)))
        totals = build.ptrtoint(room, WORD)
        for k, vector in enumerate(kit.totals(sums)):
            kit.store(vector, totals, constant(k * kit.target.width))

        def write(again: bool) -> None:
            for i, c in itertools.product(range(high), range(wide)):
                there = build.and_(
                    build.icmp_signed("<", constant(i), high_left),
                    build.icmp_signed("<", constant(c), wide_left),
                )
                with build.if_then(there):
                    row = build.add(g, build.mul(constant(i), g_out))
                    for r in range(deep):
                        at = build.add(row, build.mul(constant(r), g_down))
                        at = build.add(at, build.mul(constant(c), g_along))
                        k = (i * deep + r) * wide + c
                        total = kit.load_one(totals, constant(k * kit.item))
                        if again:
                            total = build.fadd(kit.load_one(at), total)
                        build.store(total, kit.at(at), align=kit.item)

        with build.if_else(build.icmp_signed("!=", goes_on, constant(0))) as (then, otherwise):
            with then:
                write(again=True)
            with otherwise:
                write(again=False)

    return gradient


@instruction("none", "word", "word")
def zero_bytes(kit: Kit, to: Address, count: Word) -> None:
    """Fill memory with zeros."""
    kit.call("memset", POINTER, [kit.at(to), ir.Constant(INDEX, 0), count])
