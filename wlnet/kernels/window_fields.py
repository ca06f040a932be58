"""The fields of the window kernels for given shapes: sizes and distances, all but addresses.

Shapes have three axes of space (plane, row, column); fewer are brought to three by ones in front.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import gcd, prod
from typing import Any

from wlnet.kernels.window_gradients import COPIES, NEAR
from wlnet.kernels.window_spreading import KNOWN
from wlnet.kernels.windows_in_rows import SEEN
from wlnet.kernels.windows_in_rows_back import CHUNK, HELD, PART

Shape = Sequence[int]
Padding = Sequence[tuple[int, int]]
Fields = dict[str, Any]
AXES = ("plane", "row", "column")
ACROSS_MOST = TALLEST = 5


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
    for phase in itertools.product(*map(range, stride)):
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
        if all(fields[f"{axis}s"] for axis in AXES):
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
    return item * lanes * fields["inputs"] * deep * wide


def in_rows(fields: Fields) -> Fields:
    """`convolve_rows` and `convolve_rows_weights` from `forward` with one lane."""
    gone = "y_plane", "y_row", "y_column"
    return {name: word for name, word in fields.items() if name not in gone}


def pooled_in_rows(fields: Fields, item: int) -> Fields:
    """`convolve_rows_pooled` from `pooled` with one lane, and the bytes of a number."""
    told = {f"told_{part}": fields[f"y_{part}"] // item * 4 for part in ("block", "channel")}
    kept = {name: word for name, word in fields.items() if not name.startswith("place_")}
    return in_rows(kept) | told


def rows_scratch(fields: Fields, item: int, width: int) -> int:
    """How many bytes of its own a worker needs for `convolve_rows` and `convolve_rows_pooled`, if
    a vector has `width` bytes: what a few vectors of places meet."""
    offsets, pooling = fields["inputs"], "x_planes" not in fields
    for axis in AXES:
        if f"{axis}_count" in fields:
            reach = (fields[f"{axis}_count"] - 1) * fields[f"{axis}_step"]
            offsets *= reach + 1 + (fields[f"{axis}_stride"] if pooling else 0)
    return max(SEEN, 4 * offsets * width) + 21 * width


def back_in_rows(fields: Fields) -> Fields:
    """`convolve_rows_input` from `forward` with one lane."""
    gone = "w_plane", "w_row", "w_column"
    return {name: word for name, word in in_rows(fields).items() if name not in gone}


def back_scratch(fields: Fields, item: int, width: int) -> int:
    """How many bytes of its own a worker needs for `convolve_rows_input`, if a vector has `width`
    bytes: what is known of phases, a row by phases, the last places, and what is sent."""
    places = -(-prod(fields[f"{axis}s"] for axis in AXES) * item // width) * width
    offsets = prod(fields[f"{axis}_count"] for axis in AXES)
    # As many channels as a tile has rows, even where one takes more than is held.
    held = max(HELD, (offsets + TALLEST - 1) * places)
    return pool_back_scratch(fields, item, width) + fields["outputs"] * width + held


def weights_scratch(fields: Fields, item: int, width: int) -> int:
    """How many bytes of its own a worker needs for `convolve_rows_weights`, if a vector has `width`
    bytes: what some places send, and what they meet."""
    places = fields["blocks"] * prod(fields[f"{axis}s"] for axis in AXES)
    step = width * (1 + min(PART, -(-places * item // width)))
    offsets = prod((fields[f"{axis}_count"] - 1) * fields[f"{axis}_step"] + 1 for axis in AXES)
    return min(fields["outputs"], CHUNK) * step + max(HELD, offsets * step)


def pooling_in_rows(fields: Fields) -> Fields:
    """`pool_sum_rows` from `pooling` with one lane; `pool_max_rows` has all of those."""
    return {name: word for name, word in fields.items() if not name.startswith("place_")}


def pool_rows_scratch(fields: Fields, width: int) -> int:
    """How many bytes of its own a worker needs for those, if a vector has `width` bytes."""
    return (1 + prod(fields[f"{axis}_count"] for axis in AXES)) * width


def pool_back_scratch(fields: Fields, item: int, width: int) -> int:
    """The same for `pool_back_rows`: what is known of phases, and a row by phases."""
    known = 8 * KNOWN * sum(fields[f"{axis}_stride"] for axis in AXES)
    stride = fields["column_stride"]
    of_phase = (fields["x_columns"] + stride - 1) // stride
    return known + stride * -(-of_phase * item // width) * width
