"""Windows that slide over each channel: the largest element, the sum, and their derivatives.

One to three axes of space; missing ones are axes of size 1 in front.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from wlnet.kernels.kernel import kernel

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Shape = tuple[int, ...]
Sizes = tuple[int, int, int]


def pool_max(
    outputs: Arrays,
    inputs: Arrays,
    scratch: Array | None = None,
    *,
    kernel: Shape,
    stride: Shape,
    padding: Any,
) -> None:
    """The largest of each window, and its place in the window; padding never is the largest."""
    (y, where), (x,) = outputs, inputs
    # A window of nothing but padding has no largest element to read.
    assert all(max(pads) < size for pads, size in zip(padding, kernel, strict=True)), padding
    if _is_two_by_two(kernel, stride, padding):
        largest_of_four(_planes(y), _planes(where), _planes(x))
    else:
        largest(_volumes(y), _volumes(where), _volumes(x), *_three(kernel, stride, padding))


def pool_max_input(
    outputs: Arrays,
    inputs: Arrays,
    scratch: Array | None = None,
    *,
    shape: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Any,
) -> None:
    """Each window's gradient goes to the place that was largest."""
    (d_x,), (d, where) = outputs, inputs
    if _is_two_by_two(kernel, stride, padding):
        send_to_one_of_four(_planes(d_x), _planes(d), _planes(where))
    else:
        sizes = _three(kernel, stride, padding)
        send_to_largest(_volumes(d_x), _volumes(d), _volumes(where), *sizes)


def pool_sum(
    outputs: Arrays,
    inputs: Arrays,
    scratch: Array | None = None,
    *,
    kernel: Shape,
    stride: Shape,
    padding: Any,
) -> None:
    """The sum of each window; padding counts as zeros."""
    (y,), (x,) = outputs, inputs
    add_up(_volumes(y), _volumes(x), *_three(kernel, stride, padding))


def pool_sum_input(
    outputs: Arrays,
    inputs: Arrays,
    scratch: Array | None = None,
    *,
    shape: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Any,
) -> None:
    """Each window's gradient goes to every element of the window."""
    (d_x,), (d,) = outputs, inputs
    send_to_all(_volumes(d_x), _volumes(d), *_three(kernel, stride, padding))


def _volumes(x: Array) -> Array:
    """(batch, channels, *space) as (batch x channels, depth, height, width)."""
    ones = (1,) * (5 - x.ndim)
    return x.reshape(x.shape[0] * x.shape[1], *ones, *x.shape[2:])


def _is_two_by_two(kernel: Shape, stride: Shape, padding: Any) -> bool:
    """The window that most nets use has kernels of its own, many times as quick."""
    return tuple(kernel) == tuple(stride) == (2, 2) and not any(map(any, padding))


def _planes(x: Array) -> Array:
    return x.reshape(-1, *x.shape[2:])


def _three(kernel: Shape, stride: Shape, padding: Any) -> tuple[Sizes, Sizes, Sizes]:
    missing = 3 - len(kernel)
    before = (0,) * missing + tuple(pads[0] for pads in padding)
    ones = (1,) * missing
    return (*ones, *kernel), (*ones, *stride), before  # type: ignore[return-value]


@kernel
def inside(start: Any, kernel: Any, size: Any) -> Any:
    """Which of a window's elements, first and one past the last, are not padding."""
    return max(0, -start), min(kernel, size - start)


@kernel
def largest(y: Array, where: Array, x: Array, kernel: Any, stride: Any, before: Any) -> None:
    """All (volumes, depth, height, width)."""
    for volume in range(y.shape[0]):
        for p in range(y.shape[1]):
            i = p * stride[0] - before[0]
            i_first, i_last = inside(i, kernel[0], x.shape[1])
            for q in range(y.shape[2]):
                j = q * stride[1] - before[1]
                j_first, j_last = inside(j, kernel[1], x.shape[2])
                for r in range(y.shape[3]):
                    k = r * stride[2] - before[2]
                    k_first, k_last = inside(k, kernel[2], x.shape[3])
                    best = x[volume, i + i_first, j + j_first, k + k_first]
                    place = (i_first * kernel[1] + j_first) * kernel[2] + k_first
                    for a in range(i_first, i_last):
                        for b in range(j_first, j_last):
                            for c in range(k_first, k_last):
                                number = x[volume, i + a, j + b, k + c]
                                # The first NaN beats all: nothing is <= NaN, NaN <= nothing.
                                if not number <= best and best == best:
                                    best = number
                                    place = (a * kernel[1] + b) * kernel[2] + c
                    y[volume, p, q, r] = best
                    where[volume, p, q, r] = place


@kernel
def send_to_largest(
    d_x: Array, d: Array, where: Array, kernel: Any, stride: Any, before: Any
) -> None:
    """All (volumes, depth, height, width)."""
    for volume in range(d.shape[0]):
        d_x[volume] = 0
        for p in range(d.shape[1]):
            for q in range(d.shape[2]):
                for r in range(d.shape[3]):
                    place = int(where[volume, p, q, r])
                    line, c = divmod(place, kernel[2])
                    a, b = divmod(line, kernel[1])
                    i = p * stride[0] - before[0] + a
                    j = q * stride[1] - before[1] + b
                    k = r * stride[2] - before[2] + c
                    d_x[volume, i, j, k] += d[volume, p, q, r]


@kernel
def add_up(y: Array, x: Array, kernel: Any, stride: Any, before: Any) -> None:
    """All (volumes, depth, height, width)."""
    for volume in range(y.shape[0]):
        for p in range(y.shape[1]):
            i = p * stride[0] - before[0]
            i_first, i_last = inside(i, kernel[0], x.shape[1])
            for q in range(y.shape[2]):
                j = q * stride[1] - before[1]
                j_first, j_last = inside(j, kernel[1], x.shape[2])
                for r in range(y.shape[3]):
                    k = r * stride[2] - before[2]
                    k_first, k_last = inside(k, kernel[2], x.shape[3])
                    total = x.dtype.type(0)
                    for a in range(i_first, i_last):
                        for b in range(j_first, j_last):
                            for c in range(k_first, k_last):
                                total += x[volume, i + a, j + b, k + c]
                    y[volume, p, q, r] = total


@kernel
def send_to_all(d_x: Array, d: Array, kernel: Any, stride: Any, before: Any) -> None:
    """All (volumes, depth, height, width)."""
    for volume in range(d.shape[0]):
        d_x[volume] = 0
        for p in range(d.shape[1]):
            i = p * stride[0] - before[0]
            i_first, i_last = inside(i, kernel[0], d_x.shape[1])
            for q in range(d.shape[2]):
                j = q * stride[1] - before[1]
                j_first, j_last = inside(j, kernel[1], d_x.shape[2])
                for r in range(d.shape[3]):
                    k = r * stride[2] - before[2]
                    k_first, k_last = inside(k, kernel[2], d_x.shape[3])
                    number = d[volume, p, q, r]
                    for a in range(i_first, i_last):
                        for b in range(j_first, j_last):
                            for c in range(k_first, k_last):
                                d_x[volume, i + a, j + b, k + c] += number


@kernel
def largest_of_four(y: Array, where: Array, x: Array) -> None:
    """`largest` for 2 x 2 windows side by side: all (planes, height, width)."""
    for plane in range(y.shape[0]):
        for q in range(y.shape[1]):
            upper, lower = x[plane, 2 * q], x[plane, 2 * q + 1]
            row, places = y[plane, q], where[plane, q]
            for r in range(row.size):
                # Selections, no jumps: this loop becomes vector code.
                left, right = upper[2 * r], upper[2 * r + 1]
                more = (not right <= left) & (left == left)
                best, place = right if more else left, 1 if more else 0
                left, right = lower[2 * r], lower[2 * r + 1]
                more = (not left <= best) & (best == best)
                best, place = left if more else best, 2 if more else place
                more = (not right <= best) & (best == best)
                row[r] = right if more else best
                places[r] = 3 if more else place


@kernel
def send_to_one_of_four(d_x: Array, d: Array, where: Array) -> None:
    """`send_to_largest` for 2 x 2 windows side by side: all (planes, height, width)."""
    zero = d.dtype.type(0)
    height, width = d.shape[1:]
    for plane in range(d.shape[0]):
        for q in range(height):
            upper, lower = d_x[plane, 2 * q], d_x[plane, 2 * q + 1]
            row, places = d[plane, q], where[plane, q]
            for r in range(width):
                number, place = row[r], places[r]
                upper[2 * r] = number if place == 0 else zero
                upper[2 * r + 1] = number if place == 1 else zero
                lower[2 * r] = number if place == 2 else zero
                lower[2 * r + 1] = number if place == 3 else zero
            for k in range(2 * width, d_x.shape[2]):
                upper[k] = zero
                lower[k] = zero
        for j in range(2 * height, d_x.shape[1]):
            d_x[plane, j] = zero
