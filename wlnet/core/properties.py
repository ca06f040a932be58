"""Property tables: one row a property, asked by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from wlnet.core.errors import Fault, PartError, brief, fail
from wlnet.core.spelling import suggestion

Row = Callable[[Any], Any]


class PropertyTable:
    """Properties by name; `aliases` are older names of the same."""

    def __init__(self, of: str) -> None:
        self.of = of
        self.rows: dict[str, Row] = {}
        self.aliases: dict[str, str] = {}

    def row(self, name: str, *aliases: str) -> Callable[[Row], Row]:
        def enter(function: Row) -> Row:
            assert name not in self.rows, name
            self.rows[name] = function
            self.aliases.update(dict.fromkeys(aliases, name))
            return function

        return enter

    def names(self) -> list[str]:
        return sorted(self.rows)

    def check(self, name: object) -> str:
        """The name of a known property. Raises PartError."""
        return self.check_all([name])[0]

    def check_all(self, names: Iterable[object]) -> list[str]:
        """The names of known properties. Raises one PartError for all that are not."""
        known = [self.aliases.get(name, name) if isinstance(name, str) else None for name in names]
        faults = [
            Fault(
                f"{self.of} has no such property",
                given=brief(name),
                known=self.names(),
                fix=suggestion(name, [*self.rows, *self.aliases]),
            )
            for name, found in zip(names, known, strict=True)
            if found not in self.rows
        ]
        if faults:
            raise fail(PartError, faults)
        return [str(name) for name in known]

    def ask_all(self, thing: object, names: Iterable[object]) -> list[Any]:
        """The values of several properties. Raises one PartError for all that are not known."""
        return [self.rows[name](thing) for name in self.check_all(list(names))]

    def ask(self, thing: object, name: object) -> Any:
        return self.rows[self.check(name)](thing)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())
