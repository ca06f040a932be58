"""NetMapThreadOperator: a net of several inputs on the elements of several sequences at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetGraph, NetMapThreadOperator, NetPort

RNG = np.random.default_rng(0)
INPUTS = [NetPort("a"), NetPort("b")]


def both() -> Any:
    """A net of two vectors, with two outputs."""
    nodes = {"both": wl.CatenateLayer(), "read": 4, "bend": "Tanh", "size": wl.SummationLayer()}
    edges = [
        (INPUTS, "both", "read", "bend", NetPort("Bent")),
        ("read", "size", NetPort("Size")),
    ]
    return NetGraph(nodes, edges, ports={"a": 2, "b": 3})


def looped(net: Any, levels: dict[str, int], data: dict[str, Any]) -> Any:
    """What the net gives for each element, one call each."""
    deepest = max(levels, key=lambda name: levels[name])
    front = data[deepest].shape[: 1 + levels[deepest]]
    made: dict[str, Any] = {name: [] for name in net.output_names}
    for at in np.ndindex(*front):
        one = net({name: x[at[: 1 + levels.get(name, 0)]] for name, x in data.items()})
        for name, value in one.items():
            made[name].append(value)
    return {name: np.reshape(x, (*front, *np.shape(x[0]))) for name, x in made.items()}


@pytest.mark.parametrize(
    ("levels", "a", "b"),
    [
        (1, (5,), (5,)),
        (2, (2, 3), (2, 3)),
        ({"a": 1}, (5,), ()),
        ({"a": 0, "b": 1}, (), (5,)),
        ({"a": 2, "b": 1}, (4, 3), (4,)),
        ({"b": 3}, (), (2, 1, 3)),
    ],
)
def test_it_gives_what_a_loop_gives(levels: Any, a: Any, b: Any) -> None:
    net = wl.net_initialize(NetMapThreadOperator(both(), levels, a=(*a, 2)))
    data = {"a": RNG.normal(size=(2, *a, 2)), "b": RNG.normal(size=(2, *b, 3))}
    found = net(data)
    expected = looped(net["Net"], net.levels, data)
    assert set(found) == {"Bent", "Size"}
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, atol=1e-6)


def test_of_one_input_it_is_a_map() -> None:
    inside = wl.net_initialize(wl.NetChain([3, "Tanh"], input=2))
    thread, map_ = NetMapThreadOperator(inside), wl.NetMapOperator(inside)
    x = RNG.normal(size=(4, 5, 2))
    assert thread(x).tobytes() == map_(x).tobytes()
    y = np.ones((4, 5, 3))
    trained = [wl.net_train(net, (x, y), max_training_rounds=2) for net in (thread, map_)]
    assert trained[0](x).tobytes() == trained[1](x).tobytes()


def test_indices_and_losses_are_mapped_as_well() -> None:
    probabilities = np.array([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]])
    net = NetMapThreadOperator(wl.CrossEntropyLossLayer("Index"), input=(2, 3))
    found = net({"Input": probabilities, "Target": [[1, 2]]})
    np.testing.assert_allclose(found, -np.log([[0.5, 0.8]]), atol=1e-6)


def test_lengths_may_stay_open_and_are_one() -> None:
    net = wl.net_initialize(NetMapThreadOperator(both(), a=("Varying", 2)))
    for count in (1, 4):
        given = {"a": np.ones((count, 2)), "b": np.ones((count, 3))}
        assert net(given)["Bent"].shape == (count, 4)
    with pytest.raises(wl.ShapeError):
        net({"a": np.ones((3, 2)), "b": np.ones((4, 3))})


def test_the_net_inside_is_one_part_with_one_set_of_arrays(tmp_path: Path) -> None:
    net = wl.net_initialize(NetMapThreadOperator(both(), {"a": 1, "b": 0}, a=(5, 2)))
    assert wl.information(net, "ArraysDimensions")["Net", "read", "Weights"] == (4, 5)
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    plain = NetMapThreadOperator(both(), {"a": 2}, a=(5, 1, 2))
    assert eval(repr(plain), vars(wl)) == plain
    assert eval(repr(NetMapThreadOperator(both(), 2)), vars(wl)) == NetMapThreadOperator(both(), 2)
    other = wl.net_replace_part(net, {("Net", "bend"): "Ramp"})
    assert other["Net", "bend"] == wl.ElementwiseLayer("Ramp", input=4)
    data = {"a": RNG.normal(size=(9, 5, 2)), "b": RNG.normal(size=(9, 3))}
    targets = {"Bent": np.zeros((9, 5, 4)), "Size": np.zeros((9, 5))}
    rules = {("Net", "read", "Biases"): None}
    results = wl.net_train(
        net, data | targets, wl.ALL, learning_rate_multipliers=rules, max_training_rounds=1
    )
    trained = results["TrainedNet"]
    for name, is_same in (("Biases", True), ("Weights", False)):
        before, after = (n["Net", "read", name].tobytes() for n in (net, trained))
        assert (before == after) == is_same


def test_ports_inside_are_asked_for_element_by_element() -> None:
    net = wl.net_initialize(NetMapThreadOperator(both(), {"a": 1}, a=(5, 2)))
    data = {"a": RNG.normal(size=(2, 5, 2)), "b": RNG.normal(size=(2, 3))}
    inside = net(data, NetPort("Net", "read", "Output"))
    np.testing.assert_allclose(np.tanh(inside), net(data)["Bent"], atol=1e-6)
    assert net(data, wl.NetPortGradient("b")).shape == (2, 3)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: NetMapThreadOperator(both(), {"c": 1}), "no input 'c'"),
        (lambda: NetMapThreadOperator(both(), -1), "levels to be mapped over are counted"),
        (lambda: NetMapThreadOperator(both(), {"a": 1.5}), "input a"),
        (lambda: NetMapThreadOperator(both(), "a"), "levels to be mapped over are counted"),
        (lambda: NetMapThreadOperator(both(), 0), "nothing is mapped over"),
        (lambda: NetMapThreadOperator(both(), {}), "nothing is mapped over"),
        (lambda: NetMapThreadOperator(both(), a=2), "more levels outside"),
        (lambda: NetMapThreadOperator(both(), a=(3, 2), b=(4, 3)), "length1: size"),
        (lambda: NetMapThreadOperator(both(), c=3), "c"),
        (lambda: NetMapThreadOperator(wl.NetArrayLayer(output=3)), "has some"),
    ],
)
def test_what_cannot_be_mapped_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=re.escape(told)):
        make()
