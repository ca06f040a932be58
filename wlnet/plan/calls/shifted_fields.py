"""The fields of the kernels of examples one by one with a stride of 1, and their scratch memory.

Fields come from those of window_fields.py for one lane. item: the bytes of a number; width: those
of a vector.
"""

from __future__ import annotations

from math import prod

from wlnet.kernels.language import Target
from wlnet.kernels.windows.shift_tiles import MET_WIDE
from wlnet.kernels.windows.window_tiles import WIDE
from wlnet.kernels.windows.windows_shifted import HELD, ROOM
from wlnet.kernels.windows.windows_shifted_back import PART, WORD
from wlnet.plan.calls.window_fields import AXES, Fields

GONE = ("y_row", "y_column", *(f"{axis}_stride" for axis in AXES))


def is_possible(stride: tuple[int, ...]) -> bool:
    """Whether windows can be done so."""
    return set(stride) == {1}


def forward(fields: Fields) -> Fields:
    """`convolve_shifted` from `forward`, or from the only one of `backward`."""
    return {name: word for name, word in fields.items() if name not in GONE}


def _target(item: int, width: int) -> Target:
    return Target("Real32" if item == 4 else "Real64", width)


def _copies(fields: Fields, item: int, lanes: int, vectors: int) -> int:
    """The bytes of what so many vectors of places meet from a plane of one channel."""
    count, columns = fields["column_count"], fields["columns"]
    reach = {axis: (fields[f"{axis}_count"] - 1) * abs(fields[f"{axis}_step"]) for axis in AXES}
    if fields["rows"] == fields["row_count"] == 1:
        return int(min(vectors * lanes, columns) + reach["column"] + 2 * lanes) * item
    rows = min(fields["rows"], vectors * lanes // columns + 2) + reach["row"]
    return int(count * (rows * columns + 2 * lanes) * item)


def forward_scratch(fields: Fields, item: int, width: int) -> int:
    """Copies of what some vectors of places meet, and a tile of results."""
    lanes = width // item
    wide = WIDE.of(_target(item, width))
    planes = fields["inputs"] * fields["plane_count"]
    return int(max(HELD, planes * _copies(fields, item, lanes, 2 * wide)) + ROOM * width)


def back(fields: Fields, item: int, width: int) -> Fields:
    """`convolve_shifted_weights` from `forward`; sizes alone say what the sums run over at once."""
    gone = "w_plane", "w_row", "w_column"
    kept = {name: word for name, word in forward(fields).items() if name not in gone}
    vectors = -(-fields["rows"] * fields["columns"] * item // width)
    images = fields["blocks"] * fields["planes"]
    parts = -(-vectors // PART)
    return {
        **kept, "piece": max(1, -(-vectors // parts)),
        "some": max(1, min(images, PART // vectors)),
    }  # fmt: skip


def weights_scratch(fields: Fields, item: int, width: int) -> int:
    """A table of elements of windows, what places send, and copies of what they meet."""
    lanes = width // item
    some, piece = fields["some"], fields["piece"]
    taps = prod(fields[f"{axis}_count"] for axis in AXES)
    table = WORD * (fields["inputs"] * taps + MET_WIDE.of(_target(item, width)))
    sent = some * fields["outputs"] * piece * width
    copies = some * fields["plane_count"] * _copies(fields, item, lanes, piece)
    return int(table + sent + max(HELD, copies))
