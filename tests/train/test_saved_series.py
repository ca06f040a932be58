"""Series of measurements come back to the bit; what their tensors say otherwise is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.saved_records import plain
from wlnet.core.arrays import sealed
from wlnet.core.errors import FormatError
from wlnet.results.class_table import ClassTable
from wlnet.train.saving import series
from wlnet.train.saving.store import Reader, Writer

ARRAYS = st.sampled_from(series.TYPES).flatmap(
    lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
)
TABLES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1).map(
    lambda pairs: ClassTable.of(*np.array(pairs, np.int64).T, 3)
)
KEPT = st.floats() | ARRAYS | TABLES | st.lists(ARRAYS, max_size=3).map(tuple)


def through(lists: dict[str, list[Any]], count: int) -> Any:
    store = Writer({})
    names = series.put_measurements(store, "round", lists)
    reader = Reader({key: sealed(array) for key, array in store.tensors.items()})
    found = series.get_measurements(reader, "round", names, count, 3)
    reader.end()
    return found


@given(st.lists(KEPT, min_size=1), st.text())
def test_measurements_of_any_kinds_come_back(values: list[Any], name: str) -> None:
    found = through({name: values}, len(values))
    assert plain(found) == plain({name: tuple(values)})
    for value in found[name]:
        for array in value if isinstance(value, tuple) else (value,):
            assert not isinstance(array, np.ndarray) or not array.flags.writeable


@given(st.integers(0, 4), st.integers(0, 3), st.data())
def test_numbers_of_arrays_come_back(count: int, rounds: int, drawn: Any) -> None:
    keys = [(number, "Weights") for number in range(1, count + 1)]
    row = st.lists(st.none() | st.floats(), min_size=rounds, max_size=rounds).map(tuple)
    told = {name: {key: drawn.draw(row) for key in keys} for name in ("WeightsRMS", "UpdatesRMS")}
    store = Writer({})
    names = series.put_by_array(store, told)
    reader = Reader({key: sealed(array) for key, array in store.tensors.items()})
    assert plain(series.get_by_array(reader, names, keys, rounds)) == plain(told)
    reader.end()


ONE = np.arange(3.0)
F64 = series.TYPES.index("float64")
FORGED: dict[str, tuple[list[int], list[int], Any]] = {
    "a longer array than there are numbers": ([-3], [F64, 1, 4], ONE),
    "a shorter one": ([-3], [F64, 1, 2], ONE),
    "an array of an unknown type": ([-3], [9, 1, 3], ONE),
    "an array of too many levels": ([-3], [F64, 33, *[1] * 33], ONE),
    "an array without its sizes": ([-3], [F64, 2, 3], ONE),
    "an array without its levels": ([-3], [F64], ONE),
    "sizes whose product is too large": ([-3], [F64, 2, 2**62, 2**62], ONE),
    "a size below 0": ([-3], [F64, 2, -1, -3], ONE),
    "an array more": ([-3], [F64, 1, 1, F64, 1, 2], ONE),
    "an array less": ([-3, -3], [F64, 1, 3], ONE),
    "an unknown kind": ([-4], [F64, 1, 3], ONE),
    "a number with levels": ([-1], [F64, 1, 3], ONE),
    "a table of other arrays": ([-2], [F64, 1, 1, F64, 1, 1, F64, 1, 1], ONE),
    "numbers in rows": ([-3], [F64, 2, 1, 3], ONE[None]),
    "a tuple of more arrays": ([10**12], [F64, 1, 3], ONE),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_tensors_are_refused(name: str) -> None:
    kinds, sizes, numbers = FORGED[name]
    key = series.key("round", "1")
    tensors = {
        f"{key}/kinds": np.array(kinds),
        f"{key}/sizes": np.array(sizes),
        f"{key}/float64": numbers,
    }
    reader = Reader({key: sealed(array) for key, array in tensors.items()})
    with pytest.raises(FormatError):
        series.get_measurements(reader, "round", ["x"], len(kinds), 3)


def test_the_tensors_that_are_forged_are_those_of_an_array() -> None:
    store = Writer({})
    series.put_measurements(store, "round", {"x": [ONE]})
    kinds, sizes = (store.tensors[series.key("round", "1", each)] for each in ("kinds", "sizes"))
    assert (kinds.tolist(), sizes.tolist()) == ([-3], [F64, 1, 3])


@pytest.mark.parametrize(
    "column", [[2, 4, 4], [2, 0, 0], [3, 9, 1], [2, 1, 0], [3, 0, 1], [0, 1, 1]]
)
def test_forged_tables_are_refused(column: list[int]) -> None:
    size, pair, count = column
    table = ClassTable(size, np.array([pair, pair] if pair == 0 else [pair]),
                       np.array([count, count] if pair == 0 else [count]))  # fmt: skip
    store = Writer({})
    names = series.put_measurements(store, "round", {"x": [table]})
    with pytest.raises(FormatError, match="a table of classes that cannot be"):
        series.get_measurements(Reader(store.tensors), "round", names, 1, 3)
