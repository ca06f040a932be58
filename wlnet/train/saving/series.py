"""Series of losses and measurements as a few tensors each, however many values they have.

A column of numbers is one tensor. Any other column is three and more: "kinds", a whole number a
value (-1 a number, -2 a table of classes, -3 an array, n a tuple of n arrays), and its arrays: the
"sizes" of all their levels behind how many levels each has, and the numbers of each type, one array
after the other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np

from wlnet.core.arrays import Array, sealed
from wlnet.core.records import Json, refused, shown
from wlnet.core.rules import ArrayKey
from wlnet.io.checks import list_of, pairs_of, text_of
from wlnet.io.keys import beside_key, key_of
from wlnet.results.class_table import ClassTable, Kept, Plotted
from wlnet.train.saving.store import Reader, Writer

NUMBER, TABLE, ARRAY = -1, -2, -3
PLOTS = -10
"""From here down are pictures: of a table, an array, a tuple of none, one, two, ... arrays."""
TYPES = "float64", "float32", "int64"
"""Of arrays that are measured."""
PLACES = {np.dtype(name): place for place, name in enumerate(TYPES)}
MOST_LEVELS = 32
LARGEST = 2**31


def key(*path: str) -> str:
    """The key of a tensor of a series."""
    return beside_key("series", *path)


# Numbers


def put_numbers(store: Writer, at: str, values: Sequence[float]) -> None:
    """Keep numbers; none at all have no tensor."""
    if values:
        store.put(at, np.array(values, np.float64))


def get_numbers(store: Reader, at: str) -> tuple[float, ...]:
    """The numbers that `put_numbers` kept."""
    return _list(store, at, "float64")


def put_wholes(store: Writer, at: str, values: Sequence[int]) -> None:
    """Keep whole numbers."""
    if values:
        store.put(at, np.array(values, np.int64))


def get_wholes(store: Reader, at: str, least: int = 0) -> tuple[int, ...]:
    """The whole numbers that `put_wholes` kept, none below a limit."""
    found = cast("tuple[int, ...]", _list(store, at, "int64"))
    if found and min(found) < least:
        raise refused("a number that is too small", at=shown(at), expected=f"at least {least}")
    return found


def _list(store: Reader, at: str, dtype: str) -> tuple[float, ...] | tuple[int, ...]:
    if not store.has(at):
        return ()
    found = store.get(at, (dtype,))
    if found.ndim != 1 or not found.size:
        raise refused("a list of numbers was expected", at=shown(at), given=f"{found.shape}")
    return tuple(found.tolist())


# Numbers of arrays, one a round


def put_by_array(
    store: Writer, told: Mapping[str, Mapping[ArrayKey, Sequence[float | None]]]
) -> Json:
    """Keep numbers of arrays, in the order of these; by name, the keys of the arrays."""
    found: list[Json] = []
    for number, (name, by_key) in enumerate(told.items(), 1):
        at = "arrays", str(number)
        rows = [[math.nan if n is None else n for n in series] for series in by_key.values()]
        missing = [[n is None for n in series] for series in by_key.values()]
        for where, table in ((at, np.array(rows)), ((*at, "none"), np.array(missing))):
            if table.size:
                store.put(key(*where), table)
        found.append([name, [key_of(each) for each in by_key]])
    return found


def get_by_array(
    store: Reader, told: Json, keys: Sequence[ArrayKey], rounds: int
) -> dict[str, dict[ArrayKey, tuple[float | None, ...]]]:
    """The numbers that `put_by_array` kept. keys: those of the arrays of the net."""
    by_name = {key_of(each): each for each in keys}
    found: dict[str, dict[ArrayKey, tuple[float | None, ...]]] = {}
    for number, (name, names) in enumerate(pairs_of(told, "ByArray"), 1):
        own = [text_of(each, "ByArray") for each in list_of(names, "ByArray", len(keys))]
        if set(own) != by_name.keys() or text_of(name, "ByArray") in found:
            raise refused("numbers of other arrays than those of the net", at=shown(name))
        shape, at = (len(keys), rounds), ("arrays", str(number))
        rows, missing = np.zeros(shape), np.zeros(shape, bool)
        if rows.size:
            rows = store.get(key(*at), ("float64",), shape)
            missing = store.get(key(*at, "none"), ("bool",), shape)
        found[text_of(name, "ByArray")] = {
            by_name[each]: tuple(None if left else n for n, left in zip(row, lefts, strict=True))
            for each, row, lefts in zip(own, rows.tolist(), missing.tolist(), strict=True)
        }
    return found


# Measurements


def put_measurements(store: Writer, at: str, lists: Mapping[str, Sequence[Kept]]) -> Json:
    """Keep lists of measurements; their names, in order."""
    for number, values in enumerate(lists.values(), 1):
        _put_column(store, (at, str(number)), values)
    return [*lists]


def get_measurements(
    store: Reader, at: str, names: Json, count: int, most_classes: int
) -> dict[str, tuple[Kept, ...]]:
    """The lists that `put_measurements` kept, each of so many values. Raises FormatError."""
    told = [text_of(name, at) for name in list_of(names, at)]
    if len(set(told)) != len(told):
        raise refused("two measurements have one name", at=at)
    found = {
        name: _get_column(store, (at, str(number)), most_classes)
        for number, name in enumerate(told, 1)
    }
    for name, values in found.items():
        if len(values) != count:
            expected = f"{count} values, as there are losses"
            what = "a measurement of another length"
            raise refused(what, at=shown(name), given=f"{len(values)} values", expected=expected)
    return found


def _put_column(store: Writer, at: tuple[str, ...], values: Sequence[Kept]) -> None:
    if all(isinstance(value, float) for value in values):
        put_numbers(store, key(*at), values)  # type: ignore[arg-type]
        return
    kinds, arrays = [], []
    for value in values:
        kind, own = _apart(value)
        kinds.append(kind)
        arrays += own
    put_wholes(store, key(*at, "kinds"), kinds)
    put_arrays(store, at, arrays)


def _get_column(store: Reader, at: tuple[str, ...], most_classes: int) -> tuple[Kept, ...]:
    if not store.has(key(*at, "kinds")):
        return get_numbers(store, key(*at))
    kinds = get_wholes(store, key(*at, "kinds"), -LARGEST)
    if any(PLOTS < kind < ARRAY for kind in kinds):
        raise refused("values of no kind that there is", at="/".join(at))
    arrays = get_arrays(store, at)
    found = tuple(_joined(kind, arrays, most_classes, at) for kind in kinds)
    if next(arrays, None) is not None:
        raise refused("more arrays than values", at="/".join(at))
    return found


def _apart(value: Kept) -> tuple[int, list[Array]]:
    """The kind of a value, and its arrays."""
    if isinstance(value, Plotted):
        kind, arrays = _apart(value.of)
        return PLOTS - (kind + 2 if kind >= 0 else TABLE - kind), arrays
    if isinstance(value, ClassTable):
        return TABLE, [np.array(value.size), value.pairs, value.counts]
    if isinstance(value, tuple):
        return len(value), [*value]
    return (ARRAY, [value]) if isinstance(value, np.ndarray) else (NUMBER, [np.array(value)])


def _joined(kind: int, arrays: Iterator[Array], most_classes: int, at: tuple[str, ...]) -> Kept:
    """The value of a kind, of the next arrays."""
    if kind <= PLOTS:
        number = PLOTS - kind
        of = _joined(TABLE - number if number < 2 else number - 2, arrays, most_classes, at)
        assert not isinstance(of, (float, Plotted))
        return Plotted(of)
    count = {NUMBER: 1, TABLE: 3, ARRAY: 1}.get(kind, kind)
    own = [*itertools.islice(arrays, count)]
    if len(own) < count:
        raise refused("fewer arrays than values", at="/".join(at))
    if kind == TABLE:
        return _table(own, most_classes, at)
    if kind == NUMBER:
        if own[0].dtype != np.float64 or own[0].ndim:
            raise refused("a number was expected", at="/".join(at), given=f"{own[0].dtype}")
        return float(own[0])
    return own[0] if kind == ARRAY else tuple(own)


def _table(own: list[Array], most_classes: int, at: tuple[str, ...]) -> ClassTable:
    """A table of classes, the pairs of which it has room for."""
    size, pairs, counts = own
    fits: bool = all(each.dtype == np.int64 for each in (size, pairs))
    fits = fits and size.ndim == 0 and 0 < int(size) <= most_classes
    fits = fits and pairs.ndim == 1 and pairs.shape == counts.shape
    fits = fits and counts.dtype != np.float32
    if fits and pairs.size:
        fits = int(pairs[0]) >= 0 and int(pairs[-1]) < int(size) ** 2
        fits = fits and bool((pairs[1:] > pairs[:-1]).all() and counts.min() > 0)
    if not fits:
        raise refused("a table of classes that cannot be", at="/".join(at))
    return ClassTable(int(size), pairs, counts)


# Arrays, one after the other


def put_arrays(store: Writer, at: tuple[str, ...], arrays: Iterable[Array]) -> None:
    """Keep arrays of any shapes; their numbers lie one after the other, by type."""
    sizes: list[int] = []
    numbers: list[list[Array]] = [[] for _ in TYPES]
    for array in arrays:
        which = PLACES.get(array.dtype)
        if which is None:
            what, given = "a measurement that a file cannot hold", array.dtype.name
            raise refused(what, at="/".join(at), given=given, expected=", ".join(TYPES))
        sizes += (which, array.ndim, *array.shape)
        numbers[which].append(array.reshape(-1))
    put_wholes(store, key(*at, "sizes"), sizes)
    for name, parts in zip(TYPES, numbers, strict=True):
        if sum(part.size for part in parts):
            store.put(key(*at, name), np.concatenate(parts))


def get_arrays(store: Reader, at: tuple[str, ...]) -> Iterator[Array]:
    """The arrays that `put_arrays` kept, read-only, one after the other. Raises FormatError."""
    sizes = iter(get_wholes(store, key(*at, "sizes")))
    numbers = [_numbers(store, at, name) for name in TYPES]
    ends, used = [each.size for each in numbers], [0 for _ in TYPES]
    for which in sizes:
        levels = next(sizes, MOST_LEVELS + 1)
        shape = [] if levels > MOST_LEVELS else [next(sizes, -1) for _ in range(levels)]
        if which >= len(TYPES) or levels > MOST_LEVELS or -1 in shape:
            raise refused("shapes that cannot be", at="/".join(at))
        start = used[which]
        stop = used[which] = start + math.prod(shape)
        if stop > ends[which]:
            raise refused("fewer numbers than arrays", at="/".join(at))
        part = numbers[which][start:stop]
        yield part if levels == 1 else part.reshape(shape)
    if used != ends:
        raise refused("more numbers than arrays", at="/".join(at))


def _numbers(store: Reader, at: tuple[str, ...], name: str) -> Array:
    """The numbers of a type, read-only."""
    if not store.has(key(*at, name)):
        return sealed(np.zeros(0, name))
    found = store.get(key(*at, name), (name,))
    if found.ndim != 1 or not found.size:
        raise refused("a list of numbers was expected", at="/".join(at))
    return found
