"""Whether a net fits together after an edit, and which new part is at fault where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, ShapeError, WlnetError, fail
from wlnet.core.net import Net
from wlnet.core.parts import Path, key_text, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial, shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import node_at
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.arrays import array_keys, array_value, replace_arrays
from wlnet.nets.inference import check_shapes, inference
from wlnet.nets.surgery.placing import worded


def check_layer(net: Net, path: Path) -> None:
    """Raise OptionError unless the parameters and arrays of the layer at a path go together."""
    layer = node_at(net, path)
    assert isinstance(layer, Layer)
    try:
        layer.check()
    except WlnetError as error:
        where = path_text(path) or layer.kind
        raise fail(type(error), [replace(fault, at=where) for fault in error.faults]) from None


def check_fit(net: Net, replaced: Mapping[ArrayKey, object], put_in: Sequence[str]) -> None:
    """Raise ShapeError unless a net fits together.

    replaced: the arrays that were replaced, with what they held before: numbers may not get another
    shape, unless nothing else that was put in allows the old one. put_in: the places of all new
    parts, for messages.
    """
    numbers = {key: array for key in replaced if (array := _numbers(net, key)) is not None}
    try:
        check_shapes(net)
    except ShapeError as error:
        raise _misfit(net, numbers, error, put_in) from None
    faults = []
    for key, new in numbers.items():
        old = replaced[key]
        if not isinstance(old, np.ndarray) or new.shape == old.shape:
            continue
        if _fits(replace_arrays(net, {key: old})):
            faults.append(_other_shape(key, new.shape, old.shape))
    if faults:
        raise fail(ShapeError, faults)


def _numbers(net: Net, key: ArrayKey) -> Array | None:
    if key not in array_keys(net):
        return None
    value = array_value(net, key)
    return value if isinstance(value, np.ndarray) else None


def _misfit(
    net: Net, numbers: Mapping[ArrayKey, Array], error: ShapeError, put_in: Sequence[str]
) -> WlnetError:
    """The error about a net that does not fit together: about arrays if it is for these."""
    blank = replace_arrays(net, dict.fromkeys(numbers, AUTOMATIC))
    try:
        known = inference(blank).arrays
    except ShapeError as without:
        return _worded(without, put_in)
    faults = []
    for key, array in numbers.items():
        wire = known.get(key) if isinstance(key, tuple) else None
        if wire is None or wire.shape is None:
            continue
        sizes = list(zip(wire.shape, array.shape, strict=False))
        if len(wire.shape) != array.ndim or any(n not in (None, got) for n, got in sizes):
            faults.append(_other_shape(key, array.shape, wire.shape))
    return fail(ShapeError, faults) if faults else _worded(error, put_in)


def _worded(error: ShapeError, put_in: Sequence[str]) -> WlnetError:
    parts = list(dict.fromkeys(put_in)) or ["the net"]
    if len(parts) == 1:
        return worded(error, f"the new part at {parts[0]} does not fit")
    return worded(error, f"the new parts at {' and '.join(parts)} do not fit")


def _fits(net: Net) -> bool:
    try:
        check_shapes(net)
    except ShapeError:
        return False
    return True


def _other_shape(key: ArrayKey, given: Partial, expected: Partial) -> Fault:
    what = "an array of another shape"
    return Fault(what, at=key_text(key), given=shape_text(given), expected=shape_text(expected))
