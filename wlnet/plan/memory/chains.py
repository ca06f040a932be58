"""Chains: steps on the same numbers, one by one, done block by block in one pass over memory.

Loop fusion. A step joins those that made what it reads where all of them go through one range of
numbers in the same order, where nothing that stands between is in the way, and where no more has to
be kept meanwhile. What only a chain touches has no memory of its own: it lies in a worker's buffer,
of the size of a block (blocks.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wlnet.engine.blueprint import Step
from wlnet.plan.calls.emitter import Turns, in_line
from wlnet.plan.memory.blocks import block_by_block
from wlnet.plan.memory.lifetimes import extent

WINDOW = 48
"""How far back what made something is looked for: the time that planning takes grows with it."""

Place = tuple[int, int, Any]
"""The first byte of a view, the one behind its last, and how it moves with loops."""
Places = dict[int, dict[Place, bool]]
"""By slot the places that are touched, and whether each worker touches only its share there."""


@dataclass
class Chained:
    """Steps with chains among them. inner: the slots that have no memory any more; instead: those
    that lie where another one lies, which nobody reads any more when they are written."""

    items: list[Step | Turns]
    inner: set[int] = field(default_factory=set)
    instead: dict[int, int] = field(default_factory=dict)


def chained(items: Sequence[Step | Turns], sizes: Mapping[int, int], fewest: int = 0) -> Chained:
    """Find chains. sizes: the bytes of each slot whose value nobody sees but steps. fewest: of how
    many numbers a chain has more; a few stay in the first cache anyway."""
    found = Chained([])
    found.items = _Search(items, sizes, fewest, found).among(items)
    return found


class _Search:
    """What is known of all steps while chains are found."""

    def __init__(
        self, items: Sequence[Step | Turns], sizes: Mapping[int, int], fewest: int, found: Chained
    ) -> None:
        self.sizes, self.fewest, self.found = sizes, fewest, found
        self.touching: dict[int, list[Step]] = {}
        """The steps that touch each slot, in order."""
        for step in in_line(items)[0]:
            for slot in _slots(step):
                self.touching.setdefault(slot, []).append(step)

    def among(self, items: Sequence[Step | Turns]) -> list[Step | Turns]:
        """The same with chains among them."""
        entries: list[_Entry] = []
        for item in items:
            if isinstance(item, Turns):
                entries.append(_Entry(replace(item, steps=self.among(item.steps))))
            elif item.by_number and item.share is not None and item.share[0] > self.fewest:
                self._join(entries, _Entry(item))
            else:
                entries.append(_Entry(item))
        here = {id(item) for item in items}
        return [self._done(entry, here) for entry in entries]

    def _join(self, entries: list[_Entry], new: _Entry) -> None:
        """Put a step behind all others, or together with those that made what it reads: it rises to
        where they stand, or they sink to where it stands."""
        place = len(entries)
        for i in range(len(entries) - 1, max(len(entries) - WINDOW, 0) - 1, -1):
            other = entries[i]
            if other.share != new.share or not new.reads_of(other) or not new.fits(other):
                continue
            between = entries[i + 1 : place]
            if all(map(new.is_free_of, between)) and self._growth(new, between) <= 0:
                place = i
            elif all(map(other.is_free_of, between)) and self._growth(other, between) >= 0:
                place -= 1
            else:
                continue
            del entries[i]
            new.add_before(other)
        entries.insert(place, new)

    def _growth(self, entry: _Entry, between: Sequence[_Entry]) -> int:
        """How many bytes more are to be kept after an entry than before it: what it makes for
        others, less what nobody behind it reads, nor any of those in between."""
        if not between:
            return 0
        own = {id(step) for step in entry.steps}
        growth = 0
        for slot in entry.reads.keys() | entry.writes.keys():
            size = self.sizes.get(slot, 0)
            if not size:
                continue
            touching = self.touching[slot]
            if slot in entry.writes:
                growth += size * any(id(step) not in own for step in touching)
            elif id(touching[-1]) in own:
                growth -= size * (not any(slot in each.reads for each in between))
        return growth

    def _done(self, entry: _Entry, here: set[int]) -> Step | Turns:
        """The step that does all of an entry. here: the steps that are done as often."""
        if len(entry.items) == 1:
            return entry.items[0]
        steps = entry.steps
        touched = Counter(slot for step in steps for slot in _slots(step))
        whole = {slot for slot in touched if entry.is_whole(slot, self.sizes.get(slot))}
        inner = {slot for slot in entry.writes.keys() & whole
                 if touched[slot] == len(self.touching[slot])}  # fmt: skip
        self.found.inner |= inner
        last = {slot: i for i, step in enumerate(steps) for slot in _slots(step)}
        ids = {id(step) for step in steps}
        over = [slot for slot in sorted(whole - entry.writes.keys())
                if id(self.touching[slot][-1]) in ids
                and all(id(step) in here for step in self.touching[slot])]  # fmt: skip
        for i, step in enumerate(steps):
            for slot in {view.slot for view in step.writes} & whole - inner:
                # Kernels read each number before they write one in its place.
                ready = (old for old in over if last[old] <= i
                         and self.sizes[old] == self.sizes[slot])  # fmt: skip
                if (old := next(ready, None)) is not None:
                    self.found.instead[slot] = old
                    over.remove(old)
        return block_by_block(steps, inner)


class _Entry:
    """A step, steps that become a chain, or a loop. share: how the numbers of the former two are
    divided, None for what can be in no chain."""

    def __init__(self, item: Step | Turns) -> None:
        self.items = [item]
        self.share = item.share if isinstance(item, Step) and item.by_number else None
        self.reads: Places = {}
        self.writes: Places = {}
        for step in in_line([item])[0]:
            for views, places in ((step.reads, self.reads), (step.writes, self.writes)):
                for view in views:
                    there = places.setdefault(view.slot, {})
                    place = view.offset, view.offset + extent(view), view.moves
                    there[place] = there.get(place, True) and view in step.own

    @property
    def steps(self) -> list[Step]:
        """The steps of a chain."""
        return [each for each in self.items if isinstance(each, Step)]

    def reads_of(self, other: _Entry) -> bool:
        """Whether it reads what another one makes."""
        return not self.reads.keys().isdisjoint(other.writes)

    def is_free_of(self, other: _Entry) -> bool:
        """Whether the two may be done in either order."""
        return not any(True for _ in _both(self, other))

    def fits(self, other: _Entry) -> bool:
        """Whether both can be done block by block: where one touches what the other writes, each
        number is touched by its own worker, in its own block."""
        return all(one == two and is_own for one, two, is_own in _both(self, other))

    def is_whole(self, slot: int, size: int | None) -> bool:
        """Whether all of a slot of so many bytes is touched, by shares alone."""
        touched = [each[slot] for each in (self.reads, self.writes) if slot in each]
        return {place for each in touched for place in each} == {(0, size, ())} and all(
            all(each.values()) for each in touched
        )

    def add_before(self, other: _Entry) -> None:
        """Have another chain be done before this one, block by block."""
        self.items = [*other.items, *self.items]
        for mine, its in ((self.reads, other.reads), (self.writes, other.writes)):
            for slot, places in its.items():
                there = mine.setdefault(slot, {})
                for place, is_own in places.items():
                    there[place] = there.get(place, True) and is_own


def _slots(step: Step) -> set[int]:
    return {view.slot for view in (*step.reads, *step.writes)}


def _overlaps(some: Places, others: Places) -> Iterator[tuple[Place, Place, bool]]:
    """The places that two touch in common, and whether each of these is touched by shares."""
    for slot in some.keys() & others.keys():
        for one, is_own in some[slot].items():
            for two, is_its_own in others[slot].items():
                is_apart = one[2] == two[2] and (one[1] <= two[0] or two[1] <= one[0])
                if not is_apart:
                    yield one, two, is_own and is_its_own


def _both(one: _Entry, two: _Entry) -> Iterator[tuple[Place, Place, bool]]:
    """The same for those that one of the two writes."""
    yield from _overlaps(one.writes, two.writes)
    yield from _overlaps(one.writes, two.reads)
    yield from _overlaps(one.reads, two.writes)
