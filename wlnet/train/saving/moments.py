"""Where a training stood, in a file: arrays, what the method keeps, counts, a round under way.

Everything of an array stands in the order of the arrays of the net.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.records import Json, refused, shown
from wlnet.core.rules import ArrayKey
from wlnet.io.checks import list_of, maybe, pairs_of, table_of, text_of, whole_of
from wlnet.io.keys import beside_key, escaped, key_of
from wlnet.results.moment import Moment
from wlnet.train.array_series import BEGUN, SQUARES
from wlnet.train.saving.store import ANY_TYPE, FLOATS, Reader, Writer
from wlnet.train.saving.values import real_of, real_written
from wlnet.train.tallies import ARRAY, KINDS, fits, is_tally, tally_of

NOW = "now"
ENTRIES = {
    "Arrays", "States", "Updates", "Round", "Batch", "InRound", "InPass", "Seen", "BestRank",
    "BestUpdates",
    "Failures",
}  # fmt: skip
BEGUN_KIND = "Arrays"
SHAPES: dict[str, Callable[[Mapping[ArrayKey, Array]], list[tuple[int, ...]]]] = {
    BEGUN: lambda arrays: [array.shape for array in arrays.values()],
    SQUARES: lambda arrays: [(2, len(arrays))],
}
"""What is kept of a round that is no tally, by name: the shapes of its arrays."""
DEEPEST = 8
"""Tallies in tallies."""


def written(moment: Moment, keys: Sequence[ArrayKey], store: Writer) -> Json:
    """The record of a moment. keys: those of the arrays of the net."""
    known = set(keys)
    if not (moment.states.keys() | moment.updates.keys()) <= known:
        raise refused("the training stood at arrays that the net does not have")
    return {
        "Arrays": put_arrays(NOW, moment.arrays, keys, store, ()),
        "States": [_put_states(key, moment.states.get(key), store) for key in keys],
        "Updates": counts(moment.updates, keys),
        "Round": moment.round,
        "Batch": moment.batch,
        "InRound": moment.in_round,
        "InPass": moment.in_pass,
        "Seen": _put_seen(moment.seen, store),
        "BestRank": _numbers(moment.best_rank),
        "BestUpdates": counts(moment.best_updates, keys),
        "Failures": _numbers(moment.failures),
    }


def read(record: Json, keys: Sequence[ArrayKey], store: Reader) -> Moment:
    """The moment of a record. Raises FormatError."""
    row = table_of(record, ENTRIES, "the moment")
    arrays = get_arrays(NOW, row["Arrays"], keys, store, ())
    states = list_of(row["States"], "the states of the method", len(keys))
    found = Moment(
        arrays,
        {
            key: _get_states(key, arrays, told, store)
            for key, told in zip(keys, states, strict=True)
            if told is not None
        },
        read_counts(row["Updates"], keys),
        whole_of(row["Round"], "the moment, Round"),
        whole_of(row["Batch"], "the moment, Batch"),
        whole_of(row["InRound"], "the moment, InRound"),
        whole_of(row["InPass"], "the moment, InPass"),
        _get_seen(row["Seen"], arrays, store),
        maybe(row["BestRank"], lambda told: tuple(map(real_of, list_of(told, "BestRank")))),
        read_counts(row["BestUpdates"], keys),
        maybe(row["Failures"], _failures),
    )
    if found.in_round > found.batch or found.in_pass > found.batch:
        raise refused("a round of more batches than there were", at="the moment")
    return found


def _numbers(told: tuple[float, ...] | None) -> Json:
    return None if told is None else [real_written(value) for value in told]


def _failures(told: Json) -> tuple[float, int, int]:
    best, in_a_row, seen = list_of(told, "Failures", 3)
    return real_of(best), whole_of(in_a_row, "Failures"), whole_of(seen, "Failures")


# Arrays of the net


def put_arrays(
    group: str,
    arrays: Mapping[ArrayKey, Array],
    keys: Sequence[ArrayKey],
    store: Writer,
    others: Sequence[str],
) -> Json:
    """Keep arrays of a net, but those that stand already; for each the place.

    others: groups that the same arrays may stand in, beside the net.
    """
    if arrays.keys() != set(keys):
        raise refused("the training has not just the arrays of its net", at=group)
    found: list[Json] = []
    for key in keys:
        own = beside_key(group, key_of(key))
        places = {**place_keys(key, others), own: "Own"}
        found.append(places[store.put(own, arrays[key], [*places][:-1])])
    return found


def place_keys(key: ArrayKey, others: Sequence[str]) -> dict[str, str]:
    """The keys where an array may stand already -> how the record calls that place."""
    told = {key_of(key): "Net"}
    return told | {beside_key(group, key_of(key)): group for group in others}


def get_arrays(
    group: str, record: Json, keys: Sequence[ArrayKey], store: Reader, others: Sequence[str]
) -> dict[ArrayKey, Array]:
    """The arrays that `put_arrays` kept. Raises FormatError."""
    found = {}
    for key, told in zip(keys, list_of(record, group, len(keys)), strict=True):
        places = {name: place for place, name in place_keys(key, others).items()}
        places["Own"] = beside_key(group, key_of(key))
        name = text_of(told, group)
        if name not in places:
            raise refused("an array stands nowhere", at=group, given=shown(name), known=places)
        found[key] = store.get(places[name])
    return found


def counts(updates: Mapping[ArrayKey, int], keys: Sequence[ArrayKey]) -> Json:
    """How often each array was updated; None of those that never can be."""
    return [updates.get(key) for key in keys]


def read_counts(record: Json, keys: Sequence[ArrayKey]) -> dict[ArrayKey, int]:
    """The counts that `counts` gave. Raises FormatError."""
    told = list_of(record, "Updates", len(keys))
    return {k: whole_of(n, "Updates") for k, n in zip(keys, told, strict=True) if n is not None}


# What the method keeps


def _state_key(key: ArrayKey, name: str) -> str:
    return beside_key("state", key_of(key), escaped(name))


def _put_states(key: ArrayKey, states: Mapping[str, Array] | None, store: Writer) -> Json:
    for name, state in (states or {}).items():
        store.put(_state_key(key, name), state)
    return None if states is None else [*states]


def _get_states(
    key: ArrayKey, arrays: Mapping[ArrayKey, Array], told: Json, store: Reader
) -> dict[str, Array]:
    names = [text_of(name, "States") for name in list_of(told, "States")]
    if key not in arrays or len(set(names)) != len(names):
        raise refused("states of no array, or twice the same", at=shown(key_of(key)))
    return {name: store.get(_state_key(key, name), FLOATS, arrays[key].shape) for name in names}


# What a round that is not over has seen


def _put_seen(seen: Mapping[str, tuple[str, tuple[Any, ...]]], store: Writer) -> Json:
    count = 0

    def put(part: Any) -> Json:
        nonlocal count
        if isinstance(part, np.ndarray):
            count += 1
            if not part.size:
                return {"Empty": [part.dtype.name, *part.shape]}
            store.put(beside_key("tally", str(count)), part)
            return {"Tensor": count}
        if isinstance(part, tuple):
            if is_tally(part):
                return {"Tally": [part[0], [put(each) for each in part[1]]]}
            return [put(each) for each in part]
        return None if part is None else real_written(part)

    return [[name, put(tally)] for name, tally in seen.items()]


def _get_seen(
    record: Json, arrays: Mapping[ArrayKey, Array], store: Reader
) -> dict[str, tuple[str, tuple[Any, ...]]]:
    def get(part: Json, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise refused("tallies in tallies without end", at="Seen")
        if type(part) is list:
            return tuple(get(each, depth + 1) for each in part)
        if type(part) is not dict:
            return None if part is None else real_of(part)
        if part.keys() == {"Tensor"}:
            number = whole_of(part["Tensor"], "Seen", 1)
            return store.get(beside_key("tally", str(number)), ANY_TYPE)
        if part.keys() == {"Empty"}:
            return _empty(list_of(part["Empty"], "Seen"))
        if part.keys() != {"Tally"}:
            return real_of(part)
        kind, parts = list_of(part["Tally"], "Seen", 2)
        known = {ARRAY: 1, BEGUN_KIND: len(arrays)} | {
            name: len(fields(each)) for name, each in KINDS.items()
        }
        if type(kind) is not str or len(list_of(parts, "Seen", known.get(kind))) != known.get(kind):
            raise refused("no such tally", at="Seen", given=shown(kind), known=known)
        return kind, get(parts, depth + 1)

    found = {text_of(name, "Seen"): get(told) for name, told in pairs_of(record, "Seen")}
    for name, tally in found.items():
        if not isinstance(tally, tuple) or not is_tally(tally):
            raise refused("no tally", at=shown(name))
        _check(name, tally[0], tally[1], arrays)
    return found


def _empty(told: list[Json]) -> Array:
    name, *shape = told
    if name not in ANY_TYPE or 0 not in shape or len(shape) > 32:
        raise refused("no empty array", at="Seen")
    return np.zeros([whole_of(size, "Seen", 0, 2**31) for size in shape], str(name))


def _check(name: str, kind: str, parts: tuple[Any, ...], arrays: Mapping[ArrayKey, Array]) -> None:
    """Raise FormatError for a tally that nothing can be added to."""
    if name in SHAPES or kind == BEGUN_KIND:
        shapes = [part.shape for part in parts if isinstance(part, np.ndarray)]
        if name not in SHAPES or shapes != SHAPES[name](arrays):
            raise refused("arrays of other shapes than those of the net", at=shown(name))
        return
    try:
        if not fits(kind, parts):
            raise refused("fields of another kind", at=kind)
        tally: Any = tally_of(kind, parts)
        tally + tally
    except Exception as error:
        raise refused(f"this is no tally: {error}"[:300], at=shown(name)) from None
