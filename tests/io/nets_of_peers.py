"""Nets that PyTorch and Keras have too, by name: tests/peers/ has them there, and writes files."""

from __future__ import annotations

from pathlib import Path

import wlnet as wl

FILES = Path(__file__).with_name("files_of_peers")
WIDTH = 4


def _recurrent() -> wl.NetChain:
    return wl.NetChain(
        {
            "embed": wl.EmbeddingLayer(3, 7),
            "lstm": wl.LongShortTermMemoryLayer(WIDTH),
            "gru": wl.GatedRecurrentLayer(WIDTH),
            "rnn": wl.BasicRecurrentLayer(WIDTH),
            "read": wl.NetMapOperator(wl.LinearLayer(2)),
        },
        input=(5,),
    )


def _own_arrays() -> wl.NetGraph:
    """Arrays that belong to no layer of the framework."""
    nodes = {
        "scale": wl.ConstantTimesLayer(),
        "shift": wl.ConstantPlusLayer(),
        "token": wl.NetArrayLayer(output=(2, 3)),
        "both": wl.TotalLayer(),
    }
    return wl.NetGraph(nodes, [("scale", "shift", "both"), ("token", "both")], input=(2, 3))


def _growing() -> wl.NetChain:
    """Deconvolutions; Keras has none in groups."""
    layers = [wl.DeconvolutionLayer(4, 2, 2), wl.DeconvolutionLayer(3, (2, 3), (1, 2))]
    return wl.NetChain(layers, input=(2, 3, 2))


def _normalizing(level: int) -> wl.NetChain:
    """Groups of channels, channels alone, and mean squares along a level."""
    groups = wl.NormalizationLayer(wl.ALL, 1, 1e-5, (2, 1, 1))
    squares = wl.NormalizationLayer(level, "Same", 1e-5, method="RMS", biases=None)
    alone = wl.NormalizationLayer(epsilon=1e-5)
    return wl.NetChain([groups, wl.ConvolutionLayer(6, 1), alone, squares], input=(4, 3, 5))


TORCH = {
    "torch_normalizing": _normalizing(-1),
    "torch_growing": wl.NetChain(
        [wl.DeconvolutionLayer(4, 3, 2, 1), wl.DeconvolutionLayer(6, 2, channel_groups=2)],
        input=(2, 3, 2),
    ),
    "torch_pictures": wl.NetChain(
        [
            wl.ConvolutionLayer(4, 3),
            wl.BatchNormalizationLayer(epsilon=1e-5),
            wl.ParametricRampLayer(()),
            wl.ConvolutionLayer(4, 2, channel_groups=2, biases=None),
            wl.FlattenLayer(),
            5,
            wl.NormalizationLayer(1, "Same", epsilon=1e-5),
            5,
            wl.ParametricRampLayer(),
        ],
        input=(2, 5, 6),
    ),
    "torch_recurrent": _recurrent(),
    "torch_own_arrays": _own_arrays(),
}
KERAS = {
    "keras_normalizing": _normalizing(1),
    "keras_growing": _growing(),
    "keras_pictures": wl.NetChain(
        [
            wl.ConvolutionLayer(4, 3),
            wl.BatchNormalizationLayer(),
            wl.ConvolutionLayer(8, 2, channel_groups=4),
            wl.ParametricRampLayer(),
            wl.ConvolutionLayer(4, 1, channel_groups=2),
            wl.FlattenLayer(),
            wl.BatchNormalizationLayer(),
            5,
            wl.LinearLayer(5, biases=None),
            wl.NormalizationLayer(1, "Same"),
        ],
        input=(2, 5, 6),
    ),
    "keras_recurrent": _recurrent(),
    "keras_own_arrays": _own_arrays(),
}
SUFFIXES = {"torch": ".safetensors", "keras": ".weights.h5"}


def file_of(name: str, folder: Path = FILES) -> Path:
    """The file of the arrays of a net."""
    return folder / f"{name}{SUFFIXES[name.partition('_')[0]]}"
