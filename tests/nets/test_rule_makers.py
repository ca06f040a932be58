"""Rules by the way to the output: what they say is what the formula says, and nothing warns."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.random_nets import attempt
from tests.strategies import build, trees
from wlnet import ALL, ANY, Alternatives, NetGraph, NetSharedArray, gradual_unfreezing
from wlnet import layer_wise_decay as decay
from wlnet.core.multipliers import multiplier_table
from wlnet.nets.arrays import arrays_of
from wlnet.nets.connections import links
from wlnet.train.thawed import warn_of_thawed

FACTORS = st.sampled_from([1.0, 0.8, 0.5, 1 / 2.6, 0.01])
HOLDERS = ("layer", "chain", "named chain", "graph", "named graph", "operator")


def rates(net: Any, rules: Any) -> dict[Any, float]:
    """The rates of all arrays under rules of net_train, of which none may warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = multiplier_table(net, rules)
        warn_of_thawed(net, table)
    return table.values_by_key()


def made(tree: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build(tree)


def own(net: Any) -> dict[Any, float]:
    return multiplier_table(net, wl.AUTOMATIC).values_by_key()


def stages(net: Any) -> dict[Any, int]:
    """By definition, level by level: a part stands on the first stage that is behind all parts that
    it leads to, one further for each that has an array that learns and is not on an earlier one.

    Without the running statistics outside of a net that is entered.
    """
    rows = {row.key: row for row in multiplier_table(net, wl.AUTOMATIC)}
    while True:  # where one part learns and is a net, its parts
        nodes = dict(net.nodes)
        holding = {
            key: [row for row in rows.values() if any(p.path[:1] == (key,) for p in row.places)]
            for key in nodes
        }
        (single, *more) = [k for k in nodes if any(row.trained for row in holding[k])] or [None]
        if more or single is None or not net.nodes[single].nodes:
            break
        inner, rows = net.nodes[single], multiplier_table_below(net, single, rows)
        net = inner
    if not nodes:
        return {key: 0 for key, row in rows.items() if row.multiplier}
    after: dict[Any, set[Any]] = {key: set() for key in nodes}
    for edge in links(net):
        if edge.source is not None and edge.target is not None:
            after[edge.source].add(edge.target)
    of: dict[Any, int] = {}
    placed: dict[Any, int] = {}
    counted: dict[Any, bool] = {}
    level = 0
    while len(placed) < len(nodes):
        there: list[Any] = [None]
        while there:
            there = [
                key
                for key in nodes
                if key not in placed
                and all(t in placed and placed[t] + counted[t] <= level for t in after[key])
            ]
            for key in there:
                placed[key] = level
                learning = [row.key for row in holding[key] if row.trained]
                counted[key] = any(of.get(each, level) >= level for each in learning)
            for key in there:
                for row in holding[key]:
                    if row.multiplier:
                        of.setdefault(row.key, level)
        level += 1
    last = max((placed[key] for key in nodes if counted[key]), default=0)
    return {key: min(stage, last) for key, stage in of.items()}


def multiplier_table_below(net: Any, key: Any, rows: Any) -> dict[Any, Any]:
    """The rows of the arrays in a node, with places from there."""
    found = {}
    for array, row in rows.items():
        inside = [p for p in row.places if p.path[:1] == (key,)]
        places = tuple(type(p)(p.path[1:], p.shared, p.statistic) for p in inside)
        if places:
            found[array] = replace(row, places=places)
    return found


@given(trees(kinds=HOLDERS), FACTORS)
def test_every_array_has_its_own_rate_times_the_factor_for_each_part_behind_it(
    tree: Any, factor: float
) -> None:
    net = made(tree)
    own_rates = own(net)
    learns = [row for row in multiplier_table(net, wl.AUTOMATIC) if row.trained]
    if not learns:
        with pytest.raises(wl.OptionError, match="no part that learns"):
            decay(net, factor)
        return
    of, rules = stages(net), decay(net, factor)
    for key, rate in rates(net, rules).items():
        assert rate == own_rates[key] * factor ** of.get(key, 0) or key not in of
        assert bool(rate) == bool(own_rates[key])
    assert isinstance(rules, dict)
    assert rates(net, decay(net, 1.0)) == own_rates


@given(trees(kinds=HOLDERS), st.integers(1, 5), st.none() | FACTORS)
def test_in_phase_k_the_k_last_parts_learn_and_in_the_last_phase_all(
    tree: Any, every: int, factor: float | None
) -> None:
    net = made(tree)
    if not [row for row in multiplier_table(net, wl.AUTOMATIC) if row.trained]:
        with pytest.raises(wl.OptionError, match="no part that learns"):
            gradual_unfreezing(net, every, factor=factor)
        return
    of, own_rates = stages(net), own(net)
    phases = gradual_unfreezing(net, every, factor=factor)
    assert list(phases) == [1 + every * k for k in range(1 + max(of.values()))]
    for k, rules in enumerate(phases.values()):
        learned = {key for key, rate in rates(net, rules).items() if rate and key in of}
        assert learned == {key for key, stage in of.items() if stage <= k}
    last = decay(net, 1.0 if factor is None else factor)
    assert rates(net, rules) == rates(net, last)
    if factor is None:
        assert rates(net, rules) == own_rates


@pytest.mark.parametrize("seed", range(20))
def test_any_net_that_can_be_made_has_stages(seed: int) -> None:
    """At all levels too: what leads to a part never learns faster than it."""
    net = attempt(np.random.default_rng(seed))
    if net is None:
        return
    for inside in (wl.AUTOMATIC, ALL):
        if not multiplier_table(net, wl.AUTOMATIC).trained_keys():
            continue
        rules = decay(net, 0.5, inside=inside)
        found = rates(net, rules)
        assert max(rate for rate in found.values()) == 1
        nodes = {key: [rate for path, rate in found.items() if path[0] == key] for key in net.nodes}
        for edge in links(net) if inside is wl.AUTOMATIC else ():
            if edge.source and edge.target and nodes[edge.source] and nodes[edge.target]:
                assert max(nodes[edge.source]) <= max(nodes[edge.target])


def test_the_rules_are_plain_and_name_parts_as_their_net_does() -> None:
    chain = [4, "Ramp", 3, "Tanh", 2]
    assert decay(wl.NetChain(chain), 0.5) == {5: 1, 3: 0.5, 1: 0.25}
    assert list(decay(wl.NetChain(chain), 0.5)) == [5, 3, 1]
    names = dict(zip("abcde", chain, strict=True))
    assert decay(wl.NetChain(names)) == {"e": 1, "c": 0.8, "a": 0.8 * 0.8}
    assert decay(wl.LinearLayer(2)) == {ANY: 1}
    graph = NetGraph({"a": 3, "b": 3, "c": 3, "s": "Plus"}, [("a", "b"), (["b", "c"], "s")])
    assert decay(graph, 0.5) == {"c": 1, "b": 1, "a": 0.5}
    residual = NetGraph({"a": 3, "b": 3, "s": "Plus", "d": 2}, [("a", "b"), (["a", "b"], "s", "d")])
    assert decay(residual, 0.5) == {"d": 1, "b": 0.5, "a": 0.25}


def test_nets_inside_count_as_one_part_unless_it_is_said() -> None:
    net = wl.NetChain({"body": {"low": [4, "Ramp", 4], "high": 3}, "act": "Tanh", "read": 2})
    assert decay(net, 0.5) == {"read": 1, "body": 0.5}
    inside_body = {"read": 1, ("body", "high"): 0.5, ("body", "low"): 0.25}
    assert decay(net, 0.5, inside="body") == inside_body
    deep = {"read": 1, ("body", "high"): 0.5, ("body", "low", 3): 0.25, ("body", "low", 1): 0.125}
    assert decay(net, 0.5, inside=("body", "low")) == decay(net, 0.5, inside=ALL) == deep
    phases = gradual_unfreezing(net, inside="body", factor=0.5)
    assert phases[3] == inside_body
    assert phases[2] == {"read": 1, ("body", "high"): 0.5, ANY: None}
    two = wl.NetChain({"a": [2, 2], "b": [2, 2]}, input=2)
    expected = {("b", 2): 1, ("b", 1): 0.5, ("a", 2): 0.25, ("a", 1): 0.125}
    assert decay(two, 0.5, inside=Alternatives("a", "b")) == expected


def test_where_a_single_part_learns_and_is_a_net_its_parts_count() -> None:
    assert decay(wl.NetChain([[4, "Ramp", 3], wl.SoftmaxLayer()]), 0.5) == {(1, 3): 1, (1, 1): 0.5}
    assert decay(wl.NetMapOperator(wl.NetChain([4, 3])), 0.5) == {("Net", 2): 1, ("Net", 1): 0.5}


def test_what_the_net_says_itself_stays_true() -> None:
    net = wl.NetChain({
        "frozen": wl.LinearLayer(4, learning_rate_multipliers=0),
        "climbs": wl.LinearLayer(4, learning_rate_multipliers=-1),
        "part": wl.LinearLayer(4, learning_rate_multipliers={"Biases": None}),
        "twice": wl.LinearLayer(2, learning_rate_multipliers={"Biases": 2}),
    })  # fmt: skip
    assert decay(net, 0.5) == {
        ("twice", "Biases"): 2, ("part", "Biases"): None, "twice": 1, "part": 0.5, "climbs": -0.25,
    }  # fmt: skip
    assert gradual_unfreezing(net)[1] == {("twice", "Biases"): 2, "twice": 1, ANY: None}


def test_a_shared_array_goes_with_the_part_nearest_to_the_output() -> None:
    shared = wl.LinearLayer(3, weights=NetSharedArray("w"), input=3)
    net = wl.NetChain([shared, 3, shared])
    assert decay(net, 0.5) == {3: 1, 2: 0.5, 1: 0.25}
    assert rates(net, decay(net, 0.5))[NetSharedArray("w")] == 1
    wholly = wl.LinearLayer(3, weights=NetSharedArray("w"), biases=NetSharedArray("b"), input=3)
    tied = wl.NetChain([3, wholly, 3, wholly])
    assert decay(tied, 0.5) == {4: 1, 3: 0.5, 1: 0.25}
    assert len(gradual_unfreezing(tied)) == 3
    twins = NetGraph({"a": 3, "l": wholly, "b": 3, "r": wholly, "s": "Plus"},
                     [("a", "l"), ("b", "r"), (["l", "r"], "s")])  # fmt: skip
    assert decay(twins, 0.5) == {"r": 1, "b": 0.5, "a": 0.5}


def test_running_statistics_rest_with_their_layer() -> None:
    data = np.random.default_rng(0).normal(size=(32, 3)), np.ones((32, 2))
    net = wl.net_initialize(wl.NetChain([4, wl.BatchNormalizationLayer(), "Ramp", 2], input=3))
    kept: list[Any] = []
    wl.net_train(
        net, data, learning_rate_multipliers=gradual_unfreezing(net, every=2),
        max_training_rounds=6, batch_size=8,
        training_progress_function=lambda state: kept.append(arrays_of(state["Net"])) or None,
    )  # fmt: skip
    kept.insert(0, arrays_of(net))
    moved = [
        {key[0] for key in now if now[key].tobytes() != before[key].tobytes()}
        for before, now in itertools.pairwise(kept)
    ]
    assert moved == [{4}, {4}, {2, 4}, {2, 4}, {1, 2, 4}, {1, 2, 4}]
    assert all((2, name) in kept[0] for name in ("MovingMean", "MovingVariance"))
    alone = wl.NetChain([wl.BatchNormalizationLayer(scaling=None, biases=None), 3], input=2)
    assert rates(alone, gradual_unfreezing(alone)[1]) == dict.fromkeys(own(alone), 1.0)


def test_groups_begin_in_their_order_and_what_is_in_none_never_learns() -> None:
    net = wl.NetChain({"words": 5, "low": 4, "high": 3, "read": 2})
    phases = gradual_unfreezing(net, 3, factor=0.5, groups=["read", Alternatives("high", "low")])
    assert phases == {
        1: {"read": 1, ANY: None}, 4: {"read": 1, Alternatives("high", "low"): 0.5, ANY: None},
    }  # fmt: skip
    assert gradual_unfreezing(net, groups=[-1, ANY]) == {1: {-1: 1, ANY: None}, 2: {-1: 1, ANY: 1}}


NET = wl.NetChain({"body": [4, "Ramp"], "read": 2})


@pytest.mark.parametrize("factor", [0, -0.5, 2.6, np.nan, np.inf, True, None, "0.8", [0.5]])
def test_a_factor_is_above_0_and_at_most_1(factor: Any) -> None:
    with pytest.raises(wl.OptionError, match="factor is by how much slower"):
        decay(NET, factor)
    if factor is not None:
        with pytest.raises(wl.OptionError, match="factor is by how much slower"):
            gradual_unfreezing(NET, factor=factor)


def test_what_is_wrong_is_told_at_once() -> None:
    with pytest.raises(wl.OptionError, match=r"1 / 2.6"):
        decay(NET, 2.6)
    with pytest.raises(wl.OptionError, match=r"4 faults(.|\n)*fctor(.|\n)*rounds(.|\n)*factor"):
        gradual_unfreezing(NET, 0, factor=7, inside="read", fctor=1)
    with pytest.raises(wl.PartError, match="bdy"):
        decay(NET, inside="bdy")
    with pytest.raises(wl.OptionError, match="has no nodes"):
        decay(NET, inside=("body", 1, "Weights"))
    with pytest.raises(wl.OptionError, match="rules are made for a net"):
        decay([4, 2])
    with pytest.raises(wl.OptionError, match="every array is frozen by the net itself"):
        decay(wl.NetChain([3], learning_rate_multipliers=0))
    with pytest.raises(wl.OptionError, match="0 freezes"):
        decay(NET, 1e-200, inside=ALL) and decay(wl.NetChain([3, 3, 3]), 1e-200)
    with pytest.raises(wl.OptionError, match="groups are a list"):
        gradual_unfreezing(NET, groups=("body", 1))
    with pytest.raises(wl.RuleError, match="selects nothing"):
        gradual_unfreezing(NET, groups=["read", "bdy"])
    with pytest.raises(wl.OptionError, match="group 2"):
        gradual_unfreezing(NET, groups=[ANY, "read"])
    with pytest.raises(wl.OptionError, match="inside tells"):
        gradual_unfreezing(NET, groups=["read"], inside="body")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = NetGraph({"Input": 3, "b": 2}, [("Input", "b")])
    with pytest.raises(wl.RuleError, match=r"called like a part(.|\n)*Input/Weights(.|\n)*rename"):
        decay(net)
