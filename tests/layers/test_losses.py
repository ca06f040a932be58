"""Losses where numbers are small, large or at a knot: what they are held against knows no net."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.layers.bench import Bench
from wlnet.graph.builder import Builder
from wlnet.layers import (
    CrossEntropyLossLayer,
    ElementwiseLayer,
    HuberLossLayer,
    MeanSquaredLossLayer,
    SoftmaxLayer,
    WeightedLossLayer,
)
from wlnet.plan.compile import training_blueprint

EXTREME = [[2000.0, 0.0, -2000.0]]


def test_the_loss_of_a_class_is_exact_when_its_probability_underflows():
    bench = Bench()
    scores = bench.input("Input", EXTREME)
    target = bench.input("Target", [3], "Integer")
    p = bench.lower(SoftmaxLayer(), Input=scores)
    loss = bench.lower(CrossEntropyLossLayer("Index"), Input=p, Target=target)
    assert bench.value(loss).tolist() == [4000.0]
    assert bench.gradient(loss, scores).tolist() == [[1.0, 0.0, -1.0]]


def test_the_loss_of_probabilities_is_exact_when_one_underflows():
    bench = Bench()
    scores = bench.input("Input", EXTREME)
    target = bench.input("Target", [[0.0, 0.5, 0.5]])
    p = bench.lower(SoftmaxLayer(), Input=scores)
    loss = bench.lower(CrossEntropyLossLayer("Probabilities"), Input=p, Target=target)
    assert bench.value(loss).tolist() == [3000.0]
    assert bench.gradient(loss, scores).tolist() == [[1.0, -0.5, -0.5]]


@pytest.mark.parametrize(("target", "loss", "slope"), [(1.0, 800.0, -1.0), (0.0, 0.0, 0.0)])
def test_the_binary_loss_is_exact_when_a_probability_underflows(target, loss, slope):
    bench = Bench()
    score = bench.input("Input", [-800.0])
    p = bench.lower(ElementwiseLayer("LogisticSigmoid"), Input=score)
    found = bench.lower(
        CrossEntropyLossLayer("Binary"), Input=p, Target=bench.input("Target", [target])
    )
    assert bench.value(found).tolist() == [loss]
    assert bench.gradient(found, score).tolist() == [slope]


def test_the_binary_loss_of_a_sure_and_right_answer_keeps_its_digits():
    bench = Bench()
    p = bench.lower(ElementwiseLayer("LogisticSigmoid"), Input=bench.input("Input", [50.0]))
    loss = bench.lower(
        CrossEntropyLossLayer("Binary"), Input=p, Target=bench.input("Target", [1.0])
    )
    assert bench.value(loss)[0] == pytest.approx(np.exp(-50), rel=1e-12)


def test_a_softmax_along_another_level_is_not_taken_for_classes():
    bench = Bench()
    scores = bench.input("Input", [[[1.0, 2.0], [3.0, 5.0]]])
    p = bench.lower(SoftmaxLayer(1), Input=scores)
    target = bench.input("Target", [[1, 2]], "Integer")
    loss = bench.lower(CrossEntropyLossLayer("Index"), Input=p, Target=target)
    given = bench.value(p)[0]
    assert bench.value(loss)[0] == pytest.approx(-np.log([given[0, 0], given[1, 1]]).mean())


VIEWS = {
    "reshape": lambda g, x, n: g.reshape(x, (x.shape[0], x.shape[2], x.shape[1])),
    "flat": lambda g, x, n: g.reshape(x, (x.shape[0], 1, x.shape[1] * x.shape[2])),
    "transpose": lambda g, x, n: g.transpose(x),
    "slice": lambda g, x, n: g.slice(x, 1 + n % 2, 0, max(1, x.shape[1 + n % 2] - 1)),
    "broadcast": lambda g, x, n: g.reshape(g.broadcast(g.reshape(x, (x.shape[0], 1, *x.shape[1:])),
                                           (x.shape[0], 2, *x.shape[1:])),
                                           (x.shape[0], 2 * x.shape[1], x.shape[2])),
    "concatenate": lambda g, x, n: g.concatenate([x, g.reshape(x, x.shape)], 1 + n % 2),
}  # fmt: skip
SOURCES = {
    "softmax": (lambda g, x, n: g.softmax(x, 1 + n % 2),
                lambda x, n: x - scipy.special.logsumexp(x, 1 + n % 2, keepdims=True)),
    "sigmoid": (lambda g, x, n: g.map("LogisticSigmoid", x), lambda x, n: -np.logaddexp(0, -x)),
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    source=st.sampled_from([*SOURCES]),
    axis=st.integers(1, 2),
    views=st.lists(st.tuples(st.sampled_from([*VIEWS]), st.integers(0, 1)), max_size=4),
    form=st.sampled_from(["Index", "Probabilities", "Binary"]),
)
def test_a_loss_behind_any_views_is_as_exact_as_directly_behind(source, axis, views, form):
    if form == "Binary":
        source = "sigmoid"
    bench, random = Bench(), np.random.default_rng(0)
    given_scores = random.choice([-2000.0, -900.0, 0.0, 3.0, 1500.0], (2, 3, 4))
    scores = bench.input("Input", given_scores)
    g = Builder(bench.graph)
    probability, logarithm = SOURCES[source]
    p = probability(g, scores, axis)
    # The same views, of what stands for the logarithms and for those of what is left to 1.
    exact = bench.input("Exact", logarithm(given_scores, axis))
    left = bench.input("Left", -np.logaddexp(0, given_scores))
    for name, n in views:
        p, exact, left = (VIEWS[name](g, value, n) for value in (p, exact, left))
    if form == "Index":
        target = random.integers(1, p.shape[-1], p.shape[:-1], endpoint=True)
        picked = bench.input("Target", target, "Integer")
    else:
        target = random.uniform(size=p.shape)
        picked = bench.input("Target", target)
    loss = bench.lower(CrossEntropyLossLayer(form), Input=p, Target=picked)
    found = bench.run()
    logs = found[exact]
    if form == "Index":
        want = -np.take_along_axis(logs, target[..., None] - 1, -1)[..., 0]
    elif form == "Probabilities":
        want = -(target * logs).sum(-1)
    else:
        want = -target * logs - (1 - target) * found[left]
    np.testing.assert_allclose(found[loss], want.reshape(2, -1).mean(1), rtol=1e-12, atol=1e-300)
    slope = bench.gradient(loss, scores)
    assert np.isfinite(slope).all()
    assert slope.any() or not found[loss].max() > 1e-9, "it learns"


def test_parts_of_a_catenation_are_exact_each_as_far_as_it_can_be():
    bench = Bench()
    g = Builder(bench.graph)
    scores = bench.input("Input", [[800.0, 0.0]])
    plain = bench.input("Plain", [[0.25]])
    p = g.concatenate([g.softmax(scores), plain], 1)
    for target, want in ((2, 800.0), (3, np.log(4))):
        t = bench.input(f"Target {target}", [target], "Integer")
        loss = bench.lower(CrossEntropyLossLayer("Index"), Input=p, Target=t)
        assert bench.value(loss)[0] == pytest.approx(want)


@pytest.mark.parametrize("way", ["mapped", "turned twice"])
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize(("form", "target"), [("Index", [2, 2, 2]), ("Binary", [[0.0]] * 3)])
def test_a_training_behind_a_map_sees_losses_and_slopes(form, target, precision, way):
    last = wl.SoftmaxLayer() if form == "Index" else wl.ElementwiseLayer("LogisticSigmoid")
    rows = [[500.0, 500.0], [0.0, 0.0]][: 2 if form == "Index" else 1]
    inner = wl.NetChain([wl.LinearLayer(len(rows), weights=rows, biases=None), last])
    turns = [wl.TransposeLayer()] * 2 if way != "mapped" else []
    net = wl.NetChain([wl.NetMapOperator(inner), *turns], input=(3, 2))
    record = wl.net_train(
        net, (np.ones((1, 3, 2)), np.array([target])), wl.ALL,
        loss_function=CrossEntropyLossLayer(form), method=("SGD", {"Momentum": None}),
        learning_rate=1e-3, max_training_rounds=1, working_precision=precision,
    )  # fmt: skip
    assert record["RoundLoss"] == pytest.approx(1000)
    (before,), (after,) = (
        wl.information(each, "ArraysList") for each in (net, record["TrainedNet"])
    )
    assert (before != after).any()


def test_behind_a_map_the_loss_costs_what_it_costs_directly_behind_a_softmax():
    inner = [wl.LinearLayer(4), wl.SoftmaxLayer()]
    edges = [
        ("p", wl.NetPort("loss", "Input")),
        (wl.NetPort("Target"), wl.NetPort("loss", "Target")),
    ]
    costs = []
    for nodes in ([wl.NetMapOperator(inner)], [wl.NetMapOperator(inner[0]), inner[1]]):
        loss = CrossEntropyLossLayer("Index")
        net = wl.NetGraph({"p": wl.NetChain(nodes), "loss": loss}, edges, input=(3, 2))
        arrays = list(wl.information(net, "Arrays"))
        plan = training_blueprint(net, 5, {"Loss": 1.0}, arrays)
        costs.append(sorted(step.primitive for step in plan.steps))
    assert costs[0] == costs[1]
    assert "softmax" not in costs[0]


@pytest.mark.parametrize(
    ("form", "p", "target"),
    [
        ("Index", [[0.0, 1.0]], [1]),
        ("Probabilities", [[0.0, 1.0]], [[1.0, 0.0]]),
        ("Binary", [0.0], [1.0]),
    ],
)
def test_a_probability_of_zero_costs_what_the_smallest_float_costs(form, p, target):
    bench = Bench()
    value = bench.input("Input", p)
    element = "Integer" if form == "Index" else "Real"
    loss = bench.lower(
        CrossEntropyLossLayer(form), Input=value, Target=bench.input("Target", target, element)
    )
    assert bench.value(loss)[0] == pytest.approx(126 * np.log(2))
    assert np.isfinite(bench.gradient(loss, value)).all()


def test_a_certain_binary_answer_of_one_that_is_wrong_is_finite():
    bench = Bench()
    value = bench.input("Input", [1.0])
    loss = bench.lower(
        CrossEntropyLossLayer("Binary"), Input=value, Target=bench.input("Target", [0.0])
    )
    assert bench.value(loss)[0] == pytest.approx(126 * np.log(2))


def test_the_target_of_a_class_loss_is_an_index_of_a_class_and_others_are_numbers():
    assert CrossEntropyLossLayer("Index").port_element("Target") == "Integer"
    assert CrossEntropyLossLayer("Index").port_field("Target").below == "classes"
    assert CrossEntropyLossLayer("Index").port_element("Input") == "Real"
    assert CrossEntropyLossLayer("Probabilities").port_element("Target") == "Real"
    assert CrossEntropyLossLayer("Binary").port_element("Target") == "Real"


def test_losses_name_their_ports():
    for layer in (MeanSquaredLossLayer(), CrossEntropyLossLayer("Index")):
        assert (layer.input_names, layer.output_names) == (("Input", "Target"), ("Loss",))


@pytest.mark.parametrize("weights", [None, (2.0, 0.0, 0.5)])
@pytest.mark.parametrize("form", ["Index", "Probabilities"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_a_smooth_or_weighted_loss_is_exact_when_probabilities_underflow(smoothing, form, weights):
    layer = CrossEntropyLossLayer(form, smoothing, weights)
    bench, index = Bench(), form == "Index"
    scores = bench.input("Input", EXTREME)
    target = bench.input(
        "Target", [3] if index else [[0.0, 0.0, 1.0]], "Integer" if index else "Real"
    )
    p = bench.lower(SoftmaxLayer(), Input=scores)
    loss = bench.lower(layer, Input=p, Target=target)
    costs = np.array([0.0, 2000.0, 4000.0])  # of each class, had it been the case
    counts = np.array([smoothing / 3, smoothing / 3, 1 - 2 * smoothing / 3]) * (weights or 1)
    assert bench.value(loss)[0] == pytest.approx(costs @ counts, rel=1e-14)
    slope = np.sum(counts) * np.array([1.0, 0.0, 0.0]) - counts
    np.testing.assert_allclose(bench.gradient(loss, scores)[0], slope, atol=1e-15)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"label_smoothing": 1}, "a number >= 0 and < 1"),
        ({"label_smoothing": -0.1}, "a number >= 0 and < 1"),
        ({"class_weights": (1, -2, 1)}, "a number from 0 to 1e30 for each class"),
        ({"class_weights": (1, np.nan)}, "a number from 0 to 1e30 for each class"),
        ({"class_weights": (1, "2")}, "a number from 0 to 1e30 for each class"),
        ({"class_weights": ()}, "a number from 0 to 1e30 for each class"),
        ({"class_weights": 2}, "a number from 0 to 1e30 for each class"),
        ({"class_weights": {"a": 2}}, "a number from 0 to 1e30 for each class"),
        ({"class_weights": (1, 1e39)}, "a number from 0 to 1e30 for each class"),
        ({"form": "Binary", "class_weights": (1, 2, 3)}, "class_weights of two numbers"),
    ],
)
@pytest.mark.parametrize("kind", [CrossEntropyLossLayer, WeightedLossLayer])
def test_smoothing_and_weights_that_cannot_be_are_refused(kind, options, text):
    with pytest.raises(wl.OptionError, match=text):
        kind(**{"form": "Index", **options})


def test_there_is_a_weight_for_each_class():
    with pytest.raises(wl.ShapeError):
        CrossEntropyLossLayer("Index", class_weights=(1, 2), input=3)
    loss = CrossEntropyLossLayer("Probabilities", class_weights=np.array([1, 2, 3]))
    assert loss.class_weights == (1.0, 2.0, 3.0)
    with pytest.raises(wl.WlnetError):
        loss({"Input": [0.5, 0.5], "Target": [0, 1]})


@pytest.mark.parametrize("delta", [1e-3, 0.5, 1.0, 1e3])
def test_huber_costs_a_square_up_to_delta_and_a_line_from_there(delta):
    far = np.array([0.0, 1e-9, 0.3, 0.5, 1.0, 7.0, 1e150])
    apart = np.concatenate([far, -far, [delta, -delta]])
    bench = Bench()
    given = bench.input("Input", apart[:, None] + 0)
    target = bench.input("Target", 0 * apart[:, None])
    loss = bench.lower(HuberLossLayer(delta), Input=given, Target=target)
    np.testing.assert_allclose(
        bench.value(loss), scipy.special.huber(delta, np.abs(apart)), rtol=1e-14
    )
    # At the knot the two pieces have one slope.
    slope = np.clip(apart, -delta, delta)
    np.testing.assert_allclose(bench.gradient(loss, given)[:, 0], slope, rtol=1e-14)
    np.testing.assert_allclose(bench.gradient(loss, target)[:, 0], -slope, rtol=1e-14)


@pytest.mark.parametrize("delta", [0, -1, 1e-46, np.nan, np.inf, "1", True, None])
def test_a_delta_that_is_no_number_above_zero_is_refused(delta):
    with pytest.raises(wl.OptionError, match="a number >= 1e-30"):
        HuberLossLayer(delta)
