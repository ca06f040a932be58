"""Functions that give batches: told where the training stands or not, one batch a call or many."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import GeneratorType
from typing import Any

from wlnet.core.errors import DataError, Fault, brief, fail

FORM = "def batches(state): yield inputs, outputs"
ENDLESS = (GeneratorType, itertools.count, itertools.cycle, itertools.repeat)
"""What may go on forever: never read to its end."""


def takes_one_argument(function: Callable[..., Any]) -> bool | None:
    """Whether a function can be called with one value; None where nothing tells, as of builtins."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return _binds(signature, 1)


def _binds(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


@dataclass(eq=False)
class BatchFunction:
    """Gives the next batch of a user's function.

    The function takes the state, or nothing. It returns a batch, or an iterator of batches: that
    is asked for batch after batch, and the function is called again when it is exhausted. With a
    generator function the state is that of the call, not of every batch. A zip is one batch of
    examples, not an iterator of batches.
    """

    function: Callable[..., Any]
    is_told: bool = True
    """Whether the function takes the state."""
    _batches: Iterator[Any] | None = field(default=None, init=False)

    def __call__(self, state: Mapping[str, Any]) -> Any:
        """The next batch. Raises DataError for an iterator without one."""
        if self._batches is not None:
            try:
                return next(self._batches)
            except StopIteration:
                self._batches = None
        given = self.function(state) if self.is_told else self.function()
        if not isinstance(given, Iterator) or isinstance(given, zip):
            return given
        try:
            batch = next(given)
        except StopIteration:
            raise fail(
                DataError,
                Fault(
                    "a generator is exhausted: called again, it gave no batch",
                    at=f"data, round {state['Round']}",
                    given=repr(self.function)[:60],
                    fix=f"make a new iterator in every call: {FORM}",
                ),
            ) from None
        self._batches = given
        return batch


def as_batch_function(given: Callable[..., Any], at: str) -> BatchFunction:
    """A user's function as one that gives batches.

    Raises DataError for a function that takes neither the state nor nothing.
    """
    is_told = takes_one_argument(given)
    if is_told is False and not _binds(inspect.signature(given), 0):
        raise fail(
            DataError,
            Fault(
                "a function that gives batches takes one argument, the state, or none",
                at=at,
                given=f"{given!r}"[:60] + f" with arguments {inspect.signature(given)}",
                fix=FORM,
            ),
        )
    return BatchFunction(given, is_told is not False)


def refuse_endless(given: Any, at: str) -> None:
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
