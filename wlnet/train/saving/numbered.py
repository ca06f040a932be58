"""Nets beside a record, by their numbers: options name them so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from wlnet.core.net import Net
from wlnet.core.records import Json, refused, shown

T = TypeVar("T")


class KeptNets:
    """Keeps the nets that options name, each once."""

    def __init__(self) -> None:
        self._nets: list[Net] = []
        self.rows: list[Json] = []
        """What the record tells of each."""

    def keep(self, net: Net) -> int:
        """The number of a net among those that are kept."""
        for number, other in enumerate(self._nets):
            if other is net or other == net:
                return number
        self.rows.append(self._row(net, len(self._nets)))
        self._nets.append(net)
        return len(self._nets) - 1

    def _row(self, net: Net, number: int) -> Json:
        """What the record tells of a net that gets this number."""
        raise NotImplementedError


def of_number(found: Sequence[T], number: int, at: str) -> T:
    """What has this number. Raises FormatError."""
    if not 0 <= number < len(found):
        raise refused("no net of this number", at=at, given=shown(number))
    return found[number]
