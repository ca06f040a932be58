"""Ports inside of operators: what flows there, and gradients by it, of as many numbers as flow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetPort, NetPortGradient

WIDE: dict[str, Any] = {"working_precision": "Real64"}


def step() -> Any:
    return wl.NetGraph(
        {"new": 3, "sum": "Plus", "bend": "Tanh"},
        [(NetPort("Input"), "new"), (["new", NetPort("State")], "sum", "bend")],
    )


def scoring() -> Any:
    score = wl.NetChain(["Tanh", wl.LinearLayer(())])
    nodes = {"key": 4, "query": 4, "both": "Plus", "score": score}
    sides: list[Any] = [(NetPort("Input"), "key"), (NetPort("Query"), "query")]
    return wl.NetGraph(nodes, [*sides, (["key", "query"], "both", "score")])


def looking() -> Any:
    """A step that attends to what comes in, by what it gave before."""
    ports = [(NetPort("Input"), NetPort("a", name)) for name in ("Key", "Value")]
    return wl.NetGraph(
        {"a": attention("Bilinear"), "bend": "Tanh"},
        [*ports, (NetPort("State"), NetPort("a", "Query")), ("a", "bend")],
    )


def attention(net: Any, heads: tuple[int, ...] = (), **options: Any) -> Any:
    shapes = dict.fromkeys(("key", "value", "query"), (4, *heads, 3))
    return wl.AttentionLayer(net, multi_head=bool(heads), **shapes, **options)


def itself(net: Any) -> Any:
    """Attention of a sequence to itself."""
    ports = [(NetPort("Input"), NetPort("a", name)) for name in ("Key", "Value", "Query")]
    return wl.NetGraph({"a": net}, ports)


OPERATORS: dict[str, Any] = {
    "map": wl.NetMapOperator([3, "Tanh"], input=(4, 3)),
    "map of a map": wl.NetMapOperator(wl.NetMapOperator("Tanh"), input=(4, 3)),
    "thread": wl.NetMapThreadOperator(wl.FunctionLayer(lambda a, b: a * b), a=(4, 3), b=(4, 3)),
    "thread, one whole": wl.NetMapThreadOperator(scoring(), {"Input": 1}, Input=(4, 3), Query=3),
    "pair": wl.NetPairEmbeddingOperator([3, "Tanh"], input=(2, 3)),
    "pair, by the angle": wl.NetPairEmbeddingOperator(
        [3, "Tanh"], distance_function="CosineDistance", input=(2, 3)
    ),
    "nest": wl.NetNestOperator([3, "Tanh"], 3, input=3),
    "nest, a loop": wl.NetNestOperator([3, "Tanh"], 70, input=3),
    "fold": wl.NetFoldOperator(step(), input=(4, 3)),
    "bidirectional": wl.NetBidirectionalOperator(wl.BasicRecurrentLayer(2), input=(4, 3)),
    "Dot": attention("Dot"),
    "Bilinear": attention("Bilinear"),
    "additive": attention(scoring()),
    "a layer scores": attention(wl.FunctionLayer(lambda input, query: np.sum(input * query**2))),
    "heads": attention("Bilinear", (2,)),
    "heads of a net": attention(scoring(), (2,)),
    "causal": attention("Bilinear", mask="Causal"),
    "causal heads of a net": attention(scoring(), (2,), mask=("Causal", 2)),
    "attention in a map": wl.NetMapOperator(itself(attention("Bilinear")), input=(2, 4, 3)),
    "attention in a fold": wl.NetFoldOperator(looking(), input=(2, 4, 3)),
    "attention in a nest": wl.NetNestOperator(itself(attention("Dot", mask="Causal")), 2),
}  # fmt: skip


def inside(net: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ports in a net: (path, name, whether it is an output)."""
    own = [(path, name, False) for name in net.input_names]
    own += [(path, name, True) for name in net.output_names]
    return own + [port for key, node in net.nodes.items() for port in inside(node, (*path, key))]


@pytest.mark.parametrize("name", OPERATORS)
def test_at_every_port_inside_there_is_a_gradient_of_what_flows(name: str) -> None:
    net = wl.net_initialize(OPERATORS[name])
    rng = np.random.default_rng(0)
    shapes = wl.information(net, "InputPorts")
    data = {name: rng.normal(size=(3, *shape)) for name, shape in shapes.items()}
    alone = {name: x[1] for name, x in data.items()}
    for path, port, goes_out in inside(net):
        found = net(data, NetPortGradient(*path, port), **WIDE)
        assert len(found) == 3, (path, port)
        assert found.any() or path, (path, port)
        one = net(alone, NetPortGradient(*path, port), **WIDE)
        np.testing.assert_allclose(one, found[1], rtol=1e-9, atol=1e-12, err_msg=str((path, port)))
        if goes_out:
            assert net(data, NetPort(*path, port), **WIDE).shape == found.shape, (path, port)


@pytest.mark.parametrize("name", ["Dot", "Bilinear", "additive", "heads of a net", "causal"])
def test_where_a_key_is_only_scored_its_gradient_is_that_inside(name: str) -> None:
    net = wl.net_initialize(OPERATORS[name])
    shapes = wl.information(net, "InputPorts")
    rng = np.random.default_rng(1)
    data = {port: rng.normal(size=(3, *shape)) for port, shape in shapes.items()}
    for outer, inner in (("Key", "Input"), ("Query", "Query")):
        whole = net(data, NetPortGradient(outer), **WIDE)
        found = net(data, NetPortGradient("ScoringNet", inner), **WIDE)
        by_head = np.moveaxis(whole, 2, 1) if net.parameters["MultiHead"] else whole
        np.testing.assert_allclose(found, by_head, rtol=1e-9, atol=1e-12)
