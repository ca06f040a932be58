"""Net + batch + multipliers -> blueprint: the one way from what a net is to what runs.

The driver of a compiler: lower, differentiate (backpropagation, reverse mode), run the stages,
assemble. Four entrances, for what is computed: an evaluation, gradients, a whole step of training,
a measurement; `finish` takes a graph that does not come from a net.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial
from wlnet.engine.blueprint import Blueprint
from wlnet.graph.builder import Builder, Mode
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph, Value
from wlnet.graph.keys import GradientKey, KeptStateKey, OutputKey, SourceKey
from wlnet.kernels.jit.target import lanes_of
from wlnet.kernels.language import Precision
from wlnet.lowering.lower import lower
from wlnet.plan.calls.emitter import Learner
from wlnet.plan.memory.assemble import assemble
from wlnet.plan.passes.checks import check_constants, check_inputs
from wlnet.plan.passes.norms import measure_gradients
from wlnet.plan.passes.prefix import split_prefix
from wlnet.plan.passes.updates import (
    fetch_inputs,
    keep_outputs,
    replace_statistics,
    update_arrays,
    worth_packing,
)
from wlnet.plan.stages import Setting, run_stages, watch


def forward_blueprint(
    net: Net,
    batch: int,
    *,
    mode: Mode = "Test",
    shapes: Mapping[str, Partial] | None = None,
    precision: Precision = "Real32",
    asked: Sequence[tuple[Path, str]] | None = None,
    by: Sequence[SourceKey] = (),
    kept: Sequence[KeptStateKey] = (),
    constants: Collection[ArrayKey] = (),
    packed: Collection[ArrayKey] = (),
    checked: bool = False,
    without: Sequence[str] = (),
) -> Blueprint:
    """What evaluates a net on a batch.

    asked: the only ports to give out, of parts or () for the net; inputs that they do not
    depend on are none of it. by: gradients to give out too, of the sum of all Reals of all outputs
    of the net. kept: states that come in and go out. constants: arrays that never change, so that
    what depends on them alone is computed once. packed: the arrays that are packed
    in memory. checked: whether the program tells of inputs that are not finite.
    without: passes to leave out.
    """
    whole = [((), name) for name in net.output_names] if by else []
    ports = None if asked is None else list(dict.fromkeys([*asked, *whole]))
    graph = lower(net, batch, mode, shapes, asked=ports, by=by, kept=kept)
    check_constants(graph, precision)
    found = _by_sources(graph, [graph.outputs[name] for _, name in whole])
    if asked is not None:
        names = [(path, name) if path else name for path, name in asked]
        graph.outputs = {name: graph.outputs[name] for name in (*names, *kept)}
    graph.outputs |= found
    graph.updates.clear()
    if checked:
        check_inputs(graph)
    return _finished(graph, Setting(precision, few_of(precision), constants, packed, without))


def training_blueprint(
    net: Net,
    batch: int,
    losses: Mapping[str, float],
    trained: Sequence[ArrayKey],
    *,
    frozen_statistics: frozenset[ArrayKey] = frozenset(),
    inside: Sequence[tuple[Path, str]] = (),
    precision: Precision = "Real32",
    packed: Collection[ArrayKey] = (),
    whole: int | None = None,
    home: Path = (),
    shapes: Mapping[str, Partial] | None = None,
    without: Sequence[str] = (),
) -> Blueprint:
    """What one step of training computes, before the update.

    losses: output port -> factor; their sum, averaged over the batch, is differentiated by the
    trained arrays. whole: how many examples a batch of this training has, if this is a smaller one.
    home: the part that says all keys and paths, see `lower`. shapes: of the examples, where the
    net leaves them open.
    Outputs: every loss port, one number an example, GradientKey(key) for every trained array,
    and the output ports of parts named in `inside`.
    """
    graph = lower(net, batch, "Train", shapes, frozen_statistics, inside, home=home)
    check_constants(graph, precision)
    found = _gradients(graph, batch, losses, trained)
    graph.outputs |= {GradientKey(key): value for key, value in found.items()}
    setting = Setting(precision, few_of(precision, batch, whole), packed=packed, without=without)
    return _finished(graph, setting)


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
    learners: Mapping[ArrayKey, Learner],
    *,
    frozen_statistics: frozenset[ArrayKey] = frozenset(),
    inside: Sequence[tuple[Path, str]] = (),
    precision: Precision = "Real32",
    constants: Collection[ArrayKey] = (),
    packed: Collection[ArrayKey] | None = None,
    keep_prefix: bool = False,
    whole: int | None = None,
    home: Path = (),
    shapes: Mapping[str, Partial] | None = None,
    without: Sequence[str] = (),
    gradient_norm: float | None = None,
    gradient_squares: bool = False,
) -> Steps:
    """What one whole step of training does: it fetches the examples, and updates the arrays.

    packed: the arrays that are packed in memory; None decides it.
    learners: how each trained array is updated. Losses, and the ports named in `inside`, are kept
    in tables, a row a step. keep_prefix: the frozen prefix comes as a program of its own, whose
    results are then fetched like the examples. whole: how many examples a batch of this training
    has, if this is a smaller one: both are computed in the same layout. home: the part
    that says all keys and paths, see `lower`. shapes: of the examples, where the net leaves them
    open.

    gradient_norm: the largest norm of the gradients of all arrays that a step moves, together: all
    are scaled down to it. gradient_squares: whether tables of GradientSquaresKey(key) keep the sum
    of the squares of each gradient as it is before that, in 64 bits; nothing else changes by it.
    """
    setting = Setting(precision, few_of(precision, batch, whole), constants, without=without)
    graph = lower(net, batch, "Train", shapes, frozen_statistics, inside, home=home)
    graph, prefix = learning(graph, batch, losses, list(learners), inside, setting, keep_prefix)
    replace_statistics(graph, list(graph.updates))
    graph = run_stages(graph, setting, "form")
    if packed is None:
        # Only where the update takes the product in it is worth to keep an array packed.
        packs = setting.has("pack") and gradient_norm is None
        packed = worth_packing(graph, setting.lanes) if packs else ()
    setting = replace(setting, packed=packed)
    graph = run_stages(graph, setting, "orient")
    if gradient_norm is not None or gradient_squares:
        graph = measure_gradients(graph, gradient_norm, gradient_squares)
    graph = run_stages(graph, setting, "update", "pack")
    return Steps(assemble(graph, setting, learners), prefix)


def learning(
    graph: Graph,
    batch: int,
    losses: Mapping[str, float],
    trained: Sequence[ArrayKey],
    inside: Sequence[tuple[Path, str]],
    setting: Setting,
    keep_prefix: bool,
) -> tuple[Graph, Blueprint | None]:
    """What a lowered net does in training: it fetches its examples, keeps losses and the ports
    named, and updates arrays by their gradients; and its frozen prefix, where that is apart.

    What lies where that could be cut off is a result."""
    check_constants(graph, setting.precision)
    forward = {value for call in graph.calls for value in call.outputs}
    found = _gradients(graph, batch, losses, trained)
    wanted: list[OutputKey] = [*losses, *inside]
    outputs = {name: graph.outputs[name] for name in wanted}
    graph.outputs = {**outputs, **{GradientKey(key): value for key, value in found.items()}}
    graph, prefix, cut = _split(graph, forward, setting, keep_prefix)
    fetch_inputs(graph)
    keep_outputs(graph, outputs)
    update_arrays(graph, found)
    graph.outputs = cut
    return graph, prefix


def measuring_blueprint(
    net: Net,
    batch: int,
    *,
    inside: Sequence[tuple[Path, str]] = (),
    precision: Precision = "Real32",
    constants: Collection[ArrayKey] = (),
    packed: Collection[ArrayKey] = (),
    keep_prefix: bool = False,
    whole: int | None = None,
    home: Path = (),
    shapes: Mapping[str, Partial] | None = None,
    without: Sequence[str] = (),
) -> Steps:
    """What a net is judged by: every output of a batch is kept in a table, a row a batch.

    The arguments are those of `step_blueprint`.
    """
    setting = Setting(precision, few_of(precision, batch, whole), constants, packed, without)
    graph = lower(net, batch, shapes=shapes, inside=inside, home=home)
    check_constants(graph, precision)
    graph.updates.clear()
    outputs = graph.outputs
    forward = {value for call in graph.calls for value in call.outputs}
    graph, prefix, cut = _split(graph, forward, setting, keep_prefix)
    fetch_inputs(graph)
    keep_outputs(graph, outputs)
    graph.outputs = cut
    return Steps(_finished(graph, setting), prefix)


def _split(
    graph: Graph, forward: Collection[Value], setting: Setting, keep_prefix: bool
) -> tuple[Graph, Blueprint | None, dict[OutputKey, Value]]:
    """What is left of a graph behind its frozen prefix, what computes that, and what lies at the
    cut, if the prefix is not kept: those values are results, so that nothing is fused across the
    cut and the numbers are the same either way."""
    graph = run_stages(graph, setting, "cut")
    split = split_prefix(graph, setting.constants, forward) if setting.has("prefix") else None
    if split is None:
        return graph, None, {}
    if not keep_prefix:
        return graph, None, split.cut
    prefix = split.prefix
    for half in (prefix, split.rest):
        watch("prefix", half)
    prefix.part = None  # of each example by itself
    fetch_inputs(prefix)
    keep_outputs(prefix, prefix.outputs)
    prefix.outputs = {}
    return split.rest, _finished(prefix, replace(setting, packed=())), {}


def _gradients(
    graph: Graph, batch: int, losses: Mapping[str, float], trained: Sequence[ArrayKey]
) -> dict[ArrayKey, Value]:
    """The gradients of the trained arrays that the net uses; their calls are added to the graph.

    They are those of the mean over the batch: of a part of one, its share in that.
    """
    g = Builder(graph)
    whole = batch if graph.part is None else graph.part[1]
    total: Value | None = None
    for name, factor in losses.items():
        value = graph.outputs[name]
        part = value if factor == 1 else g.multiply(value, factor)
        part = g.reshape(g.sum(part, range(1, part.rank)), (batch,))
        total = part if total is None else g.add(total, part)
    assert total is not None
    known = [key for key in trained if key in graph.arrays]
    found = gradients(graph, total, [graph.arrays[key] for key in known], scale=1 / whole)
    return {key: found[graph.arrays[key]] for key in known}


def _by_sources(graph: Graph, ends: Sequence[Value]) -> dict[OutputKey, Value]:
    """The gradients of the sum of all Reals of some values, by the sources of the graph."""
    reals = [end for end in ends if end.element == "Real"]
    found = gradients(graph, reals, [value for value, _ in graph.sources.values()])
    g = Builder(graph)
    return {key: g.reshape(found[value], shape) for key, (value, shape) in graph.sources.items()}


def few_of(precision: Precision, batch: int = 1, whole: int | None = None) -> Fraction:
    """Of how many examples there are too few to be put side by side: less than half of the lanes.

    A smaller batch of a training is computed in the layout of a whole one: then it is of less than
    that in the same proportion.
    """
    return Fraction(lanes_of(precision) // 2 * batch, whole or batch)


def _finished(graph: Graph, setting: Setting) -> Blueprint:
    """The blueprint of a graph without updates."""
    return assemble(run_stages(graph, setting, "form", "pack"), setting)


def finish(
    graph: Graph,
    precision: Precision,
    without: Sequence[str] = (),
    *,
    constants: Collection[ArrayKey] = (),
    packed: Collection[ArrayKey] = (),
) -> Blueprint:
    """The blueprint of a graph that does not come from a net."""
    return _finished(graph, Setting(precision, few_of(precision), constants, packed, without))
