"""Faults of several kinds, told at once: one call, one error.

>>> from wlnet.core.errors import Fault, OptionError, RuleError, fail
>>> errors = fail(OptionError, Fault("no such option")), fail(RuleError, Fault("no part"))
>>> error = together(errors)
>>> isinstance(error, OptionError) and isinstance(error, RuleError)
True
>>> print(error)
2 faults
no such option
no part
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from wlnet.core.errors import Fault, OptionError, WlnetError, fail

T = TypeVar("T")
NEAR = 64
"""Errors that a new one is compared with: all of thousands would take their square."""


def together(errors: Sequence[WlnetError]) -> WlnetError:
    """One error for several: with all their faults, and of all their kinds at once, so that whoever
    waits for one of these kinds is told.
    """
    if len(errors) == 1:
        return errors[0]
    kinds = tuple(dict.fromkeys(part for error in errors for part in _parts(error)))
    # What has no faults in pieces is not made less by standing beside others.
    faults = [fault for error in errors for fault in error.faults]
    error = fail(_joint(kinds) if len(kinds) > 1 else kinds[0], faults)
    error.__cause__ = errors[0].__cause__
    for each in errors:
        # Its frames hold data, and may hold on to it.
        each.__traceback__ = None
    return error


def _parts(error: WlnetError) -> tuple[type[WlnetError], ...]:
    """The kinds that an error is of: of a joint one, those that it joins."""
    joined = getattr(type(error), "joined", None)
    return (type(error),) if joined is None else joined


@functools.cache
def _joint(kinds: tuple[type[WlnetError], ...]) -> type[WlnetError]:
    """A kind of error that is several: OptionError and RuleError, say."""

    def reduced(self: WlnetError) -> tuple[object, ...]:
        # Its class has no name that another process could look up.
        return _again, (kinds, self.faults)

    title = " and ".join(kind.__name__ for kind in kinds)
    about = {"joined": kinds, "__reduce__": reduced, "__module__": kinds[0].__module__}
    return type(title, kinds, {**about, "__doc__": f"{title}: faults of one call."})


def _again(kinds: tuple[type[WlnetError], ...], faults: tuple[Fault, ...]) -> WlnetError:
    return fail(_joint(kinds), faults)


def _placed(error: WlnetError, at: str) -> WlnetError:
    """The same error, saying around its place where that is."""
    faults = [
        replace(fault, at=f"{at}, {fault.at}" if fault.at else at)
        for fault in error.faults or (Fault(str(error)),)
    ]
    parts = _parts(error)
    return fail(_joint(parts) if len(parts) > 1 else parts[0], faults)


class Gathered:
    """What goes wrong in the steps of one call, told when all of them were tried.

    >>> gathered = Gathered()
    >>> gathered.attempt(lambda: 1)
    1
    >>> gathered.tell()
    """

    def __init__(self, errors: Sequence[WlnetError] = ()) -> None:
        self.errors = list(errors)

    def attempt(self, step: Callable[[], T], at: str | None = None) -> T | None:
        """What a step gives; None where it raised, which is kept, with `at` before its place."""
        try:
            return step()
        except WlnetError as error:
            # No name here for the error: its frames, of which this is one, would hold on to it.
            self._keep(error if at is None else _placed(error, at))
            return None

    def _keep(self, error: WlnetError) -> None:
        # What two steps stumble over is told once; they are not far apart.
        last = self.errors[-NEAR:]
        if not error.faults or all(error.faults != each.faults for each in last):
            self.errors.append(error)

    def add(self, *faults: Fault, kind: type[WlnetError] = OptionError) -> None:
        """Keep faults that were found without raising."""
        if faults:
            self.errors.append(fail(kind, faults))

    def tell(self) -> None:
        """Raise what was gathered, if anything."""
        errors, self.errors = self.errors, []
        if errors:
            try:
                raise together(errors)
            finally:
                # What is raised must not hold on to itself, and so to all that the call has seen.
                errors.clear()
