"""Other nets at some paths of a net: only what lies on the way to them is made anew."""

from __future__ import annotations

import wlnet as wl
from wlnet.core.walking import node_at, walk
from wlnet.nets.container import rebuilt

NET = wl.NetChain({"a": ["Tanh", "Ramp"], "b": wl.NetMapOperator({"c": "Sin"}), "d": ["Exp"]})
SINE = wl.ElementwiseLayer("Sin")


def test_the_new_nets_stand_at_their_paths_and_all_others_are_the_same_values() -> None:
    new = rebuilt(NET, {("a", 2): SINE, ("d", 1): SINE})
    changed = {path for path, node in walk(new) if node is not node_at(NET, path)}
    assert changed == {(), ("a",), ("a", 2), ("d",), ("d", 1)}
    assert new["a", 2] == new["d", 1] == SINE
    assert NET["a", 2] == wl.ElementwiseLayer("Ramp")


def test_without_new_nets_it_is_the_net_itself_and_at_the_empty_path_the_new_one() -> None:
    assert rebuilt(NET, {}) is NET
    assert rebuilt(NET, {(): SINE}) is SINE


def test_what_is_shared_stays_at_the_root() -> None:
    tied = wl.net_insert_shared_arrays(wl.net_initialize(wl.NetChain([[2], "Tanh"], input=3)))
    new = rebuilt(tied, {(2,): SINE})
    assert list(new.shared) == ["1/1/Weights", "1/1/Biases"]
    assert all(new.shared[name] is array for name, array in tied.shared.items())
