"""What the tests of training share: small nets and data, fingerprints, watched trainers."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.nets.arrays import arrays_of
from wlnet.train import course

METHODS = ("ADAM", "RMSProp", "SGD", "SignSGD")


def digests(net: Any) -> dict[Any, str]:
    """SHA-256 of the bytes of every array, by key."""
    return {
        key: hashlib.sha256(value.tobytes()).hexdigest() for key, value in arrays_of(net).items()
    }


def changed(before: Any, after: Any) -> set[Any]:
    """The keys of the arrays whose bytes differ."""
    old, new = digests(before), digests(after)
    assert old.keys() == new.keys()
    return {key for key in old if old[key] != new[key]}


def numbers(n: int = 12, inputs: int = 3, outputs: int = 2, seed: int = 0) -> tuple[Any, Any]:
    """Inputs and targets of a regression, float32."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, inputs)).astype(np.float32)
    y = np.tanh(x @ rng.standard_normal((inputs, outputs))).astype(np.float32)
    return x, y


def classes(n: int = 60, inputs: int = 4, count: int = 3, seed: int = 0) -> tuple[Any, Any]:
    """Inputs and labels 0..count-1 of clouds that stand apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % count
    x = rng.standard_normal((count, inputs))[y] * 3 + 0.3 * rng.standard_normal((n, inputs))
    return x.astype(np.float32), y


def perceptron(inputs: int = 3, outputs: int = 2, **options: Any) -> Any:
    return wl.net_initialize(wl.NetChain([4, "Tanh", outputs], input=inputs, **options))


def classifier(inputs: int = 4, count: int = 3, **options: Any) -> Any:
    return wl.NetChain([8, "Tanh", count, wl.SoftmaxLayer()], input=inputs, **options)


def watched_training(
    monkeypatch: pytest.MonkeyPatch, *args: Any, **options: Any
) -> tuple[Any, Any]:
    """Results of a training (all of them), and the trainer that made them."""
    seen: list[Any] = []

    class Watched(course.Trainer):  # type: ignore[name-defined,misc]
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            seen.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(course, "Trainer", Watched)
        results = wl.net_train(*args, wl.ALL, **options)
    (trainer,) = seen
    return results, trainer
