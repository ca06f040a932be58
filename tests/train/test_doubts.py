"""Losses that are probably not meant: an error where a target was brought, else a warning."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron

X, Y = numbers(12)
CX, CY = classes(12)
ONE: dict[str, Any] = {"max_training_rounds": 1, "batch_size": 12}
INDEX, BINARY = wl.CrossEntropyLossLayer("Index"), wl.CrossEntropyLossLayer("Binary")
SHARES = wl.CrossEntropyLossLayer("Probabilities")


def two_heads() -> Any:
    return wl.net_initialize(
        wl.NetGraph(
            {
                "body": 8,
                "a": wl.NetChain([1, "LogisticSigmoid"]),
                "b": wl.NetChain([3, wl.SoftmaxLayer()]),
            },
            [("body", "a", wl.NetPort("Same")), ("body", "b", wl.NetPort("Kind"))],
            input=4,
        )
    )


HEADS = {"Input": CX, "Same": (CX[:, :1] > 0).astype(float), "Kind": CY}
ROWS = [dict(zip(HEADS, row, strict=True)) for row in zip(*HEADS.values(), strict=True)]


@pytest.mark.parametrize(
    "data", [HEADS, ROWS, (CX, {"Same": HEADS["Same"], "Kind": CY}), lambda state: HEADS]
)
def test_a_port_that_the_data_bring_a_target_for_is_not_taken_for_a_loss(data: Any) -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(two_heads(), data, loss_function=["Same", ("Kind", wl.Scaled(0.2))], **ONE)
    text = str(error.value)
    for word in ("2 faults", "('Same', AUTOMATIC)", "('Kind', AUTOMATIC)", "('Kind', loss)"):
        assert word in text


@pytest.mark.parametrize("loss", ["Output", wl.NetPort("Output"), wl.ALL, ["Output"]])
def test_the_second_column_of_a_pair_is_a_target_too(loss: Any) -> None:
    for ask in (wl.net_train, lambda *a, **o: wl.net_measurements(*a, "Loss", **o)):
        with pytest.raises(wl.OptionError, match="AUTOMATIC"):
            ask(perceptron(), (X, Y), loss_function=loss)


def test_a_port_with_automatic_gets_the_loss_it_has_by_itself() -> None:
    automatic = wl.net_train(two_heads(), HEADS, **ONE)
    for ports in (["Same", "Kind"], [wl.NetPort("Same"), "Kind"]):
        named = [(port, wl.AUTOMATIC) for port in ports]
        assert wl.net_train(two_heads(), HEADS, loss_function=named, **ONE) == automatic
    by_name = dict.fromkeys(("Same", "Kind"), wl.AUTOMATIC)
    assert wl.net_train(two_heads(), HEADS, loss_function=by_name, **ONE) == automatic
    plain = wl.net_train(perceptron(), (X, Y), **ONE)
    for loss in (wl.AUTOMATIC, [wl.AUTOMATIC], ("Output", wl.AUTOMATIC)):
        assert wl.net_train(perceptron(), (X, Y), loss_function=loss, **ONE) == plain


def test_it_may_be_scaled() -> None:
    told = wl.net_train(
        two_heads(),
        HEADS,
        wl.ALL,
        loss_function=[("Same", wl.AUTOMATIC), ("Kind", wl.AUTOMATIC, wl.Scaled(0.2))],
        **ONE,
    )
    parts = told["RoundMeasurements"]
    total = parts["SameLoss"] + 0.2 * parts["KindLoss"]
    assert told["RoundLoss"] == pytest.approx(total, rel=1e-6)


def test_automatic_without_a_port_needs_to_know_its_output() -> None:
    with pytest.raises(wl.OptionError, match="'Same': AUTOMATIC"):
        wl.net_train(two_heads(), HEADS, loss_function=[wl.AUTOMATIC, ("Kind", wl.AUTOMATIC)])


def test_losses_of_the_nets_own_are_minimised_with_whatever_columns_there_are() -> None:
    """Nobody is told anything where a port is a loss."""
    net = wl.NetGraph(
        {"net": 2, "loss": wl.MeanSquaredLossLayer()},
        [("net", wl.NetPort("loss", "Input")), ("loss", wl.NetPort("Far"))],
        input=3,
    )
    data = {"Input": X, "Target": Y}
    assert wl.net_train(net, data, loss_function="Far", **ONE)
    square = wl.NetGraph({"a": 2, "b": wl.ElementwiseLayer("Square")}, [("a", "b")], input=3)
    assert wl.net_train(square, X, loss_function="Output", **ONE)
    both = ["Output", ("Output", wl.MeanSquaredLossLayer())]
    assert wl.net_train(square, (X, Y), loss_function=both, **ONE)


def heard(call: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    assert all(issubclass(each.category, wl.TrainingWarning) for each in found)
    return [str(each.message) for each in found]


def trained(net: Any, data: Any, **options: Any) -> Any:
    return lambda: wl.net_train(net, data, **options, **ONE)


def test_a_softmax_as_its_own_loss_is_warned_about() -> None:
    (text,) = heard(trained(classifier(), CX, loss_function="Output"))
    assert "add up to 1" in text
    assert "('Output', AUTOMATIC)" in text
    decoded = wl.NetChain([3], input=4, output=wl.NetDecoder("Class", ["a", "b", "c"]))
    (text,) = heard(trained(decoded, CX, loss_function="Output"))
    assert "stand for something else" in text


LOGITS: dict[str, Any] = {
    "a linear layer": wl.NetChain([3], input=4),
    "a bare layer": wl.LinearLayer(3, input=4),
    "a function below zero": wl.NetChain([3, "Tanh"], input=4),
    "behind dropout": wl.NetChain([3, wl.DropoutLayer(0.5)], input=4),
    "behind views": wl.NetChain([3, wl.ReshapeLayer((1, 3)), wl.FlattenLayer()], input=4),
    "behind nothing": wl.NetChain([3, "Identity"], input=4),
    "in a chain in a graph": wl.NetGraph([wl.NetChain([3])], [], input=4),
    "sigmoids, of which all may grow": wl.NetChain([3, "LogisticSigmoid"], input=4),
}


@pytest.mark.parametrize("case", LOGITS)
def test_a_cross_entropy_of_what_are_no_probabilities_is_warned_about(case: str) -> None:
    (text,) = heard(trained(LOGITS[case], (CX, CY + 1), loss_function=INDEX))
    assert "takes probabilities" in text
    assert "SoftmaxLayer()" in text
    soft = np.eye(3)[CY]
    (text,) = heard(trained(LOGITS[case], (CX, soft), loss_function=SHARES))
    assert "SoftmaxLayer()" in text


def test_a_binary_one_asks_for_a_sigmoid() -> None:
    bits = np.eye(3)[CY]
    (text,) = heard(trained(wl.NetChain([3], input=4), (CX, bits), loss_function=BINARY))
    assert 'net_append(net, ElementwiseLayer("LogisticSigmoid"))' in text
    sigmoid = wl.NetChain([3, "LogisticSigmoid"], input=4)
    assert heard(trained(sigmoid, (CX, bits), loss_function=BINARY)) == []


def test_so_is_one_that_stands_in_the_net_itself_or_is_only_measured() -> None:
    net = wl.NetGraph({"net": 3, "loss": INDEX}, [("net", wl.NetPort("loss", "Input"))], input=4)
    (text,) = heard(trained(net, {"Input": CX, "Target": CY + 1}))
    assert "at:       net, on the way to" in text
    chain = wl.net_initialize(LOGITS["a linear layer"])
    (text,) = heard(lambda: wl.net_measurements(chain, (CX, CY + 1), "Loss", loss_function=INDEX))
    assert "takes probabilities" in text


def test_probabilities_and_what_nobody_can_judge_are_not_warned_about() -> None:
    nets = [
        classifier(),
        wl.NetChain([3, wl.SoftmaxLayer(), wl.ReshapeLayer((3,))], input=4),
        wl.NetChain([3, wl.ElementwiseLayer(lambda x: 1 / (1 + x * x))], input=4),
    ]
    for net in nets:
        assert heard(trained(net, (CX, CY + 1), loss_function=INDEX)) == []


def test_a_call_leaves_nothing_behind_in_the_net_it_was_given() -> None:
    net = perceptron()

    def size() -> int:
        return sum(len(kept) if isinstance(kept, (list, dict)) else 1 for kept in cache.values())

    cache: dict[str, Any] = object.__getattribute__(net, "_cache")

    def calls() -> None:
        wl.net_measurements(net, (X, Y), "Loss", loss_function=wl.MeanSquaredLossLayer())
        wl.net_train(net, (X, Y), loss_function=wl.MeanAbsoluteLossLayer(), **ONE)
        wl.net_program(net, learning_rate_multipliers=1, loss_function=wl.MeanAbsoluteLossLayer())

    # What the net knows of itself is worked out once.
    calls()
    before = size()
    for _ in range(3):
        calls()
    assert size() == before


@pytest.mark.parametrize("view", [wl.FlattenLayer(), wl.ReshapeLayer((3, 1)), "Identity"])
def test_a_softmax_is_no_loss_behind_what_only_moves_numbers(view: Any) -> None:
    net = wl.NetChain([3, wl.SoftmaxLayer(), view], input=4)
    with pytest.warns(wl.TrainingWarning, match="always add up to 1"):
        wl.net_train(net, {"Input": np.ones((4, 4))}, loss_function="Output", max_training_rounds=1)
