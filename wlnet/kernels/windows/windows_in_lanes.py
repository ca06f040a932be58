"""Convolution of LANES examples side by side: [block][channel][plane][row][column][LANES].

Direct convolution (no im2col) in the batch-blocked layout, vectorized over the batch.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, start_of, stop_of, workers
from wlnet.kernels.language import native, routine
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows.window_tiles import HIGH, HIGH_WIDE, MIDDLE, WIDE, window_of

PIXELS, WEIGHTS = 256 * 1024, 32 * 1024
"""Bytes of a line of input, and of the weights of a tile, that are summed over in one go."""


@routine
def above(a, b):  # type: ignore[no-untyped-def]
    """a / b, rounded up; b is positive."""
    return -((-a) // b)


@routine
def first_inside(first, step, size):  # type: ignore[no-untyped-def]
    """The first t >= 0 from which on first + t step is not before 0 .. size-1."""
    if step > 0:
        return max(0, above(-first, step))
    return max(0, above(first - size + 1, -step))


@routine
def last_inside(first, step, size, count):  # type: ignore[no-untyped-def]
    """The end of the t < count up to which first + t step is not beyond 0 .. size-1."""
    if step > 0:
        return min(count, (size - 1 - first) // step + 1)
    return min(count, first // -step + 1)


@routine
def height_of(outputs):  # type: ignore[no-untyped-def]
    """How many channels most tiles have: those that leave the fewest over for the slow flat tile,
    for which a channel takes 8/5 of the time."""
    rest = outputs % HIGH
    middle = MIDDLE if rest >= MIDDLE else 0
    high_time = 5 * (outputs - rest + middle) + 8 * (rest - middle)
    rest = outputs % MIDDLE
    return HIGH if high_time <= 5 * (outputs - rest) + 8 * rest else MIDDLE


@native
def convolve(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_step, plane_count,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_group, w_out, w_in, w_plane, w_row, w_column, bias,
    y, y_block, y_channel, y_plane, y_row, y_column, activation, gate,
):  # fmt: skip
    """y[b, g, o, p] = bias[g, o] + sum over i, t of w[g, o, i, t] x[b, g, i, at(p, t)].

    Along each axis of space at(p, t) = first + p stride + t step for t < count; what lies outside
    of x is left out. inputs, outputs: channels of one group. Columns of x lie a vector apart.
    The derivative by the input is the same sum with steps that go backwards: see window_fields.py.
    bias, gate: 0, or an address (`window_tile`).
    """
    tall = height_of(outputs)
    lines = blocks * groups * planes * rows
    # With few lines the channels are divided as well.
    chunks = 1
    if lines < 4 * workers(context):
        chunks = max(1, min(outputs // tall, 4 * workers(context) // max(lines, 1)))
    vector = LANES * ITEM
    reach = max(column_count - 1, 0) * column_step
    low, top = column_first + min(reach, 0), column_first + max(reach, 0)
    # Columns in between meet the whole kernel.
    inside = max(0, above(-low, column_stride))
    outside = min(columns, (x_columns - 1 - top) // column_stride + 1)
    if column_count == 0:
        inside, outside = 0, columns
    x_step_plane, x_step_row = plane_step * x_plane, row_step * x_row
    x_step_column, x_pixel = column_step * vector, column_stride * vector
    # All channels of a line are summed over one slab of input channels before the next: the pixels
    # of the slab and the weights of a tile stay in the near caches.
    kernel = max(1, plane_count * row_count * column_count)
    slab = min(PIXELS // max(1, plane_count * row_count * x_columns * vector),
               WEIGHTS // (kernel * tall * ITEM))  # fmt: skip
    slab = max(slab, 1)
    if 2 * slab > inputs:
        slab = max(inputs, 1)
    units = lines * chunks
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        row, rest = unit % rows, unit // rows
        plane, rest = rest % planes, rest // planes
        chunk, rest = rest % chunks, rest // chunks
        group, block = rest % groups, rest // groups
        last = outputs * (chunk + 1) // chunks
        plane_at, row_at = plane_first + plane * plane_stride, row_first + row * row_stride
        p = first_inside(plane_at, plane_step, x_planes)
        p_count = last_inside(plane_at, plane_step, x_planes, plane_count) - p
        r = first_inside(row_at, row_step, x_rows)
        r_count = last_inside(row_at, row_step, x_rows, row_count) - r
        x_at = (x + block * x_block + group * inputs * x_channel
                + (plane_at + p * plane_step) * x_plane + (row_at + r * row_step) * x_row
                + column_first * vector)  # fmt: skip
        w_at = w + group * w_group + p * w_plane + r * w_row
        y_at = block * y_block + group * outputs * y_channel + plane * y_plane + row * y_row
        i = 0
        while i == 0 or i < inputs:
            depth, goes_on = min(slab, inputs - i), min(i, 1)
            act, gates = activation, gate
            if i + slab < inputs:
                act, gates = NO_ACTIVATION, 0
            o = outputs * chunk // chunks
            while o < last:
                height = tall if last - o >= tall else MIDDLE if last - o >= MIDDLE else 1
                wide = HIGH_WIDE if height == HIGH else WIDE
                bo = bias + (group * outputs + o) * ITEM if bias != 0 else 0
                xi, wi = x_at + i * x_channel, w_at + i * w_in + o * w_out
                j = 0
                while j < columns:
                    c, c_count, width = 0, column_count, wide
                    if j < inside or outside - j < wide:
                        at = column_first + j * column_stride
                        c = first_inside(at, column_step, x_columns)
                        c_count = last_inside(at, column_step, x_columns, column_count) - c
                        width = 1
                    xj, wj = xi + j * x_pixel + c * x_step_column, wi + c * w_column
                    yj = y_at + o * y_channel + j * y_column
                    gj = gates + yj if gates != 0 else 0
                    yj += y
                    window_of(
                        height, width, depth, p_count, r_count, c_count, wj, w_out, w_in, w_plane,
                        w_row, w_column, xj, x_channel, x_step_plane, x_step_row, x_step_column,
                        x_pixel, bo, yj, y_channel, y_column, act, gj, goes_on)  # fmt: skip
                    j += width
                o += height
            i += slab
