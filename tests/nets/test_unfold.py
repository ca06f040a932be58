"""net_unfold: the step that a recurrent net repeats, as a net of its own."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import filled
from tests.evaluate.test_state_object import GATED, NETS, OPEN, SIZE, cell, sequence
from wlnet import NetChain, NetFoldOperator, NetGraph, NetPort, net_unfold

every_net = pytest.mark.parametrize("name", NETS)


def outputs(found: Any) -> Any:
    return found if isinstance(found, dict) else {"Output": found}


def repeated(step: Any, x: Any) -> list[Any]:
    """What a step gives for each element, each time with the states that it gave before."""
    shapes = wl.information(step, "InputPorts")
    states = {name: np.zeros(shape) for name, shape in shapes.items() if name != "Input"}
    found = []
    for element in x:
        found.append(step({"Input": element, **states}))
        states = {name: found[-1][name] for name in states}
    return found


@every_net
def test_a_step_repeated_is_the_net(name: str) -> None:
    net = filled(NETS[name]())
    step, x = net_unfold(net), sequence(net)
    assert len(step.input_names) == 1 + len(wl.NetStateObject(net).states)
    whole, found = outputs(net(x)), repeated(step, x)
    assert np.stack([each["Output"] for each in found]).tobytes() == whole["Output"].tobytes()
    for port in whole:
        if port != "Output":
            assert found[-1][port].tobytes() == whole[port].tobytes()


@every_net
def test_a_step_folded_again_is_the_net(name: str) -> None:
    net = filled(NETS[name]())
    step, x = net_unfold(net), sequence(net)
    states = [port for port in step.input_names if port != "Input"]
    fold = NetFoldOperator(step, {state: state for state in states})
    found = outputs(fold(x))["Output"]
    assert found.tobytes() == outputs(net(x))["Output"].tobytes()


@every_net
def test_arrays_are_those_of_the_net_and_keep_their_rates(name: str) -> None:
    net = filled(NETS[name]())
    step = net_unfold(net)
    before, after = (wl.information(each, "ArraysList") for each in (net, step))
    assert {id(array) for array in before} == {id(array) for array in after}
    shared = wl.net_insert_shared_arrays(net)
    assert wl.information(net_unfold(shared), "SharedArraysCount") == len(before)


def test_rates_of_every_net_on_the_way_go_along() -> None:
    net = NetChain(
        {"in": NetChain([GATED(SIZE, learning_rate_multipliers=0.5), "Ramp"],
                        learning_rate_multipliers={(1, "InputGateBiases"): 0.25}),
         "fold": NetFoldOperator(cell(), learning_rate_multipliers={("Net", "sum"): 2}),
         "map": wl.NetMapOperator([2])},
        learning_rate_multipliers={("map", "Net", 1, "Biases"): None}, **OPEN,
    )  # fmt: skip
    rates = wl.information(net_unfold(net), "ArraysLearningRateMultipliers")
    assert rates["in", "1", "layer", "InputGateBiases"] == 0.25
    assert rates["in", "1", "layer", "ResetGateBiases"] == 0.5
    assert rates["fold", "net", "sum", "Weights"] == 2
    assert rates["map", 1, "Biases"] == 0


def test_the_last_of_a_sequence_is_left_out_and_coders_of_elements_stay() -> None:
    decoder = wl.NetDecoder("Class", ["a", "b"])
    net = filled(NetChain({"gated": GATED(SIZE), "last": wl.SequenceLastLayer(), "read": 2,
                           "end": wl.SoftmaxLayer()}, output=decoder, **OPEN))  # fmt: skip
    step, x = net_unfold(net), sequence(net)
    assert list(step.nodes) == ["gated", "read", "end"]
    assert wl.information(step, "InputPorts") == {"Input": (3,), "State": (SIZE,)}
    found = repeated(step, x)
    assert [each["Output"] for each in found] == [net(x[: n + 1]) for n in range(len(x))]
    spelt = filled(NetChain([wl.EmbeddingLayer(3), GATED(2)],
                            input=wl.NetEncoder("Characters", "abc")))  # fmt: skip
    assert wl.information(net_unfold(spelt), "InputPorts")["Input"] == "Integer"


def test_a_step_is_kept_in_a_file_and_written_as_python(tmp_path: Any) -> None:
    for name in NETS:
        step = net_unfold(NETS[name]())
        assert wl.load(wl.save(step, tmp_path / "step.wlnet")) == step
        if name != "two":
            assert eval(repr(step), vars(wl)) == step


def test_a_step_of_a_net_without_numbers_may_be_drawn_and_trained() -> None:
    step = wl.net_initialize(net_unfold(NetChain([GATED(SIZE), wl.NetMapOperator(2)], **OPEN)))
    data = {"Input": np.ones((4, 3)), "State": np.ones((4, SIZE)), "Output": np.ones((4, 2))}
    trained = wl.net_train(
        step, data, loss_function=("Output", wl.AUTOMATIC), max_training_rounds=2
    )
    assert trained.output_names == ("Output", "State")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: net_unfold(3), "takes a net"),
        (lambda: net_unfold(NetChain([3], input=2)), "no layer with states"),
        (lambda: net_unfold(wl.NetBidirectionalOperator(GATED(2), **OPEN)), "SequenceReverse"),
        (lambda: net_unfold(NetGraph({"gated": GATED(2), "first": 2},
                                     [("first", NetPort("gated", "State"))])), "an edge leads"),
        (lambda: net_unfold(filled(NetChain([GATED(2), wl.NormalizationLayer(2)], input=(3, 2)))),
         "sequences of any length"),
    ],
)  # fmt: skip
def test_what_has_no_step_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=re.escape(told)):
        make()
