"""Net + batch + multipliers -> blueprint: the one way from what a net is to what runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.shapes import Partial
from wlnet.engine.blueprint import Blueprint
from wlnet.graph.builder import Builder, Mode
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph, Value
from wlnet.graph.keys import GradientKey
from wlnet.graph.tidying import prune, simplify
from wlnet.kernels.jit.target import lanes_of
from wlnet.kernels.language import Precision
from wlnet.lowering.lower import lower
from wlnet.plan.calls.emitter import Learner
from wlnet.plan.memory.assemble import assemble
from wlnet.plan.passes.checks import check_inputs
from wlnet.plan.passes.lanes import NONE, put_in_lanes
from wlnet.plan.passes.packing import pack_weights
from wlnet.plan.passes.prefix import split_prefix
from wlnet.plan.passes.table import PASSES
from wlnet.plan.passes.updates import (
    fetch_inputs,
    fuse_update,
    keep_outputs,
    orient,
    replace_statistics,
    update_arrays,
    worth_packing,
)

SWITCHES = (
    *PASSES, "lanes", "rows", "prefix", "orient", "fuse_update", "pack", "order", "place"
)  # fmt: skip
"""The passes by name: each may be left out (`without`), and no result changes beyond rounding.

Without "prune" what nobody wants is computed too: what was never wanted, and what other passes
leave behind. Without "lanes" windows are computed example by example, without "rows" never.
"order" and "place" are those of `assemble`; the other names are those of the functions.
"""


def forward_blueprint(
    net: Net,
    batch: int,
    *,
    mode: Mode = "Test",
    shapes: Mapping[str, Partial] | None = None,
    precision: Precision = "Real32",
    asked: Sequence[tuple[Path, str]] | None = None,
    constants: Collection[Any] = (),
    packed: Collection[Any] = (),
    checked: bool = False,
    without: Sequence[str] = (),
) -> Blueprint:
    """What evaluates a net on a batch.

    asked: the only ports to give out, of parts or () for the net; inputs that they do not
    depend on are none of it. constants: arrays that never change, so that what
    depends on them alone is computed once. packed: the arrays that are packed
    in memory. checked: whether the program tells of inputs that are not finite.
    without: passes to leave out.
    """
    graph = lower(net, batch, mode, shapes, asked=asked)
    graph.updates.clear()
    if checked:
        check_inputs(graph)
    return finish(graph, precision, without, constants=constants, packed=packed)


def training_blueprint(
    net: Net,
    batch: int,
    losses: Mapping[str, float],
    trained: Sequence[Any],
    *,
    frozen_statistics: frozenset[Any] = frozenset(),
    inside: Sequence[tuple[Path, str]] = (),
    precision: Precision = "Real32",
    packed: Collection[Any] = (),
    whole: int | None = None,
    home: Path = (),
    without: Sequence[str] = (),
) -> Blueprint:
    """What one step of training computes, before the update.

    losses: output port -> factor; their sum, averaged over the batch, is differentiated by the
    trained arrays. whole: how many examples a batch of this training has, if this is a smaller one.
    home: the part that says all keys and paths, see `lower`.
    Outputs: every loss port, one number an example, GradientKey(key) for every trained array,
    and the output ports of parts named in `inside`.
    """
    graph = lower(net, batch, "Train", None, frozen_statistics, inside, home=home)
    found = _gradients(graph, batch, losses, trained)
    graph.outputs |= {GradientKey(key): value for key, value in found.items()}
    few = _few(precision, batch, whole)
    return finish(graph, precision, without, packed=packed, few=few)


@dataclass(frozen=True)
class Steps:
    """What one whole step of training does, and what may be computed once before the first.

    prefix: fetches examples like a step, and keeps PrefixKey(i) of each; None where there is
    nothing.
    """

    step: Blueprint
    prefix: Blueprint | None = None


def step_blueprint(
    net: Net,
    batch: int,
    losses: Mapping[str, float],
    learners: Mapping[Any, Learner],
    *,
    frozen_statistics: frozenset[Any] = frozenset(),
    inside: Sequence[tuple[Path, str]] = (),
    precision: Precision = "Real32",
    constants: Collection[Any] = (),
    packed: Collection[Any] | None = None,
    keep_prefix: bool = False,
    whole: int | None = None,
    home: Path = (),
    without: Sequence[str] = (),
) -> Steps:
    """What one whole step of training does: it fetches the examples, and updates the arrays.

    packed: the arrays that are packed in memory; None decides it.
    learners: how each trained array is updated. Losses, and the ports named in `inside`, are kept
    in tables, a row a step. keep_prefix: the frozen prefix comes as a program of its own, whose
    results are then fetched like the examples. whole: how many examples a batch of this training
    has, if this is a smaller one: both are computed in the same layout. home: the part
    that says all keys and paths, see `lower`.
    """
    few = _few(precision, batch, whole)
    graph = lower(net, batch, "Train", None, frozen_statistics, inside, home=home)
    forward = {value for call in graph.calls for value in call.outputs}
    found = _gradients(graph, batch, losses, list(learners))
    outputs = {name: graph.outputs[name] for name in (*losses, *inside)}
    graph.outputs = {**outputs, **{GradientKey(key): value for key, value in found.items()}}
    graph = _pruned(graph, without)
    graph, prefix, cut = _split(graph, forward, precision, constants, keep_prefix, few, without)
    fetch_inputs(graph)
    keep_outputs(graph, outputs)
    update_arrays(graph, found)
    replace_statistics(graph, list(graph.updates))
    graph.outputs = cut
    graph = _passed(graph, precision, without, few)
    if packed is None:
        packed = () if "pack" in without else worth_packing(graph, lanes_of(precision))
    graph = _packed(_updating(graph, without, packed), precision, without, packed, constants)
    step = assemble(
        graph,
        precision,
        constants=constants,
        packed=packed,
        learners=learners,
        without=without,
    )
    return Steps(step, prefix)


def measuring_blueprint(
    net: Net,
    batch: int,
    *,
    inside: Sequence[tuple[Path, str]] = (),
    precision: Precision = "Real32",
    constants: Collection[Any] = (),
    packed: Collection[Any] = (),
    keep_prefix: bool = False,
    whole: int | None = None,
    home: Path = (),
    without: Sequence[str] = (),
) -> Steps:
    """What a net is judged by: every output of a batch is kept in a table, a row a batch.

    The arguments are those of `step_blueprint`.
    """
    few = _few(precision, batch, whole)
    graph = lower(net, batch, inside=inside, home=home)
    graph.updates.clear()
    graph, outputs = _pruned(graph, without), graph.outputs
    forward = {value for call in graph.calls for value in call.outputs}
    graph, prefix, cut = _split(graph, forward, precision, constants, keep_prefix, few, without)
    fetch_inputs(graph)
    keep_outputs(graph, outputs)
    graph.outputs = cut
    step = finish(graph, precision, without, constants=constants, packed=packed, few=few)
    return Steps(step, prefix)


def _split(
    graph: Graph,
    forward: Collection[Value],
    precision: Precision,
    constants: Collection[Any],
    keep_prefix: bool,
    few: Fraction,
    without: Sequence[str],
) -> tuple[Graph, Blueprint | None, dict[Any, Value]]:
    """What is left of a graph behind its frozen prefix, what computes that, and what lies at the
    cut, if the prefix is not kept: those values are results, so that nothing is fused across the
    cut and the numbers are the same either way."""
    split = None if "prefix" in without else split_prefix(graph, constants, forward)
    if split is None:
        return graph, None, {}
    if not keep_prefix:
        return graph, None, dict(split.prefix.outputs)
    prefix = split.prefix
    fetch_inputs(prefix)
    keep_outputs(prefix, prefix.outputs)
    prefix.outputs = {}
    made = finish(prefix, precision, without, constants=constants, few=few)
    return split.rest, made, {}


def _gradients(
    graph: Graph, batch: int, losses: Mapping[str, float], trained: Sequence[Any]
) -> dict[Any, Value]:
    """The gradients of the trained arrays that the net uses; their calls are added to the graph."""
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
    return {key: found[graph.arrays[key]] for key in known}


def _few(precision: Precision, batch: int = 1, whole: int | None = None) -> Fraction:
    """Of how many examples there are too few to be put side by side: less than half of the lanes.

    A smaller batch of a training is computed in the layout of a whole one: then it is of less than
    that in the same proportion.
    """
    return Fraction(lanes_of(precision) // 2 * batch, whole or batch)


def _pruned(graph: Graph, without: Sequence[str]) -> Graph:
    """The graph without what nobody wants, now or any more, unless that pass is left out."""
    return graph if "prune" in without else prune(graph)


def _passed(graph: Graph, precision: Precision, without: Sequence[str], few: Fraction) -> Graph:
    """The graph after the passes that every program goes through."""
    assert set(without) <= set(SWITCHES), sorted(set(without) - set(SWITCHES))
    if "lanes" not in without:
        few = NONE if "rows" in without else few
        graph = put_in_lanes(_pruned(graph, without), lanes_of(precision), few)
    for name, run in PASSES.items():
        if name not in without:
            graph = run(graph)
    return graph


def _updating(graph: Graph, without: Sequence[str], packed: Collection[Any]) -> Graph:
    """The graph of a step whose updates are made to fit the arrays, and to take in products."""
    if "orient" not in without:
        graph = orient(graph, packed)
    if "simplify" not in without:
        graph = simplify(graph)
    # What lies at a cut is a result no longer.
    graph = _pruned(replace(graph, outputs={}), without)
    if "fuse_update" not in without:
        graph = _pruned(fuse_update(graph, packed), without)
    return graph


def _packed(
    graph: Graph,
    precision: Precision,
    without: Sequence[str],
    packed: Collection[Any],
    constants: Collection[Any],
) -> Graph:
    """The graph whose products read packed weights: arrays that lie packed in memory, always."""
    if "pack" not in without or packed:
        graph = pack_weights(graph, lanes_of(precision), packed, constants)
    return _pruned(graph, without)


def finish(
    graph: Graph,
    precision: Precision,
    without: Sequence[str] = (),
    *,
    constants: Collection[Any] = (),
    packed: Collection[Any] = (),
    few: Fraction | None = None,
) -> Blueprint:
    """The passes over a graph, and its blueprint. few: windows of fewer examples are computed one
    by one."""
    few = _few(precision) if few is None else few
    return assemble(
        _packed(_passed(graph, precision, without, few), precision, without, packed, constants),
        precision,
        constants=constants,
        packed=packed,
        without=without,
    )
