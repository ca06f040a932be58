"""Functions that give batches: told where the training stands or not, one batch a call or many."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import GeneratorType
from typing import Any

from wlnet.core.answers import answer, binds, takes_one_argument
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.loaders import Loader, loader_of

FORM = "def batches(state): yield inputs, outputs"
ENDLESS = (GeneratorType, itertools.count, itertools.cycle, itertools.repeat)
"""What may go on forever: never read to its end."""


class End(Enum):
    """What follows the last batch of a pass."""

    OF_PASS = "of pass"


@dataclass(eq=False)
class BatchFunction:
    """Gives the batches of a user's function, pass after pass.

    The function takes the state, or nothing. A call of it begins a pass: it returns an iterator of
    batches, or a single batch. With a generator function the state is that of the call, not of
    every batch. A zip is one batch of examples, not an iterator of batches.
    """

    function: Callable[..., object]
    is_told: bool = True
    """Whether the function takes the state."""
    loader: Loader | None = None
    """What the batches are those of, where nobody says how large they have to be."""
    taken: int = field(default=0, init=False)
    """How many batches were taken of the pass under way, where it goes on."""
    _batches: Iterator[object] | None = field(default=None, init=False)

    @property
    def yields(self) -> bool:
        """Whether the pass that was begun last goes on, as an iterator of batches."""
        return self._batches is not None

    def __call__(self, state: Callable[[], Mapping[str, object]], at: str) -> object:
        """The next batch, the first of a new pass where one has ended; see `first`."""
        batch = self.more(at)
        return self.first(state(), at) if batch is End.OF_PASS else batch

    def first(self, state: Mapping[str, object], at: str) -> object:
        """The first batch of a new pass.

        Raises DataError for an iterator without one, and for a function in which an iterator has
        come to its end.
        """
        self.taken = 0
        given = answer(self.function, at, *([state] if self.is_told else []))
        if not isinstance(given, Iterator) or isinstance(given, zip):
            self._batches = None
            return given
        self._batches = given
        batch = self.more(at)
        if batch is not End.OF_PASS:
            return batch
        raise fail(
            DataError,
            Fault(
                "a generator is exhausted: called again, it gave no batch",
                at=at,
                given=brief(self.function),
                fix=f"make a new iterator in every call: {FORM}",
            ),
        )

    def more(self, at: str) -> object:
        """The next batch of the pass, or End.OF_PASS."""
        if self._batches is None:
            return End.OF_PASS
        batch = answer(next, at, self._batches, End.OF_PASS, of=self.function)
        if batch is End.OF_PASS:
            self._batches = None
        else:
            self.taken += 1
        return batch

    def after(self, state: Mapping[str, object], taken: int, at: str) -> tuple[object, object]:
        """The batch behind so many of a new pass: these are taken and passed over.

        Before it, the one that was taken last, to see what the batches are: that itself, or where
        it is End.OF_PASS the one before.
        """
        last = batch = self.first(state, at)
        for _ in range(taken if self.yields else 0):
            last, batch = batch, self.more(at)
            if batch is End.OF_PASS:
                return last, batch
        return batch, batch


def gives_batches(given: object) -> bool:
    """Whether data are given batch by batch: by a function or a loader."""
    return (callable(given) and not hasattr(given, "__array__")) or loader_of(given) is not None


def as_batch_function(given: Any, at: str) -> BatchFunction:
    """A user's function, or a loader, as a function that gives batches.

    Raises DataError for a function that takes neither the state nor nothing.
    """
    loader = loader_of(given)
    if loader is not None:
        return BatchFunction(loader.passes, False, loader)
    is_told = takes_one_argument(given)
    if is_told is False and not binds(inspect.signature(given), 0):
        raise fail(
            DataError,
            Fault(
                "a function that gives batches takes one argument, the state, or none",
                at=at,
                given=f"{brief(given)}"[:60] + f" with arguments {inspect.signature(given)}",
                fix=FORM,
            ),
        )
    return BatchFunction(given, is_told is not False)


def refuse_endless(given: object, at: str) -> None:
    """Raise DataError for an iterator that may have no end."""
    if isinstance(given, ENDLESS):
        raise fail(
            DataError,
            Fault(
                "a generator that already runs is no form of data: it may have no end, and can be "
                "read only once",
                at=at,
                given=brief(given),
                expected="the function that makes it",
                fix=f"{FORM}, and give batches, not batches(); list(...) if these are examples",
            ),
        )
