"""The frozen prefix: what depends on the examples and on frozen arrays alone.

Partial evaluation, and caching of features: what is invariant over the rounds is hoisted out of
their loop.

It is the same in every round, so it may be computed once for all examples and kept. Not part of it
are layers that learn, calls that draw random numbers, and calls in which examples meet (a result
depends on several of them).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from wlnet.core.rules import ArrayKey
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import OutputKey, PrefixKey
from wlnet.graph.primitives import PRIMITIVES, axis_after
from wlnet.plan.layouts import VIEWS

WORTH = frozenset(
    {
        "matmul",
        "convolve",
        "convolve_input",
        "pool_max",
        "pool_sum",
        "interpolate",
        "gather",
        "ordering",
        "softmax",
        "lstm",
        "gru",
        "scan",
        "causal_product",
        "attention_weights",
    }
)
"""Primitives that take so long that it pays to keep what they give."""


@dataclass(frozen=True)
class Split:
    """A graph cut in two: values at the cut are outputs of the prefix and inputs of the rest. cut:
    these as they are in the whole graph, where an example may have several rows."""

    prefix: Graph
    rest: Graph
    cut: dict[OutputKey, Value]

    @property
    def names(self) -> list[OutputKey]:
        """What is kept of each example."""
        return list(self.prefix.outputs)


def split_prefix(
    graph: Graph, constants: Collection[ArrayKey], forward: Collection[Value]
) -> Split | None:
    """The graph cut behind its frozen prefix; None where nothing in it is worth keeping.

    forward: the values that are no gradients. No others are kept: gradients depend on how many
    examples a batch has.
    """
    count = next((value.shape[0] for value in graph.inputs.values()), 1)
    """How many examples there are."""
    still = {graph.arrays[key] for key in constants if key in graph.arrays}
    """Values that never change."""
    axes = dict.fromkeys(graph.inputs.values(), 0)
    """Values that are the same for an example in every round, each with the axis of examples."""
    calls: list[Call] = []
    learning = {value for value in graph.arrays.values() if value not in still}
    # No call of a layer that learns is in the prefix, so that the cut never parts calls which would
    # be fused if there were no cut: the bits of an array do not depend on which others are frozen.
    layers = {call.origin for call in graph.calls if not learning.isdisjoint(call.inputs)}
    for call in graph.calls:
        row = PRIMITIVES[call.primitive]
        if row.random:
            continue
        if all(value in still for value in call.inputs):
            still.update(call.outputs)
            calls.append(call)
        elif (
            call.outputs[0] in forward
            and call.origin not in layers
            and all(value in still or value in axes for value in call.inputs)
        ):
            axis = axis_after(call, axes, count)
            if axis is not None:
                axes.update(dict.fromkeys(call.outputs, axis))
                calls.append(call)
    inside = set(map(id, calls))
    outside = [call for call in graph.calls if id(call) not in inside]
    # The cut: what the rest reads of the prefix, and of a view what it is a view of.
    made = {value: call for call in calls for value in call.outputs}
    wanted = [value for call in outside for value in call.inputs] + graph.results()
    cut = [v for v in dict.fromkeys(wanted) if v in axes and v in made]
    cut = list(dict.fromkeys(_source(value, made, axes, graph) for value in cut))
    cut = [value for value in cut if value in made]
    # What is kept has a row for each example: its first axis must be theirs.
    if any(axes[value] for value in cut):
        return None
    if not any(
        call.primitive in WORTH and any(value in axes for value in call.inputs)
        for call in _needed(calls, cut)
    ):
        return None
    # Where an example has several rows, what is kept has them in one.
    kept = [_in_rows(value, graph, count) for value in cut]
    packed = [_reshape(v, k) for v, k in zip(cut, kept, strict=True) if v is not k]
    unpacked = [_reshape(k, v) for v, k in zip(cut, kept, strict=True) if v is not k]
    outputs: dict[OutputKey, Value] = {PrefixKey(i): value for i, value in enumerate(kept)}
    inner = [*_needed(calls, cut), *packed]
    before = replace(graph, calls=inner, outputs=outputs, updates={})
    # The rest makes some things again: views of what is kept, and what depends on frozen arrays
    # alone.
    again = [
        call
        for call in graph.calls
        if call.outputs[0] not in cut
        and (id(call) not in inside or call.primitive in VIEWS or call.outputs[0] in still)
    ]
    after = replace(graph, inputs={**graph.inputs, **outputs}, calls=[*unpacked, *again])
    after.calls = _needed_by(after)
    used = {value for call in after.calls for value in call.inputs} | set(after.results())
    after.inputs = {name: value for name, value in after.inputs.items() if value in used}
    return Split(before, after, {PrefixKey(i): value for i, value in enumerate(cut)})


def _in_rows(value: Value, graph: Graph, count: int) -> Value:
    """A value with a row for each example."""
    if value.shape[0] == count:
        return value
    shape = (count, value.shape[0] // count, *value.shape[1:])
    return graph.new_value(shape, value.element)


def _reshape(x: Value, y: Value) -> Call:
    return Call("reshape", (x,), (y,), {"shape": y.shape})


def _source(value: Value, made: dict[Value, Call], axes: dict[Value, int], graph: Graph) -> Value:
    """What a view is a view of, as far back as the first axis is that of the examples. A slice is
    kept as it is: it has fewer numbers."""
    results = set(graph.results())
    while (
        value in made
        and value not in results
        and made[value].primitive in VIEWS
        and made[value].primitive != "slice"
        and made[value].inputs[0] in made
        and axes.get(made[value].inputs[0]) == 0
    ):
        value = made[value].inputs[0]
    return value


def _needed(calls: list[Call], wanted: Collection[Value]) -> list[Call]:
    """Those of the calls that wanted values depend on."""
    found, need = [], set(wanted)
    for call in reversed(calls):
        if any(output in need for output in call.outputs):
            need.update(call.inputs)
            found.append(call)
    return found[::-1]


def _needed_by(graph: Graph) -> list[Call]:
    return _needed(graph.calls, graph.results())
