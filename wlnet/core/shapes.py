"""Shapes that may be partly unknown, and named sizes that tie several of them together.

A partial shape is a tuple whose entries are sizes or None (not known yet), or None when even the
rank is not known. A pattern spells a shape in named sizes: ("out", "*in") is one size and any
number of further ones. A layer declares patterns; `Sizes` is what is known of the names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeGuard

LARGEST = 2**63 - 1
"""No array has a larger size."""
MOST_LEVELS = 62
"""No array of an example has more: those of NumPy may have two more, for batches and steps."""
Size = int | None
Shape = tuple[Size, ...]
Partial = Shape | None
Pattern = tuple[str | int, ...]


class Mismatch(Exception):
    """Two facts about a size contradict each other. Caught by whoever knows the place, and worded
    there."""


def merge(a: Partial, b: Partial) -> Partial:
    """What both say together.

    >>> merge((3, None), (None, 4))
    (3, 4)
    """
    if a is None:
        return b
    if b is None:
        return a
    if len(a) != len(b):
        raise Mismatch(f"{shape_text(a)} has rank {len(a)}, {shape_text(b)} has rank {len(b)}")
    return tuple(merge_size(x, y, a, b) for x, y in zip(a, b, strict=True))


def merge_size(x: Size, y: Size, a: Partial = None, b: Partial = None) -> Size:
    """What both sizes say together; a and b are named when they contradict each other."""
    if x is None or y is None:
        return y if x is None else x
    if x != y:
        of = f" ({shape_text(a)} against {shape_text(b)})" if a is not None else ""
        raise Mismatch(f"size {x} is not {y}{of}")
    return x


def fits(a: Partial, b: Partial) -> bool:
    """Whether two shapes can be one.

    >>> fits((None, 28), (3, None)), fits((3,), (4,)), fits(None, (2, 2))
    (True, False, True)
    """
    try:
        merge(a, b)
    except Mismatch:
        return False
    return True


def is_known(shape: Partial) -> TypeGuard[tuple[int, ...]]:
    """Whether a shape has no gaps."""
    return shape is not None and None not in shape


def shape_text(shape: Partial) -> str:
    """
    >>> shape_text((3, None)), shape_text(None), shape_text((5,))
    ('(3, ?)', '?', '(5,)')
    """
    if shape is None:
        return "?"
    inner = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


class Sizes:
    """What is known of named sizes: "n" is one size, "*n" is a run of sizes. Knowledge only
    grows."""

    def __init__(self) -> None:
        self._known: dict[str, Partial | Size] = {}

    def __getitem__(self, name: str) -> int | None:
        """A single size, or None while it is unknown."""
        value = self._known.get(name)
        assert not isinstance(value, tuple)
        return value

    def run(self, name: str) -> Partial:
        """The run of sizes "*name", possibly with gaps, or None while its length is unknown."""
        value = self._known.get(name)
        assert value is None or isinstance(value, tuple)
        return value

    def set(self, name: str, value: Partial | Size) -> None:
        """Learn a size or a run of sizes; raises Mismatch when it contradicts what is known."""
        old = self._known.get(name)
        if name.startswith("*"):
            assert value is None or isinstance(value, tuple)
            assert old is None or isinstance(old, tuple)
            self._known[name] = merge(old, value)
        else:
            assert not isinstance(value, tuple)
            assert not isinstance(old, tuple)
            try:
                self._known[name] = merge_size(old, value)
            except Mismatch as error:
                raise Mismatch(f"{name}: {error}") from None

    def product(self, name: str, run: str) -> None:
        """Tie "n" to the product of the sizes in "*run", in both directions where one is
        missing."""
        sizes, whole = self.run(run), self[name]
        if sizes is None:
            return
        unknown = [i for i, size in enumerate(sizes) if size is None]
        known = math.prod(size for size in sizes if size is not None)
        if not unknown:
            self.set(name, known)
        elif len(unknown) == 1 and whole is not None:
            if known == 0 or whole % known:
                raise Mismatch(f"{shape_text(sizes)} cannot hold {whole} elements")
            self.set(run, tuple(whole // known if size is None else size for size in sizes))

    def snapshot(self) -> dict[str, Partial | Size]:
        return dict(self._known)

    def match(self, pattern: Pattern, shape: Partial) -> None:
        """Learn from a shape that follows a pattern."""
        if shape is None:
            return
        stars = [i for i, name in enumerate(pattern) if isinstance(name, str) and name[0] == "*"]
        if not stars:
            if len(shape) != len(pattern):
                raise Mismatch(f"{shape_text(shape)} should have rank {len(pattern)}")
            front, middle, back = len(pattern), None, 0
        else:
            front, back = stars[0], len(pattern) - stars[0] - 1
            if len(shape) < front + back:
                raise Mismatch(f"{shape_text(shape)} should have at least rank {front + back}")
            middle = shape[front : len(shape) - back]
            self.set(str(pattern[front]), middle)
        ends = [*zip(pattern[:front], shape[:front], strict=True)]
        if back:
            ends += zip(pattern[-back:], shape[-back:], strict=True)
        for name, size in ends:
            if isinstance(name, int):
                merge_size(name, size)
            else:
                self.set(name, size)

    def build(self, pattern: Pattern) -> Partial:
        """The shape a pattern spells, as far as it is known."""
        shape: list[Size] = []
        for name in pattern:
            if isinstance(name, int):
                shape.append(name)
            elif name.startswith("*"):
                run = self.run(name)
                if run is None:
                    return None
                shape.extend(run)
            else:
                shape.append(self[name])
        return tuple(shape)


def solve(
    patterns: Sequence[Pattern], shapes: Sequence[Partial], relate: Callable[[Sizes], None]
) -> list[Partial]:
    """The shapes, refined until patterns and relations tell nothing more."""
    sizes = Sizes()
    before: dict[str, Partial | Size] | None = None
    while before != sizes.snapshot():
        before = sizes.snapshot()
        for pattern, shape in zip(patterns, shapes, strict=True):
            sizes.match(pattern, shape)
        relate(sizes)
    return [merge(sizes.build(p), s) for p, s in zip(patterns, shapes, strict=True)]
