"""Softmax of scores that lie side by side by query: LANES queries are the lanes of vectors.

The scores of a query are a column, so that its largest one, its sum and its gradient are made lane
by lane, and no vector is ever added up. Powers of a key go to the sum in the order of the keys.
"""

from __future__ import annotations

from wlnet.kernels.elementwise.exponentials import falling_exp
from wlnet.kernels.emit.instructions import LANES
from wlnet.kernels.emit.lanes import Lanes
from wlnet.kernels.emit.lines import RUN, in_runs
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import (
    Address,
    PerTarget,
    Scalar,
    Vector,
    Word,
    instruction,
    routine,
)

TOGETHER = PerTarget(lambda target: 2 * target.lanes)
"""Queries whose scores lie side by side: two vectors, as a tile of a product is wide. More would
not stay in the nearest cache for 256 keys."""

SIDE_BY_SIDE = 4
"""Largest numbers that are found side by side: a comparison waits for the one before."""


def _larger(kit: Kit, a: Vector, b: Vector) -> Vector:
    return kit.builder.select(kit.builder.fcmp_ordered(">", a, b), a, b)


def _largest(kit: Kit, x: Address, step: Word, count: Word) -> Vector:
    """Lane by lane the largest of some vectors that is not NaN; -inf if there is none."""
    build = kit.builder
    low = kit.number(float("-inf"))

    def group(_: Word, state: State) -> State:
        *found, at = state
        for i in range(SIDE_BY_SIDE):
            found[i] = _larger(kit, kit.load(at), found[i])
            at = build.add(at, step)
        return [*found, at]

    def one(_: Word, state: State) -> State:
        return [_larger(kit, kit.load(state[1]), state[0]), build.add(state[1], step)]

    groups = build.udiv(count, constant(SIDE_BY_SIDE))
    *found, at = kit.loop(groups, [low] * SIDE_BY_SIDE + [x], group)
    found = [_larger(kit, a, b) for a, b in zip(found[::2], found[1::2], strict=True)]
    largest = _larger(kit, *found)
    left = build.urem(count, constant(SIDE_BY_SIDE))
    return kit.loop(left, [largest, at], one)[0]


@instruction("none", "word", "word", "word", "real")
def weights_column(kit: Kit, x: Address, step: Word, count: Word, scale: Scalar) -> None:
    """x[k] = exp(scale x[k]) / the sum of these over k, lane by lane; `step` bytes lie between."""
    build = kit.builder
    low, factor = Lanes(kit, _largest(kit, x, step, count)), Lanes(kit, kit.splat(scale))

    def run(first: Word, length: Word, state: State) -> State:
        total, at = state

        def one(_: Word, state: State) -> State:
            sum_, at = state
            power = falling_exp((Lanes(kit, kit.load(at)) - low) * factor)
            kit.store(power.value, at)
            return [(Lanes(kit, sum_) + power).value, build.add(at, step)]

        of_run, at = kit.loop(length, [kit.number(0.0), at], one)
        return [(Lanes(kit, total) + Lanes(kit, of_run)).value, at]

    total, _ = in_runs(kit, count, RUN, [kit.number(0.0), x], run)
    share = 1.0 / Lanes(kit, total)

    def scaled(_: Word, state: State) -> State:
        (at,) = state
        kit.store((Lanes(kit, kit.load(at)) * share).value, at)
        return [build.add(at, step)]

    kit.loop(count, [x], scaled)


@instruction("none", "word", "word", "word", "word", "real")
def slopes_column(kit: Kit, d: Address, y: Address, step: Word, count: Word, scale: Scalar) -> None:
    """The way back: d[k] = (d[k] - sum of d y) y[k] scale; y: the weights."""
    build = kit.builder
    factor = Lanes(kit, kit.splat(scale))
    apart = build.sub(y, d)

    def run(first: Word, length: Word, state: State) -> State:
        total, at = state

        def one(_: Word, state: State) -> State:
            sum_, at = state
            return [kit.fma(kit.load(at), kit.load(at, apart), sum_), build.add(at, step)]

        of_run, at = kit.loop(length, [kit.number(0.0), at], one)
        return [(Lanes(kit, total) + Lanes(kit, of_run)).value, at]

    total, _ = in_runs(kit, count, RUN, [kit.number(0.0), d], run)
    low = Lanes(kit, total)

    def one(_: Word, state: State) -> State:
        (at,) = state
        slope, weight = Lanes(kit, kit.load(at)), Lanes(kit, kit.load(at, apart))
        kit.store(((slope - low) * weight * factor).value, at)
        return [build.add(at, step)]

    kit.loop(count, [d], one)


@instruction("none", "word", "word", "word", "real")
def hide_lanes(kit: Kit, x: Address, first: Word, stop: Word, value: Scalar) -> None:
    """A number in place of the lanes before the first and from `stop` on."""
    build = kit.builder
    hidden = build.or_(kit.first(first), build.not_(kit.first(stop)))
    kit.store_part(kit.splat(value), x, hidden)


@routine
def seen_start(query, window):  # type: ignore[no-untyped-def]
    """The first key that a query sees; with a window of 0 it sees all."""
    return max(0, query - window + 1) if window != 0 else 0


@routine
def seen_stop(query, keys, window):  # type: ignore[no-untyped-def]
    """What lies behind the last one."""
    return min(keys, query + 1) if window != 0 else keys


@routine
def hide(x, step, low, high, query, before, value):  # type: ignore[no-untyped-def]
    """A number in place of what queries do not see: the lanes are those from `query` on, the rows
    are the keys low..high-1, and each query sees `before` keys before its own, and its own."""
    for key in range(low, min(high, query + LANES - 1 - before)):
        hide_lanes(x + key * step, key - query, key + before + 1 - query, value)
    for key in range(max(low, query + 1), high):
        hide_lanes(x + key * step, key - query, key + before + 1 - query, value)
