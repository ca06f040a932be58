"""Operators that bring pictures to another size."""

from __future__ import annotations

import math
from dataclasses import replace

from wlnet.layers.resize import ResizeLayer
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import (
    Given,
    integers,
    mixes,
    numbers,
    room_for,
)
from wlnet.onnx.importing.windows import images
from wlnet.onnx.importing.writing import Writing


@operator("Resize", "Upsample")
def _resized(net: Writing, node: Node, x: Given, *more: Given | None) -> Given:
    x = images(net, x)
    if node.kind == "Upsample":
        scales, sizes = (more[0] if more else None), None
        way = node("coordinate_transformation_mode", "asymmetric")
        factors = numbers(scales, "factors") if scales is not None else list(node("scales"))
    else:
        scales, sizes = [*more, None, None, None][1:3]
        way = node("coordinate_transformation_mode", "half_pixel")
        factors = numbers(scales, "factors") if scales is not None else []
    mode, nearest = node("mode", "nearest"), node("nearest_mode", "round_prefer_floor")
    node("cubic_coeff_a", -0.75), node("extrapolation_value", 0.0)
    node.expect("exclude_outside", 0)
    node.expect("antialias", 0)
    node.expect("keep_aspect_ratio_policy", "stretch")
    if "axes" in node.attributes:
        raise Misfit("axes of a resized array")
    old = [int(size or 0) for size in x.sizes]
    if sizes is not None and (sizes.rank == 1):
        new = integers(sizes, "sizes")
    elif len(factors) == x.rank:
        new = [math.floor(size * factor) for size, factor in zip(old, factors, strict=True)]
        if any(size * factor != n for size, factor, n in zip(old, factors, new, strict=True)):
            raise Misfit(f"factors {factors} that give no whole sizes")
    else:
        raise Misfit("neither sizes nor a factor for each axis")
    if len(new) != x.rank or new[1] != old[1] or min(new) < 1:
        raise Misfit(f"sizes {new} of an array of {old}")
    if sizes is None and new[0] != 1 * old[0]:
        raise mixes("resizes")
    room_for(new[1:])
    scheme = {"linear": {"half_pixel": "Bin", "align_corners": "Point"}}.get(mode, {}).get(way)
    is_whole = all(b % a == 0 for a, b in zip(old[2:], new[2:], strict=True))
    if mode == "nearest" and is_whole and _stands_as_often(node.kind, way, nearest):
        scheme = "Bin"
    if scheme is None:
        raise Misfit(f"mode = {mode!r} with {way!r} and {nearest!r}")
    if (
        scheme == "Bin"
        and mode == "linear"
        and any(b < a for a, b in zip(old[2:], new[2:], strict=True))
    ):
        raise Misfit("a linear interpolation to a smaller size")
    layer = ResizeLayer(new[2:], "Linear" if mode == "linear" else "Nearest", scheme)
    return net.shaped(net.layer(layer, x), replace(x), (x.sizes[0], *new[1:]))


def _stands_as_often(kind: str, way: str, nearest: str) -> bool:
    """Whether each entry stands as often as the factor says, where that is whole."""
    if way == "half_pixel":
        return nearest in ("round_prefer_floor", "round_prefer_ceil")
    return way == "asymmetric" and (nearest == "floor" or kind == "Upsample")
