"""Being told how far a training is, and ending it from there."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import changed, classes, classifier, digests, numbers, perceptron
from wlnet.nets.arrays import arrays_of
from wlnet.train import loop

DATA = numbers(12)
TWO_BATCHES: dict[str, Any] = {"batch_size": 6, "max_training_rounds": 3}


def test_a_progress_function_is_told_after_every_round() -> None:
    told: list[Any] = []
    results = wl.net_train(
        perceptron(),
        DATA,
        wl.ALL,
        training_progress_function=told.append,
        learning_rate=0.25,
        **TWO_BATCHES,
    )
    assert [state["Round"] for state in told] == [1, 2, 3]
    assert [state["AbsoluteBatch"] for state in told] == [2, 4, 6]
    assert {state["Batch"] for state in told} == {2}
    assert told[-1]["RoundLossList"] == results["RoundLossList"]
    assert told[-1]["BatchLossList"] == results["BatchLossList"]
    assert told[0]["RoundLossList"] == results["RoundLossList"][:1], "each is a snapshot"
    assert [state["ExamplesProcessed"] for state in told] == [12, 24, 36]
    last = told[-1]
    assert last["InitialLearningRate"] == last["LearningRate"] == 0.25
    assert (last["BatchSize"], last["BatchesPerRound"], last["OptimizationMethod"]) == (
        6,
        2,
        "ADAM",
    )
    assert last["Net"] == results["TrainedNet"]
    assert last["TimeElapsed"] > 0
    assert last["ExamplesPerSecond"] > 0


def test_what_a_progress_function_does_to_what_it_is_given_changes_nothing() -> None:
    def spoil(state: Any) -> None:
        losses = list(state["RoundLossList"])
        state["RoundLossList"].clear()
        state["BatchLossList"].append(7)
        state["RoundMeasurements"].clear()
        assert state["RoundLossList"] == losses, "nor for who asks next"

    plain = wl.net_train(perceptron(), DATA, wl.ALL, **TWO_BATCHES)
    spoilt = wl.net_train(
        perceptron(), DATA, wl.ALL, training_progress_function=spoil, **TWO_BATCHES
    )
    for name in ("RoundLossList", "BatchLossList", "TrainedNet"):
        assert plain[name] == spoilt[name]


def test_the_net_a_progress_function_is_given_stays_as_it_was() -> None:
    nets: list[Any] = []
    prints: list[Any] = []

    def keep(state: Any) -> None:
        nets.append(state["Net"])
        prints.append(digests(state["Net"]))

    wl.net_train(perceptron(), DATA, training_progress_function=keep, **TWO_BATCHES)
    assert [digests(net) for net in nets] == prints
    assert len({str(each) for each in prints}) == 3
    with pytest.raises(ValueError, match="read-only"):
        arrays_of(nets[0])[1, "Weights"][0] = 1


@pytest.mark.parametrize(
    ("answer", "reason"), [("StopTraining", "ManualStop"), ("AbortTraining", "Aborted")]
)
def test_a_progress_function_ends_the_training_with_a_word(answer: str, reason: str) -> None:
    net = perceptron()
    results = wl.net_train(
        net,
        DATA,
        wl.ALL,
        max_training_rounds=9,
        training_progress_function=lambda state: answer if state["Round"] == 2 else None,
    )
    assert results[["ReasonTrainingStopped", "TotalRounds"]] == [reason, 2]
    assert results["TrainedNet"] == wl.net_train(net, DATA, max_training_rounds=2)


def test_other_words_are_an_error_and_other_answers_mean_go_on() -> None:
    with pytest.raises(wl.OptionError, match="did you mean 'StopTraining'"):
        wl.net_train(
            perceptron(),
            DATA,
            training_progress_function=lambda state: "StopTrainig",
            max_training_rounds=2,
        )
    for answer in (None, True, 3, ["StopTraining"]):
        assert (
            wl.net_train(
                perceptron(),
                DATA,
                "TotalRounds",
                max_training_rounds=2,
                training_progress_function=lambda state, answer=answer: answer,
            )
            == 2
        )


def test_an_error_in_a_progress_function_is_the_users_own() -> None:
    with pytest.raises(ZeroDivisionError):
        wl.net_train(
            perceptron(),
            DATA,
            training_progress_function=lambda state: 1 / 0,
            max_training_rounds=2,
        )


def interrupt(at: int) -> Any:
    def function(state: Any) -> None:
        if state["Round"] == at:
            raise KeyboardInterrupt

    return function


def test_an_interrupt_stops_cleanly_and_returns_the_net_so_far(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = wl.net_train(
        perceptron(), DATA, wl.ALL, training_progress_function=interrupt(2), max_training_rounds=9
    )
    assert results[["ReasonTrainingStopped", "TotalRounds"]] == ["ManualStop", 2]
    assert results["TrainedNet"] == wl.net_train(perceptron(), DATA, max_training_rounds=2)
    told = capsys.readouterr()
    assert "stopped by the user" in told.err
    assert told.out == ""


def twins() -> Any:
    """A net with two arrays that are the same as long as both were updated as often."""
    twin = wl.LinearLayer(1, weights=[[0.5, -0.25, 1.0]], biases=None)
    first = [(wl.NetPort("Input"), name) for name in "ab"]
    nodes = {"a": twin, "b": twin, "sum": wl.ThreadingLayer("Plus")}
    return wl.NetGraph(nodes, [*first, (["a", "b"], "sum")])


# An interrupt may come right after a file was opened, before the block that closes it: Python does
# it then, and warns.
timed_interrupts = pytest.mark.filterwarnings(
    "ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """What is raised in a callback of the garbage collector is lost; Hypothesis has one there."""
    kept = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks[:] = kept


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Has a training interrupted so many seconds after its first round has begun."""
    rounds = loop.Trainer.rounds

    def interrupt_after(seconds: float) -> None:
        def begun(self: Any, *args: Any) -> Any:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            return rounds(self, *args)

        monkeypatch.setattr(loop.Trainer, "rounds", begun)

    def ring(number: int, frame: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGALRM, ring)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield interrupt_after
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    signal.signal(signal.SIGINT, usual)


@timed_interrupts
@pytest.mark.usefixtures("heard_interrupts")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seconds", [0.011, 0.06, 0.13])
def test_an_interrupt_at_any_moment_leaves_whole_steps(
    seconds: float, workers: int, timed: Callable[[float], None]
) -> None:
    net, data = twins(), numbers(40, outputs=1)
    options: dict[str, Any] = {"batch_size": 4, "learning_rate": 1e-5, "workers": workers}
    timed(seconds)
    stopped = wl.net_train(net, data, wl.ALL, max_training_rounds=10**6, **options)
    assert stopped["ReasonTrainingStopped"] == "ManualStop"
    arrays = wl.information(stopped["TrainedNet"], "Arrays")
    a, b = (arrays[name, "Weights"] for name in "ab")
    assert a.tobytes() == b.tobytes()
    assert stopped["TotalBatches"] == len(stopped["BatchLossList"])


@timed_interrupts
@pytest.mark.usefixtures("heard_interrupts")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seconds", [0.011, 0.037, 0.06, 0.13])
def test_an_interrupt_of_a_training_that_is_looked_at_leaves_nothing_half_done(
    seconds: float, workers: int, timed: Callable[[float], None]
) -> None:
    """Gone on with, it is as if nobody had stopped it."""
    names = ["GradientsRMS", "UpdatesRMS", "WeightsRMS"]
    options: dict[str, Any] = {
        "batch_size": 4,
        "workers": workers,
        "training_progress_measurements": names,
        "training_progress_function": lambda state: state["GradientsVector"] is None,
    }
    data = numbers(40)
    timed(seconds)
    stopped = wl.net_train(perceptron(), data, wl.ALL, max_training_rounds=10**6, **options)
    assert stopped["ReasonTrainingStopped"] == "ManualStop"
    done = stopped["TotalRounds"]
    for name in names:
        assert {len(values) for values in stopped[name].values()} <= {done}
    signal.setitimer(signal.ITIMER_REAL, 0)
    timed(100)
    more = wl.net_train(stopped, data, wl.ALL, max_training_rounds=2, **options)
    whole = wl.net_train(perceptron(), data, wl.ALL, max_training_rounds=done + 2, **options)
    assert more["BatchLossList"] == whole["BatchLossList"]
    for name in names:
        assert more[name] == whole[name]
    assert digests(more["TrainedNet"]) == digests(whole["TrainedNet"])


@timed_interrupts
@pytest.mark.usefixtures("heard_interrupts")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seconds", [0.021, 0.043, 0.087])
def test_an_interrupted_training_records_the_steps_that_the_net_has_seen(
    seconds: float, workers: int, timed: Callable[[float], None]
) -> None:
    """Every step moves the one number by exactly 1/1024, so the net counts its steps itself."""
    net = wl.net_initialize(wl.NetChain([wl.ConstantPlusLayer()], input=1))
    data = np.zeros((20_000, 1)), np.full((20_000, 1), 1e6)
    options: dict[str, Any] = {
        "batch_size": 1,
        "method": wl.SignSGD(learning_rate_schedule=None),
        "learning_rate": 2**-10,
        "working_precision": "Real64",
        "workers": workers,
    }
    timed(seconds)
    stopped = wl.net_train(net, data, wl.ALL, max_training_rounds=10**6, **options)
    assert stopped["ReasonTrainingStopped"] == "ManualStop"
    steps = float(wl.net_extract(stopped["TrainedNet"], (1, "Biases"))[0]) * 1024
    assert steps == stopped["TotalBatches"] == len(stopped["BatchLossList"])
    assert stopped["ExamplesProcessed"] == steps


def test_an_interrupt_during_a_run_returns_the_net_after_its_last_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from wlnet.engine.program import Program

    run, count = Program.run, iter(range(99))

    def interrupted(self: Any, *args: Any, **options: Any) -> Any:
        done = run(self, *args, **options)
        if next(count) == 2:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Program, "run", interrupted)
    stopped = wl.net_train(perceptron(), DATA, wl.ALL, batch_size=12, max_training_rounds=9)
    monkeypatch.undo()
    assert stopped["ReasonTrainingStopped"] == "ManualStop"
    assert stopped["TrainedNet"] == wl.net_train(
        perceptron(), DATA, batch_size=12, max_training_rounds=3
    )


def test_an_interrupt_returns_the_best_net_where_there_is_a_validation_set() -> None:
    nets: list[Any] = []

    def watch(state: Any) -> None:
        nets.append(state["Net"])
        interrupt(8)(state)

    results = wl.net_train(
        perceptron(),
        DATA,
        wl.ALL,
        validation_set=DATA,
        batch_size=12,
        max_training_rounds=9,
        learning_rate=0.02,
        training_progress_function=watch,
        method=("SGD", {"LearningRateSchedule": lambda t, total: 1.0 if t < 4 else 40.0}),
    )
    assert results["ReasonTrainingStopped"] == "ManualStop"
    assert results["BestValidationRound"] < 8
    assert results["TrainedNet"] == nets[results["BestValidationRound"] - 1]


# Printing.


def test_print_writes_a_line_a_round_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = classes(30)
    results = wl.net_train(
        classifier(),
        (x, y),
        wl.ALL,
        validation_set=(x, y),
        max_training_rounds=3,
        training_progress_reporting=("Print", {"Interval": 1}),
    )
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    *lines, last = lines
    assert [line.split()[:2] for line in lines] == [["round", str(n)] for n in (1, 2, 3)]
    assert last.startswith("3 rounds in ")
    for line, loss, held, rate in zip(
        lines,
        results["RoundLossList"],
        results["ValidationLossList"],
        results["ValidationMeasurementsLists"]["ErrorRate"],
        strict=True,
    ):
        assert f"  loss {loss:#.4g}  " in line
        assert f"validation loss {held:#.4g}" in line
        assert f"errors {rate:.2%}" in line
        assert "examples/s" in line


def test_what_is_no_share_is_not_printed_as_a_percentage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = wl.net_train(
        perceptron(),
        DATA,
        "RoundMeasurements",
        max_training_rounds=1,
        training_progress_reporting="Print",
        training_progress_measurements=["MeanDeviation"],
    )
    assert f"MeanDeviation {found['MeanDeviation']:#.4g}  " in capsys.readouterr().err


@pytest.mark.parametrize("given", [None, wl.AUTOMATIC])
def test_without_a_terminal_nothing_is_printed(
    given: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    wl.net_train(perceptron(), DATA, max_training_rounds=2, training_progress_reporting=given)
    assert capsys.readouterr() == ("", "")


def test_a_function_may_do_the_reporting() -> None:
    told: list[Any] = []
    wl.net_train(perceptron(), DATA, max_training_rounds=2, training_progress_reporting=told.append)
    assert [state["Round"] for state in told] == [1, 2]


# Measurements on the way.


def test_measurements_of_a_round_are_those_of_all_its_examples() -> None:
    x, y = classes(20)
    net = wl.net_initialize(classifier(output=wl.NetDecoder("Class", [0, 1, 2])))
    names = ["Accuracy", ("Accuracy", 2), "F1Score", "ConfusionMatrix", "Perplexity"]
    # Learning as good as nothing: the net of every batch is the net given.
    found = wl.net_train(
        net,
        (x, y),
        "RoundMeasurements",
        batch_size=7,
        max_training_rounds=1,
        learning_rate=1e-30,
        training_progress_measurements=names,
    )
    assert list(found) == ["Accuracy", "AccuracyTop2", "F1Score", "ConfusionMatrix", "Perplexity"]
    for value, wanted in zip(found.values(), wl.net_measurements(net, (x, y), names), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-6)


def test_measurements_of_several_outputs_are_told_apart_by_port() -> None:
    net = wl.NetGraph(
        {"trunk": 4, "a": 2, "b": 1},
        [("trunk", "a", wl.NetPort("A")), ("trunk", "b", wl.NetPort("B"))],
        input=3,
    )
    found = wl.net_train(
        net,
        {"Input": DATA[0], "A": DATA[1], "B": DATA[1][:, :1]},
        "RoundMeasurements",
        max_training_rounds=1,
        training_progress_measurements="MeanSquare",
    )
    assert set(found) == {"ALoss", "BLoss", "A/MeanSquare", "B/MeanSquare"}
    assert found["A/MeanSquare"] == pytest.approx(found["ALoss"], rel=1e-6)


def test_measuring_changes_nothing_in_the_training() -> None:
    net = perceptron()
    plain = wl.net_train(net, DATA, **TWO_BATCHES)
    measured = wl.net_train(
        net, DATA, training_progress_measurements=["MeanSquare", "RSquared"], **TWO_BATCHES
    )
    assert not changed(plain, measured)
