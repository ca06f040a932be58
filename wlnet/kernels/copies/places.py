"""The order of numbers (argsort), and parts by their places (gather_nd, scatter_nd).

Indices are int32. A place that is not there reads NaN and is not written.
"""

from __future__ import annotations

import numpy as np

from wlnet.kernels.emit.instructions import (
    ITEM,
    copy_bytes,
    indices,
    real,
    reals,
    scratch,
    start_of,
    stop_of,
    word,
)
from wlnet.kernels.language import native, routine

INDEX = 4
"""Bytes of an index."""
LINE = 64
"""Numbers that two workers do not divide."""
RUN = 16
"""Numbers that are sorted one by one; more are merged."""


@native
def as_real(context, count, x, y):  # type: ignore[no-untyped-def]
    """y[i] = x[i], an index, as a number. Divided by numbers."""
    source, out = indices(x), reals(y)
    for i in range(start_of(context, count, LINE), stop_of(context, count, LINE)):
        out[i] = real(np.float64(source[i]))


@routine
def is_behind(a, b):  # type: ignore[no-untyped-def]
    """Whether a stands behind b: it is larger, or NaN where b is a number."""
    return a > b or (a != a and b == b)


@routine
def sort_runs(n, numbers, places):  # type: ignore[no-untyped-def]
    """Places 0, 1, ... in the order of their numbers, within each run of RUN of them."""
    for i in range(n):
        number, k = numbers[i], i
        while k % RUN != 0 and is_behind(numbers[places[k - 1]], number):
            places[k] = places[k - 1]
            k -= 1
        places[k] = i


@routine
def merge(numbers, source, to, first, middle, stop):  # type: ignore[no-untyped-def]
    """Two runs in order, beside one another, as one: of equals those of the first come first."""
    i, j = first, middle
    for k in range(first, stop):
        if i < middle and (j >= stop or not is_behind(numbers[source[i]], numbers[source[j]])):
            to[k] = source[i]
            i += 1
        else:
            to[k] = source[j]
            j += 1


@native
def ordering(context, count, n, x, y):  # type: ignore[no-untyped-def]
    """The places of each row of n numbers, from 1, in the order of the numbers: a stable merge
    sort, NaN last. Divided by rows. Scratch: n indices."""
    held = scratch(context)
    for row in range(start_of(context, count, 1), stop_of(context, count, 1)):
        numbers, here, other = reals(x + row * n * ITEM), y + row * n * INDEX, held
        sort_runs(n, numbers, indices(here))
        width = RUN
        while width < n:
            for first in range(0, n, 2 * width):
                middle, stop = min(n, first + width), min(n, first + 2 * width)
                merge(numbers, indices(here), indices(other), first, middle, stop)
            here, other = other, here
            width = 2 * width
        source, out = indices(here), indices(y + row * n * INDEX)
        for k in range(n):
            out[k] = source[k] + 1


@routine
def place_of(index, depth, sizes, offset, wrap):  # type: ignore[no-untyped-def]
    """The number of the part that an index of `depth` coordinates tells; -1 where there is none."""
    at = 0
    for j in range(depth):
        size, i = word(sizes, j), np.int64(index[j]) + offset
        if i < 0:
            i += size + wrap
        if i < 0 or i >= size:
            return -1
        at = at * size + i
    return at


@native
def extract(context, count, each, parts, width, depth, sizes, offset, wrap, x, index, y):  # type: ignore[no-untyped-def]
    """y[i] = the part of array i // each of x that index[i] tells; parts of `width` numbers.

    An array has `parts` of them, along `depth` axes of these `sizes`. A coordinate is an index and
    `offset`; below 0 the size and `wrap` are added. Divided by the parts of y.
    """
    for i in range(start_of(context, count, 1), stop_of(context, count, 1)):
        at = place_of(indices(index + i * depth * INDEX), depth, sizes, offset, wrap)
        to, source = y + i * width * ITEM, x + (i // each * parts + at) * width * ITEM
        if at >= 0 and width == 1:
            reals(to)[0] = reals(source)[0]
        elif at >= 0:
            copy_bytes(to, source, width * ITEM)
        else:
            out = reals(to)
            for j in range(width):
                out[j] = real(np.nan)


@native
def put(context, count, each, parts, width, depth, sizes, offset, wrap, x, index, y):  # type: ignore[no-untyped-def]
    """The other way: zeros, and x[i] added to the part that index[i] tells. Divided by arrays."""
    for array in range(start_of(context, count, 1), stop_of(context, count, 1)):
        sums = reals(y + array * parts * width * ITEM)
        for j in range(parts * width):
            sums[j] = real(0.0)
        for i in range(array * each, (array + 1) * each):
            at = place_of(indices(index + i * depth * INDEX), depth, sizes, offset, wrap)
            if at >= 0:
                numbers = reals(x + i * width * ITEM)
                for j in range(width):
                    sums[at * width + j] += numbers[j]
