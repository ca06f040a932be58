"""The numbers that all contenders learn from: random, the same ones everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.work import Net, Work


def input_shape(net: Net) -> tuple[int, ...]:
    """The shape of one example."""
    if net.kind == "mlp":
        return net.sizes[:1]
    if net.kind == "lenet":
        return (1, net.sizes[0], net.sizes[0])
    if net.kind == "residual":
        return (3, net.sizes[1], net.sizes[1])
    if net.kind in ("attention", "heads", "causal", "lstm", "gru"):
        return net.sizes[:2]
    return net.sizes[2:]


def target_shape(net: Net) -> tuple[int, ...]:
    """The shape of what a net gives that tells no classes."""
    if net.kind in ("lstm", "gru"):
        return (net.sizes[0], net.sizes[2])
    return net.sizes[:2] if net.kind in ("attention", "heads", "causal") else net.sizes[1:2]


def classes(net: Net) -> int | None:
    """How many classes the net tells apart; None when it gives numbers."""
    if net.kind == "mlp":
        return net.sizes[-1]
    return 10 if net.kind in ("lenet", "residual") else None


def examples(work: Work) -> tuple[Any, Any]:
    """Inputs in float32; targets: classes from 0, every one of them there, or numbers."""
    random = np.random.default_rng(0)
    inputs = random.random((work.examples, *input_shape(work.net)), dtype=np.float32)
    count = classes(work.net)
    if count is not None:
        return inputs, random.permutation(np.arange(work.examples) % count)
    return inputs, random.random((work.examples, *target_shape(work.net)), dtype=np.float32)


def one_batch(work: Work) -> Any:
    """Inputs to be evaluated again and again."""
    random = np.random.default_rng(0)
    return random.random((work.batch, *input_shape(work.net)), dtype=np.float32)
