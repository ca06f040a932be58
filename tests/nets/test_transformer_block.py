"""A causal transformer block of three heads, made of public parts, that reads digits row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetChain, NetGraph, NetMapOperator, NetPort

HEADS, SIZE = 3, 8
WIDTH = HEADS * SIZE
SIDES = ("key", "value", "query")


def normal() -> Any:
    return wl.NormalizationLayer(2, "Same")


def block() -> Any:
    start = NetPort("Input")
    return NetGraph(
        {
            "normal": normal(),
            **{name: NetMapOperator((HEADS, SIZE)) for name in SIDES},
            "attend": wl.AttentionLayer(
                "Dot", mask="Causal", multi_head=True, score_rescaling="DimensionSqrt"
            ),
            "merge": NetMapOperator(WIDTH),
            "seen": "Plus",
            "again": normal(),
            "think": NetMapOperator([2 * WIDTH, "Ramp", WIDTH]),
            "thought": "Plus",
        },
        [
            (start, "normal"),
            *(("normal", name, NetPort("attend", name.title())) for name in SIDES),
            ("attend", "merge"),
            ([start, "merge"], "seen"),
            ("seen", "again", "think"),
            (["seen", "think"], "thought"),
        ],
        input=("Varying", WIDTH),
    )


def reader() -> Any:
    places = NetGraph(
        {
            "place": NetChain([wl.SequenceIndicesLayer(8), wl.EmbeddingLayer(WIDTH, 8)]),
            "sum": "Plus",
        },
        [(NetPort("Input"), "place"), ([NetPort("Input"), "place"], "sum")],
    )
    return NetChain(
        {
            "rows": NetMapOperator(WIDTH),
            "places": places,
            "block": block(),
            "last": wl.SequenceLastLayer(),
            "read": 10,
            "chances": wl.SoftmaxLayer(),
        },
        input=("Varying", 8),
    )


def in_numpy(net: Any, x: Any) -> Any:
    """What a block gives."""

    def part(*path: Any) -> Any:
        return np.float64(net[path])

    def linear(x: Any, *path: Any) -> Any:
        weights = part(*path, "Weights")
        return x @ weights.reshape(-1, weights.shape[-1]).T + part(*path, "Biases").ravel()

    def normalized(x: Any, name: str) -> Any:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 0.001)
        return x * part(name, "Scaling") + part(name, "Biases")

    n = normalized(x, "normal")
    k, v, q = (
        np.moveaxis(linear(n, name, "Net").reshape(*x.shape[:2], HEADS, SIZE), 2, 1)
        for name in SIDES
    )
    scores = q @ np.swapaxes(k, 2, 3) / np.sqrt(SIZE)
    scores[..., ~np.tri(x.shape[1], dtype=bool)] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    heads = weights / weights.sum(-1, keepdims=True) @ v
    x = x + linear(np.moveaxis(heads, 1, 2).reshape(*x.shape[:2], WIDTH), "merge", "Net")
    hidden = np.maximum(linear(normalized(x, "again"), "think", "Net", 1), 0)
    return x + linear(hidden, "think", "Net", 3)


@pytest.fixture(scope="module")
def trained() -> Any:
    (x, y), (x_test, y_test) = wl.data.digits()
    net = wl.net_train(
        reader(), (x / 255, y), max_training_rounds=40, learning_rate=0.003, batch_size=32
    )
    return net, x_test / 255, y_test


def test_it_learns_to_read(trained: Any) -> None:
    net, x, y = trained
    assert np.mean(np.array(net(x)) == y) > 0.9


def test_it_gives_what_numpy_gives(trained: Any) -> None:
    net = trained[0]["block"]
    x = np.random.default_rng(0).normal(size=(4, 9, WIDTH))
    np.testing.assert_allclose(net(x, working_precision="Real64"), in_numpy(net, x), atol=1e-6)


def test_it_is_causal_to_the_bit(trained: Any) -> None:
    net, x, _ = trained
    port = NetPort("block", "Output")
    whole = net(x[:5], port)
    for seen in range(1, 8):
        other = np.concatenate([x[:5, :seen], x[5:10, seen:]], 1)
        assert net(other, port)[:, :seen].tobytes() == whole[:, :seen].tobytes()
        assert net(x[:5, :seen], port).tobytes() == whole[:, :seen].tobytes()


def test_rules_reach_every_array_of_it_and_freeze_it_whole(trained: Any) -> None:
    net, x, y = trained
    rules = {"block": None, wl.ANY: 1}
    results = wl.net_train(
        net, (x, y), wl.ALL, learning_rate_multipliers=rules, max_training_rounds=1
    )
    rates = results["ArraysLearningRateMultipliers"]
    inside = [key for key in rates if key[0] == "block"]
    assert len(inside) == 16
    assert {rates[key] for key in inside} == {0}
    before, after = (wl.information(each, "Arrays") for each in (net, results["TrainedNet"]))
    for key in rates:
        assert (before[key].tobytes() == after[key].tobytes()) == (key[0] == "block")
