"""Numbers that were given for arrays fill them as soon as their shapes are known."""

from __future__ import annotations

from typing import Any

from wlnet.core.arrays import as_fill, full
from wlnet.core.net import Net
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial, is_known
from wlnet.nets.arrays import replace_arrays
from wlnet.nets.connections import layers_of
from wlnet.nets.inference import inference


def fill_in(net: Net) -> None:
    """Put arrays where numbers stand for them, if their shapes are known.

    For constructors, before anybody has seen the net.
    """
    numbers = {
        (*path, name): value
        for path, layer in layers_of(net)
        for name, value in layer.array_values.items()
        if isinstance(value, float)
    }
    if not numbers:
        return
    shapes = {path: inference(net).array_shape(path) for path in numbers}
    values: dict[ArrayKey, Any] = {
        path: full(numbers[path], shapes[path]) for path in numbers if is_known(shapes[path])
    }
    object.__setattr__(net, "nodes", replace_arrays(net, values).nodes)
    object.__setattr__(net, "_cache", {})


def spread_out(array: Any, given: Any, shape: Partial) -> Any:
    """What a number put in the place of an array becomes: the array it fills, or the number where
    the shape is not known; anything else as it is."""
    number = as_fill(array, given)
    if not isinstance(number, float) or shape == ():
        return array
    return full(number, shape, array.dtype) if is_known(shape) else number
