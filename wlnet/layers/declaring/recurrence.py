"""What recurrent layers have in common: a step for each element, told what the last state says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.graph.scans import scan
from wlnet.layers.declaring.recurrent_dropout import STATE, Dropout, kept, masked

New = Callable[[Builder, Sequence[Value], Value, Value], list[Value]]
"""new(b, carried, x, told): what is carried on, from what was carried, what an element says, and
what the state says."""


def states_of(
    g: Builder, dropout: Dropout, begun: Sequence[Value], said: Value, weights: Value, new: New
) -> Sequence[Value]:
    """The tables of what is carried, each with what it begins with.

    begun: the state (batch, size) first, then what else is carried. said: what the elements say,
    (length, batch, size of all gates). weights: of the state, (size of all gates, size).
    """
    of_state = kept(g, dropout, STATE, begun[0].shape)

    def step(b: Builder, carried: Any, rows: Any, constants: Any) -> Any:
        (x,), (weights, *masks) = rows, constants
        shown = masked(b, carried[0], masks[0] if masks else None)
        return new(b, carried, x, b.matmul(shown, b.transpose(weights))), []

    constants = [weights] if of_state is None else [weights, of_state]
    return scan(g, step, begun, [said], constants).tables
