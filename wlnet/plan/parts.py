"""A batch in parts: what a part goes through, and the update by the sum of what all parts gave.

Data parallelism. `step_blueprint` (compile.py) is a whole step; here it is cut where the gradients
are known. How a batch is divided is part of the problem, not of the machine: every part has a
program of its own, wherever that runs, and sums over the parts are made by who runs them
(train/parallel/), in one order.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial
from wlnet.engine.blueprint import Blueprint
from wlnet.graph.graph import Call, Graph, Shape, Value
from wlnet.graph.keys import GradientKey, NewKey
from wlnet.graph.primitives import PRIMITIVES, axis_after
from wlnet.kernels.copies.parts import part_sum
from wlnet.kernels.language import Precision
from wlnet.lowering.lower import lower
from wlnet.plan.calls.emitter import Learner
from wlnet.plan.compile import Steps, few_of, learning
from wlnet.plan.memory.assemble import assemble
from wlnet.plan.stages import Setting, run_stages

SCALE: ArrayKey = ("scale of all gradients",)
"""The key of the number by which an update scales gradients."""
TOLD_APART = 3
"""So many examples can be told from other things of which there are one or two."""


def part_blueprint(
    net: Net,
    size: int,
    whole: int,
    losses: Mapping[str, float],
    trained: Sequence[ArrayKey],
    *,
    frozen_statistics: frozenset[ArrayKey] = frozenset(),
    inside: Sequence[tuple[Path, str]] = (),
    precision: Precision = "Real32",
    constants: Collection[ArrayKey] = (),
    keep_prefix: bool = False,
    full: int | None = None,
    home: Path = (),
    shapes: Mapping[str, Partial] | None = None,
) -> Steps:
    """What a part of a batch goes through: it fetches its examples, and gives its share in the
    gradients.

    size: how many examples it has; whole: the batch; full: a part of a whole batch of the training,
    if this one is smaller. The other arguments are those of `step_blueprint`. Outputs:
    GradientKey(key) for every trained array; updates: running statistics, the same in every part.
    Raises OptionError where examples of several parts would meet otherwise than in means over the
    batch.
    """
    setting = Setting(precision, few_of(precision, size, full), constants)

    def lowered(size: int) -> Graph:
        return lower(net, size, "Train", shapes, frozen_statistics, inside, home=home, whole=whole)

    graph = lowered(size)
    # With a single example nobody could tell where examples stand.
    check_apart(graph if size > 1 else lowered(TOLD_APART))
    graph, prefix = learning(graph, size, losses, trained, inside, setting, keep_prefix)
    # As updates gradients are made in the form that arrays have.
    graph = run_stages(graph, setting, "form", "orient")
    updates = [call for call in graph.calls if call.primitive == "update"]
    graph = graph.with_calls([call for call in graph.calls if call.primitive != "update"])
    graph.outputs = {GradientKey(call.attributes["key"]): call.inputs[0] for call in updates}
    return Steps(assemble(run_stages(graph, setting, "pack"), setting), prefix)


def update_blueprint(
    learners: Mapping[ArrayKey, Learner],
    sizes: Mapping[ArrayKey, int],
    statistics: Mapping[ArrayKey, Shape],
    precision: Precision,
    scaled: bool,
) -> Blueprint:
    """The update of some numbers of each array by as many of its gradient, which is an array too,
    GradientKey(key); and running statistics that take over NewKey(key).

    sizes: how many numbers. scaled: whether all gradients are scaled by the array SCALE.
    """
    graph = Graph()
    scale: tuple[Value, ...] = ()
    if scaled:
        graph.arrays[SCALE] = graph.new_value((1,), "Double")
        scale = (graph.arrays[SCALE],)
    for key, count in sizes.items():
        graph.arrays[key] = graph.new_value((count,))
        gradient = graph.arrays[GradientKey(key)] = graph.new_value((count,))  # type: ignore[index]
        at = {"key": key, **({"scale": True} if scaled else {})}
        graph.calls.append(Call("update", (gradient, *scale), (), at, _layer(key)))
    for key, shape in statistics.items():
        graph.arrays[key] = graph.new_value(shape)
        new = graph.arrays[NewKey(key)] = graph.new_value(shape)  # type: ignore[index]
        graph.calls.append(Call("replace", (new,), (), {"key": key}, _layer(key)))
    return assemble(graph, Setting(precision, few_of(precision)), learners)


def meetings(blueprint: Blueprint) -> list[int]:
    """The steps behind which a part waits for the others."""
    return [i for i, step in enumerate(blueprint.steps) if step.kernel is part_sum]


def _layer(key: ArrayKey) -> Path:
    return key[:-1] if isinstance(key, tuple) else ()


def check_apart(graph: Graph) -> None:
    """Refuse a net whose examples meet otherwise than in means over the batch.

    Raises OptionError.
    """
    assert graph.part is not None
    summed = {call.inputs[0] for call in graph.calls if call.primitive == "sum_parts"}
    axes = dict.fromkeys(graph.inputs.values(), 0)
    for call in graph.calls:
        row = PRIMITIVES[call.primitive]
        if row.random and call.attributes.get("each"):
            axes[call.outputs[0]] = _axis_of_examples(call)
        if call.primitive == "sum_parts" or not any(value in axes for value in call.inputs):
            continue
        if call.primitive == "sum" and call.outputs[0] in summed:
            continue
        axis = axis_after(call, axes, graph.part[0])
        if axis is None:
            raise fail(
                OptionError,
                Fault(
                    "the examples of a batch meet, and cannot go through the net in parts",
                    at=f"layer {path_text(call.origin)}" if call.origin else "the loss",
                    given=call.primitive,
                    fix="batch_parts=1",
                ),
            )
        axes.update(dict.fromkeys(call.outputs, axis))


def _axis_of_examples(call: Call) -> int:
    """Where the examples of what is drawn stand: behind the steps for which it is drawn at once."""
    size, each = call.attributes["part"][0], call.attributes["each"]
    return 0 if math.prod(call.outputs[0].shape) == size * each else 1
