"""How a row among the words of a plan is written: a specification, read from a function.

The function stands under the name of the primitive. Its arguments by position are the operands, by
role, as shapes; one with a default is there where the attribute of its name is true. Its arguments
by keyword are the attributes; those with a default may be left out. It gives the shapes of the
results, with None for a size that does not follow from all that, and asserts what else must hold.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace

from wlnet.graph.graph import Call
from wlnet.graph.primitives import PRIMITIVES
from wlnet.graph.table import Table

Sizes = tuple[int | None, ...]
"""A shape; None is any size."""
Results = tuple[Sizes, ...]
Rule = Callable[..., Results]


def fits(shape: Sizes, other: Sizes) -> bool:
    """Whether two shapes are the same, as far as they are known."""
    pairs = zip(shape, other, strict=True) if len(shape) == len(other) else [(0, 1)]
    return all(one == two or None in (one, two) for one, two in pairs)


@dataclass(frozen=True)
class Spec:
    """A row.

    given: the operands that are always there; asked: those that an attribute asks for; has_more:
    whether any number may follow. needed, known: the attributes that must, and that may be there.
    results: their names: `name?` is there where the attribute of its name is true, `[name]` may be
    left out. changes: whether it does another thing in every step, whatever its operands are.
    """

    rule: Rule
    given: tuple[str, ...]
    asked: tuple[str, ...]
    has_more: bool
    needed: frozenset[str]
    known: frozenset[str]
    results: tuple[str, ...]
    changes: bool
    has_any: bool = False
    """Whether it has as many results as its operands and attributes tell."""

    def operands_of(self, call: Call) -> list[str]:
        """The names of the operands that a call has by its attributes."""
        return [*self.given, *(name for name in self.asked if call.attributes.get(name))]

    def results_of(self, call: Call) -> list[tuple[int, str]]:
        """The results that a call has, by number and name."""
        if self.has_any:
            return [(i, f"y{i + 1}") for i in range(len(call.outputs))]
        found: list[tuple[int, str]] = []
        for number, name in enumerate(self.results):
            if name.endswith("?"):
                is_there = bool(call.attributes.get(name[:-1]))
            else:
                is_there = not name.startswith("[") or len(found) < len(call.outputs)
            if is_there:
                found.append((number, name.strip("[]?")))
        return found


SPECS = Table[Spec]("row among the words of a plan", "wlnet/plan/words/")


def spec(results: str, *, like: str = "", changes: bool = False) -> Callable[[Rule], Rule]:
    """Enter a row. results: their names in a line; like: a row that has the attributes that this
    one takes as `**others`."""

    def enter(rule: Rule) -> Rule:
        SPECS[rule.__name__] = read(rule, results, like, changes)
        return rule

    return enter


def read(rule: Rule, results: str, like: str = "", changes: bool = False) -> Spec:
    """The row that a function stands for."""
    arguments = inspect.signature(rule).parameters.values()
    operands = [each for each in arguments if each.kind is each.POSITIONAL_OR_KEYWORD]
    attributes = [each for each in arguments if each.kind is each.KEYWORD_ONLY]
    asked = tuple(each.name for each in operands if each.default is not each.empty)
    names = tuple(results.split())
    flags = {*asked, *(name[:-1] for name in names if name.endswith("?"))}
    needed = {each.name for each in attributes if each.default is each.empty}
    known = {*flags, *(each.name for each in attributes)}
    if like:
        needed |= SPECS[like].needed
        known |= SPECS[like].known - set(SPECS[like].asked)
    return Spec(
        rule,
        tuple(each.name for each in operands if each.default is each.empty),
        asked,
        any(each.kind is each.VAR_POSITIONAL for each in arguments),
        frozenset(needed),
        frozenset(known),
        names,
        changes,
    )


for _name, _row in PRIMITIVES.items():
    _names = tuple(
        "places" if element == "Integer" else name
        for name, element in zip(("y", "y2", "y3"), _row.elements, strict=False)
    )
    SPECS[_name] = read(_row.shapes, " ".join(_names), changes=_row.random)
    SPECS[_name] = replace(SPECS[_name], has_any=_row.any_entries)
