"""A function that was compiled for a net, on every element: its machine code is called by its
address, so that this kernel is the same for all of them."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.elementwise.maps import GRAIN
from wlnet.kernels.emit.instructions import ITEM, start_of, stop_of
from wlnet.kernels.emit.vectors import POINTER, WORD, Kit
from wlnet.kernels.language import Address, Word, instruction, native

MOST = 4
"""Operands of a function."""


@instruction("none", *["word"] * (MOST + 3))
def call_loop(kit: Kit, loop: Address, count: Word, *addresses: Address) -> Any:
    """Call a loop over so many numbers (kernels/jit/functions.py) with its operands and result."""
    kinds = [WORD, *[POINTER] * len(addresses)]
    function = kit.builder.inttoptr(loop, ir.FunctionType(ir.VoidType(), kinds).as_pointer())
    kit.builder.call(function, [count, *map(kit.at, addresses)])


@native
def compiled(context, count, loop, x1, x2, x3, x4, y):  # type: ignore[no-untyped-def]
    """y[i] = the function of x1[i], x2[i], ...; operands that it has not are 0.

    loop: the address of its machine code.
    """
    start, stop = start_of(context, count, GRAIN), stop_of(context, count, GRAIN)
    if stop > start:
        first = ITEM * start
        call_loop(loop, stop - start, x1 + first, x2 + first, x3 + first, x4 + first, y + first)
