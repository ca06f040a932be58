"""The ports of a net from a file: shapes, lengths under their names, encoders and a decoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.core.ports import ELEMENTS
from wlnet.layers.embedding import EmbeddingLayer
from wlnet.layers.function import FunctionLayer
from wlnet.onnx.importing.nesting import reached
from wlnet.onnx.importing.values import Flow
from wlnet.onnx.importing.writing import Index, Vertex, Writing


def ports_of(writing: Writing, inputs: list[str], outputs: Mapping[str, Any],
             length: str | None) -> dict[str, Any]:  # fmt: skip
    """The types of ports. length: what the file calls a size that it leaves open."""
    ports: dict[str, Any] = {}
    kept = [writing.vertices[token] for token in reached(writing.vertices, outputs.values())]
    numbers = {
        source[1] for vertex in kept for source, _ in vertex.edges
        if source[0] is None and not isinstance(vertex.layer, EmbeddingLayer)
    }  # fmt: skip
    is_name = length is not None and length.isidentifier() and length not in ELEMENTS
    for name in inputs:
        flow = writing.values.get(name)
        if not isinstance(flow, Flow) or flow.end[0] is not None:
            continue
        port = str(flow.end[1])
        index = writing.indices.get(port)
        if index is not None and port in numbers:
            _as_numbers(writing, kept, flow, index)
        shape = tuple((length if is_name else "Varying") if n is None else n for n in flow.shape)
        ports[port] = _port(shape, flow.kind, index)
    if writing.labels is not None and outputs.keys() == {"Output"}:
        ports["Output"] = NetDecoder("Class", writing.labels)
    return ports


def _as_numbers(writing: Writing, kept: list[Vertex], flow: Flow, index: Index) -> None:
    """Let those who read an index as a number read it so: a place of wlnet counts from 1, which is
    the file's number `least`."""
    sizes = tuple("Varying" if size is None else size for size in flow.shape)
    spec: Any = (*sizes, "Integer") if sizes else "Integer"
    more = index.least - 1
    layer = FunctionLayer(lambda a: a * 1.0 + more, ports={"Input": spec})
    token = len(writing.vertices)
    path = (f"{flow.end[1]}_numbers",)
    writing.vertices[token] = Vertex(path, path, path[0], layer, [(flow.end, None)])
    for vertex in kept:
        if not isinstance(vertex.layer, EmbeddingLayer):
            vertex.edges = [((token, None) if a == flow.end else a, b) for a, b in vertex.edges]


def _port(shape: tuple[Any, ...], kind: str, index: Any) -> Any:
    if index is not None:
        if index.least == 1:
            return (*shape, "Integer") if shape else "Integer"
        labels = list(range(index.least, index.least + index.classes))
        return NetEncoder("Class", labels, input_depth=index.depth)
    if kind == "Boolean":
        return (*shape, "Boolean") if shape else "Boolean"
    return shape
