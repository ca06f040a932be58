"""NetFoldOperator: a net applied to the elements of a sequence, each time with what it gave."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetChain, NetFoldOperator, NetGraph, NetPort

X = np.random.default_rng(0).standard_normal((7, 6, 3)).astype(np.float32)
BOTH = [NetPort("Input"), NetPort("State")]


def cell(*layers: Any) -> Any:
    """A net of what comes and of its state, side by side, and some layers behind."""
    parts = {"both": wl.CatenateLayer(), **dict(layers)}
    return NetGraph(parts, [(BOTH, "both"), tuple(parts)])


def elman(**more: Any) -> Any:
    return NetFoldOperator(cell(("sum", 5), ("bend", "Tanh")), input=(6, 3), **more)


def two_states(feedback: Any = None) -> Any:
    """Moments as ADAM has them: a mean, and a mean of squares; and what is made of both."""
    return NetGraph(
        {
            "mean": wl.ThreadingLayer(lambda x, m: 0.5 * m + 0.5 * x),
            "square": wl.ThreadingLayer(lambda x, v: 0.75 * v + 0.25 * x * x),
            "share": wl.ThreadingLayer(lambda m, v: m / (1 + v)),
        },
        [
            ([NetPort("Input"), NetPort("Mean")], "mean"),
            ([NetPort("Input"), NetPort("Square")], "square"),
            (["mean", "square"], "share"),
            ("mean", NetPort("Mean")),
            ("square", NetPort("Square")),
            ("share", NetPort("Output")),
        ],
    )


def of_elman(net: Any, x: Any) -> Any:
    weights, biases = (wl.net_extract(net, ("Net", "sum", name)) for name in ("Weights", "Biases"))
    state, states = np.zeros((len(x), 5)), []
    for row in np.moveaxis(x, 1, 0):
        state = np.tanh(np.concatenate([row, state], 1) @ weights.T + biases)
        states.append(state)
    return np.stack(states, 1)


def test_a_fold_gives_what_a_loop_gives() -> None:
    net = wl.net_initialize(elman())
    np.testing.assert_allclose(net(X), of_elman(net, X), atol=1e-6)
    np.testing.assert_allclose(net(X[0]), of_elman(net, X)[0], atol=1e-6)
    inside = net(X, NetPort("Net", "sum", "Output"))
    np.testing.assert_allclose(np.tanh(inside), net(X), atol=1e-6)


def test_a_recurrent_layer_is_a_fold_of_its_step() -> None:
    """The same arrays give the same states, and learn alike."""
    fold = wl.net_initialize(elman())
    weights = wl.net_extract(fold, ("Net", "sum", "Weights"))
    layer = wl.BasicRecurrentLayer(
        5, input_weights=weights[:, :3], state_weights=weights[:, 3:], biases=np.zeros(5),
        input=(6, 3),
    )  # fmt: skip
    np.testing.assert_allclose(fold(X), layer(X), atol=1e-6)
    y, options = np.ones((7, 6, 5)), {"method": "SGD", "max_training_rounds": 5, "batch_size": 7}
    one, other = (wl.net_train(net, (X, y), **options) for net in (fold, layer))
    np.testing.assert_allclose(one(X), other(X), atol=1e-5)


def test_a_state_of_its_own_is_fed_and_not_shown() -> None:
    graph = NetGraph(
        {"sum": "Plus", "twice": wl.ElementwiseLayer(lambda x: 2 * x)},
        [(BOTH, "sum"), ("sum", NetPort("State")), ("sum", "twice"), ("twice", NetPort("Output"))],
    )
    net = NetFoldOperator(graph, input=(4, 1))
    assert (net.input_names, net.output_names) == (("Input",), ("Output",))
    assert net([[1], [2], [3], [4]]).tolist() == [[2], [6], [12], [20]]


def test_several_states_are_fed_as_the_feedback_says() -> None:
    net = NetFoldOperator(two_states(), {"Mean": "Mean", "Square": "Square"}, input=(6, 3))
    assert net.output_names == ("Output",)
    mean = square = np.zeros((7, 3))
    for row, found in zip(np.moveaxis(X, 1, 0), np.moveaxis(net(X), 1, 0), strict=True):
        mean, square = 0.5 * mean + 0.5 * row, 0.75 * square + 0.25 * row**2
        np.testing.assert_allclose(found, mean / (1 + square), atol=1e-6)
    shown = NetFoldOperator(two_states(), {"Mean": "Square", "Square": "Mean"}, input=(6, 3))
    assert set(shown.output_names) == {"Mean", "Square", "Output"}


def test_rules_reach_inside_and_what_is_frozen_is_sealed() -> None:
    net = wl.net_initialize(NetChain({"fold": elman(), "flat": wl.FlattenLayer(), "read": 2}))
    rules = {("fold", "Net", "sum", "Biases"): 0.5, "fold": None}
    results = wl.net_train(net, (X, X[:, 0, :2]), wl.ALL, learning_rate_multipliers=rules,
                           max_training_rounds=3)  # fmt: skip
    rates = results["ArraysLearningRateMultipliers"]
    assert [rates["fold", "Net", "sum", name] for name in ("Weights", "Biases")] == [0, 0.5]
    for name, is_same in (("Weights", True), ("Biases", False)):
        part = ("fold", "Net", "sum", name)
        before, after = (wl.net_extract(n, part) for n in (net, results["TrainedNet"]))
        assert (before.tobytes() == after.tobytes()) == is_same
    program = wl.net_program(net, learning_rate_multipliers={"fold": None})
    assert {row.times for row in program.prefix} == {1, 6}
    assert {row.times for row in program.steps} == {1}


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_indices_come_out_of_a_fold_as_they_come_out_of_its_net(precision: str) -> None:
    """They have another size than numbers of 64 bits."""
    graph = NetGraph(
        {"sum": "Plus", "order": wl.OrderingLayer()},
        [(BOTH, "sum"), ("sum", NetPort("State")), ("sum", "order", NetPort("Order"))],
    )
    found = NetFoldOperator(graph, input=(6, 3))(X, working_precision=precision)
    assert found.dtype.kind == "i"
    assert np.array_equal(found, np.argsort(np.cumsum(X, 1), -1) + 1)


def test_masks_are_drawn_anew_for_every_element() -> None:
    net = NetFoldOperator(cell(("drop", wl.DropoutLayer(0.5)), ("last", wl.LinearLayer(
        3, weights=np.eye(3, 6), biases=None))), input=(50, 3))  # fmt: skip
    found = net(np.ones((1, 50, 3)), net_evaluation_mode="Train")[0]
    assert {*np.unique(found)} == {0, 2}
    assert len(np.unique(found, axis=0)) > 3
    again = net(np.ones((1, 50, 3)), net_evaluation_mode="Train")[0]
    assert np.array_equal(found, again)


def test_running_statistics_move_with_every_element() -> None:
    net = wl.net_initialize(
        NetFoldOperator(cell(("norm", wl.BatchNormalizationLayer()), ("last", wl.LinearLayer(
            3, weights=np.eye(3, 6), biases=None, learning_rate_multipliers=0))), input=(2, 3))
    )  # fmt: skip
    x = X[:, :2]
    trained = wl.net_train(net, (x, x), max_training_rounds=1, batch_size=7, learning_rate=1e-9)
    mean = wl.net_extract(trained, ("Net", "norm", "MovingMean"))[:3]
    expected = np.zeros(3)
    for row in (x[:, 0], x[:, 1]):
        expected = 0.9 * expected + 0.1 * row.mean(0)
    np.testing.assert_allclose(mean, expected, atol=1e-6)


def test_a_fold_is_kept_in_a_file_and_written_as_python(tmp_path: Any) -> None:
    for net in (elman(learning_rate_multipliers={("Net", "sum"): 0.5}),
                NetFoldOperator(two_states(), {"Mean": "Square", "Square": "Mean"}, input=(6, 3)),
                NetChain([wl.net_initialize(elman()), "Ramp"])):  # fmt: skip
        assert wl.load(wl.save(net, tmp_path / "fold.wlnet")) == net
        assert wl.load(wl.save(net, tmp_path / "fold.wlnet"))(X).tobytes() == net(X).tobytes() if (
            isinstance(net, NetChain)) else True  # fmt: skip
    assert repr(eval(repr(elman()), vars(wl))) == repr(elman())


def test_parts_in_a_fold_are_replaced_and_sizes_follow_from_both_sides() -> None:
    net = wl.net_replace_part(elman(), {("Net", "bend"): "Ramp"})
    assert wl.net_extract(net, ("Net", "bend")).parameters == wl.ElementwiseLayer("Ramp").parameters
    open_ = NetChain([NetFoldOperator(cell(("sum", wl.LinearLayer()), ("bend", "Tanh"))),
                      wl.NetMapOperator(2)], input=("Varying", 3))  # fmt: skip
    with_state = NetFoldOperator(cell(("sum", wl.LinearLayer(4)), ("bend", "Tanh")), input=(6, 3))
    assert wl.information(open_, "InputPorts")["Input"] is not None
    assert wl.information(with_state, "ArraysDimensions")["Net", "sum", "Weights"] == (4, 7)
    assert wl.information(with_state, "OutputPorts")["Output"] == (6, 4)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: NetFoldOperator(3), 'an input for elements and one for its "State"'),
        (lambda: NetFoldOperator(two_states()), 'an input for elements and one for its "State"'),
        (lambda: NetFoldOperator(two_states(), {"Men": "Mean"}), "no output 'Men'"),
        (lambda: NetFoldOperator(two_states(), {"Mean": "Men"}), "no input 'Men'"),
        (lambda: NetFoldOperator(two_states(), {"Mean": "Mean", "Square": "Mean"}), "feed one"),
        (lambda: NetFoldOperator(two_states(), {"Mean": "Mean", "Square": "Square",
                                                "Output": "Input"}), "no input is left"),
        (lambda: NetFoldOperator(two_states(), 3), "a dict from outputs"),
        (lambda: NetFoldOperator(cell(("sum", 5)), input=3), "level"),
        (lambda: elman(inputt=3), "inputt"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_fold_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=re.escape(told)):
        make()


def leaky(**ports: Any) -> Any:
    """A fold whose state may be of any shape that goes with the input."""
    return NetFoldOperator(wl.FunctionLayer(lambda input, state: input + state / 2), **ports)


@pytest.mark.parametrize("ports", [{}, {"input": ("Varying", 2)}, {"input": (3, 2)}])
def test_where_a_state_may_be_of_any_shape_the_repair_is_to_say_what_comes_out(ports: Any) -> None:
    for make in (leaky, lambda **given: wl.NetChain([leaky(), "Tanh"], **given)):
        with pytest.raises(wl.NotInitializedError, match="say what comes out") as caught:
            make(**ports)(np.ones((3, 2)))
        repair = re.search(r"output=(.*)\)", str(caught.value.faults[0].fix))
        assert repair is not None
        assert make(**ports, output=eval(repair[1]))(np.ones((3, 2))).shape == (3, 2)


def test_a_long_sequence_is_planned_as_a_short_one() -> None:
    short, long = (
        wl.net_program(NetFoldOperator(cell(("sum", 5), ("bend", "Tanh")), input=(n, 3)))
        for n in (5, 2000)
    )
    assert len(short.calls) == len(long.calls)
