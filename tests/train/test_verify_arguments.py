"""What `verify` is given: wrong use is an error, and no verdict on a receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.forged_receipts import given, results, verified
from tests.receipt_cases import CASES
from tests.training_cases import numbers, perceptron


@pytest.mark.parametrize(
    "data", [None, "data.csv", b"data", Path("data.csv"), 3, 2.5, True, np.float32(1), "results"]
)
def test_what_can_be_no_data_is_an_option_error(data: Any) -> None:
    told = given()
    data = results() if data == "results" else data
    for each in (data, {1: data}):
        with pytest.raises(wl.OptionError, match="takes the data of the training, or the net") as e:
            verified(told.receipt, told.net, each)
        assert str(e.value.faults[0].at).startswith("data")


def test_results_in_place_of_the_net_after_are_told_where_that_net_is() -> None:
    with pytest.raises(wl.OptionError) as caught:
        verified(results(), perceptron(), results())
    assert caught.value.faults[0].fix == 'results["TrainedNet"] is the net after the training'


def test_a_net_after_is_not_of_one_call() -> None:
    with pytest.raises(wl.OptionError):
        verified(results(), perceptron(), {1: results()["TrainedNet"]})


NO_NUMBER: dict[str, Any] = {
    "workers": 1,
    "frozen_prefix_bytes": 0,
    "training_progress_reporting": None,
    "training_progress_function": lambda state: "StopTraining",
    "training_progress_checkpointing": ("File", "never.wlnet"),
}


@pytest.mark.parametrize("name", NO_NUMBER)
def test_an_option_that_changes_no_number_may_be_another(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = given()
    for value in (NO_NUMBER[name], {1: NO_NUMBER[name]}):
        assert verified(told.receipt, told.net, told.data, **{name: value})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", NO_NUMBER)
def test_an_option_that_changes_no_number_has_to_be_one(name: str) -> None:
    told = given()
    with pytest.raises(wl.OptionError):
        verified(told.receipt, told.net, told.data, **{name: "???"})


def test_there_is_nothing_to_give_to_calls_that_there_were_not() -> None:
    told = given()
    with pytest.raises(wl.OptionError) as caught:
        verified(told.receipt, told.net, {1: told.data, 2: told.data}, batch_size={0: 5, 1: 5})
    assert [fault.at for fault in caught.value.faults] == ["data, call 2", "batch_size, call 0"]
    training = CASES["going on"]
    assert verified(training.results(), training.net(), {1: numbers(), 3: numbers()})


def test_wrong_arguments_are_told_together() -> None:
    with pytest.raises(wl.OptionError) as caught:
        wl.verify("{", 3, None, reporting="Pront", batchsize=3, workers="many")
    assert len(caught.value.faults) == 5
