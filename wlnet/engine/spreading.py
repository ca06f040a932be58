"""Workers apart: each on a core of its own when a run begins."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache


@cache
def _current_core() -> Callable[[], int] | None:
    """What tells on which core a thread runs; None where nothing does, or none can be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    try:
        return ctypes.CDLL(None).sched_getcpu  # type: ignore[no-any-return]
    except (AttributeError, OSError):
        return None


def take_core(taken: list[int]) -> None:
    """Note the core that this thread runs on; where another worker is, move to a free one first.

    A scheduler may put a new thread where the one is that started it, and leave both there for
    longer than a run takes. The thread is not bound: it may be moved again at any time.
    """
    current = _current_core()
    if current is None:
        return
    core = current()
    if core in taken:
        allowed = os.sched_getaffinity(0)
        free = allowed.difference(taken)
        if free:
            core = min(free)
            try:
                os.sched_setaffinity(0, {core})
                os.sched_setaffinity(0, allowed)
            except OSError:  # cores may be taken away, or this be forbidden
                pass
    taken.append(core)
