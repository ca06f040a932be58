"""Chains of kernels, done block by block: loop fusion by strip mining, without new code.

A kernel that goes number by number gives to each worker its share of one range, by GRAIN. Told to
be another worker of many, it does a block of the range. So a chain runs all its kernels on one
block after the other, whose numbers stay in the first cache (L1) from one kernel to the next; what
nobody else reads lies in a buffer of the size of a block, and is never written to memory.
"""

from __future__ import annotations

from typing import Final

from wlnet.kernels.elementwise.maps import GRAIN
from wlnet.kernels.emit.instructions import (
    ITEM,
    call,
    copy_bytes,
    scratch,
    set_word,
    start_of,
    step_number,
    stop_of,
    word,
    worker,
    workers,
)
from wlnet.kernels.language import PerTarget, native

BLOCK_BYTES: Final = 8192
"""Bytes of the numbers of a block. A few of them fit into the first cache, 32 or 48 KiB; much
smaller ones cost more in calls."""
BLOCK = PerTarget(lambda target: BLOCK_BYTES // target.item)
CALL_WORDS: Final = 8
"""Words of a call in a chain: the address of the kernel, and its record."""
CONTEXT_BYTES: Final = 128
"""The context of the worker that a kernel is told to be, at the beginning of the scratch memory."""


def scratch_bytes(calls: int, buffers: int) -> int:
    """How much scratch memory a chain takes."""
    records = -(-8 * CALL_WORDS * calls // 64) * 64
    return CONTEXT_BYTES + records + BLOCK_BYTES * buffers


@native
def chain(context, count, size, calls, moving, moves):  # type: ignore[no-untyped-def]
    """`size` kernels on `count` numbers, block by block; divided like each of them, by GRAIN.

    calls: CALL_WORDS for each kernel. moves: for each of `moving` words of these the number of the
    word, and the number of the buffer that it points into: one begins where the block does.
    """
    own = scratch(context)
    records = own + CONTEXT_BYTES
    buffers = records + (8 * CALL_WORDS * size + 63) // 64 * 64
    copy_bytes(records, calls, 8 * CALL_WORDS * size)
    among = workers(context)
    each = (count + among * BLOCK - 1) // (among * BLOCK)
    first = worker(context) * each
    set_word(own, 1, among * each)
    set_word(own, 3, step_number(context))
    for block in range(first, first + each):
        set_word(own, 0, block)
        start = start_of(own, count, GRAIN)
        if start < stop_of(own, count, GRAIN):
            for k in range(moving):
                buffer = buffers + BLOCK_BYTES * word(moves, 2 * k + 1)
                set_word(records, word(moves, 2 * k), buffer - start * ITEM)
            for i in range(size):
                at = records + 8 * CALL_WORDS * i
                call(word(at, 0), at + 8, own)
