"""Examples side by side: LANES examples become the lanes of vectors, and back.

The batch-blocked layout, CHWN inside of a block, and the packing of matrices into panels.

In lanes an array of examples is [block][value][LANES]: block k holds the examples k LANES .. with
one vector for every value. Windows run over such blocks with full vectors whatever the number of
channels is.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, real, reals, start_of, stop_of
from wlnet.kernels.emit.squares import LAST_AGAIN as LAST_AGAIN
from wlnet.kernels.emit.squares import ZEROS as ZEROS
from wlnet.kernels.emit.squares import turn
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import Address, Word, instruction, native, routine


@routine
def lane_of(examples, block, lane, fill):  # type: ignore[no-untyped-def]
    """Which example a lane holds; -1: none."""
    example = block * LANES + lane
    if example < examples:
        return example
    return -1 if fill == ZEROS else examples - 1


@native
def to_lanes(context, examples, values, fill, x, x_example, y, y_block):  # type: ignore[no-untyped-def]
    """y[block, value, lane] = x[block LANES + lane, value].

    examples: how many x has; fill: LAST_AGAIN or ZEROS, what the other lanes of the last block
    hold. The values of an example lie one after another; x_example, y_block: bytes.
    """
    chunks = (values + LANES - 1) // LANES
    blocks = (examples + LANES - 1) // LANES
    for unit in range(start_of(context, blocks * chunks, 1), stop_of(context, blocks * chunks, 1)):
        block, chunk = unit // chunks, unit % chunks
        first = chunk * LANES
        to = y + block * y_block + first * LANES * ITEM
        if values - first >= LANES:
            source = x + block * LANES * x_example + first * ITEM
            present = min(LANES, examples - block * LANES)
            turn(source, x_example, present, fill, to, LANES * ITEM, LANES)
        else:
            out = reals(to)
            for lane in range(LANES):
                example = lane_of(examples, block, lane, fill)
                row = reals(x + max(example, 0) * x_example + first * ITEM)
                for i in range(values - first):
                    out[i * LANES + lane] = row[i] if example >= 0 else real(0.0)


@native
def from_lanes(context, examples, values, x, x_block, y, y_example):  # type: ignore[no-untyped-def]
    """y[block LANES + lane, value] = x[block, value, lane]; lanes beyond the examples are left."""
    chunks = (values + LANES - 1) // LANES
    blocks = (examples + LANES - 1) // LANES
    for unit in range(start_of(context, blocks * chunks, 1), stop_of(context, blocks * chunks, 1)):
        block, chunk = unit // chunks, unit % chunks
        first = chunk * LANES
        source = x + block * x_block + first * LANES * ITEM
        to = y + block * LANES * y_example + first * ITEM
        present = min(LANES, examples - block * LANES)
        if values - first >= LANES:
            turn(source, LANES * ITEM, LANES, 0, to, y_example, present)
        else:
            block_of = reals(source)
            for lane in range(present):
                row = reals(to + lane * y_example)
                for i in range(values - first):
                    row[i] = block_of[i * LANES + lane]


@instruction("none", *["word"] * 4)
def spread_row(kit: Kit, count: Word, source: Address, to: Address, far: Word) -> None:
    """Write so many numbers vector by vector, `far` bytes apart; zeros in what is left of the last
    one."""
    build = kit.builder
    vectors = build.udiv(build.add(count, constant(kit.lanes - 1)), constant(kit.lanes))

    def each(i: Word, state: State) -> State:
        mask = kit.first(build.sub(count, build.mul(i, constant(kit.lanes))))
        place = build.add(source, build.mul(i, constant(kit.target.width)))
        kit.store(kit.load_part(place, mask), to, build.mul(i, far))
        return state

    kit.loop(vectors, [], each)


@native
def to_panels(context, rows, columns, x, x_row, y):  # type: ignore[no-untyped-def]
    """y[block, row, lane] = x[row, block LANES + lane]; lanes beyond the last column hold zeros."""
    size = LANES * ITEM
    for row in range(start_of(context, rows, LANES), stop_of(context, rows, LANES)):
        spread_row(columns, x + row * x_row, y + row * size, rows * size)
