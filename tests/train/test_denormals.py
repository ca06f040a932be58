"""Numbers too small for full precision count as zero while training, and for nobody else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl

TINY = np.float32(1e-40)


@pytest.mark.parametrize("workers", [1, 2])
def test_they_are_as_usual_after_a_training(workers: int) -> None:
    train(steps=3, workers=workers)
    assert TINY * np.float32(1) == TINY > 0
    assert float(np.finfo(np.float64).smallest_subnormal) / 1 > 0


def test_evaluation_keeps_them() -> None:
    layer = wl.ElementwiseLayer(lambda x: x * 0.5, input=1)
    assert layer(np.array([TINY])) == TINY / 2 > 0


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_means_of_gradients_that_have_vanished_end_at_zero(
    precision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.9 times the smallest number there is is that number again: it would stay for ever, and each
    step with it is slow."""
    states = train(steps=10_000 if precision == "Real64" else 2_500, precision=precision)
    means = np.concatenate([mean.reshape(-1) for mean, _ in states])
    smallest = np.finfo(means.dtype).tiny
    assert means.size and np.all((means == 0) | (np.abs(means) >= smallest))
    assert np.any(means == 0)


def train(steps: int, precision: Any = "Real32", workers: int = 1) -> list[Any]:
    """Train on one example of which a unit gets nothing after the first step; the states."""
    from wlnet.train import loop

    kept: list[Any] = []
    first = loop.Trainer.__init__

    def watched(self: Any, *args: Any) -> None:
        first(self, *args)
        kept.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop.Trainer, "__init__", watched)
        net = wl.net_initialize(wl.NetChain([16, "Ramp", 1], input=1))
        data = np.array([[1.0]] + [[0.0]] * (steps - 1)), np.zeros((steps, 1))
        wl.net_train(
            net, data, batch_size=1, max_training_rounds=1, working_precision=precision,
            workers=workers, training_progress_reporting=None, learning_rate=1e-9,
        )  # fmt: skip
    return list(kept[0].memory.states.values())
