"""What is wrong with a call of surgery is told at once: every part, name and layer of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import wlnet as wl
from wlnet import Alternatives, NetChain, NetGraph, NetPort, OptionError, PartError

NET = NetChain({"a": 3, "b": "Ramp", "c": 1}, input=2)
GRAPH = NetGraph({"a": 3, "b": "Ramp", "c": 1}, [("a", "b"), ("b", "c")], input=2)
RULED = wl.net_initialize(NetChain({"a": 3, "b": (2, 2), "c": 1}, input=2))
NUMBERED = NetChain([3, "Ramp", [2, "Tanh"]], input=2)


@pytest.mark.parametrize(
    ("call", "kinds", "words"),
    [
        (lambda: wl.net_extract(NET, [("x",), ("a", "Wieghts"), (9,)]), [PartError], "x Wieghts 9"),
        (lambda: wl.net_extract(NET, Alternatives("x", "a", "y")), [PartError], "x y"),
        (lambda: wl.net_delete(NET, ["x", "a", 7, ("a", "Weights")]), [PartError], "x 7 Weights"),
        (lambda: wl.net_delete(GRAPH, ["x", 1]), [PartError], "x positions"),
        (lambda: wl.net_take(NET, ("x", 9)), [PartError], "x 9"),
        (lambda: wl.net_take(GRAPH, (["x", "y"], "z")), [PartError], "x y z"),
        (lambda: wl.net_drop(NET, ("x", "y")), [PartError], "x y"),
        (
            lambda: wl.net_insert(NET, [("d", 0.5), ("a", "Ramp"), ("e", "Rapm")], "x"),
            [OptionError, PartError],
            "0.5 Rapm once x",
        ),
        (lambda: wl.net_append(NET, 2, ("d", -1), ("a", 3)), [OptionError], "needs -1 once"),
        (lambda: wl.net_prepend(NUMBERED, ("d", 2), 0.5), [OptionError], "d 0.5"),
        (lambda: wl.net_join(NET, GRAPH, 3), [OptionError], "NetGraph 3"),
        (
            lambda: wl.net_rename(GRAPH, {"x": "y", "a": 3, NetPort("q"): "r"}),
            [OptionError, PartError],
            "'x' strings q",
        ),
        (lambda: wl.net_rename(NUMBERED, ["u", "u", 5]), [OptionError], "once strings"),
        (lambda: wl.net_replace(NET, {"Rapm": 1, 0.5: 2}), [OptionError], "Rapm 0.5"),
        (
            lambda: wl.net_replace(NET, {wl.LinearLayer: 0.5, "Ramp": "Rapm"}),
            [OptionError],
            "0.5 Rapm",
        ),
        (
            lambda: wl.net_replace_part(NET, {"x": 1, "a": 0.5, ("c", "OutputSize"): -1}),
            [PartError, OptionError],
            "x 0.5 OutputSize",
        ),
        (
            lambda: wl.net_replace(NET, {"Rapm": 1, wl.LinearLayer: 0.5}),
            [OptionError],
            "Rapm 0.5",
        ),
        (
            lambda: wl.net_replace_part(
                NET, {("a", "Weights"): [[1.0]], "LearningRateMultipliers": {"x": 1}}
            ),
            [wl.ShapeError, wl.RuleError],
            "a/Weights x",
        ),
        (
            lambda: wl.net_replace_part(
                NET,
                {
                    "x": 1,
                    ("a", "Biases"): "q",
                    "LearningRateMultipliers": {"y": 1},
                    ("c", "LearningRateMultipliers"): {"Z": 0},
                    ("a", "LearningRateMultipliers"): True,
                },
            ),
            [PartError, OptionError, wl.RuleError],
            "x a/Biases y Z a/LearningRateMultipliers",
        ),
        (
            lambda: wl.net_replace_part(
                RULED, {"a": "Tanh", "c": 2, "LearningRateMultipliers": {"c": 0, "x": 1}}
            ),
            [wl.ShapeError, wl.RuleError],
            "size x",
        ),
        (
            lambda: wl.net_replace(NET, {wl.LinearLayer: wl.TotalLayer(), "Ramp": wl.TotalLayer()}),
            [OptionError],
            "a b c",
        ),
        (
            lambda: wl.net_replace_part(wl.NetDecoder("Class", ["x", "y"]), {"Foo": 1, "Bar": 2}),
            [PartError],
            "Foo Bar",
        ),
        (
            lambda: NetChain([2, 3], learning_rate_multipliers={Alternatives("x", "y"): 0, 7: 1}),
            [wl.RuleError],
            "x y 7",
        ),
    ],
)
def test_all_faults_of_a_call_are_told_at_once(
    call: Callable[[], Any], kinds: list[type[Exception]], words: str
) -> None:
    with pytest.raises(kinds[0]) as caught:
        call()
    assert all(isinstance(caught.value, kind) for kind in kinds)
    assert [word for word in words.split() if word not in str(caught.value)] == []
    assert len(caught.value.faults) >= min(len(words.split()), 2)


def test_what_could_not_be_put_in_is_not_missed_elsewhere() -> None:
    with pytest.raises(OptionError) as caught:
        wl.net_replace_part(NET, {"a": 0.5, "LearningRateMultipliers": {("a", 1): 0}})
    assert len(caught.value.faults) == 1
    assert not isinstance(caught.value, wl.RuleError)


def test_a_rule_for_a_net_that_is_put_in_too_is_refused_once() -> None:
    with pytest.raises(wl.RuleError) as caught:
        wl.net_replace_part(
            NetChain([NUMBERED, 1], learning_rate_multipliers={(1, 3, 1): 0}),
            {1: [3, "Tanh"], (1, "LearningRateMultipliers"): {1: 0, 7: 1}},
        )
    assert [fault.given for fault in caught.value.faults] == ["7 -> 1.0", None]
    assert "the rules of the net do not fit the new part" in caught.value.faults[1].what


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (("c", "Weights"), "x"),
        (("c", "Biases"), [float("nan")]),
        ("Input", "x"),
        (("c", "LearningRateMultipliers"), True),
        (("c", "LearningRateMultipliers"), {"Weights": "x"}),
    ],
)
def test_a_fault_of_a_replacement_says_where(part: Any, value: Any) -> None:
    with pytest.raises(wl.WlnetError) as caught:
        wl.net_replace_part(NET, {part: value})
    where = "/".join(part) if isinstance(part, tuple) else part
    assert where in str(caught.value.faults[0].at)


def test_rates_for_any_node_are_for_those_that_have_arrays() -> None:
    net = wl.net_replace_part(NUMBERED, {(wl.ANY, "LearningRateMultipliers"): 0})
    assert set(wl.information(net, "ArraysLearningRateMultipliers").values()) == {0}
    with pytest.raises(OptionError, match="no arrays"):
        wl.net_replace_part(NUMBERED, {(2, "LearningRateMultipliers"): 0})
