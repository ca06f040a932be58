"""Sets of labels: "Class" coders of several labels at once, beside their definitions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet import DataError, NetDecoder, NetEncoder
from wlnet.results.class_labels import labels_at

LABELS = ["x", "y", ("x", "y"), 3]
ENCODER = NetEncoder("Class", LABELS, multilabel=True)
DECODER = NetDecoder("Class", LABELS, multilabel=True)
SETS = st.lists(st.sets(st.sampled_from(LABELS)), min_size=1)
P = np.array([[0.9, 0.5, 0.51, 0.2], [0.1, 0.2, 0.3, 0.4]])


@given(SETS)
def test_sets_of_labels_come_back(sets: Any) -> None:
    rows = ENCODER.encode(sets)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[float(label in each) for label in LABELS] for each in sets]
    assert [set(each) for each in DECODER(rows)] == sets
    assert ENCODER([[*each, *each] for each in sets]).tolist() == rows.tolist()
    assert (ENCODER.encode(list(rows)) == rows).all()
    assert DECODER.target_encoder() == ENCODER


@given(st.lists(st.lists(st.sets(st.sampled_from(LABELS)), min_size=2, max_size=2), min_size=1))
def test_sequences_of_sets_come_back(rows: Any) -> None:
    encoder = NetEncoder("Class", LABELS, input_depth=2, multilabel=True)
    vectors = encoder.encode(rows)
    assert vectors.shape == (len(rows), 2, 4)
    told = NetDecoder(encoder)(vectors)
    assert [[set(each) for each in row] for row in told] == rows
    assert (encoder(rows[0]) == vectors[0]).all()


def test_one_set_is_no_batch() -> None:
    for one in ({"x"}, ["x", 3], ("y", "x"), np.array(["x", "y"]), frozenset(), [("x", "y"), 3]):
        assert ENCODER(one).shape == (4,)
    for several in ([{"x"}], [["x"], ["y", 3]], [set()], [("y", 3), ["x"]], np.array([["x", "y"]])):
        assert ENCODER(several).shape == (len(several), 4)
    assert ENCODER([]).shape == (0, 4)
    assert ENCODER.shape == (4,)
    assert ENCODER.output_form == "UnitVector"


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"x", "z"}, r"not one of the labels.*example 2.*'z'.*x, y"),
        (["X"], r"not one of the labels.*did you mean 'x'"),
        ([True], "not one of the labels"),
        ("x", r"no set of labels.*example 2.*fix: +\['x'\]"),
        (("x", "y"), r"no set of labels.*fix: +\[\('x', 'y'\)\]"),
        (3, r"no set of labels.*fix: +\[3\]"),
        (None, r"no set of labels"),
    ],
)
def test_what_is_no_set_of_labels_is_told_with_its_example(item: Any, told: str) -> None:
    with pytest.raises(DataError, match=rf"(?s){told}"):
        ENCODER.encode([{"x"}, item])


def test_each_property_treats_labels_as_independent() -> None:
    assert DECODER(P) == [["x", ("x", "y")], []]
    assert DECODER(P[0], "Decision") == ["x", ("x", "y")]
    assert DECODER(P, ("TopDecisions", 2)) == [["x", ("x", "y")], [3, ("x", "y")]]
    assert DECODER(P[1], "Probabilities") == dict(zip(LABELS, P[1], strict=True))
    assert DECODER(P, ("Probability", 3)) == [0.2, 0.4]
    assert list(DECODER(P[0], ("TopProbabilities", 1))) == ["x"]
    terms = [-p * math.log(p) - (1 - p) * math.log(1 - p) for p in P[0]]
    assert DECODER(P[0], "Entropy") == pytest.approx(sum(terms))
    assert DECODER(np.array([1.0, 0.0, 1.0, 0.0]), "Entropy") == 0
    with pytest.raises(DataError, match=r"(?s)no probabilities.*example 2.*LogisticSigmoid"):
        DECODER(np.array([[0.0, 1, 1, 0], [0.5, 1.5, 0, 0]]), "Entropy")


def test_samples_are_drawn_label_by_label() -> None:
    drawn = DECODER(np.tile(P[0], (8000, 1)), "RandomSample", rng=np.random.default_rng(1))
    shares = [sum(label in each for each in drawn) / len(drawn) for label in LABELS]
    np.testing.assert_allclose(shares, P[0], atol=0.02)
    both = sum("x" in each and "y" in each for each in drawn) / len(drawn)
    assert abs(both - P[0, 0] * P[0, 1]) < 0.02
    with pytest.raises(wl.OptionError, match="seeded generator"):
        DECODER(P, "RandomSample")


SIZES = np.linspace(-2, 2, 80)
KINDS = [
    ["large"] * bool(size > 0.7) + ["odd"] * bool(size < 1) + ["small"] * bool(size < -1)
    for size in SIZES
]


@pytest.mark.parametrize("labels", [["large", "odd", "small"], wl.AUTOMATIC])
def test_a_net_learns_sets_of_labels(labels: Any, tmp_path: Path) -> None:
    decoder = NetDecoder("Class", labels, multilabel=True)
    net = wl.NetChain([16, "Tanh", wl.LinearLayer(), "LogisticSigmoid"], input=1, output=decoder)
    x = SIZES[:, None]
    rate = {"learning_rate": 0.05, "max_training_rounds": 150}
    results = wl.net_train(net, (x, KINDS), wl.ALL, **rate)
    trained = results["TrainedNet"]
    assert trained.ports["Output"].coder.labels == ("large", "odd", "small")
    right = sum(trained(row) == kinds for row, kinds in zip(x, KINDS, strict=True))
    assert right >= 76
    assert set(trained(x[-1], "Probabilities")) == {"large", "odd", "small"}
    wrong, table = wl.net_measurements(trained, (x, KINDS), ["ErrorRate", "ConfusionMatrix"])
    assert wrong < 0.02
    # Decisions, of which each label is one: whether it is there.
    assert table.sum() == 3 * len(x)
    assert table.shape == (2, 2)
    assert labels_at(trained, "Output") is None
    assert wl.load(wl.save(trained, tmp_path / "net.wlnet")) == trained
    vectors = NetEncoder(trained.ports["Output"].coder).encode(KINDS)
    plain = net if labels is not wl.AUTOMATIC else trained
    again = wl.net_train(plain, (x, vectors), max_training_rounds=1)
    assert again.ports["Output"].coder == trained.ports["Output"].coder


def test_sets_go_in_as_well() -> None:
    net = wl.NetChain([2], input=NetEncoder("Class", ["a", "b"], multilabel=True))
    net = wl.net_initialize(net)
    assert net({"a", "b"}).shape == (2,)
    assert net([{"a"}, {"b"}, set()]).shape == (3, 2)
    trained = wl.net_train(net, ([{"a"}, {"a", "b"}], np.zeros((2, 2))), max_training_rounds=1)
    assert trained(["a"]).shape == (2,)


def test_weights_of_classes_are_those_of_there_and_not_there() -> None:
    decoder = NetDecoder("Class", ["large", "odd", "small"], multilabel=True)
    net = wl.NetChain([wl.LinearLayer(), "LogisticSigmoid"], input=1, output=decoder)
    data = (SIZES[:, None], KINDS)
    wl.net_train(net, data, class_weights={True: 2, False: 1}, max_training_rounds=1)
    with pytest.raises(wl.OptionError, match=r"(?s)not one of the labels.*False, True"):
        wl.net_train(net, data, class_weights={"large": 2}, max_training_rounds=1)


def test_a_net_that_gives_no_probabilities_of_each_label_is_told() -> None:
    for layers in ([3], [3, wl.SoftmaxLayer()]):
        net = wl.NetChain(layers, input=1, output=NetDecoder("Class", list("xyz"), multilabel=True))
        with pytest.raises(wl.OptionError, match=r"(?s)several labels.*LogisticSigmoid"):
            wl.net_train(net, ([[1.0]], [["x"]]))


def test_several_labels_for_a_coder_of_one_say_which_option_takes_them() -> None:
    encoder = NetEncoder("Class", ["x", "y"])
    with pytest.raises(DataError, match=r"example 2\n.*\n.*\n  fix: +multilabel=True"):
        encoder.encode(["x", ("x", "y")])
    with pytest.raises(DataError) as caught:
        encoder.encode(["x", ("x", "z")])
    assert "multilabel" not in str(caught.value)
