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
from wlnet.train.saving.numbered import KeptNets, of_number
from wlnet.train.saving.unsaved import Unsaved


class OptionNets(KeptNets):
    """Keeps the nets that options name, their arrays by digest."""

    def _row(self, net: Net, number: int) -> Json:
        structure, tensors = record.written(net)
        digests: Any = {key: digest(array) for key, array in sorted(tensors.items())}
        return {"Structure": structure, "Arrays": digests}


class NamedNets:
    """The nets of a receipt by number: what can be made of it, else what stands for it."""

    def __init__(self, option: str, rows: Json) -> None:
        self._option, self._rows = option, list_of(rows, "Nets")

    def __call__(self, number: int) -> Any:
        """Raises FormatError for a number that is none, and for what is no net."""
        told = of_number(self._rows, number, self._option)
        row = table_of(told, {"Structure", "Arrays"}, "Nets")
        arrays = row["Arrays"]
        if type(arrays) is not dict:
            raise refused("digests by array were expected", at="Nets", given=shown(arrays))
        for key, each in arrays.items():
            sha256_of(text_of(each, "Nets"), f"Nets, {key}"[:200])
        if arrays:
            return Unsaved(self._option, f"a net of {len(arrays)} arrays")
        return rebuild.rebuilt(row["Structure"], {})
