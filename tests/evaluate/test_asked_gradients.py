"""Gradients that are asked for are the slopes of the summed outputs, by any port and any array."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import EXAMPLES, Case, filled
from tests.random_nets import attempt, columns_of
from tests.strategies import build, small_vectors_nets, trees
from tests.thoroughness import share
from wlnet import NetPort, NetPortGradient
from wlnet.core.errors import WlnetError
from wlnet.core.shapes import is_known
from wlnet.evaluate import runner
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.nets.container import without_coders
from wlnet.nets.inference import inference, inferred_port

WIDE: dict[str, Any] = {"working_precision": "Real64"}
STEP = 1e-5
CASES = [
    case
    for case in EXAMPLES
    if any(inferred_port(case.net, name).element != "Integer" for name in case.net.output_names)
]
"""Layers that give something to be differentiated."""


def call(net: Any, data: dict[str, Any], *prop: Any, **options: Any) -> Any:
    return net(data, *prop, **options) if data else net(*prop, **options)


def total(net: Any, data: dict[str, Any], **options: Any) -> float:
    """The sum of all numbers of all outputs, as they are before decoders."""
    given = call(net, data, [NetPort(name) for name in net.output_names], **options)
    return float(sum(np.sum(np.float64(column)) for column in given.values()))


def gradients_by_all(net: Any, data: dict[str, Any], **options: Any) -> dict[Any, Any]:
    """By every input of Reals and every array, each by the name of the one or the key of the
    other."""
    reals = [name for name, column in data.items() if np.asarray(column).dtype.kind == "f"]
    asked = {NetPortGradient(key): key for key in [*reals, *arrays_of(net)]}
    if not asked:
        return {}
    found = call(net, data, list(asked), **options)
    return {key: found[part] for part, key in asked.items()}


def changed(net: Any, data: dict[str, Any], key: Any, way: Any) -> tuple[Any, dict[str, Any]]:
    """The net and the data with something added to an input or an array."""
    if isinstance(key, str):
        return net, {**data, key: data[key] + way}
    return replace_arrays(net, {key: np.asarray(arrays_of(net)[key] + np.float64(way))}), data


def assert_slopes(net: Any, data: dict[str, Any], smooth: float = 1e-6, **options: Any) -> None:
    rng = np.random.default_rng(5)
    for key, gradient in gradients_by_all(net, data, **options).items():
        way = rng.normal(size=gradient.shape)
        ahead, behind = (
            total(*changed(net, data, key, sign * STEP * way), **options) for sign in (1, -1)
        )
        size = float(np.sum(np.abs(gradient * way))) + 1e-12 / STEP * abs(ahead)
        slope = (ahead - behind) / (2 * STEP)
        derivative = float(np.sum(gradient * way))
        assert slope == pytest.approx(derivative, rel=smooth, abs=smooth * size + 1e-9), key


# The slopes


@pytest.mark.parametrize("mode", ["Test", "Train"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_of_every_layer_a_gradient_is_the_slope_of_the_summed_outputs(case: Case, mode: Any):
    assert_slopes(case.net, case.data(), net_evaluation_mode=mode, **WIDE)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
@example(1095, 3)  # the smaller of a number and its product by 1: an edge by an array alone
def test_of_nets_of_all_layers_a_gradient_is_the_slope(seed: int, vertices: int):
    rng = np.random.default_rng(seed)
    net = attempt(rng, vertices)
    assume(net is not None)
    net = without_coders(net, net.port_names)
    assume(all(is_known(wire.shape) for wire in inference(net).arrays.values()))
    net, data = wl.net_initialize(net, random_seeding=seed), columns_of(net, 3, rng)
    assume(data is not None)
    assert data is not None
    data = {n: np.float64(x) if x.dtype.kind == "f" else x for n, x in data.items()}
    try:
        found = gradients_by_all(net, data, **WIDE)
    except WlnetError:
        assume(False)
    numbers = [*found.values(), total(net, data, **WIDE)]
    assume(all(np.abs(each).max(initial=0.0) < 1e4 for each in numbers))
    try:
        assert_slopes(net, data, 1e-4, **WIDE)
    except AssertionError:
        # Where a function has an edge, the slope over a step is between two gradients; where an
        # order turns over, places jump.
        around = [shaken(net, data, rng) for _ in range(4)]
        near = [gradients_by_all(*each, **WIDE) for each in around]
        edges = any(not np.allclose(a[key], found[key], 1e-2) for a in near for key in found)
        jumps = any(abs(total(*each, **WIDE) - numbers[-1]) > 0.5 for each in around)
        assert edges or jumps


def shaken(net: Any, data: dict[str, Any], rng: Any) -> tuple[Any, dict[str, Any]]:
    """The net and the data with all numbers moved by about a step."""
    for key, gradient in gradients_by_all(net, data, **WIDE).items():
        net, data = changed(net, data, key, STEP * rng.normal(size=gradient.shape))
    return net, data


@share(40)
@given(st.data(), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_of_nested_nets_with_shared_arrays_a_gradient_is_the_slope(
    data: st.DataObject, rank: int, seed: int
):
    tree, shape = data.draw(trees(rank=rank)), (2,) * rank
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.RuleWarning)
        net = wl.net_initialize(wl.NetChain([build(tree)], input=shape), random_seeding=seed)
    assert_slopes(
        net, {"Input": np.random.default_rng(seed).uniform(0.1, 0.9, (3, *shape))}, **WIDE
    )


@given(small_vectors_nets(), st.integers(0, 2**32 - 1))
def test_a_step_of_sgd_at_rate_1_takes_the_gradient_away(net: Any, seed: int):
    rng, count = np.random.default_rng(seed), 3
    loss = wl.NetGraph(
        {"net": net, "loss": wl.MeanSquaredLossLayer()}, [("net", NetPort("loss", "Input"))]
    )
    shapes = wl.information(loss, "InputPorts")
    data = {name: rng.normal(size=(count, *shape)) for name, shape in shapes.items()}
    asked = [NetPortGradient(key) for key in arrays_of(net)]
    options: dict[str, Any] = {"batch_size": count, "max_training_rounds": 1, **WIDE}
    method = wl.SGD(learning_rate=1, momentum=0, learning_rate_schedule=None)
    trained = wl.net_train(loss, data, loss_function="Loss", method=method, **options)
    found = loss(data, [NetPortGradient("net", *each.path) for each in asked],
                 net_evaluation_mode="Train", **WIDE)  # fmt: skip
    before, after = arrays_of(loss), arrays_of(trained)
    for part, gradient in found.items():
        if part.path[-1] in ("MovingMean", "MovingVariance"):
            continue
        # The loss of a training is the mean over the batch.
        moved = np.float64(before[part.path]) - gradient / count
        np.testing.assert_allclose(after[part.path], moved, rtol=1e-5, atol=1e-5)


# Batches


@pytest.mark.parametrize("case", [case for case in CASES if case.shapes], ids=str)
def test_an_example_in_a_batch_has_the_gradients_that_it_has_alone(case: Case):
    net, data = case.net, case.data()
    found = gradients_by_all(net, data, **WIDE)
    alone = [
        gradients_by_all(net, {name: column[i] for name, column in data.items()}, **WIDE)
        for i in range(len(next(iter(data.values()))))
    ]
    for key, gradient in found.items():
        rows = [each[key] for each in alone]
        expected = np.stack(rows) if isinstance(key, str) else np.sum(rows, axis=0)
        assert gradient.shape == expected.shape
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-9)


def test_batches_may_be_cut_into_chunks_and_sequences_may_have_several_lengths():
    nodes = {"map": wl.NetMapOperator([3, "Tanh"]), "lstm": wl.LongShortTermMemoryLayer(2)}
    net = wl.net_initialize(wl.NetChain(nodes, input=("Varying", 2)))
    rng = np.random.default_rng(2)
    some = [rng.normal(size=(length, 2)) for length in (3, 5, 3, 1)]
    array = NetPortGradient("map", "Net", 1, "Weights")
    asked = [NetPortGradient("Input"), NetPortGradient("map", "Output"), array]
    found, alone = net(some, asked, **WIDE), [net(each, asked, **WIDE) for each in some]
    for part in asked[:2]:
        for row, one in zip(found[part], alone, strict=True):
            np.testing.assert_allclose(row, one[part], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[array], sum(one[array] for one in alone), rtol=1e-9)
    alike = rng.normal(size=(7, 4, 2))
    whole = net(alike, asked, **WIDE)
    for size in (1, 3, 7, 20):
        parts = net(alike, asked, batch_size=size, **WIDE)
        for part in asked:
            np.testing.assert_allclose(parts[part], whole[part], rtol=1e-9, atol=1e-12)


# Ports inside


def test_an_input_port_of_a_part_is_what_that_part_alone_is_given():
    net = wl.NetGraph(
        {"a": wl.ConstantTimesLayer(scaling=[2.0]), "b": wl.ConstantTimesLayer(scaling=[5.0]),
         "sum": wl.TotalLayer()},
        [(NetPort("Input"), "a"), (["a", "b", NetPort("Input")], "sum"), ("a", "b")],
        input=1,
    )  # fmt: skip
    slopes = {("Input",): 13, ("a", "Input"): 12, ("a", "Output"): 6, ("a",): 6, ("b", "Input"): 5,
              ("b", "Output"): 1, ("sum", "1"): 1, ("sum", "2"): 1, ("Output",): 1}  # fmt: skip
    for path, slope in slopes.items():
        assert net([3.0], NetPortGradient(*path)).tolist() == [slope], path


def test_a_loss_does_not_look_behind_the_probabilities_that_are_asked_by():
    scores = np.array([0.3, -0.2, 1.0])
    net = wl.NetGraph(
        {"chance": wl.SoftmaxLayer(), "loss": wl.CrossEntropyLossLayer("Index")},
        [("chance", NetPort("loss", "Input"))],
        input=3,
    )
    chance = np.exp(scores) / np.exp(scores).sum()
    given = {"Input": scores, "Target": 2}
    by_chance = net(given, NetPortGradient("chance", "Output"), **WIDE)
    np.testing.assert_allclose(by_chance, [0, -1 / chance[1], 0], rtol=1e-12)
    by_scores = net(given, NetPortGradient("Input"), **WIDE)
    np.testing.assert_allclose(by_scores, chance - [0, 1, 0], rtol=1e-12)
    # Of numbers for which a probability is no number any more it is still exact.
    assert net({"Input": [0, 300, 0], "Target": 1}, NetPortGradient("Input")).tolist() == [-1, 1, 0]


def test_in_a_nest_a_port_is_that_of_the_last_iteration_and_an_array_acts_in_all():
    net = wl.NetNestOperator(wl.ConstantTimesLayer(scaling=[2.0]), 3, input=1)
    assert net([1.0], NetPortGradient("Net", "Input")).tolist() == [2]
    assert net([1.0], NetPortGradient("Net", "Scaling")).tolist() == [12]  # of s^3 at 2
    assert net([1.0], NetPortGradient("Input")).tolist() == [8]


def folded(step: Any, **ports: Any) -> Any:
    nodes = {"fold": wl.NetFoldOperator(step), "tanh": "Tanh"}
    return filled(wl.NetChain(nodes, input=(5, 3)))


def cell() -> Any:
    """A step of a recurrent net."""
    return wl.NetGraph(
        {"join": wl.CatenateLayer(), "new": wl.LinearLayer(2), "bend": "Tanh"},
        [([NetPort("Input"), NetPort("State")], "join"), ("join", "new", "bend")],
        state=2,
    )


def test_in_a_fold_a_gradient_by_an_array_is_that_of_all_elements():
    net = folded(cell())
    assert_slopes(net, {"Input": np.random.default_rng(0).normal(size=(2, 5, 3))}, **WIDE)
    assert net(np.ones((5, 3)), NetPortGradient("fold", "Output")).shape == (5, 2)


def by_hand(net: Any, x: Any, given: Any) -> Any:
    """The sum of what comes out, with numbers added to what the linear layer gives."""
    weights = np.float64(net["fold", "Net", "new", "Weights"])
    biases = np.float64(net["fold", "Net", "new", "Biases"])
    state, total = np.zeros((len(x), 2)), 0.0
    for element, more in zip(np.moveaxis(x, 1, 0), np.moveaxis(given, 1, 0), strict=True):
        said = np.concatenate([element, state], 1) @ weights.T + biases
        state = np.tanh(said + more)
        total += np.tanh(state).sum()
    return total


def test_in_a_fold_a_port_has_a_gradient_for_every_element_as_what_flows_there_is_told():
    net, x = folded(cell()), np.random.default_rng(1).normal(size=(2, 5, 3))
    found = net(x, [NetPort("fold", "Net", "new"), NetPortGradient("fold", "Net", "new")], **WIDE)
    flows, gradient = found.values()
    assert flows.shape == gradient.shape == (2, 5, 2)
    for at in np.ndindex(gradient.shape):
        more = np.zeros(gradient.shape)
        more[at] = 1e-5
        slope = (by_hand(net, x, more) - by_hand(net, x, -more)) / 2e-5
        assert gradient[at] == pytest.approx(slope, rel=1e-6, abs=1e-9)
    # Nothing else is changed by being asked, and one example is as in a batch.
    assert (flows == net(x, NetPort("fold", "Net", "new"), **WIDE)).all()
    alone = net(x[1], NetPortGradient("fold", "Net", "new"), **WIDE)
    np.testing.assert_allclose(alone, gradient[1], rtol=1e-12)


def test_in_a_fold_inputs_and_states_have_gradients_too():
    net, x = folded(cell()), np.random.default_rng(2).normal(size=(2, 5, 3))
    whole = net(x, NetPortGradient("Input"), **WIDE)
    np.testing.assert_allclose(net(x, NetPortGradient("fold", "Net", "Input"), **WIDE), whole)
    # What comes back to the state behind an element is that by the state before the next.
    state, new = (
        net(x, NetPortGradient("fold", "Net", *port), **WIDE) for port in (("State",), ("bend",))
    )
    local = 1 - np.tanh(net(x, NetPort("fold", "Net", "bend"), **WIDE)) ** 2
    np.testing.assert_allclose(new[:, :-1], local[:, :-1] + state[:, 1:], rtol=1e-10)


def test_in_a_fold_a_map_has_its_elements_and_a_nest_its_last_iteration():
    scaled = wl.NetNestOperator(wl.ConstantTimesLayer(scaling=[2.0]), 2)
    step = wl.NetGraph(
        {"map": wl.NetMapOperator(scaled), "sum": "Plus"},
        [(NetPort("Input"), "map"), (["map", NetPort("State")], "sum")],
    )
    net = wl.NetChain([wl.NetFoldOperator(step)], input=(4, 3, 1))
    x = np.random.default_rng(3).normal(size=(2, 4, 3, 1))
    found = net(x, NetPortGradient(1, "Net", "map", "Net", "Net", "Input"), **WIDE)
    # Each element is in all sums from its own on.
    expected = np.broadcast_to(2.0 * np.array([4, 3, 2, 1]).reshape(1, 4, 1, 1), x.shape)
    assert (found == expected).all()


def test_in_a_fold_within_a_fold_no_port_has_a_gradient():
    outer = wl.NetGraph(
        {"inner": wl.NetFoldOperator(sum_of()), "last": wl.SequenceLastLayer(), "sum": "Plus"},
        [(NetPort("Input"), "inner", "last"), (["last", NetPort("State")], "sum")],
    )
    net = wl.NetChain([wl.NetFoldOperator(outer)], input=(4, 3, 1))
    x = np.ones((4, 3, 1))
    assert net(x, NetPortGradient(1, "Net", "last")).shape == (4, 1)
    with pytest.raises(wl.OptionError, match="in a loop inside of a loop"):
        net(x, NetPortGradient(1, "Net", "inner", "Net", "sum"))


def sum_of() -> Any:
    return wl.NetGraph({"sum": "Plus"}, [([NetPort("Input"), NetPort("State")], "sum")])


def test_ports_and_gradients_come_in_one_dict_by_what_was_asked():
    net = filled(wl.NetChain({"a": 3, "b": "Tanh"}, input=2))
    asked = [NetPort("Output"), NetPortGradient(-2, "Weights"), NetPort("a", "Output"),
             NetPortGradient("b"), NetPortGradient(NetPort("Input"))]  # fmt: skip
    found = net(np.ones((4, 2)), asked)
    assert {key: value.shape for key, value in found.items()} == {
        "Output": (4, 3), NetPortGradient("a", "Weights"): (3, 2), NetPort("a", "Output"): (4, 3),
        NetPortGradient("b", "Output"): (4, 3), NetPortGradient("Input"): (4, 2),
    }  # fmt: skip
    assert list(found) == ["Output", NetPortGradient("a", "Weights"), NetPort("a", "Output"),
                           NetPortGradient("b", "Output"), NetPortGradient("Input")]  # fmt: skip
    assert found["Output"].tobytes() == net(np.ones((4, 2))).tobytes()


def test_of_several_outputs_all_are_summed_and_all_inputs_are_needed():
    net = wl.NetGraph(
        {"a": wl.ConstantTimesLayer(scaling=[2.0]), "b": wl.ThreadingLayer("Times")},
        [(NetPort("x"), "a", NetPort("A")), ([NetPort("x"), NetPort("y")], "b", NetPort("B"))],
        x=1,
        y=1,
    )
    given = {"x": [3.0], "y": [5.0]}
    assert net(given, NetPortGradient("x")).tolist() == [7]
    both = net(given, [NetPortGradient("x"), NetPortGradient("y")])
    assert {key: value.tolist() for key, value in both.items()} == {
        NetPortGradient("x"): [7],
        NetPortGradient("y"): [3],
    }
    with pytest.raises(wl.DataError, match="no data for port 'y'"):
        net({"x": [3.0]}, NetPortGradient("a", "Scaling"))


def test_a_number_that_comes_out_twice_counts_twice():
    edges = [(NetPort("Input"), "a", NetPort("A")), ("a", NetPort("B"))]
    net = wl.NetGraph({"a": wl.ConstantTimesLayer(scaling=[2.0])}, edges, input=1)
    assert net([3.0], NetPortGradient("Input")).tolist() == [4]
    assert net([3.0], NetPortGradient("a")).tolist() == [2]
    assert net([3.0], NetPortGradient("A")).tolist() == [1]


def test_inside_a_map_a_port_has_a_gradient_for_every_element():
    map_ = wl.NetMapOperator(wl.NetMapOperator(["Tanh", wl.ConstantTimesLayer(scaling=[2.0])]))
    net = wl.NetChain({"map": map_}, input=(3, 2, 1))
    x = np.random.default_rng(0).normal(size=(4, 3, 2, 1))
    for path in (("map", "Net", "Net", 1, "Input"), ("map", "Net", "Input"), ("Input",)):
        found = net(x, NetPortGradient(*path), **WIDE)
        np.testing.assert_allclose(found, 2 / np.cosh(x) ** 2, rtol=1e-12)
    assert (net(x, NetPortGradient("map", "Net", "Net", 1)) == np.full(x.shape, 2)).all()


def test_what_no_output_depends_on_has_a_gradient_of_zeros():
    net = wl.NetGraph(
        {"a": 2, "b": wl.ConstantTimesLayer(scaling=[2.0]), "m": wl.NetArrayLayer(array=[1.0])},
        [(NetPort("x"), "a", None), (NetPort("y"), "b"), ("m", None)],
        x=3,
        y=1,
    )
    net = wl.net_initialize(net)
    given = {"x": np.ones((4, 3)), "y": np.ones((4, 1))}
    for path, shape in ((("x",), (4, 3)), (("a", "Output"), (4, 2)), (("a", "Weights"), (2, 3)),
                        (("a", "Input"), (4, 3)), (("m", "Array"), (1,))):  # fmt: skip
        found = net(given, NetPortGradient(*path))
        assert found.shape == shape, path
        assert not found.any()


# Arrays


def test_a_shared_array_has_one_gradient_by_its_name_and_by_any_place():
    w = wl.NetSharedArray("w")
    layer = wl.LinearLayer(2, weights=w, biases=None)
    net = wl.net_initialize(wl.NetChain({"a": layer, "tanh": "Tanh", "b": layer}, input=2))
    x = np.array([[0.3, -1.0], [2.0, 0.1]])
    parts = [NetPortGradient(w), NetPortGradient("a", "Weights"), NetPortGradient("b", "Weights")]
    by_name, *by_place = net(x, parts, **WIDE).values()
    for each in by_place:
        assert each.tobytes() == by_name.tobytes()
    own = wl.LinearLayer(2, biases=None)
    apart = wl.NetChain({"a": own, "tanh": "Tanh", "b": own}, input=2)
    apart = replace_arrays(apart, dict.fromkeys(arrays_of(apart), net["a", "Weights"]))
    np.testing.assert_allclose(sum(apart(x, parts[1:], **WIDE).values()), by_name, rtol=1e-9)


def test_frozen_arrays_have_the_gradient_that_they_would_have():
    net = wl.net_initialize(wl.NetChain([3, "Tanh", 1], input=2))
    frozen = wl.net_replace_part(net, {"LearningRateMultipliers": None})
    asked = [NetPortGradient(key) for key in arrays_of(net)]
    for one, other in zip(net([1, 2], asked).values(), frozen([1, 2], asked).values(), strict=True):
        assert one.tobytes() == other.tobytes()
        assert one.any()


def test_answers_may_be_written_to_and_no_array_is_changed():
    net = wl.net_initialize(wl.NetChain([2, "Tanh"], input=2))
    before = {key: array.copy() for key, array in arrays_of(net).items()}
    found = net([1, 2], [NetPortGradient(1, "Weights"), NetPortGradient("Input")])
    for array in found.values():
        array += 1
    assert all(np.array_equal(array, before[key]) for key, array in arrays_of(net).items())
    again = net([1, 2], NetPortGradient(1, "Weights"))
    assert not np.array_equal(again, found[NetPortGradient(1, "Weights")])


# Coders, modes, precisions


def test_behind_an_encoder_the_gradient_is_by_what_it_made():
    encoder = wl.NetEncoder("Class", ["x", "y", "z"], "UnitVector")
    decoder = wl.NetDecoder("Class", ["yes", "no"])
    net = wl.net_initialize(wl.NetChain([2, wl.SoftmaxLayer()], input=encoder, output=decoder))
    bare = without_coders(net, net.port_names)
    given = net(["y", "z"], NetPortGradient("Input"))
    assert given.shape == (2, 3)
    assert given.tobytes() == bare(np.eye(3)[1:], NetPortGradient("Input")).tobytes()
    assert net("y", NetPortGradient("Input")).shape == (3,)


def test_in_training_mode_it_is_the_gradient_of_what_training_computes():
    net = wl.NetChain([wl.DropoutLayer(0.5), wl.ConstantTimesLayer(scaling=[3.0] * 9)], input=9)
    options: dict[str, Any] = {"net_evaluation_mode": "Train", "random_seeding": 4}
    x = np.ones((2, 9))
    assert net(x, NetPortGradient("Input"), **options).tolist() == net(x, **options).tolist()
    assert (net(x, NetPortGradient("Input")) == 3).all()


def test_a_gradient_has_the_precision_that_is_asked_for():
    net = wl.net_initialize(wl.NetChain([2], input=2))
    for part in (NetPortGradient("Input"), NetPortGradient(1, "Weights")):
        assert net([1, 2], part).dtype == np.float32
        assert net([1, 2], part, **WIDE).dtype == np.float64


def test_a_question_is_planned_once_and_kept(monkeypatch: pytest.MonkeyPatch):
    made: list[int] = []
    program = runner.Program

    def counted(*arguments: Any, **options: Any) -> Any:
        made.append(1)
        return program(*arguments, **options)

    monkeypatch.setattr(runner, "Program", counted)
    net = wl.net_initialize(wl.NetChain([2, "Tanh"], input=2))
    for _ in range(4):
        net([1, 2], NetPortGradient("Input"))
        net([1, 2], [NetPort("Output"), NetPortGradient(1, "Weights")])
    assert len(made) == 2


# What cannot be asked


NET = wl.net_initialize(
    wl.NetChain(
        {"embed": wl.EmbeddingLayer(2, 3), "flat": wl.FlattenLayer(), "read": 1},
        input=(2, "Integer"),
    )
)


@pytest.mark.parametrize(
    ("part", "error", "words"),
    [
        (("Imput",), wl.PartError, "did you mean 'Input'"),
        (("read", "Weigths"), wl.PartError, "did you mean 'Weights'"),
        (("Weights",), wl.PartError, r"\('read', 'Weights'\)"),
        (("reed", "Weights"), wl.PartError, "did you mean 'read'"),
        ((), wl.PartError, "has a name"),
        (("read", "Output", "Weights"), wl.PartError, "port"),
        ((wl.ANY, "Weights"), wl.PartError, "one port or array is asked by"),
        (("read", "OutputSize"), wl.PartError, "neither a port nor an array"),
        ((wl.NetSharedArray("w"),), wl.PartError, "no such shared array"),
        (("Input",), wl.OptionError, "indices have no gradient"),
        (("embed", "Input"), wl.OptionError, "indices have no gradient"),
    ],
    ids=str,
)
def test_what_has_no_gradient_is_told_and_why(part: Any, error: Any, words: str):
    with pytest.raises(error, match=words):
        NET([1, 3], NetPortGradient(*part))
    with pytest.raises(error, match=words):
        NET([1, 3], [NetPort("Output"), NetPortGradient(*part)])


def test_by_what_is_made_of_indices_there_is_a_gradient():
    found = NET([1, 3], [NetPortGradient("embed", "Weights"), NetPortGradient("embed", "Output")])
    rows, output = found.values()
    assert rows.tolist() == [output[0].tolist(), [0, 0], output[1].tolist()]
    assert output.ravel().tolist() == NET["read", "Weights"][0].tolist()


def test_an_array_that_was_left_out_has_no_gradient():
    net = wl.net_initialize(wl.NetChain([wl.LinearLayer(1, biases=None)], input=2))
    with pytest.raises(wl.PartError, match="it has no Biases"):
        net([1, 2], NetPortGradient(1, "Biases"))


def test_a_part_with_several_outputs_is_asked_by_one():
    inner = wl.NetGraph(
        {"u": "Ramp", "v": "Tanh"}, [("u", NetPort("U")), ("v", NetPort("V"))], input=2
    )
    net = wl.NetGraph({"i": inner, "sum": wl.TotalLayer()},
                      [([NetPort("i", "U"), NetPort("i", "V")], "sum")])  # fmt: skip
    with pytest.raises(wl.OptionError, match=r"NetPortGradient\('i', 'U'\)"):
        net([1, 2], NetPortGradient("i"))
    assert net([1, 2], NetPortGradient("i", "U")).tolist() == [1, 1]


def test_a_net_without_numbers_is_told_to_be_initialized():
    net = wl.NetChain([3, 1], input=2)
    with pytest.raises(wl.NotInitializedError, match="net_initialize"):
        net([1, 2], NetPortGradient("Input"))


def test_of_indices_that_come_out_nothing_is_differentiated():
    net = wl.NetChain([wl.ReshapeLayer((4,))], input=(2, 2, "Integer"))
    with pytest.raises(wl.OptionError, match="nothing else comes out"):
        net(np.ones((2, 2), int), NetPortGradient("Input"))


@pytest.mark.parametrize("step", [1.5, True, None, b"a", np.ones(2)], ids=str)
def test_a_step_that_is_none_is_refused(step: Any):
    with pytest.raises(wl.PartError, match="NetPortGradient"):
        NetPortGradient("a", step)
