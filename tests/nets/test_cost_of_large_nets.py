"""What is done with a net takes as many times as long as it has layers: nothing looks at all layers
for each of them. Calls of functions are counted, so that no clock matters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

import wlnet as wl
from wlnet.core.net import Net
from wlnet.lowering.lower import lower
from wlnet.nets.arrays import arrays_of


def chain(count: int) -> Net:
    return wl.NetChain([3, "Ramp"] * count, input=3)


def graph(count: int) -> Net:
    nodes: dict[str, Any] = {f"n{i}": wl.ThreadingLayer("Plus") for i in range(count)}
    nodes["last"] = wl.LinearLayer(2)
    first = [(wl.NetPort("Input"), "n0"), (wl.NetPort("Other"), "n0")]
    rest = [edge for i in range(1, count) for edge in
            ((f"n{i - 1}", f"n{i}"), (wl.NetPort("Other"), f"n{i}"))]  # fmt: skip
    last = (f"n{count - 1}", "last")
    return wl.NetGraph(nodes, [*first, *rest, last], ports={"Input": 3, "Other": 3})


def first(net: Any) -> Any:
    return next(iter(net.nodes))


USES: dict[str, Callable[[Net], Any]] = {
    "initialized": lambda net: wl.net_initialize(net, random_seeding=1),
    "lowered": lambda net: lower(net, 2),
    "shown": repr,
    "counted": lambda net: wl.information(net, "ArraysTotalElementCount"),
    "multipliers": lambda net: wl.information(net, "ArraysLearningRateMultipliers"),
    "a part replaced": lambda net: wl.net_replace_part(net, {first(net): net.nodes[first(net)]}),
    "a part deleted": lambda net: wl.net_delete(net, first(net)),
    "arrays": arrays_of,
    "planned": lambda net: wl.net_program(net, batch_size=2),
    "planned for training": lambda net: wl.net_program(
        net, batch_size=2, learning_rate_multipliers=wl.AUTOMATIC
    ),
}


def calls(work: Callable[[], Any]) -> int:
    """How many functions are called, Python's own among them."""
    count = 0

    def seen(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def grows(work: Callable[[int], Any]) -> float:
    """How many times as many calls four times as many layers take."""
    work(5)  # what is done once
    return calls(lambda: work(160)) / calls(lambda: work(40))


@pytest.mark.parametrize("make", [chain, graph])
def test_a_net_is_made_in_time_that_follows_from_its_layers(make: Callable[[int], Net]) -> None:
    assert grows(make) < 5


@pytest.mark.parametrize("make", [chain, graph])
@pytest.mark.parametrize("use", USES)
def test_a_net_is_used_in_time_that_follows_from_its_layers(
    use: str, make: Callable[[int], Net]
) -> None:
    nets = {count: wl.net_initialize(make(count), random_seeding=1) for count in (5, 40, 160)}
    assert grows(lambda count: USES[use](nets[count])) < 5
