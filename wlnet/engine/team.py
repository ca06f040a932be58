"""Workers: threads of this process that run native code side by side."""

from __future__ import annotations

from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from wlnet.engine import crew
from wlnet.engine.blueprint import LINE, word_of
from wlnet.engine.native import Native, native_function
from wlnet.engine.spreading import take_core
from wlnet.kernels.jit.loading import address
from wlnet.kernels.jit.notices import say_once
from wlnet.kernels.jit.serving import lead, serve
from wlnet.kernels.language import Kernel, Precision

Stop = Callable[[bool], None]
"""Ends a run after the step it is in; with True at once, as not all workers are there."""
Run = Callable[..., int]
NO_THREAD = "the system gives no more threads (see `ulimit -u`): one worker does the work of all"
Meeting = tuple[LockType, list[None]]
"""The door that workers wait at, and whether all of them are there."""
Argument = np.ndarray[Any, Any] | float | None


class NoThread(Exception):
    """The system gives no more threads; none has begun."""


class Team:
    """The contexts of some workers.

    Threads of a long run live as long as it does. In short ones helpers take part that stay for a
    moment (crew.py), and are sent away before a fork.
    """

    def __init__(self, workers: int, scratch: int) -> None:
        self.workers = workers
        size = -(-scratch // LINE) * LINE + 2 * LINE
        self._memory = np.zeros(workers * size + LINE, np.uint8)
        first = self._memory.ctypes.data
        first += -first % LINE
        # A line of cache apart: workers write into their contexts.
        words = np.zeros((workers + 1, 16), np.int64)
        for number, row in enumerate(words[:workers]):
            row[:3] = number, workers, first + number * size
        words[workers, :3] = 0, 1, first
        self._words = words

    @property
    def done(self) -> int:
        """How many steps the last run of a kernel that counts them has done."""
        return int(self._words[0, 4])

    @done.setter
    def done(self, count: int) -> None:
        self._words[0, 4] = count

    def _arguments(self, number: int, record: int) -> tuple[int, int, int, int]:
        row = self._words[number]
        # Where Numba's convention puts a result and an exception; kernels have neither.
        return row[12:].ctypes.data, row[14:].ctypes.data, record, row.ctypes.data

    def alone(self, record: int) -> tuple[int, int, int, int]:
        """The arguments of a kernel that a single worker runs."""
        return self._arguments(self.workers, record)

    def runner(self, kernel: Kernel, precision: Precision, record: int, stop: Stop) -> Run:
        """A function that runs a kernel on all workers and gives how many steps were done.

        Its arguments: whether this thread shall be free to hear of interrupts meanwhile, as it
        takes long; how many of the workers, None for all; and whether helpers may be started. An
        interrupt ends the run after the step it is in, with all workers at rest. Where threads
        cannot be had, this one does all.
        """
        where = address(kernel, precision)
        function = native_function(where)
        everybody = [self._arguments(number, record) for number in range(self.workers)]
        mine = everybody[0]
        done = self._words[0]
        led = self._led(where, record) if self.workers > 1 else None

        def start(apart: bool = False, count: int | None = None, may_start: bool = True) -> int:
            count = self.workers if count is None else count
            self._words[:count, 1] = count
            try:
                if apart:
                    with _Threads(function, everybody[:count], stop):
                        pass
                    return int(done[4])
                if count > 1 and led is not None and led(count, may_start):
                    return int(done[4])
            except NoThread:  # nothing was done; the bits are the same for any number of workers
                say_once("threads", NO_THREAD)
            self._words[0, 1] = 1
            function(*mine)
            return int(done[4])

        return start

    def _led(self, where: int, record: int) -> Callable[[int, bool], bool]:
        """A function that runs a kernel on this thread and on helpers that wait; whether there were
        any. Its arguments: on how many workers, and whether helpers may be started. Raises NoThread
        where they would have to be, and cannot; then nothing was done."""
        desks = np.zeros(self.workers - 1, np.int64)
        words = np.array([desks.ctypes.data, 0, where, record, self._words.strides[0]])
        assert lead.fields == ("desks", "wanted", "function", "record", "apart")
        function = native_function(address(lead, "Real32"))
        address(serve, "Real32")  # linked now, as is the loop that helpers wait in
        arguments = self._arguments(0, words.ctypes.data)

        def run(count: int, may_start: bool) -> bool:
            try:
                helpers = crew.take(count - 1, may_start=may_start)
            except RuntimeError:
                raise NoThread from None
            if not helpers:
                return False
            desks[: len(helpers)] = [desk.place for desk in helpers]
            words[1] = len(helpers)
            others = [None] * len(helpers)
            crew.at_work.extend(others)
            try:
                function(*arguments)
            finally:
                del crew.at_work[-len(others) :]
            crew.give(helpers)
            return True

        return run


class _Threads:
    """Threads that run native code; all have ended when the block has.

    An interrupt is raised between two steps of Python, wherever that is. So threads are started,
    and what was started is written down, in one call of C code; and who waits can wait again. A
    worker waits for the others before it is: none begins before all are there. Entering raises
    NoThread where one cannot be had; then none begins.
    """

    def __init__(self, function: Native, arguments: Sequence[tuple[int, ...]], stop: Stop) -> None:
        self.stop = stop
        self.ends = [allocate_lock() for _ in arguments]
        self.ended: list[None] = []
        self.started: list[int] = []
        self.door = allocate_lock()
        self.agreed: list[None] = []
        """Not empty when all are there."""
        meeting = self.door, self.agreed
        taken: list[int] = []
        self.work = [
            (function, each, end, self.ended, taken, meeting)
            for each, end in zip(arguments, self.ends, strict=True)
        ]

    def __enter__(self) -> None:
        for end in self.ends:
            end.acquire()
        self.door.acquire()
        try:
            try:
                self.started.extend(map(start_new_thread, repeat(_work), self.work))
                self.agreed.append(None)
            finally:
                self.door.release()
        except RuntimeError:
            self._see_out()
            raise NoThread from None
        except BaseException:
            self._give_up()
            raise

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._give_up()
            return
        try:
            self._wait()
        except BaseException:
            self._give_up()
            raise

    def _wait(self) -> None:
        for end in self.ends[: len(self.started)]:
            # After an interrupt a lock may be taken that nobody gives back any more.
            while not end.acquire(timeout=0.02) and len(self.ended) < len(self.started):
                pass

    def _give_up(self) -> None:
        # A worker that was not started is never there.
        self.stop(len(self.started) < len(self.ends))
        self._see_out()

    def _see_out(self) -> None:
        while len(self.ended) < len(self.started):
            try:
                self._wait()
            except KeyboardInterrupt:  # the second one, from a user in a hurry
                continue


def _work(
    function: Native,
    arguments: tuple[int, ...],
    end: LockType,
    ended: list[None],
    taken: list[int],
    meeting: Meeting,
) -> None:
    door, agreed = meeting
    with door:
        pass
    if agreed:
        take_core(taken)
        function(*arguments)
    ended.append(None)
    end.release()


def call_alone(kernel: Kernel, precision: Precision, scratch: int = 0, **fields: Argument) -> None:
    """Call a kernel once, on this thread; arrays stand for their addresses, None for 0."""
    assert set(fields) == set(kernel.fields), sorted(set(fields) ^ set(kernel.fields))
    record = np.array([_word(fields[name]) for name in kernel.fields], np.int64)
    team = Team(1, scratch)
    native_function(address(kernel, precision))(*team.alone(record.ctypes.data))


def _word(field: Argument) -> int:
    if field is None:
        return 0
    if isinstance(field, np.ndarray):
        return int(field.ctypes.data)
    return word_of(field)
