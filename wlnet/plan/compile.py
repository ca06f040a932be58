"""Net + batch + multipliers -> blueprint: the one way from what a net is to what runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.shapes import Partial
from wlnet.engine.program import Blueprint
from wlnet.graph.builder import Builder, Mode
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph, Value
from wlnet.plan.lower import lower
from wlnet.plan.passes import PASSES
from wlnet.plan.place import place

DTYPES = {"Real32": np.float32, "Real64": np.float64}
GRADIENT = "gradient"


def forward_blueprint(
    net: Net,
    batch: int,
    *,
    mode: Mode = "Test",
    shapes: Mapping[str, Partial] | None = None,
    precision: str = "Real32",
    inside: Sequence[tuple[Path, str]] = (),
    without: Sequence[str] = (),
) -> Blueprint:
    """What evaluates a net on a batch.

    inside: output ports of parts to give out too. without: passes to leave out ("prune", "share",
    "place").
    """
    graph = lower(net, batch, mode, shapes, inside=inside)
    graph.updates.clear()
    return finish(graph, precision, without)


def training_blueprint(
    net: Net,
    batch: int,
    losses: Mapping[str, float],
    trained: Sequence[Any],
    *,
    frozen_statistics: frozenset[Any] = frozenset(),
    inside: Sequence[tuple[Path, str]] = (),
    precision: str = "Real32",
    without: Sequence[str] = (),
) -> Blueprint:
    """What one step of training computes, before the update.

    losses: output port -> factor; their sum, averaged over the batch, is differentiated by the
    trained arrays.
    Outputs: every loss port, one number an example, ("gradient", key) for every trained array,
    and the output ports of parts named in `inside`.
    """
    graph = lower(net, batch, "Train", None, frozen_statistics, inside)
    g = Builder(graph)
    total: Value | None = None
    for name, factor in losses.items():
        value = graph.outputs[name]
        part = value if factor == 1 else g.multiply(value, factor)
        part = g.reshape(g.sum(part, range(1, part.rank)), (batch,))
        total = part if total is None else g.add(total, part)
    assert total is not None
    known = [key for key in trained if key in graph.arrays]
    found = gradients(graph, total, [graph.arrays[key] for key in known], scale=1 / batch)
    outputs: dict[Any, Value] = dict(graph.outputs)
    outputs |= {(GRADIENT, key): found[graph.arrays[key]] for key in known}
    graph.outputs = outputs
    return finish(graph, precision, without)


def finish(graph: Graph, precision: str, without: Sequence[str] = ()) -> Blueprint:
    """The passes over a graph, and its blueprint."""
    for name, run in PASSES.items():
        if name not in without:
            graph = run(graph)
    return place(graph, DTYPES[precision], reuse="place" not in without)
