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


def test_no_more_than_a_piece_is_converted_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = 1 << 20
    monkeypatch.setattr(mapped, "PIECE", piece)
    monkeypatch.setattr(stepping.Snapshot, "is_old", True)
    x = lying(np.ones((1 << 16, 64)), tmp_path)
    y = np.ones((len(x), 1), np.float32)
    few = wl.net_initialize(wl.NetChain([1], input=64))
    options: dict[str, Any] = {"batch_size": 256, "max_training_rounds": 2}
    wl.net_train(few, (np.ones((512, 64)), y[:512]), **options)  # every kernel is there
    tracemalloc.start()
    try:
        wl.net_train(few, (x, y), validation_set=wl.Scaled(0.25), **options)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    whole = x.size * 4
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
