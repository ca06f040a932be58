"""The call of a training in words, made without asking data or values of the user for text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl
from tests.training_cases import numbers, perceptron

X, Y = numbers(12)


class Silent:
    """Something that has no text, as objects of users may have none."""

    def __call__(self, state: Any) -> None:
        return None

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class Spelt(list[Any]):
    def __repr__(self) -> str:
        raise AssertionError("data were spelt out")

    __str__ = __repr__


def form(data: Any = (X, Y), **options: Any) -> str:
    found = wl.net_train(perceptron(), data, wl.ALL, max_training_rounds=1, **options)
    return str(found["NetTrainInputForm"])


def test_data_and_values_of_the_user_are_never_asked_for_their_text() -> None:
    assert form(training_progress_function=Silent()).endswith(
        "max_training_rounds=1, training_progress_function=a Silent)"
    )
    for data in ((Spelt(X.tolist()), Spelt(Y.tolist())), {"Input": Spelt(X), "Output": Spelt(Y)}):
        assert form(data) == "net_train(net, data, ALL, max_training_rounds=1)"
        assert "validation_set=" in form(validation_set=data)
    rows = Spelt(Spelt([a, b]) for a, b in zip(X, Y, strict=True))
    assert "validation_set=a Spelt of 12" in form(rows, validation_set=rows)


def test_options_are_described_shortly() -> None:
    assert "validation_set=(an array of float32, shape (12, 3), an array of" in form(
        validation_set=(X, Y)
    )
    assert "validation_set=Scaled(0.25)" in form(validation_set=wl.Scaled(0.25))
    assert "method=('SGD', {'Momentum': 0.5})" in form(method=("SGD", {"Momentum": 0.5}))
    assert "learning_rate_multipliers=[(1, 0), (ANY, 1)]" in form(
        learning_rate_multipliers=[(1, 0), (wl.ANY, 1)]
    )
    assert "loss_function=MeanAbsoluteLossLayer()" in form(loss_function=wl.MeanAbsoluteLossLayer())
    assert "learning_rate=np.float64(0.5)" in form(learning_rate=np.float64(0.5))


def test_the_options_of_a_training_that_is_taken_up_are_named(tmp_path: Path) -> None:
    data, file = numbers(12), tmp_path / "a.wlnet"
    wl.net_train(perceptron(), data, max_training_rounds=2,
                 training_progress_checkpointing=("File", file))  # fmt: skip
    more = wl.net_resume(file, data, max_training_rounds=3, learning_rate=0.5)
    told = more["NetTrainInputForm"]
    assert told == "net_resume(file, data, ALL, max_training_rounds=3, learning_rate=0.5)"
