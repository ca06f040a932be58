"""Numbers that were given for arrays fill them as soon as their shapes are known."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from wlnet.core.arrays import ArrayValue, as_fill, full
from wlnet.core.errors import ShapeError
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial, is_known
from wlnet.nets.arrays import replace_arrays
from wlnet.nets.connections import layers_of
from wlnet.nets.inference import inference


def fill_in(net: Net) -> None:
    """Put arrays where numbers stand for them, if their shapes are known.

    For constructors, before anybody has seen the net.
    """
    new = filled(net)
    if new is not net:
        object.__setattr__(net, "nodes", new.nodes)
        object.__setattr__(net, "_cache", {})


def filled(net: Net) -> Net:
    """The net with arrays where numbers stood for them, if their shapes are known."""
    numbers = {
        (*path, name): value
        for path, layer in layers_of(net)
        for name, value in layer.array_values.items()
        if isinstance(value, float)
    }
    if not numbers:
        return net
    shapes = {path: inference(net).array_shape(path) for path in numbers}
    values: dict[ArrayKey, Any] = {
        path: full(numbers[path], shapes[path]) for path in numbers if is_known(shapes[path])
    }
    new: Net = replace_arrays(net, values) if values else net
    return new


def spread_out(net: Net, path: Path, old: object, array: ArrayValue, given: object) -> ArrayValue:
    """What a number put in the place of an array becomes: the array it fills, or the number while
    the shape is not known; anything else as it is.

    path: of the array, or of a place of a shared one. old: what stood there.
    """
    number = as_fill(array, given)
    if not isinstance(number, float) or not isinstance(array, np.ndarray):
        return array
    shape: Partial = old.shape if isinstance(old, np.ndarray) else None
    if shape is None:
        # In the middle of several replacements a net need not fit.
        with suppress(ShapeError):
            shape = inference(net).array_shape(path)
    if shape == ():
        return array
    return full(number, shape, array.dtype) if is_known(shape) else number
