"""Loaders of batches, as PyTorch and TensorFlow have them: a pass is a round, of any batches."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import numbers, perceptron
from wlnet.data import batches

X, Y = numbers(20)
SIZE = 8
"""Two whole batches, and one of 4."""


def cut(x: Any, y: Any) -> list[tuple[Any, Any]]:
    return [(x[i : i + SIZE], y[i : i + SIZE]) for i in range(0, len(x), SIZE)]


class Tensor:
    """A tensor as PyTorch has it: a gradient may be wanted, and then it is no array at once."""

    def __init__(self, array: np.ndarray, *, requires_grad: bool = False) -> None:
        self.array, self.requires_grad, self.shape = array, requires_grad, array.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.array if dtype is None else self.array.astype(dtype)

    def __len__(self) -> int:
        return len(self.array)

    def detach(self) -> Tensor:
        return Tensor(self.array)


class OnlyDLPack:
    """A tensor that speaks DLPack alone."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape = array, array.shape

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


class OnlyNumpy:
    """A tensor that has the method alone."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape = array, array.shape

    def numpy(self) -> np.ndarray:
        return self.array


class DataLoader:
    """What the DataLoader of PyTorch shows: it collates pairs into lists."""

    def __init__(self, x: Any, y: Any) -> None:
        self.dataset, self.batch_sampler, self.batch_size = list(zip(x, y, strict=True)), [], SIZE
        self.given = cut(x, y)

    def __len__(self) -> int:
        return len(self.given)

    def __iter__(self) -> Iterator[Any]:
        for x, y in self.given:
            yield [Tensor(x), Tensor(y, requires_grad=True)]


class Dataset:
    """What a Dataset of TensorFlow shows: tuples, and perhaps no length."""

    element_spec = (None, None)

    def __init__(self, x: Any, y: Any) -> None:
        self.given = cut(x, y)

    def __len__(self) -> int:
        raise TypeError("The dataset length is unknown.")

    def __iter__(self) -> Iterator[Any]:
        return iter([(OnlyNumpy(x), OnlyNumpy(y)) for x, y in self.given])


class Plain:
    """An iterable of somebody's own."""

    def __init__(self, given: Any, length: int | None = None) -> None:
        self.given, self.length, self.passes = given, length, 0

    def __iter__(self) -> Iterator[Any]:
        self.passes += 1
        return iter(self.given)

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError
        return self.length


LOADERS: dict[str, Any] = {
    "a DataLoader of PyTorch": lambda: DataLoader(X, Y),
    "a Dataset of TensorFlow": lambda: Dataset(X, Y),
    "an iterable": lambda: batches(Plain(cut(X, Y))),
    "an iterable that knows its length": lambda: batches(Plain(cut(X, Y), 3)),
    "a list of batches": lambda: batches(cut(X, Y)),
    "tensors that speak DLPack": lambda: batches(
        [(OnlyDLPack(x.copy()), OnlyDLPack(y.copy())) for x, y in cut(X, Y)]
    ),
    "dicts": lambda: batches([{"Input": x, "Output": y} for x, y in cut(X, Y)]),
    "lists of examples": lambda: batches([list(zip(x, y, strict=True)) for x, y in cut(X, Y)]),
}


def train(data: Any, prop: Any = "TrainedNet", **options: Any) -> Any:
    return wl.net_train(perceptron(), data, prop, **{"max_training_rounds": 4, **options})


def in_order(state: Any) -> Iterator[Any]:
    """The batches as a function gives them, the last one left out."""
    yield from cut(X, Y)[:2]


@pytest.mark.parametrize("name", LOADERS)
def test_every_loader_trains_on_the_batches_that_it_gives(name: str) -> None:
    results = train(LOADERS[name](), wl.ALL)
    assert results["BatchesPerRound"] == 3
    assert results["TotalBatches"] == 12
    assert results["TrainedNet"] == train(LOADERS["an iterable"]())


def test_a_pass_is_that_of_the_same_batches_from_columns() -> None:
    first = train((X, Y), wl.ALL, batch_size=SIZE, max_training_rounds=1)
    order = [np.array(rows) - 1 for rows in first["BatchPermutation"]]
    assert [len(rows) for rows in order] == [8, 8, 4]
    given = batches([(X[rows], Y[rows]) for rows in order])
    again = train(given, wl.ALL, max_training_rounds=1)
    assert again["TrainedNet"] == first["TrainedNet"]
    assert again["RoundLossList"] == first["RoundLossList"]


def test_without_a_last_smaller_batch_it_is_as_a_function_that_yields() -> None:
    x, y = X[:16], Y[:16]
    assert train(batches(cut(x, y))) == train(in_order, batch_size=SIZE)


def test_a_loader_is_begun_once_for_each_round() -> None:
    own = Plain(cut(X, Y), 3)
    train(batches(own))
    assert own.passes == 4


def test_what_a_loader_gives_is_not_changed_and_may_lie_in_memory_that_is_filled_again() -> None:
    x, y = np.empty((SIZE, X.shape[1]), np.float32), np.empty((SIZE, Y.shape[1]), np.float32)

    class Reusing:
        def __iter__(self) -> Iterator[Any]:
            for a, b in cut(X, Y)[:2]:
                x[:], y[:] = a, b
                x.flags.writeable = y.flags.writeable = False
                yield x, y
                assert np.array_equal(x, a)
                x.flags.writeable = y.flags.writeable = True

    assert train(batches(Reusing())) == train(batches(cut(X[:16], Y[:16])))


def test_schedules_that_go_by_the_length_of_a_training_know_that_of_a_loader() -> None:
    method = wl.Adam(learning_rate_schedule=lambda t, total: 1 - t / total)
    train(LOADERS["a DataLoader of PyTorch"](), method=method)
    with pytest.raises(wl.OptionError, match="schedule"):
        train(LOADERS["a Dataset of TensorFlow"](), method=method)


def test_a_round_of_so_many_examples_goes_through_several_passes() -> None:
    results = train((batches(cut(X, Y)), {"RoundLength": 40}), wl.ALL, max_training_rounds=3)
    assert results["BatchesPerRound"] == 5


def test_loaders_are_validated_on_and_measured() -> None:
    net = train((X, Y))
    loader = DataLoader(X, Y)
    told = wl.net_measurements(net, loader, ["MeanSquare", "RSquared"])
    assert told == pytest.approx(wl.net_measurements(net, (X, Y), ["MeanSquare", "RSquared"]))
    both = [train((X, Y), "ValidationLossList", validation_set=held) for held in (loader, (X, Y))]
    assert both[0] == both[1]
    told = train((X, Y), wl.ALL, validation_set=(loader, {"Interval": 2}))
    assert told["ValidationExamples"] == 20


def test_a_training_on_a_loader_is_taken_up_where_it_was_broken_off(tmp_path: Path) -> None:
    whole = train(DataLoader(X, Y), wl.ALL)
    for event in (2, 3, 4):  # within a pass, at its end, after it
        file = tmp_path / f"{event}.wlnet"

        def stop(state: Any, event: int = event) -> None:
            if state["AbsoluteBatch"] == event + 1:
                raise ValueError("broken off")

        with pytest.raises(ValueError, match="broken off"):
            train(
                DataLoader(X, Y),
                training_progress_function=(stop, {"Interval": (1, "Batches")}),
                training_progress_checkpointing=("File", file, {"Interval": (1, "Batches")}),
            )
        with pytest.warns(wl.TrainingWarning, match="keeps by itself between two calls"):
            again = wl.net_resume(file, DataLoader(X, Y), training_progress_function=None)
        assert again["TrainedNet"] == whole["TrainedNet"]


def test_going_on_from_a_record_begins_a_new_pass() -> None:
    whole = train(DataLoader(X, Y), wl.ALL)
    half = train(DataLoader(X, Y), wl.ALL, max_training_rounds=2)
    rest = wl.net_train(half, DataLoader(X, Y), wl.ALL, max_training_rounds=2)
    assert rest["TrainedNet"] == whole["TrainedNet"]


def test_nothing_holds_on_to_a_loader() -> None:
    loader = DataLoader(X, Y)
    gone = weakref.ref(loader)
    results = train(loader, wl.ALL)
    del loader
    gc.collect()
    assert gone() is None
    assert results["TotalBatches"] == 12


WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "another size of batches": (
        lambda: DataLoader(X, Y),
        {"batch_size": 7},
        r"(?s)up to what loads them.*batch_size.*7.*8, as the first batch has",
    ),
    "a loader that is shorter than it says": (
        lambda: batches(Plain(cut(X, Y), 4)),
        {},
        r"(?s)another length than it says.*round 1.*3 batches.*4, which is len",
    ),
    "a loader that is longer than it says": (
        lambda: batches(Plain(cut(X, Y), 2)),
        {},
        r"(?s)another length than it says.*round 1.*more than 2",
    ),
    "a loader without batches": (lambda: batches([]), {}, "gave no batch"),
    "batches of three": (
        lambda: batches([(x, y, y) for x, y in cut(X, Y)]),
        {},
        "generator's batch 1 of round 1",
    ),
    "single examples": (lambda: batches(list(zip(X, Y, strict=True))), {}, "batch 1 of round 1"),
    "columns of several lengths": (
        lambda: batches([(x, y[1:]) for x, y in cut(X, Y)]),
        {},
        r"(?s)different length.*batch 1 of round 1",
    ),
    "a batch that is not finite": (
        lambda: batches(
            [(x, y) if i < 2 else (x * np.nan, y) for i, (x, y) in enumerate(cut(X, Y))]
        ),
        {},
        r"(?s)not finite.*batch 3 of round 1, port Input, example 1",
    ),
    "an iterator": (lambda: batches(iter(cut(X, Y))), {}, r"(?s)only once.*list\(it\)"),
    "a number": (lambda: batches(3), {}, "gives no batches"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_loader_is_told_with_its_place(name: str) -> None:
    made, options, told = WRONG[name]
    with pytest.raises((wl.DataError, wl.OptionError, wl.ShapeError), match=told):
        train(made(), **options)


def test_a_plain_list_of_pairs_is_still_one_of_examples() -> None:
    pairs = list(zip(X, Y, strict=True))
    assert train(pairs, wl.ALL, batch_size=20)["TrainingExamples"] == 20
