"""What is computed once from arrays that never change, such as packed weights: of all programs of a
net that need the same, one has it made.

Programs for other numbers of rows read the same memory, which so stays in the caches. What is the
same is told by how it is made: by which kernels, with which words, from which arrays. So no two
programs have to know of each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from wlnet.engine.blueprint import Address, Blueprint, Step

Array = np.ndarray[Any, Any]
Store = WeakValueDictionary[Hashable, Array]
"""What the programs of a net share, by how it is made; it goes with the last one that reads it."""


def recipes(blueprint: Blueprint) -> Mapping[int, Hashable]:
    """How each slot is made that is written once, and never again; none where that takes loops."""
    if blueprint.once_loops:
        return {}
    changing = {view.slot for step in blueprint.steps for view in step.writes}
    makers: dict[int, list[Step]] = {}
    for step in blueprint.once:
        for slot in dict.fromkeys(view.slot for view in step.writes):
            makers.setdefault(slot, []).append(step)
    found: dict[int, Hashable] = {}
    for slot, steps in makers.items():
        read = {view.slot for step in steps for view in step.reads}
        # What lies in the arena is only known by how it is made.
        is_known = all(blueprint.slots[n].kind == "array" or n in found for n in read - {slot})
        if slot in changing or not is_known:
            continue
        made = [(step.kernel.name, _told(step.fields, slot, blueprint, found)) for step in steps]
        found[slot] = (blueprint.precision, blueprint.slots[slot].bytes, *made)
    return found


def _told(it: Any, own: int, blueprint: Blueprint, found: Mapping[int, Hashable]) -> Hashable:
    """A word, or words, without what is so in one program alone: the numbers of slots."""
    if isinstance(it, Address):
        slot = blueprint.slots[it.slot]
        of = "own" if it.slot == own else found.get(it.slot, (slot.kind, slot.where))
        return "address", of, it.offset, it.moves
    if isinstance(it, tuple):
        return tuple(_told(each, own, blueprint, found) for each in it)
    if is_dataclass(it) and not isinstance(it, type):
        parts = tuple(getattr(it, each.name) for each in fields(it))
        return type(it).__name__, _told(parts, own, blueprint, found)
    return type(it).__name__, it
