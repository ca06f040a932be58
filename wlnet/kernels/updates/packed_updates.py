"""The update of packed weights whose gradient is a product, tile by tile.

The gradient as a whole is never in memory: each tile of it is used up soon after it is made.

Packed: in panels. A panel is LANES neighbouring columns of the weights, row after row, a vector
each. In the last panel, lanes beyond the last column hold zeros, and keep them.

With a small batch, the roots and divisions of the update take as long as the product. But they keep
another part of the CPU busy. So the update of a tile is woven into the product of the next one.
This is software pipelining: the epilogue of tile i-1, which is the optimizer step, overlaps with
the GEMM of tile i.
"""

from __future__ import annotations

from typing import Any, Final

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    double,
    doubles,
    real,
    reals,
    scratch,
    start_of,
    step_number,
    stop_of,
    word,
)
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import (
    Address,
    Instruction,
    Kernel,
    PerTarget,
    Scalar,
    Target,
    Word,
    instruction,
    native,
    routine,
)
from wlnet.kernels.products.panels import copier
from wlnet.kernels.updates import flat_updates, formulas
from wlnet.kernels.updates.flat_updates import FLAT, report_nonfinite, shrink_of
from wlnet.kernels.updates.formulas import Formula, Settings, moved, plain_test

TALL = PerTarget(lambda target: 16 if target.width == 64 else 8)
"""Rows of a tile. It is one vector wide, so its sums take half of the registers."""
AHEAD: Final = 2048
"""How many bytes ahead of the update the numbers of an array are prefetched."""
RUN: Final = 64
"""A panel may be divided among workers after each so many rows."""
VALUES, RATES, STATUS = FLAT.index("values"), FLAT.index("rates"), FLAT.index("status")
DECAYS = FLAT.index("decays")
STATES, NUMBERS = FLAT.index("state0"), FLAT.index("l2")
copy_talls = copier(TALL)


def _woven(formula: Formula, plain: bool) -> Instruction:
    """An instruction: multiply one tile, and meanwhile update by the tile before it.

    Gives the probe of that update: see flat_updates.py.

    depth, a, b, found: of the product. a: for each k the numbers of the tile's rows. b: a vector
    for each k. found: where the tile is written, at the end: the gradients of the tile before may
    lie there too.
    count: how many rows of the tile before are updated, 0 for none. more: the addresses of its
    gradients, its numbers and up to three states; then the settings.
    """

    @instruction("real", *["word"] * 10, *["double"] * formulas.SETTINGS)
    def woven(
        kit: Kit, depth: Word, a: Address, b: Address, found: Address, count: Word, *more: Any
    ) -> Scalar:
        build, width = kit.builder, constant(kit.target.width)
        gradients, places, settings = more[0], more[1:5], Settings(kit, more[5:], plain)
        rows = TALL.of(kit.target)

        def multiply(_: Any, state: State) -> State:
            *sums, a_at, b_at = state
            b_now = kit.load(b_at)
            sums = [
                kit.fma(kit.splat(kit.load_one(a_at, constant(i * kit.item))), b_now, each)
                for i, each in enumerate(sums)
            ]
            a_at = build.add(a_at, constant(rows * kit.item))
            return [*sums, a_at, build.add(b_at, width)]

        def body(i: Word, state: State) -> State:
            probe, *state = state
            offset = build.mul(i, width)
            for place in places[: 1 + formula.states]:
                kit.prefetch(place, build.add(offset, constant(AHEAD)), write=True)
            raw = kit.load(gradients, offset)
            at = tuple(build.add(place, offset) for place in places)
            now = moved(formula, settings, kit.load, kit.store, raw, at)
            return [build.fadd(probe, now.value), *kit.loop(between, state, multiply)]

        # After every row that is updated come `between` steps of the product, and the rest of them
        # after the last row.
        is_any = build.icmp_signed(">", count, constant(0))
        between = build.sdiv(depth, build.select(is_any, count, constant(1)))
        zero = kit.number(0.0)
        probe, *state = kit.loop(count, [zero, *[zero] * rows, a, b], body)
        left = build.sub(depth, build.mul(between, count))
        *sums, _, _ = kit.loop(left, state, multiply)
        for i, value in enumerate(sums):
            kit.store(value, found, constant(i * kit.target.width))
        return kit.total(probe)

    return woven


@routine
def fill_block(block, rows, depth, a, a_depth):  # type: ignore[no-untyped-def]
    """Copy rows of a, TALL of them at a time, one after another for each k.

    Rows beyond the last one are what was there: nobody uses what comes of them.
    """
    i = 0
    while i < rows:
        to = block + i * depth * ITEM
        if rows - i >= TALL:
            copy_talls(depth, a + i * ITEM, a_depth, to)
        else:
            for k in range(depth):
                here, there = reals(a + i * ITEM + k * a_depth), reals(to + k * TALL * ITEM)
                for j in range(rows - i):
                    there[j] = here[j]
        i += TALL


@routine
def fill_panel(panel, source, source_row, rows, width):  # type: ignore[no-untyped-def]
    """Copy rows of `width` numbers, each into one vector, with zeros in the lanes that are left."""
    for i in range(rows):
        here, there = reals(source + i * source_row), reals(panel + i * LANES * ITEM)
        for j in range(width):
            there[j] = here[j]
        for j in range(width, LANES):
            there[j] = real(0.0)


def _packed(formula: Formula) -> Kernel:
    plain, general = _woven(formula, True), _woven(formula, False)
    is_plain = plain_test(formula)

    @routine
    def woven(context, record, step_size, depth, a, b, found, count, first):  # type: ignore[no-untyped-def]
        """The instruction, with the numbers, states and settings of a record. first: the number in
        c with which the rows of the tile before begin."""
        at = first * ITEM
        w, state0 = word(record, VALUES) + at, word(record, STATES) + at
        state1, state2 = word(record, STATES + 1) + at, word(record, STATES + 2) + at
        decay, most = double(word(record, NUMBERS)), double(word(record, NUMBERS + 1))
        bound = double(word(record, NUMBERS + 2))
        shrink = shrink_of(context, word(record, DECAYS))
        s0, s1 = double(word(record, NUMBERS + 3)), double(word(record, NUMBERS + 4))
        s2, s3 = double(word(record, NUMBERS + 5)), double(word(record, NUMBERS + 6))
        if is_plain(decay, most, bound, shrink, s0, s1):
            probe = plain(depth, a, b, found, count, found, w, state0, state1, state2,
                          step_size, decay, most, bound, shrink, s0, s1, s2, s3)  # fmt: skip
        else:
            probe = general(depth, a, b, found, count, found, w, state0, state1,
                            state2, step_size, decay, most, bound, shrink, s0, s1, s2,
                            s3)  # fmt: skip
        report_nonfinite(context, word(record, STATUS), probe)

    def kernel(  # type: ignore[no-untyped-def]
        context, record, rows, columns, depth, a, a_depth, b, b_depth, row_block,
    ):  # fmt: skip
        step_size = doubles(word(record, RATES))[step_number(context)]
        runs = (rows + RUN - 1) // RUN
        units = runs * ((columns + LANES - 1) // LANES)
        unit, last = start_of(context, units, 1), stop_of(context, units, 1) - 1
        # The step size is NaN where the array is left alone in this step.
        if last >= unit and step_size == step_size:
            panel = scratch(context)
            found = panel + depth * LANES * ITEM
            block = found + TALL * LANES * ITEM
            # Of the tile that waits for its update: its rows, and its first number in c.
            count, first = 0, 0
            for row in range(0, rows, row_block):
                end = min(rows, row + row_block)
                is_filled = False
                for of_panel in range(unit // runs, last // runs + 1):
                    i = unit % runs * RUN if of_panel == unit // runs else 0
                    stop = last % runs * RUN + RUN if of_panel == last // runs else rows
                    i, stop = max(row, i), min(end, stop)
                    if i >= stop:
                        continue
                    if not is_filled:
                        fill_block(block, end - row, depth, a + row * ITEM, a_depth)
                        is_filled = True
                    width = min(LANES, columns - of_panel * LANES)
                    fill_panel(panel, b + of_panel * LANES * ITEM, b_depth, depth, width)
                    while i < stop:
                        woven(context, record, step_size, depth, block + (i - row) * depth * ITEM,
                              panel, found, count, first)  # fmt: skip
                        count, first = min(TALL, stop - i), (of_panel * rows + i) * LANES
                        i += TALL
            woven(context, record, step_size, 0, block, panel, found, count, first)

    kernel.__name__ = formula.name
    kernel.__doc__ = f"""Update packed c by the gradient g[i, j] = sum over k of a[i, k] b[k, j].

    {formula.words}

    record: that of the flat kernel: its values are c, without gaps; its gradients are not used.
    a[i, k] and a[i + 1, k] are neighbours, and so are b[k, j] and b[k, j + 1]; a_depth and b_depth
    are the bytes from k to k + 1. What is divided among workers: panels, and runs of RUN rows in
    them. row_block: how many rows of a are copied at a time, a multiple of RUN. Scratch:
    scratch_bytes(...).
    """
    return native(kernel)


PACKED: Final = {
    flat_updates.adam: _packed(formulas.ADAM),
    flat_updates.rmsprop: _packed(formulas.RMSPROP),
    flat_updates.sgd: _packed(formulas.SGD),
    flat_updates.sgd_momentum: _packed(formulas.SGD_MOMENTUM),
    flat_updates.sign_sgd: _packed(formulas.SIGN_SGD),
    flat_updates.sign_sgd_momentum: _packed(formulas.SIGN_SGD_MOMENTUM),
}
"""The packed kernel of each method, by its flat kernel."""


def scratch_bytes(rows: int, depth: int, row_block: int, target: Target) -> int:
    """The bytes of scratch memory that a packed update needs."""
    tall = TALL.of(target)
    of_a = min(row_block, rows + tall) * depth * target.item
    return (depth + tall) * target.width + of_a
