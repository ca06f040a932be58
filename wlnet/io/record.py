"""A net as JSON: its structure without numbers, and the numbers by the key of their tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.arrays import Array, ArrayValue
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.records import Json, Table, refused
from wlnet.io import plain, ports, rates
from wlnet.io.keys import coder_key, shared_key, tensor_key
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.container import as_container
from wlnet.nets.edges import Edge

FORMAT = 1
DTYPES = (np.dtype(np.float32), np.dtype(np.float64))

Tensors = dict[str, Array]


def written(net: Net) -> tuple[Table, Tensors]:
    """The record of a whole net and its tensors, contiguous; FormatError for what no file holds.

    Shared arrays stand once, beside the net.
    """
    tensors: Tensors = {}
    record: Table = {
        "Format": FORMAT,
        "Net": _net(net, (), tensors),
        "Shared": [*net.shared],
    }
    for name, array in net.shared.items():
        tensors[shared_key(name)] = _contiguous(array, f"NetSharedArray({name!r})")
    return record, tensors


def _net(net: Net, path: Path, tensors: Tensors) -> Table:
    at = path_text(path) or "the net"

    def kept(port: str, inner: Net) -> Json:
        """A net of the coder at a port, its arrays among the tensors."""
        told, own = written(inner)
        tensors.update({coder_key(port, key): array for key, array in own.items()})
        return told

    record: Table = {
        "Kind": net.kind,
        "LearningRateMultipliers": rates.written(net.learning_rate_rules),
        "Ports": [
            [name, ports.written(port, partial(kept, name))] for name, port in net.ports.items()
        ],
    }
    if isinstance(net, Layer):
        record["Arrays"] = {
            name: _array(value, (*path, name), tensors) for name, value in net.array_values.items()
        }
        record["Parameters"] = parameters(_told(net), at)
    else:
        record["Nodes"] = [
            [key, _net(node, (*path, key), tensors)] for key, node in net.nodes.items()
        ]
        record |= {
            field: FIELDS[field](value, at) for field, value in as_container(net).record().items()
        }
    return record


def _told(layer: Layer) -> dict[str, object]:
    """Its parameters, without those that came later and have their defaults."""
    fields = layer.declared_parameters
    return {
        name: value
        for name, value in layer.parameters.items()
        if not (fields[name].later and value == fields[name].default)
    }


def _edges(edges: list[Edge], at: str) -> Json:
    return [[e.source, e.source_port, e.target, e.target_port] for e in edges]


def parameters(values: Mapping[str, object], at: str) -> Table:
    """The parameters of a layer or operator as JSON; at: its place, for messages."""
    return {name: plain.written(value, f"{at}, {name}") for name, value in values.items()}


FIELDS: dict[str, Callable[[Any, str], Json]] = {"Edges": _edges, "Parameters": parameters}
"""How a file holds what kinds of containers record."""


def _array(value: ArrayValue, path: Path, tensors: Tensors) -> Json:
    if not isinstance(value, np.ndarray):
        return plain.written(value, path_text(path))
    key = tensor_key(path)
    tensors[key] = _contiguous(value, path_text(path))
    return {"Tensor": key}


def _contiguous(array: Array, at: str) -> Array:
    if array.dtype not in DTYPES:
        raise refused(
            "an array that a file cannot hold",
            at=at,
            given=f"numbers of type {array.dtype.str}",
            expected="float32 or float64",
        )
    if not np.isfinite(array).all():
        raise refused(
            "an array holds numbers that are not finite",
            at=at,
            fix="train again from finite numbers",
        )
    # The writer takes the memory as it lies: it would store a transposed array in another order.
    return np.asarray(array, order="C")
