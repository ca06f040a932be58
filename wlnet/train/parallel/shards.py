"""Examples of which every rank has its own share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from wlnet.core.batches import BATCH
from wlnet.core.digests import little_endian
from wlnet.core.errors import DataError, Fault, OptionError, fail
from wlnet.core.scaled import Scaled
from wlnet.core.streams import stream
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Group
from wlnet.train.class_weights import BALANCED
from wlnet.train.options import Options
from wlnet.train.parallel.agreement import other
from wlnet.train.parallel.exchange import ALONE, Exchange
from wlnet.train.sources import ArraySource, Batches, State


@dataclass(frozen=True)
class ShardedSource(ArraySource):
    """The share of one rank; numbers are those of its examples among all.

    The parts of a batch draw from runs of examples of their own, which do not depend on how many
    ranks there are. An order of a batch tells rows of the columns here, where a part is this
    rank's, and nothing else.
    """

    parts: int = 1
    exchange: Exchange = ALONE
    size: int = 1
    """How many examples a batch has."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "batch_size", self.size)

    @property
    def examples(self) -> int:
        return len(self.numbers) * self.exchange.ranks

    @property
    def batches_per_round(self) -> int:
        return -(-self.examples // self.size)

    @property
    def run(self) -> int:
        """How many examples a part draws from."""
        return self.examples // self.parts

    @property
    def sample(self) -> Batches:
        return Batches(self.groups[0].columns, np.zeros(self.size, np.int64), self.size)

    def whole_batch(self, group: Group) -> int:
        return self.size

    def batches(self, number: int) -> Iterator[Array]:
        drawn = [self._drawn(number, part) + part * self.run for part in range(self.parts)]
        each = self.size // self.parts
        for first in range(0, self.run, each):
            yield np.concatenate([rows[first : first + each] for rows in drawn]) + 1

    def round(self, number: int, state: State, done: int = 0) -> Iterator[Batches]:
        each, own = self.size // self.parts, self.parts // self.exchange.ranks
        first = own * self.exchange.rank
        drawn = np.zeros((self.parts, self.run), np.int64)
        for i in range(own):
            drawn[first + i] = self._drawn(number, first + i) + i * self.run
        whole = self.run // each
        orders = drawn[:, : whole * each].reshape(self.parts, whole, each).swapaxes(0, 1)
        if done < whole:
            yield from self._shares(orders[done:].flatten(), self.size)
        last = drawn[:, whole * each :].flatten()
        if last.size and done <= whole:
            yield from self._shares(last, last.size)

    def _shares(self, order: Array, size: int) -> Iterator[Batches]:
        for batches in self.taken(self.groups[0], order, size):
            yield replace(batches, is_share=True)

    def _drawn(self, number: int, part: int) -> Array:
        """The order of the examples of a part in a round."""
        draws = stream(self.seed, "shuffle of a part", number, part)
        return draws.permutation(self.run).astype(np.int64, copy=False)

    def digests(self) -> dict[str, str]:
        """SHA-256 by column of all ranks' examples: of the digests of the parts' runs."""
        found = {name: self._digests_of(column) for name, column in self.columns.items()}
        every = self.exchange.gather(found, "the digests of shares")
        whole = {}
        for name in found:
            told = "".join(digest for each in every for digest in each[name])
            whole[str(name)] = hashlib.sha256(told.encode()).hexdigest()
        return whole

    def _digests_of(self, column: Array) -> list[str]:
        runs = range(0, len(self.numbers), self.run)
        parts = (np.ascontiguousarray(column[at : at + self.run]) for at in runs)
        return [hashlib.sha256(little_endian(part)).hexdigest() for part in parts]


def sharded(source: ArraySource, options: Options) -> ShardedSource:
    """A rank's share as a source; all of them ask. Raises DataError, OptionError where shares are
    not alike, or cannot be divided among the parts."""
    parts, exchange = options.batch_parts, options.exchange
    if len(source.groups) > 1:
        what = "examples of several shapes cannot be given in shares"
        raise fail(DataError, Fault(what, at="data", fix="all examples on every rank"))
    counts = exchange.gather(source.examples, "the sizes of shares")
    if other(counts) is not None:
        least = min(counts) * len(counts) // parts * parts // len(counts)
        told = ", ".join(f"rank {rank}: {count}" for rank, count in enumerate(counts))
        fix = f"as many for each, such as the first {least:,} of every share"
        what = "the ranks have shares of different sizes"
        raise fail(DataError, Fault(what, at="data", given=told, fix=fix))
    total = sum(counts)
    if total % parts:
        what = "the examples cannot be divided evenly among the parts of a batch"
        given = f"{total:,} examples on {exchange.ranks} ranks, {parts} parts"
        fix = f"{total // parts * parts // exchange.ranks:,} examples in each share"
        raise fail(DataError, Fault(what, at="data", given=given, fix=fix))
    # Of few examples a batch is what there is.
    size = min(BATCH if options.batch_size is AUTOMATIC else options.batch_size, total)
    check_size(size, parts)
    first = exchange.rank * source.examples
    numbers = np.arange(first + 1, first + source.examples + 1)
    return ShardedSource(source.columns, size, source.seed, numbers, parts, exchange, size)


def check_size(size: int, parts: int) -> None:
    """Raises OptionError for batches of shares that cannot be divided evenly."""
    if size % parts:
        what = "a batch of examples in shares cannot be divided evenly into parts"
        given, fix = f"{size} examples, {parts} parts", f"batch_size={-(-size // parts) * parts}"
        raise fail(OptionError, Fault(what, at="batch_size", given=given, fix=fix))


def check_shard(is_share: bool, options: Options) -> None:
    """Raises DataError, OptionError where only some ranks have a share, and for what goes by all
    examples, where they come in shares."""
    every = options.exchange.gather(is_share, "the data")
    if other(every) is not None:
        has, lacks = every.index(True), every.index(False)
        given = f"rank {has}: a Shard, rank {lacks}: none"
        what = "some ranks have a share of the data, some have all"
        raise fail(DataError, Fault(what, at="data", given=given, fix="Shard(data) on every rank"))
    if not is_share:
        return
    if isinstance(options.validation_set, Scaled):
        what, fix = "nothing can be held out of shares", "validation_set=data, all on every rank"
        raise fail(OptionError, Fault(what, at="validation_set", given="Scaled", fix=fix))
    weights = options.class_weights
    if weights is not None and BALANCED in weights.by_port.values():
        what, fix = "classes cannot be counted in shares", "class_weights={label: weight, ...}"
        raise fail(OptionError, Fault(what, at="class_weights", given=f"'{BALANCED}'", fix=fix))
