"""Rows about the parts of a net, folded: a part whose rows say the same is one row, and so are
parts that follow one another.

Nothing is lost: each row is in exactly one folded row, and says what that says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wlnet.core.parts import Path

SPAN = ";;"
"""Between the first and the last of parts that follow one another, as in the Wolfram Language."""
LONGEST = 8
"""Parts that repeat one after the other, such as a product and its function."""


class Line(NamedTuple):
    """A row as folding sees it. path: of the part it is about. name: of what in that part; None for
    the part itself."""

    path: Path
    name: str | None = None


class Fold(NamedTuple):
    """A folded row. label: its steps, such as ("block1;;block9", "Weights"). rows: the numbers of
    those that it stands for."""

    label: tuple[str, ...]
    rows: tuple[int, ...]


Says = Callable[[int, Path], Hashable]
"""What a row says, as seen from a part: rows are only folded where it is equal."""


@dataclass
class _Part:
    """A part of a net: rows of its own, and parts in it, as they follow one another."""

    path: Path
    inside: list[_Part | tuple[str | None, int]] = field(default_factory=list)

    def rows(self) -> Iterator[int]:
        for each in self.inside:
            if isinstance(each, _Part):
                yield from each.rows()
            else:
                yield each[1]

    def depth(self) -> int:
        deeper = [each.depth() for each in self.inside if isinstance(each, _Part)]
        return max(deeper, default=len(self.path))


def fold(lines: Sequence[Line], says: Says, most: int) -> list[Fold]:
    """Rows in no more than `most`, and folded no further than that takes; in fewer where they
    cannot be folded so far.

    First parts that say the same throughout become one row, the innermost first. If that is not
    enough, parts that follow one another and say the same of the same things in them do: at the
    depth that leaves the most rows, then at several depths.

    >>> lines = [Line((n,), name) for n in range(1, 61) for name in ("Weights", "Biases")]
    >>> folds = fold(lines, lambda row, at: row % 2, 40)
    >>> [("/".join(each.label), len(each.rows)) for each in folds]
    [('1;;60/Weights', 60), ('1;;60/Biases', 60)]
    """
    whole = _Part(())
    for number, line in enumerate(lines):
        at = whole
        for end in range(1, len(line.path) + 1):
            last = at.inside[-1] if at.inside else None
            if not isinstance(last, _Part) or last.path != line.path[:end]:
                last = _Part(line.path[:end])
                at.inside.append(last)
            at = last
        at.inside.append((line.name, number))
    deepest = whole.depth()
    found = _folded(whole, says, deepest + 1, ())
    for depth in range(deepest, 0, -1):
        if len(found) <= most:
            return found
        found = _folded(whole, says, depth, ())
    if len(found) <= most:
        return found
    depths = range(deepest)
    tries = [_folded(whole, says, 1, (depth,)) for depth in depths]
    tries += [_folded(whole, says, 1, depths[depth:]) for depth in reversed(depths[:-1])]
    fitting = [each for each in tries if len(each) <= most]
    return max(fitting, key=len) if fitting else min([found, *tries], key=len)


def _folded(part: _Part, says: Says, uniform: int, spans: Collection[int]) -> list[Fold]:
    """The rows of a part, labelled from it on. uniform: from this depth on, parts that say the same
    throughout are one row. spans: the depths at which parts that follow one another are put
    together."""
    depth = len(part.path)
    if depth >= uniform:
        rows = tuple(part.rows())
        if len(rows) > 1 and len({says(row, ()) for row in rows}) == 1:
            return [Fold((), rows)]
    found: list[Fold] = []
    inside = [
        (each, _folded(each, says, uniform, spans))
        if isinstance(each, _Part)
        else (None, [Fold(() if each[0] is None else (each[0],), (each[1],))])
        for each in part.inside
    ]

    def pattern(of: tuple[_Part | None, list[Fold]]) -> Hashable:
        """Equal for parts that can be put together."""
        each, folds = of
        if each is None or depth not in spans:
            return id(folds)
        path = each.path
        return tuple((label, says(rows[0], path)) for label, rows in folds)

    patterns = [pattern(each) for each in inside]
    at = 0
    while at < len(inside):
        period, end = _repeats(patterns, at)
        for first in range(at, at + period):
            found += _together(inside[first:end:period])
        at = end
    return found


def _repeats(patterns: Sequence[Hashable], at: int) -> tuple[int, int]:
    """How many parts from here on repeat, and where that ends: the period that reaches farthest."""
    best = 1, at + 1
    for period in range(1, LONGEST + 1):
        end = at + period
        while end < len(patterns) and patterns[end] == patterns[end - period]:
            end += 1
        if end >= at + 2 * period and end > best[1]:
            best = period, end
    return best


def _together(parts: Sequence[tuple[_Part | None, list[Fold]]]) -> list[Fold]:
    """The rows of parts that say the same of the same things."""
    first, last = parts[0][0], parts[-1][0]
    if first is None or last is None:
        return parts[0][1]
    step = str(first.path[-1])
    if len(parts) > 1:
        step = f"{step}{SPAN}{last.path[-1]}"
    return [
        Fold((step, *alike[0].label), tuple(row for each in alike for row in each.rows))
        for alike in zip(*(folds for _, folds in parts), strict=True)
    ]
