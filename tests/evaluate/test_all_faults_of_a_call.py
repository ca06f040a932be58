"""All that is wrong with one call of a net is told at once."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.keywords import checked_keywords
from wlnet.evaluate.evaluation import evaluate

NET = wl.net_initialize(
    wl.NetChain([3, wl.SoftmaxLayer()], input=4, output=wl.NetDecoder("Class", ["a", "b", "c"]))
)
X = np.ones((5, 4))
HOLED = np.full((5, 4), np.nan)

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a mode": ({"net_evaluation_mode": "Trian"}, "net_evaluation_mode"),
    "a precision": ({"working_precision": "Real16"}, "working_precision"),
    "a device": ({"target_device": "GPU"}, "target_device"),
    "workers": ({"workers": 0}, "workers"),
    "a batch size": ({"batch_size": 1.5}, "batch_size"),
    "a seed": ({"random_seeding": 0.5}, "random_seeding"),
    "a keyword": ({"training": True}, "no option 'training'"),
    "another keyword": ({"epochs": 3}, "no option 'epochs'"),
    "data": ({"x": HOLED}, "not finite"),
    "a property": ({"prop": "Probabilites"}, "no such property"),
}


@pytest.mark.parametrize("count", [2, len(WRONG)])
def test_faults_of_a_call_are_told_together(count: int) -> None:
    for names in itertools.combinations(WRONG, count):
        options: dict[str, Any] = {"x": X, "prop": "Decision"}
        for name in names:
            options |= WRONG[name][0]
        with pytest.raises(wl.WlnetError) as error:
            NET(options.pop("x"), options.pop("prop"), **options)
        told = [str(fault) for fault in error.value.faults]
        assert len(told) == count
        for name in names:
            assert any(WRONG[name][1] in text for text in told), (name, told)


@pytest.mark.parametrize("option", ["workers", "batch_size"])
def test_a_count_is_one_that_native_code_can_hold(option: str) -> None:
    options: dict[str, Any] = {option: 2**63 - 1}
    assert len(NET(X, **options)) == 5
    options = {option: 10**400}
    with pytest.raises(wl.OptionError, match="at most 9,223,372,036,854,775,807"):
        NET(X, **options)


def test_what_can_be_read_only_once_is_read_only_once() -> None:
    taken = iter(X)
    with pytest.raises(wl.OptionError) as error:
        NET(taken, workers=0)
    assert [fault.what for fault in error.value.faults] == ["workers is a positive integer"]


def test_what_a_call_knows_is_what_may_be_given_by_name() -> None:
    with pytest.raises(wl.OptionError) as error:
        checked_keywords(evaluate)(NET, X, net=3)
    (fault,) = error.value.faults
    assert fault.known is not None
    assert "net" not in fault.known


TWO = wl.net_initialize(
    wl.NetGraph(
        {"a": 2, "b": 3},
        [(wl.NetPort("P"), "a", wl.NetPort("A")), (wl.NetPort("Q"), "b", wl.NetPort("B"))],
        ports={"P": 2, "Q": 2},
    )
)


def test_faults_of_several_columns_are_told_together() -> None:
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    for x in ({"P": masked, "R": 3, "S": 4}, [{"P": masked, "R": 3, "S": 4}]):
        with pytest.raises(wl.DataError) as error:
            TWO(x)
        told = [fault.what for fault in error.value.faults]
        assert told[:3] == [
            "data for a port that is not there",
            "data for a port that is not there",
            "no data for port 'Q'",
        ]
        assert told[3].startswith("data with missing values")


def test_a_port_with_one_example_beside_a_batch_is_told_by_name() -> None:
    with pytest.raises(wl.DataError, match=r"given: *P: one example, Q: a batch"):
        TWO({"P": [1, 2], "Q": [[1, 2], [3, 4]]})


def test_properties_come_one_a_call() -> None:
    for several in (
        ["Decision", "Probabilities"],
        ["Decision", ("TopProbabilities", 2), "Entropy"],
    ):
        with pytest.raises(wl.OptionError, match="one property a call"):
            NET(X, several)


def test_a_net_without_inputs_takes_no_columns() -> None:
    net = wl.NetChain([wl.NetArrayLayer(array=[3.0, 1.0]), "Ramp"])
    assert np.array_equal(net({}), net())
