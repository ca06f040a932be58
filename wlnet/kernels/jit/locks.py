"""Locks that a forked child finds free: the threads that held them are not in it (fork handlers).

What they guard must be whole at every moment, or made anew by whoever takes the lock next. Where
that cannot be, in the compiler and the linker, a fork waits for its turn.
"""

from __future__ import annotations

# A fork takes the locks that are known last first. Compilers write logs: that lock comes last.
import logging  # noqa: F401
import os
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

_made: weakref.WeakSet[Any] = weakref.WeakSet()


def new_lock() -> Any:
    """A `threading.RLock`: a signal handler may come to a lock that its own thread holds."""
    lock = threading.RLock()
    _made.add(lock)
    return lock


def is_mine(lock: Any) -> bool:
    """Whether this thread holds a lock, so that it is in the middle of what the lock guards."""
    return asking(lock)()


def asking(lock: Any) -> Callable[[], bool]:
    """`is_mine` of one lock, for whoever asks in every call."""
    ask: Callable[[], bool] = lock._is_owned
    return ask


def _free() -> None:
    for lock in list(_made):
        if not is_mine(lock):  # else it is in the child too, and gives it back
            # The way in which the standard library's own locks are freed after a fork.
            lock._at_fork_reinit()


class _Turn:
    """One thread at a time, in the order in which they come to the door, as far as that matters.

    A lock by itself goes to whoever is quickest: a thread that takes it again and again, as one
    that compiles many kernels, would let nobody else in.
    """

    def __init__(self) -> None:
        self._door, self._room = threading.RLock(), threading.RLock()

    def __enter__(self) -> None:
        if is_mine(self._room):
            # Whoever waits at the door waits for this thread.
            self._room.acquire()
            return
        with self._door:
            self._room.acquire()

    def __exit__(self, *_: object) -> None:
        self._room.release()

    def waited_for(self) -> list[Any]:
        """The locks, taken, of whoever waited long enough to be let in; else none."""
        return _taken(self._door, self._room)


TURN: Final = _Turn()
"""Whoever compiles or links; and whoever forks, as a child cannot go on with half of that."""
PATIENCE: Final = 10.0
"""Seconds that a fork waits at most: whoever compiles might be waiting for what the forking thread
holds."""
_held: list[list[Any]] = []


def _taken(*locks: Any) -> list[Any]:
    return [lock for lock in locks if lock.acquire(timeout=PATIENCE)]


def _wait() -> None:
    held = TURN.waited_for()
    held += _taken(*_of_others())
    _held.append(held)


def _of_others() -> list[Any]:
    """The locks of the compiler itself, where it is loaded, in the order in which it takes them.

    The user's own functions are compiled under the first; the other one guards every call of LLVM.
    """
    numba = getattr(sys.modules.get("numba.core.compiler_lock"), "global_compiler_lock", None)
    library = getattr(sys.modules.get("llvmlite.binding.ffi"), "lib", None)
    found = [getattr(each, "_lock", None) for each in (numba, getattr(library, "_lock", None))]
    return [lock for lock in found if lock is not None]


def _go_on() -> None:
    if not _held:  # this was imported while somebody waited
        return
    for lock in reversed(_held.pop()):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait, after_in_parent=_go_on, after_in_child=_go_on)
    os.register_at_fork(after_in_child=_free)
