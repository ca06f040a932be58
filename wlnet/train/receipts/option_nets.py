"""Nets that options were given, such as losses: in a receipt by structure, with digests of arrays.

A net without arrays can be made of that again; one with arrays has to be given again.
"""

from __future__ import annotations

from typing import Any

from wlnet.core.digests import digest
from wlnet.core.net import Net
from wlnet.core.records import Json, refused, shown
from wlnet.io import rebuild, record
from wlnet.io.checks import list_of, sha256_of, table_of, text_of
from wlnet.train.saving.unsaved import Unsaved


class OptionNets:
    """Keeps the nets that options name, each once."""

    def __init__(self) -> None:
        self._nets: list[Net] = []
        self.rows: list[Json] = []

    def keep(self, net: Net) -> int:
        """The number of a net among those that are kept."""
        for number, other in enumerate(self._nets):
            if other is net or other == net:
                return number
        structure, tensors = record.written(net)
        self._nets.append(net)
        digests: Any = {key: digest(array) for key, array in sorted(tensors.items())}
        self.rows.append({"Structure": structure, "Arrays": digests})
        return len(self._nets) - 1


class NamedNets:
    """The nets of a receipt by number: what can be made of it, else what stands for it."""

    def __init__(self, option: str, rows: Json) -> None:
        self._option, self._rows = option, list_of(rows, "Nets")

    def __call__(self, number: int) -> Any:
        """Raises FormatError for a number that is none, and for what is no net."""
        if not 0 <= number < len(self._rows):
            raise refused("no net of this number", at=self._option, given=shown(number))
        row = table_of(self._rows[number], {"Structure", "Arrays"}, "Nets")
        arrays = row["Arrays"]
        if type(arrays) is not dict:
            raise refused("digests by array were expected", at="Nets", given=shown(arrays))
        for key, each in arrays.items():
            sha256_of(text_of(each, "Nets"), f"Nets, {key}"[:200])
        if arrays:
            return Unsaved(self._option, f"a net of {len(arrays)} arrays")
        return rebuild.rebuilt(row["Structure"], {})
