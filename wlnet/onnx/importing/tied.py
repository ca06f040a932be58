"""Arrays of a file that several nodes read are one array of the net, with one rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.parts import NetSharedArray
from wlnet.nets.information import information
from wlnet.nets.surgery.replace import net_replace_part
from wlnet.onnx.importing.names import Path, shared_name
from wlnet.onnx.importing.values import Fixed
from wlnet.onnx.importing.writing import Vertex

SMALL = 1024
"""Numbers of arrays that may be equal by chance, or as they were begun with. The exporter of
torch.export lays such arrays together (onnx_ir, DeduplicateInitializersPass): two of them are two.
Larger ones that are equal to the last bit are one array, of which an exporter has written a copy,
such as the weights of an embedding turned over for a product."""


def tied(net: Any, vertices: Mapping[int, Vertex], places: Mapping[int, Path],
         values: Mapping[str, Any], merges: bool) -> Any:  # fmt: skip
    """The net with arrays shared that the file has once. merges: whether its exporter lays small
    equal ones together."""
    held = {
        key: np.asarray(array) for key, array in information(net, "Arrays").items()
        if isinstance(key, tuple) and not str(key[-1]).startswith("Moving")
    }  # fmt: skip
    shared = _copies(held)
    readers: dict[str, list[Path]] = {}
    for token, place in places.items():
        for name in vertices[token].arrays:
            readers.setdefault(name, []).append(place)
    for name, at in readers.items():
        value = values.get(name)
        if len(at) < 2 or not isinstance(value, Fixed) or not value.learns:
            continue
        if merges and value.array.size <= SMALL:
            continue
        keys = [_key(held, place, value.array) for place in at]
        # Turned over in one of them, it is another array there.
        if all(keys) and all(np.array_equal(held[keys[0]], held[key]) for key in keys):
            shared |= {key: NetSharedArray(shared_name(name)) for key in keys if key not in shared}
    made: Any = net_replace_part(net, shared) if shared else net
    return made


def _copies(held: Mapping[Any, Any]) -> dict[Any, Any]:
    """Large arrays that are equal, under the path of the first of them."""
    found: dict[Any, list[Any]] = {}
    for key, array in held.items():
        if array.size > SMALL and (array != array.flat[0]).any():
            found.setdefault((array.shape, array.tobytes()), []).append(key)
    return {
        key: NetSharedArray("/".join(map(str, keys[0])))
        for keys in found.values() if len(keys) > 1
        for key in keys
    }  # fmt: skip


def _key(held: Mapping[Any, Any], place: Path, array: Any) -> Any:
    """Which array of a part is that of the file."""
    inside = (key for key in held if key[: len(place)] == place)
    ways = (array, array.T)
    return next((k for k in inside if any(np.array_equal(held[k], way) for way in ways)), None)
