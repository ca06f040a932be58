"""Targets of a cross entropy are shares of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl

X = np.ones((6, 4), np.float32)
BINARY = wl.CrossEntropyLossLayer("Binary")
PROBABILITIES = wl.CrossEntropyLossLayer("Probabilities")


def train(net: Any, targets: Any, **options: Any) -> Any:
    return wl.net_train(net, (X, targets), **{"max_training_rounds": 1, **options})


def sigmoid() -> Any:
    return wl.NetChain([3, "Sigmoid"], input=4)


def softmax() -> Any:
    return wl.NetChain([3, wl.SoftmaxLayer()], input=4)


def targets_with(value: float) -> Any:
    targets = np.full((6, 3), 0.25, np.float32)
    targets[4, 1] = value
    return targets


CASES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "binary": (sigmoid, {}, "Binary"),
    "probabilities": (softmax, {"loss_function": PROBABILITIES}, "Probabilities"),
    "with a factor": (sigmoid, {"loss_function": ("Output", wl.CrossEntropyLossLayer("Binary"),
                                                  wl.Scaled(2))}, "Binary"),
    "in a chain": (sigmoid, {"loss_function": wl.NetChain([BINARY, "Abs"])}, "Binary"),
    "in a chain in a chain": (sigmoid, {"loss_function": wl.NetChain([[BINARY, "Abs"]])}, "Binary"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("value", [-0.5, 1.5, 7.0, -1e-3])
def test_targets_beyond_0_and_1_are_told_with_port_and_example(case: str, value: float) -> None:
    net, options, form = CASES[case]
    text = rf"\({form}\)[^$]*port Output, example 5\n +given: +{value:g}\n +expected: .*0 to 1"
    with pytest.raises(wl.DataError, match=text):
        train(net(), targets_with(value), **options)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("value", [0.0, 1.0, 0.5, float(np.nextafter(np.float32(1), 2))])
def test_targets_within_0_and_1_will_do_as_they_are(case: str, value: float) -> None:
    net, options, _ = CASES[case]
    losses = wl.net_train(
        net(), (X, targets_with(value)), "RoundLossList", max_training_rounds=1, **options
    )
    assert np.isfinite(losses).all()


def test_validation_sets_and_generators_are_looked_at_too() -> None:
    fine, wrong = targets_with(1.0), targets_with(2.0)
    with pytest.raises(wl.DataError, match="example 5"):
        train(sigmoid(), fine, validation_set=(X, wrong))
    with pytest.raises(wl.DataError, match="example 5"):
        wl.net_train(sigmoid(), lambda: (X, wrong), batch_size=6, max_training_rounds=1)


def test_a_loss_inside_the_net_looks_at_its_targets() -> None:
    loss = wl.CrossEntropyLossLayer("Binary")
    net = wl.NetGraph(
        {"net": sigmoid(), "loss": loss},
        [("net", wl.NetPort("loss", "Input")), (wl.NetPort("Truth"), wl.NetPort("loss", "Target")),
         ("loss", wl.NetPort("Loss"))],
    )  # fmt: skip
    with pytest.raises(wl.DataError, match="port Truth, example 5"):
        wl.net_train(net, {"Input": X, "Truth": targets_with(2.0)}, max_training_rounds=1)
    wl.net_train(net, {"Input": X, "Truth": targets_with(1.0)}, max_training_rounds=1)


def test_other_losses_take_any_numbers() -> None:
    train(sigmoid(), targets_with(2.0), loss_function=wl.MeanSquaredLossLayer())
