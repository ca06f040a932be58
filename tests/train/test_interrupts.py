"""Ctrl-C at any instant of a training: the first gives its results, the second raises, and whoever
handled it before handles it again."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests import interrupted_trainings as trials
from tests.train.test_going_on import net, same, same_record
from tests.training_cases import numbers
from wlnet.train import checkpoints, history, loop

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
DATA = numbers(25)


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def before(function: Any, times: int = 1) -> Any:
    """A function with interrupts before its first call."""
    left = [times]

    def call(*args: Any, **options: Any) -> Any:
        while left[0]:
            left[0] -= 1
            interrupt()
        return function(*args, **options)

    return call


def train(prop: Any = wl.ALL, **options: Any) -> Any:
    usual: dict[str, Any] = {"batch_size": 4, "max_training_rounds": 4}
    return wl.net_train(net(), DATA, prop, **{**usual, **options})


def judged(**options: Any) -> Any:
    return train(validation_set=wl.Scaled(0.2), **options)


# Random instants


def check_trials(numbers_of: range) -> set[str]:
    """The ends that trials came to, all of them good: which ones is a matter of the clock."""
    bad: list[str] = []
    found = trials.tried(numbers_of, bad.append)
    assert not bad
    assert sum(found.values()) == len(numbers_of)
    return {end for _, end in found}


def test_at_some_instants_of_a_training_all_ends_are_good() -> None:
    check_trials(range(8))


@pytest.mark.thorough
@pytest.mark.parametrize("start", range(1000, 1200, 50))
def test_at_many_instants_all_ends_are_good_also_where_all_is_compiled(start: int) -> None:
    assert {"ManualStop", "raised by the second"} <= check_trials(range(start, start + 50))


# Chosen instants


def test_an_interrupt_while_a_training_is_made_ready_gives_one_without_a_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(loop.Trainer, "__init__", before(loop.Trainer.__init__))
    file, given = tmp_path / "a.wlnet", net()
    results = wl.net_train(
        given, DATA, wl.ALL, batch_size=4, max_training_rounds=4, validation_set=wl.Scaled(0.2),
        training_progress_checkpointing=("File", file),
    )  # fmt: skip
    monkeypatch.undo()
    assert results["ReasonTrainingStopped"] == "ManualStop"
    assert results["TotalBatches"] == 0
    assert results["TrainedNet"] == given
    same_record(judged(), wl.net_resume(file, DATA), trials.OTHER)


def test_an_interrupt_before_anything_is_begun_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wlnet.train.net_train.read_call", lambda *given: interrupt())
    with pytest.raises(KeyboardInterrupt):
        train()


def test_a_round_that_was_not_judged_is_judged_when_the_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All its batches are done, but it does not count before."""
    file = tmp_path / "a.wlnet"
    monkeypatch.setattr(loop.Trainer, "_validate", before(loop.Trainer._validate))
    results = judged(training_progress_checkpointing=("File", file))
    monkeypatch.undo()
    assert results["TotalBatches"] == 5
    assert results["RoundLossList"] == results["ValidationLossList"] == []
    same_record(judged(), wl.net_resume(file, DATA), trials.OTHER)


def test_a_phase_that_nothing_was_done_in_is_not_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rules, enter = wl.Phases({1: 1, 2: {1: 0.5}, 4: 1}), loop.Trainer._enter

    def enters(self: Any, number: int) -> None:
        enter(self, number)
        if number == 2:
            interrupt()

    monkeypatch.setattr(loop.Trainer, "_enter", enters)
    results = train(learning_rate_multipliers=rules)
    monkeypatch.undo()
    assert results["TotalRounds"] == 1
    assert list(results["ArraysLearningRateMultipliersByPhase"]) == [1]
    assert wl.verify(results, net(), DATA, reporting=None)
    again = wl.net_resume(wl.save(results, tmp_path / "a.wlnet"), DATA)
    same_record(train(learning_rate_multipliers=rules), again, trials.OTHER)


def test_numbers_of_arrays_of_a_round_that_does_not_count_are_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history.Series, "add", before(history.Series.add))
    results = train(training_progress_measurements=["WeightsRMS", "UpdatesRMS"])
    monkeypatch.undo()
    assert results["TotalRounds"] == 0 < results["TotalBatches"]
    assert results.record.by_array == {}
    assert wl.verify(results, net(), DATA, reporting=None)


@pytest.mark.parametrize("patience", [0, 2])
def test_a_criterion_counts_a_round_whose_progress_function_was_interrupted(
    patience: int, tmp_path: Path
) -> None:
    given = {
        "training_stopping_criterion": {"Criterion": "Loss", "Patience": patience},
        "learning_rate": 0.3,
        "max_training_rounds": 20,
    }
    whole, file = judged(**given), tmp_path / "a.wlnet"
    assert whole["ReasonTrainingStopped"] == "StoppingCriterion"
    last = whole["TotalRounds"]
    for number in range(1, last + 1):

        def stops(state: Any, number: int = number) -> None:
            if state["Round"] == number:
                interrupt()

        results = judged(training_progress_function=stops, **given)
        assert results["TotalRounds"] == number
        again = wl.net_resume(wl.save(results, file), DATA, training_progress_function=None)
        same_record(whole, again, trials.OTHER)


def test_a_checkpoint_that_was_begun_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoints, "write_record", before(checkpoints.write_record))
    results = train(training_progress_checkpointing=("Directory", tmp_path))
    assert results["ReasonTrainingStopped"] == "ManualStop"
    assert results["TotalRounds"] == 1
    assert [str(each) for each in tmp_path.iterdir()] == results["CheckpointingFiles"]


@pytest.mark.parametrize("name", ["_validate", "_end_round", "rounds", "settle"])
def test_a_second_interrupt_raises_wherever_it_comes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.Trainer, name, before(getattr(loop.Trainer, name)))

    def stops(state: Any) -> None:
        if name == "settle":
            interrupt()

    if name == "settle":
        with pytest.raises(KeyboardInterrupt):
            judged(training_progress_function=stops)
        return
    monkeypatch.setattr(loop.Trainer, "settle", before(loop.Trainer.settle))
    with pytest.raises(KeyboardInterrupt):
        judged()


def test_a_second_one_leaves_the_last_checkpoint_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "a.wlnet"
    synced, count = os.fsync, 0

    def fsync(descriptor: int) -> None:
        nonlocal count
        synced(descriptor)
        count += 1
        if count == 3:  # the file and the folder, and the second file
            interrupt()
            interrupt()

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(KeyboardInterrupt):
        judged(training_progress_checkpointing=("File", file))
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["a.wlnet"]
    same_record(judged(), wl.net_resume(file, DATA), trials.OTHER)


@pytest.mark.parametrize("event", ["TrainingComplete", "RoundComplete"])
def test_what_is_told_of_the_end_may_be_interrupted_too(event: str) -> None:
    def looks(state: Any) -> None:
        if state["Event"] == event and state["Round"] == 4:
            interrupt()
            raise AssertionError

    results = train(training_progress_function=(looks, {"Event": [event]}))
    assert results["TotalRounds"] == 4
    expected = "MaxTrainingRounds" if event == "TrainingComplete" else "ManualStop"
    assert results["ReasonTrainingStopped"] == expected


@pytest.mark.parametrize("where", ["_tell_last", "record_of", "Audience.keep"])
def test_after_the_last_step_nothing_is_lost(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from wlnet.train import audience, course

    owner = audience.Audience if "." in where else course
    name = where.rpartition(".")[2]
    monkeypatch.setattr(owner, name, before(getattr(owner, name)))
    results = train()
    assert results["ReasonTrainingStopped"] == "MaxTrainingRounds"
    assert same(results["TrainedNet"], train("TrainedNet"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_python_swallows_stops_a_training_all_the_same() -> None:
    """A KeyboardInterrupt in a callback of the garbage collector is printed and forgotten."""
    told: list[Any] = []

    def callback(phase: str, info: Any) -> None:
        if told and told[-1] is not None:
            told.append(None)
            interrupt()

    def collects(state: Any) -> None:
        if not told:
            told.append(state["Round"])
            gc.collect()

    gc.callbacks.append(callback)
    try:
        results = train(training_progress_function=collects)
    finally:
        gc.callbacks.remove(callback)
    assert results["ReasonTrainingStopped"] == "ManualStop"
    assert results["TotalRounds"] == 1


def test_a_function_that_swallows_it_stops_the_training_all_the_same() -> None:
    def swallows(state: Any) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            interrupt()

    assert train(training_progress_function=swallows)["ReasonTrainingStopped"] == "ManualStop"


class Closed:
    """A terminal that was closed."""

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")


def test_nobody_has_to_hear_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Closed())
    results = train(training_progress_function=lambda state: interrupt())
    assert results["ReasonTrainingStopped"] == "ManualStop"


# Handlers of others


def test_a_handler_of_the_user_stays_in_its_place() -> None:
    heard: list[int] = []

    def hears(number: int, frame: Any) -> None:
        heard.append(number)

    signal.signal(signal.SIGINT, hears)

    def looks(state: Any) -> None:
        assert signal.getsignal(signal.SIGINT) is hears
        interrupt()

    results = train(training_progress_function=looks)
    assert signal.getsignal(signal.SIGINT) is hears
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert heard == [signal.SIGINT] * 4
    assert results["ReasonTrainingStopped"] == "MaxTrainingRounds"


def test_a_handler_that_is_set_while_it_trains_stays() -> None:
    def sets(state: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    train(training_progress_function=sets)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_of_two_trainings_the_inner_one_is_stopped_first() -> None:
    reasons: list[str] = []

    def inner(state: Any) -> None:
        results = train(training_progress_function=lambda state: interrupt())
        reasons.append(results["ReasonTrainingStopped"])

    outer = train(training_progress_function=inner, max_training_rounds=2)
    assert reasons == ["ManualStop"] * 2
    assert outer["ReasonTrainingStopped"] == "MaxTrainingRounds"


def test_a_second_interrupt_of_the_inner_one_stops_the_outer_one() -> None:
    def twice(state: Any) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            interrupt()
        interrupt()

    outer = train(training_progress_function=lambda s: train(training_progress_function=twice))
    assert outer["ReasonTrainingStopped"] == "ManualStop"
    assert outer["TotalRounds"] == 1


def test_in_another_thread_nothing_is_touched() -> None:
    found: list[Any] = []
    held: list[Any] = []

    def looks(state: Any) -> None:
        held.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: found.append(train(training_progress_function=looks)))
    thread.start()
    thread.join()
    assert found[0]["ReasonTrainingStopped"] == "MaxTrainingRounds"
    assert set(held) == {signal.default_int_handler}


def test_a_training_in_another_thread_hears_nothing_of_those_of_this_one() -> None:
    is_there, goes_on, threads = threading.Event(), threading.Event(), list[threading.Thread]()
    found: list[Any] = []

    def waits(state: Any) -> None:
        is_there.set()
        goes_on.wait(60)

    def swallows(state: Any) -> None:
        threads.append(
            threading.Thread(target=lambda: found.append(train(training_progress_function=waits)))
        )
        threads[-1].start()
        is_there.wait(60)
        with contextlib.suppress(KeyboardInterrupt):
            interrupt()

    results = train(training_progress_function=swallows)
    goes_on.set()
    for each in threads:
        each.join()
    assert results["ReasonTrainingStopped"] == "ManualStop"
    assert [each["ReasonTrainingStopped"] for each in found] == ["MaxTrainingRounds"]


# Killed


KILLED = """
    import sys, time
    from pathlib import Path
    import wlnet as wl
    from tests import interrupted_trainings as trials
    given = trials.options(Path(sys.argv[1]))
    def slowly(state):
        if state["AbsoluteBatch"] == 1:
            print("begun", flush=True)
        time.sleep(0.01)
    given["training_progress_function"] = (slowly, {"Interval": (1, "Batches")})
    given["training_progress_checkpointing"] = (
        "File", Path(sys.argv[1]), {"Interval": (1, "Batches")})
    wl.net_train(trials.layers(), trials.numbers(trials.EXAMPLES), **given)
"""


def check_killed(folder: Path, number: int, after: float) -> int:
    """Kill a training, and go on from its last checkpoint; how many batches that had."""
    import textwrap

    file = folder / f"{after}.wlnet"
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(file)], cwd=trials.ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        time.sleep(after)
        process.send_signal(number)
    if not file.exists():
        return 0
    done: int = wl.load(file)["TotalBatches"]
    again = wl.net_resume(file, trials.numbers(trials.EXAMPLES), **trials.FUNCTIONS)
    same_record(trials.reference().results, again, trials.OTHER)
    assert [each.name for each in folder.iterdir()] == [file.name], "a part is left"
    return done


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_last_checkpoint_of_a_training_that_was_killed_is_whole(
    number: int, tmp_path: Path
) -> None:
    assert check_killed(tmp_path, number, 0.3) > 0


@pytest.mark.thorough
@pytest.mark.parametrize("instant", range(20))
def test_it_is_whole_at_whatever_instant(instant: int, tmp_path: Path) -> None:
    number = [signal.SIGKILL, signal.SIGTERM][instant % 2]
    after = float(np.random.default_rng(instant).uniform(0, 1.0))
    check_killed(tmp_path, number, after)
