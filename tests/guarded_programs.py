"""Programs whose memory ends at pages that may not be touched: what native code reads or writes
behind a value ends the process, and what it reads unwritten is NaN.

Each value of a program lies in memory of its own, flush with a forbidden page; so do copies of the
arrays of programs that only evaluate, and the workers' own memory.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from wlnet.engine import program, team
from wlnet.engine.blueprint import Blueprint, Slot

PAGE = mmap.PAGESIZE
NO_ACCESS = 0
LINE = 64
_protect = ctypes.CDLL(None, use_errno=True).mprotect
_protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int


def fenced(size: int, align: int = 1) -> Any:
    """Bytes, all ones, that begin at a multiple of `align` and end less than that before a page
    that may not be touched; there is one before them too."""
    size = -(-max(size, 1) // align) * align
    pages = -(-size // PAGE)
    whole = mmap.mmap(-1, (pages + 2) * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(whole))
    for page in (0, pages + 1):
        if _protect(start + page * PAGE, PAGE, NO_ACCESS):
            raise OSError(ctypes.get_errno(), "a page cannot be guarded")
    memory = np.frombuffer(whole, np.uint8)[(pages + 1) * PAGE - size : (pages + 1) * PAGE]
    memory.fill(0xFF)
    return memory


class GuardedTeam(team.Team):
    """Workers whose own memory ends at a forbidden page."""

    def __init__(self, workers: int, scratch: int) -> None:
        super().__init__(workers, scratch)
        size = -(-scratch // LINE) * LINE
        self._fences = [fenced(size, LINE) for _ in range(workers)]
        for row, memory in zip(self._words, self._fences, strict=False):
            row[2] = memory.ctypes.data
        self._words[workers, 2] = self._fences[0].ctypes.data


class GuardedProgram(program.Program):
    """A program of which every value has guarded memory of its own."""

    def _place(self, slot: Slot, arrays: Mapping[Any, Any]) -> None:
        if slot.kind != "arena":
            super()._place(slot, arrays)
            return
        memory = fenced(slot.bytes)[: slot.bytes]
        self._arrays.append(memory)
        self._starts.append(memory.ctypes.data)


class Evaluating(GuardedProgram):
    """A guarded program that reads guarded copies of the arrays, which it does not change."""

    def __init__(
        self, blueprint: Blueprint, arrays: Mapping[Any, Any], *args: Any, **options: Any
    ) -> None:
        super().__init__(blueprint, {key: _copy(x) for key, x in arrays.items()}, *args, **options)


def _copy(array: Any) -> Any:
    memory = fenced(array.nbytes)[: array.nbytes].view(array.dtype).reshape(array.shape)
    memory[...] = array
    return memory


@contextmanager
def guarded_programs() -> Iterator[None]:
    """Every program made meanwhile is guarded."""
    from wlnet.evaluate import runner
    from wlnet.train import programs

    kept = runner.Program, programs.Program, program.Team
    runner.Program, programs.Program = Evaluating, GuardedProgram  # type: ignore[misc]
    program.Team = GuardedTeam  # type: ignore[misc]
    try:
        yield
    finally:
        runner.Program, programs.Program, program.Team = kept  # type: ignore[misc]
