"""Nets of all layers, wired at random with no regard to what fits: what can be made is used.

`attempt` makes what can be made of a draw; `used` evaluates a net and trains it for a step, in both
precisions.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

import wlnet as wl
from tests.bench import EXAMPLES
from wlnet import NetGraph, NetPort
from wlnet.core.errors import WlnetError
from wlnet.core.net import Net
from wlnet.core.shapes import is_known
from wlnet.nets.container import without_coders
from wlnet.nets.inference import inference

ELEMENTS = (None, "Real", "Integer", "Boolean")
LARGEST = 2**16
"""Numbers of an example: more is not tried."""
KINDS = sorted({case.layer.kind for case in EXAMPLES if not case.layer.holds_code})


def _fresh(kind: str, rng: np.random.Generator) -> Any:
    """A layer of a kind, of one of its examples, or one whose sizes the rest of the net tells."""
    free = {
        "LinearLayer": lambda: wl.LinearLayer(int(rng.integers(1, 9))),
        "ReshapeLayer": lambda: wl.ReshapeLayer((wl.AUTOMATIC, int(rng.integers(1, 4)))),
        "EmbeddingLayer": lambda: wl.EmbeddingLayer(int(rng.integers(1, 5)), 6),
        "ConvolutionLayer": lambda: wl.ConvolutionLayer(int(rng.integers(1, 5)), 2),
        "NetArrayLayer": lambda: wl.NetArrayLayer(output=int(rng.integers(1, 5))),
        "DotLayer": lambda: _attention(rng),
    }
    if kind in free and rng.random() < 0.5:
        return free[kind]()
    cases = [case for case in EXAMPLES if case.layer.kind == kind]
    layer = cases[rng.integers(len(cases))].layer
    return _turning(layer) if kind == "SpatialTransformationLayer" else layer


def _turning(layer: Any) -> Any:
    """With a layer that makes the six numbers, which nobody else does."""
    edges: list[Any] = [
        (NetPort("Input"), "see", NetPort("turn", "Parameters")),
        (NetPort("Input"), NetPort("turn", "Input")),
    ]
    return NetGraph({"see": 6, "turn": layer}, edges)


def _attention(rng: np.random.Generator) -> Any:
    """Attention of any kind, in the place of what is its usual score."""
    masks = (None, "Causal", ("Causal", int(rng.integers(1, 4))))
    return wl.AttentionLayer(
        str(rng.choice(["Dot", "Bilinear"])),
        mask=masks[rng.integers(3)],
        multi_head=bool(rng.random() < 0.3),
        score_rescaling=(None, "DimensionSqrt", "LengthSqrt")[rng.integers(3)],
        dropout=float(rng.random() < 0.2) / 2,
    )


def _wrapped(layer: Any, rng: np.random.Generator) -> Any:
    """The layer, or an operator or a chain around it."""
    try:
        if rng.random() < 0.15:
            return wl.NetMapOperator(layer)
        if rng.random() < 0.08:
            return wl.NetNestOperator(layer, 2)
        if rng.random() < 0.1:
            return wl.NetMapThreadOperator(layer, int(rng.integers(1, 3)))
        if rng.random() < 0.1:
            return wl.NetChain([layer])
    except WlnetError:
        pass
    return layer


def attempt(rng: np.random.Generator, vertices: int = 6) -> Any:
    """A graph that grew vertex by vertex; those that fit nowhere were left out."""
    ports: dict[str, Any] = {}
    for i in range(rng.integers(1, 4)):
        element = ELEMENTS[rng.integers(len(ELEMENTS))]
        shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(0, 4)))
        ports[f"in{i}"] = shape if element is None else (*shape, element) if shape else element
    nodes: dict[str, Any] = {}
    edges: list[Any] = []
    sources: list[Any] = [NetPort(name) for name in ports]
    net: Any = None
    for i in range(vertices):
        for _ in range(4):
            key = f"v{i}"
            node = _wrapped(_fresh(KINDS[rng.integers(len(KINDS))], rng), rng)
            names = node.input_names
            if node.is_variadic:
                names = tuple(str(n + 1) for n in range(rng.integers(1, 4)))
            new = [(sources[rng.integers(len(sources))], NetPort(key, name)) for name in names]
            used = {edge[0].path[0] for edge in [*edges, *new] if len(edge[0].path) == 1}
            told = {name: port for name, port in ports.items() if name in used}
            try:
                net = NetGraph({**nodes, key: node}, [*edges, *new], ports=told)
            except WlnetError:
                continue
            nodes[key] = node
            edges += new
            for name in node.state_names:
                # What a linear layer makes of anything has the size of the state.
                first, source = f"{name} of {key}", sources[rng.integers(len(sources))]
                more = [
                    (source, NetPort(first, "Input")),
                    (NetPort(first, "Output"), NetPort(key, name)),
                ]
                told |= {p: ports[p] for p in ports if source == NetPort(p)}
                try:
                    net = NetGraph({**nodes, first: wl.LinearLayer()}, [*edges, *more], ports=told)
                except WlnetError:
                    continue
                nodes[first] = wl.LinearLayer()
                edges += more
            sources += [NetPort(key, name) for name in (*node.output_names, *node.state_names)]
            break
    return net


def columns_of(net: Any, count: int, rng: np.random.Generator) -> dict[str, Any] | None:
    """Numbers for all inputs; None for a net whose inputs are too large or not known."""
    solution, columns = inference(net), {}
    for name in net.input_names:
        wire = solution.ports[(), name]
        if wire.shape is None:
            return None
        shape = tuple(int(rng.integers(1, 4)) if n is None else n for n in wire.shape)
        # Without NumPy, whose products of sizes may come out small.
        if _numbers(shape) > LARGEST:
            return None
        kind = net.ports[name].element or wire.element
        if kind == "Integer":
            largest = np.minimum(wire.below or 9, 1000)
            columns[name] = rng.integers(1, largest + 1, (count, *shape))
        elif kind == "Boolean":
            columns[name] = rng.integers(0, 2, (count, *shape))
        else:
            columns[name] = rng.uniform(0.1, 0.9, (count, *shape)).astype(np.float32)
    return columns


def _numbers(shape: Any) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def used(net: Net, seed: int = 0) -> Iterator[str]:
    """Use a net for all that native code does with one. Yields what was done, and for what was
    refused the name of the error; only errors of wlnet are caught."""
    rng = np.random.default_rng(seed)
    net = without_coders(net, net.port_names)
    arrays = inference(net).arrays.values()
    if any(not is_known(w.shape) or _numbers(w.shape) > LARGEST for w in arrays):
        yield "open or large"
        return
    net = wl.net_initialize(net, random_seeding=seed)
    columns = columns_of(net, int(rng.integers(1, 20)), rng)
    if columns is None:
        yield "open or large"
        return
    for precision in ("Real32", "Real64"):
        for what, run in (("evaluated", _evaluate), ("trained", _train)):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    run(net, columns, precision)
            except WlnetError as error:
                yield type(error).__name__
            else:
                yield what


def _evaluate(net: Any, columns: dict[str, Any], precision: str) -> None:
    if not columns:
        net(working_precision=precision)
    else:
        net(columns, working_precision=precision)
        net({name: column[0] for name, column in columns.items()}, working_precision=precision)


def _train(net: Any, columns: dict[str, Any], precision: str) -> None:
    count = len(next(iter(columns.values()))) if columns else 3
    wl.net_train(
        net, columns, loss_function=list(net.output_names), max_training_rounds=1,
        batch_size=max(1, count // 2), working_precision=precision,
        training_progress_reporting=None,
    )  # fmt: skip
