"""The fields of windows with channels side by side (NHWC) for given shapes: all but addresses.

How a window moves is worked out in window_fields.py, as for images side by side; here are the
distances, and the zeros that must lie around an image (`edges`), as kernels read nothing else.
Shapes of images are (images, *space, channels), those of kernels (outputs, inputs, *space), as a
net has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from wlnet.graph.graph import Shape
from wlnet.kernels.language import Target
from wlnet.kernels.products.tiles import TALL
from wlnet.kernels.windows.channel_tiles import PANEL
from wlnet.kernels.windows.windows_in_channels import SPAN, WORD
from wlnet.plan.calls import window_fields
from wlnet.plan.calls.window_fields import AXES, in_space, spread

Fields = dict[str, Any]
Edges = tuple[tuple[int, int], ...]
"""How many zeros lie before and after each axis of space."""

PIXELS = 256
"""How many pixels the gradient by the weights is summed over at a time: the first cache holds their
panel."""
NAMES = "some_blocks", "some_planes", "some_rows", "some_columns"


def first(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of an image with channels first, and three axes of space."""
    return spread((shape[0], shape[-1], *shape[1:-1]))


def last(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of an image with three axes of space."""
    images, channels, *space = first(shape)
    return (images, *space, channels)


def window(
    *, stride: Sequence[int], padding: Edges, dilation: Sequence[int], groups: int, **others: Any
) -> Fields:
    """How a window moves over three axes of space; others: left out."""
    return {
        "stride": in_space(1, stride), "padding": in_space((0, 0), padding),
        "dilation": in_space(1, dilation), "groups": groups, "item": 1, "lanes": 1,
    }  # fmt: skip


def edges(x: Shape, w: Shape, y: Shape, *, back: bool, **at: Any) -> Edges:
    """The zeros that a convolution x -> y meets around x; or, on its way back, around y.

    All three are shapes of a net, with channels before space.
    """
    shapes, moves, seen = (spread(x), spread(w), spread(y)), window(**at), x
    found = [window_fields.forward(*shapes, **moves)]
    if back:
        seen = y
        found = [fields for fields, *_ in window_fields.backward(*shapes[::-1], **moves)]
    sides = []
    for axis, size in zip(AXES, spread(seen)[2:], strict=True):
        low = high = 0
        for fields in found:
            if fields[f"{axis}_count"] > 0:
                reach = (fields[f"{axis}_count"] - 1) * fields[f"{axis}_step"]
                begin = fields[f"{axis}_first"]
                end = begin + (fields[f"{axis}s"] - 1) * fields[f"{axis}_stride"]
                low = max(low, -begin - min(0, reach))
                high = max(high, end + max(0, reach) - size + 1)
        sides.append((low, high))
    return tuple(sides[len(AXES) + 2 - len(x) :])


def _distances(name: str, shape: Sequence[int], item: int) -> Fields:
    """The bytes between images, planes, rows and columns."""
    whole, parts = last(shape), ("block", *AXES)
    return {f"{name}_{part}": item * prod(whole[i + 1 :]) for i, part in enumerate(parts)}


def _kernel(shape: Sequence[int], item: int) -> Fields:
    """The bytes between inputs, planes, rows and columns of a kernel (inputs, *space, outputs)."""
    found = _distances("w", shape, item)
    return {"w_in": found.pop("w_block"), **found}


def _moves(fields: Fields) -> Fields:
    """What is told of each axis of space."""
    ends = "s", "_stride", "_step", "_count"
    return {f"{axis}{end}": fields[f"{axis}{end}"] for axis in AXES for end in ends}


def _shift(found: Fields, distances: Fields, at: Edges) -> int:
    """How many bytes of an image come before what the first window meets."""
    befores = dict(zip(AXES, (before for before, _ in in_space((0, 0), at)), strict=True))
    return sum((found[f"{a}_first"] + befores[a]) * distances[f"x_{a}"] for a in AXES)


def _panel(depth: int, tables: int, item: int, lanes: int) -> int:
    """The bytes of a panel and of two tables of so many words."""
    return depth * PANEL * lanes * item + 2 * tables * WORD


def _tall(item: int, lanes: int) -> int:
    return TALL.of(Target("Real32" if item == 4 else "Real64", item * lanes))


def padding(x: Shape, edges: Edges, item: int) -> Fields:
    """`pad_channels` of images x."""
    images, *space, channels = last(x)
    sizes = [size + sum(edge) for size, edge in zip(space, in_space((0, 0), edges), strict=True)]
    befores = zip(AXES, in_space((0, 0), edges), strict=True)
    return {
        "blocks": images, **{f"{axis}s": size for axis, size in zip(AXES, sizes, strict=True)},
        **{f"{axis}_before": edge[0] for axis, edge in befores}, "x_planes": space[0],
        "x_rows": space[1], "line": space[2] * channels * item,
        "y_line": sizes[2] * channels * item, "pixel": channels * item,
    }  # fmt: skip


def forward(
    x: Shape, w: Shape, y: Shape, *, edges: Edges, item: int, lanes: int, **at: Any
) -> tuple[Fields, int, int]:
    """`convolve_channels` of x, which has its edges; how many bytes further x begins; and those of
    a worker's own memory."""
    found, distances, fields = _forward(x, w, y, item, at)
    groups = fields["groups"]
    more = {
        **_kernel((w[1], *w[2:], w[0]), item), "w_group": w[0] // groups * item,
        **_distances("y", y, item),
    }  # fmt: skip
    scratch = _panel(prod(w[1:]), SPAN + 2 * _tall(item, lanes), item, lanes)
    return {**fields, **more}, _shift(found, distances, edges), scratch


def _forward(x: Shape, w: Shape, y: Shape, item: int, at: Fields) -> tuple[Fields, Fields, Fields]:
    moves = window(**at)
    found = window_fields.forward(first(x), spread(w), first(y), **moves)
    distances = _distances("x", x, item)
    groups = moves["groups"]
    sizes = {"blocks": x[0], "groups": groups, "inputs": w[1], "outputs": w[0] // groups}
    return found, distances, {**sizes, **_moves(found), **distances}


def weights(
    x: Shape, w: Shape, y: Shape, *, edges: Edges, item: int, lanes: int, **at: Any
) -> tuple[Fields, int, int]:
    """`convolve_channels_weights`, likewise."""
    found, distances, fields = _forward(x, w, y, item, at)
    some: list[int] = []
    inner = 1
    for size in reversed(last(y)[:-1]):
        # Whole ones, of what there are more than one of.
        some.insert(0, max(1, min(size, PIXELS // inner)))
        inner *= size
    more = {
        **_kernel((w[1], *w[2:], w[0]), item), "y_column": y[-1] * item,
        **dict(zip(NAMES, some, strict=True)),
    }  # fmt: skip
    scratch = _panel(prod(some), _tall(item, lanes), item, lanes)
    return {**fields, **more}, _shift(found, distances, edges), scratch


def back(
    d: Shape, w: Shape, x: Shape, *, edges: Edges, item: int, lanes: int, **at: Any
) -> list[tuple[Fields, int, int, int, int]]:
    """`convolve_channels` from d, which has its edges, to the gradient by x: one call for every
    phase of the stride; how many bytes further d, the kernels and the result begin; and those of a
    worker's own memory."""
    moves = window(**at)
    groups, inputs = moves["groups"], w[0] // moves["groups"]
    # Numbers as wide as the channels of a kernel; a pixel of the result has those of all groups.
    moves |= {"item": w[1] * item, "lanes": groups}
    distances, of_x = _distances("x", d, item), _distances("y", x, item)
    kernel = spread((w[0], 1, *w[2:]))
    calls = []
    for found, w_shift, x_shift in window_fields.backward(first(d), kernel, first(x), **moves):
        taps = prod(found[f"{axis}_count"] for axis in AXES)
        fields = {
            "blocks": d[0], "groups": groups, "inputs": inputs, "outputs": w[1], **_moves(found),
            **distances, "w_group": inputs * prod(w[1:]) * item,
            "w_in": prod(w[1:]) * item, **{f"w_{axis}": found[f"w_{axis}"] for axis in AXES},
            "y_block": of_x["y_block"], **{f"y_{axis}": found[f"y_{axis}"] for axis in AXES},
        }  # fmt: skip
        scratch = _panel(taps * inputs, SPAN + 2 * _tall(item, lanes), item, lanes)
        calls.append((fields, _shift(found, distances, edges), w_shift, x_shift, scratch))
    return calls
