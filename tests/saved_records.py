"""Trainings of every kind, and what is the same of two records: for the tests of their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl
from tests.training_cases import classes, numbers
from wlnet.core.net import Net
from wlnet.results.class_table import ClassTable
from wlnet.train.saving import Unsaved

ROUNDS = {"max_training_rounds": 3, "batch_size": 8}


def net(inputs: int = 3, outputs: int = 2) -> Any:
    layers = [5, wl.BatchNormalizationLayer(), "Tanh", wl.DropoutLayer(0.3), outputs]
    return wl.net_initialize(wl.NetChain(layers, input=inputs))


def classifier() -> Any:
    return wl.net_initialize(wl.NetChain([6, "Tanh", 3, wl.SoftmaxLayer()], input=4))


def tied() -> Any:
    """Two layers that hold one array."""
    layers = [3, wl.LinearLayer(3, weights=wl.NetSharedArray("w/1")), "Tanh",
              wl.LinearLayer(3, weights=wl.NetSharedArray("w/1")), 2]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=3))


def loss_with_arrays() -> Any:
    """A loss that is a net with arrays of its own."""
    nodes = {"weigh": 2, "square": wl.MeanSquaredLossLayer()}
    edges = [(wl.NetPort("Input"), "weigh"), ("weigh", wl.NetPort("square", "Input")),
             (wl.NetPort("Target"), wl.NetPort("square", "Target")),
             ("square", wl.NetPort("Loss"))]  # fmt: skip
    return wl.net_initialize(wl.NetGraph(nodes, edges, ports={"Input": 2, "Target": 2}))


def two_outputs() -> Any:
    edges = [(wl.NetPort("Input"), ["a", "b"]), ("a", wl.NetPort("One")),
             ("b", "soft"), ("soft", wl.NetPort("Kind"))]  # fmt: skip
    nodes = {"a": 2, "b": 3, "soft": wl.SoftmaxLayer()}
    decoder = wl.NetDecoder("Class", ["x", "y", "z"])
    return wl.net_initialize(wl.NetGraph(nodes, edges, ports={"Input": 3, "Kind": decoder}))


def two_columns() -> Any:
    x, y = numbers(24)
    return {"Input": x, "One": y, "Kind": ["xyz"[i % 3] for i in range(24)]}


def passes(state: Any) -> Any:
    for i in range(3):
        yield np.full((8, 3), state["Round"] + i, np.float32), np.ones((8, 2), np.float32)


def error(predictions: Any, targets: Any) -> float:
    return float(np.abs(predictions - targets).max())


def enough(state: Any) -> bool:
    return bool(state["RoundLoss"] < 0)


def halves(t: int, total: int) -> float:
    return 0.5


OF_CLASSES = ["ErrorRate", ("ErrorRate", 2), "ConfusionMatrix", "F1Score",
              {"Measurement": "ROCCurve", "ClassAveraging": None},
              {"Measurement": "Precision", "ClassAveraging": None, "Key": "each~"},
              "AreaUnderROCCurve"]  # fmt: skip
OF_NUMBERS = ["MeanDeviation", "RSquared", {"Measurement": error, "Key": "Worst"},
              "GradientsRMS", "UpdatesRMS", "WeightsRMS",
              {"Measurement": wl.NetPort(1, "Output"), "Aggregation": None},
              wl.NetPort(3, "Output")]  # fmt: skip

CASES: dict[str, Any] = {
    "plain": lambda: (net(), numbers(20), {}),
    "validated on a share": lambda: (net(), numbers(30), {
        "validation_set": wl.Scaled(0.3), "training_stopping_criterion": {"Patience": 2}}),
    "validated on data": lambda: (net(), numbers(20), {
        "validation_set": (numbers(9, seed=3), {"Interval": 2})}),
    "phases": lambda: (net(), numbers(20), {
        "learning_rate_multipliers": wl.Phases({1: {1: None, wl.ANY: np.float32(0.5)},
                                                2: [((1, "Weights"), -0.25)], 3: wl.AUTOMATIC})}),
    "rules of all forms": lambda: (net(), numbers(20), {
        "learning_rate_multipliers": [
            (wl.Span(1, 2), 2), (wl.Alternatives(3, 5), None), (wl.ANY, 1)],
        "method": wl.Adam(l2_regularization={1: 0.1}, weight_decay=0.1, gradient_clipping=1)}),
    "a schedule by name": lambda: (net(), numbers(20), {
        "method": ("SGD", {"LearningRateSchedule": ("Cosine", {"Warmup": 0.1})})}),
    "a schedule of the user": lambda: (net(), numbers(20), {
        "method": ("SGD", {"LearningRateSchedule": halves})}),
    "Real64": lambda: (net(), numbers(20), {"working_precision": "Real64"}),
    "shared arrays": lambda: (tied(), numbers(20), {
        "learning_rate_multipliers": {wl.NetSharedArray("w/1"): 0.5}}),
    "of classes": lambda: (classifier(), classes(30), {
        "training_progress_measurements": OF_CLASSES, "validation_set": wl.Scaled(0.4),
        "class_weights": "Balanced"}),
    "of numbers": lambda: (net(), numbers(20), {"training_progress_measurements": OF_NUMBERS}),
    "weights of examples": lambda: (net(), numbers(20), {
        "example_weights": np.linspace(0, 1, 20)}),
    "classes by weights": lambda: (classifier(), classes(30), {
        "training_progress_measurements": OF_CLASSES[:4], "validation_set": wl.Scaled(0.4),
        "example_weights": np.linspace(0.5, 1, 30)}),
    "thawed step by step": lambda: (net(), numbers(20), {
        "learning_rate_multipliers": wl.gradual_unfreezing(net())}),
    "a loss that is a net": lambda: (net(), numbers(20), {"loss_function": loss_with_arrays()}),
    "a loss in pieces": lambda: (net(), numbers(20), {
        "loss_function": [("Output", wl.MeanAbsoluteLossLayer(), wl.Scaled(2))]}),
    "two outputs": lambda: (two_outputs(), two_columns(), {
        "class_weights": {"Kind": {"x": 2.0}}, "training_progress_measurements": "ErrorRate",
        "validation_set": wl.Scaled(0.3),
        "training_stopping_criterion": {"Criterion": "Kind/ErrorRate", "AbsoluteChange": 0.01}}),
    "passes of a generator": lambda: (net(), passes, {"batch_size": 8}),
    "a function of the state": lambda: (net(), (passes, {"RoundLength": 16}), {}),
    "functions": lambda: (net(), numbers(20), {
        "training_progress_function": lambda state: None,
        "training_progress_reporting": lambda state: None,
        "training_stopping_criterion": enough}),
    "two groups in turn": lambda: (net(), numbers(20), {
        "training_update_schedule": [1, (5, 2)], "random_seeding": "a seed"}),
    "a huge seed": lambda: (net(), numbers(20), {"random_seeding": -(10**400)}),
}  # fmt: skip


def trained(name: str, **more: Any) -> Any:
    """The results of a case."""
    start, data, options = CASES[name]()
    return wl.net_train(start, data, wl.ALL, **{**ROUNDS, **options, **more})


class Batches:
    """Batches of four by the number of the batch; one of them is interrupted, the first time."""

    def __init__(self, columns: Any, interrupt: int) -> None:
        self.columns, self.interrupt = columns, interrupt

    def __call__(self, state: Any) -> Any:
        number = state["AbsoluteBatch"]
        if number == self.interrupt:
            self.interrupt = -1
            raise KeyboardInterrupt
        rows = np.arange(4) + 4 * (number % 10)
        return tuple(column[rows] for column in self.columns)


KINDS: dict[str, Any] = {
    "classes": ([6, "Tanh", 3, wl.SoftmaxLayer()], lambda: classes(40), OF_CLASSES, 4),
    "numbers": ([6, "Tanh", 2, "Tanh"], lambda: numbers(40), OF_NUMBERS, 3),
}


def round_under_way(kind: str, interrupt: int) -> tuple[Any, Any, Any]:
    """A net, batches by function, and options."""
    layers, data, measurements, inputs = KINDS[kind]
    start = wl.net_initialize(wl.NetChain(layers, input=inputs))
    options = {"training_progress_measurements": measurements, "batch_size": 4}
    return start, (Batches(data(), interrupt), {"RoundLength": 40}), options


def under_way() -> Any:
    """The results of a training that was interrupted in the middle of a round."""
    start, data, options = round_under_way("numbers", 14)
    return wl.net_train(start, data, wl.ALL, max_training_rounds=3, **options)


def back(results: Any, folder: Path) -> Any:
    """Results that were saved and loaded."""
    return wl.load(wl.save(results, folder / "record.wlnet"))


TIMES = "MeanBatchesPerSecond", "MeanExamplesPerSecond", "TotalTrainingTime"
OF_A_CALL = (*TIMES, "NetTrainInputForm")


def plain(value: Any) -> Any:
    """A value that can be compared to the bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (float, np.floating)):
        return type(value).__name__, np.float64(value).tobytes()
    if isinstance(value, ClassTable):
        return value.size, plain(value.pairs), plain(value.counts)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(each) for each in value]
    return "a function" if callable(value) and not isinstance(value, Net) else value


def same_properties(first: Any, second: Any, but: tuple[str, ...] = ()) -> None:
    """Every property, to the bit."""
    assert first["Properties"] == second["Properties"]
    for name in first["Properties"]:
        if name not in but:
            assert plain(first[name]) == plain(second[name]), name


def same_facts(first: Any, second: Any) -> None:
    """Every fact that two records hold, but the options: to the bit."""
    for row in fields(first):
        if row.name not in ("moment", "calls"):
            assert plain(getattr(first, row.name)) == plain(getattr(second, row.name)), row.name
    for row in fields(first.moment):
        one, other = (plain(getattr(each.moment, row.name)) for each in (first, second))
        assert one == other, row.name
    assert len(first.calls) == len(second.calls)
    for call, again in zip(first.calls, second.calls, strict=True):
        assert list(call.options) == list(again.options)
        for row in fields(call):
            if row.name not in ("options", "phases"):
                assert getattr(call, row.name) == getattr(again, row.name), row.name
        for phase, other in zip(call.phases, again.phases, strict=True):
            assert phase.table == other.table
            assert dict(phase.updates) == dict(other.updates)
            assert (phase.first_round, phase.first_batch) == (other.first_round, other.first_batch)


def unsaved(value: Any) -> list[Unsaved]:
    """What of options no file holds, wherever it stands in them."""
    if isinstance(value, Unsaved):
        return [value]
    if isinstance(value, dict):
        return [each for item in value.values() for each in unsaved(item)]
    if isinstance(value, (list, tuple)):
        return [each for item in value for each in unsaved(item)]
    return []
