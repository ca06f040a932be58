"""Operators of ai.onnx.ml: what exports of scikit-learn put before and behind a perceptron.

The name of the class comes out of a decoder: an ArgMax whose places pick labels is "Label", and
whatever brings it into another shape leaves it that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.layers.elementwise import ElementwiseLayer
from wlnet.layers.softmax import SoftmaxLayer
from wlnet.onnx.importing.linear import linear
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import Fixed, Flow, Given
from wlnet.onnx.importing.writing import Writing

ML = "ai.onnx.ml"
LARGEST = 4096
"""Numbers that an attribute holds for each feature."""


def label(node: Node, x: Flow) -> Flow:
    """What brings the name of a class into another type or shape."""
    if node.kind not in ("Cast", "Reshape", "Identity", "Squeeze", "Flatten"):
        raise Misfit("a name of a class, which only a decoder has")
    node.read.update(node.attributes)
    return x


def _said(net: Writing, labels: list[Any]) -> None:
    if net.labels is not None and net.labels != labels:
        raise Misfit(f"labels {labels} beside {net.labels}")
    if len(set(labels)) != len(labels) or len(labels) < 2:
        raise Misfit(f"labels {labels}", expected="two different ones, or more")
    net.labels = labels


@operator("ArrayFeatureExtractor", domain=ML)
def _picked(net: Writing, node: Node, x: Given, places: Given) -> Given:
    if isinstance(x, Fixed) and isinstance(places, Flow):
        source = net.places.get(places.end)
        if source is None or x.array.size != (source.shape or (0,))[0]:
            raise Misfit("labels at places that are not those of the largest of as many numbers")
        _said(net, x.array.reshape(-1).tolist())
        return replace(source, kind="Label")
    raise Misfit("entries of a value of the net")


@operator("ZipMap", domain=ML)
def _zipped(net: Writing, node: Node, x: Given) -> Given:
    labels = node("classlabels_int64s", None) or node("classlabels_strings", None)
    if isinstance(x, Fixed) or not labels or x.shape != (len(labels),):
        raise Misfit("names of classes for something else than a vector of probabilities")
    _said(net, list(labels))
    return x


def _each(node: Node, name: str, count: int, default: float) -> Any:
    """An attribute that has one number for all features, or one each."""
    told = np.asarray(node(name, [default]), np.float32)
    if told.shape not in ((1,), (count,)) or count > LARGEST:
        raise Misfit(f"{name} of {told.size} numbers for {count} features")
    return told if told.size > 1 else float(told[0])


def _features(net: Writing, x: Given) -> tuple[Flow, int]:
    if isinstance(x, Fixed) or x.batch != 0 or x.is_merged or x.rank != 2 or x.sizes[1] is None:
        raise Misfit("features that are not a row for each example")
    return net.real(x), x.sizes[1]


@operator("Scaler", domain=ML)
def _scaler(net: Writing, node: Node, x: Given) -> Given:
    x, count = _features(net, x)
    offset, scale = _each(node, "offset", count, 0.0), _each(node, "scale", count, 1.0)
    return net.function(lambda a: (a - offset) * scale, x, like=x)


NORMS: dict[str, Callable[[Any], Any]] = {
    "MAX": lambda a: np.max(np.abs(a)),
    "L1": lambda a: np.sum(np.abs(a)),
    "L2": lambda a: np.sqrt(np.sum(a * a)),
}


@operator("Normalizer", domain=ML)
def _normalizer(net: Writing, node: Node, x: Given) -> Given:
    x, _ = _features(net, x)
    norm = NORMS.get(node("norm", "MAX"))
    if norm is None:
        raise Misfit(f"norm = {node('norm')!r}", expected=", ".join(NORMS))
    return net.function(lambda a: np.where(norm(a) == 0, a, a / norm(a)), x, like=x)


@operator("Binarizer", domain=ML)
def _binarizer(net: Writing, node: Node, x: Given) -> Given:
    if isinstance(x, Fixed):
        raise Misfit("a threshold of an array that is known")
    edge = node("threshold", 0.0)
    return net.same(ElementwiseLayer(lambda a: np.where(a > edge, 1.0, 0.0)), x)


def _affine(net: Writing, node: Node, x: Given) -> Flow:
    x, count = _features(net, x)
    weights = np.asarray(node("coefficients"), np.float32)
    if weights.size % count or not weights.size:
        raise Misfit(f"{weights.size} coefficients of {count} features")
    weights = weights.reshape(-1, count)
    start = node("intercepts", None)
    biases = None if start is None else np.asarray(start, np.float32)
    if biases is not None and biases.shape != (len(weights),):
        raise Misfit(f"{biases.size} intercepts for {len(weights)} outputs")
    return linear(net, x, Fixed(weights, None, True), None, weights, biases)


@operator("LinearRegressor", domain=ML)
def _regressor(net: Writing, node: Node, x: Given) -> Given:
    node.expect("post_transform", "NONE")
    node("targets", 1)
    return _affine(net, node, x)


@operator("LinearClassifier", domain=ML)
def _classifier(net: Writing, node: Node, x: Given) -> Any:
    scores = _affine(net, node, x)
    way = node("post_transform", "NONE")
    node("multi_class", 0)
    labels = node("classlabels_ints", None) or node("classlabels_strings", None)
    if not labels or scores.shape != (len(labels),):
        raise Misfit("scores that are not one for each label")
    if way == "SOFTMAX":
        scores = net.same(SoftmaxLayer(), scores)
    elif way == "LOGISTIC":
        scores = net.same(ElementwiseLayer("LogisticSigmoid"), scores)
    elif way != "NONE":
        raise Misfit(f"post_transform = {way!r}", expected="NONE, SOFTMAX, LOGISTIC")
    _said(net, list(labels))
    return replace(scores, kind="Label"), scores
