"""The moment of a training, where it stands: all that it needs to go on from there, in plain
values. It is what a checkpoint holds beside the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wlnet.core.multipliers import MultiplierTable
from wlnet.core.rules import ArrayKey

Array = np.ndarray[Any, Any]
Made = Mapping[str, Array]
"""What a method keeps beside an array, by its name."""
Parts = tuple[Any, ...]
"""A tally in plain values: the fields of what batches add up, which are numbers, arrays, None,
tuples of these, and tallies: (kind, fields)."""


class LateStates(Mapping[ArrayKey, Mapping[str, Array]]):
    """What a method keeps beside arrays, made when it is first asked for: hardly anybody asks, and
    to copy it takes as long as many steps. Pickled and copied, it is a dict."""

    def __init__(self, states: Mapping[ArrayKey, Made | Callable[[], Made]]) -> None:
        """states: of each array, or what makes them."""
        self._states = dict(states)

    def __getitem__(self, key: ArrayKey) -> Made:
        found = self._states[key]
        if callable(found):
            # What they are made of is left.
            found = self._states[key] = found()
        return found

    def __iter__(self) -> Iterator[ArrayKey]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type[dict[Any, Any]], tuple[dict[Any, Any]]]:
        return dict, (dict(self),)

    def made(self) -> Iterator[Made]:
        """Those that were asked for."""
        return (each for each in self._states.values() if not callable(each))


@dataclass(frozen=True, eq=False)
class Moment:
    """Where a training stood after a step.

    A training that begins with it goes on to the same bits as the one that it was taken from.
    Arrays are plain, of the shapes that the user knows, and by the user's keys.

    arrays: all of the net. states: what the method keeps beside an array, by its name
    ("mean", "mean square", "move"). updates: how often the method has updated an array.
    round, batch: how many of them are over. in_round: batches of the round that is not over, 0
    where none is begun. in_pass: batches that were taken of the pass of a generator that is not
    over. seen: what the batches of that round add up to, by name.
    """

    arrays: Mapping[ArrayKey, Array] = field(default_factory=dict)
    states: Mapping[ArrayKey, Mapping[str, Array]] = field(default_factory=dict)
    updates: Mapping[ArrayKey, int] = field(default_factory=dict)
    round: int = 0
    batch: int = 0
    in_round: int = 0
    in_pass: int = 0
    seen: Mapping[str, tuple[str, Parts]] = field(default_factory=dict)
    best_rank: tuple[float, ...] | None = None
    """What the best validation so far is ranked by."""
    best_updates: Mapping[ArrayKey, int] = field(default_factory=dict)
    """How often the method had updated each array at the best validation."""
    failures: tuple[float, int, int] | None = None
    """Of the stopping criterion: the best value accepted, failures in a row, values seen."""

    def all_arrays(self) -> Iterator[Array]:
        """Every array that it holds, but what batches add up to: nobody is given that. What is made
        later is not here yet."""
        yield from self.arrays.values()
        kept = self.states
        for states in kept.made() if isinstance(kept, LateStates) else kept.values():
            yield from states.values()


@dataclass(frozen=True, eq=False)
class PhaseRecord:
    """A phase of a training: from which round and batch on a table of multipliers ruled.

    first_round, first_batch: the numbers of its first ones, from 1. updates: how often the method
    had updated each array before it.
    """

    first_round: int
    first_batch: int
    table: MultiplierTable
    updates: Mapping[ArrayKey, int]


@dataclass(frozen=True, eq=False)
class CallRecord:
    """One call of net_train, of the one or more that made a record.

    options: as they were given, by name, the defaults included. seed: that which was used.
    first_round, first_batch: how many of them were over when it began. seconds: what the clock
    showed then. data, validation: column -> SHA-256 of its numbers as they were encoded; empty
    where nothing asked for them. version: of wlnet. vector_bytes: of the machine: with other
    vectors sums are rounded in another order. updates: how often the method had updated each array
    at its end.
    """

    options: Mapping[str, Any]
    seed: int | str
    phases: tuple[PhaseRecord, ...]
    first_round: int = 0
    first_batch: int = 0
    seconds: float = 0.0
    data: Mapping[str, str] = field(default_factory=dict)
    validation: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    vector_bytes: int = 0
    updates: Mapping[ArrayKey, int] = field(default_factory=dict)
