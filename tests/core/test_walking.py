"""Going through a net: every node once, outer ones first, and the node at a path."""

from __future__ import annotations

import wlnet as wl
from wlnet.core.walking import node_at, walk

NET = wl.NetChain({"a": ["Tanh", "Ramp"], "b": wl.NetMapOperator({"c": "Sin"})})


def test_a_net_comes_before_what_it_holds_and_that_in_its_order() -> None:
    paths = [(), ("a",), ("a", 1), ("a", 2), ("b",), ("b", "Net"), ("b", "Net", "c")]
    assert [path for path, _ in walk(NET)] == paths
    assert all(node is node_at(NET, path) for path, node in walk(NET))


def test_paths_go_on_from_that_of_the_net() -> None:
    found = walk(node_at(NET, ("a",)), ("a",))
    assert [path for path, _ in found] == [("a",), ("a", 1), ("a", 2)]


def test_a_net_that_is_not_entered_comes_without_what_it_holds() -> None:
    found = walk(NET, (), lambda path, _: path != ("a",))
    assert [path for path, _ in found] == [(), ("a",), ("b",), ("b", "Net"), ("b", "Net", "c")]


def test_whether_a_net_is_entered_is_asked_when_it_has_been_seen() -> None:
    seen = {}
    for path, node in walk(NET, (), lambda path, _: path not in seen):
        if path:
            seen[path] = node
    assert list(seen) == [("a",), ("b",)]
