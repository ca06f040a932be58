"""The CTC loss beside the sum over all alignments, one by one, and where such sums would fail."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import Run
from tests.layers.bench import Bench, inferred
from wlnet.core.shapes import Mismatch
from wlnet.layers import CTCLossLayer, SoftmaxLayer

PORT = wl.NetPort


def said(alignment: tuple[int, ...], blank: int) -> list[int]:
    """What is left without repetitions, and then without blanks."""
    return [symbol for symbol, _ in itertools.groupby(alignment) if symbol != blank]


def added_up(chances: Any, target: list[int]) -> tuple[float, Any]:
    """-log of the total of all alignments that say the target, and its slopes, one by one."""
    steps, symbols = chances.shape
    total, slopes = 0.0, np.zeros_like(chances)
    for alignment in itertools.product(range(symbols), repeat=steps):
        if said(alignment, symbols - 1) == [each - 1 for each in target]:
            of_steps = chances[np.arange(steps), alignment]
            total += of_steps.prod()
            for step, symbol in enumerate(alignment):
                slopes[step, symbol] += np.delete(of_steps, step).prod()
    with np.errstate(divide="ignore", invalid="ignore"):
        return -float(np.log(total)), -slopes / total


def on_the_bench(chances: Any, target: Any) -> tuple[Any, Any]:
    bench = Bench()
    x, t = bench.input("Input", chances), bench.input("Target", target, "Integer")
    loss = bench.lower(CTCLossLayer(), Input=x, Target=t)
    with np.errstate(divide="ignore"):  # the logarithm of what cannot be
        return bench.value(loss), bench.gradient(loss, x)


@settings(max_examples=80, deadline=None)
@given(steps=st.integers(1, 6), classes=st.integers(1, 3), seed=st.integers(0, 99), data=st.data())
def test_it_is_the_total_of_all_alignments_with_its_slopes(
    steps: int, classes: int, seed: int, data: Any
) -> None:
    length = data.draw(st.integers(1, steps))
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.ones(classes + 1), (2, steps))
    targets = rng.integers(1, classes + 1, (2, length))
    losses, slopes = on_the_bench(chances, targets)
    for one, target, loss, slope in zip(chances, targets.tolist(), losses, slopes, strict=True):
        total, right = added_up(one, target)
        repeated = sum(a == b for a, b in itertools.pairwise(target))
        assert np.isinf(total) == (length + repeated > steps)
        assert loss == pytest.approx(total, rel=1e-12)
        if np.isfinite(total):
            np.testing.assert_allclose(slope, right, rtol=1e-10, atol=1e-12)


def test_a_target_that_cannot_be_said_costs_infinity_and_spoils_no_other() -> None:
    chances = np.full((3, 3, 3), 1 / 3)
    losses, slopes = on_the_bench(chances, [[1, 1, 2], [1, 2, 1], [2, 2, 2]])
    assert losses.tolist() == [np.inf, pytest.approx(3 * np.log(3)), np.inf]
    np.testing.assert_allclose(slopes[1], -3 * np.eye(3)[[0, 1, 0]], rtol=1e-12)


def test_it_is_exact_when_probabilities_underflow() -> None:
    """Scores that leave one alignment alone: a b, at a cost of 4000."""
    bench = Bench()
    scores = bench.input("Input", [[[0.0, -3000.0, 0.0], [1000.0, 0.0, 500.0]]])
    target = bench.input("Target", [[1, 2]], "Integer")
    chances = bench.lower(SoftmaxLayer(), Input=scores)
    loss = bench.lower(CTCLossLayer(), Input=chances, Target=target)
    assert bench.value(loss)[0] == pytest.approx(1000 + np.log(2), rel=1e-14)
    expected = [[-0.5, 0, 0.5], [1, -1, 0]]
    np.testing.assert_allclose(bench.gradient(loss, scores)[0], expected, atol=1e-14)


def scored(steps: int, classes: int, length: int) -> Any:
    """A net from scores to the loss of what their softmax says."""
    nodes = {"chances": SoftmaxLayer(), "loss": CTCLossLayer()}
    edges = [("chances", PORT("loss", "Input")), (PORT("Target"), PORT("loss", "Target")),
             ("loss", PORT("Loss"))]  # fmt: skip
    ports = {"Input": (steps, classes + 1), "Target": (length, "Integer")}
    return wl.NetGraph(nodes, edges, ports=ports)


def test_a_long_sequence_keeps_its_figures_in_32_bits() -> None:
    rng = np.random.default_rng(0)
    steps, classes, length = 1000, 20, 90
    data = {
        "Input": 3 * rng.normal(size=(2, steps, classes + 1)),
        "Target": rng.integers(1, classes + 1, (2, length)),
    }
    net = scored(steps, classes, length)
    wide, narrow = (Run(net, data, precision=p).run() for p in ("Real64", "Real32"))
    np.testing.assert_allclose(narrow.outputs["Loss"], wide.outputs["Loss"], rtol=3e-7)
    slopes = [run.derivatives["Input"] for run in (wide, narrow)]
    assert np.abs(slopes[0] - slopes[1]).max() < 8e-5 * np.abs(slopes[0]).max()


def test_shapes_follow_from_one_another() -> None:
    assert inferred(CTCLossLayer(), {"Input": (5, 4)})["Input"] == (5, 4)
    for ports, words in (
        ({"Input": (3, 4), "Target": (4,)}, "a target of 4 classes, and 3 steps"),
        ({"Input": (3, 1)}, "one class at least, and of the blank"),
    ):
        with pytest.raises(Mismatch, match=words):
            inferred(CTCLossLayer(), ports)


# Trainings


def spelt(count: int) -> tuple[list[Any], list[str]]:
    """Words of other lengths, and signals that have each letter in two steps, and a pause."""
    rng = np.random.default_rng(3)
    words = ["".join(rng.choice([*"abc"], rng.integers(2, 5))) for _ in range(count)]
    places = {letter: np.eye(3)[i] for i, letter in enumerate("abc")}
    signals = [
        np.concatenate([[0 * places["a"], places[x], places[x]] for x in word]) for word in words
    ]
    return signals, words


def reader() -> Any:
    return wl.NetChain([wl.NetMapOperator(4), wl.SoftmaxLayer()], input=("steps", 3))


def read(net: Any, signal: Any) -> str:
    alignment = tuple(np.asarray(net(signal)).argmax(-1))
    return "".join("abc"[symbol] for symbol in said(alignment, 3))


OPTIONS: dict[str, Any] = {
    "loss_function": CTCLossLayer(target=wl.NetEncoder("Characters", "abc")),
    "max_training_rounds": 60,
    "learning_rate": 0.1,
}


def test_a_net_learns_to_read_words_of_any_length_from_signals_of_any_length() -> None:
    signals, words = spelt(30)
    results = wl.net_train(reader(), (signals, words), wl.ALL, **OPTIONS)
    assert results["RoundLossList"][-1] < 0.1 * results["RoundLossList"][0]
    assert [read(results["TrainedNet"], each) for each in signals] == words
    indices = [np.array(["abc".index(letter) + 1 for letter in word]) for word in words]
    plain = {**OPTIONS, "loss_function": CTCLossLayer()}
    same = wl.net_train(reader(), (signals, indices), wl.ALL, **plain)
    assert same["RoundLossList"] == results["RoundLossList"]


@pytest.mark.parametrize("is_ragged", [True, False])
@pytest.mark.parametrize("where", ["data", "validation_set"])
def test_a_training_refuses_a_target_that_cannot_be_said(where: str, is_ragged: bool) -> None:
    signals, words = spelt(6)
    if not is_ragged:
        signals, words = [signals[0][:6] for _ in words], ["abc" for _ in words]
    steps, example = len(signals[2]), r"port Output, example 3"
    words[2] = "a" * ((steps + 1) // 2)
    fine = signals, [*words]
    wl.net_train(reader(), fine, **{**OPTIONS, "max_training_rounds": 1})
    words[2], words[4] = words[2] + "a", words[4] + "a" * 30
    data = {"validation_set": (signals, words)} if where == "validation_set" else {}
    with pytest.raises(wl.DataError, match=rf"{where}, {example}[^$]*{steps} steps"):
        wl.net_train(reader(), fine if data else (signals, words), **data, **OPTIONS)


def test_a_generator_is_asked_for_it_batch_by_batch() -> None:
    x = np.zeros((2, 3, 3))
    with pytest.raises(wl.DataError, match="2 times two equal ones side by side, and 3 steps"):
        wl.net_train(reader(), lambda: (x, ["abc", "aaa"]), batch_size=2, **OPTIONS)


def test_its_targets_are_no_classes_of_an_output() -> None:
    signals, words = spelt(4)
    with pytest.raises(wl.OptionError, match="no output learns classes"):
        wl.net_train(reader(), (signals, words), class_weights="Balanced", **OPTIONS)
    asked = {"training_progress_measurements": "ErrorRate"}
    with pytest.raises(wl.OptionError, match="ErrorRate"):
        wl.net_train(reader(), (signals, words), **asked, **OPTIONS)


def test_what_is_no_probability_is_doubted() -> None:
    signals, words = spelt(4)
    net = wl.NetChain([wl.NetMapOperator(4), "Tanh"], input=("steps", 3))
    text = r"a CTCLossLayer takes probabilities[^$]*on the way to CTCLossLayer"
    with pytest.warns(wl.TrainingWarning, match=text):
        wl.net_train(net, (signals, words), **{**OPTIONS, "max_training_rounds": 1})
