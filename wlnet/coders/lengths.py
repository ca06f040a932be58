"""How long sequences are: as long as each says, or all as long as they are told to be."""

from __future__ import annotations

import math
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


def check_lengths(lengths: Sequence[int], where: str, *, of: str) -> None:
    """Raise DataError for the first example without entries. of: what the entries are."""
    for index, length in enumerate(lengths):
        if not length:
            raise refuse(where, index, f"an example without {of}", fix="leave it out of the data")


def single_items(
    batch: Column, depth: int, where: str, *, of: str
) -> tuple[Column, list[tuple[int, ...]]]:
    """The single items of a batch of sequences in one row, and the sizes of each example's levels.

    depth: 1 for a batch of items, 2 for one of lists of items, and so on. Raises DataError for an
    example that is no list, has no entries, or holds lists of several lengths.
    """
    if isinstance(batch, np.ndarray) and batch.ndim == depth:
        return batch.reshape(-1) if depth > 1 else batch, [batch.shape[1:]] * len(batch)
    if depth == 1:
        return batch, [()] * len(batch)
    items: list[object] = []
    sizes: list[tuple[int, ...]] = []
    for index, example in enumerate(batch):
        level: list[object] = [example]
        found: tuple[int, ...] = ()
        for _ in range(depth - 1):
            wrong = [each for each in level if not is_batch(each)]
            if wrong:
                expected = f"a list of {of}"
                what = f"this is no sequence of {of}"
                raise refuse(where, index, what, given=brief(wrong[0]), expected=expected)
            lengths = [len(each) for each in level]  # type: ignore[arg-type]
            if not all(lengths):
                check_lengths([*[1] * index, 0], where, of=of)
            other = next((length for length in lengths if length != lengths[0]), None)
            if other is not None:
                raise refuse(
                    where,
                    index,
                    "lists of several lengths in one example",
                    given=f"{other} {of} after {lengths[0]}",
                    expected="one length for all lists in an example: only examples may differ",
                )
            found = (*found, lengths[0])
            level = [part for each in level for part in each]  # type: ignore[attr-defined]
        items += level
        sizes.append(found)
    return items, sizes


def in_examples(
    rows: np.ndarray, sizes: Sequence[tuple[int, ...]], usual: tuple[int, ...]
) -> np.ndarray | list[np.ndarray]:
    """Rows of single items as examples of these sizes: an array, or a list where sizes differ.
    usual: the sizes that examples have where there are none."""
    if len(set(sizes)) <= 1:
        return rows.reshape(len(sizes), *(sizes[0] if sizes else usual), *rows.shape[1:])
    ends = np.cumsum([math.prod(each) for each in sizes])
    parts = np.split(rows, ends[:-1])
    return [part.reshape(*own, *rows.shape[1:]) for part, own in zip(parts, sizes, strict=True)]
