"""From a call of a primitive to calls of kernels: what the rows in calls/ are written with.

Code generation, with a table for instruction selection. It has a row for each primitive, which says
by which kernel calls the primitive is computed, and which views of its inputs these can read. All
words that rows are written with stand here together.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from wlnet.core.parts import Path, path_text
from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import Address, Loop, Outside, Step, View
from wlnet.graph.elements import check_elements
from wlnet.graph.graph import Call, Shape, Value
from wlnet.graph.keys import StateKey
from wlnet.graph.table import Table
from wlnet.kernels.jit.target import vector_width
from wlnet.kernels.language import ITEM, Kernel, Precision, Target
from wlnet.plan.layouts import Layouts, is_contiguous

Emit = Callable[["Emitter", Call], None]
"""Adds the steps of a call to an emitter."""
Accepts = Callable[[Call, int, tuple[int, ...]], bool]
"""Whether the i-th input of a call can be read at these distances (in numbers)."""


@dataclass(frozen=True)
class Row:
    """How a primitive is computed: its kernel calls, and which views of inputs they can read."""

    emit: Emit
    accepts: Accepts


ROWS = Table[Row]("way to run", "wlnet/plan/calls/")


def whole(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Accepts inputs that lie one number after another."""
    return is_contiguous(call.inputs[i].shape, strides)


def anyhow(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Accepts inputs at any distances."""
    return True


def emits(*primitives: str, accepts: Accepts = whole) -> Callable[[Emit], Emit]:
    """A decorator: the function becomes the row of these primitives."""

    def enter(emit: Emit) -> Emit:
        for name in primitives:
            assert name not in ROWS, f"{name} is computed by two rows"
            ROWS[name] = Row(emit, accepts)
        return emit

    return enter


@cache
def rows() -> Mapping[str, Row]:
    """The rows of all primitives, from the modules in calls/."""
    from wlnet.plan import calls

    for module in pkgutil.iter_modules(calls.__path__):
        importlib.import_module(f"{calls.__name__}.{module.name}")
    return ROWS


def accepts(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Whether the kernels of a call can read its i-th input at these distances (in numbers)."""
    return rows()[call.primitive].accepts(call, i, strides)


@dataclass(frozen=True)
class Learner:
    """How an array is updated: the flat kernel of its method, and the numbers that it takes.

    states: how many arrays the method keeps beside it. settings: the words of the kernel's record
    that are no addresses, by field. decays: whether it loses a share of itself at each step, which
    is told beside the step sizes.
    """

    kernel: Kernel
    states: int
    settings: Mapping[str, float]
    decays: bool = False


@dataclass(frozen=True)
class Turns:
    """Steps that are done several times. number: what moves are told by."""

    number: int
    times: int
    steps: list[Step | Turns]


def in_line(items: Sequence[Step | Turns]) -> tuple[list[Step], tuple[Loop, ...]]:
    """All steps one after another, and the loops among them, inner ones first."""
    steps: list[Step] = []
    loops: list[Loop] = []
    _add(items, steps, loops)
    return steps, tuple(loops)


def _add(items: Sequence[Step | Turns], steps: list[Step], loops: list[Loop]) -> None:
    for item in items:
        if isinstance(item, Step):
            steps.append(item)
            continue
        first = len(steps)
        _add(item.steps, steps, loops)
        if len(steps) > first:
            loops.append(Loop(item.number, first, len(steps), item.times))


class Emitter:
    """Writes the steps of a program, one call after another."""

    def __init__(
        self,
        layouts: Layouts,
        precision: Precision,
        learners: Mapping[ArrayKey, Learner] | None = None,
    ) -> None:
        self.layouts, self.precision = layouts, precision
        self.item = ITEM[precision]
        self.target = Target(precision, vector_width())
        self.learners = learners or {}
        self.states: dict[StateKey, Shape] = {}
        """Shapes of the arrays that methods keep beside those that learn."""
        self._steps: list[Step | Turns] = []
        self.randoms: list[tuple[str, Path, int]] = []
        """See Blueprint."""
        self.slots: dict[Value | StateKey | Outside, int] = {}
        """The number of each slot, by what lies in it."""
        self.in_place: dict[int, int] = {}
        """Slots that may lie where others lie, if no other step than those that write them reads
        these any more: see `overwrites`."""
        self._call: Call | None = None
        self._loops = layouts.loops
        self._inside = 0
        """How many loops are around what is emitted."""

    def emit(self, call: Call) -> list[Step | Turns]:
        """The steps of a call."""
        around = self._call, self._steps
        self._call, self._steps = call, []
        check_elements(call.primitive, [x.element for x in call.inputs], path_text(call.origin))
        rows()[call.primitive].emit(self, call)
        made = self._steps
        self._call, self._steps = around
        return made

    def loop(self, times: int, emit: Callable[[tuple[int, int] | None], None], way: int) -> None:
        """Add steps that are done so many times. emit: adds those of the first turn, whose views go
        on by so many rows (`way`) with each turn of a loop: it is given the pair of both."""
        if times == 1:
            emit(None)
        elif times > 1:
            number = self._loops
            self._loops += 1
            self._turns(number, times, lambda: emit((number, way)))

    def calls(self, calls: Sequence[Call]) -> None:
        """Add what other calls come down to."""
        for call in calls:
            self._steps += self.emit(call)

    def turns(self, number: int, times: int, calls: Sequence[Call]) -> None:
        """Add calls that are done several times, one turn after the other."""
        self._inside += 1
        self._turns(number, times, lambda: self.calls(calls))
        self._inside -= 1

    def _turns(self, number: int, times: int, emit: Callable[[], None]) -> None:
        around, self._steps = self._steps, []
        emit()
        self._steps, made = around, self._steps
        self._steps.append(Turns(number, times, made))

    # Values

    def slot(self, of: Value | StateKey | Outside) -> int:
        return self.slots.setdefault(of, len(self.slots))

    def bytes_of(self, value: Value) -> int:
        """How many bytes a number of a value has."""
        return {"Real": self.item, "Integer": 4, "Byte": 1, "Double": 8}[value.element]

    def view(self, value: Value) -> View:
        """Where a value lies, in bytes: in the slot of the value that its layout is based on."""
        layout, size = self.layouts.of[value], self.bytes_of(value)
        return View(
            self.slot(layout.base),
            layout.offset * size,
            value.shape,
            tuple(stride * size for stride in layout.strides),
            value.element,
            tuple((loop, distance * size) for loop, distance in layout.moves),
        )

    def address(self, value: Value) -> Address:
        return self.view(value).address

    def start(self, value: Value | None) -> Address | int:
        """The address of a value; 0 for none."""
        return 0 if value is None else self.address(value)

    def strides(self, value: Value) -> tuple[int, ...]:
        """The distances of a value, in bytes (those of its layout are in numbers)."""
        return self.view(value).strides

    def is_contiguous(self, value: Value) -> bool:
        """Whether the numbers of a value lie one after another."""
        return is_contiguous(value.shape, self.layouts.of[value].strides)

    def overwrites(self, new: Value, old: Value) -> None:
        """Say that each step which reads numbers of an old value may write those of a new one in
        their place, as no later step of this call reads them."""
        layouts = [self.layouts.of[value] for value in (new, old)]
        is_whole = all(layout.base.shape == new.shape and self.is_contiguous(value)
                       for layout, value in zip(layouts, (new, old), strict=True))  # fmt: skip
        if is_whole and not self._inside and new.element == old.element:
            self.in_place[self.slot(layouts[0].base)] = self.slot(layouts[1].base)

    def random(self) -> tuple[Outside, Outside]:
        """The two words that are the key of the random numbers of the call that is emitted."""
        call = self._call
        assert call is not None
        assert not self._inside, f"{call.primitive} draws the same in every turn of a loop"
        count = sum(origin == call.origin for _, origin, _ in self.randoms)
        self.randoms.append((call.primitive, call.origin, count))
        number = len(self.randoms) - 1
        return Outside(("key", number, 0)), Outside(("key", number, 1))

    # Steps

    def step(
        self,
        kernel: Kernel,
        *,
        reads: Sequence[Value | View] = (),
        writes: Sequence[Value | View] = (),
        scratch: int = 0,
        work: int = 0,
        what: str = "",
        share: tuple[int, int] | None = None,
        own: Sequence[Value | View] = (),
        by_number: bool = False,
        **fields: Any,
    ) -> None:
        """Add a kernel call. fields: all words of its record, by name. The rest: see Step."""
        call = self._call
        assert call is not None
        assert set(fields) == set(kernel.fields), (
            kernel.name,
            sorted(set(fields) ^ set(kernel.fields)),
        )

        def views(values: Sequence[Value | View]) -> tuple[View, ...]:
            return tuple(v if isinstance(v, View) else self.view(v) for v in values)

        self._steps.append(
            Step(
                call.primitive,
                kernel,
                tuple(fields[name] for name in kernel.fields),
                views(reads),
                views(writes),
                call.origin,
                scratch,
                work=work,
                what=what or call.primitive,
                share=share,
                own=frozenset(views(own)),
                by_number=by_number,
            )
        )


def collapsed(
    shape: Sequence[int], *strides: Sequence[int]
) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """A walk through several operands at once, with as few axes as possible, but at least one.

    shape, strides: the sizes of the axes, and the distances of each operand. Axes of size 1 fall
    away. An axis is joined with the next one where the two are one even walk in every operand.
    """
    sizes: list[int] = []
    steps: list[list[int]] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        here = [each[axis] for each in strides]
        if sizes and all(
            outer == inner * size for outer, inner in zip(steps[-1], here, strict=True)
        ):
            sizes[-1] *= size
            steps[-1] = here
        else:
            sizes.append(size)
            steps.append(here)
    if not sizes:
        sizes, steps = [1], [[0] * len(strides)]
    return tuple(sizes), tuple(zip(*steps, strict=True)) if strides else ()


def count_of(value: Value) -> int:
    """How many numbers a value has."""
    return math.prod(value.shape)
