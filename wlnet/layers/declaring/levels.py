"""Levels of an array per example, counted from 1, or from -1 backwards. The batch is no level."""

from __future__ import annotations

from wlnet.core.parts import Span
from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.layers.declaring.fields import level


def position(level: int, rank: int) -> int:
    """Where a level stands in a shape of this rank, from 0. Raises Mismatch."""
    at = level - 1 if level > 0 else rank + level
    if not 0 <= at < rank:
        what = {0: "a scalar has no levels", 1: "a vector has one level"}.get(rank, f"rank {rank}")
        raise Mismatch(f"there is no level {level}: {what}")
    return at


def require_level(sizes: Sizes, run: str, level: int, least: int = 1, why: str = "") -> None:
    """Raise Mismatch unless a run of sizes has this level, with at least so many entries."""
    shape = sizes.run(run)
    if shape is None:
        return
    size = shape[position(level, len(shape))]
    if size is not None and size < least:
        of = f"level {level} of {shape_text(shape)}"
        raise Mismatch(f"{of} should have at least {least} entries: {why}")


Levels = tuple[int, ...] | str
"""Levels one by one, or "m;;n": from level m to level n."""


def levels(value: object) -> Levels:
    """A level, a tuple of levels, a Span of levels, "m;;n", or ALL."""
    expected = "a level, a tuple of different levels, a Span of levels, or ALL"
    if value is ALL:
        return "1;;-1"
    if isinstance(value, Span):
        value = f"{_end(value.start, 1, expected)};;{_end(value.end, -1, expected)}"
    if isinstance(value, str):
        ends = value.split(";;")
        if len(ends) != 2 or not all(end.lstrip("-").isdecimal() for end in ends):
            raise ValueError(expected)
        return f"{level(int(ends[0]))};;{level(int(ends[1]))}"
    listed = tuple(level(one) for one in (value if isinstance(value, (tuple, list)) else (value,)))
    if len(set(listed)) < len(listed):
        raise ValueError(expected)
    return listed


def _end(end: object, default: int, expected: str) -> int:
    if end is AUTOMATIC or end is ALL:
        return default
    if isinstance(end, str):
        raise ValueError(expected)
    return level(end)


def positions(chosen: Levels, rank: int) -> tuple[int, ...]:
    """Where levels stand in a shape of this rank, from 0, in order. Raises Mismatch."""
    if isinstance(chosen, str):
        start, end = (int(end) for end in chosen.split(";;"))
        first, last = start - 1 if start > 0 else rank + start, end if end > 0 else rank + end + 1
        if not 0 <= first < last <= rank:
            raise Mismatch(f"levels {chosen} of rank {rank} are none")
        return tuple(range(first, last))
    found = tuple(position(one, rank) for one in chosen)
    if len(set(found)) < len(found):
        raise Mismatch(f"levels {chosen} of rank {rank} name one level twice")
    return tuple(sorted(found))


def relate_levels(sizes: Sizes, run: str, part: str, chosen: Levels) -> None:
    """Tie the sizes of a part to those that a run has at the chosen levels, both ways."""
    shape = sizes.run(run)
    if shape is None:
        return
    at = positions(chosen, len(shape))
    sizes.set(part, tuple(shape[i] for i in at))
    found = sizes.run(part)
    assert found is not None
    of_part = dict(zip(at, found, strict=True))
    sizes.set(run, tuple(of_part.get(i, size) for i, size in enumerate(shape)))


def along(shape: tuple[int, ...], at: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """The shape in which an array over some levels meets a batch of arrays of this rank."""
    sizes = dict(zip(at, shape, strict=True))
    return (1, *(sizes.get(i, 1) for i in range(rank)))
