"""The training net: made once, and spoken of by the paths of the user's net."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
import wlnet.train
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.core.net import Net
from wlnet.layers.declaring.layer import LAYERS
from wlnet.lowering.lower import lower
from wlnet.nets import inference
from wlnet.nets.container import CONTAINERS
from wlnet.train import training_net as module
from wlnet.train.losses import loss_terms
from wlnet.train.training_net import TrainingNet

X, Y = numbers(12)
CX, CY = classes(12)


def of(net: Net, given: Any = wl.AUTOMATIC) -> TrainingNet:
    return TrainingNet(net, loss_terms(net, given))


def own_loss(**more: Any) -> Any:
    """A loss that is a net with arrays."""
    return wl.NetGraph(
        {"scale": wl.LinearLayer(2), "Square": wl.MeanSquaredLossLayer(), **more},
        [
            ("scale", wl.NetPort("Square", "Input")),
            (wl.NetPort("Target"), wl.NetPort("Square", "Target")),
        ],
        input=2,
    )


def two_outputs() -> Any:
    return wl.NetGraph(
        {"body": 3, "first": 2, "second": 1},
        [
            ("body", ["first", "second"]),
            ("first", wl.NetPort("A")),
            ("second", wl.NetPort("B")),
        ],
        input=3,
    )


TRAININGS: dict[str, tuple[Any, Any]] = {
    "a loss by the last layer": (perceptron(), wl.AUTOMATIC),
    "a cross entropy": (classifier(), wl.AUTOMATIC),
    "a layer": (wl.LinearLayer(2, input=3), wl.AUTOMATIC),
    "a net with a loss of its own": (
        wl.NetGraph(
            {"net": 2, "loss": wl.MeanSquaredLossLayer()},
            [("net", wl.NetPort("loss", "Input"))],
            input=3,
        ),
        wl.AUTOMATIC,
    ),
    "a loss with arrays": (perceptron(), own_loss()),
    "one output twice": (perceptron(), [wl.MeanSquaredLossLayer(), wl.MeanAbsoluteLossLayer()]),
    "two outputs": (two_outputs(), wl.AUTOMATIC),
    "two outputs, one its own loss": (
        two_outputs(),
        [("A", wl.AUTOMATIC), ("B", wl.Scaled(0.5))],
    ),
}
every_training = pytest.mark.parametrize("case", TRAININGS)


@every_training
def test_its_columns_are_the_inputs_of_the_net_that_is_made_later(case: str) -> None:
    training = of(*TRAININGS[case])
    columns = training.columns
    assert training.made == []
    assert columns == training.net.input_names
    assert list(training.losses) == list(training.net.output_names)


@every_training
def test_keys_of_arrays_are_those_of_the_users_net(case: str) -> None:
    training = of(*TRAININGS[case])
    graph = lower(training.net, 4, "Train", home=training.home)
    assert set(graph.arrays) == set(training.arrays)
    own = set(wl.information(training.user, "Arrays"))
    assert own <= set(training.arrays)
    assert {key[:2] for key in set(training.arrays) - own} <= {("LossLayer", "scale")}


@every_training
def test_with_numbers_it_is_what_the_net_with_numbers_gets(case: str) -> None:
    training = of(*TRAININGS[case])
    ready = wl.net_initialize(training.user)
    with_numbers = training.initialized(ready, 1234)
    fresh = wl.net_initialize(TrainingNet(ready, training.terms).net)
    assert with_numbers.net == fresh
    assert with_numbers.user is ready
    told = [wl.information(net, "InputPorts") for net in (with_numbers.net, fresh)]
    assert told[0] == told[1]


def test_a_call_attaches_losses_once_and_infers_shapes_where_they_are_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    attached, solved = TrainingNet._attached, inference._solve

    def attach(self: TrainingNet) -> Net:
        made.append("attached")
        return attached(self)

    def solve(net: Net, given: Any) -> Any:
        made.append(net.kind)
        return solved(net, given)

    net = wl.NetChain([3, wl.SoftmaxLayer()])
    monkeypatch.setattr(TrainingNet, "_attached", attach)
    monkeypatch.setattr(inference, "_solve", solve)
    wl.net_train(net, (CX, CY), max_training_rounds=1)
    # As it was fitted to its data; with numbers nothing new follows.
    assert made == ["NetChain", "attached", "NetGraph"]


def test_a_part_called_like_the_loss_keeps_its_paths() -> None:
    net = wl.NetGraph(
        {"LossLayer": wl.NetGraph({"scale": wl.LinearLayer(2)}, []), "read": 2},
        [("LossLayer", "read")],
        input=3,
    )
    training = of(net, own_loss())
    assert list(training.net.nodes) == ["Net", "LossLayer2"]
    assert len(training.arrays) == 3 * 2
    results = wl.net_train(net, (X, Y), wl.ALL, loss_function=own_loss(), max_training_rounds=2)
    start = wl.net_initialize(net)
    moved = {
        key
        for key, array in wl.information(results["TrainedNet"], "Arrays").items()
        if not np.array_equal(array, wl.net_extract(start, key))
    }
    assert moved == set(wl.information(net, "Arrays"))


def test_masks_are_drawn_by_the_path_from_the_top() -> None:
    training = of(perceptron(), own_loss())
    assert training.whole((2,)) == ("Net", 2)
    assert training.whole(()) == ("Net",)
    assert training.whole(("Net", 2)) == ("Net", "Net", 2)
    assert training.whole(("LossLayer", "scale")) == ("LossLayer", "scale")
    alone = of(*TRAININGS["a net with a loss of its own"])
    assert alone.whole(("net",)) == ("net",)


@pytest.mark.parametrize("data", [(X, Y), (X[:, :1], Y), ([["x"]], [[1]])], ids=str)
def test_a_loss_that_does_not_fit_the_net_is_told_alone(data: Any) -> None:
    net = wl.NetChain([3, 2], input=3)
    with pytest.raises(wl.ShapeError) as caught:
        wl.net_train(net, data, loss_function=wl.NetChain([wl.LinearLayer([], input=5)]))
    assert len(caught.value.faults) == 1
    assert "Net" in str(caught.value)


def test_a_loss_that_does_not_fit_is_told_before_a_generator_is_asked() -> None:
    asked: list[Any] = []
    with pytest.raises(wl.ShapeError):
        wl.net_train(
            perceptron(),
            lambda state: asked.append(state),
            loss_function=wl.NetChain([wl.LinearLayer([], input=5)]),
        )
    assert asked == []


# Layers say what others want to know of them.

KINDS = {*LAYERS, *CONTAINERS}


def names_of_kinds(source: str) -> set[str]:
    """The kinds of layers that code names by letters; docstrings tell, and are left out."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in docs and node.value in KINDS
    }


def test_no_file_of_train_names_a_kind_of_layer_by_letters() -> None:
    assert names_of_kinds('"""LinearLayer"""\nx.kind == "LinearLayer"') == {"LinearLayer"}
    files = sorted(Path(wlnet.train.__file__).parent.rglob("*.py"))
    found = {file.name: names_of_kinds(file.read_text("utf-8")) for file in files}
    assert {name: kinds for name, kinds in found.items() if kinds} == {}
    assert module.__file__ in map(str, files)
