"""The bench of the laws: every layer with its examples, as a net, as a program with gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np

import wlnet as wl
from wlnet.core.net import Net
from wlnet.core.ports import UNKNOWN
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.program import Program
from wlnet.graph.builder import Builder, Mode
from wlnet.graph.gradient import gradients
from wlnet.kernels.language import Precision
from wlnet.layers.declaring.layer import LAYERS, Layer
from wlnet.lowering.lower import lower
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.nets.inference import inference
from wlnet.plan.compile import finish

BATCH = 3


def with_inputs(layer: Layer, shapes: dict[str, Any]) -> Any:
    """The same layer, made anew from its parameters and arrays, with these shapes of inputs."""
    given = {f.name: layer.parameters[name] for name, f in layer.declared_parameters.items()}
    given |= {f.name: layer.array_values[name] for name, f in layer.declared_arrays.items()}
    given = {name: value for name, value in given.items() if value is not AUTOMATIC}
    ports = {name: port for name, port in layer.ports.items() if port != UNKNOWN}
    return type(layer)(**given, ports={**ports, **shapes})


def filled(net: Net, seed: int = 0, scale: float = 1.0) -> Any:
    """The net with random numbers in all arrays, none of them the usual first ones."""
    rng, drawn = np.random.default_rng(seed), {}
    solution = inference(net)
    for key in arrays_of(net):
        numbers = scale * rng.normal(size=solution.array_shape(key))
        drawn[key] = 0.5 + np.abs(numbers) if "Variance" in key[-1] else numbers
    return replace_arrays(net, {key: np.asarray(x, np.float32) for key, x in drawn.items()})


def draws(net: Net, count: int, seed: int, low: float, high: float) -> dict[str, Any]:
    """Random columns for all input ports: numbers between low and high, indices from 1 on."""
    rng, solution, columns = np.random.default_rng(seed), inference(net), {}
    for name in net.input_names:
        wire = solution.ports[(), name]
        shape = (count, *wire.shape)
        if wire.element == "Integer":
            columns[name] = rng.integers(1, np.add(wire.below, 1), shape)
        else:
            # As float32 holds them, so that both precisions see the same numbers.
            columns[name] = np.float64(np.float32(rng.uniform(low, high, shape)))
    return columns


@dataclass(frozen=True)
class Case:
    """One example of a layer."""

    layer: Any
    shapes: dict[str, Any]
    span: tuple[float, float]
    number: int

    def __str__(self) -> str:
        return f"{self.layer.kind}-{self.number}"

    @property
    def bare(self) -> Any:
        """The layer with these inputs, not initialised."""
        return with_inputs(self.layer, self.shapes)

    @property
    def net(self) -> Any:
        return filled(self.bare)

    @property
    def learning(self) -> list[Any]:
        """The keys of its arrays, running statistics left out."""
        return [key for key in arrays_of(self.bare) if key[-1] not in self.layer.statistic_names]

    def data(self, seed: int = 1, count: int = BATCH) -> dict[str, Any]:
        return draws(self.bare, count, seed, *self.span)

    def answer(self, net: Any, data: dict[str, Any], **options: Any) -> Any:
        return net(data, **options) if data else net(**options)


@dataclass(frozen=True)
class OperatorCase(Case):
    """One operator, whose inputs have shapes already."""

    @property
    def bare(self) -> Any:
        return self.layer


EXAMPLES = [
    Case(layer, dict(shapes), span, number)
    for _, kind in sorted(LAYERS.items())
    for number, (layer, shapes, span) in enumerate(kind.examples(), 1)
]


def _thread(*parts: Any, **ports: Any) -> Any:
    """A net of two inputs, "a" and "b", for a NetMapThreadOperator."""
    nodes = {f"part{number}": part for number, part in enumerate(parts, 1)}
    edges = [([wl.NetPort("a"), wl.NetPort("b")], "part1"), tuple(nodes)]
    return wl.NetGraph(nodes, edges[: len(parts)], **ports)


def _scores(size: int) -> Any:
    """Scores that are no product: tanh of what a key and a query say, and how much of each."""
    nodes = {
        "key": wl.LinearLayer(size, biases=None),
        "query": wl.LinearLayer(size),
        "both": "Plus",
        "score": wl.NetChain(["Tanh", wl.LinearLayer((), biases=None)]),
    }
    edges = [
        (wl.NetPort("Input"), "key"),
        (wl.NetPort("Query"), "query"),
        (["key", "query"], "both", "score"),
    ]
    return wl.NetGraph(nodes, edges)


def _operators() -> list[Any]:
    attend, thread = wl.AttentionLayer, wl.NetMapThreadOperator
    both = _thread(wl.CatenateLayer(), 2, "Tanh")
    return [
        attend("Dot", key=(3, 2), value=(3, 4), query=(2, 2)),
        attend("Dot", mask="Causal", key=(5, 1), value=(5, 2), query=(5, 1)),
        attend(key=(2, 2, 3), value=(2, 2, 1), query=2, score_rescaling="DimensionSqrt"),
        attend(mask="Causal", multi_head=True, score_rescaling="LengthSqrt", key=(9, 2, 3),
               value=(9, 2, 2), query=(9, 2, 2)),
        attend(mask=("Causal", 2), key=(4, 3), value=(4, 2), query=(4, 3)),
        attend(_scores(3), multi_head=True, key=(2, 3, 2), value=(2, 3, 1), query=(3, 3, 4)),
        attend(_scores(2), mask="Causal", key=(3, 2), value=(3, 1), query=(3, 1)),
        thread(both, a=(3, 2), b=(3, 3)),
        thread(both, {"a": 1}, a=(3, 2), b=2),
        thread(both, {"a": 2, "b": 1}, a=(2, 3, 2), b=(2, 1)),
        thread(wl.MeanSquaredLossLayer(), input=(3, 2), target=(3, 2)),
        wl.NetMapOperator([3, "Tanh"], input=(4, 2)),
        wl.NetNestOperator([3, "Tanh"], 2, input=3),
        wl.NetPairEmbeddingOperator([3, "Tanh"], input=(2, 4)),
        wl.NetPairEmbeddingOperator([3], distance_function="CosineDistance", input=(2, 2, 2)),
        wl.NetFoldOperator(_cell(), input=(4, 2)),
    ]  # fmt: skip


def _cell() -> Any:
    edges = [([wl.NetPort("Input"), wl.NetPort("State")], "both"), ("both", "sum", "bend")]
    return wl.NetGraph({"both": wl.CatenateLayer(), "sum": 3, "bend": "Tanh"}, edges)


OPERATORS: list[Case] = [
    OperatorCase(net, dict.fromkeys(net.input_names, ()), (-2.0, 2.0), number)
    for number, net in enumerate(_operators(), 1)
]


def behind_frozen_layers(case: Case) -> tuple[wl.NetChain, dict[str, Any]]:
    """A chain whose "head" is to learn behind a layer, and two batches of data.

    Unless the layer is asked with an index it stands behind another one, which keeps its numbers in
    the span of the case.
    """
    (shape,) = wl.information(case.net, "OutputPorts").values()
    (column,) = case.data(count=2 * BATCH).values()
    rng, layers, options = np.random.default_rng(3), {}, {}
    if column.dtype.kind == "f":
        low, high = case.span
        inside = wl.ElementwiseLayer(lambda x: low + (high - low) * x)
        layers["first"] = wl.LinearLayer(column[0].size)
        layers["span"] = wl.NetChain(["Sigmoid", inside, wl.ReshapeLayer(column.shape[1:])])
        column, options = rng.normal(size=(2 * BATCH, 3)), {"input": 3}
    gives_indices = "Integer" in shape
    head = [wl.EmbeddingLayer(2, 9), wl.FlattenLayer(), 2] if gives_indices else [
        wl.ReshapeLayer((prod(shape),)), 2]  # fmt: skip
    layers |= {"layer": case.net, "head": wl.NetChain(head)}
    net = wl.net_initialize(wl.NetChain(layers, **options), random_seeding=2)
    return net, {"Input": column, "Output": rng.normal(size=(2 * BATCH, 2))}


@dataclass
class Run:
    """A net on a batch as the plan makes it run, and the derivative of a random sum of its outputs.

    After `run`: `outputs` by port; `derivatives` of the sum by input port and by key of array.
    """

    net: Any
    data: dict[str, Any]
    mode: Mode = "Test"
    precision: Precision = "Real64"
    without: tuple[str, ...] = ()
    seed: int = 7
    arrays: dict[Any, Any] = field(default_factory=dict)
    workers: int = 1

    def __post_init__(self) -> None:
        dtype = DTYPES[self.precision]
        batch = len(next(iter(self.data.values()))) if self.data else BATCH
        graph = lower(self.net, batch, self.mode)
        g, rng = Builder(graph), np.random.default_rng(self.seed)
        self.arrays = self.arrays or arrays_of(self.net)
        self.arrays = {key: array.astype(dtype, "C") for key, array in self.arrays.items()}
        self.data, self.names = dict(self.data), list(graph.outputs)
        total = None
        for name, value in list(graph.outputs.items()):
            if value.element == "Integer":
                continue
            factor = graph.inputs["factor " + name] = graph.new_value(value.shape)
            self.data["factor " + name] = rng.uniform(0.5, 1.5, value.shape)
            part = g.sum_to(g.multiply(value, factor), ())
            total = part if total is None else g.add(total, part)
        total = g.fill(0.0) if total is None else total
        sources = {
            n: v for n, v in graph.inputs.items() if v.element == "Real" and "factor" not in n
        }
        sources |= graph.arrays
        found = gradients(graph, total, sources.values())
        graph.outputs |= {("derivative", key): found[value] for key, value in sources.items()}
        graph.outputs["total"] = total
        self.sources = list(sources)
        blueprint = finish(graph, self.precision, self.without)
        self.program = Program(blueprint, self.arrays, self.workers)

    def poison(self) -> None:
        """Fill all memory that a run writes with NaN, and that of the workers."""
        program = self.program
        once = [program.view(view) for step in program.blueprint.once for view in step.writes]
        kept = [(view, view.copy()) for view in (*once, *program.inputs.values())]
        program.arena.fill(0xFF)
        program._team._memory.fill(0xFF)
        for view, numbers in kept:
            view[...] = numbers

    def run(self, step: int = 0) -> Run:
        for name, array in self.data.items():
            self.program.inputs[name][...] = array
        self.program.run(seed=self.seed, step=step)
        results = {key: array.copy() for key, array in self.program.outputs.items()}
        self.outputs = {name: results[name] for name in self.names}
        self.derivatives = {key: results["derivative", key] for key in self.sources}
        self.total = float(results["total"])
        return self

    def source(self, key: Any) -> Any:
        """The numbers of an input port or of an array, to be changed in place."""
        return self.data[key] if isinstance(key, str) else self.arrays[key]


SLOPE_STEP = 1e-5


class Slope(NamedTuple):
    """By an input or array, in a random direction. slope: by differences of the total. derivative:
    what the program gives for it. size: of its terms, without their signs."""

    key: Any
    slope: float
    derivative: float
    size: float


def slopes(run: Run) -> Iterator[Slope]:
    """By each input and array of a net."""
    derivatives, rng = run.derivatives, np.random.default_rng(5)
    for key in run.sources:
        numbers = run.source(key)
        here, way = numbers.copy(), rng.normal(size=numbers.shape)
        numbers[...] = here + SLOPE_STEP * way
        ahead = run.run().total
        numbers[...] = here - SLOPE_STEP * way
        slope = (ahead - run.run().total) / (2 * SLOPE_STEP)
        numbers[...] = here
        terms = derivatives[key] * way
        yield Slope(key, slope, float(np.sum(terms)), float(np.sum(np.abs(terms))))
