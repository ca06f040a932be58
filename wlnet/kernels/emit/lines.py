"""Instructions over lines: numbers that lie one after another, read in vectors.

Vectorized reductions and maps over contiguous numbers, with a masked remainder.

The last vector of a line has a mask, so that a short line (a row of ten classes) is a vector as
well, and nothing behind it is touched. Each sum has an order that its length alone fixes.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from wlnet.kernels.emit.vectors import INDEX, WORD, Kit, State, constant
from wlnet.kernels.language import Address, Scalar, Vector, Word, instruction

UNROLLED = 4
"""Sums that run side by side: an addition waits for the one before, three or four cycles."""
RUN = 32
"""How many numbers are added to one sum before it goes to the total: the rounding of a sum of n
float32 numbers grows with n / RUN, not with n."""


def along(
    kit: Kit, count: Word, state: State, body: Callable[[Word, Vector, State], State]
) -> State:
    """state = body(offset, mask, state) for each vector of a line of `count` numbers.

    mask is None but for the last vector, when the line ends within it.
    """
    build = kit.builder
    full = build.udiv(count, constant(kit.lanes))

    def whole(i: Word, state: State) -> State:
        return body(build.mul(i, constant(kit.target.width)), None, state)

    state = kit.loop(full, state, whole)
    left = build.urem(count, constant(kit.lanes))
    offset = build.mul(full, constant(kit.target.width))
    return kit.choose(
        build.icmp_signed("!=", left, constant(0)),
        lambda: body(offset, kit.first(left), state),
        lambda: state,
    )


def in_runs(
    kit: Kit, count: Word, size: int, state: State, body: Callable[[Word, Vector, State], State]
) -> State:
    """state = body(first, length, state) for `count` things in runs of `size`, the last shorter."""
    build = kit.builder

    def run(i: Word, state: State) -> State:
        first = build.mul(i, constant(size))
        left = build.sub(count, first)
        short = build.icmp_signed("<", left, constant(size))
        return body(first, build.select(short, left, constant(size)), state)

    return kit.loop(build.udiv(build.add(count, constant(size - 1)), constant(size)), state, run)


def read(kit: Kit, address: Address, mask: Vector, other: float = 0.0) -> Vector:
    """A vector; `other` where the mask has nothing."""
    if mask is None:
        return kit.load(address)
    name = f"llvm.masked.load.{kit.suffix}.p0"
    align = ir.Constant(INDEX, kit.item)
    return kit.call(name, kit.vector, [kit.at(address), align, mask, kit.number(other)])


def write(kit: Kit, value: Vector, address: Address, mask: Vector) -> None:
    """The lanes of a vector that the mask names."""
    if mask is None:
        kit.store(value, address)
    else:
        kit.store_part(value, address, mask)


def more(kit: Kit, total: Vector, x: Address, mask: Vector) -> Vector:
    """total + the vector at x."""
    return kit.builder.fadd(total, read(kit, x, mask))


def line_total(kit: Kit, total: Vector, x: Address, count: Word) -> Vector:
    """A vector of sums, and with it the numbers of a line."""
    build = kit.builder
    group = constant(UNROLLED * kit.lanes)
    groups = build.udiv(count, group)
    bytes_of_group = constant(UNROLLED * kit.target.width)
    zero = kit.number(0.0)

    def run(first: Word, length: Word, state: State) -> State:
        def step(j: Word, sums: State) -> State:
            at = build.add(x, build.mul(build.add(first, j), bytes_of_group))
            return [
                more(kit, sums[u], beyond(kit, at, u * kit.target.width), None)
                for u in range(UNROLLED)
            ]

        a, b, c, d = kit.loop(length, [zero] * UNROLLED, step)
        return [build.fadd(state[0], build.fadd(build.fadd(a, b), build.fadd(c, d)))]

    (total,) = in_runs(kit, groups, RUN, [total], run)
    done = build.mul(groups, bytes_of_group)
    rest = build.sub(count, build.mul(groups, group))

    def end(offset: Word, mask: Vector, state: State) -> State:
        return [more(kit, state[0], build.add(x, build.add(done, offset)), mask)]

    (total,) = along(kit, rest, [total], end)
    return total


def beyond(kit: Kit, address: Address, offset: int) -> Address:
    """An address, some bytes further on."""
    return kit.builder.add(address, constant(offset))


@instruction("real", "word", "word")
def line_max(kit: Kit, x: Address, count: Word) -> Scalar:
    """The largest number of a line that is not NaN; -inf if there is none."""
    build = kit.builder
    low = float("-inf")

    def body(offset: Word, mask: Vector, state: State) -> State:
        value = read(kit, build.add(x, offset), mask, low)
        return [build.select(build.fcmp_ordered(">", value, state[0]), value, state[0])]

    (largest,) = along(kit, count, [kit.number(low)], body)
    name = f"llvm.vector.reduce.fmax.{kit.suffix}"
    # No lane is NaN: NaN is greater than nothing.
    return kit.call(name, kit.real, [largest], fastmath=("nnan",))


@instruction("real", "word", "word")
def line_sum(kit: Kit, x: Address, count: Word) -> Scalar:
    """The sum of a line."""
    return kit.total(line_total(kit, kit.number(0.0), x, count))


@instruction("none", "word", "word", "word", "real")
def lower_line(kit: Kit, y: Address, x: Address, count: Word, by: Scalar) -> None:
    """y = x - by."""
    build, by = kit.builder, kit.splat(by)

    def body(offset: Word, mask: Vector, _: State) -> State:
        value = build.fsub(read(kit, build.add(x, offset), mask), by)
        write(kit, value, build.add(y, offset), mask)
        return []

    along(kit, count, [], body)


@instruction("none", "word", "word", "word", "real")
def scale_line(kit: Kit, y: Address, x: Address, count: Word, by: Scalar) -> None:
    """y = x by."""
    build, by = kit.builder, kit.splat(by)

    def body(offset: Word, mask: Vector, _: State) -> State:
        value = build.fmul(read(kit, build.add(x, offset), mask), by)
        write(kit, value, build.add(y, offset), mask)
        return []

    along(kit, count, [], body)


@instruction("word", "word", "word")
def line_is_finite(kit: Kit, x: Address, count: Word) -> Word:
    """1 if all numbers of a line are finite, else 0."""
    # 0 x is 0 for a finite x, else NaN, which no sum forgets.
    build, zero = kit.builder, kit.number(0.0)

    def group(i: Word, state: State) -> State:
        at = build.add(x, build.mul(i, constant(UNROLLED * kit.target.width)))
        return [
            kit.fma(kit.load(beyond(kit, at, u * kit.target.width)), zero, state[u])
            for u in range(UNROLLED)
        ]

    size = constant(UNROLLED * kit.lanes)
    groups = build.udiv(count, size)
    a, b, c, d = kit.loop(groups, [zero] * UNROLLED, group)
    done = build.mul(groups, constant(UNROLLED * kit.target.width))

    def end(offset: Word, mask: Vector, state: State) -> State:
        value = read(kit, build.add(build.add(x, done), offset), mask)
        return [kit.fma(value, zero, state[0])]

    total = build.fadd(build.fadd(a, b), build.fadd(c, d))
    (total,) = along(kit, build.urem(count, size), [total], end)
    whole = build.fcmp_ordered("==", kit.total(total), ir.Constant(kit.real, 0.0))
    return build.zext(whole, WORD)
