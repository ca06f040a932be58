"""Work that no signal reaches, as neither the compiler nor the linker can be left in the middle.

Python runs the handlers of signals in its main thread, between any two steps: an interrupt raises
there, and leaves what is half done. Another thread hears of none. So it does the work, and whoever
asked for it waits, and can be called away at any time.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

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
    """Have the handlers of signals wait, where the thread that they run in has to do the work.

    A mask would not do: the system gives a signal to any thread that takes it, and the handler then
    runs in the main thread all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: dict[int, Any] = {}
    usual = {number: signal.getsignal(number) for number in signal.valid_signals()}
    handlers = {number: handler for number, handler in usual.items() if callable(handler)}
    try:
        for number in handlers:
            signal.signal(number, came.setdefault)
        yield
    finally:
        # The last one first; none is left out where a handler raises.
        with ExitStack() as stack:
            for late in came:
                stack.callback(signal.raise_signal, late)
            for number, handler in handlers.items():
                stack.callback(signal.signal, number, handler)
