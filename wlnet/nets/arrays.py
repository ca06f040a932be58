"""The arrays of a net by key: a path, or NetSharedArray(name) for a shared one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.arrays import ArrayValue, read_only
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, Path
from wlnet.core.rules import ArrayKey, keys_in_order
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import node_at
from wlnet.nets.container import rebuilt


def array_keys(net: Net) -> list[ArrayKey]:
    """Every array once, in the order of the net."""
    return keys_in_order(array_places(net))


def array_value(net: Net, key: ArrayKey) -> Any:
    """The numbers of an array, or AUTOMATIC."""
    if isinstance(key, NetSharedArray):
        return net.shared.get(key.name, AUTOMATIC)
    value = node_at(net, key[:-1]).array_values[str(key[-1])]
    return array_value(net, value) if isinstance(value, NetSharedArray) else value


def arrays_of(net: Net) -> dict[ArrayKey, Any]:
    """All arrays by key, in the order of the net."""
    return {key: array_value(net, key) for key in array_keys(net)}


def is_initialized(net: Net) -> bool:
    """Whether every array holds numbers."""
    return all(isinstance(value, np.ndarray) for value in arrays_of(net).values())


def replace_arrays(net: Net, values: Mapping[ArrayKey, ArrayValue]) -> Net:
    """The same net with other numbers (or AUTOMATIC) in some arrays; only what lies on the way is
    made anew."""
    shared = {key.name: value for key, value in values.items() if isinstance(key, NetSharedArray)}
    by_layer: dict[Path, dict[str, ArrayValue]] = {}
    for key, value in values.items():
        if isinstance(key, tuple):
            by_layer.setdefault(key[:-1], {})[str(key[-1])] = read_only(value)
    layers = {path: node_at(net, path) for path in by_layer}
    new = rebuilt(
        net,
        {
            path: layer._with(arrays={**layer.array_values, **by_layer[path]})
            for path, layer in layers.items()
        },
    )
    if shared:
        table = {
            name: value
            for name, value in {**net.shared, **shared}.items()
            if value is not AUTOMATIC
        }
        new = new._with(shared={name: read_only(value) for name, value in table.items()})
    return new
