"""Options of net_train: a wrong value is an OptionError, all faults of a call at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import numbers, perceptron

DATA = numbers(12)
QUICK: dict[str, Any] = {"max_training_rounds": 1}

LONG = range(10**30)
"""Longer than a length can be."""
ENDLESS: list[Any] = [1]
ENDLESS.append(ENDLESS)
WRONG: list[tuple[str, Any, str]] = [
    ("training_progress_checkpointing", ENDLESS, "this is no checkpointing"),
    *(
        ("training_progress_reporting", given, "training_progress_reporting")
        for given in (LONG, [LONG], (LONG, {}))
    ),
    *(
        ("batch_size", given, "positive integer")
        for given in (0, -1, 2.5, 64.0, True, "64", None, float("nan"), [1])
    ),
    *(
        ("max_training_rounds", given, "positive integer")
        for given in (0, -3, 1.5, True, "ten", None, float("inf"))
    ),
    *(
        ("learning_rate", given, "learning_rate")
        for given in (0, -0.1, float("nan"), float("inf"), True, "fast", None, 1j, [0.1])
    ),
    *(
        ("time_goal", given, "seconds")
        for given in (0, -1, float("nan"), float("inf"), "1 min", True)
    ),
    *(
        ("workers", given, "positive integer")
        for given in (0, -1, 1.5, True, None, float("nan"), float("inf"))
    ),
    *(
        ("frozen_prefix_bytes", given, "how many bytes")
        for given in (
            *(True, False, np.True_, -1, 1.0, 0.5, "0", None, [1]),
            *(float("nan"), float("inf"), float("-inf")),
        )
    ),
    *(
        (option, given, "at most 9,223,372,036,854,775,807")
        for option in ("batch_size", "max_training_rounds", "workers")
        for given in (2**63, 10**400)
    ),
    *(("random_seeding", given, "random_seeding") for given in (1.5, None, True, [1])),
    *(
        ("method", given, "method")
        for given in (
            "ADAMS",
            3,
            None,
            ("ADAM", {"Beta": 0.5}),
            ("SGD", {"Momentum": 1.5}),
            wl.Adam,
        )
    ),
    *(
        ("working_precision", given, "Real32, Real64")
        for given in ("Real16", "Mixed", 32, None, np.float64)
    ),
    *(("target_device", given, "CPU") for given in ("GPU", ("GPU", 1), None)),
    *(("training_progress_function", given, "function of one argument") for given in (3, "print")),
    *(
        ("training_progress_reporting", given, "training_progress_reporting")
        for given in ("Pannel", 3, True)
    ),
    *(
        ("training_progress_checkpointing", given, told)
        for given, told in (
            ("net.wlnet", "this is no checkpointing"),
            (("File", "x"), "a file that ends in .wlnet"),
            (("Flie", "x.wlnet"), "File or a Directory"),
            (("File", 3), "named by a str or a path"),
            (("Directory", "runs", {"Interval": 0}), "no interval"),
            (("Directory", "runs", {"Interval": (3, "Epochs")}), "no such unit"),
            (("Directory", "runs", {"Keep": 0}), "how many checkpoints stay"),
            (("Directory", "runs", {"Kep": 3}), "an unknown key"),
            (("Directory", f"{__file__}/runs"), "nothing can be written there"),
        )
    ),
    *(
        ("training_progress_function", (print, given), told)
        for given, told in (
            ({"Interval": -1}, "no interval"),
            ({"Interval": (101, "Percent")}, "no interval"),
            ({"Interval": (1.5, "Batches")}, "no interval"),
            ({"MinimumInterval": -1}, "MinimumInterval is seconds"),
            ({"Event": "RoundCompleted"}, "no such event"),
            ({"Evnt": "RoundComplete"}, "an unknown key"),
            (3, "when it is called"),
        )
    ),
    *(
        ("training_progress_measurements", given, "training_progress_measurements")
        for given in (
            "Acuracy",
            3,
            ("Accuracy", 0),
            ("MeanSquare", 2),
            ("Accuracy", True),
            ["MeanSquare", "x"],
        )
    ),
    *(
        ("training_stopping_criterion", given, "training_stopping_criterion")
        for given in (
            "Los",
            3,
            {"Patince": 1},
            {"Patience": -1},
            {"Patience": 1.5},
            {"Patience": True},
            {"InitialPatience": -1},
            {"AbsoluteChange": -1},
            {"AbsoluteChange": float("inf")},
            {"RelativeChange": 0.0},
            {"RelativeChange": (100, "Percent")},
            {"RelativeChange": (5, "Per cent")},
            {"RelativeChange": 1.0},
            {"AbsoluteChange": 0.1, "RelativeChange": 0.1},
            "ConfusionMatrix",
        )
    ),
    *(
        ("validation_set", given, "0 < f < 1")
        for given in (wl.Scaled(0), wl.Scaled(1), wl.Scaled(-0.1), wl.Scaled(2))
    ),
    *(("training_update_schedule", given, "list of parts") for given in (3, [], "a", None, {1: 2})),
]


@pytest.mark.parametrize(
    ("option", "given", "word"), WRONG, ids=[f"{o}={g!r}"[:60] for o, g, _ in WRONG]
)
def test_a_wrong_value_is_an_option_error_that_names_its_option(
    option: str, given: Any, word: str
) -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(perceptron(), DATA, **{**QUICK, option: given})
    assert word in str(error.value)
    assert option in str(error.value) or option in ("method",)


@pytest.mark.parametrize("option", ["learning_rate", "time_goal"])
def test_infinity_is_told_that_it_is_not_finite(option: str) -> None:
    with pytest.raises(wl.OptionError, match=r"inf[^$]*positive, finite"):
        wl.net_train(perceptron(), DATA, **{**QUICK, option: float("inf")})


def test_all_faults_of_a_call_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(
            perceptron(),
            DATA,
            batch_size=0,
            learning_rate=-1,
            method="Adma",
            time_goal="soon",
            training_stopping_criterion="Los",
            working_precision="Real8",
            random_seeding=1.5,
            training_progress_measurements="Acuracy",
        )
    text = str(error.value)
    for word in (
        "8 faults",
        "batch_size",
        "learning_rate",
        "did you mean 'ADAM'",
        "time_goal",
        "did you mean 'Loss'",
        "working_precision",
        "random_seeding",
        "did you mean 'Accuracy'",
    ):
        assert word in text


def test_an_unknown_option_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="bach_size"):
        wl.net_train(perceptron(), DATA, bach_size=3)


RIGHT: list[tuple[str, Any]] = [
    ("batch_size", np.int64(4)),
    ("batch_size", 10**6),
    ("max_training_rounds", np.int32(1)),
    ("learning_rate", 1),
    ("learning_rate", np.float32(0.01)),
    ("learning_rate", wl.AUTOMATIC),
    ("time_goal", 1000),
    ("time_goal", wl.AUTOMATIC),
    ("workers", 2),
    ("frozen_prefix_bytes", 0),
    ("frozen_prefix_bytes", np.int64(2**20)),
    ("frozen_prefix_bytes", 10**30),
    ("frozen_prefix_bytes", wl.AUTOMATIC),
    ("random_seeding", "a text"),
    ("random_seeding", wl.AUTOMATIC),
    ("random_seeding", -7),
    ("method", wl.AUTOMATIC),
    ("method", wl.Adam(beta1=0.5)),
    ("method", ("ADAM", {"Beta1": 0.95})),
    ("working_precision", wl.AUTOMATIC),
    ("training_progress_reporting", None),
    ("validation_set", wl.Scaled(0.25)),
]


@pytest.mark.parametrize(("option", "given"), RIGHT, ids=[f"{o}={g!r}" for o, g in RIGHT])
def test_right_values_are_taken(option: str, given: Any) -> None:
    assert wl.net_train(perceptron(), DATA, "TotalRounds", **{**QUICK, option: given}) == 1


def test_a_port_may_be_called_interval() -> None:
    x, y = DATA
    net = wl.NetGraph({"a": 2}, [("a", wl.NetPort("Interval"))], input=3)
    held: Any = (x, {"Interval": y})
    assert wl.net_train(net, held, "TotalRounds", validation_set=held, **QUICK) == 1


@pytest.mark.parametrize("given", [lambda: None, lambda state, more: None, [].copy])
def test_a_progress_function_that_cannot_take_the_state_is_told_before_training(
    given: Any,
) -> None:
    asked = []
    with pytest.raises(wl.OptionError, match="function of one argument, the state"):
        wl.net_train(
            perceptron(),
            lambda state: asked.append(state),
            training_progress_function=given,
        )
    assert not asked


@pytest.mark.parametrize(
    "given", [id, print, [].append, lambda *states: None, lambda state, more=1: None, dict]
)
def test_a_progress_function_that_can_take_the_state_will_do(given: Any) -> None:
    net = perceptron()
    assert wl.net_train(net, DATA, "TotalRounds", training_progress_function=given, **QUICK) == 1


@pytest.mark.parametrize("given", [None, 3, "net", [perceptron()]])
def test_what_is_no_net_is_an_option_error(given: Any) -> None:
    with pytest.raises(wl.OptionError, match="takes a net"):
        wl.net_train(given, DATA)


def test_a_learning_rate_of_the_call_wins_over_that_of_the_method() -> None:
    method = ("ADAM", {"LearningRate": 0.5})
    assert wl.net_train(perceptron(), DATA, "InitialLearningRate", method=method, **QUICK) == 0.5
    assert (
        wl.net_train(
            perceptron(), DATA, "InitialLearningRate", method=method, learning_rate=0.25, **QUICK
        )
        == 0.25
    )
    assert wl.net_train(perceptron(), DATA, "InitialLearningRate", **QUICK) == 0.001


def test_a_time_alone_is_no_limit_of_rounds() -> None:
    told: list[Any] = []

    def look(state: Any) -> str | None:
        told.append((state["TotalRounds"], state["TotalBatches"]))
        # More rounds than are run where nothing is said, of two batches each.
        return "StopTraining" if state["Round"] > 5001 else None

    results = wl.net_train(
        wl.NetChain([1], input=3),
        numbers(2, outputs=1),
        wl.ALL,
        batch_size=1,
        time_goal=1000,
        training_progress_function=look,
    )
    assert results["TotalRounds"] == 5002
    assert results["ReasonTrainingStopped"] == "ManualStop"
    assert set(told) == {(None, None)}


def test_a_time_ends_a_training_by_itself_and_with_a_limit_whichever_comes_first() -> None:
    net, data = perceptron(), DATA
    asked = ["ReasonTrainingStopped", "TotalRounds"]
    assert wl.net_train(net, data, asked, time_goal=0.05)[0] == "TimeGoal"
    assert wl.net_train(net, data, asked, time_goal=1000, max_training_rounds=3) == [
        "MaxTrainingRounds",
        3,
    ]


def test_a_schedule_that_goes_by_the_end_needs_one() -> None:
    for method in ("SGD", ("ADAM", {"LearningRateSchedule": lambda t, total: 1.0})):
        with pytest.raises(wl.OptionError, match="nothing tells") as error:
            wl.net_train(perceptron(), DATA, method=method, time_goal=0.05, batch_size=0)
        assert len(error.value.faults) == 2
        limited = {"time_goal": 1000, "max_training_rounds": 1}
        assert wl.net_train(perceptron(), DATA, method=method, **limited) is not None
    method = ("SGD", {"LearningRateSchedule": None})
    reason = wl.net_train(
        perceptron(), DATA, "ReasonTrainingStopped", method=method, time_goal=0.05
    )
    assert reason == "TimeGoal"
