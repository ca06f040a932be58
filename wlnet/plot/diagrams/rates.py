"""How fast the arrays of a part learn, put together by rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wlnet.core.multipliers import MultiplierTable
from wlnet.core.parts import NetSharedArray, Path
from wlnet.core.rules import ArrayKey
from wlnet.results.ending import counted

MOST_NAMES = 3
"""So many arrays of a layer are told by name; more are counted, and named below."""

MOST_TAGS = 6
"""So many shared arrays of a closed net are told by name."""


@dataclass(frozen=True)
class Rated:
    """Arrays of one rate. what: their names, or how many they are. shared: the name that other
    places know the array by. names: all of them."""

    rate: float
    what: str
    shared: str | None = None
    names: tuple[str, ...] = ()


class Rates:
    """The rates of a table by place in the net."""

    def __init__(self, table: MultiplierTable) -> None:
        self.by_layer: dict[Path, list[tuple[str, str | None, float]]] = {}
        self._keys: dict[Path, ArrayKey] = {}
        for row in table:
            for place in row.places:
                told = (str(place.path[-1]), place.shared, row.multiplier)
                self.by_layer.setdefault(place.path[:-1], []).append(told)
                self._keys[place.path] = row.key
        self.shared = tuple(row.key.name for row in table if isinstance(row.key, NetSharedArray))
        self.values: Mapping[ArrayKey, float] = table.values_by_key()

    def of_layer(self, path: Path) -> list[Rated]:
        """Those of a layer, together where they have one rate."""
        told = self.by_layer.get(path, [])
        groups: dict[tuple[float, str | None], list[str]] = {}
        for name, shared, rate in told:
            groups.setdefault((rate, shared), []).append(name)
        found = []
        for (rate, shared), names in groups.items():
            what = ", ".join(names)
            if len(names) > MOST_NAMES:
                is_all = len(names) == len(told)
                what = f"{len(names)} arrays" if is_all else f"{len(names)} of {len(told)} arrays"
            found.append(Rated(rate, what, shared, tuple(names)))
        return found

    def inside(self, path: Path) -> list[Rated]:
        """Those of all layers in a net, each array once: those that other places may share by
        name, where they are few, and how many others have each rate."""
        keys = dict.fromkeys(
            key for place, key in self._keys.items() if place[: len(path)] == path
        )  # fmt: skip
        shared = [key for key in keys if isinstance(key, NetSharedArray)]
        found = []
        if len(shared) <= MOST_TAGS:
            found = [Rated(self.values[key], "", key.name) for key in shared]
        counts: dict[float, int] = {}
        for key in keys:
            if not (found and isinstance(key, NetSharedArray)):
                counts[self.values[key]] = counts.get(self.values[key], 0) + 1
        what = "more array" if found else "array"
        return [*found, *(Rated(rate, counted(count, what)) for rate, count in counts.items())]
