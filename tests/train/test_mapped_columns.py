"""Columns that lie in files are never converted as a whole."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.train import mapped, stepping

N, WIDTH = 515, 6
KINDS = {
    "float64": lambda rng, shape: rng.standard_normal(shape),
    "bytes": lambda rng, shape: rng.integers(0, 256, shape, np.uint8),
    "int16": lambda rng, shape: rng.integers(-9, 9, shape, np.int16),
    "float32": lambda rng, shape: rng.standard_normal(shape).astype(np.float32),
}


def lying(array: Any, folder: Path, name: str = "x") -> Any:
    """An array as a map of a file."""
    np.save(folder / f"{name}.npy", array)
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def net() -> Any:
    """With a layer that can be frozen, and dropout."""
    layers = {"low": 5, "ramp": "Ramp", "drop": wl.DropoutLayer(0.2), "high": 2}
    return wl.net_initialize(wl.NetChain(layers, input=WIDTH))


USES: dict[str, dict[str, Any]] = {
    "plainly": {},
    "held out": {"validation_set": wl.Scaled(0.25)},
    "behind a frozen prefix": {"learning_rate_multipliers": {"low": None}},
    "diverging": {
        "method": ("SGD", {"LearningRateSchedule": lambda t, total: 1e300 if t == 21 else 1.0})
    },
}


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_mapped_column_trains_as_an_array_does(
    kind: str, use: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "PIECE", 1000)
    rng = np.random.default_rng(0)
    x, y = KINDS[kind](rng, (N, WIDTH)), rng.standard_normal((N, 2)).astype(np.float32)
    options: dict[str, Any] = {"batch_size": 16, "max_training_rounds": 2, **USES[use]}
    options.setdefault("validation_set", (x[:40], y[:40]))
    same = wl.net_train(net(), (x, y), wl.ALL, **options)
    if not isinstance(options["validation_set"], wl.Scaled):
        options["validation_set"] = lying(x[:40], tmp_path, "held"), y[:40]
    found = wl.net_train(net(), (lying(x, tmp_path), y), wl.ALL, **options)
    told = ["ReasonTrainingStopped", "BatchLossList", "ValidationLossList", "TrainedNet"]
    assert found[told] == same[told]
    loss = wl.net_measurements(found["TrainedNet"], (lying(x, tmp_path), y), "Loss")
    assert loss == wl.net_measurements(found["TrainedNet"], (x, y), "Loss")


def words() -> Any:
    """Of which several are looked up for an example."""
    layers = {"low": wl.EmbeddingLayer(2, 9), "flat": wl.FlattenLayer(), "high": 2}
    return wl.net_initialize(wl.NetChain(layers, input=(3,)))


def shares() -> Any:
    """Which learns probabilities of three classes."""
    return wl.net_initialize(wl.NetChain([3, wl.SoftmaxLayer()], input=WIDTH))


def drawn_shares(rng: np.random.Generator) -> Any:
    rows = rng.uniform(0.1, 1, (N, 3))
    return rows / rows.sum(axis=1, keepdims=True)


OTHERS: dict[str, Any] = {
    "indices": (words, lambda rng: (rng.integers(1, 10, (N, 3)), rng.normal(size=(N, 2)))),
    "bytes": (words, lambda rng: (rng.integers(1, 10, (N, 3), np.uint8), rng.normal(size=(N, 2)))),
    "numbers": (net, lambda rng: (rng.normal(size=(N, WIDTH)), rng.integers(-3, 4, (N, 2)))),
    "shares": (shares, lambda rng: (rng.normal(size=(N, WIDTH)), drawn_shares(rng))),
}


@pytest.mark.parametrize("use", ["plainly", "held out", "behind a frozen prefix"])
@pytest.mark.parametrize("what", OTHERS)
def test_mapped_indices_and_targets_train_as_arrays_do(
    what: str, use: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "PIECE", 1000)
    make, draw = OTHERS[what]
    x, y = draw(np.random.default_rng(0))
    options: dict[str, Any] = {"batch_size": 16, "max_training_rounds": 2, **USES[use]}
    if what == "shares":
        options["loss_function"] = wl.CrossEntropyLossLayer("Probabilities")
    if what == "shares" and use == "behind a frozen prefix":
        options["learning_rate_multipliers"] = {(1, "Biases"): None}
    told = ["BatchLossList", "ValidationLossList", "TrainedNet"]
    same = wl.net_train(make(), (x, y), told, **options)
    lie = lying(x, tmp_path), lying(y, tmp_path, "y")
    assert wl.net_train(make(), lie, told, **options) == same
    measured = {"loss_function": options.get("loss_function", wl.AUTOMATIC)}
    loss = wl.net_measurements(same[2], (x, y), "Loss", **measured)
    assert wl.net_measurements(same[2], lie, "Loss", **measured) == loss


def test_a_mapped_share_above_1_is_told_with_its_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "PIECE", 1000)
    y = drawn_shares(np.random.default_rng(0))
    y[411, 1] = 2
    loss = wl.CrossEntropyLossLayer("Probabilities")
    with pytest.raises(wl.DataError, match=r"probabilities\n.*example 412\n.*2\n"):
        wl.net_train(shares(), (np.ones((N, WIDTH)), lying(y, tmp_path)), loss_function=loss)


@pytest.mark.parametrize("what", ["an input", "indices", "a target"])
def test_no_more_than_a_piece_is_converted_at_a_time(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = 1 << 20
    monkeypatch.setattr(mapped, "PIECE", piece)
    monkeypatch.setattr(stepping.Snapshot, "is_old", True)
    wide = lying(np.ones((1 << 16, 64), np.int64 if what == "indices" else np.float64), tmp_path)
    x, y = wide, np.ones((len(wide), 1), np.float32)
    layers: list[Any] = [1]
    if what == "indices":
        layers = [wl.EmbeddingLayer(1, 2), 1]
    elif what == "a target":
        x, y, layers = y, wide, [64]
    few = wl.net_initialize(wl.NetChain(layers, input=x.shape[1]))
    options: dict[str, Any] = {"batch_size": 256, "max_training_rounds": 2}
    # Every kernel is there.
    wl.net_train(few, (np.array(x[:512]), np.array(y[:512])), **options)
    tracemalloc.start()
    try:
        wl.net_train(few, (x, y), validation_set=wl.Scaled(0.25), **options)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    whole = wide.size * 4
    assert whole == 16 * piece
    assert peak < whole / 2


def test_a_mapped_number_that_is_too_large_is_told_with_its_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "PIECE", 1000)
    x = np.ones((N, WIDTH))
    x[411, 3] = 1e60
    with pytest.raises(wl.DataError, match=r"too large for Real32\n.*example 412\n.*1e\+60"):
        wl.net_train(net(), (lying(x, tmp_path), np.ones((N, 2))))
