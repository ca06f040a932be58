"""A Program: an ordered list of kernel calls over one arena of memory, run natively.

The plan says what is called on which slots; the program owns the memory, and runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.machine import available_cores, check_memory
from wlnet.core.streams import Seed, stream_key
from wlnet.engine import crew
from wlnet.engine.blueprint import LINE, Blueprint, Slot, Step, View, dtype_of
from wlnet.engine.fixed import Store, recipes
from wlnet.engine.native import native_function
from wlnet.engine.records import Made, Records, moved, walked
from wlnet.engine.resources import OPERATIONS
from wlnet.engine.sharing import fair_share
from wlnet.engine.team import Run, Team
from wlnet.engine.turnout import SOON, Turnout
from wlnet.kernels.jit.loading import address, prepare
from wlnet.kernels.jit.running import (
    ABORT,
    ARRIVED,
    BAD,
    LAST,
    SHARED_WORDS,
    STOP,
    run,
)
from wlnet.kernels.language import Kernel

Array = np.ndarray[Any, Any]
LONG = 0.1
"""Seconds after which a user must be able to interrupt."""
SLOWEST = 1e10
"""Operations a second that any machine does."""


START, COUNT, BEGIN, STEPS = map(run.fields.index, ("start", "count", "begin", "steps"))
UNWRITTEN = 0
"""The bytes of an arena before anything is written: zeros, which the system gives for nothing."""


def aligned(size: int) -> Array:
    """Bytes that start at a line of cache."""
    raw = np.zeros(size + LINE, np.uint8)
    if UNWRITTEN:
        raw.fill(UNWRITTEN)
    start = -raw.ctypes.data % LINE
    return raw[start : start + size]


class Program:
    """A blueprint with memory. `arrays` are used where they lie: who trains them owns them.

    flush: whether numbers too small for full precision count as zero. Where means die out, as in
    training, they would come to stay, and the CPU takes long for each.

    shares: whether cores are left to trainings at work elsewhere (sharing.py). store: where
    programs that read the same arrays find what is made of them once.

    Raises nothing of its own; kernels write only into the arena and, in a program that trains, the
    arrays it trains.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        arrays: Mapping[Any, Array],
        workers: int = 1,
        *,
        flush: bool = False,
        shares: bool = False,
        store: Store | None = None,
    ) -> None:
        self.blueprint = blueprint
        memory = blueprint.arena_bytes + workers * blueprint.scratch
        check_memory(
            memory, "what a batch goes through", fix="a smaller batch_size, or fewer workers"
        )
        prepare([run, *blueprint.kernels], blueprint.precision, available_cores())
        self.arena = aligned(blueprint.arena_bytes)
        self.control = aligned(8 * SHARED_WORDS).view(np.int64)
        self.control.fill(0)
        self._arrays: list[Array | None] = []
        self._starts: list[int] = []
        made_once = recipes(blueprint) if store is not None else {}
        known = {slot: store.get(how) for slot, how in made_once.items()} if store else {}
        shared: dict[int, Array] = {}
        for number, slot in enumerate(blueprint.slots):
            self._place(slot, arrays)
            if number in made_once:
                # Not in the arena: it may live longer than this program.
                there = known.get(number)
                there = self._arrays[number] if there is None else there
                shared[number] = aligned(slot.bytes) if there is None else there
                self._arrays[number] = shared[number]
                self._starts[number] = shared[number].ctypes.data
        self.bytes = blueprint.arena_bytes - sum(blueprint.slots[n].bytes for n in made_once)
        """Of memory that is its own."""
        shown = {view.slot for view in (*blueprint.outputs.values(), *blueprint.updates.values())}
        steps = (*blueprint.once, *blueprint.steps)
        moving = {view.slot for step in steps for view in step.reads if view.moves}
        lent = {view.slot for view in blueprint.inputs.values()} - shown - moving
        self._records = Records(blueprint.precision, self._starts, lent)
        # Each worker turns the loops by itself, and so has records of its own where there are some.
        copies = [self._records.made(blueprint.steps)
                  for _ in range(workers if blueprint.loops else 1)]  # fmt: skip
        self._made = copies[0]
        calls = [self._records.calls(made, blueprint.steps, blueprint.loops) for made in copies]
        self._calls = np.stack(calls)
        self.set("status", self.control.ctypes.data + 8 * BAD)
        self.workers, self._shares = workers, shares
        self._team = Team(workers, blueprint.scratch)
        apart = self._calls.strides[0] if len(copies) > 1 else 0
        where = self._calls.ctypes.data, apart, 0, self._calls.shape[1]
        self._run = np.array([*where, 0, 1, self.control.ctypes.data, flush])
        assert run.fields == (
            "calls", "apart", "start", "count", "begin", "steps", "control", "flush"
        )  # fmt: skip
        self._start = self._runner(run, self._run)
        # Before the first run nobody knows better.
        self._seconds = blueprint.work / SLOWEST
        self._turnout = Turnout(blueprint.work / OPERATIONS)
        self._ended = 0.0
        self.inputs = {name: self.view(view) for name, view in blueprint.inputs.items()}
        self.outputs = {name: self.view(view) for name, view in blueprint.outputs.items()}
        self.updates = {name: self.view(view) for name, view in blueprint.updates.items()}
        self._seed: Seed | None = None
        made = self._records.made(blueprint.once)
        for number, turns in walked(len(made), blueprint.once_loops):
            step = blueprint.once[number]
            if any(known.get(view.slot) is None for view in step.writes):
                self._call(step, made[number], turns)
        if store is not None:
            store.update({how: shared[number] for number, how in made_once.items()})

    # Memory

    def _place(self, slot: Slot, arrays: Mapping[Any, Array]) -> None:
        array: Array | None = None
        if slot.kind == "arena":
            start = self.arena.ctypes.data + slot.where
        elif slot.kind == "array":
            array = arrays[slot.where]
            assert array.flags.c_contiguous, (slot, array.strides)
            assert array.nbytes == slot.bytes, (slot, array.shape, array.dtype)
            start = array.ctypes.data
        else:
            start = 0
        self._arrays.append(array)
        self._starts.append(start)

    def view(self, view: View) -> Array:
        """A value where it lies."""
        slot = self.blueprint.slots[view.slot]
        dtype = np.dtype(dtype_of(view.element, self.blueprint.precision))
        base = self._arrays[view.slot]
        if base is None:
            base = self.arena[slot.where : slot.where + slot.bytes]
        flat = base.reshape(-1).view(np.uint8)
        return np.ndarray(view.shape, dtype, flat, view.offset, view.strides)

    # Words of records

    def set(self, name: object, word: int) -> None:
        """Set an outside word, such as the address of a table; the caller keeps it alive."""
        self._records.set(name, word)

    def give(self, name: object, table: Array) -> None:
        """Set an outside word to where a table lies; the caller keeps it alive."""
        self.set(name, table.ctypes.data)

    def lend(self, name: str, numbers: Array) -> bool:
        """Have an input read where it lies, until it is taken back; whether that can be.

        The caller keeps it alive, and unchanged. Else the numbers have to be copied into `inputs`.
        """
        view, usual = self.blueprint.inputs[name], self.inputs[name]
        fits = numbers.flags.c_contiguous and numbers.flags.aligned
        if not fits or numbers.dtype != usual.dtype or numbers.shape != usual.shape:
            return False
        if not self._records.may_lend(view.slot):
            return False
        self._records.read(view.slot, numbers.ctypes.data)
        return True

    def take_back(self, name: str) -> None:
        """Have an input read from `inputs` again."""
        slot = self.blueprint.inputs[name].slot
        self._records.read(slot, self._starts[slot])

    def tables(self, steps: int) -> dict[Any, Array]:
        """Memory for what is kept of so many steps, by name, a row a step; the caller keeps it
        alive."""
        found: dict[Any, Array] = {}
        for name, view in self.blueprint.tables.items():
            dtype = dtype_of(view.element, self.blueprint.precision)
            found[name] = np.empty((steps, *view.shape), dtype)
            self.set(("table", name), found[name].ctypes.data)
        return found

    # Running

    def run(
        self, *, seed: Seed = 0, step: int = 0, steps: int = 1, workers: int | None = None
    ) -> int:
        """Run all calls `steps` times; results lie in `outputs` until the next run.

        seed and step (that of the first) key the random calls. workers: fewer than there are; None
        for `workers_now`.
        Gives the number of steps done: fewer where `stop` was called, or a kernel met numbers that
        are not finite; then `bad` is its number, from 1.
        """
        if self.blueprint.randoms:
            self._key(seed, step)
        self._run[STEPS] = steps
        self.rest()
        count = self.workers_now if workers is None else workers
        begun = time.perf_counter()
        done = self._start(self._seconds * steps > LONG, count)
        self._seconds = (time.perf_counter() - begun) / max(done, 1)
        return done

    def run_piece(
        self, first: int, last: int, *, seed: Seed, step: int, at: int, workers: int
    ) -> None:
        """Run some steps of the blueprint, none of them a part of a loop that goes on behind them.

        step: as in `run`, of row 0 of the tables; at: the row of this step.
        """
        if self.blueprint.randoms:
            self._key(seed, step)
        rows = [i + sum(loop.end <= i for loop in self.blueprint.loops) for i in (first, last)]
        usual = self._run[[START, COUNT, BEGIN]]
        self._run[[START, COUNT, BEGIN]] = *rows, at
        self._run[STEPS] = 1
        # Helpers come and go: the piece before may have had another number of workers.
        self.control[ARRIVED] = 0
        try:
            self._start(self._seconds > LONG, workers)
        finally:
            self._run[[START, COUNT, BEGIN]] = usual

    def _runner(self, loop: Kernel, record: Array) -> Run:
        # Not bound to self: a program must not keep itself alive.
        stop = partial(_stop, self.control)
        return self._team.runner(loop, self.blueprint.precision, record.ctypes.data, stop)

    def run_by(self, loop: Kernel, more: Sequence[int], *, steps: int, workers: int) -> int:
        """Run steps by another loop, whose record is that of `run` and these words behind it.

        seed and step are those of the last run; so is what it gives.
        """
        assert loop.fields[: len(run.fields)] == run.fields, loop.fields
        self._run[STEPS] = steps
        self.rest()
        record = np.array([*self._run, *more], np.int64)
        return self._runner(loop, record)(True, workers)

    @property
    def workers_now(self) -> int:
        """How many workers are to run now: all of them, or as many as there are cores for."""
        if self.workers == 1 or not self._shares:
            return self.workers
        return min(self.workers, fair_share())

    def answer(self, *, seed: Seed = 0, step: int = 0) -> bool:
        """Run a step, as short as can be; whether it was done, with finite inputs.

        Where nobody said how many workers there are to be, as many do it as are worth it now.
        """
        if self.blueprint.randoms:
            self._key(seed, step)
        self._run[STEPS] = 1
        self.control.fill(0)
        begun = time.perf_counter()
        count, may_start = self._called(begun) if self._shares else (self.workers, True)
        crew.at_work.append(None)
        try:
            done = self._start(self._seconds > LONG, count, may_start)
        finally:
            crew.at_work.pop()
        self._ended = time.perf_counter()
        self._seconds = self._ended - begun
        if count == 1 or not may_start:
            self._turnout.took(self._seconds, count > 1, self._ended)
        return done == 1 and not self.control[BAD]

    def _called(self, now: float) -> tuple[int, bool]:
        """How many workers are to do the next run, and whether some of them are to be started."""
        if self.workers == 1 or not self._turnout.is_worth_all(now):
            return 1, False
        most = min(self.workers, fair_share() - len(crew.at_work))
        if most < 2 or crew.are_waiting():
            return max(most, 1), False
        if self._turnout.is_worth_starting():
            return most, True
        if now - self._ended < SOON:
            crew.invite(most - 1)
        return 1, False

    def rest(self) -> None:
        """From now on, until the next run, no step is done and none was bad."""
        self._team.done = 0
        self.control[[LAST, BAD, STOP, ABORT, ARRIVED]] = 0

    @property
    def done(self) -> int:
        """How many steps of the last run were done, also where an interrupt ended it."""
        return self._team.done

    @property
    def is_torn(self) -> bool:
        """Whether an interrupt ended the last run within its first step, as a worker was missing.

        What it writes is then neither as before the step nor as after it.
        """
        return bool(self.control[ABORT]) and not self.done

    @property
    def bad(self) -> int:
        """Which step of the last run, from 1, met numbers that are not finite; 0 for none."""
        return int(self.control[BAD])

    def stop(self, at_once: bool = False) -> None:
        """End a run of another thread after the step it is in; at once: wherever it waits."""
        _stop(self.control, at_once)

    def _key(self, seed: Seed, step: int) -> None:
        if seed != self._seed:
            self._seed = seed
            for number, (primitive, origin, count) in enumerate(self.blueprint.randoms):
                for half, word in enumerate(stream_key(seed, primitive, origin, count)):
                    self.set(("key", number, half), word)
        self.set("step", step)

    def one_by_one(self, *, seed: Seed = 0, step: int = 0) -> Iterator[tuple[Step, list[Array]]]:
        """Run a step call by call: each call, and what it wrote."""
        if self.blueprint.randoms:
            self._key(seed, step)
        steps = self.blueprint.steps
        for number, turns in walked(len(steps), self.blueprint.loops):
            self._call(steps[number], self._made[number], turns)
            yield steps[number], [self.view(moved(view, turns)) for view in steps[number].writes]

    def _call(self, step: Step, made: Made, turns: Mapping[int, int]) -> None:
        """Do a step in a turn of the loops around it."""
        made.place(turns)
        try:
            where = address(step.kernel, self.blueprint.precision)
            native_function(where)(*self._team.alone(made.record.ctypes.data))
        finally:
            made.place({})


def _stop(control: Array, at_once: bool = False) -> None:
    control[ABORT if at_once else STOP] = 1
