"""Work that no signal reaches, as neither the compiler nor the linker can be left in the middle.

Python runs the handlers of signals in its main thread, between any two steps: an interrupt raises
there, and leaves what is half done. Another thread hears of none. So it does the work, and whoever
asked for it waits, and can be called away at any time.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

TICK: Final = 0.1
"""Seconds between two looks at how it goes."""
STACK: Final = 8 << 20
"""Bytes of stack that a compiler needs, where a program asks for threads with little."""


def apart(
    work: Callable[[Callable[[], bool]], None], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Have another thread do some work, and wait for it.

    work: called with a function that tells whether it is still wanted: it is not when whoever waits
    was called away by an exception, such as an interrupt. What has begun goes on to its end, and
    the process does not end before. meanwhile: called every TICK seconds.

    Raises what the work raises. In a child that was forked meanwhile it is not done, and ends here.
    """
    wanted = [True]
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work(lambda: bool(wanted))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="wlnet compiler", daemon=False)
    try:
        if _starts(thread):
            while thread.is_alive():
                thread.join(TICK)
                meanwhile()
        else:
            with _signals_held():
                run()
    except BaseException:
        wanted.clear()
        raise
    if failed:
        raise failed.pop()


def _starts(thread: threading.Thread) -> bool:
    usual = threading.stack_size()
    if 0 < usual < STACK:
        threading.stack_size(STACK)
    try:
        thread.start()
    except RuntimeError:  # no thread can be had, or the process is about to end
        return False
    finally:
        threading.stack_size(usual)
    return True


@contextmanager
def _signals_held() -> Iterator[None]:
    """Have signals wait, where this thread has to do the work and signals can wait."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
