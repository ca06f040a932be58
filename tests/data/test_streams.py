"""Columns in files, which may be larger than memory: read when they are used."""

from __future__ import annotations

import importlib
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet.data import array_files, images, parquet_files, table
from wlnet.train import mapped, snapshots, sources

ARRAYS, PARQUET = map(
    importlib.import_module, ("wlnet.data.array_files", "wlnet.data.parquet_files")
)
"""The files, which have functions of their names."""
N, WIDTH = 515, 6
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, WIDTH)).astype(np.float32)
Y = (X[:, :2] ** 2).astype(np.float32)
KIND = np.where(X[:, 0] > 0, "up", "down")


def net() -> Any:
    """With a layer that can be frozen, and dropout."""
    layers = {"low": 5, "ramp": "Ramp", "drop": wl.DropoutLayer(0.2), "high": 2}
    return wl.net_initialize(wl.NetChain(layers, input=WIDTH))


def several(folder: Path, array: np.ndarray, name: str) -> str:
    """An array in files of different lengths, and the pattern of their names."""
    for number, part in enumerate(np.split(array, [40, 41, 300])):
        np.save(folder / f"{name}-{number}.npy", part)
    return str(folder / f"{name}-*.npy")


def row_groups(folder: Path) -> str:
    """The examples in files of Parquet, as vectors and as columns of numbers."""
    columns = {f"x{k}": X[:, k] for k in range(WIDTH)}
    columns |= {"vector": pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), WIDTH)}
    columns |= {"lists": pa.array(list(X)), "kind": KIND, "y": pa.array(list(Y))}
    table = pa.table(columns)
    pq.write_table(table[:300], folder / "p-0.parquet", row_group_size=47)
    pq.write_table(table[300:], folder / "p-1.parquet", row_group_size=100)
    return str(folder / "p-*.parquet")


class Sliced:
    """An array of another library, which is read by slices and by places that rise."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, place: Any) -> np.ndarray:
        if not isinstance(place, slice):
            assert (np.diff(place) > 0).all()
        return self.array[place].copy()


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "PIECE", 4000)
    monkeypatch.setattr(mapped, "available_cores", lambda: 4)


USES: dict[str, dict[str, Any]] = {
    "plainly": {},
    "held out": {"validation_set": wl.Scaled(0.25)},
    "behind a frozen prefix": {"learning_rate_multipliers": {"low": None}},
    "at the end of a round": {"batch_size": 103},
}
TOLD = ["TrainedNet", "BatchLossList", "ValidationLossList"]


def train(x: Any, y: Any, prop: Any = TOLD, **options: Any) -> Any:
    return wl.net_train(
        net(), (x, y), prop, **{"batch_size": 16, "max_training_rounds": 2, **options}
    )


WHOLE: dict[str, Callable[[Path], Any]] = {
    "files of NPY": lambda folder: array_files(several(folder, X, "x")),
    "one of another type": lambda folder: array_files(
        [*np.split(X[:400], 2), X[400:].astype(np.float64)]
    ),
    "an array that is read by slices": lambda folder: array_files([Sliced(X)]),
    "several of these": lambda folder: array_files([Sliced(X[:77]), Sliced(X[77:])]),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", WHOLE)
def test_a_stored_column_trains_as_an_array_does(kind: str, use: str, tmp_path: Path) -> None:
    assert train(WHOLE[kind](tmp_path), Y, **USES[use]) == train(X, Y, **USES[use])


def test_one_file_is_its_memory_map(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    assert isinstance(array_files(tmp_path / "x.npy"), np.memmap)


def test_targets_and_validation_sets_may_be_stored_too(tmp_path: Path) -> None:
    x, y = array_files(several(tmp_path, X, "x")), array_files(several(tmp_path, Y, "y"))
    assert train(x, y, validation_set=(x, y)) == train(X, Y, validation_set=(X, Y))
    trained = train(X, Y, "TrainedNet")
    assert wl.net_measurements(trained, (x, y), "RSquared") == wl.net_measurements(
        trained, (X, Y), "RSquared"
    )
    assert np.array_equal(trained(x), trained(X))


# Blocks


BLOCKS: dict[str, Callable[[Path], Any]] = {
    "files of NPY": lambda folder: array_files(several(folder, X, "x"), "Blocks"),
    "vectors of Parquet": lambda folder: parquet_files(row_groups(folder), "vector")["vector"],
    "lists of Parquet": lambda folder: parquet_files(row_groups(folder), "lists")["lists"],
    "columns of Parquet": lambda folder: parquet_files(
        row_groups(folder), {"Input": [f"x{k}" for k in range(WIDTH)]}
    )["Input"],
}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ARRAYS, "BLOCK", 50 * WIDTH * 4)
    monkeypatch.setattr(sources, "WINDOW", 160 * WIDTH * 4)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", BLOCKS)
def test_a_round_of_blocks_uses_every_example_once(kind: str, tmp_path: Path) -> None:
    column = BLOCKS[kind](tmp_path)
    assert np.array_equal(np.asarray(column), X)
    results = train(column, Y, wl.ALL)
    used = [number for batch in results["BatchPermutation"] for number in batch]
    assert sorted(used) == list(range(1, N + 1))
    blocks = np.searchsorted(column.block_ends, np.array(used) - 1, side="right")
    # In a window there are no more blocks than have 160 examples together.
    turns = 1 + np.count_nonzero(np.diff(blocks))
    assert turns > 3 * len(column.block_ends), "examples of several blocks are mixed"
    last_of_first = max(np.flatnonzero(blocks == blocks[0]))
    assert last_of_first < 160 + 100, "and not all of them with all"


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", BLOCKS)
def test_a_training_on_blocks_is_one_on_arrays_in_that_order(kind: str, tmp_path: Path) -> None:
    column = BLOCKS[kind](tmp_path)
    first = train(column, Y, wl.ALL, max_training_rounds=1)
    order = [np.array(batch) - 1 for batch in first["BatchPermutation"]]

    def batches(state: Any) -> Any:
        return ((X[rows], Y[rows]) for rows in order[:-1])

    # A function has no last batch that is smaller.
    same = wl.net_train(net(), batches, wl.ALL, batch_size=16, max_training_rounds=1)
    assert same["BatchLossList"] == first["BatchLossList"][:-1]


@pytest.mark.usefixtures("small_blocks")
def test_the_order_of_blocks_follows_from_the_seed(tmp_path: Path) -> None:
    column = BLOCKS["files of NPY"](tmp_path)
    assert train(column, Y) == train(column, Y)
    orders = [
        train(column, Y, "BatchPermutation", random_seeding=seed, max_training_rounds=rounds)
        for seed, rounds in ((1, 1), (2, 1), (1, 2))
    ]
    assert orders[0] != orders[1]
    assert orders[0] != orders[2]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("use", ["held out", "behind a frozen prefix"])
def test_blocks_are_held_out_and_passed_through_frozen_layers(use: str, tmp_path: Path) -> None:
    by_row = parquet_files(row_groups(tmp_path), {"Input": "vector", "Output": "y"})
    options = {**USES[use], "max_training_rounds": 1}
    found = wl.net_train(net(), by_row, wl.ALL, batch_size=16, **options)
    order = [np.array(batch) - 1 for batch in found["BatchPermutation"]]
    assert len(order) == found["BatchesPerRound"]
    if use == "held out":
        held = train(X, Y, wl.ALL, **options)["ValidationExampleNumbers"]
        assert found["ValidationExampleNumbers"] == held
        assert not set(held) & {row + 1 for batch in order for row in batch.tolist()}
    else:
        assert np.array_equal(found["TrainedNet"]["low", "Weights"], net()["low", "Weights"])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(0, 40), st.integers(0, 9))
def test_every_row_of_blocks_comes_once_and_near_those_of_its_block(
    counts: list[int], window: int, seed: int
) -> None:
    blocks = np.repeat(np.arange(len(counts)), counts)
    order = sources.shuffled_by_blocks(np.random.default_rng(seed), blocks, window)
    assert sorted(order.tolist()) == list(range(len(blocks)))
    widest = max(window, max(counts))
    for block in range(len(counts)):
        places = np.flatnonzero(blocks[order] == block)
        assert places.max() - places.min() < widest


def test_examples_of_every_window_are_mixed() -> None:
    order = sources.shuffled_by_blocks(np.random.default_rng(0), np.arange(1000) // 10, 100)
    for window in np.split(order // 10, 10):
        assert len(set(window)) == 10
        assert len(set(window[:20])) > 5


# Memory and threads


def test_a_training_takes_memory_for_some_pieces_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "PIECE", 200_000)
    # Batches are kept until no step of theirs can be taken back any more.
    monkeypatch.setattr(snapshots, "HELD", 200_000)
    x = np.zeros((2500, 1000), np.float32)
    for number in range(2):
        np.save(tmp_path / f"x-{number}.npy", x)
    del x
    column = array_files(str(tmp_path / "x-*.npy"))
    y = np.zeros((5000, 1), np.float32)
    net = wl.net_initialize(wl.NetChain([1], input=1000))
    wl.net_train(net, (column, y), batch_size=50, max_training_rounds=1)
    tracemalloc.start()
    wl.net_train(net, (column, y), batch_size=50, max_training_rounds=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # There are 20 MB of examples; those of a batch have 200 kB, and four threads read ahead.
    assert peak < 6e6


def test_row_groups_are_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PARQUET, "KEPT", 100 * WIDTH * 4)
    column = BLOCKS["vectors of Parquet"](tmp_path)
    train(column, Y, "TrainedNet")
    assert sum(each.nbytes for each in column._kept.values()) <= 100 * WIDTH * 4


def test_no_thread_is_left_where_a_training_ends_or_is_broken_off(tmp_path: Path) -> None:
    column = array_files(several(tmp_path, X, "x"))

    def breaks(state: Any) -> None:
        raise ValueError("broken off")

    train(column, Y)
    with pytest.raises(ValueError, match="broken off"):
        train(column, Y, training_progress_function=(breaks, {"Interval": (2, "Batches")}))
    assert not [each for each in threading.enumerate() if each.name.startswith("wlnet-reader")]


def test_functions_of_the_user_are_asked_by_one_thread_in_order(tmp_path: Path) -> None:
    seen: list[int] = []
    alone = threading.Lock()

    def read(items: Any) -> np.ndarray:
        assert alone.acquire(blocking=False), "called by two threads at a time"
        seen.append(threading.get_ident())
        time.sleep(0.002)
        alone.release()
        return np.asarray(items)

    encoder = wl.NetEncoder("Function", read, (WIDTH,), batched=True)
    chain = wl.net_initialize(wl.NetChain([2], input=encoder))
    column = array_files(several(tmp_path, X, "x"))
    own = wl.net_train(chain, (column, Y), batch_size=16, max_training_rounds=1)
    readers = set(seen) - {threading.get_ident()}
    assert len(readers) == 1
    assert own == wl.net_train(chain, (X, Y), batch_size=16, max_training_rounds=1)


# Classes and columns of Parquet


def test_labels_of_parquet_are_classes(tmp_path: Path) -> None:
    chain = wl.NetChain([4, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()])
    data = parquet_files(row_groups(tmp_path), {"Input": "vector", "Output": "kind"})
    trained = wl.net_train(chain, data, batch_size=16, learning_rate=0.02, max_training_rounds=15)
    assert set(trained(X)) == {"up", "down"}
    assert wl.net_measurements(trained, data, "Accuracy") > 0.9


# What cannot be


def test_a_number_that_is_not_finite_is_told_when_it_is_read(tmp_path: Path) -> None:
    x = X.copy()
    x[333, 2] = np.nan
    with pytest.raises(wl.DataError, match=r"(?s)not finite.*data, port Input, example 334"):
        train(array_files(several(tmp_path, x, "x")), Y)


def test_examples_that_do_not_fit_the_net_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(wl.ShapeError, match=r"(?s)port Input.*\(5,\)"):
        train(array_files(several(tmp_path, X[:, :5], "x")), Y)
    with pytest.raises(wl.DataError, match="different length"):
        train(array_files(several(tmp_path, X, "x")), Y[:-1])


def broken(folder: Path) -> Path:
    np.save(folder / "a.npy", X)
    whole = (folder / "a.npy").read_bytes()
    (folder / "a.npy").write_bytes(whole[:-100])
    return folder / "a.npy"


def objects(folder: Path) -> Path:
    np.save(folder / "o.npy", np.array([{}, None], object), allow_pickle=True)
    return folder / "o.npy"


def missing_values(folder: Path) -> dict[str, Any]:
    pq.write_table(pa.table({"a": [1.0, None], "w": [[1.0], [1.0, 2.0]]}), folder / "m.parquet")
    return parquet_files(folder / "m.parquet", "a")


def uneven(folder: Path) -> dict[str, Any]:
    pq.write_table(pa.table({"w": [[1.0], [1.0, 2.0, 3.0]]}), folder / "w.parquet")
    return parquet_files(folder / "w.parquet")


def different(folder: Path) -> dict[str, Any]:
    pq.write_table(pa.table({"a": [1.0]}), folder / "q-1.parquet")
    pq.write_table(pa.table({"b": [1.0]}), folder / "q-2.parquet")
    return parquet_files(str(folder / "q-*.parquet"))


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no such file": (lambda folder: array_files(folder / "a.npy"), "no such file"),
    "no file of a pattern": (lambda folder: array_files(f"{folder}/*.npy"), "no file has such a"),
    "no files": (lambda folder: array_files([]), "no files"),
    "a file that is cut": (
        lambda folder: array_files(broken(folder)),
        r"no whole file.*\n.*a\.npy",
    ),
    "a file with code": (lambda folder: array_files(objects(folder)), "no whole file"),
    "files of several shapes": (
        lambda folder: array_files([X, X[:, :3], X[:0], X.astype(str)]),
        r"(?s)3 faults.*different shapes.*without examples.*other things than numbers",
    ),
    "another shuffle": (lambda folder: array_files([X], "Block"), "did you mean 'Blocks'"),
    "a number": (lambda folder: array_files([3]), "no array"),
    "columns that are not there": (
        lambda folder: parquet_files(row_groups(folder), ["vectr", "kid"]),
        r"(?s)2 faults.*'vectr'.*did you mean 'vector'.*'kid'",
    ),
    "missing values": (missing_values, r"(?s)missing.*row group 1, column a"),
    "lists of several lengths": (uneven, "no vectors of one length"),
    "files of different columns": (different, r"(?s)different columns.*q-2"),
    "no file of Parquet": (
        lambda folder: parquet_files(str(objects(folder))),
        "Parquet cannot be read",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_files_that_cannot_be_used_are_told_by_name(name: str, tmp_path: Path) -> None:
    make, told = WRONG[name]
    with pytest.raises((wl.DataError, wl.OptionError), match=told):
        make(tmp_path)


EXTRAS: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "a table of Parquet": ("pyarrow.parquet", lambda folder: table(folder / "a.parquet"), "tables"),
    "a stream of Parquet": (
        "pyarrow.parquet",
        lambda folder: parquet_files(folder / "a.parquet"),
        "tables",
    ),
    "what speaks Arrow": ("pyarrow", lambda folder: table(ArrowStream()), "tables"),
    "pictures": ("PIL", images, "images"),
}


class ArrowStream:
    """What speaks Arrow."""

    def __arrow_c_stream__(self) -> None:
        """Nothing asks for it where pyarrow is missing."""


@pytest.mark.parametrize("what", EXTRAS)
def test_what_needs_an_extra_names_the_command_that_brings_it(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, use, extra = EXTRAS[what]
    (tmp_path / "a.parquet").touch()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'wlnet\[{extra}\]'"):
        use(tmp_path)
