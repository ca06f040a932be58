"""Graph -> blueprint: layouts, kernel calls, memory.

The back end of a compiler. What depends on constants alone is folded: computed once, when the
program is made.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import Blueprint, Outside, Slot, Step
from wlnet.graph.graph import Call, Graph, Value
from wlnet.kernels.elementwise.chains import BLOCK
from wlnet.plan.calls.emitter import Emitter, Learner, Turns, accepts, in_line
from wlnet.plan.layouts import Layouts
from wlnet.plan.memory.chains import Chained, chained
from wlnet.plan.memory.lifetimes import lives, offsets, waits
from wlnet.plan.memory.order import arrays_first
from wlnet.plan.stages import Setting
from wlnet.plan.words import SPECS

FEWEST = BLOCK
"""Of how many numbers chains have more."""


def assemble(
    graph: Graph, setting: Setting, learners: Mapping[ArrayKey, Learner] | None = None
) -> Blueprint:
    """The blueprint of a graph.

    What depends on constants alone is computed once, when the program is made. learners: how arrays
    are updated, by key.
    """
    layouts = Layouts(graph, accepts)
    emitter = Emitter(layouts, setting.precision, learners)
    fixed = {graph.arrays[key] for key in setting.constants if key in graph.arrays}
    once: list[Step | Turns] = []
    each: list[Step | Turns] = []
    for call in arrays_first(layouts) if setting.has("order") else layouts.calls:
        made = emitter.emit(call)
        if _is_fixed(call, fixed, layouts):
            fixed.update(call.outputs)
            once += made
        else:
            each += made
    first, once_loops = in_line(once)
    outputs = {name: emitter.view(value) for name, value in layouts.outputs.items()}
    updates = {key: emitter.view(value) for key, value in layouts.updates.items()}
    inputs = {name: emitter.view(value) for name, value in graph.inputs.items()}
    kept = {view.slot for view in (*inputs.values(), *outputs.values(), *updates.values())}
    kept |= {view.slot for step in first for view in step.writes}
    sizes = _in_arena(graph, emitter)
    found = Chained(each)
    if setting.has("chains"):
        seen = {n: size for n, size in sizes.items() if n not in kept}
        found = chained(each, seen, FEWEST.of(emitter.target))
    steps, loops = in_line(found.items)
    lived = lives({n: s for n, s in sizes.items() if n not in found.inner}, steps, kept, loops)
    instead = _in_place(found.instead | emitter.in_place, steps, sizes, kept)
    where, top = offsets(lived, instead, reuse=setting.has("place"))
    where |= dict.fromkeys(found.inner, 0)
    sizes |= dict.fromkeys(found.inner, 0)
    slots, places = _slots(graph, emitter, sizes, where, setting)
    return Blueprint(
        slots=slots,
        once=tuple(first),
        steps=tuple(waits(steps, places, loops)),
        inputs=inputs,
        outputs=outputs,
        updates=updates,
        arena_bytes=top,
        precision=setting.precision,
        randoms=tuple(emitter.randoms),
        tables={
            call.attributes["name"]: emitter.view(call.inputs[0])
            for call in layouts.calls
            if call.primitive == "keep"
        },
        loops=loops,
        once_loops=once_loops,
    )


def _in_arena(graph: Graph, emitter: Emitter) -> dict[int, int]:
    """The bytes of each slot that is a part of the arena."""
    arrays = set(graph.arrays.values())
    return {
        number: math.prod(of.shape) * emitter.bytes_of(of)
        for of, number in emitter.slots.items()
        if isinstance(of, Value) and of not in arrays
    }


def _in_place(
    asked: Mapping[int, int], steps: Sequence[Step], sizes: Mapping[int, int], kept: Collection[int]
) -> dict[int, int]:
    """Of slots that may lie where others lie those that can: from the step on that first writes
    one, every step that touches the other writes it too. Only now their order is known: to become a
    chain, steps change places with others that read what they read."""
    found: dict[int, int] = {}
    for new, old in asked.items():
        writes = [any(view.slot == new for view in step.writes) for step in steps]
        touches = [any(v.slot == old for v in (*step.reads, *step.writes)) for step in steps]
        is_free = new in sizes and old in sizes and sizes[new] == sizes[old]
        if is_free and not {new, old} & set(kept) and True in writes:
            first = writes.index(True)
            pairs = zip(touches[first:], writes[first:], strict=True)
            if not any(touched and not written for touched, written in pairs):
                found[new] = old
    return found


def _is_fixed(call: Call, fixed: set[Value], layouts: Layouts) -> bool:
    steady = not SPECS[call.primitive].changes
    return steady and all(layouts.of[value].base in fixed for value in call.inputs)


def _slots(
    graph: Graph,
    emitter: Emitter,
    sizes: Mapping[int, int],
    where: Mapping[int, int],
    setting: Setting,
) -> tuple[tuple[Slot, ...], dict[int, tuple[object, int]]]:
    """The slots, and which memory and offset each has. sizes, where: those in the arena."""
    keys = {value: key for key, value in graph.arrays.items()}
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
        if isinstance(of, Value):
            name: Any = keys[of]
            size = math.prod(of.shape) * emitter.bytes_of(of)
        else:
            name, size = of, math.prod(emitter.states[of]) * emitter.item
        slots.append(Slot("array", name, size, name in setting.packed))
        places[number] = name, 0
    return tuple(slots), places
