"""What a net or layer froze for itself learns only by a rule that names it, or with a warning."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import ALL, ANY, Alternatives, NetSharedArray, Span

X, Y = np.ones((4, 3)), np.ones((4, 1))
W = NetSharedArray("w")


def net(**options: Any) -> Any:
    """A frozen layer ("body", "sum") and a frozen array of "read", with rules of their own."""
    body = {"lin": 4, "sum": wl.LinearLayer(2, learning_rate_multipliers=0)}
    read = wl.LinearLayer(1, learning_rate_multipliers={"Weights": None})
    return wl.net_initialize(wl.NetChain({"body": body, "read": read}, input=3, **options))


def told(made: Any, rules: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        wl.net_train(made, (X, Y), learning_rate_multipliers=rules, max_training_rounds=1)
    return [str(each.message) for each in heard if "froze for itself" in str(each.message)]


@pytest.mark.parametrize(
    ("rules", "arrays", "before"),
    [
        (0.1, ["body/sum/Weights", "body/sum/Biases", "read/Weights"], "('body', 'sum')"),
        ({ANY: 1}, ["body/sum/Weights", "body/sum/Biases", "read/Weights"], "('read', 'Weights')"),
        ({"body": 0.1}, ["body/sum/Weights", "body/sum/Biases"], "put (('body', 'sum'), 0)"),
        ({("body", ALL): 0.1}, ["body/sum/Weights", "body/sum/Biases"], "('body', 'sum')"),
        ({Span(2, 2): 0.1}, ["read/Weights"], "put (('read', 'Weights'), 0) before it"),
        ({"read": 1}, ["read/Weights"], "('read', 'Weights')"),
    ],
)
def test_a_rule_that_thaws_without_naming_warns_of_the_arrays_and_of_the_rule_to_put_before(
    rules: Any, arrays: list[str], before: str
) -> None:
    (message,) = told(net(), rules)
    assert f"known:    {', '.join(arrays)}\n" in message
    assert before in message


@pytest.mark.parametrize(
    "rules",
    [
        {("body", "sum"): 1},
        {(1, 2): 1},
        {("body", Alternatives("lin", "sum")): 1},
        {("body", "sum", "Weights"): 1},
        [(("body", "sum"), 0), (("read", "Weights"), None), (ANY, 1)],
        {"body": 0},
        {("body", "lin"): 2},
        {("body", "sum", ANY): 1},
        {("body", "sum", Alternatives("Weights", "Biases")): 1},
        wl.AUTOMATIC,
    ],
)
def test_a_rule_that_names_what_it_thaws_and_one_that_thaws_nothing_do_not_warn(rules: Any) -> None:
    assert told(net(), rules) == []


def test_what_the_rules_of_a_net_froze_is_named_by_what_they_name() -> None:
    body = net(learning_rate_multipliers={"body": None})
    assert told(body, {"body": 1}) == []
    assert told(body, {("body", "lin"): 1}) == []
    (message,) = told(body, 1)
    assert "body/lin/Weights" in message
    assert "put ('body', 0)" in message
    for broad in (ANY, ALL, Span(1, 2)):
        assert told(body, {("body", broad): 1, ("read", ANY): 0}) == []
        assert told(body, {("body", broad, "Weights"): 1}) == []
    whole = net(learning_rate_multipliers=0)
    (message,) = told(whole, 1)
    assert "without this rule they stay frozen" in message
    assert told(whole, {"read": 1}) == []


def test_a_shared_array_is_named_by_its_name() -> None:
    tied = wl.LinearLayer(3, weights=W, biases=None, input=3)
    frozen = wl.NetChain([tied, tied, 1], learning_rate_multipliers={W: 0})
    assert told(frozen, {W: 1}) == []
    (message,) = told(frozen, {NetSharedArray(ALL): 1})
    assert "put (NetSharedArray('w'), 0)" in message
    assert told(frozen, {(1, "Weights"): 1}) == []


def test_statistics_that_begin_to_move_are_told_too() -> None:
    norm = wl.BatchNormalizationLayer(learning_rate_multipliers=0)
    (message,) = told(wl.NetChain([3, norm, 1], input=3), {ANY: 1})
    assert "2/MovingMean" in message


@pytest.mark.parametrize("rules", [1, {ANY: 0.5}, {Span(1): -1}])
@pytest.mark.parametrize("options", [{}, {"learning_rate_multipliers": {(1, ANY): 0}}])
def test_both_repairs_of_the_warning_do_what_they_say(rules: Any, options: Any) -> None:
    made = net(**options)
    own = wl.information(made, "ArraysLearningRateMultipliers")
    pairs = list(rules.items()) if isinstance(rules, dict) else [(ANY, rules)]
    for rate in (0, 0.25):
        before = []
        for message in told(made, rules):
            repair = message.split("put ")[1].split(" before it")[0]
            before += [eval(each, {}) for each in repair.split(" and ")]
        assert told(made, [*((part, rate) for part, _ in before), *pairs]) == []
        results = wl.net_train(
            made,
            (X, Y),
            "ArraysLearningRateMultipliers",
            learning_rate_multipliers=[*((part, rate) for part, _ in before), *pairs],
            max_training_rounds=1,
        )
        assert {results[key] for key in own if own[key] == 0} == {rate}


def test_a_vertex_that_no_rule_can_name_has_another_repair() -> None:
    frozen = wl.LinearLayer(3, learning_rate_multipliers=0)
    with pytest.warns(wl.RuleWarning, match="called like a port"):
        graph = wl.NetGraph({"Input": frozen, "b": 1}, [("Input", "b")], input=3)
    (message,) = told(graph, {ANY: 1})
    assert "before it" not in message
    assert "net_rename" in message
    (message,) = told(wl.net_rename(graph, {"Input": "a"}), {ANY: 1})
    assert "put ('a', 0) before it" in message
