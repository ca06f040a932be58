"""A typical configuration of each layer that PyTorch has, large enough that its work shows."""

from __future__ import annotations

from typing import Any, NamedTuple

import wlnet as wl
from tests.parity.draws import FUNCTIONS
from tests.parity.draws_of_losses import _behind
from wlnet.graph.builder import Mode


class Step(NamedTuple):
    """net and words: as in draws.py. rounded: inputs that are 0 or 1."""

    net: Any
    words: dict[str, Any]
    span: tuple[float, float] = (-2.0, 2.0)
    mode: Mode = "Test"
    rounded: tuple[str, ...] = ()


SEQUENCE, IMAGE, MANY = (32, 64), (16, 28, 28), (512,)
WINDOWS: dict[str, Any] = {
    "kernel": (3, 3), "stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1,
    "into": 16, "out": 32, "has_biases": True,
}  # fmt: skip


def _windows(kind: Any) -> Step:
    names = "out", "kernel", "stride", "padding", "dilation", "groups"
    return Step(kind(*(WINDOWS[name] for name in names), input=IMAGE), WINDOWS)


def _recurrent(kind: Any) -> Step:
    return Step(wl.NetGraph({"layer": kind(64, input=SEQUENCE)}, []), {"states": 0})


def _alike(loss: Any, **words: Any) -> Step:
    return Step(loss(input=MANY, target=MANY), words)


def _entropy(kind: Any, weight: dict[str, Any]) -> Step:
    ports = {"Input": (10,), "Target": "Integer", **weight}
    net = _behind(kind("Index"), wl.SoftmaxLayer(), [*ports][1:], ports)
    return Step(net, {"form": "Index", "smoothing": 0.0, "weights": None, "is_scored": True})


def _ctc() -> Step:
    ports = {"Input": (40, 20), "Target": (10, "Integer")}
    return Step(_behind(wl.CTCLossLayer(), wl.SoftmaxLayer(), ["Target"], ports), {})


STEPS: dict[str, Step] = {
    "AggregationLayer": Step(wl.AggregationLayer("Mean", 2, input=IMAGE), {"function": "Mean"}),
    "AppendLayer": Step(wl.AppendLayer(input=SEQUENCE, element=64), {}),
    "AttentionLayer": Step(
        wl.AttentionLayer("Dot", multi_head=True, score_rescaling="DimensionSqrt",
                          **dict.fromkeys(("key", "value", "query"), (32, 4, 16))),
        {"is_causal": False, "heads": True, "scale": "DimensionSqrt"}),
    "BasicRecurrentLayer": _recurrent(wl.BasicRecurrentLayer),
    "BatchNormalizationLayer": Step(
        wl.BatchNormalizationLayer(input=IMAGE), {"epsilon": 1e-3}, mode="Train"),
    "CTCLossLayer": _ctc(),
    "CatenateLayer": Step(
        wl.CatenateLayer(ports=dict.fromkeys("12", SEQUENCE)), {"level": 1}),
    "ConstantPlusLayer": Step(wl.ConstantPlusLayer(input=MANY), {}),
    "ConstantTimesLayer": Step(wl.ConstantTimesLayer(input=MANY), {}),
    "ContrastiveLossLayer": Step(wl.ContrastiveLossLayer(0.5, input=(), target=()),
                                 {"margin": 0.5}, (0.0, 1.0), rounded=("Target",)),
    "ConvolutionLayer": _windows(wl.ConvolutionLayer),
    "CrossEntropyLossLayer": _entropy(wl.CrossEntropyLossLayer, {}),
    "DeconvolutionLayer": _windows(wl.DeconvolutionLayer),
    "DotLayer": Step(wl.DotLayer(ports={"1": SEQUENCE, "2": (64, 32)}), {"outer": 32}),
    "DropoutLayer": Step(wl.DropoutLayer(0.5, input=IMAGE), {"probability": 0.5}, mode="Train"),
    "ElementwiseLayer": Step(wl.ElementwiseLayer("Tanh", input=IMAGE), {"function": "Tanh"}),
    "EmbeddingLayer": Step(wl.EmbeddingLayer(64, 1000, input=(32, "Integer")), {}),
    "ExtractLayer": Step(wl.ExtractLayer(input=SEQUENCE, position=(8, 1)), {"depth": 1}),
    "FlattenLayer": Step(wl.FlattenLayer(input=IMAGE), {"level": "All"}),
    "FunctionLayer": Step(wl.FunctionLayer(FUNCTIONS["attention"], query=SEQUENCE, key=SEQUENCE),
                          {"function": "attention"}),
    "GatedRecurrentLayer": _recurrent(wl.GatedRecurrentLayer),
    "HuberLossLayer": _alike(lambda **ports: wl.HuberLossLayer(1.0, **ports), delta=1.0),
    "LinearLayer": Step(wl.LinearLayer(256, input=MANY), {"has_biases": True, "sizes": (256,)}),
    "LocalResponseNormalizationLayer": Step(
        wl.LocalResponseNormalizationLayer(2, alpha=1.0, beta=0.5, bias=1.0, input=IMAGE),
        {"width": 2, "alpha": 1.0, "beta": 0.5, "bias": 1.0}),
    "LongShortTermMemoryLayer": _recurrent(wl.LongShortTermMemoryLayer),
    "MeanAbsoluteLossLayer": _alike(wl.MeanAbsoluteLossLayer),
    "MeanSquaredLossLayer": _alike(wl.MeanSquaredLossLayer),
    "NormalizationLayer": Step(
        wl.NormalizationLayer(-1, "Same", input=SEQUENCE), {"kind": "Layer"}),
    "OrderingLayer": Step(wl.OrderingLayer(5, input=64), {"count": 5}),
    "PaddingLayer": Step(wl.PaddingLayer([(0, 0), (1, 1), (1, 1)], 0.0, input=IMAGE),
                         {"margins": [(0, 0), (1, 1), (1, 1)], "padding": 0.0}),
    "ParametricRampLayer": Step(wl.ParametricRampLayer((1,), input=IMAGE), {}),
    "PartLayer": Step(wl.PartLayer(wl.Span(2, 9), input=IMAGE), {"part": [2, 9]}),
    "PoolingLayer": Step(
        wl.PoolingLayer((2, 2), (2, 2), "Max", input=IMAGE),
        {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "function": "Max"}),
    "PrependLayer": Step(wl.PrependLayer(input=SEQUENCE, element=64), {}),
    "ReplicateLayer": Step(wl.ReplicateLayer(8, input=MANY), {"count": 8}),
    "ReshapeLayer": Step(wl.ReshapeLayer((28, 28, 16), input=IMAGE), {"shape": (28, 28, 16)}),
    "ResizeLayer": Step(
        wl.ResizeLayer((56, 56), "Linear", "Bin", input=IMAGE),
        {"sizes": (56, 56), "resampling": "Linear", "scheme": "Bin"}),
    "SequenceIndicesLayer": Step(wl.SequenceIndicesLayer(input=SEQUENCE), {}),
    "SequenceLastLayer": Step(wl.SequenceLastLayer(input=SEQUENCE), {}),
    "SequenceMostLayer": Step(wl.SequenceMostLayer(input=SEQUENCE), {}),
    "SequenceRestLayer": Step(wl.SequenceRestLayer(input=SEQUENCE), {}),
    "SequenceReverseLayer": Step(wl.SequenceReverseLayer(input=SEQUENCE), {}),
    "SoftmaxLayer": Step(wl.SoftmaxLayer(2, input=SEQUENCE), {"level": 2}),
    "SpatialTransformationLayer": Step(
        wl.SpatialTransformationLayer((28, 28), ports={"Input": IMAGE, "Parameters": (6,)}),
        {"size": (28, 28)}, (-1.0, 1.0)),
    "SummationLayer": Step(wl.SummationLayer(input=IMAGE), {}),
    "ThreadingLayer": Step(wl.ThreadingLayer("Times", ports=dict.fromkeys("12", IMAGE)),
                           {"function": "Times"}),
    "TotalLayer": Step(wl.TotalLayer(ports=dict.fromkeys("12", IMAGE)), {}),
    "TransposeLayer": Step(wl.TransposeLayer((2, 1), input=SEQUENCE), {"order": [2, 1]}),
    "UnitVectorLayer": Step(wl.UnitVectorLayer(64, input=(32, "Integer")), {"size": 64}),
    "WeightedLossLayer": _entropy(wl.WeightedLossLayer, {"Weight": ()}),
}  # fmt: skip
