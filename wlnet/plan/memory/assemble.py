"""Graph -> blueprint: layouts, kernel calls, memory.

The back end of a compiler. What depends on constants alone is folded: computed once, when the
program is made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import Blueprint, Loop, Outside, Slot, Step
from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.calls.emitter import Emitter, Learner, Turns, accepts, in_line
from wlnet.plan.layouts import Layouts
from wlnet.plan.memory.lifetimes import lives, offsets, waits
from wlnet.plan.memory.order import arrays_first
from wlnet.plan.stages import Setting
from wlnet.plan.words import SPECS


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
    (first, once_loops), (steps, loops) = in_line(once), in_line(each)
    outputs = {name: emitter.view(value) for name, value in layouts.outputs.items()}
    updates = {key: emitter.view(value) for key, value in layouts.updates.items()}
    inputs = {name: emitter.view(value) for name, value in graph.inputs.items()}
    kept = {view.slot for view in (*inputs.values(), *outputs.values(), *updates.values())}
    kept |= {view.slot for step in first for view in step.writes}
    slots, places, top = _slots(graph, emitter, steps, loops, kept, setting)
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


def _is_fixed(call: Call, fixed: set[Value], layouts: Layouts) -> bool:
    steady = not SPECS[call.primitive].changes
    return steady and all(layouts.of[value].base in fixed for value in call.inputs)


def _slots(
    graph: Graph,
    emitter: Emitter,
    steps: list[Step],
    loops: Sequence[Loop],
    kept: set[int],
    setting: Setting,
) -> tuple[tuple[Slot, ...], dict[int, tuple[object, int]], int]:
    """The slots, which memory and offset each has, and how large the arena is."""
    keys = {value: key for key, value in graph.arrays.items()}
    sizes: dict[int, int] = {}
    for of, number in emitter.slots.items():
        if isinstance(of, Value) and of not in keys:
            sizes[number] = math.prod(of.shape) * emitter.bytes_of(of)
    where, top = offsets(lives(sizes, steps, kept, loops), setting.has("place"))
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
        slots.append(Slot("array", key, math.prod(shape) * emitter.item, key in setting.packed))
        places[number] = key, 0
    return tuple(slots), places, top
