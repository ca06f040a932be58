"""Measurements as they are asked for: dicts, and all that is wrong with them at once."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier
from wlnet.train.measurement_names import as_measurements, of_key
from wlnet.train.measurements import TABLE, named

X, Y = classes(30)
AT = {"Measurement": "Recall", "Source": "Output"}
PORT = wl.NetPort("body", "Output")


def f(predictions: Any, targets: Any) -> float:
    return 0.0


KEYS: dict[str, tuple[Any, str]] = {
    "a name": ("Recall", "Recall"),
    "the top n": (("ErrorRate", 3), "ErrorRateTop3"),
    "a beta": (("FScore", 0.5), "FScoreBeta0.5"),
    "a whole beta": (("FScore", 2.0), "FScoreBeta2"),
    "beta 1": (("FScore", 1), "FScore"),
    "a function": (f, "f"),
    "a function without a name": (lambda p, t: 0.0, "Function"),
    "a port": (PORT, "body/Output"),
    "a dict": ({"Measurement": ("Accuracy", 2)}, "AccuracyTop2"),
    "a dict with a name": ({"Measurement": f, "Key": "mine"}, "mine"),
}


@pytest.mark.parametrize("case", KEYS)
def test_a_measurement_is_called_by_what_it_is_unless_it_is_given_a_name(case: str) -> None:
    asked, key = KEYS[case]
    (found,) = as_measurements(asked)
    assert found.key == key


@pytest.mark.parametrize("name", TABLE)
def test_the_key_of_a_name_is_read_back(name: str) -> None:
    n = {"top": 3, "beta": 0.5, None: 1}[TABLE[name].takes]
    assert of_key(named(name, n).key) == named(name, n)
    assert of_key(name) == named(name)


def test_a_top_n_may_be_as_large_as_one_likes() -> None:
    net, asked = wl.net_initialize(classifier()), ("Accuracy", 10**400)
    with pytest.warns(wl.TrainingWarning, match="is 1 whatever the net says: there are 3 classes"):
        assert wl.net_measurements(net, (X, Y + 1), asked) == 1.0
    assert of_key("AccuracyTop" + "9" * 400) is None
    assert of_key("FScoreBeta0.1e-05") is None
    assert of_key(named("FScore", 1e-5).key) == named("FScore", 1e-5)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["Accuracy", "ErrorRate"])
def test_as_many_guesses_as_there_are_classes_are_warned_of(name: str, n: int) -> None:
    """Labels that only the data tell count as well."""
    for call in (
        lambda: wl.net_measurements(wl.net_initialize(classifier()), (X, Y + 1), (name, n)),
        lambda: wl.net_train(
            wl.NetChain([4, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()], input=4),
            (X, np.array(["a", "b", "c"])[Y]),
            max_training_rounds=1,
            training_progress_measurements=[(name, n), "Recall"],
        ),
    ):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            call()
        told = [str(each.message) for each in heard]
        assert len(told) == (n >= 3)
        value = 1 if name == "Accuracy" else 0
        assert all(f"{name}Top{n} is {value} whatever the net says" in each for each in told)


TWO_STATES = wl.NetChain([1, "LogisticSigmoid"], input=4)


@pytest.mark.parametrize("name", ["Accuracy", "ErrorRate"])
@pytest.mark.parametrize("inner", [False, True])
def test_there_is_no_top_n_of_two_states(name: str, inner: bool) -> None:
    asked: Any = {"Measurement": (name, 2), "Key": "mine"} if inner else (name, 2)
    told = f"{name} of the top 2, of targets that are one of two states[^$]*fix: *'{name}'"
    data = X, (Y[:, None] > 0)
    with pytest.raises(wl.OptionError, match=told):
        wl.net_measurements(wl.net_initialize(TWO_STATES), data, asked)
    with pytest.raises(wl.OptionError, match=told):
        wl.net_train(TWO_STATES, data, training_progress_measurements=asked)
    assert wl.net_measurements(wl.net_initialize(TWO_STATES), data, (name, 1)) >= 0


def test_the_top_n_is_of_the_outputs_that_have_so_many_classes() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"a": [1, "LogisticSigmoid"], "b": [3, wl.SoftmaxLayer()]},
            [("a", wl.NetPort("A")), ("b", wl.NetPort("B"))],
            input=4,
        )
    )
    data = {"Input": X, "A": Y[:, None] > 0, "B": Y + 1}
    assert list(wl.net_measurements(net, data, ("Accuracy", 2))) == ["B"]
    assert list(wl.net_measurements(net, data, "Accuracy")) == ["A", "B"]


@pytest.mark.parametrize("key", ["RecallTop2", "FScoreTop2", "ErrorRateBeta2", "FScoreBeta", "No"])
def test_what_no_measurement_is_called_is_no_key(key: str) -> None:
    assert of_key(key) is None


def test_directions_of_what_is_a_number_are_known_and_may_be_turned() -> None:
    for asked, smaller in (
        ("Recall", False),
        ("FalseNegativeRate", True),
        ({"Measurement": "FalseNegativeRate", "Direction": "Increasing"}, False),
        ({"Measurement": f, "Direction": "Decreasing"}, True),
        (f, None),
        (PORT, None),
        ("ConfusionMatrix", None),
        ("ROCCurve", None),
        ({"Measurement": "Recall", "ClassAveraging": None}, None),
    ):
        (found,) = as_measurements(asked)
        assert found.smaller_is_better is smaller, asked


BAD: dict[str, tuple[Any, str]] = {
    "an unknown key": ({"Measurement": "Recall", "ClassAverging": None}, "mean 'ClassAveraging'"),
    "no measurement": ({"Key": "mine"}, "which measurement"),
    "a dict in a dict": ({"Measurement": {"Measurement": "Recall"}}, "which measurement"),
    "an unknown name in a dict": ({"Measurement": "Recal"}, "did you mean 'Recall'"),
    "an unknown averaging": (
        {"Measurement": "Recall", "ClassAveraging": "micro"},
        "ClassAveraging cannot be this",
    ),
    "an array as averaging": (
        {"Measurement": "ROCCurve", "ClassAveraging": np.ones(3)},
        "ClassAveraging cannot be this",
    ),
    "averaging of one number": (
        {"Measurement": "CohenKappa", "ClassAveraging": "Micro"},
        "nothing to average",
    ),
    "averaging of a function": ({"Measurement": f, "ClassAveraging": "Micro"}, "nothing to av"),
    "a mean of curves": ({"Measurement": "ROCCurve", "ClassAveraging": "Macro"}, "have no mean"),
    "aggregation of a name": ({"Measurement": "Recall", "Aggregation": "Mean"}, "for ports"),
    "an unknown aggregation": (
        {"Measurement": PORT, "Aggregation": "Mode"},
        "Mean, RootMeanSquare",
    ),
    "a name with a /": ({"Measurement": f, "Key": "a/b"}, "how a measurement is called"),
    "no name": ({"Measurement": f, "Key": ""}, "how a measurement is called"),
    "an unknown interval": ({"Measurement": f, "Interval": 3}, "Interval cannot be this"),
    "the source of a port": ({"Measurement": PORT, "Source": "Output"}, "its own source"),
    "no source": ({"Measurement": f, "Source": 3}, "the output that is measured"),
    "an unknown direction": ({"Measurement": f, "Direction": "Up"}, "Direction cannot be this"),
    "the direction of a matrix": (
        {"Measurement": "ConfusionMatrix", "Direction": "Increasing"},
        "neither better nor worse",
    ),
    "the direction of classes": (
        {"Measurement": "Recall", "ClassAveraging": None, "Direction": "Increasing"},
        "neither better nor worse",
    ),
    "a plot": ({"Measurement": "Recall", "PlotType": "ListPlot"}, "PlotType cannot be this"),
    "a plot of a matrix": (
        {"Measurement": "ConfusionMatrix", "PlotType": "Log"},
        "no curve of it is drawn",
    ),
    "one name twice": (["Recall", {"Measurement": f, "Key": "Recall"}], "the same name"),
    "one name twice at an output": ([AT, {**AT, "ClassAveraging": "Micro"}], "the same name"),
    "one name at an output and at all": ([AT, "Recall"], "the same name"),
    "one measurement in two ways": (
        ["Recall", {"Measurement": "Recall", "ClassAveraging": "Micro"}],
        "the same name",
    ),
    "beta 0": (("FScore", 0), "FScore of a beta"),
    "no beta": (("FScore", "2"), "FScore of a beta"),
    "endless beta": (("FScore", float("inf")), "FScore of a beta"),
    "a net": (classifier(), "an unknown measurement"),
    "a tuple of names": (
        ("MeanSquare", "RSquared"),
        r"are a list[^$]*\['MeanSquare', 'RSquared'\]",
    ),
    "a tuple of several": (("Recall", PORT, f), "several measurements are a list"),
    "a tuple with a loss": (("Recall", "Loss"), "several measurements are a list"),
    "a tuple of tuples": ((("ErrorRate", 2), "Recall"), "several measurements are a list"),
    "a word as n": (("Recall", "x"), "Recall has no n[^$]*fix: *'Recall'"),
    "a word as top n": (("ErrorRate", "x"), r"the top n[^$]*fix: *\('ErrorRate', 5\)"),
    "n of what has none": (("Recall", 0), "Recall has no n\n[^$]*given: *0\n *fix: *'Recall'"),
    "a loss": ("Loss", r"losses are told of every training[^$]*results\["),
    "a loss in a dict": ({"Measurement": "Loss", "Key": "l"}, "losses are told of every training"),
    "arrays with a number": (("WeightsRMS", 2), "told of the arrays[^$]*='WeightsRMS'"),
    "a class": (dict, "an unknown measurement"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_measurement_that_cannot_be_is_an_error(case: str) -> None:
    asked, words = BAD[case]
    with pytest.raises(wl.OptionError, match=words):
        as_measurements(asked)


def test_all_faults_of_a_dict_and_of_a_list_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError) as error:
        as_measurements(
            ["Recal", {"Measurement": "Recall", "ClassAveraging": "micro", "Kye": 1, "Interval": 3}]
        )
    assert len(error.value.faults) == 4


@pytest.mark.parametrize("asked", [{"Measurement": "Loss"}, ("Loss", 2)])
def test_a_loss_is_asked_for_by_its_name_alone(asked: Any) -> None:
    with pytest.raises(wl.OptionError, match=r"a loss is a name alone[^$]*fix: *'Loss'") as caught:
        wl.net_measurements(wl.net_initialize(classifier()), (X, Y + 1), [asked])
    assert "known" not in str(caught.value)


@pytest.mark.parametrize("criterion", [("ErrorRate", "Loss"), ("ErrorRate", "Recall")])
def test_a_criterion_is_one_and_no_list_is_suggested(criterion: Any) -> None:
    with pytest.raises(wl.OptionError, match="an unknown stopping criterion") as caught:
        wl.net_train(classifier(), (X, Y + 1), training_stopping_criterion=criterion)
    assert "list" not in str(caught.value)


def test_a_name_that_a_loss_has_is_an_error() -> None:
    with pytest.raises(wl.OptionError, match="a loss has this name"):
        wl.net_train(
            classifier(), (X, Y), training_progress_measurements={"Measurement": f, "Key": "Loss"}
        )


CRITERIA: dict[str, tuple[Any, Any, str]] = {
    "a matrix": ("ROCCurve", "ROCCurve", "a number, and this is none"),
    "classes": (
        {"Measurement": "Recall", "ClassAveraging": None},
        "Recall",
        "a number, and this is none",
    ),
    "no direction": ({"Measurement": f, "Key": "mine"}, "mine", "smaller or when larger"),
    "not measured": (("FScore", 2), ("FScore", 3), r"measurements=\('FScore', 3\)"),
    "misspelt": ({"Measurement": f, "Key": "mine"}, "mien", "did you mean 'mine'"),
}


@pytest.mark.parametrize("case", CRITERIA)
def test_a_criterion_is_a_number_that_is_measured_and_has_a_direction(case: str) -> None:
    measured, criterion, words = CRITERIA[case]
    with pytest.raises(wl.OptionError, match=words):
        wl.net_train(
            classifier(),
            (X, Y),
            validation_set=(X, Y),
            training_progress_measurements=measured,
            training_stopping_criterion=criterion,
        )


@pytest.mark.parametrize("criterion", [("FScore", 2), "FScoreBeta2"], ids=repr)
def test_an_f_score_of_a_beta_stops_a_training(criterion: Any) -> None:
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        validation_set=(X, Y),
        max_training_rounds=300,
        learning_rate=0.01,
        training_progress_measurements=("FScore", 2),
        training_stopping_criterion=criterion,
    )
    found = results["ValidationMeasurementsLists"]["FScoreBeta2"]
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    assert found[-1] <= max(found[:-1])


BEST: dict[str, Any] = {
    "by its name": "ErrorRate",
    "by another name": {"Measurement": "ErrorRate", "Key": "errors", "Interval": "Round"},
    "beside what has its name": [
        {"Measurement": "Recall", "ClassAveraging": None, "Key": "ErrorRate"},
        {"Measurement": "ErrorRate", "Key": "errors"},
    ],
}


@pytest.mark.parametrize("case", BEST)
def test_the_best_net_is_that_of_the_fewest_errors_however_they_are_called(case: str) -> None:
    x, y = classes(60)
    # A third of the labels say nothing, so that the loss soon grows.
    y = np.where(np.arange(60) % 3, y, np.random.default_rng(5).integers(0, 3, 60))
    results = wl.net_train(
        classifier(),
        (x[:30], y[:30]),
        wl.ALL,
        validation_set=(x[30:], y[30:]),
        learning_rate=0.03,
        max_training_rounds=60,
        training_progress_measurements=BEST[case],
    )
    key = "ErrorRate" if case == "by its name" else "errors"
    errors = results["ValidationMeasurementsLists"][key]
    ranks = list(zip(errors, results["ValidationLossList"], strict=True))
    assert results["BestValidationRound"] == 1 + ranks.index(min(ranks))
    losses = results["ValidationLossList"]
    assert losses.index(min(losses)) != ranks.index(min(ranks)), "the loss would pick another"
