"""Which links run straight down, and where along the sides of boxes they begin and end.

What is joined straight is a line: one place to the right for all of it. The longest way through a
graph is straight first of all, so that a chain is a column and what passes beside it bends. Of
several equally long ways out of a box the middle one goes straight on, or none: the box then stands
in the middle. Lines never cross each other.

Source: Brandes and Köpf, Fast and simple horizontal coordinate assignment (2001), with the longest
way first instead of four passes.
"""

from __future__ import annotations

from bisect import bisect_left

from wlnet.plot.layout.rows import Rows, Spot, Step


def draw_lines(rows: Rows) -> int:
    """Say of each spot which line it is in and how far right of it; gives how many there are."""
    steps = [step for row in rows for spot in row for step in spot.below]
    straight = _straight(steps, _lengths(rows))
    before = {id(step.lower): step for step in straight}
    after = {id(step.upper): step for step in straight}
    for row in rows:
        for spot in row:
            _place_ports(spot, before.get(id(spot)), after.get(id(spot)))
    count = 0
    for row in rows:
        for spot in row:
            step = before.get(id(spot))
            if step is None:
                spot.line, spot.shift = count, 0.0
                count += 1
            else:
                upper = step.upper
                spot.line = upper.line
                begins = upper.shift + upper.outlets[step.outlet]
                spot.shift = begins - spot.inlets[step.inlet]
    return count


def _lengths(rows: Rows) -> dict[int, int]:
    """How many nodes the longest way through each step has."""
    down: dict[int, int] = {}
    up: dict[int, int] = {}
    for row in rows:
        for spot in row:
            own = int(not spot.is_passage)
            up[id(spot)] = own + max((up[id(s.upper)] for s in spot.above), default=0)
    for row in reversed(rows):
        for spot in row:
            own = int(not spot.is_passage)
            down[id(spot)] = own + max((down[id(s.lower)] for s in spot.below), default=0)
    return {
        id(step): up[id(step.upper)] + down[id(step.lower)]
        for row in rows
        for spot in row
        for step in spot.below
    }


def _straight(steps: list[Step], length: dict[int, int]) -> list[Step]:
    """The steps that run straight down."""
    inner = [_is_inner(step) for step in steps]
    order = sorted(range(len(steps)), key=lambda i: (-length[id(steps[i])], not inner[i]))
    taken: list[Step] = []
    has_below: set[int] = set()
    has_above: set[int] = set()
    # For each row what is straight below it: numbers in the row, numbers in the next, both growing.
    uppers: dict[int, list[int]] = {}
    lowers: dict[int, list[int]] = {}
    for i in order:
        step = steps[i]
        upper, lower = step.upper, step.lower
        if id(upper) in has_below or id(lower) in has_above:
            continue
        if not (upper.is_passage or _is_middle(step, upper.below, length)):
            continue
        if not (lower.is_passage or _is_middle(step, lower.above, length)):
            continue
        here, there = uppers.setdefault(upper.row, []), lowers.setdefault(upper.row, [])
        at = bisect_left(here, upper.at)
        if bisect_left(there, lower.at) != at:
            continue  # it would cross one that is straight
        here.insert(at, upper.at)
        there.insert(at, lower.at)
        has_below.add(id(upper))
        has_above.add(id(lower))
        taken.append(step)
    return taken


def _is_inner(step: Step) -> bool:
    return step.upper.is_passage and step.lower.is_passage


def _is_middle(step: Step, others: list[Step], length: dict[int, int]) -> bool:
    """Whether a step is on the longest way of some, the middle one where there are several."""
    most = max(length[id(s)] for s in others)
    longest = [s for s in others if length[id(s)] == most]
    longest.sort(key=lambda s: (s.upper.at, s.lower.at))
    return len(longest) % 2 == 1 and longest[len(longest) // 2] is step


def _place_ports(spot: Spot, before: Step | None, after: Step | None) -> None:
    """Give places to the ports of a spot that have none."""
    if not spot.inlets:
        came: dict[str, float] = {}
        for step in spot.above:
            came.setdefault(step.inlet, float(step.upper.at))
        straight = before.inlet if before else None
        spot.inlets = _spread(came, straight, spot.width)
    if not spot.outlets:
        goes: dict[str, float] = {}
        for step in spot.below:
            goes.setdefault(step.outlet, float(step.lower.at))
        straight = after.outlet if after else None
        spot.outlets = _spread(goes, straight, spot.width)


def _spread(wishes: dict[str, float], straight: str | None, width: float) -> dict[str, float]:
    """Places of ports by where they lead: in that order, the straight one in the middle."""
    order = sorted(wishes, key=wishes.__getitem__)
    if straight is None:
        return {name: (i + 0.5) * width / len(order) for i, name in enumerate(order)}
    middle = order.index(straight)
    cells = 2 * max(middle, len(order) - 1 - middle) + 1
    return {name: width / 2 + (i - middle) * width / cells for i, name in enumerate(order)}
