"""Property tables: one row a property, asked by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

    def check(self, name: Any) -> str:
        """The name of a known property. Raises PartError."""
        known = self.aliases.get(name, name) if isinstance(name, str) else name
        if not isinstance(known, str) or known not in self.rows:
            raise fail(
                PartError,
                Fault(
                    f"{self.of} has no such property",
                    given=brief(name),
                    known=self.names(),
                    fix=suggestion(str(name), [*self.rows, *self.aliases]),
                ),
            )
        return known

    def ask(self, thing: Any, name: Any) -> Any:
        return self.rows[self.check(name)](thing)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())
