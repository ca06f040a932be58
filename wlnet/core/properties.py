"""Property tables: one row a property, asked by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from wlnet.core.errors import Fault, PartError, brief, fail
from wlnet.core.spelling import suggestion

Row = Callable[[Any], Any]


class Told:
    """What a dict asks for. It can be compared, as a name can."""

    def told_of(self, thing: Any) -> Any:
        """The answer."""
        raise NotImplementedError


Asked = str | Told
"""A property as it is asked for: by its name, or by what a dict says."""


class PropertyTable:
    """Properties by name; `aliases` are older names of the same."""

    def __init__(self, of: str) -> None:
        self.of = of
        self.rows: dict[str, Row] = {}
        self.aliases: dict[str, str] = {}
        self.of_dict: Callable[[Mapping[Any, Any]], Told] | None = None
        """What a dict asks for; None where properties are asked for by their names alone."""

    def row(self, name: str, *aliases: str) -> Callable[[Row], Row]:
        def enter(function: Row) -> Row:
            assert name not in self.rows, name
            self.rows[name] = function
            self.aliases.update(dict.fromkeys(aliases, name))
            return function

        return enter

    def names(self) -> list[str]:
        return sorted(self.rows)

    def check(self, name: object) -> Asked:
        """What is asked for, if it is known. Raises PartError."""
        return self.check_all([name])[0]

    def check_all(self, names: Iterable[object]) -> list[Asked]:
        """The names of known properties, and what dicts ask for. Raises one PartError for all names
        that are not known."""
        known = [self._known(name) for name in names]
        faults = [
            Fault(
                f"{self.of} has no such property",
                given=brief(name),
                known=self.names(),
                fix=suggestion(name, [*self.rows, *self.aliases]),
            )
            for name, found in zip(names, known, strict=True)
            if found is None
        ]
        if faults:
            raise fail(PartError, faults)
        return [each for each in known if each is not None]

    def _known(self, name: object) -> Asked | None:
        if isinstance(name, str):
            found = self.aliases.get(name, name)
            return found if found in self.rows else None
        if isinstance(name, Told):
            return name
        return self.of_dict(name) if self.of_dict and isinstance(name, Mapping) else None

    def ask_all(self, thing: object, names: Iterable[object]) -> list[Any]:
        """The values of several properties. Raises one PartError for all that are not known."""
        return [self._answer(thing, each) for each in self.check_all(list(names))]

    def ask(self, thing: object, name: object) -> Any:
        return self._answer(thing, self.check(name))

    def _answer(self, thing: object, asked: Asked) -> Any:
        return asked.told_of(thing) if isinstance(asked, Told) else self.rows[asked](thing)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())
