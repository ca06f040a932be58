"""Calls of functions that a user gave."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from wlnet.core.errors import DataError, Fault, fail

T = TypeVar("T")


def answer(
    function: Callable[..., T], at: str | Callable[[], str], *given: object, of: object = None
) -> T:
    """What a user's function answers.

    at: where it is called, or a function that tells, where it is called often. of: the function to
    name, where it is called by another.

    Raises DataError where something in it came to its end: a bare StopIteration would end whatever
    loop happens to stand around the call. What else it raises is the user's own.

    >>> answer(divmod, "training_progress_function", 7, 2)
    (3, 1)
    """
    try:
        return function(*given)
    except StopIteration:
        raise _exhausted(of or function, at) from None
    except RuntimeError as error:
        # What Python makes of it within a generator function.
        if isinstance(error.__cause__, StopIteration):
            raise _exhausted(of or function, at) from error
        raise


def takes_one_argument(function: Callable[..., object]) -> bool | None:
    """Whether a function can be called with one value; None where nothing tells, as of builtins.

    >>> takes_one_argument(lambda state: 1), takes_one_argument(lambda: 1)
    (True, False)
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return binds(signature, 1)


def binds(signature: inspect.Signature, count: int) -> bool:
    """Whether a signature takes a number of values by their places."""
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _exhausted(function: object, at: str | Callable[[], str]) -> DataError:
    name = getattr(function, "__qualname__", None) or repr(function)
    return fail(
        DataError,
        Fault(
            "a function has no more answers: an iterator that it asks came to its end",
            at=at() if callable(at) else at,
            given=f"StopIteration from {name[:60]}",
            fix="itertools.cycle(...) goes on for ever; next(iterator, last) ends with a value",
        ),
    )
