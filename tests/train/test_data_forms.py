"""The forms that data come in: columns, examples, ports, generators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, numbers, perceptron
from wlnet.core.streams import stream

X, Y = numbers(12)


class Columnar:
    """Something that is an array only when asked, as a table of another library is."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.array, dtype)


FORMS: dict[str, Any] = {
    "two columns": lambda: (X, Y),
    "columns as lists": lambda: (X.tolist(), Y.tolist()),
    "columns of rows": lambda: (list(X), list(Y)),
    "columns as tuples": lambda: (tuple(X), tuple(Y)),
    "columns that can be read once": lambda: (iter(X), (row for row in Y)),
    "anything with __array__": lambda: (Columnar(X), Columnar(Y)),
    "pairs": lambda: list(zip(X, Y, strict=True)),
    "pairs as lists": lambda: [
        [list(map(float, a)), list(map(float, b))] for a, b in zip(X, Y, strict=True)
    ],
    "pairs one after the other": lambda: zip(X, Y, strict=True),
    "columns by port": lambda: {"Input": X, "Output": Y},
    "columns by port in another order": lambda: {"Output": Y, "Input": X},
    "rows by port": lambda: [{"Input": a, "Output": b} for a, b in zip(X, Y, strict=True)],
    "a pair of dicts": lambda: ({"Input": X}, {"Output": Y}),
    "float64": lambda: (X.astype(np.float64), Y.astype(np.float64)),
    "not contiguous": lambda: (np.asfortranarray(X), np.repeat(Y, 2, axis=0)[::2]),
}


def train(net: Any, data: Any, **options: Any) -> Any:
    return wl.net_train(net, data, **{"max_training_rounds": 3, "batch_size": 5, **options})


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_bits(form: str) -> None:
    assert train(perceptron(), FORMS[form]()) == train(perceptron(), (X, Y))


def test_data_are_never_changed() -> None:
    x, y = X.copy(), Y.copy()
    rows = {"Input": x, "Output": y}
    for data in ((x, y), rows, list(zip(x, y, strict=True))):
        train(perceptron(), data, learning_rate=0.5)
    assert x.tobytes() == X.tobytes()
    assert y.tobytes() == Y.tobytes()
    assert list(rows) == ["Input", "Output"]


def test_read_only_data_will_do() -> None:
    x, y = X.copy(), Y.copy()
    x.flags.writeable = y.flags.writeable = False
    assert train(perceptron(), (x, y)) == train(perceptron(), (X, Y))


def test_a_net_with_several_ports_takes_columns_by_port() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"a": 2, "b": 2, "sum": wl.TotalLayer()},
            [(wl.NetPort("u"), "a", "sum"), (wl.NetPort("v"), "b", "sum")],
            u=3,
            v=3,
        )
    )
    by_port = train(net, {"u": X, "v": X * 2, "Output": Y})
    rows = [{"u": a, "v": a * 2, "Output": b} for a, b in zip(X, Y, strict=True)]
    assert train(net, rows) == by_port
    assert train(net, ({"u": X, "v": X * 2}, Y)) == by_port


def test_a_net_that_is_its_own_loss_takes_one_column() -> None:
    net = wl.net_initialize(
        wl.NetGraph({"a": 2, "loss": wl.ElementwiseLayer("Square")}, [("a", "loss")], input=3)
    )
    options: dict[str, Any] = {"loss_function": "Output"}
    plain = train(net, X, **options)
    for data in (Columnar(X), list(X), {"Input": X}, [{"Input": row} for row in X]):
        assert train(net, data, **options) == plain


# Generators.


def batches_of(x: Any, y: Any, size: int, seed: int = 1234) -> Any:
    """The batches of a round, in the order in which net_train takes columns."""

    def ask(state: Any) -> Any:
        order = stream(seed, "shuffle", state["Round"]).permutation(len(x))
        start = (state["AbsoluteBatch"] * size) % len(x)
        rows = order[start : start + state["BatchSize"]]
        return x[rows], y[rows]

    return ask


def test_a_generator_of_the_same_batches_gives_the_same_bits() -> None:
    asked = (batches_of(X, Y, 4), {"RoundLength": 12})
    assert train(perceptron(), asked, batch_size=4) == train(perceptron(), (X, Y), batch_size=4)


def test_without_a_round_length_a_round_is_one_batch() -> None:
    results = wl.net_train(
        perceptron(), lambda state: (X[:4], Y[:4]), wl.ALL, batch_size=4, max_training_rounds=5
    )
    assert results[["BatchesPerRound", "TotalBatches", "ExamplesProcessed"]] == [1, 5, 20]
    assert results["TrainingExamples"] is None


def test_a_generator_is_asked_once_for_every_batch_and_told_where_training_is() -> None:
    seen = []

    def ask(state: Any) -> Any:
        seen.append(
            (
                state["Round"],
                state["AbsoluteBatch"],
                state["BatchSize"],
                isinstance(state["Net"], wl.NetChain),
            )
        )
        return X[:4], Y[:4]

    train(perceptron(), (ask, {"RoundLength": 8}), batch_size=4)
    assert seen == [(number // 2 + 1, number, 4, True) for number in range(6)]


def test_a_generator_may_look_at_the_net_as_it_is_now() -> None:
    outputs = []

    def ask(state: Any) -> Any:
        if state["AbsoluteBatch"]:
            outputs.append(state["Net"](X[0]).tobytes())
        return X[:4], Y[:4]

    train(perceptron(), ask, batch_size=4)
    assert len(set(outputs)) == len(outputs) == 2


def test_a_generator_tells_shapes_and_labels_as_columns_do() -> None:
    x, y = classes(12)
    net = wl.NetChain([8, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()])
    trained = train(net, lambda state: (x, y), batch_size=12)
    assert set(trained(x)) <= {0, 1, 2}


@pytest.mark.parametrize("given", [lambda s: (X[:3], Y[:3]), lambda s: (X[:5], Y[:5])])
def test_a_generator_with_a_wrong_count_is_told_the_right_one(given: Any) -> None:
    with pytest.raises(wl.DataError, match=r"batch 1 of round 1[^$]*expected: 4"):
        train(perceptron(), given, batch_size=4)


def test_a_later_batch_with_a_wrong_count_is_named() -> None:
    def ask(state: Any) -> Any:
        count = 4 if state["AbsoluteBatch"] < 3 else 2
        return X[:count], Y[:count]

    with pytest.raises(wl.DataError, match=r"batch 2 of round 2"):
        train(perceptron(), (ask, {"RoundLength": 8}), batch_size=4)


@pytest.mark.parametrize(
    "options",
    [{"RoundLenght": 4}, {"RoundLength": 0}, {"RoundLength": 2.5}, {"RoundLength": True}, {}],
)
def test_options_of_a_generator_are_checked(options: Any) -> None:
    with pytest.raises(wl.OptionError, match="RoundLength"):
        train(perceptron(), (lambda state: (X, Y), options))


@pytest.mark.parametrize(
    "batch", [None, 3, lambda s: X, (X[:4], np.full((4, 2), np.nan)), (X[:4], Y[:4, :1]), []]
)
def test_a_generator_that_gives_no_batch_is_an_error(batch: Any) -> None:
    with pytest.raises((wl.DataError, wl.ShapeError), match=r"the generator's batch|port Output"):
        train(perceptron(), lambda state: batch, batch_size=4)


def without_inputs() -> wl.NetChain:
    return wl.NetChain([wl.NetArrayLayer(array=[3.0]), wl.ElementwiseLayer("Abs")])


@pytest.mark.parametrize("count", [10**12, 10**18, 10**400], ids=["12", "18", "400"])
def test_more_examples_than_can_be_numbered_are_refused_at_once(count: int) -> None:
    net, loss = without_inputs(), {"loss_function": "Output"}
    for call in (
        lambda: wl.net_train(net, count, **loss),
        lambda: wl.net_train(net, 10, validation_set=count, **loss),
        lambda: wl.net_measurements(net, count, "Loss", **loss),
    ):
        with pytest.raises(wl.DataError, match="more memory than there is"):
            call()


def test_a_count_for_a_net_with_targets_says_how_to_do_without_them() -> None:
    with pytest.raises(wl.DataError) as error:
        wl.net_train(without_inputs(), 10)
    (fault,) = error.value.faults
    assert fault.fix is not None
    assert fault.fix.startswith("loss_function='Output'")
    assert fault.fix.startswith("loss_function='Output'")
    rounds = {"max_training_rounds": 2}
    assert wl.net_train(without_inputs(), 10, "TotalRounds", loss_function="Output", **rounds) == 2


def test_every_fault_of_the_options_of_a_generator_is_told() -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(
            wl.NetChain([1], input=1), (lambda: [([1.0], [1.0])], {"RoundLen": 3, "RoundLength": 0})
        )
    assert [fault.what for fault in error.value.faults] == [
        "a generator has no option 'RoundLen'",
        "a round has no length",
    ]
