"""Helpers: threads that stay for a moment after a run, in case there is another one.

To start a thread takes as long as many a whole call of a net. So a worker that has helped waits a
millisecond for more (kernels/jit/serving.py), in a loop that gives way to other threads, and then
ends. Nobody has to end it: whoever forks, or leaves, sends away those that wait. In a forked child
there are none.
"""

from __future__ import annotations

import atexit
import os
import time
from _thread import start_new_thread
from contextlib import suppress

import numpy as np

from wlnet.engine.blueprint import LINE
from wlnet.engine.native import native_function
from wlnet.engine.spreading import take_core
from wlnet.kernels.jit.loading import address
from wlnet.kernels.jit.serving import DESK_WORDS, LEAVE, POSTED, serve

PATIENCE = 3000
"""Turns that a helper waits for more: about a millisecond."""
FAREWELL = 0.02
"""Seconds at most in which helpers that wait have left."""


class Desk:
    """Where a helper is given its work."""

    def __init__(self) -> None:
        raw = np.zeros(DESK_WORDS + LINE // 8, np.int64)
        start = -raw.ctypes.data % LINE // 8
        self.words = raw[start : start + DESK_WORDS]
        self.place = int(self.words.ctypes.data)
        self.has_left = False

    @property
    def is_open(self) -> bool:
        """Whether the helper was there a moment ago."""
        return bool(self.words[POSTED] >= 0)


_free: list[Desk] = []
"""Those of helpers that wait, the last one last."""
at_work: list[None] = []
"""One for each thread of this process that is in a short run: whoever asked for it, and helpers."""


def are_waiting() -> bool:
    """Whether a helper was waiting a moment ago."""
    while _free:
        try:
            if _free[-1].is_open:
                return True
            _free.pop()
        except IndexError:  # another thread was quicker
            break
    return False


def invite(count: int) -> None:
    """Start helpers for what is to come, if they can be had."""
    with suppress(RuntimeError):
        give(take(count, may_start=True))


def take(count: int, *, may_start: bool) -> list[Desk]:
    """Up to so many helpers that wait; started, where there are not enough and that is wanted.

    They are given back by `give`, or go by themselves. Raises RuntimeError where the system gives
    no thread.
    """
    found: list[Desk] = []
    while _free and len(found) < count:
        try:
            desk = _free.pop()
        except IndexError:  # another thread was quicker
            break
        if desk.is_open:
            found.append(desk)
    if may_start and len(found) < count:
        taken: list[int] = []
        take_core(taken)
        while len(found) < count:
            found.append(_started(taken))
    return found


def give(desks: list[Desk]) -> None:
    """Let others have helpers."""
    _free.extend(desks)


def _started(taken: list[int]) -> Desk:
    """A new helper. taken: the cores that others run on."""
    desk = Desk()
    # Loaded before anybody waits for it.
    where = address(serve, "Real32")
    start_new_thread(_serve, (desk, where, taken))
    return desk


def _serve(desk: Desk, where: int, taken: list[int]) -> None:
    take_core(taken)
    words = np.array([desk.place, PATIENCE], np.int64)
    context = np.zeros(16, np.int64)
    rest = context[12:].ctypes.data, context[14:].ctypes.data
    native_function(where)(*rest, words.ctypes.data, context.ctypes.data)
    desk.has_left = True


def dismiss() -> None:
    """Have all helpers leave that wait."""
    leaving = _free[:]
    _free.clear()
    for desk in leaving:
        desk.words[LEAVE] = 1
    until = time.monotonic() + FAREWELL
    while not all(desk.has_left for desk in leaving) and time.monotonic() < until:
        time.sleep(1e-4)


def _forget() -> None:
    _free.clear()
    at_work.clear()


atexit.register(dismiss)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=dismiss, after_in_child=_forget)
