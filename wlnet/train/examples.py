"""Columns of one length: what data of any form become, and the weights of examples beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial

from wlnet.core.errors import NAMES, DataError, Fault, WlnetError, brief, fail
from wlnet.core.gate import Column, as_column, length_hint, unequal
from wlnet.core.gathered import Gathered
from wlnet.core.spelling import suggestion
from wlnet.evaluate.places import Place

Columns = dict[str, Column]
"""Columns by port, let in by the gate."""
Given = dict[str, object]
"""What is given for each port, before it is looked at."""


@dataclass(frozen=True)
class Examples:
    """Columns by port, and how many examples they hold.

    count: None where there are no columns, and nobody says how many examples there are.
    weights: the column of what each example counts, if there is one.
    """

    columns: Columns
    count: int | None
    weights: Column | None = None


@dataclass(frozen=True)
class WeightsAsked:
    """The weights of examples that are asked for: a column, or the name of one; None for none.

    is_needed: whether data must have a column of that name. in_batch: whether they are those of a
    batch of a function, which brings them.
    """

    given: object = None
    is_needed: bool = True
    in_batch: bool = False

    @property
    def name(self) -> str | None:
        return self.given if isinstance(self.given, str) else None

    def place(self, at: str) -> Place:
        """Where they stand, as messages name it."""
        if self.name is None:
            return Place("example_weights", at, kind="option")
        return Place(self.name, at, kind="column")

    def among(self, brought: Mapping[str, object], at: str) -> object:
        """The column itself; None where there is none. Raises DataError where data must have it."""
        if self.name is None or self.name in brought or not self.is_needed:
            return self.given if self.name is None else brought.get(self.name)
        raise fail(
            DataError,
            Fault(
                f"no column of weights {brief(self.name)}",
                at=at,
                given=f"columns {brief(list(brought), NAMES)}" if brought else None,
                expected=f"named columns, {self.name!r} among them"
                + ("" if self.in_batch else "; or example_weights=weights, the column itself"),
                fix=suggestion(self.name, list(map(str, brought))),
            ),
        )


def examples_of_one_length(
    columns: Given,
    count: int | None,
    asked: WeightsAsked,
    weights: object,
    at: str,
    raw: Set[str],
    also: Callable[[Columns], Sequence[WlnetError]],
) -> Examples:
    """Columns as sequences, and weights beside them.

    count: how many examples there are, where data say nothing else. Raises DataError for what is no
    column, all of them at once, and for columns of several lengths.
    """
    places = {name: f"{at}, port {name}" for name in columns}
    given = dict(columns)
    own = "" if weights is None else asked.name or "example_weights"
    if own:
        given[own], places[own] = weights, str(asked.place(at))
    found: Columns = {}
    gathered = Gathered()
    # A column that can be read only once may have no end: the others tell how far to look.
    hints = {name: length_hint(column) for name, column in given.items()}
    known = [hint for hint in (*hints.values(), count or -1) if hint >= 0]
    most = min(known, default=None)
    for name, column in given.items():
        is_raw = name in raw and name != own
        let_in = gathered.attempt(partial(as_column, column, places[name], most, is_raw=is_raw))
        if let_in is not None:
            found[name] = let_in
    if gathered.errors:
        gathered.errors += also(found)
        gathered.tell()
    lengths: dict[str, int | str] = {name: len(column) for name, column in found.items()}
    if count is not None:
        lengths["examples"] = count
    if len(set(lengths.values())) > 1:
        # Of what tells no length, no more than one example too many was read.
        for name, hint in hints.items():
            if hint < 0 and lengths[name] == (most or 0) + 1:
                lengths[name] = f"more than {most}"
        raise fail(DataError, unequal(lengths, at))
    if 0 in lengths.values():
        text = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise fail(DataError, Fault("no examples", at=at, given=text))
    total = next((len(column) for column in found.values()), count)
    beside = found.pop(own) if own else None
    return Examples(found, total, beside)
