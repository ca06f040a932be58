"""Random configurations of layers with windows, and of those that pad and resize."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import wlnet as wl
from tests.parity.draws import Drawn, Random, draw, sizes


@draw
def PaddingLayer(rng: Random) -> Drawn:
    mode = str(rng.choice(["Number", "Fixed", "Reflected", "Periodic"]))
    shape, margins = sizes(rng, 2, 3), [sizes(rng, 2, 0, 2) for _ in range(2)]
    padding = float(np.float32(rng.normal())) if mode == "Number" else mode
    net = wl.PaddingLayer(margins, padding, input=shape)
    return Drawn(net, {"margins": margins, "padding": padding})


@draw
def ResizeLayer(rng: Random) -> Drawn:
    levels = int(rng.integers(1, 3))
    resampling, scheme = str(rng.choice(["Linear", "Nearest"])), str(rng.choice(["Point", "Bin"]))
    # PyTorch has no nearest entries by points.
    scheme = "Bin" if resampling == "Nearest" else scheme
    target = sizes(rng, levels, 2, 9)
    net = wl.ResizeLayer(target, resampling, scheme, input=sizes(rng, levels + 1, 2))
    return Drawn(net, {"sizes": target, "resampling": resampling, "scheme": scheme})


def _windows(rng: Random, rank: int) -> dict[str, Any]:
    """Sizes of windows, and how they move; channels of so many groups."""
    groups = int(rng.integers(1, 4))
    return {
        "kernel": sizes(rng, rank, 1, 4), "stride": sizes(rng, rank, 1, 3),
        "dilation": sizes(rng, rank, 1, 3), "groups": groups,
        "into": groups * int(rng.integers(1, 4)), "out": groups * int(rng.integers(1, 4)),
        "has_biases": bool(rng.integers(2)),
    }  # fmt: skip


def _reach(words: dict[str, Any]) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(words["kernel"], words["dilation"], strict=True)]


def _moved(kind: Any, words: dict[str, Any], space: Sequence[int]) -> Drawn:
    """A layer with windows."""
    names = "out", "kernel", "stride", "padding", "dilation", "groups"
    options: dict[str, Any] = {} if words["has_biases"] else {"biases": None}
    net = kind(*(words[name] for name in names), input=(words["into"], *space), **options)
    return Drawn(net, words)


@draw
def ConvolutionLayer(rng: Random) -> Drawn:
    """In one to three directions, in groups."""
    rank = int(rng.integers(1, 4))
    words = _windows(rng, rank)
    words["padding"] = sizes(rng, rank, 0, 2)
    most = 9 if rank < 3 else 4
    space = [reach + int(rng.integers(0, most)) for reach in _reach(words)]
    return _moved(wl.ConvolutionLayer, words, space)


@draw
def DeconvolutionLayer(rng: Random) -> Drawn:
    """In one to three directions, in groups."""
    rank = int(rng.integers(1, 4))
    words = _windows(rng, rank)
    # PyTorch cuts off no more than a window reaches, less one.
    words["padding"] = tuple(int(rng.integers(0, (reach + 1) // 2)) for reach in _reach(words))
    space = sizes(rng, rank, 1, 6 if rank < 3 else 3)
    return _moved(wl.DeconvolutionLayer, words, space)


@draw
def LocalResponseNormalizationLayer(rng: Random) -> Drawn:
    width, (alpha, beta, bias) = int(rng.integers(1, 4)), rng.uniform(0.2, 2, 3)
    words = {"width": width, "alpha": float(alpha), "beta": float(beta), "bias": float(bias)}
    net = wl.LocalResponseNormalizationLayer(
        width, alpha=words["alpha"], beta=words["beta"], bias=words["bias"],
        input=(*sizes(rng, 1, 1, 9), *sizes(rng, int(rng.integers(1, 3)))),
    )  # fmt: skip
    return Drawn(net, words)


@draw
def PoolingLayer(rng: Random) -> Drawn:
    rank = int(rng.integers(1, 4))
    kernel, stride = sizes(rng, rank, 1, 4), sizes(rng, rank, 1, 3)
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    function = str(rng.choice(["Max", "Mean"]))
    space = [k + int(rng.integers(0, 6 if rank < 3 else 3)) for k in kernel]
    net = wl.PoolingLayer(
        kernel, stride, function, padding_size=padding, input=(*sizes(rng, 1), *space)
    )
    words = {"kernel": kernel, "stride": stride, "padding": padding, "function": function}
    return Drawn(net, words)
