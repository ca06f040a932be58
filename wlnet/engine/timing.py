"""How long the calls of a program take: a clock is read around each of them, within whole steps.

A call alone would find its numbers in caches that in a step hold those of others. Programs that are
not measured run by a loop that reads no clock (`run` in kernels/jit/running.py).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wlnet.engine.program import Program
from wlnet.engine.team import call_alone
from wlnet.kernels.jit.loading import prepare
from wlnet.kernels.jit.running import TIME_WORDS, WAITED, read_clock, run_timed

Array = np.ndarray[Any, Any]
TABLE = 1 << 18
"""Bytes of times that a worker notes in one go, at most: they must not drive out what is in its
cache."""


TRIES = 5
"""How often both clocks are read to be compared: in between the core may be taken away."""


class CallTime(NamedTuple):
    """Seconds of a call in a step, all turns of loops together: the median over steps of the mean
    over workers. It goes on until the next call begins; waiting: the part of it in which a worker
    had done its share and waited for others."""

    seconds: float
    waiting: float


class Times(NamedTuple):
    """What was measured of a program. calls: of each step of its blueprint. shortest: seconds of a
    run of all of them, where no clock is read in between. steps: how many were timed."""

    calls: Sequence[CallTime]
    shortest: float
    steps: int
    workers: int

    @property
    def seconds(self) -> float:
        """Of all calls together."""
        return sum(call.seconds for call in self.calls)


class Stopwatch:
    """Times the steps of a program, some in one go.

    No number that is not finite ends a run of the program any more.
    """

    def __init__(self, program: Program) -> None:
        prepare([run_timed, read_clock], program.blueprint.precision, 1)
        self._program, loops = program, program.blueprint.loops
        # The table of calls has a row for the end of each loop too.
        steps = range(len(program.blueprint.steps))
        self._rows = [i + sum(loop.end <= i for loop in loops) for i in steps]
        self._count = len(self._rows) + len(loops) + 1
        self._bad = np.zeros(1, np.int64)
        program.set("status", self._bad.ctypes.data)
        self.most = max(1, TABLE // (8 * TIME_WORDS * self._count))
        """How many steps there may be in one go."""
        self._workers = 0
        self._whole: list[float] = []
        self._noted: list[Array] = []
        self._begun = self._now()

    def _now(self) -> tuple[float, int]:
        """Seconds and the clock of the loop at one instant: of several tries the closest."""
        tries = []
        told = np.zeros(1, np.int64)
        for _ in range(TRIES):
            before = time.perf_counter()
            call_alone(read_clock, self._program.blueprint.precision, told=told)
            after = time.perf_counter()
            tries.append((after - before, (before + after) / 2, int(told[0])))
        _, seconds, clock = min(tries)
        return seconds, clock

    def run(self, steps: int, workers: int) -> float:
        """Run steps as they always run: the seconds of one."""
        begun = time.perf_counter()
        self._program.run(steps=steps, workers=workers)
        return (time.perf_counter() - begun) / steps

    def go(self, steps: int, workers: int) -> float:
        """Time some steps, and as many without a clock at each call. The number of workers is the
        same for all goes. The seconds of those with a clock."""
        assert steps <= self.most, (steps, self.most)
        assert self._workers in (0, workers), (self._workers, workers)
        self._workers = workers
        self._whole.append(self.run(steps, workers))
        times = np.zeros((workers, steps, self._count, TIME_WORDS), np.int64)
        more = times.ctypes.data, times.strides[0]
        begun = time.perf_counter()
        done = self._program.run_by(run_timed, more, steps=steps, workers=workers)
        assert done == steps, (done, steps)
        # Threads begin in the first step, and find empty caches.
        self._noted.append(times[:, 1:] if steps > 1 else times)
        return time.perf_counter() - begun

    @property
    def steps(self) -> int:
        """How many steps were timed."""
        return sum(each.shape[1] for each in self._noted)

    def times(self) -> Times:
        """What was measured until now."""
        (begun, first), (now, last) = self._begun, self._now()
        each = np.concatenate([noted.mean(axis=0) for noted in self._noted])[:, self._rows]
        each *= (now - begun) / (last - first)
        whole = np.median(each.sum(axis=-1), axis=0)
        waiting = np.median(each[..., WAITED], axis=0) * (self._workers > 1)
        calls = [CallTime(*pair) for pair in zip(whole.tolist(), waiting.tolist(), strict=True)]
        return Times(calls, min(self._whole), len(each), self._workers)
