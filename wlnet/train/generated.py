"""Batches that a function of the user is asked for, one by one."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wlnet.core.digests import little_endian
from wlnet.core.errors import DataError, Fault, TrainingWarning, brief, fail, warn
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Ragged
from wlnet.train.generators import BatchFunction, End
from wlnet.train.parallel.agreement import other
from wlnet.train.parallel.exchange import ALONE, Exchange
from wlnet.train.sources import Batches, State, laid_out

ENDLESS = 10_000
"""Batches in a first pass after which somebody is warned that it may have no end."""


@dataclass(frozen=True)
class GeneratorSource:
    """A function asked for every batch; `encode` turns what it gives into arrays by port.

    Without a round length a round is a pass: all batches of an iterator, or a single one. first:
    the first batch, which was asked for to see what the data are, or End.OF_PASS. Batches are
    copied: a function may fill the same memory again, and steps may have to be done once more.
    """

    function: BatchFunction
    encode: Callable[[object, str], Mapping[str, Any]]
    batch_size: int
    round_length: int | None
    first: Any
    like: Any = None
    """A batch like those to come, where the first one is not there."""
    examples: int | None = None
    begun: int = 0
    """How many batches were over before the first one."""
    exchange: Exchange = ALONE
    """The ranks each of which is asked for every batch."""
    is_share: bool = False
    """Whether each of them gives a share of it, else all of them the same."""
    sample: Batches = field(init=False)

    batches_per_round: int | None = field(init=False)
    """None where only the end of a pass tells."""
    _waiting: list[Any] = field(init=False, default_factory=list)
    """The first batch, until it is used."""
    _taken: deque[tuple[int, int]] = field(init=False, default_factory=lambda: deque(maxlen=4))
    """Of the last batches that were given, the number of each, and how many there were in its pass
    until then."""

    def __post_init__(self) -> None:
        is_over = self.first is End.OF_PASS
        first = None if is_over else self._batch(self.first, place(1, 1))
        known = first or self._batch(self.like, place(1, 1))
        shapes = {name: np.empty((0, *column.shape[1:])) for name, column in known.items()}
        order = np.empty(0, np.int64)
        object.__setattr__(self, "sample", Batches(shapes, order, self.batch_size))
        self._waiting.append(first)
        self._taken.append((self.begun, max(self.function.taken - (not is_over), 0)))
        per_round = batches_of_round(self.round_length, self.batch_size)
        if self.function.loader is not None:
            per_round = per_round or self.function.loader.length
        count = per_round or (None if self.function.yields or is_over else 1)
        object.__setattr__(self, "batches_per_round", count)

    @property
    def unit(self) -> str:
        if self.round_length is not None:
            return ""
        return "one pass" if self.batches_per_round is None else "one batch"

    def round(self, number: int, state: State, done: int = 0) -> Iterator[Batches]:
        count = done
        told = self.batches_per_round
        while told is None or self._is_pass or count < told:
            count += 1
            at = place(count, number)
            batch = self._waiting.pop() if self._waiting else self._next(count, state, at)
            self._check_alike(batch, at)
            if batch is None or (told is not None and count > told):
                self._check_length(count - (batch is None), number)
                return
            self._taken.append((self._taken[-1][0] + 1, self.function.taken))
            if number == 1 and count == ENDLESS and self.batches_per_round is None:
                warn_of_endless(self.function, "data")
            size = len(next(iter(batch.values()))) if batch else self._share
            yield self._of_all(batch, size)

    @property
    def _share(self) -> int:
        """How many examples of a batch the function gives."""
        return self.batch_size // self._shares

    @property
    def _shares(self) -> int:
        return self.exchange.ranks if self.is_share else 1

    def _among(self) -> str:
        return f", a share of {self._shares} ranks" if self._shares > 1 else ""

    def _of_all(self, batch: Mapping[str, Array], size: int) -> Batches:
        """A batch of all ranks, of which this one has its share."""
        count, rank = self._shares, self.exchange.rank if self.is_share else 0
        order = np.zeros(size * count, np.int64)
        order[rank * size : (rank + 1) * size] = np.arange(size)
        return Batches(batch, order, size * count, is_own=True, is_share=count > 1)

    def _check_alike(self, batch: Mapping[str, Array] | None, at: str) -> None:
        """Raises DataError where ranks give different numbers of examples, or of batches; or
        different numbers, where they do not give shares."""
        if self.exchange.ranks == 1:
            return
        size = "none" if batch is None else str(len(next(iter(batch.values()), ())))
        found = {"examples": size, "of a round": str(self.round_length)}
        if not self.is_share and batch is not None:
            found["numbers"] = str([zlib.crc32(little_endian(c)) for c in batch.values()])
        every = self.exchange.gather(found, "a batch of a function")
        for name, first in every[0].items():
            told = [each.get(name, "none") for each in every]
            rank = other(told)
            if rank is not None:
                kind = "shares of different sizes" if self.is_share else "different batches"
                what = f"the functions of the ranks give {kind}, or one has no batch left"
                given = f"{name}: rank 0: {first}, rank {rank}: {told[rank]}"
                fix = "as many examples, in as many batches, on every rank"
                if not self.is_share:
                    fix = "what goes by the state alone; or Shard(f), for a share of each rank"
                raise fail(DataError, Fault(what, at=at, given=given, fix=fix))

    @property
    def _is_pass(self) -> bool:
        """Whether a round is a pass of a loader."""
        return self.function.loader is not None and self.round_length is None

    def _check_length(self, count: int, number: int) -> None:
        """Raise DataError for a loader that has told another length. count: its batches in a
        round, or more than it told."""
        told = self.batches_per_round
        if told is None or count == told:
            return
        raise fail(
            DataError,
            Fault(
                "a loader of batches has another length than it says",
                at=f"data, round {number}",
                given=f"{count} batches" if count < told else f"more than {told} batches",
                expected=f"{told}, which is len(loader)",
                fix='(loader, {"RoundLength": examples}), for a round of that many examples',
            ),
        )

    def in_pass(self, batch: int, in_round: int) -> int:
        """How many batches of the pass under way were given after so many batches in all, so many
        of them in the round under way."""
        if (self.batches_per_round is None or self._is_pass) and not in_round:
            return 0
        return next((taken for number, taken in self._taken if number == batch), 0)

    def _next(self, count: int, state: State, at: str) -> Mapping[str, Array] | None:
        """The next batch; None where that ends a round."""
        if self.batches_per_round is not None and not self._is_pass:
            given = self.function(state, at)
        elif count == 1:
            given = self.function.first(state(), at)
        else:
            given = self.function.more(at)
        return None if given is End.OF_PASS else self._batch(given, at)

    def _batch(self, given: object, at: str) -> Mapping[str, Array]:
        batch = self.encode(given, at)
        size = len(next(iter(batch.values()))) if batch else self._share
        if size != self._share and self.function.loader is None:
            raise fail(
                DataError,
                Fault(
                    "a generator gave another number of examples than it was asked for",
                    at=at,
                    given=str(size),
                    expected=f"{self._share}, as state['BatchSize'] says{self._among()}",
                    fix=f"batch_size={size * self._shares}, if every batch has as many",
                ),
            )
        several = [name for name, column in batch.items() if isinstance(column, Ragged)]
        if several:
            raise fail(
                DataError,
                Fault(
                    "a batch of examples of several shapes",
                    at=f"{at}, port {several[0]}",
                    expected="one shape in each batch: batches may differ",
                    fix="yield the examples of one length at a time; or give all examples as "
                    "columns, from which batches of equal length are made",
                ),
            )
        return {name: laid_out(column).copy() for name, column in batch.items()}


def batches_of_round(round_length: int | None, batch_size: int) -> int | None:
    """How many batches a generator is asked for in a round of so many examples; None for None."""
    return None if round_length is None else -(-round_length // batch_size)


def place(batch: int, number: int) -> str:
    """Where a batch of a generator stands, as messages name it."""
    return f"the generator's batch {batch} of round {number}"


def warn_of_endless(function: BatchFunction, at: str) -> None:
    """Warn of a pass that may have no end. at: what it is for."""
    warn(
        TrainingWarning,
        Fault(
            f"{ENDLESS:,} batches, and the first round has no end: without RoundLength a round "
            "is a pass, all that the generator yields",
            at=at,
            given=brief(function.function),
            fix='(batches, {"RoundLength": examples}), for a generator without end',
        ),
    )
