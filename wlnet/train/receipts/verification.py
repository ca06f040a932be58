"""What `verify` answers with, and how its checks add up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wlnet.core.errors import Fault
from wlnet.core.records import Json, shown
from wlnet.core.table import Sheet, Table
from wlnet.core.table_cells import Column

MOST_TOLD = 40
"""Faults that a report writes out; `faults` has them all."""
ABSENT = "nothing"
SEAL = "the seal"
FAULTS = Column(""), Column("statement"), Column("at"), Column("there is")
STATEMENTS = Column("statements about"), Column("hold", "count"), Column("of", "count")


@dataclass(frozen=True, repr=False)
class Verification:
    """Whether a receipt holds; it is true or false.

    faults: each statement that does not hold: at which array, round or column, what is there
    (given) and what the receipt says (expected). unverified: statements that nobody can check, such
    as who stopped a training. sections: name -> how many of its statements hold, and how many were
    checked. verdict: the last line of the report, which str(...) is.

    >>> bool(Verification((), (), {"net": (3, 3)}, "the receipt holds"))
    True
    """

    faults: tuple[Fault, ...]
    unverified: tuple[Fault, ...]
    sections: Mapping[str, tuple[int, int]]
    verdict: str

    def __bool__(self) -> bool:
        return not self.faults

    @property
    def _statements(self) -> Table:
        return Table(STATEMENTS, tuple((name, *counts) for name, counts in self.sections.items()))

    @property
    def _told(self) -> list[tuple[str, Fault]]:
        told = [("does not hold", each) for each in self.faults]
        return told + [("not checked", each) for each in self.unverified]

    def __repr__(self) -> str:
        words = [str(self._statements)]
        words += [f"{title}: {fault}" for title, fault in self._told[:MOST_TOLD]]
        if len(self._told) > MOST_TOLD:
            words.append(f"and {len(self._told) - MOST_TOLD:,} more")
        return "\n".join([*words, self.verdict])

    def _repr_html_(self) -> str:
        rows: list[tuple[str, str, str | None, str | None]] = []
        for title, each in self._told[:MOST_TOLD]:
            rows.append((title, each.what, each.at, each.given))
            # Below: two digests beside each other would be wider than a page.
            if each.expected:
                rows.append(("", "", "", f"expected: {each.expected}"))
        more = len(self._told) - MOST_TOLD
        caption = f"and {more:,} more: .faults and .unverified have all" if more > 0 else ""
        tables = (Table(FAULTS, tuple(rows), caption),) if rows else ()
        sign = "✓" if self else "✗"
        return Sheet(f"{sign} {self.verdict}", (*tables, self._statements))._repr_html_()


class Checks:
    """Statements as they are checked, by section."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.unverified: list[Fault] = []
        self._sections: dict[str, list[int]] = {}

    def same(self, section: str, told: Json, found: Json, what: str, at: str) -> None:
        """Check one statement. told: what the receipt says. what: the words where it is not so."""
        held = told == found and type(told) is type(found)
        self.count(section, held)
        if not held:
            self.faults.append(Fault(what, at, _text(found), f"{_text(told)}, as the receipt says"))

    def each(
        self, section: str, told: Mapping[str, Json], found: Mapping[str, Json], what: str, at: str
    ) -> None:
        """Check a statement for every name, and that there are no other names."""
        names = dict.fromkeys((*told, *found))
        for name in names:
            says, is_so = told.get(name, ABSENT), found.get(name, ABSENT)
            self.same(section, says, is_so, what, f"{at}, {name}")

    @property
    def differ(self) -> bool:
        """Whether anything was found to be another; a seal is of no other thing."""
        return any(held < total for name, (held, total) in self._sections.items() if name != SEAL)

    def count(self, section: str, held: bool) -> None:
        """Count one statement."""
        counts = self._sections.setdefault(section, [0, 0])
        counts[0] += held
        counts[1] += 1

    def broken(self, section: str, *faults: Fault) -> None:
        """Note that a statement does not hold, for these reasons."""
        self.count(section, False)
        self.faults += faults

    def verified(self, done: str) -> Verification:
        """What the checks add up to. done: how they were made, for the verdict."""
        checked = sum(total for _, total in self._sections.values())
        failed = checked - sum(held for held, _ in self._sections.values())
        words = f"the receipt does not hold: {failed:,} of {checked:,} statements are wrong"
        if not self.faults:
            words = f"the receipt holds: {checked:,} statements were checked, {done}"
            if self.unverified:
                words += f"; {len(self.unverified):,} cannot be checked"
        sections = {name: (held, total) for name, (held, total) in self._sections.items()}
        return Verification(tuple(self.faults), tuple(self.unverified), sections, words)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else repr(value) if value is None else _short(value)


def _short(value: Json) -> str:
    return repr(value) if isinstance(value, (bool, float, int)) else shown(value)
