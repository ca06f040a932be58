"""The language that kernels are written in: plain functions over addresses, declared without a
compiler. A small language inside of Python (an embedded DSL), compiled by way of Numba and LLVM.

A kernel is a Python function of a context and of words: sizes, strides, addresses. Its body names
instructions (instructions.py, tiles.py), routines, and numbers that depend on the target. What
they stand for is put in when the kernel is compiled, once for each precision, so that a body is
written once. Importing a kernel costs nothing and needs no Numba.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeAlias

Precision = Literal["Real32", "Real64"]
ITEM: Final[dict[str, int]] = {"Real32": 4, "Real64": 8}
"""Bytes of a real number."""

# What stands for a value of LLVM while code is emitted: read, and not checked.
Word: TypeAlias = Any
"""An integer of 64 bits: a size, a distance in bytes, a code."""
Address: TypeAlias = Any
"""A word that says where something lies."""
Scalar: TypeAlias = Any
"""One real number."""
Vector: TypeAlias = Any
"""As many numbers as a vector has lanes, or a truth for each of them (a mask)."""


@dataclass(frozen=True)
class Target:
    """What a kernel is compiled for: its real numbers, and how many bytes a vector has."""

    precision: Precision
    width: int

    @property
    def item(self) -> int:
        return ITEM[self.precision]

    @property
    def lanes(self) -> int:
        """How many real numbers a vector has."""
        return self.width // self.item


@dataclass(frozen=True)
class PerTarget:
    """A number that depends on the target, named in the bodies of kernels."""

    of: Callable[[Target], int]


@dataclass(frozen=True)
class Instruction:
    """A name whose meaning is LLVM code.

    generate(kit, *arguments) emits it; kit knows the target. result, arguments: names of types,
    see compiling.py. `plain` does the same in Python where that is possible.
    """

    generate: Callable[..., Any]
    result: str
    arguments: tuple[str, ...]
    plain: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        return self.generate.__name__

    def __call__(self, *arguments: Any) -> Any:
        if self.plain is None:
            raise NotImplementedError(f"{self.name} exists only in compiled kernels")
        return self.plain(*arguments)


def instruction(
    result: str, *arguments: str, plain: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], Instruction]:
    """Declare an instruction by the types of its result and arguments."""

    def declare(generate: Callable[..., Any]) -> Instruction:
        return Instruction(generate, result, arguments, plain)

    return declare


@dataclass(frozen=True, eq=False)
class Routine:
    """A part of kernels, compiled into those that call it."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


def routine(function: Callable[..., Any]) -> Routine:
    """Declare a part of kernels."""
    return Routine(function)


@dataclass(frozen=True, eq=False)
class Kernel:
    """A function of a context and of the words of its record, in the order of its parameters."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The words of a record, in order."""
        return _fields(self.function)


# Not a cached_property: that takes a lock in some versions of Python, and a child that is forked
# meanwhile would wait for it.
@cache
def _fields(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)[1:]


KERNELS: Final[dict[str, Kernel]] = {}
"""The kernels of the modules that are imported, by name."""


def native(function: Callable[..., Any]) -> Kernel:
    """Declare a kernel: `f(context, word, word, ...)`.

    It must not raise and allocates nothing. Every worker is called with the same record and does
    its share, which `worker(context)` of `workers(context)` tells. Each number that is written
    depends on no division of the work, so that the bits are the same for any number of workers.
    """
    kernel = Kernel(function)
    if function.__module__.startswith(f"{__package__}."):
        # The name is that of the machine code in the cache.
        if kernel.name in KERNELS:
            raise ValueError(f"there are two kernels {kernel.name}")
        KERNELS[kernel.name] = kernel
    return kernel
