"""Where everything lies in the arena, and where workers have to wait for each other.

Liveness analysis, register allocation for an arena (first fit), and the placing of barriers.

Values whose lives do not overlap share memory. Workers wait before a step that reads what another
worker may just have written, or writes where another may still be reading.
"""

from __future__ import annotations

import bisect
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wlnet.engine.blueprint import LINE, Loop, Step, View
from wlnet.engine.records import walked


@dataclass(frozen=True)
class Life:
    """The life of a slot of the arena: its bytes, and the first and last steps that touch it."""

    bytes: int
    born: int
    died: int


def lives(
    sizes: dict[int, int],
    steps: Sequence[Step],
    forever: Collection[int],
    loops: Sequence[Loop] = (),
) -> dict[int, Life]:
    """The life of each slot; sizes: slot -> bytes. Slots in `forever`, and slots that no step
    touches, live from the first step to the end.

    What is touched within a loop and outside of it lives as long as the loop: other turns need it
    too.
    """
    born: dict[int, int] = {}
    died: dict[int, int] = {}
    for i, step in enumerate(steps):
        for view in (*step.reads, *step.writes):
            born.setdefault(view.slot, i)
            died[view.slot] = i
    for loop in loops:
        for slot in born:
            first, last = born[slot], died[slot]
            meets = first < loop.end and last >= loop.first
            is_own = loop.first <= first and last < loop.end
            if meets and not is_own:
                born[slot], died[slot] = min(first, loop.first), max(last, loop.end - 1)
    end = len(steps)
    return {
        slot: Life(size, 0, end)
        if slot in forever or slot not in born
        else Life(size, born[slot], died[slot])
        for slot, size in sizes.items()
    }


def offsets(
    lives: Mapping[int, Life], instead: Mapping[int, int] | None = None, *, reuse: bool = True
) -> tuple[dict[int, int], int]:
    """The offset of every slot, and the bytes of the arena: first fit, in order of birth.

    instead: slots that may lie where another one lies; they do if that takes no more. reuse:
    whether the memory of a slot that has died is given to others.
    """
    if instead and reuse:
        ways = offsets(lives), _together(lives, instead)
        return min(ways[::-1], key=lambda way: way[1])
    memory = Memory()
    found: dict[int, int] = {}
    births = sorted(lives, key=lambda slot: lives[slot].born)
    deaths = deque(sorted(births, key=lambda slot: lives[slot].died) if reuse else ())
    for slot in births:
        while deaths and lives[deaths[0]].died < lives[slot].born:
            dead = deaths.popleft()
            memory.give(found[dead], rounded(lives[dead].bytes))
        found[slot] = memory.take(rounded(lives[slot].bytes))
    return found, memory.top


def _together(lives: Mapping[int, Life], instead: Mapping[int, int]) -> tuple[dict[int, int], int]:
    """The same where some lie where others lie, and live on in them."""
    firsts = {slot: slot for slot in lives}
    for slot in firsts:
        while firsts[slot] in instead:
            firsts[slot] = instead[firsts[slot]]
    whole: dict[int, Life] = {}
    for slot, first in firsts.items():
        life, other = lives[slot], whole.get(first, lives[first])
        born, died = min(life.born, other.born), max(life.died, other.died)
        whole[first] = Life(max(life.bytes, other.bytes), born, died)
    found, top = offsets(whole)
    return {slot: found[first] for slot, first in firsts.items()}, top


def rounded(size: int) -> int:
    """Bytes up to the next line of cache; at least one line."""
    return max(-(-size // LINE) * LINE, LINE)


class Memory:
    """An arena that is handed out, first fit: the lowest gap that is large enough, else the end."""

    def __init__(self) -> None:
        self.top = 0
        self.gaps: list[tuple[int, int]] = []
        """What is free below `top`: (start, stop), in order; no gap touches the next."""

    def take(self, size: int) -> int:
        """Where so many bytes lie that were free until now."""
        for number, (start, stop) in enumerate(self.gaps):
            if stop - start >= size:
                self.gaps[number : number + 1] = (
                    [(start + size, stop)] if stop - start > size else []
                )
                return start
        # A gap at the end grows as far as is needed.
        start = self.gaps.pop()[0] if self.gaps and self.gaps[-1][1] == self.top else self.top
        self.top = start + size
        return start

    def give(self, start: int, size: int) -> None:
        """Free bytes again; gaps that touch them become one gap with them."""
        stop = start + size
        at = bisect.bisect(self.gaps, (start, stop))
        if at < len(self.gaps) and self.gaps[at][0] == stop:
            stop = self.gaps.pop(at)[1]
        if at and self.gaps[at - 1][1] == start:
            start = self.gaps.pop(at - 1)[0]
            at -= 1
        self.gaps.insert(at, (start, stop))


Range = tuple[object, int, int, object]
"""Which memory; its first byte, and the one behind its last; and, if each worker touches only the
rows of its own share, how the rows are shared (`share` of the step), else None."""


def waits(
    steps: Sequence[Step], places: dict[int, tuple[object, int]], loops: Sequence[Loop] = ()
) -> list[Step]:
    """The steps, each with `wait` set: whether workers must wait for each other before it.

    places: slot -> (which memory, offset in it). Of a loop two turns are looked at: what a step of
    one may owe a step of the next.
    """
    found = [False] * len(steps)
    read, written = Touched(), Touched()
    for number, turns in _two_turns(len(steps), loops):
        step = steps[number]
        reads = [_range(step, view, places, turns) for view in step.reads]
        writes = [_range(step, view, places, turns) for view in step.writes]
        if found[number] or written.meets(reads) or written.meets(writes) or read.meets(writes):
            found[number] = True
            read, written = Touched(), Touched()
        read.add(reads)
        written.add(writes)
        for loop in loops:
            if loop.end == number + 1 and turns[loop.number]:
                # Behind a loop all of its turns have been.
                for each in steps[loop.first : loop.end]:
                    read.add(_whole(each.reads, places, loops))
                    written.add(_whole(each.writes, places, loops))
    return [replace(step, wait=wait) for step, wait in zip(steps, found, strict=True)]


def _two_turns(count: int, loops: Sequence[Loop]) -> Iterator[tuple[int, dict[int, int]]]:
    """The numbers of steps in the order in which they are done, with the turn of each loop, of
    which no more than two are looked at."""
    return walked(count, [replace(loop, times=2) for loop in loops])


def _whole(
    views: Sequence[View], places: dict[int, tuple[object, int]], loops: Sequence[Loop]
) -> list[Range]:
    """What views that move with loops touch in all turns."""
    times = {loop.number: loop.times for loop in loops}
    found: list[Range] = []
    for view in views:
        if view.moves:
            memory, start, stop = _touched(view, places)
            ways = [(times[number] - 1) * distance for number, distance in view.moves]
            low, high = (sum(pick(way, 0) for way in ways) for pick in (min, max))
            found.append((memory, start + low, stop + high, None))
    return found


def _range(
    step: Step, view: View, places: dict[int, tuple[object, int]], turns: Mapping[int, int]
) -> Range:
    memory, start, stop = _touched(view, places)
    moved = sum(turns.get(number, 0) * distance for number, distance in view.moves)
    return memory, start + moved, stop + moved, step.share if view in step.own else None


def _touched(view: View, places: dict[int, tuple[object, int]]) -> tuple[object, int, int]:
    """Which memory a view is in, its first byte, and the one behind its last."""
    memory, start = places[view.slot]
    start += view.offset
    return memory, start, start + extent(view)


def extent(view: View) -> int:
    """How many bytes there are from the first that a view touches to the one behind its last."""
    spans = list(zip(view.shape, view.strides, strict=True))
    # A view does not say how many bytes a number has: 8 at most, and no more than the smallest
    # distance. Distances are never negative.
    number = min((stride for size, stride in spans if size > 1 and stride), default=8)
    return sum((size - 1) * stride for size, stride in spans) + min(number, 8)


class Touched:
    """What has been touched since the last wait: ranges of each memory, in order.

    Ranges that overlap are joined into one. So those that are kept lie apart, and bisection finds
    those that meet another. A joined range is no longer told to be shared out by rows. That is no
    loss: a later range that is equal to one of its parts overlaps another part, and must wait.
    """

    def __init__(self) -> None:
        self._ranges: defaultdict[object, list[Range]] = defaultdict(list)

    def meets(self, some: Iterable[Range]) -> bool:
        """Whether workers have to wait before they touch some ranges."""
        return any(not _is_own(one, other) for one in some for other in self._overlapped(one))

    def add(self, some: Iterable[Range]) -> None:
        """Ranges that are touched now."""
        for one in some:
            ranges = self._ranges[one[0]]
            at = _overlap(ranges, one)
            if ranges[at] != [one]:
                ranges[at] = [_joined(one, *ranges[at])]

    def _overlapped(self, one: Range) -> list[Range]:
        ranges = self._ranges[one[0]]
        return ranges[_overlap(ranges, one)]


def _overlap(ranges: list[Range], one: Range) -> slice:
    """Which of the ranges of one memory, in order and apart, overlap `one`."""
    first = bisect.bisect_right(ranges, one[1], key=_stop)
    return slice(first, bisect.bisect_left(ranges, one[2], first, key=_start))


def _joined(one: Range, *others: Range) -> Range:
    """One range that covers some; one alone stays as it is, with its share."""
    if not others:
        return one
    every = one, *others
    return one[0], min(map(_start, every)), max(map(_stop, every)), None


def _start(one: Range) -> int:
    return one[1]


def _stop(one: Range) -> int:
    return one[2]


def _is_own(one: Range, other: Range) -> bool:
    """Whether a worker touches the same rows both times, and no other worker touches these."""
    return one == other and one[3] is not None
