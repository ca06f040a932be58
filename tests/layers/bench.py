"""One layer on a bench: lowered by itself and computed by the reference of the primitives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wlnet.core.names import field_name
from wlnet.core.shapes import Mismatch
from wlnet.graph.builder import Builder, Mode
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph, Value
from wlnet.graph.reference import run_graph
from wlnet.layers.declaring.layer import Layer


class Bench:
    """Layers lowered one after another into one graph; the first one gets the inputs."""

    def __init__(self, mode: Mode = "Test", frozen: frozenset[str] = frozenset()) -> None:
        self.graph = Graph()
        self.mode, self.frozen = mode, frozen
        self.inputs: dict[str, Any] = {}
        self.arrays: dict[str, Any] = {}

    def input(self, name: str, numbers: Any, element: Any = "Real") -> Value:
        numbers = np.asarray(numbers)
        self.inputs[name] = numbers
        self.graph.inputs[name] = self.graph.new_value(numbers.shape, element)
        return self.graph.inputs[name]

    def array(self, name: str, numbers: Any) -> Value:
        self.arrays[name] = np.asarray(numbers, float)
        self.graph.arrays[name] = self.graph.new_value(self.arrays[name].shape)
        return self.graph.arrays[name]

    def lower(
        self, layer: Layer, *inputs: Value, arrays: dict[str, Any] | None = None, **ports: Value
    ) -> Value:
        values: dict[str, Any] = {field_name(n): v for n, v in ports.items()}
        for name, numbers in (arrays or {}).items():
            values[field_name(name)] = None if numbers is None else self.array(name, numbers)
        known = {n: v.shape[1:] for n, v in ports.items()}
        known |= {str(i): v.shape[1:] for i, v in enumerate(inputs, 1)}
        known |= {n: p.shape for n, p in layer.ports.items() if n not in known}
        found, _ = layer.infer(
            known, {n: np.shape(a) for n, a in (arrays or {}).items() if a is not None}
        )
        batch = next((v.shape[0] for v in (*inputs, *ports.values())), 1)
        g = Builder(
            self.graph, batch=batch, mode=self.mode, frozen_statistics=self.frozen,
            output=found[layer.output_names[0]],
        )  # fmt: skip
        return layer.lower(g, *inputs, **values)

    def run(self, seed: int = 0) -> dict[Value, Any]:
        return run_graph(self.graph, self.inputs, self.arrays, seed=seed)

    def value(self, value: Value, seed: int = 0) -> Any:
        return self.run(seed)[value]

    def gradient(self, of: Value, by: Value) -> Any:
        found = gradients(self.graph, of, [by])[by]
        return self.value(found)


def inferred(
    layer: Layer, ports: dict[str, Any] | None = None, arrays: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Every port and array of a layer, from shapes of some of them."""
    known = {name: port.shape for name, port in layer.ports.items()} | (ports or {})
    found_ports, found_arrays = layer.infer(known, layer.array_shapes() | (arrays or {}))
    return found_ports | found_arrays


def assert_follows(layer: Layer, known: dict[str, Any], found: dict[str, Any]) -> None:
    """From shapes of ports and arrays that are known these are found."""
    arrays = {name: shape for name, shape in known.items() if name in layer.declared_arrays}
    ports = {name: shape for name, shape in known.items() if name not in arrays}
    shapes = inferred(layer, ports, arrays)
    assert {name: shapes[name] for name in found} == found


def assert_refused(layer: Layer, known: dict[str, Any], said: str) -> None:
    """Shapes that cannot be are refused with these words."""
    with pytest.raises(Mismatch) as caught:
        inferred(layer, known)
    assert said in str(caught.value)
