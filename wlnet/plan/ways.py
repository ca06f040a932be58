"""What each step of a program is for, and how much memory it touches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from wlnet.engine.blueprint import Blueprint, Slot, Step, View, dtype_of

Way = Literal["Forward", "Back", "Update"]
ENDS = "keep", "replace"
"""Primitives by which a step of training tells what it has computed."""


def ways(blueprint: Blueprint) -> list[Way]:
    """Of each step of a program the way that it is on. "Update": it moves arrays. "Forward": what
    is kept of a batch, or a new running statistic, depends on it. "Back": all others."""
    slots, found = blueprint.slots, dict.fromkeys(range(len(blueprint.steps)), False)
    wanted = {view.slot for view in (*blueprint.outputs.values(), *blueprint.updates.values())}
    before = -1
    # In loops what a step reads may come from one behind it.
    while before != len(wanted):
        before = len(wanted)
        for i, step in reversed([*enumerate(blueprint.steps)]):
            is_end = step.primitive in ENDS or not step.writes
            if is_end or any(view.slot in wanted for view in step.writes):
                found[i] = True
                wanted |= {view.slot for view in step.reads if slots[view.slot].kind == "arena"}
    return [
        "Update" if _moves_arrays(step, slots) else "Forward" if found[i] else "Back"
        for i, step in enumerate(blueprint.steps)
    ]


def _moves_arrays(step: Step, slots: Sequence[Slot]) -> bool:
    return any(slots[view.slot].kind == "array" for view in step.writes)


def touched(view: View, blueprint: Blueprint) -> int:
    """How many bytes of memory a view has: numbers that are repeated count once."""
    item = np.dtype(dtype_of(view.element, blueprint.precision)).itemsize
    axes = [(n, abs(stride)) for n, stride in zip(view.shape, view.strides, strict=True) if stride]
    count = math.prod(n for n, _ in axes) * item
    extent = sum((n - 1) * stride for n, stride in axes) + item
    return min(count, extent) if math.prod(view.shape) else 0
