"""A layer that is not known yet: nets with one are values like others, and compute nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetPort, PlaceholderLayer

X = np.ones((4, 5), np.float32)


def chain(**ports: Any) -> Any:
    return wl.NetChain(
        {"first": 3, "gap": PlaceholderLayer("to come", **ports), "last": 2}, input=5
    )


def test_shapes_go_as_far_as_they_are_told() -> None:
    known, unknown = chain(output=4), chain()
    dimensions = wl.information(known, "ArraysDimensions")
    assert dimensions["first", "Weights"] == (3, 5) and dimensions["last", "Weights"] == (2, 4)
    assert wl.information(unknown, "ArraysDimensions")["last", "Weights"][0] == 2
    with pytest.raises(wl.NotInitializedError, match="last"):
        wl.net_initialize(unknown)
    # Nothing follows from one of its ports for another.
    assert wl.NetChain([PlaceholderLayer(input=(2, 3), output=7)])[1].ports["Output"].shape == (7,)
    with pytest.raises(wl.ShapeError):
        wl.NetChain([3, PlaceholderLayer(input=4)], input=5)


def test_it_is_addressed_saved_shown_and_replaced(tmp_path: Path) -> None:
    net = wl.net_initialize(chain(output=4))
    gap = net["gap"]
    assert gap.tag == "to come" and gap.ports["Input"].shape == (3,)
    assert "to come" in repr(net) and "PlaceholderLayer" in net._repr_html_()
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    assert eval(repr(chain(output=4)), vars(wl)) == chain(output=4)
    for new in (4, wl.NetChain([4, "Tanh"])):
        whole = wl.net_initialize(wl.net_replace_part(net, {"gap": new}))
        assert whole(X).shape == (4, 2)
        assert whole["first"] == net["first"] and whole["last"] == net["last"]
    with pytest.raises(wl.ShapeError):
        wl.net_replace_part(net, {"gap": 5})
    found = wl.net_replace(net, {PlaceholderLayer: wl.LinearLayer(4)})
    assert found["gap"].kind == "LinearLayer"
    rates = wl.information(net, "ArraysLearningRateMultipliers")
    assert set(rates) == set(wl.information(wl.NetChain({"first": 3, "last": 2}), "Arrays"))


def test_what_needs_it_names_all_of_them_and_the_repair(tmp_path: Path) -> None:
    net = wl.net_initialize(chain(output=4))
    asks: dict[str, Any] = {
        "evaluated": lambda: net(X),
        "trained": lambda: wl.net_train(net, (X, np.zeros((4, 2)))),
        "measured": lambda: wl.net_measurements(net, (X, np.zeros((4, 2))), "Loss"),
        "planned": lambda: wl.net_program(net),
        "exported": lambda: wl.onnx.export_net(net, tmp_path / "net.onnx"),
        "alone": lambda: PlaceholderLayer(input=5, output=2)(X),
        "of unknown shape": lambda: chain()(X),
        "trained, of unknown shape": lambda: wl.net_train(
            wl.NetChain([PlaceholderLayer(), PlaceholderLayer()]), (X, X)
        ),
    }
    for ask in asks.values():
        with pytest.raises(wl.NotInitializedError, match="a layer that is not known yet"):
            ask()
    twice = wl.NetChain([net, "Tanh", PlaceholderLayer(output=2)])
    with pytest.raises(wl.NotInitializedError) as told:
        twice(X)
    assert len(told.value.faults) == 2
    assert [fault.at for fault in told.value.faults] == ["1/gap", "3"]
    assert told.value.faults[1].fix == "net_replace_part(net, {3: layer})"


def test_what_does_not_need_it_is_told() -> None:
    net = wl.net_initialize(chain(output=4))
    np.testing.assert_array_equal(net(X, NetPort("first", "Output")), net["first"](X))


def test_ports_are_as_many_as_are_told_under_their_names() -> None:
    layer = PlaceholderLayer("mix", 2, ("Sum", "rest"), ports={"Input1": 3, "Sum": (2, "Integer")})
    assert layer.input_names == ("Input1", "Input2") and layer.output_names == ("Sum", "Rest")
    assert layer.ports["Sum"].flow == "Integer"
    graph = wl.NetGraph(
        {"mix": layer, "read": wl.LinearLayer(1)},
        [(NetPort("a"), NetPort("mix", "Input1")), (NetPort("b"), NetPort("mix", "Input2")),
         (NetPort("mix", "Rest"), "read")],
    )  # fmt: skip
    assert wl.information(graph, "InputPorts")["a"] == (3,)
    assert set(graph.output_names) == {"Sum", "Output"}
    for ports in (0, 65, (), ("a", "A"), ("1",), "a b", 1.5, None):
        with pytest.raises(wl.OptionError, match="ports"):
            PlaceholderLayer(None, ports)
    with pytest.raises(wl.OptionError, match="a word"):
        PlaceholderLayer("")
