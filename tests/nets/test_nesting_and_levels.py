"""How deep nets are nested and how many levels arrays have: what is beyond is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.nesting import DEEPEST
from wlnet.core.shapes import MOST_LEVELS

ROUND: dict[str, Callable[[Any], Any]] = {
    "chain": lambda net: wl.NetChain([net]),
    "graph": lambda net: wl.NetGraph({"a": net}),
    "map": wl.NetMapOperator,
    "nest": lambda net: wl.NetNestOperator(net, 1),
}


def nested(depth: int, around: Callable[[Any], Any] = ROUND["chain"]) -> Any:
    net: Any = wl.ElementwiseLayer("Tanh")
    for _ in range(depth):
        net = around(net)
    return net


@pytest.mark.parametrize("around", ROUND)
def test_nets_are_nested_fifty_deep_and_no_deeper(around: str) -> None:
    net = nested(DEEPEST, ROUND[around])
    assert net.depth == DEEPEST
    with pytest.raises(wl.OptionError, match="nested 51 deep"):
        ROUND[around](net)


@pytest.mark.parametrize(
    "edit",
    [
        lambda net: wl.net_append(wl.NetChain([1]), net),
        lambda net: wl.net_insert(wl.NetChain([1]), net, 1),
        lambda net: wl.net_replace_part(net, {(1,) * DEEPEST: [1]}),
        lambda net: wl.net_replace(net, [(wl.ElementwiseLayer, wl.NetChain([1]))]),
    ],
)
def test_surgery_nests_no_deeper_either(edit: Callable[[Any], Any]) -> None:
    with pytest.raises(wl.OptionError, match="nested 51 deep"):
        edit(nested(DEEPEST))


def endless() -> Any:
    items: list[Any] = [1]
    items += [items, {"a": items}]
    return items


def deep() -> Any:
    items: Any = 1
    for _ in range(100_000):
        items = [items]
    return items


def woven() -> Any:
    """As many ways to the last as no computer can walk."""
    items: Any = [1]
    for _ in range(60):
        items = [items, items]
    return items


@pytest.mark.parametrize("make", [endless, deep, woven])
@pytest.mark.parametrize(
    "call",
    [
        wl.NetChain,
        wl.NetGraph,
        wl.NetMapOperator,
        lambda items: wl.NetNestOperator(items, 2),
        lambda items: wl.net_append(wl.NetChain([1]), items),
        lambda items: wl.net_replace_part(wl.NetChain([1]), {1: items}),
    ],
)
def test_lists_that_hold_themselves_are_no_nets(make: Callable[[], Any], call: Any) -> None:
    with pytest.raises(wl.OptionError, match="lists in lists, but not without end"):
        call(make())


# Levels


@pytest.mark.parametrize(
    "make",
    [
        lambda many: wl.NetChain([wl.FlattenLayer()], input=many),
        lambda many: wl.LinearLayer(many),
        lambda many: wl.NetChain([many], input=1),
        lambda many: wl.ReshapeLayer(many),
        lambda many: wl.NetArrayLayer(output=many),
        lambda many: wl.NetMapOperator(wl.FlattenLayer(), input=many),
    ],
)
@pytest.mark.parametrize("levels", [MOST_LEVELS + 1, 100_000])
def test_more_levels_than_arrays_can_have_are_refused(make: Any, levels: int) -> None:
    with pytest.raises(wl.OptionError, match="levels") as error:
        make((1,) * levels)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    "make",
    [
        lambda many: wl.NetChain([wl.EmbeddingLayer(2, 3)], input=many),
        lambda many: wl.NetChain([wl.NetMapOperator(wl.LinearLayer(many))], input=(2, 1)),
        lambda many: wl.NetChain([wl.NetMapOperator(wl.EmbeddingLayer(2, 3))], input=many),
    ],
)
def test_levels_that_follow_are_counted_too(make: Any) -> None:
    with pytest.raises(wl.ShapeError, match="levels are more than"):
        make((1,) * MOST_LEVELS)


LAYERS: dict[str, Any] = {
    "linear": lambda: wl.LinearLayer(3),
    "softmax": wl.SoftmaxLayer,
    "normalization": wl.NormalizationLayer,
    "batches": wl.BatchNormalizationLayer,
    "ramp": wl.ParametricRampLayer,
    "transposed": lambda: wl.TransposeLayer([(1, -1)]),
    "flat": wl.FlattenLayer,
    "map": lambda: wl.NetMapOperator("Tanh"),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_as_many_levels_as_are_allowed_are_evaluated_and_trained(kind: str) -> None:
    shape = (2, *[1] * (MOST_LEVELS - 2), 3)
    net = wl.net_initialize(wl.NetChain([wl.ConstantTimesLayer(), LAYERS[kind]()], input=shape))
    x = np.random.default_rng(0).normal(size=(4, *shape))
    y = net(x)
    assert np.isfinite(y).all() and np.allclose(net(x[1]), y[1], atol=1e-6)
    trained = wl.net_train(
        net,
        (x, y * 2),
        loss_function=wl.MeanSquaredLossLayer(),
        max_training_rounds=2,
        batch_size=2,
    )
    assert np.isfinite(trained(x)).all()
