"""Running the programs of a net on encoded columns, a batch at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from wlnet.core.batches import BATCH
from wlnet.core.errors import DataError, Fault, NotInitializedError, ShapeError, fail
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, key_text
from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.core.symbols import Symbol
from wlnet.engine.blueprint import DTYPES, Blueprint
from wlnet.engine.program import Program
from wlnet.engine.resources import workers_for
from wlnet.evaluate.asked import Asked
from wlnet.evaluate.columns import raise_all
from wlnet.evaluate.holding import Array, check_finite, copy_into
from wlnet.evaluate.places import Place
from wlnet.graph.builder import Mode
from wlnet.graph.keys import GradientKey, KeptStateKey, OutputKey
from wlnet.kernels.jit.locks import is_mine, new_lock
from wlnet.kernels.language import Precision
from wlnet.nets.arrays import arrays_of
from wlnet.nets.inference import inference, open_sizes
from wlnet.plan.compile import forward_blueprint

WORK, NEAR = 1e9, 16 << 20
"""Else more, up to so many operations and bytes of memory in one go: to start threads is not felt
then, and what one layer writes is near when the next one reads it."""
LENT = 1 << 16
"""Bytes of an input from which a copy takes longer than to tell where it lies."""
WORTH = 4e-4
"""Seconds of a batch from which threads, made for each batch, are worth it."""
KEPT, MOST = 6, 128 << 20
"""How many programs a net keeps, one a batch size, shape, mode and precision: more, as long as all
of them take no more bytes."""
_keeping = new_lock()
Lock = AbstractContextManager[bool]


class _Kept:
    """The programs of one net, the last used last; each with a lock, as it has one memory."""

    def __init__(self) -> None:
        self.lock = new_lock()
        self.programs: OrderedDict[Any, tuple[Program, Lock]] = OrderedDict()


class Runner:
    """Runs the programs of one net on encoded columns, a batch at a time."""

    def __init__(
        self,
        net: Net,
        mode: Mode = "Test",
        precision: Precision = "Real32",
        seed: Seed = 0,
        asked: Asked | None = None,
        workers: int | None = None,
        states: Mapping[KeptStateKey, Array] | None = None,
    ) -> None:
        self.states = states or {}
        """What states that are kept begin with, an example a row; they are told with the rest."""
        self.net, self.mode, self.precision, self.seed = net, mode, precision, seed
        self.asked, self.workers, self.goes = asked, workers, 0

    def run(
        self,
        columns: Mapping[str, Array],
        count: int,
        chunk: int | None = None,
        places: Mapping[str, Place] | None = None,
        before: int = 0,
    ) -> dict[OutputKey, Array]:
        """The arrays (count, *shape) of what is asked for, gradients by arrays as these are; chunk:
        how many examples in one go.

        places: of the columns, for messages. before: goes of the same call that came before these:
        random numbers are drawn by the number of a go; `goes` counts them all afterwards. Raises
        DataError for an input that is not finite.
        """
        results: dict[OutputKey, Array] = {}
        places = places or {name: Place(name) for name in columns}
        shapes = {name: tuple(array.shape[1:]) for name, array in columns.items()}
        chunk = chunk or self._chunk(shapes, count)
        self.goes = before + -(-count // chunk)
        for step, start in enumerate(range(0, count, chunk), before):
            size = min(chunk, count - start)
            program, lock = self.program(size, shapes)
            if is_mine(lock):
                # A signal handler came into the middle of a run: that one keeps its memory.
                program, lock = self._compiled(size, shapes), new_lock()
            with lock:
                for kept, rows in self.states.items():
                    program.inputs[kept][...] = rows[start : start + size]
                with _given(program, columns, places, start, size):
                    program.run(seed=self.seed, step=step)
                if program.bad:
                    _refuse(columns, places)
                for key, array in program.outputs.items():
                    if isinstance(key, GradientKey):
                        results[key] = results[key] + array if key in results else array.copy()
                        continue
                    if key not in results:
                        results[key] = np.empty((count, *array.shape[1:]), array.dtype)
                    results[key][start : start + size] = array
        return results

    def prepare(self, shapes: Mapping[str, tuple[int, ...]], count: int) -> None:
        """Have the programs kept that `run` takes for so many examples."""
        chunk = self._chunk(shapes, count)
        for size in sorted({min(chunk, count), count % chunk} - {0}):
            self.program(size, shapes)

    def _chunk(self, shapes: Mapping[str, tuple[int, ...]], count: int) -> int:
        if self.mode != "Test" or count <= BATCH:
            return BATCH
        known: dict[Any, int] = self.net.cached("chunks", dict)
        key = self.precision, self.asked, tuple(sorted(shapes.items()))
        if key not in known:
            blueprint = self._blueprint(BATCH, shapes)
            work = blueprint.work
            # What is made once, such as packed weights, does not grow with the examples.
            fixed = sum(view.bytes for step in blueprint.once for view in step.writes)
            memory = max(blueprint.arena_bytes - fixed, 1)
            known[key] = BATCH * max(1, int(min(WORK / max(work, 1), NEAR / memory)))
        if known[key] == BATCH:
            return BATCH
        # No small remainder: it would take longer for each of its examples.
        return -(-count // -(-count // known[key]))

    def program(self, batch: int, shapes: Mapping[str, tuple[int, ...]]) -> tuple[Program, Lock]:
        shaped = tuple(sorted(shapes.items()))
        key = (batch, self.mode, self.precision, self.asked, self.workers, shaped)
        with _keeping:
            kept: _Kept = self.net.cached("programs", _Kept)
        with kept.lock:
            # A signal handler may do the same in between: each step leaves the table whole.
            found = kept.programs.pop(key, None) or (self._compiled(batch, shapes), new_lock())
            kept.programs[key] = found
            held = sum(each.blueprint.arena_bytes for each, _ in kept.programs.values())
            while len(kept.programs) > KEPT and held > MOST:
                _, (old, _) = kept.programs.popitem(last=False)
                held -= old.blueprint.arena_bytes
            return found

    def _compiled(self, batch: int, shapes: Mapping[str, tuple[int, ...]]) -> Program:
        blueprint = self._blueprint(batch, shapes)
        dtype = DTYPES[self.precision]
        own = {key: np.ascontiguousarray(value, dtype) for key, value in self._arrays().items()}
        workers = workers_for(blueprint, self.workers, WORTH)
        return Program(blueprint, own, workers, shares=self.workers is None)

    def _arrays(self) -> dict[ArrayKey, Array | float | Symbol]:
        """The arrays that what is asked for depends on."""
        arrays = arrays_of(self.net)
        if self.asked is None:
            return arrays
        layers = self.asked.needed(self.net).layers
        used = {
            place.path if place.shared is None else NetSharedArray(place.shared)
            for place in array_places(self.net)
            if place.path[:-1] in layers
        }
        return {key: value for key, value in arrays.items() if key in used}

    def _blueprint(self, batch: int, shapes: Mapping[str, tuple[int, ...]]) -> Blueprint:
        arrays = self._arrays()
        missing = [key for key, value in arrays.items() if not isinstance(value, np.ndarray)]
        if missing:
            known = not set(missing).intersection(inference(self.net).unknown_arrays())
            raise fail(
                NotInitializedError,
                Fault(
                    "arrays without numbers",
                    at=self.net.kind,
                    given=", ".join(key_text(key) for key in missing[:8]),
                    fix=("" if known else f"{open_sizes(self.net)}; then ")
                    + "net_initialize(net) draws them",
                ),
            )
        return forward_blueprint(
            self.net,
            batch,
            mode=self.mode,
            shapes=shapes,
            precision=self.precision,
            asked=self.asked and self.asked.ports,
            by=self.asked.by if self.asked else (),
            kept=self.asked.kept if self.asked else (),
            constants=arrays,
            checked=True,
        )


@contextmanager
def _given(
    program: Program,
    columns: Mapping[str, Array],
    places: Mapping[str, Place],
    start: int,
    size: int,
) -> Iterator[None]:
    """A program with some examples of columns: a copy of those, or where they lie if many."""
    parts = {name: array[start : start + size] for name, array in columns.items()}
    try:
        for name, part in parts.items():
            if part.nbytes < LENT or not program.lend(name, part):
                # A child that was forked in the middle of a run may not have taken it back.
                program.take_back(name)
                copy_into(part, program.inputs[name], places[name], start)
        yield
    finally:
        for name in parts:
            program.take_back(name)


def _refuse(columns: Mapping[str, Array], places: Mapping[str, Place]) -> None:
    """Raise one error for all columns with numbers that are not finite."""
    errors: list[DataError | ShapeError] = []
    for name, array in columns.items():
        try:
            check_finite(array, places[name])
        except DataError as error:
            errors.append(error)
    raise_all(errors)
