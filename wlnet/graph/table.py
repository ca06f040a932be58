"""Tables of rows by name, which say what is missing where a row is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, TypeVar

from wlnet.core.errors import Fault, WlnetError, fail

Row = TypeVar("Row")


class Table(dict[str, Row]):
    """A dict that raises WlnetError for a missing row: its name, what it has not, and where it is
    to be entered.

    what: what a row is; place: the file, or folder, that the rows stand in.

    >>> Table[int]("derivative", "graph/derivatives.py")["accumulate"]
    Traceback (most recent call last):
        ...
    wlnet.core.errors.WlnetError: accumulate has no derivative
      fix:      a row in graph/derivatives.py
    """

    def __init__(self, what: str, place: str, rows: Mapping[str, Row] | None = None) -> None:
        super().__init__(rows or {})
        self.what, self.place = what, place

    def __missing__(self, name: str) -> NoReturn:
        fault = Fault(f"{name} has no {self.what}", fix=f"a row in {self.place}")
        raise fail(WlnetError, fault)
