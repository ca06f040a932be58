"""The life of a training on several ranks: who writes and tells, and how it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.parallel.nets import bits, data_of, net_of
from tests.parallel.pretended import Pretended, together
from wlnet.train.memory import Memory

OPTIONS: dict[str, Any] = {
    "max_training_rounds": 4, "batch_size": 16, "training_progress_reporting": None,
    "batch_parts": 4, "validation_set": wl.Scaled(0.2),
}  # fmt: skip


def train(name: str, **more: Any) -> Any:
    return wl.net_train(net_of(name), data_of(name), wl.ALL, **{**OPTIONS, **more})


@pytest.mark.parametrize("name", ["images", "shared"])
@pytest.mark.parametrize("method", ["ADAM", ("SGD", {"Momentum": 0.9})], ids=str)
@pytest.mark.parametrize("unit", [(7, "Batches"), 2], ids=str)
def test_a_checkpoint_is_taken_up_by_any_number_of_ranks_to_the_bit(
    name: str, method: Any, unit: Any, tmp_path: Path
) -> None:
    """Also in the middle of a round."""
    whole = train(name, method=method)
    kept = ("Directory", str(tmp_path), {"Interval": unit})

    def stopped(each: Pretended) -> Any:
        def at_the_13th(state: Any) -> str | None:
            return "AbortTraining" if state["AbsoluteBatch"] >= 13 else None

        more = {"training_progress_function": (at_the_13th, {"Interval": (1, "Batches")})}
        return train(
            name, method=method, communicator=each, training_progress_checkpointing=kept, **more
        )

    first = together(2, stopped)
    files = first[0]["CheckpointingFiles"]
    assert files and first[1]["CheckpointingFiles"] == files
    assert [each["ReasonTrainingStopped"] for each in first] == ["Aborted"] * 2

    def on(each: Pretended | None) -> Any:
        more = {"training_progress_checkpointing": None, "training_progress_function": None}
        return wl.net_resume(files[-1], data_of(name), communicator=each, **more)

    for ranks in (1, 2, 4):
        for found in together(ranks, on):
            assert bits(found) == bits(whole), ranks
    assert bits(wl.net_resume(files[-1], data_of(name), training_progress_function=None)) == bits(
        whole
    )


def test_only_rank_0_calls_functions_and_all_heed_their_answer() -> None:
    called: list[int] = []

    def run(each: Pretended) -> Any:
        def stops(state: Any) -> str | None:
            called.append(each.rank)
            return "StopTraining" if state["Round"] == 2 else None

        more = {"training_progress_function": stops, "training_stopping_criterion": lambda s: False}
        return train("linear", communicator=each, **more)

    found = together(4, run)
    assert set(called) == {0}
    assert [len(each["RoundLossList"]) for each in found] == [2] * 4
    assert len({str(bits(each)) for each in found}) == 1


def test_only_rank_0_writes_reports(tmp_path: Path) -> None:
    def run(each: Pretended) -> Any:
        file = tmp_path / f"{each.rank}.log"
        return train("linear", communicator=each, training_progress_reporting=("File", str(file)))

    together(2, run)
    assert [path.name for path in tmp_path.iterdir()] == ["0.log"]


def test_a_criterion_that_is_a_function_is_asked_on_rank_0_for_all() -> None:
    def run(each: Pretended) -> Any:
        def stalls(state: Any) -> bool:
            assert each.rank == 0
            return bool(state["Round"] >= 3)

        return train("linear", communicator=each, training_stopping_criterion=stalls)

    found = together(2, run)
    assert [each["ReasonTrainingStopped"] for each in found] == ["StoppingCriterion"] * 2
    assert [len(each["RoundLossList"]) for each in found] == [3] * 2


def test_a_time_goal_ends_all_ranks_at_the_same_step() -> None:
    more = {"time_goal": 0.5, "max_training_rounds": 10**6}
    found = together(4, lambda each: train("dropout", communicator=each, **more))
    assert {each["ReasonTrainingStopped"] for each in found} == {"TimeGoal"}
    assert len({str(bits(each)) for each in found}) == 1


def test_a_function_that_raises_on_rank_0_ends_all() -> None:
    def run(each: Pretended) -> Any:
        def breaks(state: Any) -> None:
            raise ValueError("broken")

        with pytest.raises((ValueError, RuntimeError)) as error:
            train("linear", communicator=each, training_progress_function=breaks)
        return str(error.value)

    told = together(2, run, heard=False)
    assert told[0] == "broken" and "rank 0 has ended" in told[1]


def test_the_states_of_the_method_are_divided() -> None:
    """Every rank keeps its slice of them, and is given all in the record."""
    sizes: list[int] = []
    usual = Memory.learn

    def learn(self: Memory, keys: Any) -> None:
        usual(self, keys)
        sizes.append(sum(state.size for kept in self.states.values() for state in kept))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Memory, "learn", learn)
        train("images", batch_parts=1)
        found = together(4, lambda each: train("images", communicator=each))
    whole, *shares = sizes
    assert sum(shares) == whole and max(shares) < whole / 2
    arrays = wl.information(found[0]["TrainedNet"], "Arrays")
    learned = {key: value for key, value in arrays.items() if "Moving" not in str(key)}
    assert whole == 2 * sum(np.asarray(array).size for array in learned.values())
