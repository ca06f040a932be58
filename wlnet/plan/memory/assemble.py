"""Graph -> blueprint: layouts, kernel calls, memory."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from wlnet.engine.blueprint import Blueprint, Outside, Slot, Step
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES
from wlnet.kernels.language import Precision
from wlnet.plan.calls.emitter import CHANGING, Emitter, Learner, accepts
from wlnet.plan.layouts import Layouts
from wlnet.plan.memory.lifetimes import lives, offsets, waits
from wlnet.plan.memory.order import arrays_first


def assemble(
    graph: Graph,
    precision: Precision,
    *,
    constants: Collection[Any] = (),
    packed: Collection[Any] = (),
    learners: Mapping[Any, Learner] | None = None,
    without: Collection[str] = (),
) -> Blueprint:
    """The blueprint of a graph.

    constants: keys of arrays that never change: what depends on them alone is computed once, when
    the program is made. packed: keys of arrays that are packed in memory; learners: how arrays are
    updated, by key. without: "place" gives every value memory of its own, "order" leaves the calls
    in the order of the graph.
    """
    layouts = Layouts(graph, accepts)
    emitter = Emitter(layouts, precision, learners)
    fixed = {graph.arrays[key] for key in constants if key in graph.arrays}
    once: list[Step] = []
    steps: list[Step] = []
    for call in layouts.calls if "order" in without else arrays_first(layouts):
        made = emitter.emit(call)
        if _is_fixed(call, fixed, layouts):
            fixed.update(call.outputs)
            once += made
        else:
            steps += made
    outputs = {name: emitter.view(value) for name, value in layouts.outputs.items()}
    updates = {key: emitter.view(value) for key, value in layouts.updates.items()}
    inputs = {name: emitter.view(value) for name, value in graph.inputs.items()}
    kept = {view.slot for view in (*inputs.values(), *outputs.values(), *updates.values())}
    kept |= {view.slot for step in once for view in step.writes}
    slots, places, top = _slots(graph, emitter, steps, kept, packed, "place" not in without)
    return Blueprint(
        slots=slots,
        once=tuple(once),
        steps=tuple(waits(steps, places)),
        inputs=inputs,
        outputs=outputs,
        updates=updates,
        arena_bytes=top,
        precision=precision,
        randoms=tuple(emitter.randoms),
        tables={
            call.attributes["name"]: emitter.view(call.inputs[0])
            for call in layouts.calls
            if call.primitive == "keep"
        },
    )


def _is_fixed(call: Call, fixed: set[Value], layouts: Layouts) -> bool:
    row = PRIMITIVES.get(call.primitive)
    return (
        call.primitive not in CHANGING
        and not (row is not None and row.random)
        and all(layouts.of[value].base in fixed for value in call.inputs)
    )


def _slots(
    graph: Graph,
    emitter: Emitter,
    steps: list[Step],
    kept: set[int],
    packed: Collection[Any],
    reuse: bool,
) -> tuple[tuple[Slot, ...], dict[int, tuple[object, int]], int]:
    """The slots, which memory and offset each has, and how large the arena is."""
    keys: dict[Any, Any] = {value: key for key, value in graph.arrays.items()}
    sizes: dict[int, int] = {}
    for of, number in emitter.slots.items():
        if isinstance(of, Value) and of not in keys:
            sizes[number] = math.prod(of.shape) * emitter.bytes_of(of)
    where, top = offsets(lives(sizes, steps, kept), reuse)
    slots: list[Slot] = []
    places: dict[int, tuple[object, int]] = {}
    for of, number in emitter.slots.items():
        if number in where:
            slots.append(Slot("arena", where[number], sizes[number]))
            places[number] = "arena", where[number]
            continue
        if isinstance(of, Outside):
            slots.append(Slot("outside", of.name, 0))
            places[number] = of, 0
            continue
        key = keys[of] if isinstance(of, Value) else of
        shape = of.shape if isinstance(of, Value) else emitter.states[of]
        slots.append(Slot("array", key, math.prod(shape) * emitter.item, key in packed))
        places[number] = key, 0
    return tuple(slots), places, top
