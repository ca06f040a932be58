"""Operators that bring pictures to another size: a ResizeLayer where it means the same, else one
matrix for each direction, since all of these are weighted sums of entries along an axis.

Where ONNX's text and ONNX Runtime differ, this is what ONNX Runtime does, and PyTorch with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wlnet.layers.resize import ResizeLayer
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.sizes import Batches
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import (
    Array,
    Fixed,
    Flow,
    Given,
    mixes,
    numbers,
    open_size,
    room_for,
)
from wlnet.onnx.importing.writing import Writing


@dataclass(frozen=True)
class Way:
    """How an axis is resized: the attributes of the operator, and the scale that it goes by.

    part: the (first, last) places of what is cropped out, in shares of the axis.
    """

    mode: str
    coordinates: str
    nearest: str
    cubic: float
    exclude: bool
    antialias: bool
    outside: float
    part: tuple[float, float] = (0.0, 1.0)


def _place(way: Way, i: Array, old: int, new: int, scale: Any) -> Any:
    """Where in the old axis an entry of the new one lies, in numbers of 32 bits as ONNX Runtime."""
    if scale == 1 and way.coordinates != "tf_crop_and_resize":
        return i
    match way.coordinates:
        case "half_pixel":
            return (i + 0.5) / scale - 0.5
        case "half_pixel_symmetric":
            return old / 2 * (1 - new / (scale * old)) + (i + 0.5) / scale - 0.5
        case "pytorch_half_pixel":
            return (i + 0.5) / scale - 0.5 if new > 1 else np.zeros_like(i)
        case "asymmetric":
            return i / scale
        case "align_corners":
            # The size is the rounded one, as ONNX Runtime and PyTorch have it.
            return i * (old - 1) / (new - 1) if new > 1 else np.zeros_like(i)
        case "tf_half_pixel_for_nn":
            return (i + 0.5) / scale
        case "tf_crop_and_resize":
            first, last = way.part
            if new > 1:
                return first * (old - 1) + i * (last - first) * (old - 1) / (new - 1)
            return np.full_like(i, 0.5 * (first + last) * (old - 1))
    raise Misfit(f"coordinate_transformation_mode = {way.coordinates!r}")


NEAREST: dict[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _weights(way: Way, distance: Array, scale: float) -> Array:
    """How much an entry at a distance counts."""
    d = np.abs(distance) * (min(scale, 1.0) if way.antialias else 1.0)
    if way.mode == "linear":
        return np.maximum(0.0, 1 - d)
    a = way.cubic
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def _matrix(way: Way, old: int, new: int, scale: float) -> Array:
    """(new, old): what every entry of the new axis takes of those of the old one."""
    room_for((new, old))
    x = _place(way, np.arange(new, dtype=np.float32), old, new, np.float32(scale))
    x = x.astype(np.float64)
    made = np.zeros((new, old))
    rows = np.arange(new)
    if way.mode == "nearest":
        if way.nearest not in NEAREST:
            raise Misfit(f"nearest_mode = {way.nearest!r}")
        at = np.clip(NEAREST[way.nearest](x), 0, old - 1).astype(int)
        made[rows, at] = 1
    else:
        reach = 2 if way.mode == "cubic" else 1
        reach = math.ceil(reach / min(scale, 1.0)) if way.antialias else reach
        first = np.floor(x).astype(int) - reach
        steps = [first + k for k in range(2 * reach + 2)]
        share = [_weights(way, x - at, scale) for at in steps]
        if way.exclude:
            share = [w * ((at >= 0) & (at < old)) for w, at in zip(share, steps, strict=True)]
        total = sum(share)
        for w, at in zip(share, steps, strict=True):
            np.add.at(made, (rows, np.clip(at, 0, old - 1)), w / total)
    if way.coordinates == "tf_crop_and_resize" and ((x < 0) | (x > old - 1)).any():
        raise Misfit("a part that lies outside of the picture")
    return made


@operator("Resize", "Upsample")
def _resized(net: Writing, node: Node, x: Given, *more: Given | None) -> Given:
    if isinstance(x, Fixed):
        raise Misfit("another size of an array that is known")
    if None in x.sizes:
        raise open_size()
    given = [*more, None, None, None]
    roi, scales, sizes = (None, given[0], None) if node.version < 11 else given[:3]
    coordinates = node("coordinate_transformation_mode",
                       "half_pixel" if node.version >= 11 else "asymmetric")  # fmt: skip
    way = Way(
        node("mode", "nearest"), coordinates,
        node("nearest_mode", "round_prefer_floor" if node.version >= 11 else "floor"),
        node("cubic_coeff_a", -0.75), bool(node("exclude_outside", 0)),
        bool(node("antialias", 0)), node("extrapolation_value", 0.0),
    )  # fmt: skip
    if way.mode == "bilinear":
        way = replace(way, mode="linear")
    if way.mode not in ("nearest", "linear", "cubic"):
        raise Misfit(f"mode = {way.mode!r}", expected="nearest, linear, cubic")
    axes = [x.axis(axis) for axis in node("axes", list(range(x.rank)))]
    told = _scales(node, x, axes, scales, sizes, net.fixed_batch)
    x = net.real(x)
    parts = _parts(roi, axes) if coordinates == "tf_crop_and_resize" else {}
    layer = _layer(way, x, told)
    if layer is not None:
        made = [told[i][0] if i in told else size for i, size in enumerate(x.sizes)]
        return net.shaped(net.layer(layer, x), x, made)
    for axis, (new, scale) in told.items():
        old = int(x.sizes[axis] or 0)
        own = replace(way, part=parts.get(axis, (0.0, 1.0)))
        matrix = _matrix(own, old, new, scale)
        if new == old and np.array_equal(matrix, np.eye(old)):
            continue
        if axis == x.batch:
            raise mixes("resizes")
        x = _along(net, x, axis, matrix)
    return x


def _scales(node: Node, x: Flow, axes: list[int], scales: Given | None, sizes: Given | None,
            fixed: int | None) -> dict[int, tuple[int, float]]:  # fmt: skip
    """Axis -> its new size, and the scale that places are worked out with."""
    old = [int(size or 0) for size in x.sizes]
    found: dict[int, tuple[int, float]] = {}
    if sizes is not None and sizes.rank == 1 and isinstance(sizes, Fixed) and sizes.array.size:
        told = numbers(sizes, "sizes")
        policy = node("keep_aspect_ratio_policy", "stretch")
        if len(told) != len(axes):
            raise Misfit(f"{len(told)} sizes for {len(axes)} axes")
        pairs = dict(zip(axes, told, strict=True))
        if x.batch in pairs:
            size = pairs.pop(x.batch)
            if size not in (Batches(), fixed):
                raise mixes("resizes")
        wanted = {axis: _whole(size) for axis, size in pairs.items()}
        if policy != "stretch":
            choose = {"not_larger": min, "not_smaller": max}.get(policy)
            if choose is None:
                raise Misfit(f"keep_aspect_ratio_policy = {policy!r}")
            scale = choose(size / old[axis] for axis, size in wanted.items())
            wanted = {axis: math.floor(scale * old[axis] + 0.5) for axis in wanted}
            return {axis: (size, scale) for axis, size in wanted.items()}
        found = {axis: (size, size / old[axis]) for axis, size in wanted.items()}
    else:
        told = numbers(scales, "factors") if scales is not None else list(node("scales"))
        if len(told) != len(axes) or any(not 0 < scale < 2**24 for scale in told):
            raise Misfit(f"factors {told} for {len(axes)} axes")
        for axis, scale in zip(axes, told, strict=True):
            if axis == x.batch and scale != 1:
                raise mixes("resizes")
            if axis != x.batch:
                # In 32 bits: a float32 of 0.7 is less, and ten times it 7 nevertheless.
                factor = np.float32(scale)
                found[axis] = math.floor(np.float32(old[axis]) * factor), float(factor)
    node("keep_aspect_ratio_policy", "stretch")
    if any(not 0 < size < 2**24 for size, _ in found.values()):
        raise Misfit(f"sizes {[size for size, _ in found.values()]}")
    return found


def _whole(size: Any) -> int:
    if isinstance(size, Batches) or not 0 < int(size) < 2**24:
        raise Misfit(f"a size of {size}")
    return int(size)


def _parts(roi: Given | None, axes: list[int]) -> dict[int, tuple[float, float]]:
    told = numbers(roi, "a part")
    if len(told) != 2 * len(axes):
        raise Misfit(f"a part of {len(told)} numbers for {len(axes)} axes")
    return {axis: (told[i], told[i + len(axes)]) for i, axis in enumerate(axes)}


def _layer(way: Way, x: Flow, told: dict[int, tuple[int, float]]) -> ResizeLayer | None:
    """A ResizeLayer, where it means the same."""
    space = {axis: pair for axis, pair in told.items() if axis > 1}
    if (
        x.batch != 0
        or x.is_merged
        or not 3 <= x.rank <= 5
        or told.get(1, (x.sizes[1],))[0] != x.sizes[1]
    ):
        return None
    old = {axis: int(x.sizes[axis] or 0) for axis in space}
    is_exact = all(abs(old[a] * scale - new) < 1e-6 for a, (new, scale) in space.items())
    grows = all(new >= old[a] for a, (new, _) in space.items())
    sizes = [space[a][0] if a in space else x.sizes[a] for a in range(2, x.rank)]
    if way.mode == "linear" and not way.antialias and not way.exclude:
        if way.coordinates == "align_corners" and min(sizes) > 1:
            return ResizeLayer(sizes, "Linear", "Point")
        if (
            way.coordinates in ("half_pixel", "pytorch_half_pixel")
            and grows
            and is_exact
            and min(sizes) > 1
        ):
            return ResizeLayer(sizes, "Linear", "Bin")
    if (
        way.mode == "nearest"
        and is_exact
        and all(new % old[a] == 0 for a, (new, _) in space.items())
    ):
        halves = way.coordinates == "half_pixel" and way.nearest.startswith("round")
        if halves or (way.coordinates == "asymmetric" and way.nearest == "floor"):
            return ResizeLayer(sizes, "Nearest", "Bin")
    return None


LARGEST = 1024
"""Numbers of a matrix that a formula writes out; a larger one is a source that is frozen."""


def _along(net: Writing, x: Flow, axis: int, matrix: Array) -> Flow:
    inner, rank = x.inner(axis, "resizes"), len(x.shape)
    letters = "abcdefgh"[:rank]
    formula = f"z{letters[inner]},{letters}->{letters[:inner]}z{letters[inner + 1 :]}"
    sizes = [len(matrix) if i == axis else size for i, size in enumerate(x.sizes)]
    if matrix.size <= LARGEST:
        return net.function(lambda a: np.einsum(formula, matrix, a), x, like=x, sizes=sizes)
    source = net.array(Fixed(matrix.astype(np.float32)), matrix.shape, x)
    return net.function(lambda m, a: np.einsum(formula, m, a), source, x, like=x, sizes=sizes)
