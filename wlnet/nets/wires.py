"""Wires and what ties them: the part of shape inference that knows no net.

Ports that are connected, and places of one array, are one wire. A cell knows some wires and refines
them; what changes is told to the other cells of that wire, until nothing changes any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from wlnet.core.errors import Fault, ShapeError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.ports import Flow, Limit, Sent
from wlnet.core.shapes import MOST_LEVELS, Mismatch, Partial, merge, shape_text

WHAT = "shapes that do not fit one another"
MIXED = "element types that do not fit one another"


@dataclass(eq=False)
class Wire:
    """One array that flows or is held: what is known of its shape, who said so last, and what he
    advises where that cannot be."""

    shape: Partial = None
    source: str = ""
    advice: str | None = None
    element: Flow | None = None
    teller: str = ""
    """Who said first what flows."""
    below: Limit | None = None
    """How large an index may be, where indices flow."""
    sent: Sent | None = None
    """The indices that flow, as far as somebody says so."""
    cells: list[Cell] = field(default_factory=list, repr=False)

    def refine(self, shape: Partial, source: str, advice: str | None = None) -> None:
        """Learn a shape. Raises Mismatch."""
        new = merge(self.shape, shape)
        if new is not None and len(new) > MOST_LEVELS:
            raise Mismatch(f"{len(new)} levels are more than {MOST_LEVELS}")
        if new != self.shape:
            self.shape, self.source, self.advice = new, source, advice

    def carry(self, element: Flow | None, teller: str) -> None:
        """Learn what flows. Raises ShapeError that names both ends."""
        if element is None or element == self.element:
            return
        if self.element is None:
            self.element, self.teller = element, teller
            return
        fix = (
            'EmbeddingLayer, or NetEncoder("Class", labels, "UnitVector"), turns indices into Reals'
            if self.element == "Integer"
            else 'indices count from 1: OrderingLayer, NetEncoder("Class", labels), or a function '
            "of arrays such as np.argsort(x) + 1 gives them"
        )
        fault = Fault(
            MIXED,
            at=f"{self.teller} and {teller}",
            given=f"{self.element} at {self.teller}",
            expected=f"{element}, as at {teller}",
            fix=fix,
        )
        raise fail(ShapeError, fault)

    def limit(self, below: Limit | None) -> bool:
        """Learn how large an index may be; whether that is news."""
        new = stricter(self.below, below)
        if new == self.below:
            return False
        self.below = new
        return True

    @property
    def known(self) -> tuple[Partial, Flow | None, Sent | None]:
        """All that cells have to tell one another."""
        return self.shape, self.element, self.sent


def stricter(a: Limit | None, b: Limit | None) -> Limit | None:
    """The limit of indices that both allow; of places in several arrays, one that refuses none.

    >>> stricter(3, 2), stricter((3, 4), (2, 5)), stricter((3, 4), (3,)), stricter((3, 4), 9)
    (2, (2, 4), (3, 3), 4)
    """
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) == len(b) or 1 in (len(a), len(b)):
            rank = max(len(a), len(b))
            one, two = (each * rank if len(each) == 1 else each for each in (a, b))
            return tuple(map(min, one, two))
        return (min(max(a), max(b)),)
    return min(*(max(each) if isinstance(each, tuple) else each for each in (a, b)))


def anywhere(limit: Limit | None) -> Limit | None:
    """The limit of places where coordinates may stand in any order."""
    return (max(limit),) if isinstance(limit, tuple) else limit


class Cell:
    """Something that ties wires together."""

    is_at_fault = False

    def __init__(self, wires: Iterable[Wire]) -> None:
        self.touched = list(wires)
        for wire in self.touched:
            wire.cells.append(self)

    def update(self, settle: bool = False) -> None:
        """Refine the wires. Raises ShapeError where they contradict each other."""
        raise NotImplementedError

    def let_go(self) -> None:
        """Untie the wires: who still knows them need not keep the layers, and their arrays."""
        for wire in self.touched:
            wire.cells.clear()

    def pass_limits(self) -> bool:
        """Tell the wires that indices come from how large these may be; whether that is news."""
        return False

    def changed(self, settle: bool = False) -> list[Cell]:
        """Update, and the other cells that have to look again."""
        before = [wire.known for wire in self.touched]
        self.update(settle)
        moved = [w for w, old in zip(self.touched, before, strict=True) if w.known != old]
        return [cell for wire in moved for cell in wire.cells if cell is not self]


class ShapeWalk(Protocol):
    """What goes through a net and lays its wires; every container tells how in it."""

    cells: list[Cell]

    def visit(self, net: Net, path: Path, wires: dict[str, Wire]) -> None:
        """Lay the wires of a net at a path, which has these at its ports."""
        ...


def spread(cells: Iterable[Cell], gathered: Gathered, *, settle: bool = False) -> None:
    """Update cells, and those that their news reaches, until there is no more news.

    A cell that finds a contradiction is left out from then on, so that each is told once. settle:
    whether the cells given also make the assumptions that are made only when nothing else decides.
    """
    waiting = deque(cells)
    queued = set(map(id, waiting))
    first = set(queued) if settle else set()
    while waiting:
        cell = waiting.popleft()
        queued.discard(id(cell))
        if cell.is_at_fault:
            continue
        news = gathered.attempt(partial(cell.changed, settle=id(cell) in first))
        first.discard(id(cell))
        if news is None:
            cell.is_at_fault = True
            news = [other for wire in cell.touched for other in wire.cells if other is not cell]
        for other in news:
            if id(other) not in queued:
                queued.add(id(other))
                waiting.append(other)


def title(path: Path, net: Net) -> str:
    """A net with its place, for messages."""
    return f"{path_text(path)} {net.kind}" if path else net.kind


def agree(wires: list[Wire]) -> None:
    """Have wires carry the same kind of numbers. Raises ShapeError."""
    for wire in wires:
        for other in wires:
            wire.carry(other.element, other.teller)


class LengthCell(Cell):
    """A length that several ports of a net name, or one of them twice."""

    def __init__(self, path: Path, length: str, ends: list[tuple[str, Wire, int]]) -> None:
        super().__init__({id(wire): wire for _, wire, _ in ends}.values())
        self.path, self.length, self.ends = path, length, ends

    def update(self, settle: bool = False) -> None:
        """Tell all of them the length, once one is known."""
        known = {wire.shape[level] for _, wire, level in self.ends if wire.shape is not None}
        known.discard(None)
        if len(known) > 1:
            raise fail(
                ShapeError,
                Fault(
                    f"ports that name the same length {self.length!r}, and differ in it",
                    at=path_text(self.path) if self.path else None,
                    given=", ".join(f"{name} {shape_text(wire.shape)}"
                                    for name, wire, _ in self.ends),
                ),
            )  # fmt: skip
        for name, wire, level in self.ends if known else ():
            (size,) = known
            open_shape = [None] * len(wire.shape or ())
            shape = (*open_shape[:level], size, *open_shape[level + 1 :])
            wire.refine(shape, f"{name}, length {self.length!r}")


class SameCell(Cell):
    """Two ports that must carry equal shapes."""

    def __init__(self, at: str, a: Wire, b: Wire) -> None:
        super().__init__([a, b])
        self.at, self.a, self.b = at, a, b

    def update(self, settle: bool = False) -> None:
        """Tell each side what the other knows."""
        agree([self.a, self.b])
        self.a.sent = self.b.sent = self.a.sent or self.b.sent
        try:
            self.a.refine(self.b.shape, self.b.source, self.b.advice)
            self.b.refine(self.a.shape, self.a.source, self.a.advice)
        except Mismatch as error:
            given = f"{shape_text(self.a.shape)} and {shape_text(self.b.shape)}"
            expected = f"equal shapes, but {error}"
            raise fail(
                ShapeError, Fault(WHAT, at=self.at, given=given, expected=expected)
            ) from None

    def pass_limits(self) -> bool:
        return self.a.limit(self.b.below) or self.b.limit(self.a.below)
