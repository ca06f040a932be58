"""Cross entropy where probabilities underflow, and where nothing can save them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.layers.bench import Bench
from wlnet.layers import CrossEntropyLossLayer, ElementwiseLayer, MeanSquaredLossLayer, SoftmaxLayer

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
