"""The short way of `net(x)`: a copy in, a native call, a copy out.

All that `evaluate` looks at, it looks at anew in every call. But of two calls with arrays of the
same shapes and types only the numbers differ. So a call that went the long way leaves a `Way`
behind, and calls with arrays like its own take that. Where anything is unusual, also where a fault
must be told, the long way is taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.net import Net
from wlnet.engine.program import Program
from wlnet.evaluate import runner as running
from wlnet.evaluate.asked import Question
from wlnet.evaluate.holding import LARGEST_INDEX, Array
from wlnet.evaluate.pieces import Piece
from wlnet.evaluate.runner import Runner
from wlnet.kernels.jit.locks import asking
from wlnet.nets.inference import inference, inferred_port

MOST = 2048
"""Ways that a net keeps."""


class Quick:
    """Answers the calls of a net that are like earlier ones; None for all others."""

    __slots__ = ("_names", "_ways")

    def __init__(self, net: Net, ways: dict[Hashable, Any]) -> None:
        self._names, self._ways = net.input_names, ways

    def __call__(self, x: Any) -> Any:
        if type(x) is list:
            x = joined(x)
        if type(x) is np.ndarray:
            way = self._ways.get((x.shape, x.dtype))
            return None if way is None else way([x])
        given = self._given(x)
        way = None if given is None else self._ways.get(_key(given))
        return None if given is None or way is None else way(given)

    def learn(self, x: Any, way: Callable[[], Way | None]) -> None:
        """Have calls like one with x take a way, if there is one."""
        given = self._given(joined(x) if type(x) is list else x)
        found = None if given is None else way()
        if given is None or found is None:
            return
        while len(self._ways) >= MOST:
            self._ways.popitem()
        self._ways[_key(given)] = found

    def _given(self, x: Any) -> Sequence[Array] | None:
        """The arrays of the inputs, in their order; None where something else is given."""
        found: list[Any] = [x]
        if type(x) is dict and len(x) == len(self._names):
            found = [x.get(name) for name in self._names]
        are_arrays = len(found) == len(self._names) and set(map(type, found)) == {np.ndarray}
        return found if are_arrays else None


def _key(given: Sequence[Array]) -> Hashable:
    return tuple([fact for x in given for fact in (x.shape, x.dtype)])


def joined(items: list[Any]) -> Any:
    """Arrays of one shape and type as one array; another list as it is."""
    if set(map(type, items)) != {np.ndarray}:
        return items
    shapes = {each.shape for each in items}
    if len(shapes) > 1 or () in shapes or len({each.dtype for each in items}) > 1:
        return items
    # Faster than to have NumPy look into each of them.
    return np.concatenate(items).reshape(len(items), *shapes.pop())


class Way:
    """Answers calls with arrays of certain shapes and types; None where a fault must be told."""

    __slots__ = ("_answers", "_is_dict", "_is_single", "_limits", "_results", "parts")

    def __init__(
        self,
        runner: Runner,
        question: Question,
        columns: Mapping[str, Array],
        limits: Mapping[str, int],
        is_single: bool,
    ) -> None:
        net, count = runner.net, len(next(iter(columns.values())))
        shapes = {name: tuple(array.shape[1:]) for name, array in columns.items()}
        self._is_single, self._is_dict = is_single, question.is_dict
        self._limits = [(number, limits[name]) for number, name in enumerate(columns)
                        if name in limits]  # fmt: skip
        self.parts = [_Part(runner, piece, columns) for piece in runner.pieces(shapes, count)]
        keys = [str(key) for _, key in question.answers]
        self._answers = [(name, inferred_port(net, str(key)).coder)
                         for name, key in question.answers]  # fmt: skip
        outputs = [self.parts[0].program.outputs[key] for key in keys]
        self._results = [((count, *each.shape[1:]), each.dtype) for each in outputs]
        for part in self.parts:
            part.show(keys)

    @property
    def programs(self) -> set[Hashable]:
        """The names of the programs that it runs."""
        return {part.name for part in self.parts}

    def __call__(self, given: Sequence[Array]) -> Any:
        if self._is_single:
            given = [x[None] for x in given]
        for number, limit in self._limits:
            if given[number].min() < 1 or given[number].max() > limit:
                return None
        if len(self.parts) == 1:
            results = self.parts[0].answers(given)
            if results is None:
                return None
        else:
            results = [np.empty(shape, dtype) for shape, dtype in self._results]
            for part in self.parts:
                if part.answers(given, results) is None:
                    return None
        told = {}
        for (name, decoder), result in zip(self._answers, results, strict=True):
            found = result if decoder is None else decoder.decode(result)
            if self._is_single:
                found = found[0]
            if not self._is_dict:
                return found
            told[name] = found
        return told


class _Part:
    """A piece of the examples of a call, and the program that does it."""

    __slots__ = ("_is_mine", "_kept", "_lock", "_memories", "_outputs", "_piece", "name", "program")

    def __init__(self, runner: Runner, piece: Piece, columns: Mapping[str, Array]) -> None:
        shapes = {name: tuple(array.shape[1:]) for name, array in columns.items()}
        self._piece, self._kept = piece, runner.kept
        self.name = runner.key(piece.rows, shapes)
        self.program, self._lock = runner.program(piece.rows, shapes)
        self._is_mine = asking(self._lock)
        count = piece.stop - piece.start
        self._memories: list[_Memory] = []
        for name in columns:
            memory = self.program.inputs[name]
            rest = memory[count:] if piece.is_filled_up else None
            self._memories.append(_Memory(self.program, name, memory[:count], rest, columns[name]))

    def show(self, keys: Sequence[str]) -> None:
        """Have the answers be these outputs."""
        count = self._piece.stop - self._piece.start
        self._outputs = [self.program.outputs[key][:count] for key in keys]

    def answers(
        self, given: Sequence[Array], results: Sequence[Array] | None = None
    ) -> Sequence[Array] | None:
        """What comes of its examples, put to where they stand in results; None where nothing
        does."""
        if self._is_mine():  # a signal handler, in the middle of the call that it came into
            return None
        if self.name not in self._kept.programs:  # dropped by the net a moment ago
            return None
        self._kept.used[self.name] = next(self._kept.times)
        start, stop, _ = self._piece
        with self._lock:
            try:
                for x, memory in zip(given, self._memories, strict=True):
                    if not memory.take(x if results is None else x[start:stop]):
                        return None
                if not self.program.answer():
                    return None
                if results is None:
                    return [output.copy() for output in self._outputs]
                for result, output in zip(results, self._outputs, strict=True):
                    result[start:stop] = output
                return results
            finally:
                for memory in self._memories:
                    memory.give_back()


class _Memory:
    """Where a program has an input. rest: rows that are filled up with copies of the last one."""

    __slots__ = ("_is_lent", "_is_narrower", "_is_worth", "_memory", "_name", "_program", "_rest")

    def __init__(
        self, program: Program, name: str, memory: Array, rest: Array | None, column: Array
    ) -> None:
        self._program, self._name, self._memory, self._rest = program, name, memory, rest
        self._is_worth = (
            memory.nbytes >= running.LENT and rest is None and column.dtype == memory.dtype
        )
        self._is_narrower = memory.dtype.kind == "f" and column.dtype.itemsize > 4
        self._is_lent = False

    def take(self, x: Array) -> bool:
        """Have the program read numbers: where they lie if they are many, else a copy. Whether it
        can hold them."""
        if self._is_worth:
            self._is_lent = True
            if self._program.lend(self._name, x):
                return True
            self._program.take_back(self._name)
        if self._is_narrower:
            try:
                with np.errstate(all="ignore", over="raise"):
                    self._memory[...] = x
            except FloatingPointError:
                return False
        else:
            self._memory[...] = x
        if self._rest is not None:
            self._rest[...] = self._memory[-1]
        return True

    def give_back(self) -> None:
        """Have the program read its own memory again."""
        if self._is_lent:
            self._program.take_back(self._name)
            self._is_lent = False


def way_for(
    runner: Runner, question: Question, columns: Mapping[str, Any], is_single: bool
) -> Way | None:
    """The short way of calls like one that was just answered; None where there is none."""
    net = runner.net
    if not all(isinstance(column, np.ndarray) for column in columns.values()):
        return None
    ports = {name: inferred_port(net, name) for name in columns}
    limits: dict[str, int] = {}
    shapes = {name: tuple(array.shape[1:]) for name, array in columns.items()}
    for name, port in ports.items():
        kinds = {"Real": "fiub", "Integer": "iu"}.get(str(port.element), "")
        dtype = columns[name].dtype
        if port.coder is not None or dtype.kind not in kinds or dtype.itemsize > 8:
            return None
        if port.element == "Integer":
            below = inference(net).ports[(), name].below
            below = below or inference(net, shapes).ports[(), name].below
            limits[name] = min(below) if isinstance(below, tuple) else below or LARGEST_INDEX
    way = Way(runner, question, columns, limits, is_single)
    return None if any(part.program.blueprint.randoms for part in way.parts) else way
