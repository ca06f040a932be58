"""Nets whose parts of a batch meet, draw, share and rest in all the ways there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import wlnet as wl

COUNT = 83
"""How many examples: the last batch of 16 has 3, that of 24 has 11."""


def _numbers(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=(COUNT, *shape)).astype(np.float32)


def _linear() -> wl.Net:
    return wl.NetChain([12, "Tanh", 2], input=5)


def _dropout() -> wl.Net:
    return wl.NetChain([11, "Ramp", wl.DropoutLayer(0.4), 7, wl.DropoutLayer(0.2), 2], input=5)


def _normalized() -> wl.Net:
    return wl.NetChain(
        [9, wl.BatchNormalizationLayer(), "Ramp", 6, wl.BatchNormalizationLayer(), 2], input=5
    )


def _images() -> wl.Net:
    return wl.NetChain(
        [
            wl.ConvolutionLayer(6, 3), wl.BatchNormalizationLayer(), "Ramp",
            wl.PoolingLayer(2, 2), wl.DropoutLayer(0.3), wl.FlattenLayer(), 2,
        ],
        input=(2, 8, 8),
    )  # fmt: skip


def _shared() -> wl.Net:
    layer = wl.LinearLayer(5, weights=wl.NetSharedArray("w"), biases=wl.NetSharedArray("b"))
    return wl.NetChain([layer, "Tanh", layer, "Tanh", 2], input=5)


DROPPED = "VariationalWeights", "VariationalInput", "VariationalState", "StateUpdate"


def _recurrent() -> wl.Net:
    return wl.NetChain(
        [
            wl.LongShortTermMemoryLayer(
                6, dropout=dict.fromkeys(DROPPED, 0.3)
            ),
            wl.SequenceLastLayer(), 2,
        ],
        input=(4, 5),
    )  # fmt: skip


NETS: Mapping[str, tuple[Callable[[], wl.Net], tuple[int, ...]]] = {
    "linear": (_linear, (5,)),
    "dropout": (_dropout, (5,)),
    "normalized": (_normalized, (5,)),
    "images": (_images, (2, 8, 8)),
    "shared": (_shared, (5,)),
    "recurrent": (_recurrent, (4, 5)),
}


def net_of(name: str) -> wl.Net:
    """One of them, with numbers."""
    return wl.net_initialize(NETS[name][0](), random_seeding=5)


def data_of(name: str) -> tuple[Any, Any]:
    """Examples for it, and what it learns."""
    x = _numbers(*NETS[name][1])
    flat = x.reshape(COUNT, -1)
    return x, np.stack([flat[:, 0] * flat[:, 1], flat.sum(1) / 3], axis=1)


def arrays(net: wl.Net) -> dict[Any, Any]:
    """Its arrays, by key."""
    return {key: np.asarray(value) for key, value in wl.information(net, "Arrays").items()}


def bits(results: Any) -> dict[str, Any]:
    """All that has to be the same for any number of ranks: every array, and every loss."""
    found = {str(key): array.tobytes() for key, array in arrays(results["TrainedNet"]).items()}
    found["losses"] = list(results["BatchLossList"])
    found["rounds"] = list(results["RoundLossList"])
    found["validation"] = list(results["ValidationLossList"] or ())
    return found
