"""Coders without labels and embeddings without a size learn their classes from the data."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl

X = np.eye(4, 2, dtype=np.float32)
ROUND = {"max_training_rounds": 1}


@pytest.mark.parametrize(
    ("targets", "labels"),
    [
        ([1, 2, 3, 1], [1, 2, 3]),
        (np.array([0, 1, 2, 0]), [0, 1, 2]),
        (["b", "a", "c", "a"], ["a", "b", "c"]),
        ([1, 3, 1, 3], [1, 2, 3]),
    ],
)
def test_a_class_decoder_without_labels_gets_those_of_the_targets(targets, labels):
    layers = [3, wl.SoftmaxLayer()]
    net = wl.net_initialize(wl.NetChain(layers, input=2, output=wl.NetDecoder("Class")))
    trained = wl.net_train(net, (X, targets), **ROUND)
    assert list(trained.ports["Output"].coder.labels) == labels
    without = wl.net_train(wl.net_initialize(wl.NetChain(layers, input=2)), (X, targets), **ROUND)
    assert trained == without
    assert wl.net_measurements(trained, (X, targets), "Accuracy") >= 0


def test_a_class_decoder_without_labels_tells_the_size_of_the_net():
    net = wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()], output=wl.NetDecoder("Class"))
    trained = wl.net_train(net, (X, ["u", "v", "u", "w"]), **ROUND)
    assert trained[1, "Weights"].shape == (3, 2)
    assert trained(X[0]) in ("u", "v", "w")


def test_a_class_decoder_without_labels_takes_rows_of_probabilities_as_they_are():
    net = wl.NetChain([3, wl.SoftmaxLayer()], input=2, output=wl.NetDecoder("Class"))
    rows = np.full((4, 3), 1 / 3, np.float32)
    loss = wl.CrossEntropyLossLayer("Probabilities")
    trained = wl.net_train(net, (X, rows), loss_function=loss, **ROUND)
    assert list(trained.ports["Output"].coder.labels) == [1, 2, 3]


def test_labels_that_are_not_as_many_as_the_classes_are_told():
    net = wl.NetChain([3, wl.SoftmaxLayer()], input=2, output=wl.NetDecoder("Class"))
    with pytest.raises(wl.DataError, match="4 different labels for 3 classes"):
        wl.net_train(net, (X, ["a", "b", "c", "d"]), **ROUND)


@pytest.mark.parametrize("form", ["Index", "UnitVector"])
def test_a_class_encoder_without_labels_gets_those_of_the_inputs(form):
    first = wl.EmbeddingLayer(2) if form == "Index" else wl.LinearLayer(2)
    net = wl.NetChain([first, 1], input=wl.NetEncoder("Class", output_form=form))
    trained = wl.net_train(net, (["u", "w", "u", "v"], np.ones((4, 1))), **ROUND)
    assert list(trained.ports["Input"].coder.labels) == ["u", "v", "w"]
    assert trained[1, "Weights"].shape == ((3, 2) if form == "Index" else (2, 3))
    assert trained("w").shape == (1,)


def test_a_unit_vector_encoder_without_a_size_gets_the_largest_index():
    net = wl.NetChain([2], input=wl.NetEncoder("UnitVector"))
    trained = wl.net_train(net, ([1, 5, 2, 2], np.ones((4, 2))), **ROUND)
    assert trained[1, "Weights"].shape == (2, 5)


def embedded(column, size=wl.AUTOMATIC, **options):
    net = wl.NetChain([wl.EmbeddingLayer(2, size), wl.LinearLayer(1)], **options)
    return wl.net_train(net, (column, np.ones((len(column), 1))), **ROUND)


def test_integers_from_one_without_gaps_are_the_indices_of_an_embedding():
    for column in (np.array([1, 2, 3, 1]), [3, 1, 2], [1.0, 2.0, 3.0]):
        trained = embedded(column)
        assert trained.ports["Input"].coder is None
        assert trained[1, "Weights"].shape == (3, 2)
        assert trained(2).shape == (1,)
        with pytest.raises(wl.DataError, match="out of range"):
            trained(4)


def test_other_integers_are_labels_before_an_embedding():
    for column, labels in (([0, 1, 2, 0], [0, 1, 2]), ([7, 3, 7], [3, 7]), ([-1, 1], [-1, 1])):
        trained = embedded(column)
        assert list(trained.ports["Input"].coder.labels) == labels
        assert trained[1, "Weights"].shape == (len(labels), 2)
        assert trained(column).shape == (len(column), 1)
        with pytest.raises(wl.DataError, match="not one of the labels"):
            trained(99)


def test_arrays_of_indices_tell_the_size_of_an_embedding():
    rows = np.array([[1, 4, 2], [6, 1, 1]])
    assert embedded(rows)[1, "Weights"].shape == (6, 2)
    with pytest.raises(wl.WlnetError):
        embedded(rows - 1)


def test_an_embedding_that_has_a_size_keeps_it():
    assert embedded([1, 2, 1], size=9)[1, "Weights"].shape == (9, 2)
    with pytest.raises(wl.DataError, match="out of range"):
        embedded([0, 1, 2], size=9)
    words = embedded(["a", "b", "a", "b"])
    assert list(words.ports["Input"].coder.labels) == ["a", "b"]


def test_an_embedding_deep_inside_gets_its_size_too():
    inner = wl.NetGraph({"e": wl.EmbeddingLayer(2), "r": "Ramp"}, [("e", "r")])
    net = wl.NetChain([[inner], wl.LinearLayer(1)])
    trained = wl.net_train(net, ([1, 2, 2, 4, 3], np.ones((5, 1))), **ROUND)
    assert trained[1, 1, "e", "Weights"].shape == (4, 2)
