"""Kernels run by Python itself, every access to memory checked.

A pointer allows only the elements of the arrays that a call was given: not the gaps between the
rows of a view either. No array is written that is read-only, and nothing that one worker wrote is
read or written by another. Numbers have the precision of the kernel. Kernels that use vector code
cannot be run so.
"""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable, Sequence
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from wlnet.kernels.jit import target
from wlnet.kernels.language import Instruction, Kernel, PerTarget, Precision, Routine, Target


class Outside(AssertionError):
    """An access that is not allowed."""


def can(kernel: Kernel, fields: dict[str, Any]) -> bool:
    """Whether all instructions of a kernel, and of those in its fields, have a plain meaning."""
    inner = [value for value in fields.values() if isinstance(value, Kernel)]
    return all(_can(each.function, set()) for each in (kernel, *inner))


def _can(function: Any, seen: set[Any]) -> bool:
    seen.add(function)
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    for value in (*_named(function).values(), *cells):
        inner = value.function if isinstance(value, Routine) else None
        if isinstance(value, Instruction):
            if value.plain is None and value.name not in _Machine.known:
                return False
            inner = value.plain
        if inner is not None and inner not in seen and not _can(inner, seen):
            return False
    return True


def run(
    kernel: Kernel,
    precision: Precision,
    workers: int,
    scratch_bytes: int,
    step: int,
    record: Any,
    arrays: Sequence[Any],
    kernels: dict[int, Kernel],
) -> None:
    """Run a kernel for every worker, the last one first; kernels: those it may call."""
    scratch = [np.full(-(-scratch_bytes // 8), np.nan) for _ in range(workers)]
    contexts = [
        np.array([i, workers, scratch[i].ctypes.data, step], np.int64) for i in range(workers)
    ]
    for each in (*contexts, record):
        each.flags.writeable = False
    machine = _Machine(precision, [*arrays, *contexts, record])
    for i, own in enumerate(scratch):
        machine.allow(own, owner=i)
    machine.kernels = kernels
    with np.errstate(all="ignore"):
        for i in reversed(range(workers)):
            machine.worker = i
            machine.call(kernel, record.ctypes.data, contexts[i].ctypes.data)


# What may be done with a byte. From _WRITTEN on: only the worker of that number may touch it.
_UNKNOWN, _READ_ONLY, _FREE, _WRITTEN = range(4)


class _Block:
    """Bytes one after another, and what may be done with each."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high
        self.bytes = memoryview((ctypes.c_ubyte * (high - low)).from_address(low)).cast("B")
        self.rights = bytearray(high - low)

    def mark(self, array: Any, right: int) -> None:
        """Allow the elements of an array, not what lies between them."""
        rights = np.ndarray(
            (*array.shape, array.itemsize), np.uint8, self.rights, array.ctypes.data - self.low,
            (*array.strides, 1),
        )  # fmt: skip
        np.maximum(rights, right, out=rights)


class _Machine:
    """Memory, and what the instructions do."""

    known = frozenset({
        "word", "set_word", "reals", "doubles", "indices", "words", "real", "double", "copy_bytes",
        "call",
    })  # fmt: skip

    def __init__(self, precision: Precision, arrays: Sequence[Any]) -> None:
        self.target = Target(precision, target.vector_width())
        self.real_type = np.float32 if precision == "Real32" else np.float64
        self.kernels: dict[int, Kernel] = {}
        self.worker = 0
        self._blocks: list[_Block] = []
        self._last: _Block | None = None
        self._made: dict[Any, Any] = {}
        spans: list[list[int]] = []
        kept = [array for array in arrays if array.size]
        for low, high in sorted(np.lib.array_utils.byte_bounds(array) for array in kept):
            if spans and low < spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], high)
            else:
                spans.append([low, high])
        self._blocks = [_Block(*span) for span in spans]
        for array in kept:
            right = _FREE if array.flags.writeable else _READ_ONLY
            self._block(array.ctypes.data).mark(array, right)

    def allow(self, array: Any, owner: int) -> None:
        """More memory, of one worker."""
        if array.size:
            block = _Block(*np.lib.array_utils.byte_bounds(array))
            block.mark(array, _WRITTEN + owner)
            self._blocks.append(block)

    # Memory

    def _block(self, address: int) -> _Block:
        if self._last is None or not self._last.low <= address < self._last.high:
            for block in self._blocks:
                if block.low <= address < block.high:
                    self._last = block
                    return block
            raise Outside(f"worker {self.worker}: {address:#x} is in no array")
        return self._last

    def place(self, address: int, size: int, write: bool) -> tuple[Any, int]:
        """The memory and the offset in it of some bytes that may be touched."""
        block = self._block(address)
        start = address - block.low
        own = _WRITTEN + self.worker
        rights = block.rights[start : start + size]
        first = rights[0]
        if first < _READ_ONLY + write or _FREE < first != own or rights.count(first) != size:
            self._judge(address, size, write, set(rights), len(rights))
        if write and first != own:
            block.rights[start : start + size] = bytes([own]) * size
        return block.bytes, start

    def _judge(self, address: int, size: int, write: bool, rights: set[int], found: int) -> None:
        if found < size or _UNKNOWN in rights:
            raise Outside(f"worker {self.worker}: {size} bytes at {address:#x} are in no array")
        if write and _READ_ONLY in rights:
            raise Outside(f"worker {self.worker} writes into an array that is read-only")
        for right in rights - {_READ_ONLY, _FREE, _WRITTEN + self.worker}:
            raise Outside(f"worker {self.worker} touches what worker {right - _WRITTEN} wrote")

    # What the names in a body mean

    def call(self, kernel: Kernel, record: int, context: int) -> None:
        words = [self.word(record, i) for i in range(len(kernel.fields))]
        self.function(kernel.function)(context, *words)

    def function(self, function: Any) -> Any:
        """The function with all names replaced."""
        if function not in self._made:
            names = {name: self._of(value) for name, value in _named(function).items()}
            cells = tuple(
                type(cell)(self._of(cell.cell_contents)) for cell in function.__closure__ or ()
            )
            self._made[function] = FunctionType(
                function.__code__, {**function.__globals__, **names}, function.__name__, None,
                cells or None,
            )  # fmt: skip
        return self._made[function]

    def _of(self, value: Any) -> Any:
        if isinstance(value, PerTarget):
            return value.of(self.target)
        if isinstance(value, Routine):
            return self.function(value.function)
        if isinstance(value, Instruction):
            if value.plain is not None:
                return self.function(value.plain)
            if value.name not in self.known:
                raise NotImplementedError(f"{value.name} exists only in compiled kernels")
            return getattr(self, "invoke" if value.name == "call" else value.name)
        if getattr(value, "__module__", "") == "math":
            return getattr(_MATH, value.__name__)
        return _MATH if value is math else value

    # Instructions

    def word(self, address: int, i: int) -> int:
        return _Pointer(self, address, "<q", 8, int)[i]

    def set_word(self, address: int, i: int, value: int) -> None:
        _Pointer(self, address, "<q", 8, int)[i] = value

    def reals(self, address: int) -> _Pointer:
        item = self.target.item
        return _Pointer(self, address, "<f" if item == 4 else "<d", item, self.real_type)

    def doubles(self, address: int) -> _Pointer:
        return _Pointer(self, address, "<d", 8, np.float64)

    def indices(self, address: int) -> _Pointer:
        return _Pointer(self, address, "<i", 4, int)

    def words(self, address: int) -> _Pointer:
        return _Pointer(self, address, "<q", 8, int)

    def real(self, x: Any) -> Any:
        return self.real_type(x)

    def double(self, x: int) -> Any:
        return np.float64(struct.unpack("<d", struct.pack("<q", x))[0])

    def copy_bytes(self, to: int, source: int, count: int) -> None:
        if count:
            source_bytes, source_at = self.place(source, count, False)
            to_bytes, to_at = self.place(to, count, True)
            to_bytes[to_at : to_at + count] = source_bytes[source_at : source_at + count]

    def invoke(self, function: int, record: int, context: int) -> None:
        self.call(self.kernels[function], record, context)


class _Pointer:
    """Elements from an address on."""

    def __init__(
        self, machine: _Machine, address: int, code: str, size: int, kind: Callable[[Any], Any]
    ) -> None:
        self.machine, self.address = machine, int(address)
        self.code, self.size, self.kind = code, size, kind

    def __getitem__(self, i: int) -> Any:
        memory, at = self.machine.place(self.address + int(i) * self.size, self.size, False)
        return self.kind(struct.unpack_from(self.code, memory, at)[0])

    def __setitem__(self, i: int, value: Any) -> None:
        value = self.kind(value)
        memory, at = self.machine.place(self.address + int(i) * self.size, self.size, True)
        if self.code in ("<f", "<d"):
            memory[at : at + self.size] = value.tobytes()
        else:
            struct.pack_into(self.code, memory, at, value)


def _named(function: Any) -> dict[str, Any]:
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes.extend(each for each in code.co_consts if isinstance(each, type(code)))
    return {name: value for name, value in function.__globals__.items() if name in names}


# Python's functions raise where compiled ones give an infinity or NaN.
_MATH = SimpleNamespace(
    **{
        name: getattr(np, {"pow": "power", "fabs": "abs"}.get(name, name), getattr(math, name))
        for name in dir(math)
        if not name.startswith("_")
    }
)
