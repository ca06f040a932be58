"""The walk back over calls, by the rule of each: reverse accumulation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from wlnet.graph.builder import Builder
from wlnet.graph.derivatives import DERIVATIVES
from wlnet.graph.graph import Call, Value


def active_values(calls: Iterable[Call], wanted: Iterable[Value]) -> set[Value]:
    """The values that wanted ones have an influence on, these among them."""
    active = set(wanted)
    for call in calls:
        if any(value in active for value in call.inputs):
            active.update(output for output in call.outputs if output.element == "Real")
    return active


def walked_back(
    g: Builder, forward: Sequence[Call], found: dict[Value, Value], active: Collection[Value]
) -> None:
    """Walk back over calls: `found`, the gradients by what they give, gets those by active values.

    Adds calls to the graph.
    """
    for call in reversed(forward):
        ds = [found.get(output) for output in call.outputs]
        asks = [value in active for value in call.inputs]
        if not any(ds) or not any(asks):
            continue
        g.origin = call.origin
        # A value that is itself wanted keeps its gradient; others have passed theirs on.
        for value, d_value, asked in zip(
            call.inputs, DERIVATIVES[call.primitive](g, call, ds, asks), asks, strict=True
        ):
            if asked and d_value is not None:
                found[value] = g.add(found[value], d_value) if value in found else d_value
    g.origin = ()
