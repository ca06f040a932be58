"""What is measured, asked for by a dict: as lists of rounds or batches, or as a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier

NAMES = ["ErrorRate", "ROCCurve", {"Measurement": "Recall", "ClassAveraging": None},
         "UpdatesRMS"]  # fmt: skip


@pytest.fixture(scope="module")
def results() -> Any:
    return wl.net_train(classifier(), classes(40), wl.ALL, max_training_rounds=3, batch_size=10,
                        training_progress_measurements=NAMES)  # fmt: skip


def test_lists_are_those_of_the_record(results: Any) -> None:
    for name, interval, expected in (
        ("Loss", "Round", results["RoundLossList"]),
        ("Loss", "Batch", results["BatchLossList"]),
        ("ErrorRate", "Round", results["RoundMeasurementsLists"]["ErrorRate"]),
        ("ErrorRate", "Batch", results["BatchMeasurementsLists"]["ErrorRate"]),
    ):
        assert results[{"Property": name, "Interval": interval}] == expected
        assert results[{"Property": name, "Form": "List", "Interval": interval}] == expected


def test_lists_of_what_has_parts_may_be_transposed(results: Any) -> None:
    rows = results[{"Property": "Recall"}]
    columns = results[{"Property": "Recall", "Form": "TransposedList"}]
    assert (len(rows), len(columns)) == (3, 3)
    assert np.array_equal(np.array(columns), np.array(rows).T)
    by_round = results[{"Property": "UpdatesRMS"}]
    by_array = results[{"Property": "UpdatesRMS", "Form": "TransposedList"}]
    assert by_array == list(results["UpdatesRMS"].values())
    assert by_round == [list(row) for row in zip(*by_array, strict=True)]
    curves = results[{"Property": "ROCCurve", "Form": "TransposedList"}]
    assert [len(each) for each in curves] == [3, 3, 3], "three rounds of three classes"
    with pytest.raises(wl.OptionError, match="one value a round"):
        results[{"Property": "ErrorRate", "Form": "TransposedList"}]


def test_pictures_are_those_of_the_record(results: Any) -> None:
    plots = results["FinalPlots"]
    for name in ("Loss", "ErrorRate", "ROCCurve", "Recall", "UpdatesRMS"):
        assert results[{"Property": name, "Form": "Plot"}] == plots[name]


def test_net_train_answers_with_what_a_dict_asks_for() -> None:
    options = {"max_training_rounds": 3, "random_seeding": 1}
    asked = {"Property": "ErrorRate"}
    alone = wl.net_train(classifier(), classes(40), asked, **options)
    several = wl.net_train(classifier(), classes(40), ["RoundLoss", asked, "TotalRounds"],
                           **options)  # fmt: skip
    assert isinstance(alone, list) and len(alone) == 3
    assert several[1:] == [alone, 3]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"Property": "ErrorRate", "Form": "Plott"}, "did you mean 'Plot'"),
        ({"Property": "ErrorRate", "Interval": "Epoch"}, "not a value of this key"),
        ({"Property": "ErrorRate", "Form": ["List"]}, "not a value of this key"),
        ({"Property": "ErrorRate", "Forms": "List"}, "an unknown key of a property"),
        ({"Form": "List"}, "which property"),
        ({"Property": 3}, "which property"),
        ({"Property": "Recall"}, "training_progress_measurements='Recall'"),
        ({"Property": "UpdatesRMS"}, "this is not measured"),
    ],
)
def test_what_cannot_be_told_is_an_error_before_training(asked: Any, told: str) -> None:
    ran: list[Any] = []
    with pytest.raises(wl.OptionError, match=told):
        wl.net_train(classifier(), classes(), asked, training_progress_function=ran.append)
    assert not ran


def test_a_record_says_what_was_told_of_it(results: Any) -> None:
    with pytest.raises(
        wl.PartError, match=r"known: +Loss, ErrorRate, ROCCurve, Recall, UpdatesRMS"
    ):
        results[{"Property": "Precision"}]
    with pytest.raises(wl.PartError, match="no such property"):
        wl.information(classifier(), {"Property": "Loss"})
