"""A Program: an ordered list of kernel calls over one arena of memory.

The plan says what is called on which slots; the program owns the memory, and runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from wlnet.core.streams import Seed, stream

Array = np.ndarray[Any, Any]
Kernel = Callable[..., None]
INDEX = np.int32
"""What indices and places in windows are kept in."""


@dataclass(frozen=True)
class Slot:
    """Where a value lies: in the arena at an offset in bytes, in an array of the net, or as a view
    of a slot."""

    kind: Literal["arena", "array", "view"]
    where: Any
    shape: tuple[int, ...]
    integer: bool = False
    view: tuple[str, tuple[int, ...]] | None = None
    """("reshape" | "transpose" | "broadcast", shape or axes) of the slot numbered `where`."""


@dataclass(frozen=True)
class Step:
    """One kernel call. Slots are numbered; `origin` is the layer that asked for it."""

    primitive: str
    kernel: Kernel
    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    attributes: Mapping[str, Any]
    origin: tuple[Any, ...] = ()
    scratch: int = 0
    random: int | None = None
    """Which of the random calls of its origin this is, if it is one."""


@dataclass(frozen=True)
class Blueprint:
    """All that a Program needs but memory."""

    slots: tuple[Slot, ...]
    once: tuple[Step, ...]
    steps: tuple[Step, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[Any, int]
    updates: Mapping[Any, int]
    arena_bytes: int
    scratch: int
    dtype: Any


class Program:
    """A blueprint with memory. `arrays` are used where they lie: who trains them owns them.

    Raises nothing of its own; kernels write only into the arena.
    """

    def __init__(self, blueprint: Blueprint, arrays: Mapping[Any, Array]) -> None:
        self.blueprint = blueprint
        self.arena = np.empty(blueprint.arena_bytes, np.uint8)
        # Memory starts as NaN: what is read before it is written shows.
        self.arena[: blueprint.arena_bytes // 8 * 8].view(np.float64).fill(np.nan)
        self._scratch = np.full(blueprint.scratch, np.nan, blueprint.dtype)
        self.memory: list[Array] = []
        for slot in blueprint.slots:
            self.memory.append(self._resolve(slot, arrays))
        self.inputs = {name: self.memory[number] for name, number in blueprint.inputs.items()}
        self.outputs = {name: self.memory[number] for name, number in blueprint.outputs.items()}
        self.updates = {name: self.memory[number] for name, number in blueprint.updates.items()}
        self._calls = [self._call(step) for step in blueprint.steps]
        with np.errstate(all="ignore"):
            for step in blueprint.once:
                kernel, outputs, inputs, scratch, attributes, _ = self._call(step)
                kernel(outputs, inputs, scratch, **attributes)

    def _resolve(self, slot: Slot, arrays: Mapping[Any, Array]) -> Array:
        if slot.kind == "array":
            array = arrays[slot.where]
            assert array.shape == slot.shape, (slot, array.shape)
            return array
        if slot.kind == "view":
            assert slot.view is not None
            base, (how, what) = self.memory[slot.where], slot.view
            if how == "reshape":
                return base.reshape(what)
            return base.transpose(what) if how == "transpose" else np.broadcast_to(base, what)
        dtype = np.dtype(INDEX if slot.integer else self.blueprint.dtype)
        count = int(np.prod(slot.shape, dtype=int))
        return (
            self.arena[slot.where : slot.where + count * dtype.itemsize]
            .view(dtype)
            .reshape(slot.shape)
        )

    def _call(self, step: Step) -> tuple[Any, ...]:
        outputs = tuple(self.memory[number] for number in step.outputs)
        inputs = tuple(self.memory[number] for number in step.inputs)
        scratch = self._scratch[: step.scratch] if step.scratch else None
        return step.kernel, outputs, inputs, scratch, dict(step.attributes), step

    def run(
        self,
        *,
        seed: Seed = 0,
        step: int = 0,
        until: Callable[[Step, tuple[Array, ...]], bool] | None = None,
    ) -> None:
        """Run all calls on what lies in `inputs`; results lie in `outputs` and `updates` until the
        next run.

        seed and step key the random calls. until: asked after each call; True ends the run there.
        """
        # Infinities and NaN go through; who reads the results looks for them.
        with np.errstate(all="ignore"):
            for kernel, outputs, inputs, scratch, attributes, call in self._calls:
                if call.random is not None:
                    attributes["rng"] = stream(seed, call.primitive, call.origin, call.random, step)
                kernel(outputs, inputs, scratch, **attributes)
                if until is not None and until(call, outputs):
                    return
