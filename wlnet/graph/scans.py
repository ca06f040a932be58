"""Scans: a graph applied step by step along sequences, each time to what the step before gave.

A loop with carried values, as a fold is. `scan` adds one to a graph; its derivative is a scan over
the same steps in the other order, which reads what the forward one had to keep of each step. What
its gradients by constants have of a product or a sum is not added up step by step: factors of all
steps are laid one after another, and multiplied once.

Partial evaluation of the derivative of the body: Radul et al., "You Only Linearize Once" (2023).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wlnet.graph.bodies import CARRIED, CONSTANT, SEQUENCE, STACKED, copied, names_of, numbers
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Element, Graph, Shape, Value
from wlnet.graph.keys import BodyKey
from wlnet.graph.primitives import PRIMITIVES

Step = Callable[
    [Builder, list[Value], list[Value], list[Value]], tuple[Sequence[Value], Sequence[Value]]
]
"""What a step does with carried values, those of sequences in this step, and constants: it gives
what is carried on, and what is kept of it."""


@dataclass(frozen=True)
class Scanned:
    """What a scan gives. tables: of each carried value all that it was, (steps + 1, ...), what it
    was at the beginning first, and last where the scan is reversed: so it is before and after the
    element of a sequence that a step reads. stacked: what was kept of each step, (steps, ...)."""

    tables: tuple[Value, ...]
    stacked: tuple[Value, ...]


def scan(
    g: Builder,
    step: Step,
    carried: Sequence[Value],
    sequences: Sequence[Value],
    constants: Sequence[Value] = (),
    *,
    times: int | None = None,
    reverse: bool = False,
) -> Scanned:
    """Apply a step along the first axis of sequences, from its end on if reversed.

    times: how many steps, where no sequence tells it.
    """
    count = sequences[0].shape[0] if times is None else times
    body = body_of(
        step,
        [value.shape for value in carried],
        [value.shape[1:] for value in sequences],
        [value.shape for value in constants],
        [value.element for value in sequences],
        g,
    )
    return added(g, body, (*carried, *sequences, *constants), count, reverse)


def body_of(
    step: Step,
    carried: Sequence[Shape],
    rows: Sequence[Shape],
    constants: Sequence[Shape],
    elements: Sequence[Element],
    around: Builder | None = None,
) -> Graph:
    """The body that a step is. rows: the shapes of elements of sequences; elements: what entries
    these have. around: where the scan is built."""
    body = Graph(part=around.graph.part if around is not None else None)
    b = Builder(body)
    if around is not None:
        b = Builder(body, batch=around.batch, mode=around.mode, origin=around.origin)
    given = [
        [body.new_value(shape) for shape in carried],
        [body.new_value(*each) for each in zip(rows, elements, strict=True)],
        [body.new_value(shape) for shape in constants],
    ]
    for kind, values in zip((CARRIED, SEQUENCE, CONSTANT), given, strict=True):
        body.inputs.update({BodyKey(kind, i): value for i, value in enumerate(values)})
    on, kept = step(b, *given)
    assert [v.shape for v in on] == list(carried), (on, carried)
    body.outputs.update({BodyKey(CARRIED, i): value for i, value in enumerate(on)})
    body.outputs.update({BodyKey(STACKED, i): value for i, value in enumerate(kept)})
    return body


def added(g: Builder, body: Graph, operands: Sequence[Value], times: int, reverse: bool) -> Scanned:
    """Add the call of a scan to a graph.

    Arrays of the body become constants, those of running statistics are carried from step to step;
    masks are drawn for all steps before the first, so that each step has its own.
    """
    body = copied(body)
    given = dict(zip(names_of(body), operands, strict=True))
    moving = {key: body.arrays[key] for key in body.updates}
    for key, value in body.arrays.items():
        there = g.graph.arrays.get(key)
        if there is None:
            there = g.graph.arrays[key] = g.graph.new_value(value.shape)
        if key in moving:
            there = g.graph.updates.get(key, there)
        kind = CARRIED if key in moving else CONSTANT
        name = BodyKey(kind, numbers(body, kind))
        body.inputs[name], given[name] = value, there
        if key in moving:
            body.outputs[name] = body.updates[key]
    for call in body.calls:
        if PRIMITIVES[call.primitive].random:
            name = BodyKey(SEQUENCE, numbers(body, SEQUENCE))
            body.inputs[name], given[name] = call.outputs[0], _drawn(g, call, times)
    body.calls = [call for call in body.calls if not PRIMITIVES[call.primitive].random]
    body.arrays, body.updates = {}, {}
    ordered = [
        name for kind in (CARRIED, SEQUENCE, CONSTANT) for name in given if name.kind == kind
    ]
    g.call("scan", *(given[name] for name in ordered), body=body, times=times, reverse=reverse)
    found = results(g.graph.calls[-1])
    for key, table in zip(moving, found.tables[len(found.tables) - len(moving) :], strict=True):
        g.graph.updates[key] = last(g, table, reverse)
    return Scanned(found.tables[: len(found.tables) - len(moving)], found.stacked)


def _drawn(g: Builder, call: Call, times: int) -> Value:
    """What is drawn for all steps, by the layer that asked for it."""
    origin, g.origin = g.origin, call.origin
    shape = (times, *call.attributes["shape"])
    drawn = g.one(call.primitive, **{**call.attributes, "shape": shape})
    g.origin = origin
    return drawn


def results(call: Call) -> Scanned:
    """What the call of a scan gives."""
    carried = numbers(call.attributes["body"], CARRIED)
    return Scanned(call.outputs[:carried], call.outputs[carried:])


def before(g: Builder, table: Value, reverse: bool) -> Value:
    """What a carried value was before each step, beside the elements of sequences."""
    return g.slice(table, 0, int(reverse), table.shape[0] - 1 + int(reverse))


def after(g: Builder, table: Value, reverse: bool) -> Value:
    """What a carried value was after each step, beside the elements of sequences."""
    return before(g, table, not reverse)


def last(g: Builder, table: Value, reverse: bool) -> Value:
    """What a carried value was after all steps."""
    at = 0 if reverse else table.shape[0] - 1
    return g.reshape(g.slice(table, 0, at, at + 1), table.shape[1:])
