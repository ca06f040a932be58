"""A new kind of container says in hooks what it does: what it leaves out is an error with the name
of the hook, wherever it is asked for, and never what another kind does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.gathered import Gathered
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.connections import connections, needed_for, producer
from wlnet.nets.container import CONTAINERS, Container
from wlnet.nets.mapping import NetMapOperator
from wlnet.nets.nest import NetNestOperator
from wlnet.nets.operators import Operator

OTHER_PORTS = wl.NetGraph({"a": "Ramp"}, [(wl.NetPort("x"), "a", wl.NetPort("y"))])


def operator(missing: str | None = None) -> type[Operator]:
    """An operator that applies a net as it is, without one hook."""

    class NetOnceOperator(Operator):
        kind = "NetOnceOperator"

        def __init__(
            self, net: Any, *, input: Any = wl.AUTOMATIC, output: Any = wl.AUTOMATIC
        ) -> None:
            self._start(Gathered(), net, {}, [("Input", input), ("Output", output)], wl.AUTOMATIC)

        @classmethod
        def read(cls, inner: Any, given: Any) -> dict[str, object]:
            return {}

        @property
        def repeats(self) -> int | None:
            return None

        def wire(self, walk: Any, path: Any, wires: Any) -> None:
            entry, result = self.inner.input_names[0], self.inner.output_names[0]
            own = {entry: wires["Input"], result: wires["Output"]}
            walk.visit(self.inner, (*path, "Net"), own)

        def lower(self, walk: Any, path: Any, inputs: Any, batch: int) -> Any:
            own = dict(zip(self.inner.input_names, inputs.values(), strict=True))
            made = walk.visit(self.inner, (*path, "Net"), own, batch)
            return dict(zip(self.output_names, made.values(), strict=True))

    if missing is not None:
        setattr(NetOnceOperator, missing, vars(Container)[missing])
    return NetOnceOperator


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = dict(CONTAINERS)
    yield
    CONTAINERS.clear()
    CONTAINERS.update(before)


def _made(kind: type[Operator]) -> Any:
    make: Any = kind
    first = wl.LinearLayer(3, weights=[[1, 2], [3, -4], [5, 6]], biases=[1, 2, 3])
    return make([first, "Ramp"], input=2)


def _saved(net: Any, folder: Path) -> Any:
    wl.save(net, folder / "net.wlnet")
    return wl.load(folder / "net.wlnet")


PLACES: list[tuple[str, Callable[[Any, Path], Any]]] = [
    ("links", lambda net, _: connections(net)),
    ("links", lambda net, _: producer(net, "Output")),
    ("links", lambda net, _: needed_for(net, [((), "Output")])),
    (
        "links",
        lambda net, _: wl.net_train(net, (np.ones((4, 2)), np.ones((4, 3))), max_training_rounds=1),
    ),
    ("lower", lambda net, _: net([1, 2])),
    ("repeats", lambda net, _: net([1, 2])),
    ("repeats", lambda net, _: needed_for(net, [(("Net",), "Output")])),
    ("arguments", lambda net, _: repr(net)),
    ("record", _saved),
    ("record", lambda net, _: wl.net_replace(wl.NetChain([net]), {net: "Ramp"})),
    ("from_record", _saved),
    ("renamed", lambda net, _: wl.net_rename(net, {}, wl.ALL)),
    ("exchanged", lambda net, _: wl.net_replace_part(net, {"Net": OTHER_PORTS})),
]


@pytest.mark.parametrize(("hook", "ask"), PLACES)
def test_who_asks_for_a_hook_that_is_not_there_hears_its_name(
    hook: str, ask: Callable[[Any, Path], Any], tmp_path: Path
) -> None:
    net = _made(operator(hook))
    with pytest.raises(Exception, match=f"NetOnceOperator does not say `{hook}`"):
        ask(net, tmp_path)


def test_without_wire_no_net_is_made() -> None:
    with pytest.raises(NotImplementedError, match="NetOnceOperator does not say `wire`"):
        _made(operator("wire"))


@pytest.mark.parametrize(("hook", "ask"), PLACES)
def test_with_all_hooks_it_is_a_net_like_others(
    hook: str, ask: Callable[[Any, Path], Any], tmp_path: Path
) -> None:
    ask(_made(operator()), tmp_path)


def test_with_all_hooks_it_computes_what_it_says(tmp_path: Path) -> None:
    net = _made(operator())
    plain = net.nodes["Net"]
    x = np.array([[1, -2], [3, 4]], np.float32)
    assert net(x).tobytes() == wl.net_replace_part(plain, {"Input": 2})(x).tobytes()
    assert _saved(net, tmp_path) == net
    assert repr(net).startswith("NetOnceOperator(NetChain([\n")
    assert connections(net) == [(("Net", 1), ("Net", 2))]
    assert producer(net, "Output") is plain.nodes[2]
    assert wl.net_delete(net, ("Net", 2)).nodes["Net"].nodes == {1: plain.nodes[1]}
    assert wl.net_rename(net, {1: "a", 2: "b"}, wl.ALL)["Net", "a"] == net["Net", 1]


@pytest.mark.parametrize("base", [NetMapOperator, NetNestOperator, wl.NetChain, wl.NetGraph])
def test_no_kind_is_made_from_another_and_does_what_that_does(base: type[Container]) -> None:
    with pytest.raises(TypeError, match=f"NetNewContainer extends {base.kind}"):
        type("NetNewContainer", (base,), {"kind": "NetNewContainer"})


def test_an_arrangement_that_surgery_does_not_know_is_not_taken_for_a_chain() -> None:
    class NetRow(Arrangement):
        kind = "NetRow"
        addressing = "positions"
        input_names = ("Input",)
        output_names = ("Output",)

        def links(self) -> Any:
            return wl.NetChain(list(self.nodes.values())).links()

    row = object.__new__(NetRow)
    row._fill(nodes=wl.NetChain(["Tanh", "Ramp", "Sin"]).nodes)
    with pytest.raises(NotImplementedError, match="NetRow"):
        wl.net_delete(row, 2)
    for function in (wl.net_take, wl.net_append, wl.net_prepend, wl.net_drop):
        with pytest.raises(wl.OptionError, match="NetRow"):
            function(row, 1)
