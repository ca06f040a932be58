"""What y may be: labels of all types, several labels, several outputs, numbers."""

from typing import Any

import numpy as np
import pytest

from wlnet import (
    DataError,
    LinearLayer,
    NetChain,
    NetDecoder,
    NetGraph,
    NetPort,
    OptionError,
    ShapeError,
    SoftmaxLayer,
    net_train,
)
from wlnet.sklearn import NetClassifier, NetRegressor

RNG = np.random.default_rng(1)
X = RNG.standard_normal((60, 3))
THREE = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
QUICK = {"max_training_rounds": 150, "learning_rate": 0.03}
SOFT = NetChain([8, "Tanh", LinearLayer(), SoftmaxLayer()])
SIGMOID = NetChain([8, "Tanh", 1, "LogisticSigmoid"])


@pytest.mark.parametrize(
    "labels",
    [
        np.array([5, -3, 7]),
        np.array(["b", "a", "c"]),
        np.array(["b", "a", "c"], object),
        np.array([1.0, -2.0, 0.0]),
    ],
)
def test_labels_may_be_of_any_type_and_come_back_as_they_were(labels: Any) -> None:
    y = labels[THREE]
    model = NetClassifier(SOFT, **QUICK).fit(X, y)
    assert model.classes_.tolist() == sorted(labels.tolist())
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.9
    probable = model.predict_proba(X)
    assert np.array_equal(model.classes_[probable.argmax(1)], model.predict(X))
    assert np.allclose(probable.sum(1), 1)


@pytest.mark.parametrize("labels", [np.array([False, True]), np.array(["on", "off"])])
@pytest.mark.parametrize(
    "net", [SOFT, SIGMOID, NetChain([8, "Tanh", LinearLayer(()), "LogisticSigmoid"])]
)
def test_two_classes_may_have_one_probability(net: NetChain, labels: Any) -> None:
    y = labels[(X[:, 0] > 0).astype(int)]
    model = NetClassifier(net, **QUICK).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.predict_proba(X).shape == (60, 2)


def test_a_sigmoid_for_two_classes_trains_as_net_train_does() -> None:
    y = X[:, 0] > 0
    model = NetClassifier(SIGMOID, max_training_rounds=3).fit(X, np.where(y, "yes", "no"))
    expected = net_train(
        SIGMOID, (X, y[:, np.newaxis]), max_training_rounds=3, working_precision="Real64"
    )
    assert model.net_ == expected


def test_the_labels_of_a_net_that_has_some_are_sorted_for_scikit_learn() -> None:
    decoder = NetDecoder("Class", ["low", "high", "none"])
    net = NetChain([8, "Tanh", 3, SoftmaxLayer()], output=decoder)
    y = np.array(["low", "high"])[(X[:, 0] > 0).astype(int)]
    model = NetClassifier(net, **QUICK).fit(X, y)
    assert model.classes_.tolist() == ["high", "low", "none"]
    raw = model.net_(X, None, working_precision="Real64")
    assert np.array_equal(model.predict_proba(X), raw[:, [1, 0, 2]])
    assert model.score(X, y) > 0.95


@pytest.mark.parametrize(
    ("net", "y", "error", "words"),
    [
        (NetChain([3]), THREE, OptionError, "SoftmaxLayer"),
        (SIGMOID, THREE, DataError, "3 classes for an output"),
        (NetChain([4, SoftmaxLayer()]), np.array(["a", "b", "c"])[THREE], DataError, "4 classes"),
        (NetChain([4, SoftmaxLayer()]), THREE * 1.0, DataError, "other classes"),
        (NetChain([2, SoftmaxLayer()], output=NetDecoder("Class", ["x", "y"])), THREE,
         DataError, "other classes"),
        (SOFT, np.zeros(60), DataError, "only one class"),
        (SOFT, X[:, 0], ValueError, "continuous"),
        (SOFT, np.column_stack([THREE, THREE]), DataError, "number of outputs"),
        (5, THREE, OptionError, "an estimator takes a net"),
        (lambda features, classes: None, THREE, OptionError, r"net\(3, 3\)"),
        (NetGraph({"a": [2, SoftmaxLayer()], "b": [2, SoftmaxLayer()]},
                  [(NetPort("X"), "a", NetPort("A")), (NetPort("Z"), "b", NetPort("B"))]),
         np.column_stack([THREE > 0, THREE * 2]), OptionError, "inputs X, Z"),
    ],
)  # fmt: skip
def test_nets_that_do_not_fit_the_classes_are_refused(
    net: Any, y: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        NetClassifier(net).fit(X, y)


def test_a_net_with_more_outputs_than_classes_knows_integers_from_0_on() -> None:
    model = NetClassifier(NetChain([5, SoftmaxLayer()]), **QUICK).fit(X, THREE)
    assert model.classes_.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "net", ["Automatic", NetChain([8, "Tanh", LinearLayer(), "LogisticSigmoid"])]
)
def test_several_labels_have_a_probability_each(net: Any) -> None:
    y = (X > 0).astype(int)
    model = NetClassifier(net, **QUICK).fit(X, y)
    assert model.predict(X).dtype.kind == "i"
    assert np.array_equal(model.predict(X), model.predict_proba(X) > 0.5)
    assert model.score(X, y) > 0.85
    with pytest.raises(ShapeError, match="another number of targets"):
        model.partial_fit(X, y[:, :2])


HEADS = NetGraph(
    {"body": [8, "Tanh"], "kind": [LinearLayer(), SoftmaxLayer()], "side": [1, "LogisticSigmoid"]},
    [("body", "kind", NetPort("Kind")), ("body", "side", NetPort("Side"))],
)


@pytest.mark.parametrize("net", ["Automatic", HEADS])
def test_each_of_several_outputs_has_classes_of_its_own(net: Any) -> None:
    kinds, sides = np.array(["a", "b", "c"])[THREE], np.where(X[:, 2] > 0, "left", "right")
    y = np.column_stack([kinds, sides])
    model = NetClassifier(net, **QUICK).fit(X, y)
    assert [each.tolist() for each in model.classes_] == [["a", "b", "c"], ["left", "right"]]
    assert [each.shape for each in model.predict_proba(X)] == [(60, 3), (60, 2)]
    is_right = (model.predict(X) == y).all(1)
    assert model.score(X, y) == is_right.mean() > 0.85
    mixed = np.vstack([y[:30], y[:30]])
    is_right = (model.predict(X) == mixed).all(1)
    expected = np.average(is_right, weights=np.arange(60))
    assert model.score(X, mixed, np.arange(60)) == pytest.approx(expected)
    assert expected != pytest.approx(is_right.mean())


@pytest.mark.parametrize("targets", [1, 2])
def test_numbers_come_back_in_the_shape_that_they_had(targets: int) -> None:
    y = X[:, 0] if targets == 1 else X[:, :targets]
    model = NetRegressor(**QUICK).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.8


def test_outputs_of_a_net_take_as_many_targets_as_they_have_numbers_in_turn() -> None:
    net = NetGraph(
        {"one": LinearLayer(()), "two": 2},
        [("one", NetPort("One")), ("two", NetPort("Two"))],
    )
    model = NetRegressor(net, max_training_rounds=300, learning_rate=0.03).fit(X, X)
    assert model.score(X, X) > 0.95
    answers = model.net_(X, working_precision="Real64")
    assert np.array_equal(model.predict(X), np.column_stack([answers["One"], answers["Two"]]))
    with pytest.raises(ShapeError, match="another number of outputs"):
        NetRegressor(net).fit(X, X[:, :2])
    with pytest.raises(ShapeError, match="open size"):
        NetRegressor(
            NetGraph({"a": LinearLayer(), "b": 1}, [("a", NetPort("A")), ("b", NetPort("B"))])
        ).fit(X, X)


def test_a_decoder_of_numbers_answers_in_their_unit() -> None:
    net = NetChain([1], output=NetDecoder("Number", 100.0, 10.0))
    y = 100 + 10 * X[:, 0]
    model = NetRegressor(net, max_training_rounds=300, learning_rate=0.03).fit(X, y)
    assert model.score(X, y) > 0.99


# Weights


def test_sample_weights_are_those_of_net_train_with_a_mean_of_1() -> None:
    weights = RNG.random(60)
    model = NetClassifier(SOFT, max_training_rounds=2).fit(X, THREE, weights)
    options = {"max_training_rounds": 2, "working_precision": "Real64"}
    expected = net_train(
        SOFT, (X, THREE), example_weights=weights * (60 / weights.sum()), **options
    )
    assert model.net_ == expected


@pytest.mark.parametrize("weights", [np.zeros(60), -np.ones(60), np.full(60, np.nan)])
def test_weights_that_are_none_are_refused(weights: Any) -> None:
    with pytest.raises(ValueError, match=r"(?i)weight"):
        NetRegressor().fit(X, THREE, weights)


@pytest.mark.parametrize(
    ("net", "labels"), [(SOFT, ["b", "a"]), (SOFT, [2.0, 1.0]), (SIGMOID, ["b", "a"])]
)
def test_class_weights_go_by_the_labels_of_y(net: NetChain, labels: list[Any]) -> None:
    where = (X[:, 0] > 0).astype(int)
    y = np.array(labels)[where]
    by_class = NetClassifier(net, max_training_rounds=2, class_weights={labels[0]: 3, labels[1]: 1})
    by_row = NetClassifier(net, max_training_rounds=2)
    factor = np.where(where == 0, 3.0, 1.0)
    expected = net_train(by_row._prepared(*by_row._examples(X, y, is_first=True), None),
                         {"Input": X, **by_row._targets_by_port(y)}, example_weights=factor,
                         max_training_rounds=2, working_precision="Real64")  # fmt: skip
    assert by_class.fit(X, y).net_ == expected


def test_class_weights_of_other_classes_are_refused() -> None:
    model = NetClassifier(SOFT, class_weights={"lo": 2, "hgh": 1})
    with pytest.raises(OptionError) as found:
        model.fit(X, np.where(X[:, 0] > 0, "high", "low"))
    assert [fault.fix for fault in found.value.faults] == [
        "did you mean 'low'?",
        "did you mean 'high'?",
    ]


def test_class_weights_of_several_outputs_go_by_port() -> None:
    y = np.column_stack([THREE, np.where(X[:, 2] > 0, "left", "right")])
    weights = {"Side": {"left": 5.0, "right": 1.0}}
    model = NetClassifier(HEADS, max_training_rounds=2)
    plain = model.fit(X, y.astype(object)).net_
    assert model.set_params(class_weights=weights).fit(X, y.astype(object)).net_ != plain
