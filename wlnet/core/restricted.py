"""Restricted: integers of which it is said how large they may be."""

from __future__ import annotations

from dataclasses import dataclass

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_whole

LARGEST_INDEX = 2**31 - 1


@dataclass(frozen=True, repr=False)
class Restricted:
    """Integers from 1 to n, where a port says what flows: `input=Restricted("Integer", 10)`, or at
    the end of a shape, `input=("Varying", Restricted("Integer", 10))`.

    So an EmbeddingLayer or a UnitVectorLayer behind it knows how many there are, and data with
    others are a DataError. Raises OptionError for anything but "Integer" and a number from 1 on.

    >>> Restricted("Integer", 10)
    Restricted('Integer', 10)
    >>> from wlnet import NetChain, UnitVectorLayer
    >>> NetChain([UnitVectorLayer()], input=Restricted("Integer", 3))(2)
    array([0., 1., 0.], dtype=float32)

    Wolfram Language: Restricted.
    """

    element: str
    most: int

    def __post_init__(self) -> None:
        most = as_whole(self.most)
        if self.element == "Integer" and most is not None and 1 <= most <= LARGEST_INDEX:
            object.__setattr__(self, "most", most)
            return
        is_range = isinstance(self.most, (tuple, list))
        raise fail(
            OptionError,
            Fault(
                "only integers are restricted, and only to those from 1 to a number",
                at="Restricted",
                given=f"{brief(self.element)}, {brief(self.most)}",
                expected=f'"Integer", and a number from 1 to {LARGEST_INDEX}',
                fix='NetEncoder("Class", range(m, n + 1)) counts those from m to n from 1'
                if is_range
                else 'Restricted("Integer", 10)',
            ),
        )

    def __repr__(self) -> str:
        return f"Restricted({self.element!r}, {self.most})"
