"""Trainings of every kind, for their receipts: what each was given, and what `verify` needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl
from tests.training_cases import METHODS, classes, classifier, numbers, perceptron


@dataclass(frozen=True)
class Case:
    """A training: its net and data, the options of each of its calls, and what is given again."""

    net: Callable[[], Any]
    data: Callable[[], Any]
    calls: tuple[Mapping[str, Any], ...]
    again: Mapping[str, Any] = field(default_factory=dict)
    open: int = 0
    """How many statements nobody can check."""

    def results(self) -> Any:
        found = self.net()
        for options in self.calls:
            found = wl.net_train(found, self.data(), wl.ALL, **{"batch_size": 5, **options})
        return found


def slower(t: int, total: int) -> float:
    return 1 / (1 + t)


def far(state: Any) -> bool:
    return bool(state["Round"] == 2)


def batches(state: Any) -> Any:
    return np.full((5, 3), state["AbsoluteBatch"] / 7), np.ones((5, 2))


def passes(state: Any) -> Any:
    for i in range(3):
        yield np.full((5, 3), state["Round"] + i, np.float32), np.ones((5, 2), np.float32)


def at_batch(number: int, word: str) -> Any:
    return (lambda state: word, {"Interval": (number, "Batches")})


def interrupting(number: int) -> Any:
    def interrupt(state: Any) -> None:
        if state["AbsoluteBatch"] == number:
            raise KeyboardInterrupt

    return interrupt, {"Interval": (1, "Batches")}


def normalized() -> Any:
    layers = [6, wl.BatchNormalizationLayer(), "Tanh", wl.DropoutLayer(0.3), 2]
    return wl.NetChain({str(i): each for i, each in enumerate(layers)}, input=3)


def shared() -> Any:
    row = wl.LinearLayer(2, input=2, weights=wl.NetSharedArray("w"))
    return wl.NetChain([2, row, "Tanh", row], input=3)


def learned_loss() -> Any:
    return wl.net_initialize(
        wl.NetGraph(
            {"read": 2, "loss": wl.MeanSquaredLossLayer()},
            [
                (wl.NetPort("Input"), "read"),
                ("read", wl.NetPort("loss", "Input")),
                (wl.NetPort("Target"), wl.NetPort("loss", "Target")),
                (wl.NetPort("loss", "Loss"), wl.NetPort("Loss")),
            ],
            ports={"Input": 2, "Target": 2},
        )
    )


def weighed() -> Any:
    x, y = numbers()
    return {"Input": x, "Output": y, "Weight": np.arange(12) % 3}


def case(
    *calls: Mapping[str, Any], net: Any = perceptron, data: Any = numbers, **rest: Any
) -> Case:
    return Case(net, data, calls, **rest)


def of_classes(*calls: Mapping[str, Any], **rest: Any) -> Case:
    return case(*calls, net=classifier, data=classes, **rest)


R2, R3 = {"max_training_rounds": 2}, {"max_training_rounds": 3}
PHASES = wl.Phases({1: {-1: 1, wl.ANY: None}, 2: {1: None}, 3: 0.5})
CASES: dict[str, Case] = {
    **{name: case({"method": name, **R3}) for name in METHODS},
    "a net without numbers": case(R3, net=lambda: wl.NetChain([3, "Tanh", 2])),
    "rules": case({"learning_rate_multipliers": {(1, "Weights"): None, 3: -0.1}, **R3}),
    "phases": case({"learning_rate_multipliers": PHASES, "max_training_rounds": 4}),
    "going on": case(R2, {"learning_rate_multipliers": {1: None}, **R2}, R3),
    "going on by another method": case(R2, {"method": "SGD", **R2}),
    "going on in phases": case(R2, {"learning_rate_multipliers": PHASES, "max_training_rounds": 3}),
    "a share to validate on": case({"validation_set": wl.Scaled(0.3), **R3}),
    "now and then": case(
        {"validation_set": (wl.Scaled(0.3), {"Interval": 2}), "max_training_rounds": 5}
    ),
    "data to validate on": case(
        {"validation_set": numbers(6, seed=4), **R3}, again={"validation_set": numbers(6, seed=4)}
    ),
    "classes": of_classes({"class_weights": "Balanced", **R3}),
    "measurements": of_classes(
        {
            "training_progress_measurements": ["ConfusionMatrix", "Recall", "ROCCurve"],
            "validation_set": wl.Scaled(0.2),
            **R2,
        }
    ),
    "weights of examples": case({"example_weights": "Weight", **R3}, data=weighed),
    "weights beside": case(
        {"example_weights": np.arange(12) % 3, **R3}, again={"example_weights": np.arange(12) % 3}
    ),
    "64 bits": case({"working_precision": "Real64", "validation_set": wl.Scaled(0.3), **R3}),
    "dropout and statistics": case({"validation_set": wl.Scaled(0.3), **R3}, net=normalized),
    "shared arrays": case(
        {"learning_rate_multipliers": {wl.NetSharedArray("w"): None}, **R3}, net=shared
    ),
    "a drawn seed": case({"random_seeding": wl.AUTOMATIC, **R3}),
    "a seed of a word": case({"random_seeding": "monday", **R3}),
    "a schedule": case({"method": ("SGD", {"LearningRateSchedule": ("Cosine", {})}), **R3}),
    "a schedule of one's own": case(
        {"method": ("SGD", {"LearningRateSchedule": slower}), **R3},
        again={"method": ("SGD", {"LearningRateSchedule": slower})},
    ),
    "a loss": case({"loss_function": wl.MeanAbsoluteLossLayer(), **R3}),
    "a loss with arrays": case(
        {"loss_function": learned_loss(), **R3}, again={"loss_function": learned_loss()}
    ),
    "a function that gives batches": case(R3, data=lambda: (batches, {"RoundLength": 20}), open=1),
    "passes": case(R3, data=lambda: passes, open=1),
    "a criterion": case(
        {
            "training_stopping_criterion": {"Criterion": "Loss", "AbsoluteChange": 10.0},
            "validation_set": wl.Scaled(0.3),
            "max_training_rounds": 9,
        }
    ),
    "a criterion of one's own": case(
        {"training_stopping_criterion": far, "max_training_rounds": 9},
        again={"training_stopping_criterion": far},
    ),
    "going on with a criterion": case(
        *[
            {
                "training_stopping_criterion": {
                    "Criterion": "Loss",
                    "Patience": 2,
                    "AbsoluteChange": 10.0,
                },
                "validation_set": wl.Scaled(0.3),
                "max_training_rounds": rounds,
            }
            for rounds in (2, 9)
        ]
    ),
    "stopped after a round": case({"training_progress_function": lambda s: "StopTraining"}, open=1),
    "stopped within a round": case(
        {
            "training_progress_function": at_batch(3, "StopTraining"),
            "validation_set": wl.Scaled(0.2),
        },
        open=1,
    ),
    "aborted within a round": case(
        {
            "training_progress_function": at_batch(3, "AbortTraining"),
            "validation_set": wl.Scaled(0.2),
        },
        open=1,
    ),
    "stopped, and going on": case({"training_progress_function": at_batch(4, "StopTraining")}, R2),
    "interrupted": case({"training_progress_function": interrupting(5), **R3}, open=1),
    "out of time": case({"time_goal": 0.02}, open=1),
    "diverged": case(
        {
            "method": ("SGD", {"GradientClipping": None}),
            "learning_rate": 1e6,
            "max_training_rounds": 50,
        }
    ),
}


def with_checkpoints(folder: Path) -> Case:
    return case({"training_progress_checkpointing": ("Directory", str(folder)), **R3})
