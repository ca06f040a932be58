"""Digests: SHA-256 of the numbers that a training reads, by column (of arrays: core/digests.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from wlnet.core.digests import little_endian
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Ragged
from wlnet.train.mapped import Mapped, pieces
from wlnet.train.parallel.shards import ShardedSource
from wlnet.train.preparation import Prepared
from wlnet.train.sources import ArraySource


@dataclass(frozen=True)
class Digests:
    """SHA-256 by column of the data, and of the validation set; empty where they were not taken.

    What functions give is not there before it is used: it has no digest.
    """

    data: Mapping[str, str] = field(default_factory=dict)
    validation: Mapping[str, str] = field(default_factory=dict)


NO_DIGESTS = Digests()


def digests_of(prepared: Prepared) -> Digests:
    """The digests of what a training reads."""
    source = prepared.source
    data: Mapping[str, str] = {}
    if isinstance(source, ShardedSource):
        data = source.digests()
    elif isinstance(source, ArraySource):
        data = column_digests(source)
    return Digests(data, column_digests(prepared.validation))


def column_digests(source: ArraySource | None) -> dict[str, str]:
    """SHA-256 of each column of a source, with its type and shape; of none without a source.

    Without columns there are numbers of examples alone: how many there are.
    """
    if source is None:
        return {}
    if not source.columns:
        return {"": f"{source.examples} examples"}
    return {str(name): _column_digest(column) for name, column in source.columns.items()}


def _column_digest(column: Array | Mapped | Ragged) -> str:
    if isinstance(column, Ragged):
        return _ragged_digest(column)
    first = column[:1]
    found = hashlib.sha256(f"{first.dtype.str} {len(column)} {first.shape[1:]}".encode())
    for part in _parts(column):
        found.update(part)
    return found.hexdigest()


def _ragged_digest(column: Ragged) -> str:
    """That of examples of several shapes, one after another, each with its shape."""
    places = sorted((row, part, i) for part, each in enumerate(column.parts)
                    for i, row in enumerate(each.rows.tolist()))  # fmt: skip
    dtype = column.parts[0].values.dtype
    found = hashlib.sha256(f"{dtype.str} {len(column)} examples".encode())
    for _, part, i in places:
        example = column.parts[part].values[i : i + 1]
        found.update(f"{example.shape[1:]}".encode())
        found.update(little_endian(example))
    return found.hexdigest()


def _parts(column: Array | Mapped) -> Iterator[memoryview]:
    if isinstance(column, np.ndarray) and column.flags.c_contiguous:
        yield little_endian(column)
        return
    for start, stop in pieces(len(column), column[:1].nbytes):
        yield little_endian(column[start:stop])


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The columns that are not the same, in the order of both."""
    names = dict.fromkeys((*before, *now))
    return [name for name in names if before.get(name) != now.get(name)]
