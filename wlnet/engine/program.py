"""A Program: an ordered list of kernel calls over one arena of memory, run natively.

The plan says what is called on which slots; the program owns the memory, and runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.machine import available_cores, check_memory
from wlnet.core.streams import Seed, stream_key
from wlnet.engine.blueprint import (
    LINE,
    Address,
    Blueprint,
    Code,
    Field,
    Outside,
    Record,
    Slot,
    Step,
    View,
    Words,
    dtype_of,
    word_of,
)
from wlnet.engine.team import Team, native_function
from wlnet.kernels.jit.loading import address, prepare
from wlnet.kernels.jit.running import (
    ABORT,
    ARRIVED,
    BAD,
    CALL_WORDS,
    LAST,
    SHARED_WORDS,
    STOP,
    run,
)

Array = np.ndarray[Any, Any]
LONG = 0.1
"""Seconds after which a user must be able to interrupt."""
SLOWEST = 1e10
"""Operations a second that any machine does."""


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
        for slot in blueprint.slots:
            self._place(slot, arrays)
        self._outside: dict[Any, list[tuple[Array, int, int]]] = {}
        shown = {view.slot for view in (*blueprint.outputs.values(), *blueprint.updates.values())}
        self._readers: dict[int, list[tuple[Array, int, int]]] = {
            view.slot: [] for view in blueprint.inputs.values() if view.slot not in shown
        }
        """Of each input that is not also a result: the words that say where it lies."""
        self._kept: list[Any] = []
        self._records = [self._record(step.kernel.fields, step.fields) for step in blueprint.steps]
        calls = np.zeros((len(blueprint.steps), CALL_WORDS), np.int64)
        for row, step, record in zip(calls, blueprint.steps, self._records, strict=True):
            row[:] = address(step.kernel, blueprint.precision), record.ctypes.data, step.wait
        self._calls = calls
        self.set("status", self.control.ctypes.data + 8 * BAD)
        self.workers = workers
        self._team = Team(workers, blueprint.scratch)
        self._run = np.array([calls.ctypes.data, len(calls), 1, self.control.ctypes.data, flush])
        assert run.fields == ("calls", "count", "steps", "control", "flush")
        # Not bound to self: a program must not keep itself alive.
        stop = partial(_stop, self.control)
        self._start = self._team.runner(run, blueprint.precision, self._run.ctypes.data, stop)
        # Before the first run nobody knows better.
        self._seconds = sum(step.work for step in blueprint.steps) / SLOWEST
        self.inputs = {name: self.view(view) for name, view in blueprint.inputs.items()}
        self.outputs = {name: self.view(view) for name, view in blueprint.outputs.items()}
        self.updates = {name: self.view(view) for name, view in blueprint.updates.items()}
        self._seed: Seed | None = None
        for step in blueprint.once:
            self._call(step, self._record(step.kernel.fields, step.fields))

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

    # Records

    def _record(self, names: Sequence[str], fields: Sequence[Field]) -> Array:
        assert len(names) == len(fields), (names, fields)
        record = np.zeros(max(len(fields), 1), np.int64)
        for i, field in enumerate(fields):
            record[i] = self._word(field, record, i)
        self._kept.append(record)
        return record

    def _word(self, field: Field, record: Array, i: int) -> int:
        if isinstance(field, Address):
            if field.slot in self._readers:
                self._readers[field.slot].append((record, i, field.offset))
            return self._starts[field.slot] + field.offset
        if isinstance(field, Outside):
            self._outside.setdefault(field.name, []).append((record, i, field.offset))
            return field.offset
        if isinstance(field, Words):
            words = np.array(field.words, np.int64)
            self._kept.append(words)
            return int(words.ctypes.data)
        if isinstance(field, Code):
            return address(field.kernel, self.blueprint.precision)
        if isinstance(field, Record):
            inner = self._record(field.kernel.fields, field.fields)
            return int(inner.ctypes.data)
        return word_of(field)

    def set(self, name: object, word: int) -> None:
        """Set an outside word, such as the address of a table; the caller keeps it alive."""
        for record, i, offset in self._outside.get(name, ()):
            record[i] = word + offset

    def lend(self, name: str, numbers: Array) -> bool:
        """Have an input read where it lies, until it is taken back; whether that can be.

        The caller keeps it alive, and unchanged. Else the numbers have to be copied into `inputs`.
        """
        view, usual = self.blueprint.inputs[name], self.inputs[name]
        fits = numbers.flags.c_contiguous and numbers.flags.aligned
        if not fits or numbers.dtype != usual.dtype or numbers.shape != usual.shape:
            return False
        if view.slot not in self._readers:
            return False
        self._read(view.slot, numbers.ctypes.data)
        return True

    def take_back(self, name: str) -> None:
        """Have an input read from `inputs` again."""
        slot = self.blueprint.inputs[name].slot
        self._read(slot, self._starts[slot])

    def _read(self, slot: int, start: int) -> None:
        for record, i, offset in self._readers.get(slot, ()):
            record[i] = start + offset

    # Running

    def run(
        self, *, seed: Seed = 0, step: int = 0, steps: int = 1, workers: int | None = None
    ) -> int:
        """Run all calls `steps` times; results lie in `outputs` until the next run.

        seed and step (that of the first) key the random calls. workers: fewer than there are.
        Gives the number of steps done: fewer where `stop` was called, or a kernel met numbers that
        are not finite; then `bad` is its number, from 1.
        """
        if self.blueprint.randoms:
            self._key(seed, step)
        self._run[2] = steps
        self.rest()
        begun = time.perf_counter()
        done = self._start(self._seconds * steps > LONG, workers)
        self._seconds = (time.perf_counter() - begun) / max(done, 1)
        return done

    @property
    def is_quick(self) -> bool:
        """Whether a step is done by one worker, in a time for which interrupts can wait."""
        return self.workers == 1 and self._seconds < LONG

    def starter(self) -> Callable[[], bool]:
        """A function that runs a step of a quick program without random calls, as short as can be.

        It tells whether it was done, with finite inputs. Nobody may run the program meanwhile.
        """
        start, bad = self._start, self.control[BAD:]

        def step() -> bool:
            bad[0] = 0
            return start() == 1 and not bad[0]

        self._run[2] = 1
        return step

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
        for call, record in zip(self.blueprint.steps, self._records, strict=True):
            self._call(call, record)
            yield call, [self.view(view) for view in call.writes]

    def _call(self, step: Step, record: Array) -> None:
        where = address(step.kernel, self.blueprint.precision)
        native_function(where)(*self._team.alone(record.ctypes.data))


def _stop(control: Array, at_once: bool = False) -> None:
    control[ABORT if at_once else STOP] = 1
