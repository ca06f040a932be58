"""Where data stand: what a message names, counted as the user counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """A column of data for a port.

    data: which data, where there are several. numbers: those that the examples have for the user,
    counted from 0; None where all of them are there. kind: what else the column may be for.

    >>> str(Place("Input", "data")), Place("Input").among([4, 7]).example(1)
    ('data, port Input', 'port Input, example 8')
    """

    port: str
    data: str | None = None
    numbers: Sequence[int] | None = None
    kind: str = "port"

    def among(self, numbers: Sequence[int]) -> Place:
        """Some of the examples."""
        return self._replace(numbers=numbers)

    def example(self, index: int) -> str:
        """One of the examples, counted from 0."""
        return f"{self}, example {(self.numbers[index] if self.numbers else index) + 1}"

    def __str__(self) -> str:
        own = f"{self.kind} {self.port}"
        return f"{self.data}, {own}" if self.data else own
