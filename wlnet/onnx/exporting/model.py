"""Nodes as a model of ONNX, checked: what is known here, and nowhere else, is the package onnx."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, FormatError, fail
from wlnet.onnx.exporting.sizes import Extent, Size
from wlnet.onnx.exporting.writer import Body, Node, Tensor, Writer
from wlnet.version import VERSION

OPSET, IR_VERSION = 17, 8
"""What ONNX Runtime reads from 1.12 on (2022), as do the other runtimes of that year and later. No
node that is written needs a newer set; 16 lacks none either, but 17 is what others write most."""
DTYPES: dict[str, Any] = {"Integer": np.int64, "Byte": np.uint8, "Boolean": np.bool_}


def model(
    onnx: Any,
    w: Writer,
    inputs: Sequence[Tensor],
    arrays: Mapping[str, Array],
    outputs: Mapping[str, Tensor],
    metadata: Mapping[str, str],
) -> Any:
    """The model that a writer has written, checked. outputs: by the names that they are to have.

    Raises FormatError where the checker of ONNX finds it wrong.
    """
    given = {tensor.name for tensor in inputs} | arrays.keys() | w.constants.keys()
    new: dict[str, str] = {}
    for name, tensor in outputs.items():
        free = tensor.name not in given and tensor.name not in new
        if free:
            new[tensor.name] = name
        else:
            w.nodes.append(Node("Identity", [tensor.name], [name]))
    nodes = _renamed([*w.first, *w.nodes], new)
    results = [tensor._replace(name=name) for name, tensor in outputs.items()]
    kept, read = _read(nodes, {tensor.name for tensor in results})
    held = {**arrays, **w.constants}
    made = _Messages(onnx, w.real)
    graph = onnx.helper.make_graph(
        made.nodes(kept),
        "net",
        [made.port(tensor) for tensor in inputs],
        [made.port(tensor) for tensor in results],
        [onnx.numpy_helper.from_array(array, name) for name, array in held.items() if name in read],
    )
    found = onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="wlnet",
        producer_version=VERSION,
    )
    onnx.helper.set_model_props(found, dict(metadata))
    try:
        onnx.checker.check_model(found, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise fail(
            FormatError, Fault("the checker of ONNX refuses this net", given=str(error))
        ) from error
    return found


class _Messages:
    """Messages of onnx for what a writer has written."""

    def __init__(self, onnx: Any, real: type[np.floating[Any]]) -> None:
        self.onnx, self.real = onnx, real
        self.count = 0

    def nodes(self, nodes: Sequence[Node]) -> list[Any]:
        return [
            self.onnx.helper.make_node(
                node.operator,
                node.inputs,
                node.outputs,
                node.name or node.outputs[0],
                **{name: self.attribute(value) for name, value in node.attributes.items()},
            )
            for node in nodes
        ]

    def attribute(self, value: Any) -> Any:
        if isinstance(value, Body):
            self.count += 1
            return self.onnx.helper.make_graph(
                self.nodes(value.nodes),
                f"body_{self.count}",
                [self.port(tensor) for tensor in value.inputs],
                [self.port(tensor) for tensor in value.outputs],
            )
        if isinstance(value, np.dtype):
            return self.onnx.helper.np_dtype_to_tensor_dtype(value)
        return self.onnx.numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value

    def port(self, tensor: Tensor) -> Any:
        dtype = np.dtype(DTYPES.get(tensor.element, self.real))
        return self.onnx.helper.make_tensor_value_info(
            tensor.name,
            self.onnx.helper.np_dtype_to_tensor_dtype(dtype),
            [_dimension(size) for size in tensor.shape],
        )


def _dimension(size: Extent) -> int | str | None:
    if not isinstance(size, Size):
        return size
    return None if size.is_own else str(size)


def _renamed(nodes: Sequence[Node], new: Mapping[str, str]) -> list[Node]:
    """The nodes with other names of tensors, also where bodies read them."""

    def body(given: Any) -> Any:
        if not isinstance(given, Body):
            return given
        return Body(given.inputs, _renamed(given.nodes, new), given.outputs)

    return [
        Node(
            node.operator,
            [new.get(name, name) for name in node.inputs],
            [new.get(name, name) for name in node.outputs],
            {name: body(value) for name, value in node.attributes.items()},
            node.name or node.outputs[0],
        )
        for node in nodes
    ]


def _read(nodes: Sequence[Node], wanted: Collection[str]) -> tuple[list[Node], set[str]]:
    """The nodes that somebody reads, and all names that are read."""
    read, kept = set(wanted), list[Node]()
    for node in reversed(nodes):
        if read.isdisjoint(node.outputs):
            continue
        attributes = dict(node.attributes)
        for name, value in attributes.items():
            if isinstance(value, Body):
                inside, names = _read(value.nodes, {tensor.name for tensor in value.outputs})
                attributes[name] = Body(value.inputs, inside, value.outputs)
                read |= names
        read.update(node.inputs)
        kept.append(replace(node, attributes=attributes))
    return kept[::-1], read
