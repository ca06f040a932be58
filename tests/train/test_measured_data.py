"""What net_measurements measures on: columns, functions, and ports that take several sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier

X, Y = classes(70)
WEIGHTS = np.random.default_rng(3).random(70)
NET = wl.net_initialize(classifier(output=wl.NetDecoder("Class", [0, 1, 2])))
ASKED = ["Loss", "ErrorRate", "ConfusionMatrix", "AreaUnderROCCurve"]


def answer(net: Any, data: Any, **options: Any) -> list[Any]:
    asked = ASKED if not options else ASKED[:-1]
    loss, *others = wl.net_measurements(net, data, asked, **options)
    # A pass is kept as columns: only batches of other sizes would add up in another order.
    return [loss, *(np.asarray(each).tolist() for each in others)]


def rows(size: int) -> Iterator[slice]:
    return (slice(i, i + size) for i in range(0, 70, size))


def yields() -> Any:
    for part in rows(16):
        yield X[part], Y[part]


def whole(state: Any) -> Any:
    return {"Input": X, "Output": Y}


def endless(state: Any) -> Any:
    while True:
        yield X, Y


FUNCTIONS: dict[str, Any] = {
    "a pass": yields,
    "a batch": whole,
    "an iterator": lambda: iter([(X[:50], Y[:50]), (X[50:], Y[50:])]),
    "a round of a pass": (yields, {"RoundLength": 70}),
    "a round without end": (endless, {"RoundLength": 70}),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_function_is_measured_as_what_it_gives(case: str) -> None:
    assert answer(NET, FUNCTIONS[case]) == answer(NET, (X, Y))


def test_a_round_ends_where_its_length_says() -> None:
    assert answer(NET, (endless, {"RoundLength": 100})) == answer(
        NET, (np.concatenate([X, X[:30]]), np.concatenate([Y, Y[:30]]))
    )


@pytest.mark.parametrize(
    "options",
    [{"class_weights": "Balanced"}, {"class_weights": {2: 3}}, {"example_weights": "w"},
     {"class_weights": "Balanced", "example_weights": "w"}],
)  # fmt: skip
def test_examples_of_a_function_have_weights(options: Any) -> None:
    data = {"Input": X, "Output": Y, "w": WEIGHTS}
    given = data if "example_weights" in options else (X, Y)

    def batches() -> Any:
        for part in rows(20):
            yield {
                name: data[name][part] for name in (data if given is data else data.keys() - "w")
            }

    assert answer(NET, batches, **options) == answer(NET, given, **options)


def test_a_function_is_asked_once_and_may_fill_one_memory() -> None:
    told: list[Any] = []
    memory = np.empty((10, X.shape[1]), np.float32), np.empty(10, np.int64)

    def batches(state: Any) -> Any:
        told.append((state["BatchSize"], state["Round"], state["Net"] == NET))
        for part in rows(10):
            memory[0][:], memory[1][:] = X[part], Y[part]
            yield memory

    assert answer(NET, batches) == answer(NET, (X, Y))
    assert told == [(64, 1, True)]


def never(state: Any) -> Any:
    raise AssertionError("asked, though the call cannot go on")


@pytest.mark.parametrize(
    ("options", "told"),
    [({"measurements": "Nothing"}, "Nothing"), ({"workers": 0}, "workers"),
     ({"example_weights": WEIGHTS}, "come with each batch"),
     ({"working_precision": "Real16"}, "working_precision")],
)  # fmt: skip
def test_nothing_is_asked_of_a_function_by_a_call_that_cannot_go_on(
    options: Any, told: str
) -> None:
    with pytest.raises(wl.OptionError, match=told):
        wl.net_measurements(NET, never, **{"measurements": "Loss", **options})


def test_what_a_function_gives_is_refused_with_its_place() -> None:
    def batches() -> Any:
        yield X, Y
        yield np.full_like(X, np.nan), Y

    with pytest.raises(wl.DataError, match="data, batch 2, port Input, example 1"):
        answer(NET, batches)


def test_a_port_as_a_loss_has_no_target_in_a_batch_either() -> None:
    net = wl.net_initialize(wl.NetChain([1], input=3))
    x, y = np.zeros((4, 3)), np.zeros((4, 1))
    for data in ((x, y), lambda: (x, y), lambda: iter([(x, y)])):
        with pytest.raises(wl.OptionError, match="the data bring a target of its name"):
            wl.net_measurements(net, data, "Loss", loss_function="Output")


# Sizes that are open

LINES = np.random.default_rng(4).standard_normal((20, 5, 3))
NUMBERS = LINES.sum(-1, keepdims=True) + 0.1
MIXED = LINES.argmax(-1)

OPEN: dict[str, tuple[Callable[[Any], Any], Any, list[str]]] = {
    "numbers": (
        lambda size: wl.NetChain([wl.NetMapOperator([4, "Tanh", 1])], input=(size, 3)),
        (LINES, NUMBERS),
        ["Loss", "MeanSquare"],
    ),
    "a label a place": (
        lambda size: wl.NetChain(
            [wl.NetMapOperator([4, "Tanh", 3, wl.SoftmaxLayer()])], input=(size, 3)
        ),
        (LINES, MIXED + 1),
        ["Loss", "ErrorRate", "ConfusionMatrix"],
    ),
    "indices": (
        lambda size: wl.NetChain(
            [wl.EmbeddingLayer(2, 3), wl.LongShortTermMemoryLayer(4), wl.NetMapOperator([1])],
            input=(size, "Integer"),
        ),
        (MIXED + 1, NUMBERS),
        ["Loss", "MeanDeviation"],
    ),
}


@pytest.mark.parametrize("form", ["columns", "function"])
@pytest.mark.parametrize("case", OPEN)
def test_a_size_that_is_open_is_that_of_the_data(case: str, form: str) -> None:
    made, (x, y), asked = OPEN[case]
    open_net = wl.net_train(made("Varying"), (x, y), max_training_rounds=2)
    closed = wl.net_train(made(5), (x, y), max_training_rounds=2)
    data: Any = (x, y) if form == "columns" else lambda: iter([(x[:9], y[:9]), (x[9:], y[9:])])
    found = wl.net_measurements(open_net, data, asked)
    for one, other in zip(found, wl.net_measurements(closed, (x, y), asked), strict=True):
        # Numbers at places that are open are measured as one output, in another order of sums.
        np.testing.assert_allclose(one, other, rtol=1e-12)
    # Each call has its own size, and what is trained and validated is measured.
    shorter = (x[:, :2], y[:, :2] if np.ndim(y) > 1 else y)
    results = wl.net_train(
        open_net, shorter, wl.ALL, validation_set=shorter, max_training_rounds=1,
        learning_rate=1e-30,
    )  # fmt: skip
    assert wl.net_measurements(open_net, shorter, "Loss") == results["ValidationLoss"]


def test_columns_of_other_sizes_than_the_net_has_stay_an_error() -> None:
    net = wl.net_initialize(OPEN["numbers"][0]("Varying"))
    with pytest.raises(wl.ShapeError):
        wl.net_measurements(net, (LINES[:, :, :2], NUMBERS), "Loss")
    with pytest.raises(wl.ShapeError):
        wl.net_measurements(net, (LINES, NUMBERS[:, :2]), "Loss")
