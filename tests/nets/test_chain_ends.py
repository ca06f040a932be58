"""Chains whose first node has several inputs, or whose last has several outputs."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl

LEFT, RIGHT = np.arange(3, dtype=np.float32), np.arange(4, dtype=np.float32)[::-1] / 3
TWINS = wl.NetGraph(
    {"p": [3, wl.SoftmaxLayer()], "q": 2},
    [(wl.NetPort("Input"), ["p", "q"]), ("p", wl.NetPort("class")), ("q", wl.NetPort("size"))],
)
LOSS = wl.NetGraph(
    {"l": wl.MeanSquaredLossLayer()},
    [
        (wl.NetPort("seen"), wl.NetPort("l", "Input")),
        (wl.NetPort("wanted"), wl.NetPort("l", "Target")),
    ],
)
MANY_IN = wl.net_initialize(
    wl.NetChain([wl.CatenateLayer(), 5, "Tanh"], ports={"1": 3, "2": 4}), random_seeding=1
)
MANY_OUT = wl.net_initialize(wl.NetChain({"a": 5, "twins": TWINS}, input=5), random_seeding=2)
BOTH = wl.net_initialize(
    wl.NetChain({"cat": wl.CatenateLayer(), "a": 5, "twins": TWINS}, ports={"1": 3, "2": 4})
)
X = {"1": LEFT, "2": RIGHT}


def same(a, b) -> bool:
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return np.array_equal(a, b)


def test_the_chain_has_the_ports_of_the_nodes_at_its_ends():
    assert (MANY_IN.input_names, MANY_IN.output_names) == (("1", "2"), ("Output",))
    assert (MANY_OUT.input_names, MANY_OUT.output_names) == (("Input",), ("class", "size"))
    assert (BOTH.input_names, BOTH.output_names) == (("1", "2"), ("class", "size"))
    three = wl.NetChain([wl.TotalLayer(), "Ramp"], ports={"1": 2, "2": 2, "3": 2})
    assert three.input_names == ("1", "2", "3")
    named = wl.NetChain([LOSS], seen=3, wanted=3)
    assert (named.input_names, named.output_names) == (("seen", "wanted"), ("Output",))
    assert wl.information(BOTH, "InputPorts") == {"1": (3,), "2": (4,)}
    assert wl.information(BOTH, "OutputPorts") == {"class": (3,), "size": (2,)}


def test_it_computes_what_its_nodes_compute_one_after_another():
    joined = np.concatenate([LEFT, RIGHT])
    tail = wl.net_initialize(wl.NetChain([5, "Tanh"], input=7), random_seeding=1)
    tail = wl.net_replace_part(
        tail, {(1, "Weights"): MANY_IN[2, "Weights"], (1, "Biases"): MANY_IN[2, "Biases"]}
    )
    assert same(MANY_IN(X), tail(joined))
    rows = {name: np.stack([value, 2 * value]) for name, value in X.items()}
    assert same(MANY_IN(rows)[1], MANY_IN({name: 2 * value for name, value in X.items()}))
    assert same(BOTH(X), wl.NetGraph(BOTH)(X))
    assert same(BOTH([X, X])["size"][1], BOTH(X)["size"])
    assert wl.NetGraph(BOTH).port_names == BOTH.port_names


def test_it_nests_as_first_and_as_last_node_and_flattens_again():
    nested = wl.NetChain([MANY_IN, MANY_OUT])
    assert nested.port_names == ("1", "2", "class", "size")
    assert same(nested(X), MANY_OUT(MANY_IN(X)))
    flat = wl.net_flatten(nested)
    assert flat.port_names == nested.port_names
    assert same(flat(X), nested(X))
    line = wl.net_flatten(wl.NetChain([MANY_IN, 2]))
    assert line.kind == "NetChain"
    assert line.input_names == ("1", "2")
    assert list(line.nodes) == [1, 2, 3, 4]
    in_graph = wl.NetGraph({"n": BOTH, "r": "Ramp"}, [(wl.NetPort("n", "size"), "r")])
    assert in_graph.output_names == ("class", "Output")
    assert same(in_graph({"Input1": LEFT, "Input2": RIGHT})["class"], BOTH(X)["class"])


def test_surgery_keeps_the_ports_of_an_end_that_stays():
    for net in (BOTH, wl.net_rename(BOTH, {"cat": "join"})):
        assert wl.net_take(net, 2).port_names == ("1", "2", "Output")
        assert wl.net_take(net, 2)[2].input_names == ("Input",)
        assert wl.net_drop(net, 1).port_names == ("Input", "class", "size")
        assert wl.information(wl.net_drop(net, 1), "InputPorts") == {"Input": (7,)}
        assert wl.net_delete(wl.net_insert(net, ("m", 7), "a"), "m").port_names == net.port_names
        assert wl.net_insert(net, ("mid", "Ramp"), "a").port_names == net.port_names
        assert wl.net_rename(net, {"a": "b"}).port_names == net.port_names
        assert wl.net_replace_part(net, {"a": wl.LinearLayer(5)}).port_names == net.port_names
        assert same(wl.net_rename(net, {"a": "b"})(X), net(X))
    assert wl.net_append(MANY_IN, 2).port_names == ("1", "2", "Output")
    assert wl.net_prepend(MANY_OUT, ("first", 5)).port_names == ("Input", "class", "size")
    both = wl.net_join(MANY_IN, wl.NetChain([2, "Ramp"]))
    assert both.input_names == ("1", "2")
    assert wl.net_extract(BOTH, "1") == (3,)
    wider = wl.net_replace_part(wl.NetChain([wl.CatenateLayer(), 1]), {"2": 6})
    assert wider.ports["2"].shape == (6,)


def test_what_would_leave_a_node_between_with_several_ports_is_refused():
    for wrong in (
        lambda: wl.NetChain([3, wl.CatenateLayer()]),
        lambda: wl.NetChain([TWINS, 3]),
        lambda: wl.net_append(MANY_OUT, ("more", 3)),
        lambda: wl.net_prepend(MANY_IN, 3),
        lambda: wl.net_join(MANY_IN, MANY_IN),
        lambda: wl.NetMapOperator(MANY_IN),
    ):
        with pytest.raises(wl.OptionError, match=r"several|one input and one output"):
            wrong()


def test_a_word_that_means_one_port_is_refused_where_there_are_several():
    with pytest.raises(wl.OptionError, match=r"no option 'input'(.|\n)*ports=\{'1'"):
        wl.NetChain([wl.CatenateLayer(), 3], input=3)
    with pytest.raises(wl.OptionError, match="one port is spoken of"):
        wl.net_append(wl.NetChain([3]), TWINS, output=3)
    with pytest.raises(wl.OptionError, match="no option 'input'"):
        wl.NetChain([wl.NetArrayLayer(output=3)], input=3)
    same_name = wl.NetGraph({"r": "Ramp"}, [("r", wl.NetPort("x"))])
    first = wl.NetGraph({"t": wl.TotalLayer()}, [([wl.NetPort("x"), wl.NetPort("y")], "t")])
    two = wl.NetGraph(
        {"r": "Ramp", "s": "Tanh"},
        [(wl.NetPort("Input"), ["r", "s"]), ("r", wl.NetPort("x")), ("s", wl.NetPort("z"))],
    )
    assert wl.NetChain([first, same_name]).port_names == ("x", "y", "Output")
    with pytest.raises(wl.OptionError, match="an input and an output"):
        wl.NetChain([first, two])


@pytest.mark.parametrize("net", [MANY_IN, MANY_OUT, BOTH], ids=["in", "out", "both"])
def test_files_copies_texts_and_pictures_hold_them(net, tmp_path):
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    assert pickle.loads(pickle.dumps(net)) == net == copy.deepcopy(net)
    bare = wl.net_initialize(net, all=None)
    assert eval(repr(bare), vars(wl)) == bare
    assert "NetChain" in net._repr_html_()
    assert wl.information(net, "SummaryGraphic") is not None
    assert (
        len(
            wl.information(net, "LayersGraph")[1]
            if isinstance(wl.information(net, "LayersGraph"), tuple)
            else [1]
        )
        > 0
    )


def test_training_takes_columns_for_all_ports_and_rules_for_the_nodes():
    rng = np.random.default_rng(0)
    data = {
        "1": rng.normal(size=(12, 3)),
        "2": rng.normal(size=(12, 4)),
        "class": ["x", "y", "z"] * 4,
        "size": rng.normal(size=(12, 2)),
    }
    results = wl.net_train(
        BOTH, data, wl.ALL, max_training_rounds=3, learning_rate_multipliers={"a": None}
    )
    trained = results["TrainedNet"]
    assert np.array_equal(trained["a", "Weights"], BOTH["a", "Weights"])
    assert not np.array_equal(trained["twins", "q", "Weights"], BOTH["twins", "q", "Weights"])
    assert trained(X)["class"] in ("x", "y", "z")
    assert trained.port_names == BOTH.port_names
    assert trained.ports["class"].coder is not None
    as_graph = wl.net_train(
        wl.NetGraph(BOTH), data, max_training_rounds=3, learning_rate_multipliers={"a": None}
    )
    assert same(trained(X), as_graph(X))


def test_coders_at_the_ends_come_from_the_nodes_and_go_with_them():
    encoder = wl.NetEncoder("Class", ["u", "v", "w"], "UnitVector")
    graph = wl.NetGraph(
        {"t": wl.TotalLayer()},
        [([wl.NetPort("x"), wl.NetPort("y")], "t")],
        x=encoder,
        y=3,
    )
    chain = wl.NetChain([graph, "Ramp"])
    assert chain.ports["x"].coder == encoder
    assert chain.nodes[1].ports["x"].coder is None
    assert chain({"x": "v", "y": [1.0, 1, 1]}).tolist() == [1, 2, 1]
    assert wl.net_append(chain, "Ramp").ports["x"].coder == encoder


@given(
    inputs=st.integers(1, 4),
    middle=st.lists(st.sampled_from([3, "Tanh", "Ramp", [4, "Tanh"]]), max_size=3),
    outputs=st.integers(1, 3),
    named=st.booleans(),
    size=st.integers(1, 3),
)
@settings(max_examples=25, deadline=None)
def test_any_chain_computes_what_the_graph_of_its_nodes_computes(
    inputs, middle, outputs, named, size
):
    first = wl.CatenateLayer(ports={str(number): size for number in range(1, inputs + 1)})
    last = wl.NetGraph(
        {f"o{number}": number for number in range(1, outputs + 1)},
        [(wl.NetPort("Input"), [f"o{number}" for number in range(1, outputs + 1)])],
    )
    layers = [first, *middle, last]
    keyed = {f"n{number}": layer for number, layer in enumerate(layers)} if named else layers
    net = wl.net_initialize(wl.NetChain(keyed))
    x = {name: np.arange(size) + number for number, name in enumerate(net.input_names)}
    alone = (lambda each: each["Input"]) if inputs == 1 else (lambda each: each)
    answer = net(alone(x))
    graph = wl.NetGraph(net)
    assert graph.port_names == net.port_names
    assert same(graph(alone(x)), answer)
    flat = wl.net_flatten(net)
    assert flat.port_names == net.port_names
    assert same(flat(alone(x)), answer)
    whole = wl.net_join(wl.net_take(net, 1), wl.net_drop(net, 1))
    assert whole.port_names == net.port_names
    assert same(whole(alone(x)), answer)
    for name in net.output_names:
        assert np.allclose(net(alone(x), wl.NetPort(name)), answer[name] if outputs > 1 else answer)
