"""Watching a training: what is told at its end is what its record tells, however it began and
ended."""

from __future__ import annotations

import io
import itertools
import re
import time
from typing import Any

import pytest

import wlnet as wl
from tests.terminals import Terminal
from tests.training_cases import numbers
from wlnet.plot.panel import progress_page
from wlnet.plot.training.verdict import verdict
from wlnet.results.ending import value_text
from wlnet.results.progress import Progress
from wlnet.train.reporting.observer import Observer

DATA = numbers(40)
HELD = {"validation_set": wl.Scaled(0.2)}
NET = wl.net_initialize(wl.NetChain([5, "Tanh", 2], input=3))
RESTS = {"learning_rate_multipliers": wl.Phases({1: {1: 0}, 2: {3: 0}})}


class Watcher:
    """Trains, and keeps what a display was told last, with all lines."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[Progress] = []
        now = Observer.now

        def kept(observer: Observer, waits: str, curves: bool, *end: str) -> Progress:
            self.told.append(now(observer, waits, True, *end))
            return self.told[-1]

        monkeypatch.setattr(Observer, "now", kept)

    def train(self, net: Any = NET, data: Any = DATA, **options: Any) -> Any:
        stream = io.StringIO()
        given = {"max_training_rounds": 3, "batch_size": 8, **options}
        given.setdefault("training_progress_reporting", (stream, {"Interval": 1}))
        self.told = []
        results = wl.net_train(net, data, wl.ALL, **given)
        self.lines = stream.getvalue().splitlines()
        return results

    @property
    def last(self) -> Progress:
        return self.told[-1]


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch) -> Watcher:
    return Watcher(monkeypatch)


def at(event: str, after: int = 0) -> dict[str, Any]:
    """The user interrupts at an event."""
    count = itertools.count()

    def interrupt(state: Any) -> None:
        if next(count) >= after:
            raise KeyboardInterrupt

    return {"training_progress_function": (interrupt, {"Event": event})}


ENDINGS: dict[str, Any] = {
    "all rounds": dict,
    "all rounds, validated": lambda: HELD,
    "before the first batch": lambda: {**at("TrainingStarted"), **HELD},
    "before the second round": lambda: at("RoundStarted", 1),
    "while the first round is validated": lambda: {**at("ValidationStarted"), **HELD},
    "while the second round is validated": lambda: {**at("ValidationStarted", 1), **HELD},
    "the time was up at once": lambda: {"time_goal": 1e-9, **HELD},
    "diverged": lambda: {"learning_rate": 1e38},
    "phases": lambda: RESTS,
    "a phase that was not reached": lambda: {**at("RoundStarted", 1), **RESTS},
    "a statistic": lambda: {"net": wl.NetChain([5, wl.BatchNormalizationLayer(), 2], input=3)},
}


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("goes_on", [False, True], ids=["new", "goes on"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_who_watched_and_who_reads_the_record_are_told_the_same(
    ending: str, goes_on: bool, watcher: Watcher
) -> None:
    options = ENDINGS[ending]() | {}
    net = options.pop("net", NET)
    if goes_on:
        net = watcher.train(net, batch_size=16, **HELD)
    results = watcher.train(net, **options)
    p, told, r = watcher.last, verdict(results.record), results.record
    loss = p.figures[0].training
    assert (f"; loss {value_text(loss)}" in told) if loss is not None else "; loss" not in told
    assert p.learned is not None and told.endswith(f" {p.learned.words}.")
    assert p.learning == sum(
        each["Steps"] not in (0, None) for each in results["ArraysReport"].values()
    )
    assert f"{p.learning} of {p.arrays} arrays learned" in progress_page(p)
    assert f"{p.learning} of {p.arrays} arrays learned" in watcher.lines[-1]
    assert len(r.round_losses) == p.before + int(p.verdict.split(" round")[0].split()[-1])
    why, _, ran = p.verdict.rpartition(": ")
    assert f". {why.capitalize() or 'All rounds were run'}. " in told
    if not goes_on:
        assert told.startswith(ran.split(" in ")[0])
    if p.figures[0].best is not None:
        words = f"validation loss {value_text(p.figures[0].best)}"
        assert words in told and words in watcher.lines[-1]
        assert told.count(f"best round {p.best_round}") == 1


def test_a_training_that_goes_on_tells_what_ran_in_its_seconds(watcher: Watcher) -> None:
    begun = watcher.train(max_training_rounds=5)
    watcher.train(begun, max_training_rounds=3)
    assert watcher.lines[-1].startswith("3 rounds (8 in all) in 0.")
    watcher.train(begun, max_training_rounds=3, **at("RoundStarted", 2))
    assert watcher.lines[-1].startswith("stopped by the user: 2 rounds (7 in all) in 0.")


def test_before_the_first_batch_of_a_training_that_goes_on_nothing_is_told_of_it(
    watcher: Watcher,
) -> None:
    begun = watcher.train(**HELD)
    stream = io.StringIO()
    watcher.train(begun, training_progress_reporting=(stream, {"Event": "RoundStarted"}))
    first = stream.getvalue().splitlines()[0]
    assert first.startswith("round 4 of 6  batch 0 of 5  ") and "loss" not in first


def test_without_validation_no_line_tells_of_an_old_one(watcher: Watcher) -> None:
    begun = watcher.train(**HELD)
    watcher.train(begun)
    assert not any("validation" in each or "best" in each for each in watcher.lines)
    assert all(figure.validation is None for p in watcher.told for figure in p.figures)
    assert "best round" not in progress_page(watcher.last)


def test_old_validations_of_other_examples_are_not_told_of(watcher: Watcher) -> None:
    begun = watcher.train(**HELD)
    results = watcher.train(
        begun,
        validation_set=numbers(9),
        max_training_rounds=4,
        training_progress_reporting=(io.StringIO(), {"Interval": (1, "Batches")}),
    )
    first = next(p for p in watcher.told if p.batch == 1)
    assert first.figures[0].validation is None and first.best is None
    assert watcher.last.figures[0].validation == results["ValidationLossList"][-1]
    early = (io.StringIO(), {"Event": "RoundStarted"})
    watcher.train(results, validation_set=numbers(9), training_progress_reporting=early)
    assert watcher.told[0].figures[0].validation == results["ValidationLossList"][-1]


def test_what_is_no_longer_measured_is_not_told(watcher: Watcher) -> None:
    begun = watcher.train(training_progress_measurements=["MeanDeviation"])
    watcher.train(begun)
    assert not any("MeanDeviation" in each for each in watcher.lines)


@pytest.mark.parametrize("batch_size", [4, 8, 16, 40])
def test_validations_stand_at_their_rounds_however_many_batches_these_had(
    batch_size: int, watcher: Watcher
) -> None:
    begun = watcher.train(**HELD)
    results = watcher.train(begun, batch_size=batch_size, **HELD)
    p = watcher.last
    assert [x for x, _ in p.validation] == [x for x, _ in p.training] == [1, 2, 3, 4, 5, 6]
    assert p.best is not None and p.best[0] == results["BestValidationRound"]


def test_positions_go_up_and_no_further_than_what_ran(watcher: Watcher) -> None:
    begun = watcher.train(max_training_rounds=1, **HELD)
    stream = io.StringIO()
    watcher.train(begun, max_training_rounds=1, batch_size=4,
                  training_progress_reporting=(stream, {"Interval": (1, "Batches")}))  # fmt: skip
    for p in watcher.told:
        places = [x for x, _ in p.training]
        assert places == sorted(places) and places[-1] <= 2
        done = 1 + p.batch / (p.batches or 1) if not p.is_whole else 2
        assert places[-1] == pytest.approx(done)


def test_passes_of_any_length_have_their_rounds(watcher: Watcher) -> None:
    x, y = DATA

    def passes(state: Any) -> Any:
        for _ in range(2 * state["Round"]):
            yield x[:4], y[:4]

    watcher.train(data=passes, validation_set=DATA, max_training_rounds=4, batch_size=4)
    assert [x for x, _ in watcher.last.validation] == [1, 2, 3, 4]
    assert watcher.lines[-2].startswith("round 4 of 4 ") and "batch" not in watcher.lines[-2]


def test_who_takes_a_training_up_is_told_of_its_speed_since(
    watcher: Watcher, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.wlnet"
    kept = ("File", file, {"Interval": (1000, "Rounds")})
    watcher.train(max_training_rounds=4000, training_progress_checkpointing=kept,
                  **at("RoundStarted", 2000))  # fmt: skip
    stream, begun = io.StringIO(), time.perf_counter()
    wl.net_resume(file, DATA, training_progress_function=None, max_training_rounds=2001,
                  training_progress_reporting=(stream, {"Interval": 1}))  # fmt: skip
    seconds = time.perf_counter() - begun
    told = re.search(r"([\d.,]+) examples/s", stream.getvalue().splitlines()[0])
    assert told is not None
    assert float(told[1].replace(",", "")) > 0.9 * len(DATA[0]) / seconds, "the one round, alone"
    assert stream.getvalue().splitlines()[-1].startswith("2,001 rounds in ")


def test_the_last_phase_is_said_to_be_the_last_one(watcher: Watcher) -> None:
    watcher.train(**RESTS)
    assert "4 of 4 arrays learned (in the last phase 2 frozen)" in watcher.lines[-1]
    assert "4 of 4 arrays learned; in the last phase: " in progress_page(watcher.last)
    assert "2 of 4 arrays learn  " in watcher.lines[-2]
    watcher.train(learning_rate_multipliers={1: 0})
    assert "2 of 4 arrays learned (2 frozen)" in watcher.lines[-1]


def test_a_panel_in_a_terminal_has_no_best_round_where_there_is_none(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    from wlnet.train.reporting.block import Block

    stream = Terminal()
    watcher.train(**HELD)
    block = Block(stream)
    try:
        block.end(Progress(**{**vars(watcher.last), "best_round": None}))
    finally:
        block.close()
    assert "validation" in stream.getvalue() and "None" not in stream.getvalue()


def test_a_panel_has_a_ground_of_its_own(watcher: Watcher) -> None:
    watcher.train()
    page = progress_page(watcher.last)
    rules = page[page.index(".wl-panel {") :]
    assert "background:var(--wl-ground)" in rules[: rules.index("}")]
    assert page.count("--wl-ground:") >= 2, "on white and on black"
