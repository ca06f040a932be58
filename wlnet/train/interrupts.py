"""Interrupts: the first Ctrl-C breaks a training off, which then tells of itself; a second raises.

Python runs the handler of SIGINT between any two of its steps, and the usual one raises there. So
for the time of a call another one is in its place. Before a training begins it raises as usual. In
`let`, where the training may be broken off, it raises too. Anywhere else (while a training is made
ready, a checkpoint is written, the record is made) it only notes the interrupt, and whoever opens
or polls next hears of it. What was raised where Python swallows it, as in a callback of the garbage
collector, is heard of in the same way. Handlers of the user stay as they are.
"""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Handler = Callable[[int, FrameType | None], object]


class Interrupts:
    """The interrupts of one call that trains."""

    def __init__(self) -> None:
        self._before: Handler | None = None
        """The handler whose place it took; None where it has none."""
        self._came = 0
        self._heeded = 0
        """How many of those that came somebody has acted upon."""
        self._are_held = False

    # The handler

    def enter(self) -> None:
        """Take the place of the usual handler, if that is there and this thread may."""
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGINT)
        if not callable(before) or not (before is signal.default_int_handler or is_own(before)):
            return
        try:
            self._before = before
            signal.signal(signal.SIGINT, self._hear)
        except ValueError:  # an interpreter within another has no signals
            self._before = None
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Give the place back, if nobody else has taken it."""
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._hear:
            signal.signal(signal.SIGINT, self._before)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._came += 1
        if self._came > 1 and self._before is not None:
            self._before(number, frame)
        if not self._are_held:
            raise KeyboardInterrupt

    # Where they are heard of

    def hold(self) -> None:
        """From now on the first one waits for a block that lets it come."""
        self._are_held = True

    @contextmanager
    def let(self) -> Iterator[None]:
        """A block that an interrupt ends, also one that came before."""
        yield from self._with(False)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A block that an interrupt lets come to its end; then it is raised, if it may be."""
        yield from self._with(True)

    def _with(self, are_held: bool) -> Iterator[None]:
        before, self._are_held = self._are_held, are_held
        try:
            self.poll()
            yield
        finally:
            self._are_held = before
        self.poll()

    def poll(self) -> None:
        """Raise KeyboardInterrupt for one that came and that nobody has acted upon, if it may."""
        if self.is_waiting and not self._are_held:
            raise KeyboardInterrupt

    @property
    def is_heeded(self) -> bool:
        """Whether the first one has been acted upon: the next one raises."""
        return self._heeded > 0

    @property
    def has_come(self) -> bool:
        """Whether there was one, or what is one to the training."""
        return self._came + self._heeded > 0

    @property
    def is_waiting(self) -> bool:
        """Whether there was one that nobody has acted upon."""
        return self._came > self._heeded

    def heed(self) -> None:
        """The first one has been acted upon, or there is nothing left that it could stop. Raises
        KeyboardInterrupt where a second one came."""
        self._heeded = 1
        if self._came > 1:
            raise KeyboardInterrupt


_calls: list[Interrupts] = []
"""Those of the calls under way in the main thread, the innermost one last."""


def is_own(handler: object) -> bool:
    """Whether a handler is that of a call that trains."""
    return any(handler == each._hear for each in _calls)


def interrupts() -> Interrupts:
    """Those of the innermost call under way; in other threads, which none reaches, empty ones."""
    if _calls and threading.current_thread() is threading.main_thread():
        return _calls[-1]
    return Interrupts()


def breaks_off(function: Callable[P, R]) -> Callable[P, R]:
    """A function that trains, with a handler of its own for as long as it runs."""

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        if threading.current_thread() is not threading.main_thread():
            return function(*args, **options)
        own = Interrupts()
        depth = len(_calls)
        try:
            own.enter()
            _calls.append(own)
            answer = function(*args, **options)
        except BaseException:
            own._are_held = True
            del _calls[depth:]
            own.leave()
            raise
        # Nothing is left that one could stop, and the answer shall not be lost: the last one comes
        # between the two handlers. No step of Python in which another could follow is left.
        try:
            del _calls[depth:]
            own.leave()
        except KeyboardInterrupt:
            own.leave()
        return answer

    return call
