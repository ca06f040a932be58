"""The order of calls: instruction scheduling. What arrays alone decide goes first."""

from __future__ import annotations

from collections.abc import Collection

from wlnet.graph.graph import Call, Value
from wlnet.plan.layouts import Layouts
from wlnet.plan.words import SPECS


def arrays_first(layouts: Layouts) -> list[Call]:
    """What arrays alone decide goes first: copies and packed weights, before any worker waits.

    All of it reads the arrays as they are before the updates, which stand at the end.
    """
    ready: set[Value] = set(layouts.graph.arrays.values())
    first: list[Call] = []
    rest: list[Call] = []
    for call in layouts.calls:
        if (
            call.inputs
            and not SPECS[call.primitive].changes
            and _is_ready(call.inputs, ready, layouts)
        ):
            ready.update(call.outputs)
            first.append(call)
        else:
            rest.append(call)
    return [*first, *rest]


def _is_ready(values: Collection[Value], ready: set[Value], layouts: Layouts) -> bool:
    return all(layouts.of[value].base in ready for value in values)
