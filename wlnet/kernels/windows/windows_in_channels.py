"""Convolution with channels side by side, of any stride, dilation and groups (the layout NHWC).

Implicit GEMM: [image][plane][row][column][channel]; a row for each pixel of the results, so that
the speed does not depend on how many images there are. Images have the zeros around them that
windows meet: `pad_channels` puts them there. Of w the output channels lie side by side.

A worker copies the kernels of a strip of output channels into a panel, for a span of pixels. Each
sum runs through planes, rows and columns of the kernel, then channels; or, for the gradient by the
weights, through all pixels.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    copy_bytes,
    scratch,
    set_word,
    start_of,
    stop_of,
    workers,
)
from wlnet.kernels.language import native, routine
from wlnet.kernels.products.panels import pack_columns
from wlnet.kernels.products.tiles import NO_ACTIVATION, TALL
from wlnet.kernels.windows.channel_tiles import PANEL, channel_tile
from wlnet.kernels.windows.window_tiles import zero_bytes

SPAN = 128
"""How many pixels a worker does at a time, for all output channels."""
WORD = 8
"""Bytes of a word of a table."""

narrow, wide = channel_tile(1), channel_tile(2)


@native
def pad_channels(  # type: ignore[no-untyped-def]
    context, blocks, planes, rows, columns, plane_before, row_before, column_before, x, x_planes,
    x_rows, line, y, y_line, pixel,
):  # fmt: skip
    """y = x with zeros around it: images of planes x rows x columns pixels; `line` and `y_line`:
    the bytes of a row of each, `pixel` those of a pixel."""
    total = blocks * planes * rows
    for each in range(start_of(context, total, 1), stop_of(context, total, 1)):
        row, rest = each % rows - row_before, each // rows
        plane, block = rest % planes - plane_before, rest // planes
        to = y + each * y_line
        if row < 0 or row >= x_rows or plane < 0 or plane >= x_planes:
            zero_bytes(to, y_line)
        else:
            before = column_before * pixel
            kept = min(line, y_line - before)
            zero_bytes(to, before)
            copy_bytes(to + before, x + ((block * x_planes + plane) * x_rows + row) * line, kept)
            zero_bytes(to + before + kept, y_line - before - kept)


@routine
def places_of(  # type: ignore[no-untyped-def]
    table, first, count, total, planes, rows, columns, block_step, plane_step, row_step, column_step
):
    """How far pixels from the first on lie; what is behind the last lies where that one does."""
    column, rest = first % columns, first // columns
    row, rest = rest % rows, rest // rows
    plane, block = rest % planes, rest // planes
    for i in range(count):
        set_word(table, i, block * block_step + plane * plane_step + row * row_step
                 + column * column_step)  # fmt: skip
        if first + i + 1 < total:
            column += 1
            if column == columns:
                column, row = 0, row + 1
            if row == rows:
                row, plane = 0, plane + 1
            if plane == planes:
                plane, block = 0, block + 1


@native
def convolve_channels(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_plane, x_row, x_column, plane_stride, row_stride, column_stride,
    plane_step, row_step, column_step, plane_count, row_count, column_count,
    w, w_group, w_in, w_plane, w_row, w_column, bias,
    y, y_block, y_plane, y_row, y_column, activation, gate,
):  # fmt: skip
    """y[b, p, g, o] = bias[g, o] + sum over t, i of x[b, at(p, t), g, i] w[g, t, i, o].

    Along each axis of space at(p, t) = p stride + t step for t < count: x is the pixel that the
    first one meets with t = 0. inputs, outputs: channels of one group. The derivative by the input
    is the same sum with steps that go backwards: see window_fields.py. Scratch: a panel, and two
    tables of SPAN and twice TALL words.
    """
    strip = PANEL * LANES
    strips = (outputs + strip - 1) // strip
    team, lead = workers(context), groups * strips
    total = blocks * planes * rows * columns
    tiles = (total + TALL - 1) // TALL
    spans = (total + SPAN - 1) // SPAN
    if spans * lead % team != 0:
        spans = max(spans, min(tiles, (spans + team - 1) // team * team))
    taps = plane_count * row_count * column_count
    own, last_span = scratch(context), -1
    y_table = own + (SPAN + 2 * TALL) * WORD
    panel = y_table + (SPAN + 2 * TALL) * WORD
    depth = inputs * PANEL * LANES * ITEM
    units = spans * lead
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        part, span = unit % lead, unit // lead
        group, j = part // strips, part % strips * strip
        first, last = tiles * span // spans, tiles * (span + 1) // spans
        if span != last_span:
            last_span = span
            count = (last - first) * TALL
            places_of(own, first * TALL, count, total, planes, rows, columns, x_block,
                      plane_stride * x_plane, row_stride * x_row,
                      column_stride * x_column)  # fmt: skip
            places_of(y_table, first * TALL, count, total, planes, rows, columns, y_block, y_plane,
                      y_row, y_column)  # fmt: skip
        present = min(strip, outputs - j)
        for t in range(taps):
            column, rest = t % column_count, t // column_count
            row, plane = rest % row_count, rest // row_count
            pack_columns(panel + t * depth, present, inputs, w + group * w_group + plane * w_plane
                         + row * w_row + column * w_column + j * ITEM, w_in)  # fmt: skip
        xg = x + group * inputs * ITEM
        at = (group * outputs + j) * ITEM
        bj, gj = bias + at if bias != 0 else 0, gate + at if gate != 0 else 0
        for i in range(last - first):
            xi, yi = own + i * TALL * WORD, y_table + i * TALL * WORD
            if present > LANES:
                wide(plane_count, row_count, column_count, inputs, xg, plane_step * x_plane,
                     row_step * x_row, column_step * x_column, ITEM, xi, panel, bj, y + at, yi,
                     activation, gj, 0, present)  # fmt: skip
            else:
                narrow(plane_count, row_count, column_count, inputs, xg, plane_step * x_plane,
                       row_step * x_row, column_step * x_column, ITEM, xi, panel, bj, y + at, yi,
                       activation, gj, 0, present)  # fmt: skip


@native
def convolve_channels_weights(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_plane, x_row, x_column, plane_stride, row_stride, column_stride,
    plane_step, row_step, column_step, plane_count, row_count, column_count,
    w, w_in, w_plane, w_row, w_column, y, y_column,
    some_blocks, some_planes, some_rows, some_columns,
):  # fmt: skip
    """Writes w, the gradient by the weights of `convolve_channels`, whose fields these are; y is
    the gradient by its output, whose pixels lie one after another.

    some_...: how much of an image, or how many, are summed over at once. Scratch: a panel of so
    many pixels, and two tables of TALL words.
    """
    strip = PANEL * LANES
    strips, heights = (outputs + strip - 1) // strip, (inputs + TALL - 1) // TALL
    taps = plane_count * row_count * column_count
    of_planes = (planes + some_planes - 1) // some_planes
    of_rows = (rows + some_rows - 1) // some_rows
    of_columns = (columns + some_columns - 1) // some_columns
    parts = (blocks + some_blocks - 1) // some_blocks * of_planes * of_rows * of_columns
    own = scratch(context)
    panel = own + 2 * TALL * WORD
    units = groups * strips * taps * heights
    for part in range(parts):
        c, rest = part % of_columns * some_columns, part // of_columns
        r, rest = rest % of_rows * some_rows, rest // of_rows
        p, b = rest % of_planes * some_planes, rest // of_planes * some_blocks
        far, broad = min(some_blocks, blocks - b), min(some_planes, planes - p)
        long, deep = min(some_rows, rows - r), min(some_columns, columns - c)
        begin = ((b * planes + p) * rows + r) * columns + c
        x_part = (x + b * x_block + p * plane_stride * x_plane + r * row_stride * x_row
                  + c * column_stride * x_column)  # fmt: skip
        copied = -1
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            height, rest = unit % heights, unit // heights
            tap, lead = rest % taps, rest // taps
            group, j = lead // strips, lead % strips * strip
            present = min(strip, outputs - j)
            at = (group * outputs + j) * ITEM
            if lead != copied:
                copied = lead
                pack_columns(panel, present, far * broad * long * deep, y + begin * y_column + at,
                             y_column)  # fmt: skip
            i = height * TALL
            for k in range(TALL):
                row = min(k, inputs - i - 1)
                set_word(own, k, row * ITEM)
                set_word(own, TALL + k, row * w_in)
            column, rest = tap % column_count, tap // column_count
            row, plane = rest % row_count, rest // row_count
            xi = (x_part + (group * inputs + i) * ITEM + plane * plane_step * x_plane
                  + row * row_step * x_row + column * column_step * x_column)  # fmt: skip
            wi = w + at + i * w_in + plane * w_plane + row * w_row + column * w_column
            if present > LANES:
                wide(far, broad, long, deep, xi, x_block, plane_stride * x_plane,
                     row_stride * x_row, column_stride * x_column, own, panel, 0, wi,
                     own + TALL * WORD, NO_ACTIVATION, 0, min(part, 1), present)  # fmt: skip
            else:
                narrow(far, broad, long, deep, xi, x_block, plane_stride * x_plane,
                       row_stride * x_row, column_stride * x_column, own, panel, 0, wi,
                       own + TALL * WORD, NO_ACTIVATION, 0, min(part, 1), present)  # fmt: skip
