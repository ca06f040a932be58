"""Images at spots between their entries, bilinear, and what goes back to both.

Spots are a table of columns and one of rows for each image. Computed in 64 bits: between two large
entries the difference counts.
"""

from __future__ import annotations

import numpy as np

from wlnet.kernels.emit.instructions import ITEM, real, reals, start_of, stop_of
from wlnet.kernels.language import PerTarget, native, routine

LINE = PerTarget(lambda target: 64 // target.item)
"""Numbers in a line of the cache, which two workers should not write at a time."""


@routine
def number_at(address, i):  # type: ignore[no-untyped-def]
    """The i-th number from an address on, in 64 bits."""
    return np.float64(reals(address)[i])


@routine
def is_near(at, size):  # type: ignore[no-untyped-def]
    """Whether a spot is at one of so many entries, or beside one."""
    return at >= -1.0 and at < size


@routine
def entry_before(at):  # type: ignore[no-untyped-def]
    """The entry at a spot, or the one before it."""
    i = np.int64(at)
    return i - 1 if at < i else i


@routine
def entry(image, height, width, row, column):  # type: ignore[no-untyped-def]
    """An entry of an image; 0 beyond it."""
    if row < 0 or row >= height or column < 0 or column >= width:
        return 0.0
    return number_at(image, row * width + column)


@native
def interpolate(context, count, channels, height, width, points, x, spots, y):  # type: ignore[no-untyped-def]
    """y[b, c, p] = x[b, c] at spots[b, :, p]. Divided by the count of numbers of y."""
    for i in range(start_of(context, count, LINE), stop_of(context, count, LINE)):
        plane, p = i // points, i % points
        table = spots + plane // channels * 2 * points * ITEM
        across, down = number_at(table, p), number_at(table, points + p)
        total = 0.0
        if across != across or down != down:
            total = np.nan
        elif is_near(across, width) and is_near(down, height):
            image = x + plane * height * width * ITEM
            column, row = entry_before(across), entry_before(down)
            right, below = across - column, down - row
            for k in range(2):
                near = entry(image, height, width, row + k, column)
                # What has no part in it may be infinite.
                if right > 0.0:
                    near = near + right * (entry(image, height, width, row + k, column + 1) - near)
                if k == 0:
                    total = near
                elif below > 0.0:
                    total = total + below * (near - total)
        reals(y + i * ITEM)[0] = real(total)


@native
def interpolate_input(context, planes, channels, height, width, points, d, spots, y):  # type: ignore[no-untyped-def]
    """The other way: zeros, and d[b, c, p] added to the entries about its spot by how near they
    are. Divided by planes."""
    for plane in range(start_of(context, planes, 1), stop_of(context, planes, 1)):
        table = spots + plane // channels * 2 * points * ITEM
        sums = reals(y + plane * height * width * ITEM)
        for i in range(height * width):
            sums[i] = real(0.0)
        for p in range(points):
            across, down = number_at(table, p), number_at(table, points + p)
            if not (is_near(across, width) and is_near(down, height)):
                continue
            number = number_at(d, plane * points + p)
            column, row = entry_before(across), entry_before(down)
            right, below = across - column, down - row
            for k in range(4):
                i, j = row + k // 2, column + k % 2
                if 0 <= i < height and 0 <= j < width:
                    part = below if k >= 2 else 1.0 - below
                    part = part * (right if k % 2 == 1 else 1.0 - right)
                    sums[i * width + j] += real(part * number)


@native
def interpolate_spots(context, count, channels, height, width, points, d, x, spots, y):  # type: ignore[no-untyped-def]
    """By the column and the row of each spot, summed over the channels. Divided by the count of
    spots of all images."""
    for i in range(start_of(context, count, LINE), stop_of(context, count, LINE)):
        image, p = i // points, i % points
        table, made = spots + image * 2 * points * ITEM, y + image * 2 * points * ITEM
        across, down = number_at(table, p), number_at(table, points + p)
        by_column, by_row = 0.0, 0.0
        if across != across or down != down:
            by_column, by_row = np.nan, np.nan
        elif is_near(across, width) and is_near(down, height):
            column, row = entry_before(across), entry_before(down)
            right, below = across - column, down - row
            for c in range(channels):
                plane = image * channels + c
                at = x + plane * height * width * ITEM
                number = number_at(d, plane * points + p)
                a, b = (
                    entry(at, height, width, row, column),
                    entry(at, height, width, row, column + 1),
                )
                u, v = (
                    entry(at, height, width, row + 1, column),
                    entry(at, height, width, row + 1, column + 1),
                )
                by_column += number * ((1.0 - below) * (b - a) + below * (v - u))
                by_row += number * ((1.0 - right) * (u - a) + right * (v - b))
        reals(made + p * ITEM)[0] = real(by_column)
        reals(made + (points + p) * ITEM)[0] = real(by_row)
