"""Bodies of scans: graphs that are applied step by step, and the names of what goes in and out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from wlnet.graph.graph import Call, Element, Graph, Shape, Value
from wlnet.graph.keys import BodyKey
from wlnet.graph.rows import axis_after

CARRIED, SEQUENCE, CONSTANT, STACKED = "carried", "sequence", "constant", "stacked"
"""Kinds of inputs and outputs of a body, which are named (kind, number)."""


def numbers(body: Graph, kind: str) -> int:
    """How many inputs, or stacked outputs, of a kind a body has."""
    names = body.outputs if kind == STACKED else body.inputs
    return sum(name.kind == kind for name in names if isinstance(name, BodyKey))


def inputs_of(body: Graph) -> dict[BodyKey, Value]:
    """What a body takes, by name."""
    return {name: value for name, value in body.inputs.items() if isinstance(name, BodyKey)}


def outputs_of(body: Graph) -> dict[BodyKey, Value]:
    """What a body gives, by name."""
    return {name: value for name, value in body.outputs.items() if isinstance(name, BodyKey)}


def shapes_of(*operands: Shape, body: Graph, times: int, reverse: bool) -> tuple[Shape, ...]:
    """The shapes of tables, then of what is stacked."""
    carried, stacked = numbers(body, CARRIED), numbers(body, STACKED)
    return (
        *((times + 1, *shape) for shape in operands[:carried]),
        *((times, *body.outputs[BodyKey(STACKED, i)].shape) for i in range(stacked)),
    )


def names_of(body: Graph) -> list[BodyKey]:
    """The names of what a body takes, in the order of the operands of its scan."""
    kinds = (CARRIED, SEQUENCE, CONSTANT)
    return [BodyKey(kind, i) for kind in kinds for i in range(numbers(body, kind))]


def operands_of(call: Call) -> dict[BodyKey, Value]:
    """The operands of a scan, by the names of the inputs of its body."""
    return dict(zip(names_of(call.attributes["body"]), call.inputs, strict=True))


def elements_of(body: Graph) -> tuple[Element, ...]:
    """What the entries of tables are, which are carried as Reals, then of what is stacked."""
    carried: list[Element] = ["Real"] * numbers(body, CARRIED)
    stacked = (body.outputs[BodyKey(STACKED, i)].element for i in range(numbers(body, STACKED)))
    return (*carried, *stacked)


def in_steps(
    examples: Sequence[int | None], *shapes: Shape, body: Graph, **attributes: object
) -> int | None:
    """The rule for where examples stand (apart.py): where they do in every step, behind the axis of
    the steps."""
    axes: dict[Value, int] = {}
    for (kind, i), axis in zip(names_of(body), examples, strict=True):
        if axis is not None:
            if kind == SEQUENCE and not axis:
                return None
            axes[body.inputs[BodyKey(kind, i)]] = axis - (kind == SEQUENCE)
    if len(set(axes.values())) != 1:
        return None
    (axis,) = set(axes.values())
    (count,) = {value.shape[axis] for value in axes}
    for i in range(numbers(body, CARRIED)):
        # What begins as the same for all examples is their own after a step.
        value = body.inputs[BodyKey(CARRIED, i)]
        if value not in axes and value.shape[axis : axis + 1] != (count,):
            return None
        axes[value] = axis
    for call in body.calls:
        if not any(value in axes for value in call.inputs):
            continue
        found = axis_after(call, axes)
        if found is None:
            return None
        axes.update(dict.fromkeys(call.outputs, found))
    if any(axes.get(value) != axis for value in body.outputs.values()):
        return None
    return axis + 1


def copied(body: Graph) -> Graph:
    """A body that may be changed while the other stays."""
    return replace(
        body,
        inputs=dict(body.inputs),
        arrays=dict(body.arrays),
        calls=list(body.calls),
        outputs=dict(body.outputs),
        updates=dict(body.updates),
    )


def renumbered(body: Graph, graph: Graph) -> Graph:
    """A body whose values are values of another graph, under numbers of their own there."""
    new: dict[Value, Value] = {}

    def of(value: Value) -> Value:
        if value not in new:
            new[value] = graph.new_value(value.shape, value.element)
        return new[value]

    calls = [
        replace(call, inputs=tuple(map(of, call.inputs)), outputs=tuple(map(of, call.outputs)))
        for call in body.calls
    ]
    inputs = {name: of(value) for name, value in body.inputs.items()}
    outputs = {name: of(value) for name, value in body.outputs.items()}
    return Graph(inputs, {}, calls, outputs, {}, graph.count)


def trimmed(call: Call, wanted: Collection[Value]) -> Call:
    """A scan that keeps of its steps what is wanted, and takes what its body then reads."""
    body = copied(call.attributes["body"])
    tables = numbers(body, CARRIED)
    stacked = [v for key, v in outputs_of(body).items() if key.kind == STACKED]
    kept = [i for i, value in enumerate(call.outputs[tables:]) if value in wanted]
    body.outputs = {key: v for key, v in body.outputs.items() if key.kind == CARRIED}  # type: ignore[union-attr]
    body.outputs.update({BodyKey(STACKED, n): stacked[i] for n, i in enumerate(kept)})
    need = set(body.outputs.values())
    calls: list[Call] = []
    for each in reversed(body.calls):
        if any(value in need for value in each.outputs):
            each = trimmed(each, need) if each.primitive == "scan" else each
            need.update(each.inputs)
            calls.append(each)
    body.calls = calls[::-1]
    operands = operands_of(call)
    body.inputs, inputs = {}, []
    for kind in (CARRIED, SEQUENCE, CONSTANT):
        given = [key for key in operands if key.kind == kind]
        own = inputs_of(call.attributes["body"])
        read = [key for key in given if kind == CARRIED or own[key] in need]
        body.inputs.update({BodyKey(kind, n): own[key] for n, key in enumerate(read)})
        inputs += [operands[key] for key in read]
    outputs = (*call.outputs[:tables], *(call.outputs[tables + i] for i in kept))
    attributes = {**call.attributes, "body": body}
    return replace(call, inputs=tuple(inputs), outputs=outputs, attributes=attributes)
