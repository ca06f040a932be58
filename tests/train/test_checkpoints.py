"""Checkpoints: when they are written, which of them stay, and what happens where they cannot be."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.train.test_going_on import net
from tests.training_cases import changed, numbers
from wlnet.train import checkpoints

DATA = numbers(25)
"""Seven batches of four a round."""


def train(kept: Any, rounds: int = 6, **options: Any) -> Any:
    return wl.net_train(net(), DATA, wl.ALL, batch_size=4, max_training_rounds=rounds,
                        training_progress_checkpointing=kept, **options)  # fmt: skip


def batches_of(files: list[str]) -> list[int]:
    """After which batches these were written, by their names."""
    return [int(Path(each).name.split("_")[3]) for each in files]


def test_one_file_is_replaced_again_and_again(tmp_path: Path) -> None:
    file = tmp_path / "run.wlnet"
    results = train(("File", file))
    assert results["CheckpointingFiles"] == [str(file)]
    assert os.listdir(tmp_path) == ["run.wlnet"]
    assert wl.load(file)["TotalRounds"] == 6


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [7, 14, 21, 28, 35, 42]),
        ({"Interval": 2}, [14, 28, 42]),
        ({"Interval": 4}, [28, 42]),
        ({"Interval": (10, "Batches")}, [10, 20, 30, 40, 42]),
        ({"Interval": (50, "Percent")}, [21, 42]),
        ({"Interval": (1, "Hours")}, [42]),
        ({"Keep": 2}, [35, 42]),
        ({"Keep": ("Last", 3), "Interval": (10, "Batches")}, [30, 40, 42]),
    ],
)
def test_a_folder_gets_one_more_file_each_time_and_one_at_the_end(
    options: dict[str, Any], expected: list[int], tmp_path: Path
) -> None:
    results = train(("Directory", tmp_path / "runs", options))
    files = results["CheckpointingFiles"]
    assert batches_of(files) == expected
    assert sorted(map(str, (tmp_path / "runs").iterdir())) == sorted(files)


@pytest.mark.parametrize("count", [1, 2])
def test_the_best_stay_by_their_validation(count: int, tmp_path: Path) -> None:
    keep = "Best" if count == 1 else ("Best", count)
    results = train(("Directory", tmp_path, {"Keep": keep}), 12, learning_rate=0.1,
                    validation_set=numbers(9, seed=4))  # fmt: skip
    losses = results["ValidationLossList"]
    order = sorted(range(12), key=lambda i: float(f"{losses[i]:.6g}"))[:count]
    assert batches_of(results["CheckpointingFiles"]) == sorted(7 * (i + 1) for i in order)


def test_a_validation_that_is_no_number_is_not_the_best(tmp_path: Path) -> None:
    layer = wl.LinearLayer(1, input=1, weights=[[-1.0]], biases=[2.0])
    # At first the logarithm of a negative number.
    results = wl.net_train(
        wl.NetChain([layer, wl.ElementwiseLayer("Log")]), ([[1.0]], [[1.0]]), wl.ALL,
        method="SGD", learning_rate=0.05, max_training_rounds=20, validation_set=([[3.0]], [[1.0]]),
        training_progress_checkpointing=("Directory", tmp_path, {"Keep": "Best"}),
    )  # fmt: skip
    losses = results["ValidationLossList"]
    assert np.isnan(losses[0]) and np.isfinite(losses).any()
    (file,) = results["CheckpointingFiles"]
    assert np.isfinite(wl.load(file)["ValidationLossList"][-1])


def test_several_may_be_asked_for(tmp_path: Path) -> None:
    kept = [("File", tmp_path / "a.wlnet"), ("Directory", tmp_path / "b", {"Interval": 3})]
    results = train(kept)
    names = [Path(each).name for each in results["CheckpointingFiles"]]
    assert names[0] == "a.wlnet" and len(names) == 3


def test_checkpoints_change_no_bit_of_a_training(tmp_path: Path) -> None:
    plain, kept = train(None), train(("File", tmp_path / "a.wlnet", {"Interval": (1, "Batches")}))
    assert plain["BatchLossList"] == kept["BatchLossList"]
    assert plain["RoundLossList"] == kept["RoundLossList"]
    assert not changed(plain["TrainedNet"], kept["TrainedNet"])


def test_the_events_of_checkpoints(tmp_path: Path) -> None:
    told: list[Any] = []
    events = ["CheckpointStarted", "CheckpointComplete"]

    def tells(state: Any) -> None:
        told.append((state["Event"], state["Round"]))

    kept = ("File", tmp_path / "a.wlnet", {"Interval": 2})
    train(kept, 4, training_progress_function=(tells, {"Event": events}))
    assert told == [(event, number) for number in (2, 4) for event in events]


def test_the_files_are_told_in_the_state(tmp_path: Path) -> None:
    told: list[int] = []
    train(("Directory", tmp_path, {"Interval": 2}), 4, training_progress_function=(
        lambda state: told.append(len(state["CheckpointingFiles"]))))  # fmt: skip
    assert told == [0, 0, 1, 1]


def test_a_disk_that_refuses_ends_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    write = checkpoints.write_record

    def refuses(path: Path, record: Any) -> None:
        nonlocal count
        count += 1
        if count in (2, 3):
            raise OSError(28, "No space left on device")
        write(path, record)

    monkeypatch.setattr(checkpoints, "write_record", refuses)
    with pytest.warns(wl.TrainingWarning, match=r"could not be written(.|\n)*No space left"):
        results = train(("Directory", tmp_path))
    assert batches_of(results["CheckpointingFiles"]) == [7, 28, 35, 42]
    assert results["ReasonTrainingStopped"] == "MaxTrainingRounds"


def test_what_no_file_can_hold_is_told_before_training(tmp_path: Path) -> None:
    encoder = wl.NetEncoder("Function", lambda x: [x, x, x], dimensions=3)
    chain = wl.NetChain([2], input=encoder)
    asked: list[int] = []
    with pytest.raises(wl.FormatError):
        wl.net_train(chain, ([1.0, 2.0], [[1, 2], [3, 4]]), training_progress_function=(
            lambda state: asked.append(1)), training_progress_checkpointing=(
            "File", tmp_path / "a.wlnet"))  # fmt: skip
    assert not asked and not os.listdir(tmp_path)


def test_an_error_of_the_user_leaves_a_checkpoint_of_what_was_trained(tmp_path: Path) -> None:
    def fails(state: Any) -> None:
        if state["AbsoluteBatch"] == 10:
            raise LookupError("the user's own")

    file = tmp_path / "a.wlnet"
    with pytest.raises(LookupError):
        train(("File", file, {"Interval": 100}), training_progress_function=(
            fails, {"Interval": (5, "Batches")}))  # fmt: skip
    assert wl.load(file)["TotalBatches"] == 10


def test_an_interrupt_leaves_a_checkpoint_of_its_step(tmp_path: Path) -> None:
    def interrupts(state: Any) -> None:
        if state["AbsoluteBatch"] == 10:
            signal.raise_signal(signal.SIGINT)

    file = tmp_path / "a.wlnet"
    # Whoever runs the tests in the background has them ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        results = train(("File", file, {"Interval": 100}), training_progress_function=(
            interrupts, {"Interval": (5, "Batches")}))  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    assert results["ReasonTrainingStopped"] == "ManualStop"
    assert wl.load(file)["BatchLossList"] == results["BatchLossList"]
    assert results["TotalBatches"] == 10


def test_a_relative_name_is_kept_where_somebody_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)

    def goes(state: Any) -> None:
        os.chdir(tmp_path / "other")

    results = train(("File", "run.wlnet"), 2, training_progress_function=goes)
    assert results["CheckpointingFiles"] == [str(tmp_path / "run.wlnet")]
    assert not os.listdir(tmp_path / "other")


def test_checkpoints_of_other_trainings_in_a_folder_are_told_of(tmp_path: Path) -> None:
    train(("Directory", tmp_path), 2)
    with pytest.warns(wl.TrainingWarning, match="checkpoints of other trainings"):
        second = train(("Directory", tmp_path, {"Keep": 1}), 2)
    assert len(list(tmp_path.iterdir())) == 3 and len(second["CheckpointingFiles"]) == 1


def test_a_record_tells_of_the_files_that_stay(tmp_path: Path) -> None:
    results = train(("Directory", tmp_path, {"Keep": 2}), 5)
    last = wl.load(results["CheckpointingFiles"][-1])
    assert last["CheckpointingFiles"] == results["CheckpointingFiles"]


def test_a_home_is_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert train(("File", "~/a.wlnet"), 1)["CheckpointingFiles"] == [str(tmp_path / "a.wlnet")]


def test_a_program_that_ends_leaves_a_checkpoint(tmp_path: Path) -> None:
    def ends(state: Any) -> None:
        if state["Round"] == 2:
            raise SystemExit

    file = tmp_path / "a.wlnet"
    with pytest.raises(SystemExit):
        train(("File", file, {"Interval": 50}), training_progress_function=ends)
    assert wl.load(file)["TotalRounds"] == 2
