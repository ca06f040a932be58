"""States as hidden ports: of recurrent layers and folds, wired by name, zeros where nobody does."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import EXAMPLES, Case, Run, draws, filled
from wlnet import NetChain, NetFoldOperator, NetGraph, NetPort, NetPortGradient
from wlnet.graph.tidying import prune
from wlnet.lowering.lower import lower

LENGTH, WIDTH, SIZE = 6, 3, 4
BASIC, GATED, LONG = wl.BasicRecurrentLayer, wl.GatedRecurrentLayer, wl.LongShortTermMemoryLayer
WITH_STATES = [case for case in EXAMPLES if case.layer.state_names]
every_case = pytest.mark.parametrize("case", WITH_STATES, ids=str)


def cell() -> Any:
    parts = {"both": wl.CatenateLayer(), "sum": wl.LinearLayer(SIZE), "bend": "Tanh"}
    return NetGraph(parts, [([NetPort("Input"), NetPort("State")], "both"), tuple(parts)])


def recurrent(kind: str) -> Any:
    """A net with states and numbers in its arrays, for sequences of any length."""
    shape = {"input": ("Varying", WIDTH)}
    nets = {
        "basic": lambda: BASIC(SIZE, **shape),
        "gated": lambda: GATED(SIZE, **shape),
        "long": lambda: LONG(SIZE, **shape),
        "fold": lambda: NetFoldOperator(cell(), **shape),
    }
    return filled(nets[kind]())


every_kind = pytest.mark.parametrize("kind", ["basic", "gated", "long", "fold"])


def opened(net: Any, *, begins: bool = True) -> Any:
    """The net as the vertex "net" of a graph that takes its states and gives them."""
    states = net.state_names
    into = [(NetPort(f"{name}0"), NetPort("net", name)) for name in states if begins]
    return NetGraph(
        {"net": net}, [*into, *((NetPort("net", name), NetPort(name)) for name in states)]
    )


def sequences(length: int = LENGTH, count: int = 3, seed: int = 0) -> Any:
    numbers = np.random.default_rng(seed).uniform(-2, 2, (count, length, WIDTH))
    return numbers.astype(np.float32)


def first_states(net: Any, count: int = 3, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    drawn = {f"{name}0": rng.uniform(-1, 1, (count, SIZE)) for name in net.state_names}
    return {name: array.astype(np.float32) for name, array in drawn.items()}


# What they are


def test_states_are_ports_that_nobody_sees_who_does_not_name_them() -> None:
    for kind, states in (("basic", ("State",)), ("gated", ("State",)), ("fold", ("State",)),
                         ("long", ("State", "CellState"))):  # fmt: skip
        net = recurrent(kind)
        assert net.state_names == states
        assert (net.input_names, net.output_names) == (("Input",), ("Output",))
        graph = NetGraph({"net": net}, [])
        assert (graph.input_names, graph.output_names) == (("Input",), ("Output",))
        assert NetChain([net, "Ramp"]).input_names == ("Input",)


def test_information_tells_states_and_where_they_are() -> None:
    net = NetChain({"a": LONG(2), "b": NetChain([GATED(3)]), "c": NetFoldOperator(cell())})
    places = [("a", "State"), ("a", "CellState"), ("b", 1, "State"), ("c", "State")]
    assert wl.information(net, "RecurrentStatesPositionList") == places
    assert wl.information(net, "RecurrentStatesCount") == 4
    assert wl.information(NetChain([3, "Ramp"]), "RecurrentStatesCount") == 0


def test_shapes_of_states_follow_and_tell() -> None:
    net = NetGraph({"layer": LONG(), "first": 5}, [("first", NetPort("layer", "CellState"))])
    assert wl.net_extract(net, ("layer", "State")) == (5,)
    assert wl.information(net, "ArraysDimensions")["layer", "ForgetGateBiases"] == (5,)
    after = NetGraph({"layer": GATED(3), "read": 2}, [(NetPort("layer", "State"), "read")])
    assert wl.information(after, "ArraysDimensions")["read", "Weights"] == (2, 3)
    fold = NetGraph({"fold": NetFoldOperator(cell()), "first": SIZE},
                    [("first", NetPort("fold", "State"))])  # fmt: skip
    assert wl.net_extract(fold, ("fold", "State")) == (SIZE,)


def test_a_state_that_nobody_wires_is_not_in_the_program() -> None:
    graph = prune(lower(LONG(SIZE, input=(LENGTH, WIDTH)), 3))
    (call,) = [call for call in graph.calls if call.primitive == "lstm"]
    assert len(call.inputs) == 2
    assert {"fill", "slice"}.isdisjoint(call.primitive for call in graph.calls)
    for kind in ("basic", "gated", "fold"):
        asked = prune(lower(recurrent(kind), 3, shapes={"Input": (LENGTH, WIDTH)}))
        assert asked.calls[-1].outputs[0] in asked.outputs.values()
        whole = [call.primitive for call in asked.calls]
        with_last = prune(lower(opened(recurrent(kind), begins=False), 3,
                                shapes={"Input": (LENGTH, WIDTH)}))  # fmt: skip
        assert len(with_last.calls) > len(whole)


# What they compute


@every_case
def test_a_layer_begins_with_its_states_and_gives_the_last_ones(case: Case) -> None:
    net = case.net
    graph, size = opened(net), net.array_values[next(reversed(net.array_values))].shape[-1]
    rng, data = np.random.default_rng(3), case.data()
    states = {
        f"{name}0": rng.uniform(-1, 1, (len(data["Input"]), size)) for name in net.state_names
    }
    fields = {name: f.name for name, f in net.declared_arrays.items()}
    arrays = {fields[name]: np.float64(array) for name, array in net.array_values.items()}
    begun = {f.name: states[f"{name}0"] for name, f in net.declared_states.items()}
    expected = net.reference(input=data["Input"], **arrays, **begun)
    for precision, close in (("Real64", 1e-12), ("Real32", 1e-5)):
        found = graph({"Input": data["Input"], **states}, working_precision=precision)
        for name in ("Output", *net.state_names):
            np.testing.assert_allclose(found[name], expected[name], rtol=close, atol=close)
    zeros = {name: np.zeros_like(array) for name, array in states.items()}
    assert same_bits(graph({"Input": data["Input"], **zeros})["Output"], net(data["Input"]))


def same_bits(a: Any, b: Any) -> bool:
    return bool(np.asarray(a).tobytes() == np.asarray(b).tobytes())


@every_kind
@given(cut=st.integers(1, LENGTH - 1), count=st.integers(1, 3))
def test_a_sequence_cut_anywhere_is_the_whole_one(kind: str, cut: int, count: int) -> None:
    net = recurrent(kind)
    graph, x = opened(net), sequences(count=count)
    whole = graph({"Input": x, **first_states(net, count)})
    front = graph({"Input": x[:, :cut], **first_states(net, count)})
    handed = {f"{name}0": front[name] for name in net.state_names}
    back = graph({"Input": x[:, cut:], **handed})
    assert same_bits(np.concatenate([front["Output"], back["Output"]], 1), whole["Output"])
    for name in net.state_names:
        assert same_bits(back[name], whole[name])


@every_kind
@pytest.mark.parametrize("length", [1, 4])
def test_the_derivative_by_states_and_through_them_is_the_slope(kind: str, length: int) -> None:
    graph = opened(recurrent(kind))
    net = NetGraph({"net": graph}, ports={"Input": (length, WIDTH)})
    run = Run(net, draws(net, 3, 0, -1, 1), "Train").run()
    derivatives, rng, step = run.derivatives, np.random.default_rng(5), 1e-5
    assert {"State0", "Input"} <= set(run.sources)
    for key in run.sources:
        numbers = run.source(key)
        here, way = numbers.copy(), rng.normal(size=numbers.shape)
        numbers[...] = here + step * way
        ahead = run.run().total
        numbers[...] = here - step * way
        slope = (ahead - run.run().total) / (2 * step)
        numbers[...] = here
        assert slope == pytest.approx(float(np.sum(derivatives[key] * way)), rel=1e-6, abs=1e-8)


@every_kind
def test_states_inside_are_asked_for_and_asked_by(kind: str) -> None:
    net, x = recurrent(kind), sequences()
    inside = NetChain({"net": net, "bend": "Tanh"})
    edges = [(NetPort(f"{name}0"), NetPort("net", name)) for name in net.state_names]
    bent = NetGraph({"net": net, "bend": "Tanh"}, [*edges, ("net", "bend")])
    ended = opened(net, begins=False)(x)
    for name in net.state_names:
        assert same_bits(inside(x, NetPort("net", name)), ended[name])
        assert same_bits(net(x, NetPort(name)), ended[name])
        by = inside(x, NetPortGradient("net", name))
        zeros = {f"{each}0": np.zeros((3, SIZE), np.float32) for each in net.state_names}
        assert same_bits(by, bent({"Input": x, **zeros}, NetPortGradient(f"{name}0")))


# Rates, and what is frozen


def test_what_makes_a_first_state_learns_through_a_frozen_layer() -> None:
    net = NetGraph(
        {"first": SIZE, "layer": GATED(SIZE), "read": 1},
        [(NetPort("Label"), "first", NetPort("layer", "State")), (NetPort("Input"), "layer"),
         (NetPort("layer", "State"), "read"), ("layer", None)],
        label=2, input=(LENGTH, WIDTH),
    )  # fmt: skip
    net = wl.net_initialize(net)
    assert net.output_names == ("Output",)
    rules = {("layer", wl.ANY): None, ("first", "Biases"): 0.5}
    data = {"Input": sequences(), "Label": np.eye(3, 2), "Output": np.ones((3, 1))}
    results = wl.net_train(net, data, wl.ALL, learning_rate_multipliers=rules,
                           max_training_rounds=3)  # fmt: skip
    rates = results["ArraysLearningRateMultipliers"]
    assert rates["first", "Biases"] == 0.5
    for key, rate in rates.items():
        before, after = (wl.net_extract(each, key) for each in (net, results["TrainedNet"]))
        assert same_bits(before, after) == (rate == 0), key
    assert set(rates.values()) == {0, 0.5, 1}


def test_a_frozen_layer_with_a_frozen_first_state_is_a_frozen_prefix() -> None:
    net = NetGraph(
        {"first": SIZE, "layer": LONG(SIZE), "read": 1},
        [("first", NetPort("layer", "State")), (NetPort("layer", "CellState"), "read"),
         ("layer", None)],
        input=(LENGTH, WIDTH),
    )  # fmt: skip
    net, x, y = wl.net_initialize(net), sequences(), np.ones((3, 1))
    rules = {"read": 1, wl.ANY: None}
    program = wl.net_program(net, learning_rate_multipliers=rules)
    assert {("first",), ("layer",)} <= {row.layer for row in program.prefix}
    assert {("first",), ("layer",)}.isdisjoint(row.layer for row in program.steps)
    kept, anew = (
        wl.net_train(net, (x, y), frozen_prefix_bytes=n, learning_rate_multipliers=rules,
                     max_training_rounds=3)
        for n in (wl.AUTOMATIC, 0)
    )  # fmt: skip
    assert kept == anew


# Edits, files, words


def of_two() -> Any:
    """A layer that begins with what another one makes."""
    return NetGraph(
        {"make": SIZE, "layer": LONG(SIZE)},
        [("make", NetPort("layer", "CellState")), (NetPort("layer", "State"), NetPort("Last"))],
        input=(LENGTH, WIDTH),
    )


def test_graphs_with_states_are_kept_in_files_and_written_as_python(tmp_path: Any) -> None:
    for net in (of_two(), opened(NetFoldOperator(cell())), NetChain([of_two()])):
        assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
        assert eval(repr(net), vars(wl)) == net


def test_surgery_takes_the_edges_of_states_along() -> None:
    net, x = wl.net_initialize(of_two()), sequences()
    found = net(x)
    assert set(found) == {"Output", "Last"}
    for other in (
        wl.net_rename(net, {"layer": "memory"}),
        wl.net_flatten(NetGraph({"in": net}, [])),
        wl.net_replace_part(net, {"layer": net["layer"]}),
        wl.net_take(net, (wl.ALL, wl.ALL)),
        NetGraph({"in": net}, []),
    ):
        again = other(x)
        assert all(same_bits(again[name], found[name]) for name in found), other


def test_what_made_a_state_leaves_an_input_behind_and_no_zeros() -> None:
    net = wl.net_delete(of_two(), "make")
    assert net.input_names == ("Input", "make/Output")
    assert wl.information(net, "InputPorts")["make/Output"] == (SIZE,)
    read = NetGraph({"layer": LONG(SIZE), "read": 2}, [(NetPort("layer", "State"), "read")])
    assert wl.information(wl.net_delete(read, "read"), "OutputPorts")["Output2"] == (SIZE,)
    assert wl.information(wl.net_delete(read, "layer"), "InputPorts") == {"Input": (SIZE,)}
    cut = wl.net_take(of_two(), NetPort("layer", "CellState"))
    assert cut.output_names == ("Output",)
    assert wl.information(cut, "OutputPorts")["Output"] == (SIZE,)


def test_a_layer_put_in_place_of_another_keeps_the_states_that_are_wired() -> None:
    graph = opened(GATED(SIZE))
    assert wl.net_replace_part(graph, {"net": BASIC(SIZE)}).edges == graph.edges
    assert wl.net_replace_part(graph, {"net": LONG(SIZE)}).edges == graph.edges
    assert "LongShort" in repr(wl.net_replace(NetGraph({"net": GATED(3)}, []), {GATED(): LONG(3)}))
    with pytest.raises(wl.OptionError, match=re.escape("states ['State', 'CellState']")):
        wl.net_replace_part(of_two(), {"layer": GATED(SIZE)})


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: NetGraph({"a": LONG(3), "b": 3}, [("b", NetPort("a", "Cellstate"))]),
         "did you mean 'CellState'"),
        (lambda: NetGraph({"a": LONG(3), "b": 3}, [(NetPort("a", "Sate"), "b")]),
         "known:    Output, State, CellState"),
        (lambda: NetGraph({"a": LONG(3), "b": 4}, [("b", NetPort("a", "State"))]),
         "size 4 is not 3"),
        (lambda: NetGraph({"a": LONG(3)}, [("a", NetPort("a", "State"))]), "in a circle"),
        (lambda: NetGraph({"a": LONG(3), "b": 3, "c": 3}, [("b", NetPort("a", "State")),
                                                          ("c", NetPort("a", "State"))]),
         "two edges lead into the input 'State'"),
        (lambda: NetGraph({"a": "Ramp", "b": 3}, [("b", NetPort("a", "State"))]),
         "no input 'State'"),
        (lambda: LONG(3, state=3), "no option 'state'"),
        (lambda: wl.net_replace_part(LONG(3), {"State": 3}), "nothing is said of a state"),
        (lambda: wl.net_extract(LONG(3), ("State", "x")), "no coder"),
        (lambda: LONG(3, input=(2, 2))(np.zeros((2, 2)), NetPort("Sate")), "'State'"),
    ],
)  # fmt: skip
def test_what_cannot_be_wired_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=re.escape(told)):
        make()


def test_diagrams_show_states_that_are_wired_and_no_others() -> None:
    assert ">CellState<" in wl.information(of_two(), "SummaryGraphic").to_svg()
    for net in (LONG(3), NetFoldOperator(cell()), NetChain([LONG(3), NetFoldOperator(cell())])):
        assert "CellState" not in wl.information(net, "FullSummaryGraphic").to_svg()
    fold = opened(NetFoldOperator(cell()))
    assert ">State0<" in wl.information(fold, "FullSummaryGraphic").to_svg()
