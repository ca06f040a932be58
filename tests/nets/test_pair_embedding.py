"""NetPairEmbeddingOperator: how far apart two things are to a net."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cosine

import wlnet as wl
from tests.exported import assert_same, run, session
from wlnet import NetPairEmbeddingOperator

RNG = np.random.default_rng(0)
NAMES = ["EuclideanDistance", "CosineDistance"]
BY_NAME = {
    "EuclideanDistance": lambda a, b: np.sqrt(((a - b) ** 2).sum()),
    "CosineDistance": cosine,
}
X = RNG.normal(size=(6, 2, 3))


def pair(name: str = NAMES[0], **options: Any) -> Any:
    inner = wl.NetChain([4, "Tanh", 3])
    told = {"distance_function": name, "input": (2, 3), **options}
    return wl.net_initialize(NetPairEmbeddingOperator(inner, **told))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_it_is_the_distance_of_what_the_net_gives(name: str, shape: Any) -> None:
    inner = wl.net_initialize(wl.NetChain([wl.ConstantPlusLayer(), "Tanh"], input=shape))
    op = NetPairEmbeddingOperator(inner, distance_function=name)
    x = RNG.normal(size=(5, 2, *shape))
    expected = [BY_NAME[name](*(inner(each).astype(float).ravel() for each in two)) for two in x]
    np.testing.assert_allclose(op(x), expected, rtol=1e-5, atol=1e-6)
    assert op.ports["Output"].shape in (None, ())
    assert float(op(x[0])) == op(x)[0]


@pytest.mark.parametrize("name", NAMES)
def test_slopes_are_those_of_the_distance(name: str) -> None:
    op = pair(name)

    def total(net: Any, x: Any) -> float:
        return float(net(x, working_precision="Real64").sum())

    found = op(X, wl.NetPortGradient("Input"), working_precision="Real64")
    numbers = op["Net", 1, "Weights"].astype(np.float64)
    by_weights = op(X, wl.NetPortGradient("Net", 1, "Weights"), working_precision="Real64")
    for _ in range(10):
        at, step = tuple(RNG.integers(size) for size in X.shape), 1e-6
        moved = [X.copy(), X.copy()]
        moved[0][at] += step
        moved[1][at] -= step
        slope = (total(op, moved[0]) - total(op, moved[1])) / (2 * step)
        assert found[at] == pytest.approx(slope, rel=1e-5, abs=1e-8)
        at, step = tuple(RNG.integers(size) for size in numbers.shape), 1e-3
        ends = []
        for way in (step, -step):
            other = numbers.copy()
            other[at] += way
            ends.append(total(wl.net_replace_part(op, {("Net", 1, "Weights"): other}), X))
        assert by_weights[at] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=2e-2, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_two_of_one_are_not_apart_and_have_no_slope(name: str) -> None:
    op = pair(name)
    same = np.repeat(X[:, :1], 2, axis=1)
    assert op(same).tolist() == [0.0] * 6
    assert not np.signbit(op(same)).any()
    assert not op(same, wl.NetPortGradient("Input")).any()
    bare = NetPairEmbeddingOperator([lambda x: x], distance_function=name, input=(2, 3))
    zeros = np.zeros((2, 3))
    assert bare(zeros) == (0 if name == NAMES[0] else 1)
    assert not bare(zeros, wl.NetPortGradient("Input")).any()
    one = np.array([[0, 0, 0], [3, 0, 4]])
    assert bare(one) == (5 if name == NAMES[0] else 1)


def test_angles_that_are_nearly_none_keep_their_figures() -> None:
    bare = NetPairEmbeddingOperator([lambda x: x], distance_function=NAMES[1], input=(2, 2))
    for angle in (1e-2, 1e-3):
        found = float(bare([[1, 0], [np.cos(angle), np.sin(angle)]]))
        assert found == pytest.approx(1 - np.cos(angle), rel=1e-3)
    assert float(bare([[1, 0], [-5, 0]])) == 2


def test_a_training_without_a_loss_takes_the_contrastive_one() -> None:
    apart = RNG.random(6) < 0.5
    plain = wl.net_train(pair(), (X, apart), max_training_rounds=3)
    told = wl.net_train(
        pair(), (X, apart), loss_function=wl.ContrastiveLossLayer(), max_training_rounds=3
    )
    assert plain == told
    graph = wl.NetGraph({"pair": pair()}, [("pair", wl.NetPort("Apart"))])
    inside = wl.net_train(graph, {"Input": X, "Apart": apart}, max_training_rounds=3)
    assert inside["pair", "Net"] == plain["Net"]
    squared = wl.net_train(
        pair(), (X, apart), loss_function=wl.MeanSquaredLossLayer(), max_training_rounds=3
    )
    assert squared != plain


def test_it_learns_to_tell_apart() -> None:
    kinds = RNG.integers(3, size=(400, 2))
    x = np.eye(3)[kinds] + 0.1 * RNG.normal(size=(400, 2, 3))
    results = wl.net_train(
        pair(), (x, kinds[:, 0] != kinds[:, 1]), wl.ALL, max_training_rounds=30,
        learning_rate=0.01, learning_rate_multipliers={("Net", 1): None},
    )  # fmt: skip
    trained = results["TrainedNet"]
    for key, rate in results["ArraysLearningRateMultipliers"].items():
        same = wl.net_extract(trained, key).tobytes() == wl.net_extract(pair(), key).tobytes()
        # What is added to both things of a pair brings them no nearer.
        assert same == (rate == 0 or key == ("Net", 3, "Biases"))
    found = trained(x)
    differ = kinds[:, 0] != kinds[:, 1]
    assert found[differ].min() > 2 * found[~differ].mean()


def test_what_lies_inside_is_told_of_both_things_of_a_pair() -> None:
    op = pair()
    inside = op(X, wl.NetPort("Net", 2, "Output"))
    assert inside.shape == (6, 2, 4)
    np.testing.assert_allclose(inside, np.tanh(op(X, wl.NetPort("Net", 1, "Output"))), rtol=1e-5)


def test_it_is_read_back_from_files_and_from_what_is_shown(tmp_path: Path) -> None:
    for name in NAMES:
        op = pair(name)
        assert wl.load(wl.save(op, tmp_path / "net.wlnet")) == op
        plain = NetPairEmbeddingOperator([3], distance_function=name, input=(2, 4))
        assert eval(repr(plain), vars(wl)) == plain
        file = wl.onnx.export_net(op, tmp_path / "net.onnx")
        assert_same(run(session(file), {"Input": X}), {"Output": op(X)})
    assert pair(NAMES[0]) != pair(NAMES[1])
    other = wl.net_replace_part(pair(), {("Net", 2): "Ramp"})
    assert other["Net", 2].kind == "ElementwiseLayer"
    assert wl.net_replace_part(pair(), {"Net": [2]})["Net"].kind == "NetChain"


def test_pairs_may_be_of_integers_and_of_any_length() -> None:
    words = wl.NetChain([wl.EmbeddingLayer(2), wl.SequenceLastLayer()])
    op = wl.net_initialize(
        NetPairEmbeddingOperator(words, input=(2, "Varying", wl.Restricted("Integer", 5)))
    )
    assert op["Net", 1, "Weights"].shape == (5, 2)
    for length in (1, 3):
        assert op(np.ones((2, length), int)) == 0
    with pytest.raises(wl.DataError):
        op([[1], [6]])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: NetPairEmbeddingOperator(wl.TotalLayer()), "one input and one output"),
        (
            lambda: NetPairEmbeddingOperator([2], distance_function="Cosine"),
            "mean 'CosineDistance'",
        ),
        (lambda: NetPairEmbeddingOperator([2], distance_function=None), "does not know this"),
        (lambda: NetPairEmbeddingOperator([2], input=(3, 2)), "a pair of what the net takes"),
        (lambda: NetPairEmbeddingOperator([2], input=2, output=3), "a number"),
        (lambda: NetPairEmbeddingOperator([wl.OrderingLayer()], input=(2, 3)), "Integer"),
    ],
)
def test_what_cannot_be_is_told(make: Any, told: str) -> None:
    with pytest.raises((wl.OptionError, wl.ShapeError), match=rf"(?s){told}"):
        make()
