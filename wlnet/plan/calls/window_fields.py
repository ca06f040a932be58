"""The fields of the window kernels for given shapes: sizes and distances, all but addresses.

The way back to the input goes phase by phase of the strides (polyphase).

Shapes have three axes of space (plane, row, column); fewer are brought to three by ones in front.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import gcd, prod
from typing import Any, TypeVar

from wlnet.kernels.windows.window_gradients import COPIES, NEAR

T = TypeVar("T")
Shape = Sequence[int]
Padding = Sequence[tuple[int, int]]
Fields = dict[str, Any]
AXES = ("plane", "row", "column")
ACROSS_MOST = 5


def spread(shape: Sequence[int]) -> tuple[int, ...]:
    """Two sizes and three of space."""
    return (*shape[:2], *(1,) * (len(AXES) + 2 - len(shape)), *shape[2:])


def in_space(one: T, given: Sequence[T]) -> tuple[T, ...]:
    """What is told of three axes of space: `one` for those in front that there are not."""
    return (one,) * (len(AXES) - len(given)) + tuple(given)


def distances(name: str, shape: Shape, unit: int) -> Fields:
    """The bytes between blocks, channels, planes and rows of an array that lies in one piece."""
    steps = [unit * prod(shape[i + 1 :]) for i in range(4)]
    parts = ("block", "channel", "plane", "row")
    return {f"{name}_{part}": step for part, step in zip(parts, steps, strict=True)}


def forward(
    x: Shape, w: Shape, y: Shape, *, stride: Shape, padding: Padding, dilation: Shape, groups: int,
    item: int, lanes: int,
) -> Fields:  # fmt: skip
    """`convolve`; x, y (blocks, channels, planes, rows, columns), w (out, in/groups, *kernel)."""
    unit = item * lanes
    fields = {
        "blocks": x[0], "groups": groups, "inputs": w[1], "outputs": w[0] // groups,
        "planes": y[2], "rows": y[3], "columns": y[4],
        **distances("x", x, unit), **distances("y", y, unit), "y_column": unit,
        "x_planes": x[2], "x_rows": x[3], "x_columns": x[4],
        "w_group": item * prod(w[1:]) * (w[0] // groups),
        "w_out": item * prod(w[1:]), "w_in": item * prod(w[2:]),
        "w_plane": item * w[3] * w[4], "w_row": item * w[4], "w_column": item,
    }  # fmt: skip
    for i, axis in enumerate(AXES):
        fields[f"{axis}_first"] = -padding[i][0]
        fields[f"{axis}_stride"] = stride[i]
        fields[f"{axis}_step"] = dilation[i]
        fields[f"{axis}_count"] = w[2 + i]
    return fields


def backward(
    d: Shape, w: Shape, x: Shape, *, stride: Shape, padding: Padding, dilation: Shape, groups: int,
    item: int, lanes: int,
) -> list[tuple[Fields, int, int]]:  # fmt: skip
    """`convolve` from d to the gradient by x: one call for every phase of the stride.

    Each comes with how many bytes are to be added to the addresses of w, and of the result.
    An input pixel meets only the elements of the kernel that fall on it: every `every`-th from the
    `start`-th on. All pixels of one phase meet the same ones.
    """
    unit = item * lanes
    back = distances("y", x, unit) | {"y_column": unit}
    w_steps = {"plane": item * w[3] * w[4], "row": item * w[4], "column": item}
    calls = []
    # Phases behind the last pixel have none.
    for phase in itertools.product(*(range(min(s, n)) for s, n in zip(stride, x[2:], strict=True))):
        fields = {
            "blocks": d[0], "groups": groups, "inputs": w[0] // groups, "outputs": w[1],
            **distances("x", d, unit), **back,
            "x_planes": d[2], "x_rows": d[3], "x_columns": d[4],
            "w_group": item * prod(w[1:]) * (w[0] // groups),
            "w_out": item * prod(w[2:]), "w_in": item * prod(w[1:]),
        }  # fmt: skip
        w_at = y_at = 0
        for i, axis in enumerate(AXES):
            places = (x[2 + i] - phase[i] + stride[i] - 1) // stride[i]
            every = stride[i] // gcd(stride[i], dilation[i])
            at = phase[i] + padding[i][0]
            meets = [k for k in range(w[2 + i]) if (at - k * dilation[i]) % stride[i] == 0]
            start = meets[0] if meets else 0
            fields[f"{axis}s"] = places
            fields[f"{axis}_first"] = (at - start * dilation[i]) // stride[i]
            fields[f"{axis}_stride"] = 1
            fields[f"{axis}_step"] = -(every * dilation[i] // stride[i])
            fields[f"{axis}_count"] = len(meets)
            fields[f"w_{axis}"] = w_steps[axis] * every
            w_at += start * w_steps[axis]
            y_at += phase[i] * back[f"y_{axis}"]
            fields[f"y_{axis}"] = back[f"y_{axis}"] * stride[i]
        calls.append((fields, w_at, y_at))
    return calls


def gradient(fields: Fields) -> Fields:
    """`convolve_weights`: those fields of `forward` that it has."""
    return {name: word for name, word in fields.items() if name != "y_column"}


def gradient_scratch(fields: Fields, item: int, lanes: int) -> int:
    """How many bytes of its own a worker needs for `convolve_weights`: for a padded copy of a few
    channels of the input."""
    vector, places = item * lanes, prod(fields[f"{axis}s"] for axis in AXES)
    blocks = min(fields["blocks"], max(1, NEAR // (places * vector)))
    cells, outer = vector * blocks, False
    for axis in AXES:
        reach = (fields[f"{axis}_count"] - 1) * fields[f"{axis}_step"]
        met = (fields[f"{axis}s"] - 1) * fields[f"{axis}_stride"] + reach + 1
        first = fields[f"{axis}_first"]
        outer = outer or first < 0 or first + met > fields[f"x_{axis}s"]
        cells *= met
    return max(COPIES, ACROSS_MOST * cells) if outer else 0


def pooling(
    x: Shape, y: Shape, *, kernel: Shape, stride: Shape, padding: Padding, item: int, lanes: int
) -> Fields:
    """`pool_max`, `pool_sum` (but for its places) and `pool_back`."""
    fields = {
        "blocks": x[0], "channels": x[1], "planes": y[2], "rows": y[3], "columns": y[4],
        **distances("x", x, item * lanes), **distances("y", y, item * lanes),
        **distances("place", y, 4 * lanes),
        "x_planes": x[2], "x_rows": x[3], "x_columns": x[4],
    }  # fmt: skip
    for i, axis in enumerate(AXES):
        fields[f"{axis}_first"] = -padding[i][0]
        fields[f"{axis}_stride"] = stride[i]
        fields[f"{axis}_count"] = kernel[i]
    return fields


def pooled(fields: Fields, rows: int, columns: int, item: int, lanes: int) -> Fields:
    """`convolve_pooled`: from the fields of `forward` with one plane, and its size of y."""
    channels = fields["groups"] * fields["outputs"]
    shape = fields["blocks"], channels, 1, rows, columns
    mine = {
        **fields, "rows": rows, "columns": columns,
        **distances("y", shape, item * lanes), **distances("place", shape, lanes),
    }  # fmt: skip
    return {name: word for name, word in mine.items() if "plane" not in name and name != "y_column"}


def pooled_scratch(fields: Fields, item: int, lanes: int) -> int:
    """How many bytes of its own a worker needs for `convolve_pooled`: the lines of the input that
    one line of windows meets, with zeros around them."""
    reach = {a: (fields[f"{a}_count"] - 1) * fields[f"{a}_step"] for a in ("row", "column")}
    deep = fields["row_stride"] + reach["row"] + 1
    wide = (2 * fields["columns"] - 1) * fields["column_stride"] + reach["column"] + 1
    return int(item * lanes * fields["inputs"] * deep * wide)
