"""Locks that a forked child finds free: the threads that held them are not in it.

What they guard must be whole at every moment, or made anew by whoever takes the lock next.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

_made: weakref.WeakSet[Any] = weakref.WeakSet()


def new_lock() -> Any:
    """A `threading.Lock`."""
    lock = threading.Lock()
    _made.add(lock)
    return lock


def _free() -> None:
    for lock in list(_made):
        # The way in which the standard library's own locks are freed after a fork.
        lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free)
