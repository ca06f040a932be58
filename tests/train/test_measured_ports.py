"""What flows out of a part of a net, as a measurement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, numbers

X, Y = classes(70)
NET = wl.net_initialize(
    wl.NetChain(
        {"body": wl.NetChain([8, "Tanh"]), "read": wl.NetChain([3, wl.SoftmaxLayer()])}, input=4
    )
)
PORTS = [
    wl.NetPort("body", "Output"),
    wl.NetPort("body", 1, "Output"),
    wl.NetPort(1),
    wl.NetPort("Output"),
]


def values(port: Any) -> Any:
    return NET(X, port).astype(np.float64)


def asked(port: Any, aggregation: Any) -> dict[str, Any]:
    return {"Measurement": port, "Aggregation": aggregation}


@pytest.mark.parametrize("port", PORTS, ids=repr)
def test_the_mean_over_examples_and_numbers_is_told(port: Any) -> None:
    found = wl.net_measurements(NET, (X, Y + 1), port)
    assert found == pytest.approx(values(port).mean(), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("port", PORTS, ids=repr)
def test_an_aggregation_says_what_is_told_instead(port: Any) -> None:
    each = values(port)
    ways: dict[Any, Any] = {
        "Mean": each.mean(),
        "RootMeanSquare": np.sqrt((each**2).mean()),
        "StandardDeviation": each.std(),
        None: each.mean(axis=0),
    }
    for way, wanted in ways.items():
        found = wl.net_measurements(NET, (X, Y + 1), asked(port, way))
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)
    assert not found.flags.writeable


@pytest.mark.parametrize("rate", [0, 1], ids=["frozen, so kept", "learning"])
@pytest.mark.parametrize("batch_size", [16, 70])
def test_batches_and_rounds_and_validation_tell_the_same_of_a_port(
    rate: int, batch_size: int
) -> None:
    inside = wl.NetPort("body", "Output")
    results = wl.net_train(
        NET,
        (X, Y + 1),
        wl.ALL,
        batch_size=batch_size,
        max_training_rounds=2,
        learning_rate_multipliers={"body": rate},
        validation_set=(X, Y + 1),
        training_progress_measurements=[inside, "Accuracy"],
    )
    key = "body/Output"
    net = results["TrainedNet"]
    assert results["ValidationMeasurements"][key] == pytest.approx(net(X, inside).mean(), rel=1e-4)
    if not rate:
        sizes = np.array([16] * 4 + [6] if batch_size == 16 else [70])
        batches = np.array(results["BatchMeasurementsLists"][key]).reshape(2, -1)
        for row, told in zip(batches, results["RoundMeasurementsLists"][key], strict=True):
            assert (row * sizes).sum() / 70 == pytest.approx(told, rel=1e-9)
            assert told == pytest.approx(values(inside).mean(), rel=1e-5)


def test_who_looks_inside_changes_no_bit_of_the_training() -> None:
    def arrays(**options: Any) -> Any:
        net = wl.net_train(NET, (X, Y + 1), batch_size=16, max_training_rounds=3, **options)
        return wl.information(net, "Arrays")

    usual, watched = arrays(), arrays(training_progress_measurements=PORTS)
    for key, array in usual.items():
        np.testing.assert_array_equal(watched[key], array)


def test_far_from_zero_a_port_keeps_its_figures() -> None:
    net = wl.NetChain([wl.LinearLayer(1, weights=[[1.0]], biases=[1e4])], input=1)
    x = np.linspace(-1, 1, 200)[:, None]
    found = wl.net_measurements(
        net,
        (x, x),
        asked(wl.NetPort("Output"), "StandardDeviation"),
        working_precision="Real64",
    )
    assert found == pytest.approx(x.std(), rel=1e-8)


def test_a_net_that_is_its_own_loss_needs_no_targets_for_it() -> None:
    loss = wl.NetGraph(
        {"loss": wl.MeanSquaredLossLayer()},
        [
            (wl.NetPort("Input"), wl.NetPort("loss", "Input")),
            (wl.NetPort("Aim"), wl.NetPort("loss", "Target")),
            ("loss", wl.NetPort("Loss")),
        ],
        ports={"Input": 2, "Aim": 2},
    )
    data = {"Input": np.eye(2), "Aim": np.zeros((2, 2))}
    port = {"Measurement": wl.NetPort("loss", "Loss"), "Aggregation": "StandardDeviation"}
    assert wl.net_measurements(loss, data, [wl.NetPort("loss", "Loss"), "Loss"]) == [0.5, 0.5]
    assert wl.net_measurements(loss, data, port) == 0
    with pytest.raises(wl.OptionError, match="a loss has this name"):
        wl.net_measurements(loss, data, wl.NetPort("Loss"))
    with pytest.raises(wl.OptionError, match="need outputs with targets"):
        wl.net_measurements(loss, data, ["MeanSquare"])


def test_of_several_outputs_a_port_is_told_once() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"trunk": 4, "a": 2, "b": 1},
            [("trunk", "a", wl.NetPort("A")), ("trunk", "b", wl.NetPort("B"))],
            input=3,
        )
    )
    x, y = numbers(12)
    data = {"Input": x, "A": y, "B": y[:, :1]}
    found = wl.net_measurements(net, data, [wl.NetPort("trunk", "Output"), "MeanSquare"])
    inside = net(x, wl.NetPort("trunk", "Output"))
    assert found[0] == pytest.approx(inside.mean(), rel=1e-5)
    assert set(found[1]) == {"A", "B"}


def test_a_port_in_a_direction_stops_a_training() -> None:
    port = wl.NetPort("body", "Output")
    with pytest.raises(wl.OptionError, match="smaller or when larger"):
        wl.net_train(
            NET,
            (X, Y + 1),
            validation_set=(X, Y + 1),
            training_progress_measurements=port,
            training_stopping_criterion="body/Output",
        )
    results = wl.net_train(
        NET,
        (X, Y + 1),
        wl.ALL,
        validation_set=(X, Y + 1),
        max_training_rounds=30,
        training_progress_measurements={
            "Measurement": port,
            "Key": "flow",
            "Direction": "Increasing",
        },
        training_stopping_criterion="flow",
    )
    flow = results["ValidationMeasurementsLists"]["flow"]
    assert results["BestValidationRound"] == 1 + int(np.argmax(flow))


@pytest.mark.parametrize(
    ("port", "words"),
    [
        (wl.NetPort("bdy", "Output"), "no part 'bdy'"),
        (wl.NetPort("body", "Outpt"), "Outpt"),
        (wl.NetPort(wl.ALL, "Output"), "port of one part"),
    ],
    ids=repr,
)
def test_a_port_that_is_not_there_is_an_error_before_training(port: Any, words: str) -> None:
    for call in (
        lambda: wl.net_measurements(NET, (X, Y + 1), port),
        lambda: wl.net_train(NET, (X, Y + 1), training_progress_measurements=port),
    ):
        with pytest.raises(wl.OptionError, match=words) as error:
            call()
        assert "measurements" in str(error.value)
