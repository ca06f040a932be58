"""What a fault of data says: which data, which example as the user counts, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, perceptron

K: dict[str, Any] = {"max_training_rounds": 1, "learning_rate": 1e-30}


LENGTHS = (5, 7, 5, 4, 7, 2)
SPOILT: dict[str, Callable[[Any], Any]] = {
    "NaN": lambda x: x * np.nan,
    "words": lambda x: x.astype(str),
    "too large": lambda x: x * 1e39,
}


@pytest.mark.parametrize("kind", SPOILT)
@pytest.mark.parametrize("number", range(len(LENGTHS)))
def test_examples_of_several_lengths_are_counted_as_the_user_counts(kind: str, number: int) -> None:
    net = wl.net_initialize(wl.NetChain([wl.NetMapOperator([2])], input=("Varying", 3)))
    x: list[Any] = [np.ones((length, 3)) for length in LENGTHS]
    x[number] = SPOILT[kind](x[number])
    with pytest.raises(wl.DataError) as error:
        net(x)
    assert [fault.at for fault in error.value.faults] == [f"port Input, example {number + 1}"]


def test_columns_beside_examples_of_several_lengths_are_counted_alike() -> None:
    label = wl.NetEncoder("Class", ["a", "b"])
    net = wl.net_initialize(
        wl.NetGraph(
            {"x": wl.NetMapOperator([2]), "y": wl.EmbeddingLayer(2), "z": wl.LinearLayer(2)},
            [(wl.NetPort(name.upper()), name) for name in "xyz"],
            ports={"X": ("Varying", 3), "Y": label, "Z": 2},
        )
    )
    x = [np.ones((length, 3)) for length in LENGTHS]
    y, z = list("ababab"), np.ones((6, 2))
    whole = net({"X": x, "Y": y, "Z": z})
    for n in range(6):
        single = net({"X": x[n], "Y": y[n], "Z": z[n]})
        assert all(np.array_equal(whole[port][n], single[port]) for port in single)
    y[4], z[3, 0] = "c", np.nan
    with pytest.raises(wl.DataError, match="port Y, example 5"):
        net({"X": x, "Y": y, "Z": z})
    with pytest.raises(wl.DataError, match="port Z, example 4"):
        net({"X": x, "Y": list("ababab"), "Z": z})


def test_examples_of_several_shapes_are_refused_everywhere_in_the_same_words() -> None:
    net = wl.net_initialize(wl.NetChain([wl.NetMapOperator([2])], input=(5, 3)))
    good = np.ones((6, 5, 3)), np.ones((6, 5, 2))
    x, y = ([np.ones((length, width)) for length in LENGTHS] for width in (3, 2))
    for enter in (
        lambda: wl.net_train(net, (x, y), **K),
        lambda: wl.net_train(net, lambda: (x, y), batch_size=6, **K),
        lambda: wl.net_train(net, good, validation_set=(x, y), **K),
        lambda: wl.net_measurements(net, (x, y), "Loss"),
    ):
        with pytest.raises(wl.DataError) as error:
            enter()
        for fault in error.value.faults:
            assert fault.what == "examples of different shapes"
            assert str(fault.at).endswith(", example 2")
            assert "('Varying', " in str(fault.fix)


@pytest.mark.parametrize("what", [None, object(), len, b"abc", np.zeros((), "f8, f8, f8")])
def test_what_is_no_number_is_told_so_and_not_which_rank_it_has(what: Any) -> None:
    with pytest.raises(wl.DataError, match="data that are not numbers"):
        wl.LinearLayer(3, weights=np.eye(3), biases=None, input=3)(what)


def test_a_message_shows_some_of_many_names() -> None:
    with pytest.raises(wl.DataError) as error:
        wl.net_train(perceptron(), {(n, n): 0 for n in range(10_000)})
    assert len(str(error.value)) < 700


def test_labels_in_a_column_of_width_1_show_the_repair() -> None:
    x, y = classes(24)
    with pytest.raises(wl.DataError, match=r"targets\[:, 0\]"):
        wl.net_train(classifier(), (x, y[:, None]), **K)
    wl.net_train(classifier(), (x, y[:, None][:, 0]), **K)
