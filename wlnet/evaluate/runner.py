"""Running the programs of a net on encoded columns, a batch at a time."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Mapping, Sequence
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
from wlnet.engine.fixed import Store
from wlnet.engine.program import Program
from wlnet.engine.resources import workers_for
from wlnet.evaluate.asked import Asked
from wlnet.evaluate.columns import raise_all
from wlnet.evaluate.holding import Array, check_finite, copy_into
from wlnet.evaluate.pieces import Piece, even_pieces, exact_pieces
from wlnet.evaluate.places import Place
from wlnet.graph.builder import Mode
from wlnet.graph.keys import GradientKey, KeptStateKey, OutputKey
from wlnet.kernels.jit.locks import is_mine, new_lock
from wlnet.kernels.language import Precision
from wlnet.nets.arrays import arrays_of
from wlnet.nets.inference import check_known, inference, open_sizes
from wlnet.plan.compile import forward_blueprint

WORK, NEAR = 1e9, 1 << 20
"""Else more, up to so many operations and bytes of memory in one go: what one layer writes is near
then when the next one reads it, and so are the weights."""
LENT = 1 << 16
"""Bytes of an input from which a copy takes longer than to tell where it lies."""
WORTH = 1e-5
"""Seconds of a batch from which several workers may be worth it: which are, is measured."""
KEPT, MOST = 6, 128 << 20
"""How many programs a net keeps, one a number of rows, shape, mode and precision: more, as long as
all of them take no more bytes."""
_keeping = new_lock()
Lock = AbstractContextManager[bool]


Shapes = Mapping[str, tuple[int, ...]]
"""Those of an example, by input."""


class _Kept:
    """The programs of one net; each with a lock, as it has one memory. `lock` is for the table."""

    def __init__(self) -> None:
        self.lock = new_lock()
        self.programs: dict[Hashable, tuple[Program, Lock]] = {}
        self.used: dict[Hashable, int] = {}
        """When each was used last: short ways write it, too, and do not wait for the lock."""
        self.times = itertools.count()
        self.store: Store = Store()
        self.ways: dict[Hashable, Any] = {}
        """Short ways that run some of them (quick.py), by what is given; they go with them."""

    def drop(self) -> int:
        """Let the program go that was not run for the longest time; how many bytes it had."""
        key = min(list(self.programs), key=lambda each: self.used.get(each, -1))
        self.used.pop(key, None)
        found = self.programs.pop(key, None)
        for given, way in list(self.ways.items()):
            if key in way.programs:
                self.ways.pop(given, None)
        return found[0].bytes if found else 0


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
        pieces = self.pieces(shapes, count, chunk)
        self.goes = before + len(pieces)
        for step, piece in enumerate(pieces, before):
            start, stop, rows = piece
            program, lock = self.program(rows, shapes)
            if is_mine(lock):
                # A signal handler came into the middle of a run: that one keeps its memory.
                program, lock = self._compiled(rows, shapes), new_lock()
            with lock:
                for kept, states in self.states.items():
                    program.inputs[kept][...] = states[start:stop]
                with _given(program, columns, places, piece):
                    program.answer(seed=self.seed, step=step)
                if program.bad:
                    _refuse(columns, places)
                for key, array in program.outputs.items():
                    if isinstance(key, GradientKey):
                        results[key] = results[key] + array if key in results else array.copy()
                        continue
                    if key not in results:
                        results[key] = np.empty((count, *array.shape[1:]), array.dtype)
                    results[key][start:stop] = array[: stop - start]
        return results

    def prepare(self, shapes: Shapes, count: int) -> None:
        """Have the programs kept that `run` takes for so many examples."""
        for rows in sorted({piece.rows for piece in self.pieces(shapes, count)}):
            self.program(rows, shapes)

    def pieces(self, shapes: Shapes, count: int, chunk: int | None = None) -> Sequence[Piece]:
        """How so many examples are cut; chunk: how many in one go, if that is wanted."""
        if chunk is not None or self.mode != "Test":
            # Where examples meet, none of them may be there twice.
            return exact_pieces(count, chunk or BATCH)
        most = self._most(shapes) if count > BATCH else BATCH
        pieces = even_pieces(count, most)
        if any(piece.is_filled_up for piece in pieces) and not self._may_fill_up(pieces, shapes):
            return exact_pieces(count, most if most == BATCH else -(-count // -(-count // most)))
        return pieces

    def _most(self, shapes: Shapes) -> int:
        """How many examples are done in one go, at most."""
        known: dict[Any, int] = self.net.cached("most rows", dict)
        key = self.precision, self.asked, _by_name(shapes)
        if key not in known:
            blueprint = self.program(BATCH, shapes)[0].blueprint
            # What is made once, such as packed weights, does not grow with the examples.
            fixed = sum(view.bytes for step in blueprint.once for view in step.writes)
            memory = max(blueprint.arena_bytes - fixed, 1)
            times = max(1, int(min(WORK / max(blueprint.work, 1), NEAR / memory)))
            known[key] = BATCH * times
        return known[key]

    def _may_fill_up(self, pieces: Sequence[Piece], shapes: Shapes) -> bool:
        """Whether copies of an example beside it change nothing: sums over all examples, states,
        and numbers that are drawn for each go by how many there are."""
        if self.states or (self.asked is not None and (self.asked.by or self.asked.kept)):
            return False
        known: dict[Any, bool] = self.net.cached("draws", dict)
        key = self.precision, self.asked, _by_name(shapes)
        if key not in known:
            known[key] = bool(self.program(pieces[-1].rows, shapes)[0].blueprint.randoms)
        return not known[key]

    def key(self, batch: int, shapes: Shapes) -> Hashable:
        """The name of a program among those that the net keeps."""
        shaped = _by_name(shapes)
        return batch, self.mode, self.precision, self.asked, self.workers, shaped

    @property
    def kept(self) -> _Kept:
        """What the net keeps."""
        with _keeping:
            found: _Kept = self.net.cached("programs", _Kept)
        return found

    def program(self, batch: int, shapes: Shapes) -> tuple[Program, Lock]:
        kept, key = self.kept, self.key(batch, shapes)
        with kept.lock:
            # A signal handler may do the same in between: each step leaves the table whole.
            found = kept.programs.get(key) or (self._compiled(batch, shapes), new_lock())
            kept.programs[key], kept.used[key] = found, next(kept.times)
            held = sum(each.bytes for each, _ in list(kept.programs.values()))
            while len(kept.programs) > KEPT and held > MOST:
                held -= kept.drop()
            return found

    def _compiled(self, batch: int, shapes: Shapes) -> Program:
        blueprint = self._blueprint(batch, shapes)
        dtype = DTYPES[self.precision]
        own = {key: np.ascontiguousarray(value, dtype) for key, value in self._arrays().items()}
        workers = workers_for(blueprint, self.workers, WORTH)
        store = self.kept.store
        return Program(blueprint, own, workers, shares=self.workers is None, store=store)

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

    def _blueprint(self, batch: int, shapes: Shapes) -> Blueprint:
        check_known(self.net, self.asked and self.asked.needed(self.net).layers)
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


def _by_name(shapes: Shapes) -> Hashable:
    return tuple(sorted(shapes.items()))


@contextmanager
def _given(
    program: Program, columns: Mapping[str, Array], places: Mapping[str, Place], piece: Piece
) -> Iterator[None]:
    """A program with some examples of columns: a copy of those, or where they lie if many."""
    count = piece.stop - piece.start
    parts = {name: array[piece.start : piece.stop] for name, array in columns.items()}
    try:
        for name, part in parts.items():
            if part.nbytes < LENT or not program.lend(name, part):
                # A child that was forked in the middle of a run may not have taken it back.
                program.take_back(name)
                memory = program.inputs[name]
                copy_into(part, memory[:count], places[name], piece.start)
                memory[count:] = memory[count - 1]
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
