"""Multipliers stay with the arrays they were given for, whatever surgery does to the net around
them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.nets.marks import by_mark, quietly
from tests.strategies import build, trees
from wlnet import ALL, ANY, AUTOMATIC, Alternatives, NetSharedArray, Span
from wlnet.core.multipliers import multiplier_table

CHAINS = ("chain", "named chain")
GRAPHS = ("graph", "named graph")
FEWER = settings(max_examples=max(settings.default.max_examples // 4, 1))  # of each of many kinds
Cut = Callable[[st.DataObject, Any], Any]


def position(data: st.DataObject, net: Any) -> int:
    return data.draw(st.integers(1, len(net.nodes)), "position")


def take(data: st.DataObject, net: Any) -> Any:
    first, last = sorted((position(data, net), position(data, net)))
    if net.kind == "NetChain":
        return wl.net_take(net, (first, last))
    key = data.draw(st.sampled_from(list(net.nodes)))
    return wl.net_take(net, data.draw(st.sampled_from([key, (key, ALL), (key, key), ALL])))


def drop(data: st.DataObject, net: Any) -> Any:
    assume(len(net.nodes) > 1)
    return wl.net_drop(net, [position(data, net)])


def new_layer(net: Any) -> Any:
    plain = wl.ConstantTimesLayer()
    return ("new", plain) if isinstance(next(iter(net.nodes)), str) else plain


def append(data: st.DataObject, net: Any) -> Any:
    return wl.net_append(net, new_layer(net))


def prepend(data: st.DataObject, net: Any) -> Any:
    return wl.net_prepend(net, new_layer(net))


def insert(data: st.DataObject, net: Any) -> Any:
    return wl.net_insert(net, new_layer(net), position(data, net))


def delete(data: st.DataObject, net: Any) -> Any:
    """Without one node, at any depth."""
    path: tuple[Any, ...] = ()
    inside = net
    while True:
        keys = list(inside.nodes)
        key = data.draw(st.sampled_from(keys))
        path += (key,)
        deeper = [node for node in [inside.nodes[key]] if node.nodes]
        if not deeper or (len(keys) > 1 and data.draw(st.booleans())):
            break
        inside = deeper[0]
    assume(len(keys) > 1 and key != "Net")
    return wl.net_delete(net, path)


def rename(data: st.DataObject, net: Any) -> Any:
    names = data.draw(st.permutations([f"n{i}" for i in range(len(net.nodes))]))
    return wl.net_rename(net, names)


def rename_deep(data: st.DataObject, net: Any) -> Any:
    return wl.net_rename(net, lambda old: f"{old}x", ALL)


def flatten(data: st.DataObject, net: Any) -> Any:
    return wl.net_flatten(net, data.draw(st.sampled_from([AUTOMATIC, 1, 2])))


def share(data: st.DataObject, net: Any) -> Any:
    return wl.net_insert_shared_arrays(net, "p/")


def join(data: st.DataObject, net: Any) -> Any:
    kind = "named chain" if isinstance(next(iter(net.nodes)), str) else "chain"
    return wl.net_join(net, wl.NetChain({"z": new_layer({})} if kind != "chain" else ["Tanh"]))


FOR_CHAINS: list[Cut] = [take, drop, append, prepend, insert, delete, rename, rename_deep, flatten]
FOR_GRAPHS: list[Cut] = [take, append, prepend, delete, rename, rename_deep, flatten]
SURVIVES = [(cut, CHAINS) for cut in FOR_CHAINS] + [(cut, GRAPHS) for cut in FOR_GRAPHS]


@pytest.mark.parametrize(
    ("cut", "kinds"), SURVIVES, ids=lambda of: of[0] if isinstance(of, tuple) else of.__name__
)
@FEWER
@given(data=st.data())
def test_an_array_that_survives_keeps_its_multiplier(cut: Cut, kinds: Any, data: Any) -> None:
    net = quietly(build, data.draw(trees(kinds=kinds, depth=2)), marked=True)
    untouched = copy.deepcopy(net)
    try:
        result = quietly(cut, data, net)
    except wl.OptionError as error:
        assume("only a graph with one" not in str(error))
        assume("would have other ports" not in str(error))
        raise
    before, after = by_mark(net), by_mark(result)
    assert after == {key: rate for key, rate in before.items() if key in after}
    assert net == untouched


@FEWER
@given(trees(kinds=CHAINS, depth=2), trees(kinds=CHAINS, depth=2))
def test_of_two_joined_chains_each_keeps_its_multipliers(one: Any, other: Any) -> None:
    a, b = quietly(build, one, marked=True), quietly(build, other, marked=True)
    a = quietly(wl.net_rename, a, [f"a{key}" for key in a.nodes])
    b = quietly(wl.net_rename, b, [f"b{key}" for key in b.nodes])
    try:
        both = quietly(wl.net_join, a, b)
    except wl.ShapeError:
        assume(False)  # vectors before matrices
    rates = wl.information(both, "ArraysLearningRateMultipliers")
    for net in (b, a):
        for row in multiplier_table(net, AUTOMATIC, warnings=False):
            if row.decided_by is not None and (net is a or not isinstance(row.key, NetSharedArray)):
                assert rates[row.key] == row.multiplier
            elif not isinstance(row.key, NetSharedArray):
                assert rates[row.key] == 1


RULES: list[Any] = [((3, "Biases"), 0), (Span(2, 3), 2.5), (-1, None), (ANY, 0.1)]
NET = wl.NetChain([2, 2, 2, 2], input=2, learning_rate_multipliers=RULES)
W = NetSharedArray("w")


@pytest.mark.parametrize(
    ("cut", "rules"),
    [
        (lambda: wl.net_take(NET, 3), [((3, "Biases"), 0), (Span(2, 3), 2.5), (ANY, 0.1)]),
        (lambda: wl.net_take(NET, (3, 4)), [((1, "Biases"), 0), (1, 2.5), (-1, None), (ANY, 0.1)]),
        (lambda: wl.net_drop(NET, 3), [(-1, None), (ANY, 0.1)]),
        (lambda: wl.net_drop(NET, [2]), [((2, "Biases"), 0), (2, 2.5), (-1, None), (ANY, 0.1)]),
        (
            lambda: wl.net_append(NET, 2),
            [((3, "Biases"), 0), (Span(2, 3), 2.5), (4, None), (Alternatives(1, 2, 3, 4), 0.1)],
        ),
        (
            lambda: wl.net_insert(NET, 2, 3),
            [
                ((4, "Biases"), 0),
                (Alternatives(2, 4), 2.5),
                (-1, None),
                (Alternatives(1, 2, 4, 5), 0.1),
            ],
        ),
        (lambda: wl.net_append(wl.net_take(NET, 1), "Ramp"), [(ANY, 0.1)]),
        (
            lambda: wl.net_rename(NET, list("abcd")),
            RULES,
        ),
        (lambda: wl.net_extract(wl.NetChain([NET], learning_rate_multipliers=7), 1), RULES),
    ],
)
def test_rules_keep_their_wording_where_it_means_the_same(cut: Any, rules: Any) -> None:
    assert cut().learning_rate_multipliers == rules


def test_a_lone_rate_stays_one_and_speaks_only_for_the_nodes_it_was_given_for() -> None:
    frozen = wl.NetChain([2, "Ramp", 2], learning_rate_multipliers=None)
    assert wl.net_take(frozen, 2).learning_rate_multipliers is None
    assert wl.net_drop(frozen, 1).learning_rate_multipliers is None
    longer = wl.net_append(frozen, 3)
    assert longer.learning_rate_multipliers == [(Alternatives(1, 3), None)]
    assert list(wl.information(longer, "ArraysLearningRateMultipliers").values()) == [
        0,
        0,
        0,
        0,
        1,
        1,
    ]


def test_options_of_inner_nodes_stay_and_outer_rules_are_dropped_by_extract() -> None:
    inner = wl.LinearLayer(2, learning_rate_multipliers=3)
    net = wl.NetChain([[inner, "Ramp"], 2], learning_rate_multipliers={1: 5})
    for cut in (wl.net_take(net, 1), wl.net_append(net, "Ramp"), wl.net_delete(net, 2)):
        assert wl.net_extract(cut, (1, 1, "LearningRateMultipliers")) == 3
        assert wl.information(cut, "ArraysLearningRateMultipliers")[1, 1, "Weights"] == 5
    extracted = wl.net_extract(net, 1)
    assert wl.information(extracted, "ArraysLearningRateMultipliers")[1, "Weights"] == 3


def test_a_net_inside_that_loses_a_node_keeps_its_rules_for_the_others() -> None:
    inner = wl.NetChain([2, "Ramp", 2], learning_rate_multipliers={1: 0, 3: 5})
    net = wl.NetChain([2, inner], learning_rate_multipliers=[((2, 3, "Biases"), 7)])
    smaller = wl.net_delete(net, (2, 2))
    assert smaller.nodes[2].learning_rate_multipliers == {1: 0, 2: 5}
    assert smaller.learning_rate_multipliers == [((2, 2, "Biases"), 7)]
    rates = wl.information(smaller, "ArraysLearningRateMultipliers")
    assert list(rates.values()) == [1, 1, 0, 0, 5, 7]


def test_a_shared_array_keeps_its_rate_when_the_place_that_decided_it_goes() -> None:
    tied = wl.LinearLayer(2, weights=W)
    net = wl.NetChain([tied, tied], learning_rate_multipliers=[(2, 5), (1, 3)])
    alone = wl.net_take(net, 1)
    assert alone.learning_rate_multipliers == [(W, 5), (1, 3)]
    own = wl.NetChain([wl.LinearLayer(2, weights=W, learning_rate_multipliers=0), tied])
    assert wl.information(wl.net_drop(own, 1), "ArraysLearningRateMultipliers")[W] == 0
    other = wl.net_prepend(
        wl.NetChain([tied], learning_rate_multipliers={1: 4}),
        wl.LinearLayer(2, weights=W, learning_rate_multipliers=9),
    )
    assert wl.information(other, "ArraysLearningRateMultipliers")[W] == 4


def test_a_new_node_may_speak_for_a_shared_array_that_no_rule_spoke_for() -> None:
    net = wl.NetChain([wl.LinearLayer(2, weights=W)])
    longer = wl.net_append(net, wl.LinearLayer(2, weights=W, learning_rate_multipliers=0))
    assert wl.information(longer, "ArraysLearningRateMultipliers")[W] == 0


def test_a_dict_of_rules_stays_a_dict_and_none_stays_none() -> None:
    net = wl.NetChain({"a": 2, "b": 2}, learning_rate_multipliers={"b": None, "a": 2})
    assert wl.net_take(net, ("b", "b")).learning_rate_multipliers == {"b": None}
    assert wl.net_take(net, "a").learning_rate_multipliers == {"a": 2}
    both = wl.net_join(net, wl.NetChain({"c": 2}, learning_rate_multipliers=4))
    assert both.learning_rate_multipliers == [("b", None), ("a", 2), ("c", 4)]


def test_no_rules_stay_no_rules() -> None:
    plain = wl.NetChain([2, [2, "Ramp"], 2])
    for net in (wl.net_take(plain, 2), wl.net_append(plain, 1), wl.net_flatten(plain)):
        assert net.learning_rate_multipliers is AUTOMATIC


def test_numbers_at_the_places_of_a_shared_array_keep_its_rate_and_no_rule_names_what_is_gone() -> (
    None
):
    tied = wl.LinearLayer(2, weights=W, biases=None, input=2)
    eye = np.eye(2)
    net = wl.net_initialize(wl.NetChain([tied, tied, 1], learning_rate_multipliers={W: 0}))
    one = quietly(wl.net_replace_part, net, {(1, "Weights"): eye})
    assert one.learning_rate_multipliers == {(1, "Weights"): 0, W: 0}
    both = wl.net_replace_part(net, {(1, "Weights"): eye, (2, "Weights"): eye})
    assert both.learning_rate_multipliers == [((1, "Weights"), 0), ((2, "Weights"), 0)]
    v = NetSharedArray("v")
    renamed = wl.net_replace_part(net, {(1, "Weights"): v, (2, "Weights"): v})
    assert renamed.learning_rate_multipliers == [(v, 0)]
    inner = wl.NetChain([net, "Tanh"])
    deep = wl.net_replace_part(inner, {(1, 1, "Weights"): eye, (1, 2, "Weights"): eye})
    assert wl.net_extract(deep, 1).learning_rate_multipliers == both.learning_rate_multipliers
    with pytest.raises(wl.RuleError, match=r"do not fit the new part[\s\S]*'w' any more"):
        wl.net_replace_part(net, {1: "Ramp", 2: "Ramp"})


def test_a_shared_array_keeps_its_rate_when_a_part_that_decided_it_is_replaced() -> None:
    tied = wl.LinearLayer(2, weights=W, biases=None, input=2)
    net = wl.NetChain([tied, tied], learning_rate_multipliers={1: 3})
    new = wl.net_replace_part(net, {1: wl.LinearLayer(2, biases=None)})
    assert wl.information(new, "ArraysLearningRateMultipliers") == {(1, "Weights"): 3, W: 3}
    silent = wl.NetChain([2, tied], learning_rate_multipliers={1: 0})
    joined = wl.net_replace_part(silent, {1: tied})
    assert wl.information(joined, "ArraysLearningRateMultipliers")[W] == 1
    spoken = wl.LinearLayer(2, weights=W, biases=None, learning_rate_multipliers=5)
    plain = wl.NetChain([2, tied])
    said = wl.net_replace_part(plain, {1: spoken})
    assert wl.information(said, "ArraysLearningRateMultipliers")[W] == 5


def test_sharing_arrays_keeps_the_rates_that_a_rule_for_all_shared_ones_gave() -> None:
    tied = wl.LinearLayer(2, weights=W, input=2)
    rules = {NetSharedArray(ALL): 0}
    net = wl.NetChain([wl.NetChain([tied, 2], learning_rate_multipliers=rules), 2])
    before = list(wl.information(net, "ArraysLearningRateMultipliers").values())
    shared = wl.net_insert_shared_arrays(net)
    assert list(wl.information(shared, "ArraysLearningRateMultipliers").values()) == before
    inside = wl.net_extract(shared, 1)
    assert inside.learning_rate_multipliers == {W: 0}
    assert list(wl.information(inside, "ArraysLearningRateMultipliers").values()) == before[:4]


def test_rules_for_alternatives_with_shared_arrays_move_too() -> None:
    tied = wl.LinearLayer(2, weights=W, biases=None)
    net = wl.NetChain(
        ["Ramp", tied, 2], learning_rate_multipliers=[(Alternatives(W, 3), 0.5), (ANY, 2)]
    )
    assert wl.net_drop(net, 1).learning_rate_multipliers == [(W, 0.5), (2, 0.5), (ANY, 2)]
    assert wl.net_append(net, "Tanh").learning_rate_multipliers == [
        (Alternatives(W, 3), 0.5),
        (ANY, 2),
    ]


def test_a_node_that_comes_to_be_called_like_a_port_keeps_its_rate() -> None:
    chain = wl.NetChain({"a": 2, "b": 2}, learning_rate_multipliers={"a": 0})
    shadowed = quietly(wl.net_rename, chain, {"a": "Input"})
    assert shadowed.learning_rate_multipliers == {1: 0}
    rules = [("a", 0), (ANY, 0.5)]
    graph = wl.NetGraph(wl.NetChain({"a": 2, "b": 2, "c": 2}, learning_rate_multipliers=rules))
    renamed = quietly(wl.net_rename, graph, {"a": "Input"})
    assert list(wl.information(renamed, "ArraysLearningRateMultipliers").values()) == [
        0,
        0,
        *[0.5] * 4,
    ]
    assert renamed.nodes["Input"].learning_rate_multipliers == [("Weights", 0), ("Biases", 0)]
    ports = {wl.NetPort("Output"): wl.NetPort("a")}
    with pytest.warns(wl.RuleWarning, match="node 'a' is called like a port"):
        by_port = wl.net_rename(graph, ports)
    assert list(wl.information(by_port, "ArraysLearningRateMultipliers").values()) == [
        0,
        0,
        *[0.5] * 4,
    ]


def test_a_replacement_beside_a_deletion_is_held_to_the_rules() -> None:
    nodes = {"x": 3, "d": wl.DropoutLayer(), "y": 2}
    net = wl.NetChain(nodes, input=2, learning_rate_multipliers={("x", "Biases"): 0})
    pairs: list[Any] = [(wl.LinearLayer(3), wl.NetChain([3])), (wl.DropoutLayer, None)]
    for whole, edits in (
        (net, pairs),
        (wl.NetChain({"in": net, "t": "Tanh"}), [*pairs, ("Tanh", None)]),
    ):
        with pytest.raises(wl.RuleError, match=r"do not fit the new part[\s\S]*'x', 1, 'Biases'"):
            wl.net_replace(whole, edits)
