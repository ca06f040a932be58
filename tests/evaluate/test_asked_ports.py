"""Ports that are asked for need only what they depend on."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl
from wlnet.nets.connections import needed_for

A, B = np.arange(3, dtype=np.float32), np.arange(2, dtype=np.float32) + 1
PARTS = {"a": [4, "Tanh"], "b": 4, "s": wl.TotalLayer(), "r": 2, "c": wl.NetArrayLayer(output=2)}
EDGES = [
    (wl.NetPort("x"), "a"),
    (wl.NetPort("y"), "b"),
    (["a", "b"], "s", "r"),
    ("s", wl.NetPort("sum")),
    ("r", wl.NetPort("read")),
    ("a", wl.NetPort("left")),
    ("c", wl.NetPort("constant")),
]
NET = wl.net_initialize(wl.NetGraph(PARTS, EDGES, x=3, y=2))
ALL_OF = NET({"x": A, "y": B})


def test_a_port_needs_only_the_inputs_it_depends_on():
    for part, key in ((wl.NetPort("left"), "left"), (wl.NetPort("a", "Output"), "left")):
        assert np.allclose(NET({"x": A}, part), ALL_OF[key])
        assert np.allclose(NET({"x": A, "y": B}, part), ALL_OF[key])
    assert NET({"y": B}, wl.NetPort("b", "Output")).shape == (4,)
    assert NET({"x": A}, wl.NetPort("a", 1, "Output")).shape == (4,)
    with pytest.raises(wl.DataError, match="no data for port 'y'"):
        NET({"x": A}, wl.NetPort("sum"))
    with pytest.raises(wl.DataError, match="no data for port 'x'"):
        NET({"y": B}, [wl.NetPort("b", "Output"), wl.NetPort("left")])


def test_several_ports_come_as_a_dict():
    asked = [wl.NetPort("a", "Output"), wl.NetPort("left"), wl.NetPort("constant")]
    found = NET({"x": A}, asked)
    assert list(found) == [asked[0], "left", "constant"]
    assert np.array_equal(found[asked[0]], found["left"])
    whole = NET({"x": A, "y": B}, [wl.NetPort("read"), wl.NetPort("s", "Output")])
    assert np.allclose(whole["read"], ALL_OF["read"])
    assert np.allclose(whole[wl.NetPort("s", "Output")], ALL_OF["sum"])


def test_batches_and_rows_are_told_by_what_is_needed():
    rows = np.stack([A, 2 * A, 3 * A])
    assert NET({"x": rows}, wl.NetPort("left")).shape == (3, 4)
    assert NET([{"x": A}, {"x": A}], wl.NetPort("left")).shape == (2, 4)
    assert (
        NET({"x": rows}, wl.NetPort("left")).tolist()
        == NET({"x": rows, "y": np.ones((3, 2))}, wl.NetPort("left")).tolist()
    )


def test_what_depends_on_no_input_is_given_once_for_every_example():
    constant = NET["c", "Array"]
    assert np.array_equal(NET({}, wl.NetPort("constant")), constant)
    assert np.array_equal(NET({"x": A}, wl.NetPort("constant")), constant)
    assert NET({"x": np.stack([A, A])}, wl.NetPort("constant")).shape == (2, 2)
    assert NET([{}, {}, {}], wl.NetPort("constant")).shape == (3, 2)
    one = wl.net_initialize(
        wl.NetGraph(
            {"a": 2, "c": wl.NetArrayLayer(output=2), "s": wl.TotalLayer()},
            [(wl.NetPort("Input"), "a"), (["a", "c"], "s")],
            input=3,
        )
    )
    assert one(np.stack([A, A]), wl.NetPort("c", "Output")).shape == (2, 2)
    assert one(A, wl.NetPort("c", "Output")).shape == (2,)


def test_an_unknown_port_is_told_though_nothing_of_it_is_needed():
    with pytest.raises(wl.DataError, match="not there"):
        NET({"x": A, "z": B}, wl.NetPort("left"))


def test_shapes_that_are_not_needed_need_not_be_known():
    net = wl.NetGraph(
        {"a": wl.LinearLayer(2, weights=np.ones((2, 3)), biases=0), "b": "Ramp", "t": "Plus"},
        [(wl.NetPort("x"), "a"), (wl.NetPort("y"), "b"), (["b", "b"], "t")],
    )
    assert net({"x": A}, wl.NetPort("a", "Output")).tolist() == [3, 3]


def test_inside_operators_chains_and_nested_graphs_the_way_is_followed_back():
    inner = wl.NetGraph(
        {"u": "Ramp", "v": "Tanh"},
        [
            (wl.NetPort("p"), "u"),
            (wl.NetPort("q"), "v"),
            ("u", wl.NetPort("U")),
            ("v", wl.NetPort("V")),
        ],
    )
    net = wl.NetGraph(
        {"i": inner, "m": wl.NetMapOperator("Tanh"), "n": wl.NetNestOperator([3, "Ramp"], 2)},
        [
            (wl.NetPort("p"), wl.NetPort("i", "p")),
            (wl.NetPort("q"), wl.NetPort("i", "q")),
            (wl.NetPort("i", "U"), "m"),
            (wl.NetPort("i", "V"), "n"),
        ],
        p=3,
        q=3,
    )
    net = wl.net_initialize(net)
    everything = {"p": A, "q": -A}
    for port, needs in (
        (wl.NetPort("i", "u", "Output"), {"p"}),
        (wl.NetPort("i", "V"), {"q"}),
        (wl.NetPort("m", "Output"), {"p"}),
        (wl.NetPort("m", "Net", "Output"), {"p"}),
        (wl.NetPort("n", "Net", 1, "Output"), {"q"}),
        (wl.NetPort("n", "Output"), {"q"}),
    ):
        (*path, name) = port.path
        assert needed_for(net, [(tuple(path), name)]).inputs == needs
        given = {name: everything[name] for name in needs}
        assert np.array_equal(net(given, port), net(everything, port))
    deep = wl.NetChain(["Ramp"] * 1200, input=2)
    assert deep(B, wl.NetPort(3, "Output")).tolist() == B.tolist()
