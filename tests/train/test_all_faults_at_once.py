"""One call, one error: rules, options, losses, data and properties are told together."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.train.net_train import usual_options
from wlnet.train.options import option_rows

X, Y = numbers(12)

WRONG: dict[str, tuple[dict[str, Any], type[wl.WlnetError], str]] = {
    "a rule": ({"learning_rate_multipliers": {"ecnoder": 1}}, wl.RuleError, "ecnoder"),
    "an option": ({"batch_size": -1}, wl.OptionError, "batch_size"),
    "another option": ({"time_goal": "soon"}, wl.OptionError, "time_goal"),
    "a rule of the method": (
        {"method": ("ADAM", {"L2Regularization": {7: 0.1}})},
        wl.RuleError,
        "L2Regularization",
    ),
    "an update schedule": ({"training_update_schedule": ["nobody"]}, wl.RuleError, "nobody"),
    "no update schedule": ({"training_update_schedule": 3}, wl.OptionError, "list of parts"),
    "a loss": ({"loss_function": "Ouput"}, wl.OptionError, "no output port 'Ouput'"),
    "an unknown option": ({"epochs": 3}, wl.OptionError, "no option 'epochs'"),
    "a property": ({"prop": ["TrainedNet", "RuondLoss"]}, wl.PartError, "RuondLoss"),
    "a validation set": (
        {"validation_set": (X[:2], Y[:3])},
        wl.DataError,
        "columns of different length",
    ),
}
PAIRS = [
    (a, b)
    for a, b in itertools.combinations(WRONG, 2)
    if not WRONG[a][0].keys() & WRONG[b][0].keys()
]


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_two_faults_of_a_call_are_told_at_once(pair: tuple[str, str]) -> None:
    options: dict[str, Any] = {}
    for name in pair:
        options |= WRONG[name][0]
    kinds, words = [WRONG[name][1] for name in pair], [WRONG[name][2] for name in pair]
    with pytest.raises(wl.WlnetError) as error:
        wl.net_train(perceptron(), (X, Y), **options)
    told = [str(fault) for fault in error.value.faults]
    # Without losses it is not known what columns the data need.
    if "a loss" in pair and "a validation set" in pair:
        kinds, words = [wl.OptionError], ["no output port"]
    for kind, word in zip(kinds, words, strict=True):
        assert isinstance(error.value, kind)
        assert any(word in text for text in told), told
    assert len(told) == len(words)


def test_all_of_them_too() -> None:
    options: dict[str, Any] = {}
    for more, *_ in WRONG.values():
        options = {**more, **options}
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(perceptron(), (X, Y), **options)
    assert isinstance(error.value, wl.RuleError)
    assert isinstance(error.value, wl.PartError)
    assert len(error.value.faults) == len(WRONG) - 2


def test_data_that_do_not_fit_are_told_with_rules_and_options() -> None:
    with pytest.raises(wl.DataError) as error:
        wl.net_train(
            classifier(),
            (classes(12)[0], np.linspace(0, 1, 12)),
            learning_rate_multipliers=[(9, 1)],
            workers=0,
        )
    assert isinstance(error.value, wl.RuleError)
    assert isinstance(error.value, wl.OptionError)
    assert len(error.value.faults) == 3


def test_what_is_not_measured_is_told_with_the_rest() -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(
            perceptron(),
            (X, Y),
            training_progress_measurements="Accuracy",
            random_seeding=0.5,
            learning_rate_multipliers={"x": 1},
        )
    assert isinstance(error.value, wl.RuleError)
    assert len(error.value.faults) == 3


def test_a_generator_is_not_asked_by_a_call_that_cannot_go_on() -> None:
    asked: list[Any] = []
    for data in (asked.append, (asked.append, {"RoundLength": 6})):
        with pytest.raises(wl.OptionError):
            wl.net_train(perceptron(), data, batch_size=0)
        with pytest.raises(wl.OptionError):
            wl.net_train(perceptron(), data, epochs=3)
    assert not asked


def test_unknown_properties_are_told_together_wherever_they_are_asked_for() -> None:
    results = wl.net_train(perceptron(), (X, Y), wl.ALL, max_training_rounds=1)
    for ask in (
        lambda names: wl.net_train(perceptron(), (X, Y), names),
        lambda names: results[names],
        lambda names: wl.information(perceptron(), names),
    ):
        with pytest.raises(wl.PartError) as error:
            ask(["Nothing", "Properties", "Nobody", 3])
        assert len(error.value.faults) == 3


def test_a_program_tells_options_rules_and_losses_together() -> None:
    with pytest.raises(wl.RuleError) as error:
        wl.net_program(
            perceptron(),
            learning_rate_multipliers={"x": 1},
            method="ADMA",
            loss_function="Ouput",
        )
    assert isinstance(error.value, wl.OptionError)
    assert len(error.value.faults) == 3


def test_measurements_tell_options_losses_and_data_together() -> None:
    with pytest.raises(wl.DataError) as error:
        wl.net_measurements(
            perceptron(),
            (X, Y[:3]),
            ["Accuracy", "MeanSquare"],
            working_precision="Real8",
            workers=0,
        )
    assert isinstance(error.value, wl.OptionError)
    assert len(error.value.faults) == 4
    with pytest.raises(wl.OptionError) as error:
        wl.net_measurements(perceptron(), (X, Y), "Loss", workers=0, loss_function="Ouput")
    assert len(error.value.faults) == 2


def test_every_option_of_the_signature_is_read_once() -> None:
    assert set(usual_options()) == {option.name for option in option_rows().values()}


WRONG_MEASURES: dict[str, tuple[dict[str, Any], str]] = {
    "a net": ({"net": "net"}, "takes a net"),
    "a measurement": ({"measurements": ["Loss", "Los"]}, "'Los'"),
    "a loss": ({"loss_function": "Ouput"}, "no output port 'Ouput'"),
    "a precision": ({"working_precision": "Real16"}, "working_precision"),
    "workers": ({"workers": 0}, "workers"),
    "an unknown option": ({"epochs": 3}, "no option 'epochs'"),
}


@pytest.mark.parametrize(
    "pair",
    [pair for pair in itertools.combinations(WRONG_MEASURES, 2) if pair != ("a net", "a loss")],
    ids=" and ".join,
)
def test_two_faults_of_a_measurement_are_told_at_once(pair: tuple[str, str]) -> None:
    options: dict[str, Any] = {"net": wl.net_initialize(perceptron()), "measurements": "Loss"}
    for name in pair:
        options |= WRONG_MEASURES[name][0]
    with pytest.raises(wl.WlnetError) as error:
        wl.net_measurements(data=(X, Y), **options)
    told = [str(fault) for fault in error.value.faults]
    for name in pair:
        assert any(WRONG_MEASURES[name][1] in text for text in told), told
    assert len(told) == 2


def test_faults_of_data_and_of_a_validation_set_are_told_at_once() -> None:
    held = np.full_like(Y[:3], np.nan)
    with pytest.raises(wl.WlnetError) as error:
        wl.net_train(perceptron(), (X[:, :-1], Y), validation_set=(X[:3], held))
    assert [fault.at for fault in error.value.faults] == [
        "data, port Input",
        "validation_set, port Output, example 1",
    ]


def test_labels_of_a_validation_set_are_no_fault_where_the_data_are_one() -> None:
    inputs, _ = classes(12)
    labels = ["a", "b", "c"] * 4
    with pytest.raises(wl.ShapeError) as error:
        wl.net_train(classifier(), (inputs[:, :-1], labels), validation_set=(inputs, labels))
    assert [fault.at for fault in error.value.faults] == ["data, port Input"]


def test_a_fault_of_a_validation_set_says_that_it_is_there() -> None:
    with pytest.raises(wl.DataError, match=r"at: *validation_set, port Output, example 1"):
        wl.net_train(perceptron(), (X, Y), validation_set=(X, np.full_like(Y, np.inf)))


def test_rules_of_a_method_are_read_beside_faults_of_its_other_options() -> None:
    wrong = {"Beta1": 2, "Beta3": 1, "L2Regularization": {7: 0.1}, "WeightClipping": {"no": 1}}
    with pytest.raises(wl.WlnetError) as error:
        wl.net_train(perceptron(), (X, Y), method=("ADAM", wrong))
    told = [str(fault) for fault in error.value.faults]
    assert len(told) == 4
    for word in ("'Beta1'", "no option 'Beta3'", "L2Regularization", "WeightClipping"):
        assert any(word in text for text in told), told


def test_a_fault_of_a_method_makes_no_fault_of_its_schedule() -> None:
    wrong = {"LearningRateSchedule": None, "Momentum": 9}
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(perceptron(), (X, Y), method=("SGD", wrong), time_goal=1)
    assert [fault.at for fault in error.value.faults] == [
        "method SGD, option 'Momentum' (momentum)"
    ]
