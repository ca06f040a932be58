"""The range test: a training by net_train at growing rates, and what is read off its losses."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import METHODS, numbers
from wlnet.nets.arrays import arrays_of
from wlnet.results.learning_rate_range import LearningRateRange, Rise, risen_at


def net() -> Any:
    return wl.net_initialize(wl.NetChain([8, "Tanh", 2], input=3))


DATA = numbers(40)
CALM: dict[str, Any] = {"highest": 1.0, "rise": 1e9, "batch_size": 8}


def trained_alike(seen: LearningRateRange, given: Any, data: Any, **options: Any) -> list[float]:
    """The losses of net_train at the rates of a test."""

    def rate(t: int, total: int) -> float:
        return float(seen.rates[min(t, len(seen.rates) - 1)])

    name, more = options.pop("method", "ADAM"), options.pop("more", {})
    results = wl.net_train(
        given, data, wl.ALL, learning_rate=1.0, max_training_rounds=len(seen.rates),
        method=(name, {**more, "LearningRateSchedule": rate}), **options,
    )  # fmt: skip
    before = len(given["BatchLossList"]) if isinstance(given, wl.NetTrainResults) else 0
    return results["BatchLossList"][before : before + len(seen.losses)]


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("method", METHODS)
def test_the_losses_are_those_of_net_train_at_these_rates(method: str, precision: str) -> None:
    options = {"method": method, "working_precision": precision, "batch_size": 8}
    seen = wl.learning_rate_range(net(), DATA, highest=0.5, rise=1e9, steps=23, **options)
    np.testing.assert_allclose(seen.rates, np.geomspace(1e-7, 0.5, 23), rtol=1e-12)
    assert (seen.rates[0], seen.rates[-1], seen.reason) == (1e-7, 0.5, "Highest")
    assert seen.losses.tolist() == trained_alike(seen, net(), DATA, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate_multipliers": {1: None}},
        {"example_weights": np.arange(1, 41)},
        {"random_seeding": 7},
        {"loss_function": wl.MeanAbsoluteLossLayer()},
        {"training_update_schedule": [1, 3]},
        {"workers": 1, "frozen_prefix_bytes": 0},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_of_net_train_go_through(options: Any) -> None:
    seen = wl.learning_rate_range(net(), DATA, steps=12, **CALM, **options)
    assert seen.losses.tolist() == trained_alike(seen, net(), DATA, batch_size=8, **options)
    plain = wl.learning_rate_range(net(), DATA, steps=12, **CALM)
    assert (seen == plain) == ("workers" in options)


def test_the_net_is_not_changed_and_the_same_call_gives_the_same_bits() -> None:
    made = net()
    before = {key: array.tobytes() for key, array in arrays_of(made).items()}
    first = wl.learning_rate_range(made, DATA, steps=30)
    assert {key: array.tobytes() for key, array in arrays_of(made).items()} == before
    for workers in (wl.AUTOMATIC, 1, 2):
        assert wl.learning_rate_range(made, DATA, steps=30, workers=workers) == first
    drawn = wl.NetChain([8, "Tanh", 2], input=3)
    assert wl.learning_rate_range(drawn, DATA, steps=30) == first


def test_a_schedule_of_the_method_is_left_out() -> None:
    plain = wl.learning_rate_range(net(), DATA, steps=9, method=wl.SGD(learning_rate_schedule=None))
    for schedule in ("Cosine", ("Steps", {"At": [2]}), lambda t, total: 1 / 0):
        method = wl.SGD(learning_rate=7, learning_rate_schedule=schedule)
        assert wl.learning_rate_range(net(), DATA, steps=9, method=method) == plain


def test_of_phases_the_rules_of_round_1_hold() -> None:
    phases = wl.gradual_unfreezing(net())
    seen = wl.learning_rate_range(net(), DATA, steps=30, learning_rate_multipliers=phases, **CALM)
    rules = {"learning_rate_multipliers": phases[1]}
    assert seen == wl.learning_rate_range(net(), DATA, steps=30, **rules, **CALM)


def test_the_record_of_a_training_goes_on() -> None:
    results = wl.net_train(net(), DATA, wl.ALL, batch_size=8, max_training_rounds=3)
    seen = wl.learning_rate_range(results, DATA, steps=12, **CALM)
    assert seen.losses.tolist() == trained_alike(seen, results, DATA, batch_size=8)
    assert len(seen.losses) == 12
    assert results["TotalBatches"] == 15


def test_batches_may_come_from_functions_whose_passes_have_no_known_length() -> None:
    x, y = (np.asarray(column)[:8] for column in DATA)

    def batches() -> Any:
        yield from [(x, y)] * 5

    seen = wl.learning_rate_range(net(), batches, steps=12, method="SGD", **CALM)
    whole = wl.learning_rate_range(net(), (lambda: (x, y), {"RoundLength": 8}), steps=12,
                                   method="SGD", **CALM)  # fmt: skip
    assert len(seen.losses) == 12
    assert seen == whole


def test_it_ends_at_the_first_step_at_which_the_loss_has_risen() -> None:
    options: dict[str, Any] = {"highest": 1e6, "steps": 60, "batch_size": 8, "method": "SGD"}
    full = wl.learning_rate_range(net(), DATA, rise=1e30, **options)
    seen = wl.learning_rate_range(net(), DATA, rise=2.0, **options)
    count = len(seen.losses)
    assert seen.reason == "Risen"
    assert seen.losses.tolist() == full.losses[:count].tolist()
    assert risen_at(full.losses, 0.9, 2.0) == count - 1
    assert risen_at(seen.losses[:-1], 0.9, 2.0) is None


def test_a_test_that_ends_too_early_says_so() -> None:
    early = wl.learning_rate_range(net(), DATA, highest=1e-3, lowest=1e-5, steps=40, smoothing=0.5)
    assert early.still_falls and early.reason == "Highest"
    assert "suggestion 0.0001 or more: the loss still falls" in repr(early)
    assert "or more" in early.plot().to_svg()
    late = wl.learning_rate_range(net(), DATA, steps=40)
    assert not late.still_falls
    assert "or more" not in repr(late) + late.plot().to_svg()


def test_numbers_that_are_no_longer_finite_end_it_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = wl.learning_rate_range(
            wl.NetChain([1], input=1), ([[1.0], [2.0]], [[2.0], [4.0]]), highest=1e30, rise=1e35,
            steps=40, method="SGD",
        )  # fmt: skip
    assert seen.reason == "NotFinite"
    assert 2 < len(seen.losses) == len(seen.rates) < 40
    assert np.isfinite(seen.losses).all()


def test_what_is_not_finite_from_the_beginning_is_told() -> None:
    huge = np.full((4, 3), 1e30), np.full((4, 2), -1e30)
    with pytest.warns(wl.TrainingWarning, match="nothing has been learnt yet"):
        seen = wl.learning_rate_range(net(), huge)
    assert (len(seen.losses), seen.reason, seen.suggestion) == (0, "NotFinite", None)
    assert repr(seen) == "LearningRateRange(no steps, NotFinite)"


def test_it_finds_a_rate_that_is_good() -> None:
    """Of a quadratic bowl: steps by gradient descent converge below 2 / curvature."""
    x = np.array([[1.0], [-1.0]])
    method = ("SGD", {"Momentum": None})
    start = wl.NetChain([wl.LinearLayer(1, weights=[[0.0]], biases=None)], input=1)
    seen = wl.learning_rate_range(start, (x, 3 * x), method=method, smoothing=0.0)
    assert seen.suggestion is not None
    rates = {"learning_rate": seen.suggestion, "max_training_rounds": 200}
    plain = ("SGD", {"Momentum": None, "LearningRateSchedule": None})
    results = wl.net_train(start, (x, 3 * x), wl.ALL, method=plain, **rates)
    assert results["RoundLossList"][-1] < 1e-6 * results["RoundLossList"][0]


def test_each_loss_is_looked_at_once_however_many_rounds_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []

    class Counting(Rise):
        def go_on(self, losses: Iterable[float]) -> None:
            before = self.count
            super().go_on(losses)
            looks.append(self.count - before)

    monkeypatch.setattr("wlnet.train.learning_rate_range.Rise", Counting)
    seen = wl.learning_rate_range(net(), DATA, steps=50, highest=1e-3, rise=1e9, batch_size=40)
    assert len(seen.losses) == sum(looks) == 50


# What cannot be


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"lowest": 0}, "lowest"),
        ({"highest": np.inf}, "highest"),
        ({"lowest": 1.0, "highest": 1.0}, "grows"),
        ({"steps": 1}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"steps": 10**6}, "steps"),
        ({"smoothing": 1}, "smoothing"),
        ({"rise": -1}, "rise"),
        ({"batch_size": 0}, "batch_size"),
        ({"method": "Adm"}, "ADAM"),
        ({"learning_rate_multipliers": {9: 1}}, "no part 9"),
        ({"learning_rate": 1}, "no option 'learning_rate'"),
        ({"max_training_rounds": 1}, "no option"),
    ],
)
def test_what_cannot_be_is_told(given: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=told):
        wl.learning_rate_range(net(), DATA, **given)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError, match=r"6 faults") as caught:
        wl.learning_rate_range(
            net(), DATA, lowest=-1, steps=0, rise=None, batch_size=0, workers=0, stps=3
        )
    assert all(word in str(caught.value) for word in ("lowest", "steps", "rise", "batch", "stps"))
    with pytest.raises(wl.OptionError, match="takes a net"):
        wl.learning_rate_range(3, DATA)
    with pytest.raises(wl.NothingToTrainError, match="no array learns"):
        wl.learning_rate_range(net(), DATA, learning_rate_multipliers=0)
