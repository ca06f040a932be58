"""What trainings come to, bit for bit: to be the same before and after a change that means nothing.

python -m tests.training_digests > before; ...; python -m tests.training_digests | diff before -

A line a training: its name, and a digest of all arrays, losses and measurements. The bits are those
of one machine: another CPU has other vectors.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import wlnet as wl
from wlnet.nets.arrays import arrays_of

Training = tuple[wl.NetChain | wl.NetGraph, Any, dict[str, Any]]


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _digits(count: int = 300) -> tuple[Any, Any]:
    rng = _rng()
    return rng.standard_normal((count, 1, 12, 12), np.float32), rng.integers(1, 5, count)


def _numbers(count: int = 203, inputs: int = 7, outputs: int = 3) -> tuple[Any, Any]:
    rng = _rng()
    return rng.standard_normal((count, inputs)), rng.standard_normal((count, outputs))


def _made(net: Any) -> Any:
    return wl.net_initialize(net, random_seeding=3)


def perceptron(*layers: Any) -> Any:
    """A net of numbers."""
    return _made(wl.NetChain([40, "Tanh", *layers, 24, "Ramp", 3], input=7))


def lenet() -> Any:
    """A net of pictures."""
    layers = [wl.ConvolutionLayer(6, 3), "Ramp", wl.PoolingLayer(2, 2), wl.ConvolutionLayer(20, 3),
              wl.BatchNormalizationLayer(), "Ramp", wl.FlattenLayer(), 30, "Ramp",
              wl.DropoutLayer(0.3), 4, wl.SoftmaxLayer()]  # fmt: skip
    return _made(wl.NetChain(layers, input=(1, 12, 12)))


def shared() -> Any:
    """A graph whose two halves hold one array."""
    layer = wl.LinearLayer(6, weights=wl.NetSharedArray("w"))
    nodes = {"a": layer, "b": layer, "sum": wl.ThreadingLayer("Plus"), "out": 3}
    edges = [(wl.NetPort("Input"), "a", "sum"), (wl.NetPort("Input"), "b", "sum", "out")]
    return _made(wl.NetGraph(nodes, edges, ports={"Input": 7}))


def sequences() -> Any:
    """A net of sequences, an embedding before it."""
    layers = [wl.EmbeddingLayer(5, 9), wl.LongShortTermMemoryLayer(6),
              wl.NetMapOperator(wl.LinearLayer(4)), wl.FlattenLayer(), 3]  # fmt: skip
    return _made(wl.NetChain(layers, input=(8,)))


def _batches(state: Any) -> Any:
    rng = np.random.default_rng([state["AbsoluteBatch"], 5])
    x = rng.standard_normal((state["BatchSize"], 7))
    return x, x[:, :3] * 2


TRAININGS: dict[str, Callable[[], Training]] = {
    "Adam": lambda: (perceptron(), _numbers(), {}),
    "SGD with momentum": lambda: (perceptron(), _numbers(), {"method": ("SGD", {"Momentum": 0.9})}),
    "RMSProp": lambda: (perceptron(), _numbers(), {"method": "RMSProp"}),
    "SignSGD": lambda: (perceptron(), _numbers(), {"method": "SignSGD"}),
    "Real64": lambda: (perceptron(), _numbers(), {"working_precision": "Real64"}),
    "four workers": lambda: (perceptron(), _numbers(), {"workers": 4, "batch_size": 29}),
    "one example at a time": lambda: (perceptron(), _numbers(60), {"batch_size": 1}),
    "rules: frozen, slow, backwards": lambda: (
        perceptron(wl.ConstantTimesLayer(), wl.ParametricRampLayer()),
        _numbers(),
        {"learning_rate_multipliers": {1: None, 3: 0.1, (5, "Biases"): -1, wl.ANY: 2}},
    ),
    "regularization, clipping, schedule": lambda: (
        perceptron(),
        _numbers(),
        {
            "method": (
                "ADAM",
                {
                    "L2Regularization": {1: 0.1, wl.ANY: 0.01},
                    "GradientClipping": 0.05,
                    "WeightClipping": {5: 0.3},
                    "LearningRateSchedule": lambda t, total: 1 - t / total,
                },
            )
        },
    ),
    "pictures": lambda: (lenet(), _digits(), {}),
    "pictures, few at a time": lambda: (lenet(), _digits(60), {"batch_size": 4}),
    "pictures, frozen": lambda: (
        lenet(),
        _digits(),
        {"learning_rate_multipliers": {11: 1, wl.ANY: None}},
    ),
    "shared arrays": lambda: (
        shared(),
        _numbers(),
        {"learning_rate_multipliers": {wl.NetSharedArray("w"): 0.5}},
    ),
    "sequences": lambda: (
        sequences(),
        (_rng().integers(1, 10, (70, 8)), _rng().standard_normal((70, 3))),
        {"batch_size": 16},
    ),
    "a generator": lambda: (perceptron(), (_batches, {"RoundLength": 128}), {"batch_size": 32}),
    "validation, the best round kept": lambda: (
        perceptron(),
        _numbers(),
        {
            "validation_set": wl.Scaled(0.2),
            "training_stopping_criterion": {"Criterion": "Loss", "Patience": 2},
            "max_training_rounds": 9,
            "learning_rate": 0.03,
        },
    ),
}
SHOWN = ("RoundLossList", "ValidationLossList", "BatchLossList", "RoundMeasurementsLists")


def digest(training: Training) -> str:
    """Of all that a training came to."""
    net, data, options = training
    options = {"max_training_rounds": 3, "training_progress_reporting": None, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = wl.net_train(net, data, wl.ALL, **options)
    seal = hashlib.sha256()
    for key, array in sorted(arrays_of(found["TrainedNet"]).items(), key=repr):
        seal.update(f"{key!r} {array.dtype} {array.shape}".encode() + array.tobytes())
    seal.update(repr([found[name] for name in SHOWN]).encode())
    return seal.hexdigest()[:32]


def lines() -> Iterator[str]:
    """A line a training."""
    for name, made in TRAININGS.items():
        yield f"{digest(made())}  {name}"


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
