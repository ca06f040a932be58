"""Graph -> blueprint: where every value lies, and which kernel makes it.

Values whose lives do not overlap share memory. Reshapes are views; transposes and broadcasts are
views where every reader takes strides.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.engine.program import INDEX, Blueprint, Slot, Step
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES
from wlnet.plan.lookup import KERNELS, scratch_size

ALIGNMENT = 64
ELEMENTWISE = frozenset({"add", "subtract", "multiply", "divide", "power", "maximum", "minimum"})
TAKES_STRIDES: Mapping[str, frozenset[str]] = {
    "transpose": frozenset({"matmul"}),
    "broadcast": ELEMENTWISE,
}


def place(graph: Graph, dtype: Any, *, reuse: bool = True) -> Blueprint:
    """The blueprint of a graph for a real dtype. reuse=False gives every value memory of its
    own."""
    return _Placing(graph, np.dtype(dtype), reuse).blueprint()


def _is_constant(call: Call) -> bool:
    return not call.inputs and not PRIMITIVES[call.primitive].random


class _Placing:
    def __init__(self, graph: Graph, dtype: np.dtype[Any], reuse: bool) -> None:
        self.graph, self.dtype, self.reuse = graph, dtype, reuse
        self.readers: dict[Value, list[Call]] = {}
        for call in graph.calls:
            for value in call.inputs:
                self.readers.setdefault(value, []).append(call)
        self.results = set(graph.results())
        self.views: dict[Value, tuple[Value, str, tuple[int, ...]]] = {}
        for call in graph.calls:
            self._consider_view(call)

    def _consider_view(self, call: Call) -> None:
        (output, *_) = call.outputs
        how = call.primitive
        if how == "reshape":
            if self._is_strided(call.inputs[0]):
                return
        elif (
            how not in TAKES_STRIDES
            or output in self.results
            or any(
                reader.primitive not in TAKES_STRIDES[how]
                for reader in self.readers.get(output, [])
            )
        ):
            return
        what = call.attributes["axes"] if how == "transpose" else output.shape
        self.views[output] = (call.inputs[0], how, tuple(what))

    def _is_strided(self, value: Value) -> bool:
        return value in self.views and self.views[value][1] != "reshape"

    def base(self, value: Value) -> Value:
        while value in self.views:
            value = self.views[value][0]
        return value

    def blueprint(self) -> Blueprint:
        made = [call for call in self.graph.calls if call.outputs[0] not in self.views]
        once = [call for call in made if _is_constant(call)]
        steps = [call for call in made if not _is_constant(call)]
        offsets, arena = self._offsets(once, steps)
        slots: list[Slot] = []
        number: dict[Value, int] = {}
        arrays = {value: key for key, value in self.graph.arrays.items()}
        for value in [
            *arrays,
            *self.graph.inputs.values(),
            *(v for c in self.graph.calls for v in c.outputs),
        ]:
            integer = value.element == "Integer"
            if value in arrays:
                slot = Slot("array", arrays[value], value.shape)
            elif value in self.views:
                of, how, what = self.views[value]
                slot = Slot("view", number[of], value.shape, integer, (how, what))
            else:
                slot = Slot("arena", offsets[value], value.shape, integer)
            number[value] = len(slots)
            slots.append(slot)
        randoms: dict[Any, int] = {}
        built = [self._step(call, number, randoms) for call in steps]
        return Blueprint(
            slots=tuple(slots),
            once=tuple(self._step(call, number, randoms) for call in once),
            steps=tuple(built),
            inputs={name: number[value] for name, value in self.graph.inputs.items()},
            outputs={name: number[value] for name, value in self.graph.outputs.items()},
            updates={name: number[value] for name, value in self.graph.updates.items()},
            arena_bytes=arena,
            scratch=max((step.scratch for step in built), default=0),
            dtype=self.dtype,
        )

    def _step(self, call: Call, number: dict[Value, int], randoms: dict[Any, int]) -> Step:
        inputs = tuple(value.shape for value in call.inputs)
        outputs = tuple(value.shape for value in call.outputs)
        scratch = scratch_size(call.primitive, inputs, outputs, dict(call.attributes))
        random = None
        if PRIMITIVES[call.primitive].random:
            random = randoms.get(call.origin, 0)
            randoms[call.origin] = random + 1
        attributes = dict(call.attributes)
        return Step(
            call.primitive,
            KERNELS[call.primitive],
            tuple(number[v] for v in call.outputs),
            tuple(number[v] for v in call.inputs),
            attributes,
            call.origin,
            scratch,
            random,
        )

    def _size(self, value: Value) -> int:
        item = np.dtype(INDEX).itemsize if value.element == "Integer" else self.dtype.itemsize
        size = int(np.prod(value.shape, dtype=int)) * item
        return max(-(-size // ALIGNMENT) * ALIGNMENT, ALIGNMENT)

    def _offsets(self, once: list[Call], steps: list[Call]) -> tuple[dict[Value, int], int]:
        """First fit over the lives of values; inputs, constants and results live for ever."""
        end = len(steps)
        died: dict[Value, int] = {}
        for i, call in enumerate(steps):
            for value in (*call.inputs, *call.outputs):
                died[self.base(value)] = i
        # A view may be read after its base was last named.
        for value in self.results:
            died[self.base(value)] = end
        memory = _Memory()
        offsets: dict[Value, int] = {}
        for value in [*self.graph.inputs.values(), *(v for call in once for v in call.outputs)]:
            offsets[value] = memory.take(self._size(value))
        freed: dict[int, list[Value]] = {}
        for i, call in enumerate(steps):
            for value in call.outputs:
                offsets[value] = memory.take(self._size(value))
                freed.setdefault(died.get(value, i), []).append(value)
            if self.reuse and i < end:
                for value in freed.pop(i, []):
                    memory.give(offsets[value], self._size(value))
        return offsets, memory.top


class _Memory:
    """First fit: the lowest gap that is large enough, else the end."""

    def __init__(self) -> None:
        self.top = 0
        self.gaps: list[tuple[int, int]] = []
        """(start, stop) in order, never touching."""

    def take(self, size: int) -> int:
        for number, (start, stop) in enumerate(self.gaps):
            if stop - start >= size:
                self.gaps[number : number + 1] = (
                    [(start + size, stop)] if stop - start > size else []
                )
                return start
        start = self.gaps.pop()[0] if self.gaps and self.gaps[-1][1] == self.top else self.top
        self.top = start + size
        return start

    def give(self, start: int, size: int) -> None:
        stop = start + size
        at = bisect.bisect(self.gaps, (start, stop))
        if at < len(self.gaps) and self.gaps[at][0] == stop:
            stop = self.gaps.pop(at)[1]
        if at and self.gaps[at - 1][1] == start:
            start = self.gaps.pop(at - 1)[0]
            at -= 1
        self.gaps.insert(at, (start, stop))
