"""The fields of the kernels of examples one by one, and the scratch memory that they need.

Direct convolution, vectorized over neighbouring pixels (layout NCHW).

Fields come from those of window_fields.py for one lane. item: the bytes of a number; width: those
of a vector.
"""

from __future__ import annotations

from math import prod

from wlnet.kernels.language import Target
from wlnet.kernels.windows.window_spreading import KNOWN
from wlnet.kernels.windows.window_tiles import MIDDLE, WIDE
from wlnet.kernels.windows.windows_in_rows import HELD
from wlnet.kernels.windows.windows_in_rows_back import CHUNK, PART
from wlnet.plan.calls.window_fields import AXES, Fields


def tile_of(item: int, width: int) -> tuple[int, int]:
    """How many channels and vectors of places the largest tile has."""
    target = Target("Real32" if item == 4 else "Real64", width)
    return MIDDLE.of(target), WIDE.of(target)


def forward(fields: Fields) -> Fields:
    """`convolve_rows` from `forward`."""
    gone = "y_plane", "y_row", "y_column"
    return {name: word for name, word in fields.items() if name not in gone}


def pooled(fields: Fields, item: int) -> Fields:
    """`convolve_rows_pooled` from `pooled`."""
    told = {f"told_{part}": fields[f"y_{part}"] // item * 4 for part in ("block", "channel")}
    kept = {name: word for name, word in fields.items() if not name.startswith("place_")}
    return forward(kept) | told


def forward_scratch(fields: Fields, item: int, width: int) -> int:
    """What a few vectors of places meet, for `convolve_rows` and `convolve_rows_pooled`, and a tile
    of results."""
    offsets, pooling = fields["inputs"], "x_planes" not in fields
    for axis in AXES:
        if f"{axis}_count" in fields and pooling:
            # Two lines of places, and all that lies between the elements of their windows.
            reach = (fields[f"{axis}_count"] - 1) * fields[f"{axis}_step"]
            offsets *= fields[f"{axis}_stride"] + reach + 1
        elif f"{axis}_count" in fields:
            offsets *= fields[f"{axis}_count"]
    high, wide = tile_of(item, width)
    return int(max(HELD, wide * offsets * width) + high * wide * width)


def back(fields: Fields) -> Fields:
    """`convolve_rows_input` and `convolve_rows_weights` from `forward`."""
    gone = "w_plane", "w_row", "w_column"
    return {name: word for name, word in forward(fields).items() if name not in gone}


def input_scratch(fields: Fields, item: int, width: int) -> int:
    """What is known of phases, a row by phases, the last places, and what some rows of places send
    to as many channels as are held, or as a tile has."""
    offsets = prod(fields[f"{axis}_count"] for axis in AXES)
    reach = (fields["row_count"] - 1) * fields["row_step"] // fields["row_stride"] + 2
    most = max(HELD // (offsets * fields["columns"] * item), 4 * reach)
    rows = fields["rows"]
    if fields["planes"] == fields["x_planes"] == 1:
        rows = min(rows, most)
    places = fields["planes"] * rows * fields["columns"]
    step = -(-places * item // width) * width
    held = max(HELD, (offsets + tile_of(item, width)[0] - 1) * step)
    return int(pool_back_scratch(fields, item, width) + fields["outputs"] * width + held)


def weights_scratch(fields: Fields, item: int, width: int) -> int:
    """What some places send, and what they meet."""
    places = fields["blocks"] * prod(fields[f"{axis}s"] for axis in AXES)
    step = width * (1 + min(PART, -(-places * item // width)))
    offsets = prod(fields[f"{axis}_count"] for axis in AXES)
    return int(min(fields["outputs"], CHUNK) * step + max(HELD, offsets * step))


def pool_sum(fields: Fields) -> Fields:
    """`pool_sum_rows` from `pooling`, which are those of the other kernels of pooling."""
    return {name: word for name, word in fields.items() if not name.startswith("place_")}


def pool_scratch(fields: Fields, width: int) -> int:
    """What the windows of a vector of places meet, and a vector."""
    return int((1 + prod(fields[f"{axis}_count"] for axis in AXES)) * width)


def pool_back_scratch(fields: Fields, item: int, width: int) -> int:
    """What is known of phases, and a row by phases."""
    known = 8 * KNOWN * sum(fields[f"{axis}_stride"] for axis in AXES)
    stride = fields["column_stride"]
    of_phase = (fields["x_columns"] + stride - 1) // stride
    return int(known + stride * -(-of_phase * item // width) * width)
