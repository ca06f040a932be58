"""How long sequences are: as long as they say, or all as long as they are told to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wlnet.coders.encoder import is_batch, refuse
from wlnet.core.errors import Fault, brief
from wlnet.core.gate import Column
from wlnet.core.scalars import as_whole
from wlnet.core.symbols import ALL, Symbol

LARGEST = 2**31 - 1
DEPTHS = tuple(range(1, 9))
"""How many levels sequences of sequences may have, that of a label or its vector counted."""


def as_target_length(given: object, where: str) -> int | Symbol | Fault:
    """The length that all sequences get, or ALL; a fault for anything else."""
    if given is ALL:
        return ALL
    length = as_whole(given)
    if length is not None and 1 <= length <= LARGEST:
        return length
    return Fault(
        "target_length has a value it cannot have",
        at=where,
        given=brief(given),
        expected=f"a whole number from 1 to {LARGEST}, or ALL: as long as each is",
    )


def one_length(lengths: Sequence[int], where: str, *, of: str, fix: str, each: int = 1) -> int:
    """The length that the examples of a batch have. Raises DataError for an example without
    entries, and for the first one that is as long as no other.

    of: what the entries are. fix: what helps where examples differ; `{most}` is the largest length.
    each: how many of the sequences an example has.
    """
    if not len(lengths):
        return 0
    for index, length in enumerate(lengths):
        if not length:
            raise refuse(
                where, index // each, f"an example without {of}", fix="leave it out of the data"
            )
    for index, length in enumerate(lengths):
        if length != lengths[0]:
            raise refuse(
                where,
                index // each,
                "sequences of several lengths",
                given=f"{length} {of} after {lengths[0]}",
                expected="one length for all examples of a batch",
                fix=fix.format(most=max(lengths)),
            )
    return lengths[0]


def single_items(
    batch: Column, depth: int, where: str, *, of: str
) -> tuple[Column, tuple[int, ...]]:
    """The single items of a batch of sequences in one row, and the sizes of the levels they are in.

    depth: 1 for a batch of items, 2 for one of lists of items, and so on. Raises DataError for an
    example that is no list, or longer or shorter than the first.
    """
    levels: tuple[int, ...] = (len(batch),)
    if isinstance(batch, np.ndarray) and batch.ndim == depth:
        return batch.reshape(-1) if depth > 1 else batch, batch.shape
    for _ in range(depth - 1):
        each = len(batch) // max(levels[0], 1)
        for place, item in enumerate(batch):
            if not is_batch(item):
                expected = f"a list of {of}"
                what = f"this is no sequence of {of}"
                raise refuse(where, place // each, what, given=brief(item), expected=expected)
        fix = "bring them to one length, or take those of one length at a time"
        lengths = [len(item) for item in batch]
        size = one_length(lengths, where, of=of, fix=fix, each=each) if lengths else 0
        levels = (*levels, size)
        batch = [part for item in batch for part in item]
    return batch, levels
