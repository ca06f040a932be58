"""Parameters of estimators: the options of net_train, without a list of their own."""

import importlib
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import wlnet as wl
import wlnet.sklearn.estimator
from wlnet import (
    ALL,
    ANY,
    AUTOMATIC,
    LinearLayer,
    NetChain,
    OptionError,
    Scaled,
    SoftmaxLayer,
    net_train,
)
from wlnet.sklearn import NetClassifier, NetRegressor
from wlnet.train.net_train import usual_options

RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 3))
Y = np.where(X[:, 0] > 0, "up", "down")
NET = NetChain([4, "Tanh", LinearLayer(), SoftmaxLayer()])
OPTIONS = set(usual_options())
OWN = {"random_seeding": "random_state", "example_weights": None}
READ_HERE = {"validation_set", "class_weights"}


def heard(model: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options that a fit calls net_train with."""
    found = {}

    def hear(net: Any, data: Any, prop: Any, **options: Any) -> Any:
        found.update(options)
        return {}

    monkeypatch.setattr(wlnet.sklearn.estimator, "net_train", hear)
    model.fit(X, Y if isinstance(model, NetClassifier) else X[:, 0])
    return found


@pytest.mark.parametrize("kind", [NetClassifier, NetRegressor])
def test_every_option_of_net_train_is_a_parameter(kind: Any) -> None:
    expected = {OWN.get(name, name) for name in OPTIONS} - {None}
    if kind is NetRegressor:
        expected -= {"class_weights"}
    own = {"net", "early_stopping", "validation_fraction", "n_iter_no_change"}
    assert set(kind().get_params()) == expected | own


@pytest.mark.parametrize("name", sorted(OPTIONS - set(OWN)))
def test_every_parameter_is_handed_to_net_train(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"class_weights": "Balanced"}.get(name, object())
    assert heard(NetClassifier(NET, **{name: value}), monkeypatch)[name] is value


def test_defaults_are_those_of_net_train(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {"training_progress_reporting", "working_precision"}
    options = heard(NetClassifier(NET), monkeypatch)
    assert {name: value for name, value in options.items() if name not in others} == {
        name: value
        for name, value in usual_options().items()
        if name not in {*others, "example_weights"}
    }
    assert options["training_progress_reporting"] is None


def test_a_new_option_of_net_train_is_a_new_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    from wlnet.sklearn import parameters

    monkeypatch.setattr(parameters, "usual_options", lambda: {"number_of_wings": 2})
    assert "number_of_wings" in parameters.signature().parameters


@pytest.mark.parametrize(
    ("dtype", "precision"), [("f4", "Real32"), ("f8", "Real64"), ("i4", "Real64")]
)
def test_precision_goes_by_the_numbers_of_x(dtype: str, precision: str) -> None:
    model = NetClassifier(NET, max_training_rounds=1).fit(X.astype(dtype), Y)
    width = {"Real32": np.float32, "Real64": np.float64}[precision]
    assert model.predict_proba(X.astype(dtype)).dtype == width
    assert model.set_params(working_precision="Real32").fit(X, Y).predict_proba(X).dtype == "f4"


def test_a_fit_is_a_call_of_net_train() -> None:
    rules = [((1, "Biases"), None), (ANY, 2)]
    options = {"max_training_rounds": 3, "learning_rate_multipliers": rules, "batch_size": 7}
    model = NetClassifier(NET, working_precision="Real32", **options).fit(X, Y)
    results = net_train(NET, (X, Y.tolist()), ALL, **options)
    assert model.net_ == results["TrainedNet"]
    assert model.results_["BatchLossList"] == results["BatchLossList"]
    assert model.n_iter_ == 3
    assert model.results_["ArraysLearningRateMultipliers"][1, "Biases"] == 0


def test_estimators_are_cloned_with_nets_and_rules_and_shown_by_what_is_no_default() -> None:
    model = NetClassifier(NET, learning_rate_multipliers={1: None, ANY: 2}, batch_size=AUTOMATIC)
    other = clone(model)
    assert other.net == NET
    assert other.learning_rate_multipliers == {1: None, ANY: 2}
    assert other.batch_size is AUTOMATIC
    assert repr(NetRegressor(batch_size=5)) == "NetRegressor(batch_size=5)"


def test_unknown_parameters_are_told_at_once_with_what_was_meant() -> None:
    with pytest.raises(OptionError) as found:
        NetClassifier(NET, learnign_rate=1, epochs=3)
    first, second = found.value.faults
    assert "'learning_rate'" in str(first.fix)
    assert second.fix.startswith("max_training_rounds=")


@pytest.mark.parametrize("state", [None, np.random.RandomState(3)])
def test_a_random_state_is_drawn_from_and_an_integer_is_a_seed(state: Any) -> None:
    np.random.seed(0)  # noqa: NPY002  # None is NumPy's own generator, as everywhere in scikit-learn
    model = NetRegressor(max_training_rounds=1, random_state=state)
    first, second = (model.fit(X, X[:, 0]).predict(X) for _ in range(2))
    assert not np.array_equal(first, second)
    model.set_params(random_state=5)
    first, second = (model.fit(X, X[:, 0]).predict(X) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({"early_stopping": 3, "validation_fraction": 2, "n_iter_no_change": 0}, 3),
        ({"method": "ADM", "batch_size": 0}, 2),
    ],
)
def test_wrong_parameters_are_told_when_fitting(options: dict[str, Any], faults: int) -> None:
    model = NetClassifier(NET, **options)
    with pytest.raises(OptionError) as found:
        model.fit(X, Y)
    assert len(found.value.faults) == faults


def test_early_stopping_holds_examples_out_and_stops_when_nothing_gets_better() -> None:
    model = NetRegressor(early_stopping=True, validation_fraction=0.2, n_iter_no_change=3)
    model.set_params(learning_rate=0.01).fit(X, RNG.standard_normal(30))
    record = model.results_
    assert record["ReasonTrainingStopped"] == "StoppingCriterion"
    assert record["ValidationExamples"] == 6
    assert model.n_iter_ - record["BestValidationRound"] >= 3


def test_early_stopping_leaves_what_is_said_of_it_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = NetClassifier(NET, early_stopping=True)
    assert heard(model, monkeypatch)["validation_set"] == Scaled(0.1)
    model.set_params(validation_set=Scaled(0.3), training_stopping_criterion="ErrorRate")
    options = heard(model, monkeypatch)
    assert options["validation_set"] == Scaled(0.3)
    assert options["training_stopping_criterion"] == "ErrorRate"


def test_a_validation_set_is_x_and_y() -> None:
    model = NetClassifier(NET, max_training_rounds=2, validation_set=((X, Y), {"Interval": 2}))
    assert model.fit(X, Y).results_["ValidationExamples"] == 30
    assert len(model.results_["ValidationLossList"]) == 1


# The door


def test_the_room_is_a_part_of_the_package() -> None:
    assert wl.sklearn.NetClassifier is NetClassifier
    assert "sklearn" in dir(wl)


def test_without_scikit_learn_the_door_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("wlnet.sklearn")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"pip install 'wlnet\[sklearn\]'"):
        importlib.import_module("wlnet.sklearn")
