"""net_program(..., measured=True): what runs is timed in whole steps, and nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.parts import NetSharedArray
from wlnet.plan.report import ProgramReport
from wlnet.train import slow_layers, timing

MLP = wl.NetChain(
    {"a": 64, "ra": "Ramp", "b": 32, "rb": "Ramp", "c": 3, "p": wl.SoftmaxLayer()}, input=40
)
IMAGES = wl.NetChain(
    {
        "see": wl.ConvolutionLayer(6, 3),
        "norm": wl.BatchNormalizationLayer(),
        "bend": "Ramp",
        "pool": wl.PoolingLayer(2, 2),
        "out": wl.DropoutLayer(),
        "read": 4,
        "p": wl.SoftmaxLayer(),
    },
    input=(2, 12, 12),
)
WORDS = wl.NetChain(
    {
        "look": wl.EmbeddingLayer(8, 5),
        "run": wl.GatedRecurrentLayer(6),
        "last": wl.SequenceLastLayer(),
        "read": 2,
        "p": wl.SoftmaxLayer(),
    },
    input=(6, "Integer"),
)
SHARED = wl.NetGraph(
    {
        "a": wl.LinearLayer(30, weights=NetSharedArray("w")),
        "b": wl.LinearLayer(30, weights=NetSharedArray("w")),
        "c": 2,
    },
    [("a", "b"), ("b", "c")],
    input=30,
)
LOGS = wl.NetChain([wl.ElementwiseLayer("Log"), 3, wl.ElementwiseLayer("Log")], input=4)
"""Its numbers do not stay finite."""
ALL, TOP = 1, {"c": 1, "read": 1, wl.ANY: None}
CASES = {
    "evaluation": (MLP, None),
    "training": (MLP, ALL),
    "frozen prefix": (MLP, {"c": 1, wl.ANY: None}),
    "images": (IMAGES, ALL),
    "images, evaluation": (IMAGES, None),
    "frozen below": (IMAGES, {"read": 1, wl.ANY: None}),
    "frozen above": (IMAGES, {"read": None}),
    "words": (WORDS, ALL),
    "words, evaluation": (WORDS, None),
    "shared": (SHARED, ALL),
    "not finite": (LOGS, ALL),
}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many steps as laws need, and not as a user would."""
    for name, value in {"SECONDS": 0.01, "GO": 0.003, "AT_ONCE": 16, "WARM": 1}.items():
        monkeypatch.setattr(timing, name, value)
    monkeypatch.setattr(slow_layers, "AGAIN", 0.005)


def measured(name: str, **options: Any) -> ProgramReport:
    net, rules = CASES[name]
    return wl.net_program(
        net, batch_size=16, learning_rate_multipliers=rules, measured=True, **options
    )


def plain(name: str, **options: Any) -> ProgramReport:
    net, rules = CASES[name]
    return wl.net_program(net, batch_size=16, learning_rate_multipliers=rules, **options)


@pytest.mark.parametrize(
    ("name", "precision", "workers"),
    [
        *((name, "Real32", 1) for name in CASES),
        *((name, "Real64", 1) for name in ("evaluation", "training", "words")),
        *((name, "Real32", 2) for name in ("evaluation", "frozen prefix", "words")),
    ],
)
def test_the_program_is_that_which_is_told_without_times(
    name: str, precision: str, workers: int
) -> None:
    told = measured(name, working_precision=precision, workers=workers)
    timed = told.timing
    assert timed is not None
    assert timed.workers == workers
    untimed = [replace(row, microseconds=None, waiting=None) for row in told.calls]
    assert replace(told, timing=None, calls=tuple(untimed)) == plain(
        name, working_precision=precision
    )
    for row in (*told.steps, *told.prefix):
        assert row.microseconds is not None
        assert row.waiting is not None
        assert 0 <= row.waiting < row.microseconds or row.microseconds == 0
        assert workers > 1 or row.waiting == 0
    assert all(row.microseconds is None for row in told.once)


@pytest.mark.parametrize(
    ("name", "workers"), [("evaluation", 1), ("images", 1), ("frozen prefix", 1), ("training", 2)]
)
def test_the_calls_together_are_the_step(name: str, workers: int) -> None:
    told = measured(name, workers=workers)
    assert told.timing is not None
    total = sum(row.microseconds or 0 for row in told.steps)
    assert told.timing.microseconds == pytest.approx(total)
    assert sum(row.microseconds for row in told.timing.layers) == pytest.approx(total)
    assert sum(row.share for row in told.timing.layers) == pytest.approx(1)
    assert sum(row.waiting or 0 for row in told.steps) == pytest.approx(told.timing.waiting)
    # Where others need the cores, workers wait for one another, now and then for long; and a short
    # step of several is mostly threads that begin.
    assert (total - told.timing.waiting) / 10 < told.timing.shortest
    assert workers > 1 or told.timing.shortest < 10 * total + 50


def test_a_layer_has_the_sums_of_its_calls_by_their_ways() -> None:
    told = measured("training", workers=1)
    assert told.timing is not None
    for row in told.timing.layers:
        for way, found in (("Forward", row.forward), ("Back", row.back), ("Update", row.update)):
            calls = [each for each in told.steps if (each.layer, each.way) == (row.layer, way)]
            assert found == pytest.approx(sum(each.microseconds or 0 for each in calls))
    assert [row.layer for row in told.timing.layers] == [
        ("a",), ("b",), ("c",), ("LossLayer",), (),
    ]  # fmt: skip


def test_rates_are_amounts_by_times() -> None:
    told = measured("training", workers=1)
    for row in told.steps:
        assert row.microseconds
        assert row.bytes > 0
        assert row.gb_per_second == pytest.approx(row.bytes / row.microseconds / 1000)
        wanted = row.operations / row.microseconds / 1000 or None
        assert row.gf_per_second == (wanted and pytest.approx(wanted))
    assert plain("training").steps[0].gb_per_second is None


@pytest.mark.parametrize("name", CASES)
def test_no_net_is_changed(name: str) -> None:
    net, rules = CASES[name]
    net = wl.net_initialize(net)
    before = {key: array.tobytes() for key, array in wl.information(net, "Arrays").items()}
    wl.net_program(net, batch_size=4, learning_rate_multipliers=rules, measured=True, workers=1)
    after = {key: array.tobytes() for key, array in wl.information(net, "Arrays").items()}
    assert before == after


def test_a_net_that_is_measured_trains_to_the_same_bits() -> None:
    rng = np.random.default_rng(1)
    data = rng.normal(size=(48, 2, 12, 12)), rng.integers(1, 5, 48)

    def bits() -> list[bytes]:
        trained = wl.net_train(IMAGES, data, max_training_rounds=2, batch_size=16, workers=1)
        return [array.tobytes() for array in wl.information(trained, "Arrays").values()]

    before = bits()
    measured("images", workers=1)
    assert bits() == before


def test_a_net_that_computes_nothing_for_a_batch_has_no_rates() -> None:
    net = wl.NetChain([wl.NetArrayLayer(array=3.0), wl.ElementwiseLayer("Tanh")])
    program = wl.net_program(net, measured=True)
    assert program.steps == ()
    figures = program.timing.figures(64)
    assert figures["µs of a step"] == 0
    assert [figures[name] for name in figures if "second" in name or "/s" in name] == [None] * 3
    assert "examples a second" in str(program)


def test_all_turns_of_a_loop_are_counted() -> None:
    def turning(length: int) -> float:
        net = wl.NetChain([wl.LongShortTermMemoryLayer(8)], input=(length, 4))
        told = wl.net_program(net, batch_size=4, measured=True, workers=1)
        inside = [row for row in told.steps if row.times > 1]
        assert {row.times for row in inside} <= {length, length - 1}
        return sum(row.microseconds or 0 for row in inside)

    assert turning(400) > 4 * turning(20)


@pytest.mark.parametrize("rules", [None, ALL])
def test_a_layer_that_has_more_to_do_takes_longer(rules: Any) -> None:
    net = wl.NetChain({"wide": 600, "small": 8, "last": 2}, input=300)
    told = wl.net_program(net, measured=True, learning_rate_multipliers=rules, workers=1)
    assert told.timing is not None
    times = {row.layer: row.microseconds for row in told.timing.layers}
    assert max(times, key=times.__getitem__) == ("wide",)
    assert times["wide",] > 3 * times["small",]


def test_freezing_a_layer_saves_a_part_of_a_step() -> None:
    for name in ("training", "images", "words"):
        told = measured(name, workers=1)
        assert told.timing is not None
        learning = [row for row in told.timing.layers if row.arrays == "learn"]
        assert len(learning) >= 3
        for row in learning:
            assert row.saved is not None
            assert 0 < row.saved <= told.timing.microseconds, row


def test_what_is_frozen_already_saves_nothing_more() -> None:
    told = measured("frozen prefix", workers=1)
    assert told.timing is not None
    about = {row.layer: (row.arrays, row.saved) for row in told.timing.layers}
    assert about["a",] == about["b",] == ("frozen already", None)
    # Nothing learns without the last layer that does.
    assert about["c",] == ("learn", pytest.approx(told.timing.microseconds))
    assert about["LossLayer",] == (None, None)
    assert "frozen already" in str(told)
    assert [row.layer for row in told.prefix if row.microseconds and row.layer] == [("a",), ("b",)]


def test_an_evaluation_tells_of_no_freezing() -> None:
    told = measured("evaluation", workers=1)
    assert told.timing is not None
    assert {row.saved for row in told.timing.layers} == {None}
    assert "freezing" not in str(told)


def test_a_shared_array_is_frozen_in_every_layer_that_has_it() -> None:
    told = measured("shared", workers=1)
    assert told.timing is not None
    about = {row.layer: row for row in told.timing.layers}
    # Each has biases of its own, whose update is all that there is of it alone.
    for layer in ("a",), ("b",):
        row = about[layer]
        assert row.saved is not None
        assert row.saved > 2 * row.update > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measured": 1}, "measured is True or False"),
        ({"measured": "yes"}, "measured is True or False"),
        ({"workers": 2}, "measured=True"),
        ({"measured": True, "workers": 0}, "positive integer"),
    ],
    ids=str,
)
@pytest.mark.parametrize("rules", [None, ALL])
def test_options_that_cannot_be_are_errors(options: Any, message: str, rules: Any) -> None:
    with pytest.raises(wl.OptionError, match=message):
        wl.net_program(MLP, learning_rate_multipliers=rules, **options)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError, match="4 faults"):
        wl.net_program(MLP, batch_size=0, working_precision="Real16", measured=2, workers=-1)
