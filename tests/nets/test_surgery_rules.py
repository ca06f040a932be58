"""Multipliers stay with the arrays they were given for, whatever surgery does to the net around them."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.reference_rules import Tree
from tests.strategies import build, trees
from wlnet import ALL, ANY, AUTOMATIC, Alternatives, NetSharedArray, RuleWarning, Span

CHAINS = ("chain", "named chain")
GRAPHS = ("graph", "named graph")
FEWER = settings(max_examples=max(settings.default.max_examples // 4, 1))  # of each of many kinds
Cut = Callable[[st.DataObject, Any], Any]


def quietly(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The result of a call. Drawn rules may be hidden or without arrays: no warnings of these."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuleWarning)
        return call(*args, **options)


def by_mark(net: Any) -> dict[Any, float]:
    """The multipliers of a marked net by the number that fills the array, or its shared name."""
    arrays = wl.information(net, "Arrays")
    found = wl.information(net, "ArraysLearningRateMultipliers")
    return {
        key if isinstance(key, NetSharedArray) else float(arrays[key].flat[0]): rate
        for key, rate in found.items()
        if isinstance(key, NetSharedArray) or isinstance(arrays[key], np.ndarray)
    }


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


@pytest.mark.parametrize(("cut", "kinds"), SURVIVES, ids=lambda of: of[0] if isinstance(of, tuple) else of.__name__)
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
