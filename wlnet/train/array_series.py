"""What is asked about arrays before a training: a number an array and round.

WeightsRMS is the root mean square of an array at the end of a round, UpdatesRMS that of its change
over the round. GradientsRMS is the root of the mean of its squared gradient, over its elements and
the steps of the round that moved it: of the mean loss of a batch, before any clipping, without
regularization. Where no gradient was used there is None. None of it changes a bit of the training,
or costs anything where it is not asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net
from wlnet.core.norms import distance, root_mean_square
from wlnet.core.rules import ArrayKey
from wlnet.evaluate.holding import Array
from wlnet.graph.keys import GradientSquaresKey
from wlnet.nets.arrays import arrays_of
from wlnet.results.arrays_report import GRADIENTS, UPDATES, WEIGHTS
from wlnet.results.moment import Parts
from wlnet.train.memory import Arrays, Memory

Numbers = Mapping[ArrayKey, float | None]
ByKey = dict[ArrayKey, list[float | None]]
"""The numbers of each array, one a round."""


@dataclass
class ArraySeries:
    """Numbers of arrays, one a round, by what they are of."""

    lists: dict[str, ByKey] = field(default_factory=dict)

    def add(self, values: Mapping[str, Numbers], rounds: int) -> None:
        """Those of the round after so many. What was not asked for before is None there."""
        lists = {name: dict(by_key) for name, by_key in self.lists.items()}
        for name, by_key in values.items():
            kept = lists.setdefault(name, {})
            for key, value in by_key.items():
                kept[key] = [*_of_length(kept.get(key, []), rounds), value]
        # At once, whenever an interrupt comes.
        self.lists = lists

    def frozen(self, rounds: int) -> dict[str, dict[ArrayKey, tuple[float | None, ...]]]:
        """Those of the first so many rounds, None where they were asked for no more."""
        return {
            name: {key: tuple(_of_length(series, rounds)) for key, series in by_key.items()}
            for name, by_key in self.lists.items()
        }


def _of_length(series: list[float | None], length: int) -> list[float | None]:
    return [*series[:length], *[None] * (length - len(series))]


BEGUN = f"/{UPDATES}/"
"""What a moment calls the arrays as they were when its round began, with the number of each behind
it. No measurement has a name that begins so."""
SQUARES = f"/{GRADIENTS}"
"""What it calls the sums of squared gradients."""


class Watch:
    """Looks at the arrays at the beginning and at the end of each round, as far as it is asked."""

    def __init__(self, asked: Collection[str], net: Net, memory: Memory) -> None:
        self.asked, self.memory = asked, memory
        self._resting: Mapping[ArrayKey, Array] = arrays_of(net) if asked else {}
        self._begun: Arrays | None = None
        """All arrays as the round began; None where nobody knows."""
        self._ended: Arrays | None = None
        """All arrays as the round before ended: so the next one begins."""
        self._is_whole = True
        """Whether the gradients of all steps of the round were looked at."""

    def _arrays(self) -> Arrays:
        return {**self._resting, **self.memory.plain_arrays()}

    def begin(self) -> None:
        """A round begins."""
        if UPDATES in self.asked:
            self._begun = self._arrays() if self._ended is None else self._ended
        self._is_whole = True

    def take_up(self, seen: Mapping[str, tuple[str, Parts]]) -> Array | None:
        """Go on with a round that was begun. seen: what was kept of it. The sums of squared
        gradients, if there are any.
        """
        self._begun = None
        if UPDATES in self.asked and f"{BEGUN}0" in seen:
            self._begun = {
                key: np.asarray(seen[f"{BEGUN}{i}"][1][0]) for i, key in enumerate(self._resting)
            }
        self._is_whole = SQUARES in seen
        if GRADIENTS not in self.asked or not self._is_whole:
            return None
        return np.asarray(seen[SQUARES][1][0])

    def seen(self, squares: Array | None) -> dict[str, tuple[str, Parts]]:
        """What has to be kept of a round that is not over."""
        found: dict[str, tuple[str, Parts]] = {}
        if self._begun is not None:
            for i, array in enumerate(self._begun.values()):
                found[f"{BEGUN}{i}"] = "Array", (array,)
        if squares is not None and self._is_whole:
            found[SQUARES] = "Array", (squares,)
        return found

    def values(self, table: MultiplierTable, squares: Array | None) -> dict[str, Numbers]:
        """What is told of the round that has just ended. squares: see `squares_of`."""
        if not self.asked:
            return {}
        now, begun = self._arrays(), self._begun
        self._ended = now
        found: dict[str, Numbers] = {}
        if GRADIENTS in self.asked:
            usable = squares if self._is_whole else None
            found[GRADIENTS] = _gradients(table, now, usable)
        if UPDATES in self.asked:
            before: Mapping[ArrayKey, Array] = begun or {}
            found[UPDATES] = {key: _change(value, before.get(key)) for key, value in now.items()}
        if WEIGHTS in self.asked:
            found[WEIGHTS] = {key: root_mean_square(value) for key, value in now.items()}
        return found


def _change(now: Array, begun: Array | None) -> float | None:
    """The root mean square of the difference; None where it is not known, or of no numbers."""
    return None if begun is None or not now.size else distance(now, begun) / math.sqrt(now.size)


def squares_of(
    table: MultiplierTable,
    moving: Callable[[ArrayKey, Array], Array],
    tables: Mapping[object, Array],
    steps: range,
) -> Array:
    """Of each of the first steps in tables, and each array of the net: the sum of its squared
    gradient, and 1; two zeros where no gradient moved it. steps: their numbers; moving: in which of
    them an array moves.
    """
    found = np.zeros((len(steps), 2, len(table)))
    for i, row in enumerate(table):
        squares = tables.get(GradientSquaresKey(row.key))
        if squares is not None:
            moves = moving(row.key, np.array(steps))
            found[:, 0, i] = np.where(moves, squares[: len(steps), 0], 0)
            found[:, 1, i] = moves
    return found


def _gradients(table: MultiplierTable, arrays: Arrays, squares: Array | None) -> Numbers:
    found: dict[ArrayKey, float | None] = {row.key: None for row in table}
    if squares is not None:
        for row, total, steps in zip(table, *squares, strict=True):
            count = steps * arrays[row.key].size
            found[row.key] = math.sqrt(total / count) if count else None
    return found
