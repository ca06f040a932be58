"""A training that is cut short, by numbers that are no longer finite or by an interrupt, is an
undisturbed one up to that step: the same record, the same arrays, and nobody was asked twice."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import METHODS, numbers
from wlnet.engine.program import Program
from wlnet.train import history, loop, memory, pace, phase, snapshots, stepping

EXAMPLES, SIZE, ROUNDS = 22, 4, 4
WHOLE, PER_ROUND = EXAMPLES // SIZE, -(-EXAMPLES // SIZE)


class User:
    """A user's data and functions, which write down how they are called."""

    def __init__(self, form: str, bad_step: int | None = None) -> None:
        self.form, self.bad_step = form, bad_step
        self.x, self.y = numbers(EXAMPLES)
        self.schedule_calls: list[Any] = []
        self.progress_calls: list[int] = []
        self.batch_calls: list[int] = []
        self.memory = np.empty((SIZE, 3), np.float32), np.empty((SIZE, 2), np.float32)

    def schedule(self, t: int, total: int) -> float:
        self.schedule_calls.append((t, total))
        return 1e300 if t == self.bad_step else 1 / (1 + t)

    def progress(self, state: Any) -> None:
        """Also changes the data where they lie."""
        self.progress_calls.append(state["Round"])
        self.x *= np.float32(1.01)
        self.y -= np.float32(0.01)

    def batch(self, state: Any) -> Any:
        """The next examples, in the same memory again where the form says so."""
        number = state["AbsoluteBatch"]
        self.batch_calls.append(number)
        rows = np.arange(number, number + SIZE) % EXAMPLES
        if self.form == "new memory":
            return self.x[rows], self.y[rows]
        self.memory[0][...], self.memory[1][...] = self.x[rows], self.y[rows]
        return self.memory

    def batches(self) -> Iterator[Any]:
        number = 0
        while True:
            yield self.batch({"AbsoluteBatch": number})
            number += 1

    @property
    def data(self) -> Any:
        forms: dict[str, Callable[[], Any]] = {
            "columns": lambda: (self.x, self.y),
            "rows": lambda: list(zip(self.x.tolist(), self.y.tolist(), strict=True)),
            "new memory": lambda: (self.batch, {"RoundLength": EXAMPLES}),
            "the same memory": lambda: (self.batch, {"RoundLength": EXAMPLES}),
            "yielded": lambda: (self.batches, {"RoundLength": EXAMPLES}),
        }
        return forms[self.form]()

    @property
    def is_asked(self) -> bool:
        return self.form not in ("columns", "rows")


FORMS = ("columns", "rows", "new memory", "the same memory", "yielded")


def net() -> Any:
    layers = [4, wl.BatchNormalizationLayer(), "Tanh", wl.DropoutLayer(0.3), 2]
    return wl.net_initialize(wl.NetChain(layers, input=3))


def train(user: User, method: str, held: bool, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The record of a training, and its last arrays, whichever net is the best."""
    kept: list[Any] = []
    start = loop.Trainer.__init__

    def remembered(self: Any, *args: Any) -> None:
        start(self, *args)
        kept.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Trainer, "__init__", remembered)
        # As it is where arrays are large: steps of several rounds have to be done once more.
        patch.setattr(snapshots.Snapshot, "is_old", False)
        results = wl.net_train(
            net(),
            user.data,
            wl.ALL,
            batch_size=SIZE,
            max_training_rounds=ROUNDS,
            method=(method, {"LearningRateSchedule": user.schedule}),
            learning_rate=0.05,
            training_progress_function=user.progress,
            validation_set=numbers(9, seed=1) if held else None,
        )
    return results, kept[0].memory.plain_arrays()


def undisturbed(form: str, method: str, held: bool, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A training of single steps: its record, and the arrays before each step, and at last."""
    moments: list[Any] = []
    run = stepping.Stepper.run

    def watched(self: Any, *args: Any) -> Any:
        moments.append(self.memory.plain_arrays())
        return run(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(pace.Pace, "next", lambda self, most, choices: (1, choices[0]))
        patch.setattr(stepping.Stepper, "run", watched)
        results, last = train(User(form), method, held, monkeypatch)
    assert len(moments) == results["TotalBatches"] == ROUNDS * PER_ROUND
    return results, [*moments, last]


@contextmanager
def interrupt(at: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The user interrupts during a step, counted from 0: it is the last one."""
    run = Program.run

    def interrupted(self: Any, *, step: int = -1, steps: int = 1, **options: Any) -> int:
        if not step <= at < step + steps:
            return run(self, step=max(step, 0), steps=steps, **options)
        run(self, step=step, steps=at - step + 1, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Program, "run", interrupted)
        yield


def check(
    form: str,
    method: str,
    held: bool,
    how: str,
    at: int,
    reference: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, moments = reference
    if how == "diverged":
        user, good = User(form, bad_step=at), at
        with pytest.warns(wl.TrainingWarning, match=f"at step {at + 1} "):
            found, last = train(user, method, held, monkeypatch)
        assert found["ReasonTrainingStopped"] == "WeightsDiverged"
    else:
        user, good = User(form), at + 1
        with interrupt(at, monkeypatch):
            found, last = train(user, method, held, monkeypatch)
        assert found["ReasonTrainingStopped"] == "ManualStop"
    assert found["BatchLossList"] == whole["BatchLossList"][:good]
    assert found["ExamplesProcessed"] == (good * SIZE if user.is_asked else seen(good))
    for key, array in moments[good].items():
        assert array.tobytes() == last[key].tobytes(), key
    # A round that an interrupt ended with its last step is not judged any more.
    rounds = at // PER_ROUND
    assert found["RoundLossList"] == whole["RoundLossList"][:rounds]
    assert found["RoundPositions"] == whole["RoundPositions"][:rounds]
    assert found["ValidationLossList"] == whole["ValidationLossList"][:rounds]
    assert user.progress_calls == list(range(1, rounds + 1))
    # Functions that give batches are asked step by step, schedules for all batches of one size.
    ends = [PER_ROUND * n + size for n in range(ROUNDS) for size in (WHOLE, PER_ROUND)]
    asked = at + 1 if user.is_asked else next(end for end in ends if end > at)
    assert user.schedule_calls == [(t, ROUNDS * PER_ROUND) for t in range(asked)]
    assert user.batch_calls == (list(range(at + 1)) if user.is_asked else [])


def seen(steps: int) -> int:
    """The examples in so many steps on columns."""
    rounds, rest = divmod(steps, PER_ROUND)
    return rounds * EXAMPLES + rest * SIZE


@pytest.mark.parametrize("how", ["diverged", "interrupted"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", METHODS)
def test_a_training_cut_short_is_the_undisturbed_one_up_to_that_step(
    method: str, form: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = form == "columns"
    reference = undisturbed(form, method, held, monkeypatch)
    check(form, method, held, how, 2 * PER_ROUND + 3, reference, monkeypatch)


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["diverged", "interrupted"])
@pytest.mark.parametrize("held", [False, True], ids=["", "validated"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", METHODS)
def test_it_is_so_around_the_ends_of_rounds(
    method: str, form: str, held: bool, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = undisturbed(form, method, held, monkeypatch)
    for at in (
        0,
        1,
        *(PER_ROUND + i for i in (-2, -1, 0, 1)),
        3 * PER_ROUND - 1,
        4 * PER_ROUND - 1,
    ):
        check(form, method, held, how, at, reference, monkeypatch)


@pytest.mark.parametrize("good", [0, 1, PER_ROUND - 1, PER_ROUND, PER_ROUND + 1, 2 * PER_ROUND])
def test_the_batches_told_are_those_of_the_round_that_the_last_good_step_was_in(
    good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(wl.TrainingWarning, match=f"at step {good + 1} "):
        found, _ = train(User("columns", bad_step=good), "ADAM", False, monkeypatch)
    assert found["TotalBatches"] == good
    rounds = -(-good // PER_ROUND)
    options: dict[str, Any] = {"batch_size": SIZE, "max_training_rounds": rounds}
    told = found["BatchPermutation"]
    if not good:
        assert told is None
    else:
        data = numbers(EXAMPLES)
        assert told == wl.net_train(net(), data, "BatchPermutation", **options)


# Wherever in Python it comes.


def lines(form: str, stop: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, int]:
    """A training that diverges in its third round, interrupted at a line of the loop.

    Its record, its last arrays, and how many lines there were before.
    """
    modules = loop, phase, memory, stepping, history, snapshots, pace
    files = {module.__file__ for module in modules}
    count = 0

    def line(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
            if count == stop:
                sys.settrace(None)
                raise KeyboardInterrupt
        return line

    def call(frame: Any, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename in files else None

    rounds, settle = loop.Trainer.rounds, loop.Trainer.settle

    def traced(self: Any) -> Iterator[Any]:
        sys.settrace(call)
        try:
            yield from rounds(self)
        finally:
            sys.settrace(None)

    def settled(self: Any) -> None:
        sys.settrace(None)
        settle(self)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Trainer, "rounds", traced)
        patch.setattr(loop.Trainer, "settle", settled)
        try:
            found, last = train(User(form, 2 * PER_ROUND + 2), "ADAM", True, monkeypatch)
        finally:
            sys.settrace(None)
    return found, last, count


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("form", ["columns", "the same memory"])
@pytest.mark.parametrize("every", [331, pytest.param(23, marks=pytest.mark.thorough)])
def test_an_interrupt_at_any_line_leaves_record_and_arrays_at_one_step(
    every: int, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, moments = undisturbed(form, "ADAM", True, monkeypatch)
    traced_before = sys.gettrace()
    stop, reason = 1, "ManualStop"
    while reason == "ManualStop":
        found, last, count = lines(form, stop, monkeypatch)
        reason = found["ReasonTrainingStopped"]
        steps = len(found["BatchLossList"])
        assert found["BatchLossList"] == whole["BatchLossList"][:steps], stop
        assert found["ExamplesProcessed"] == (steps * SIZE if form != "columns" else seen(steps))
        for key, array in moments[steps].items():
            assert array.tobytes() == last[key].tobytes(), (stop, key)
        for name in ("RoundLossList", "ValidationLossList", "RoundPositions"):
            assert found[name] == whole[name][: len(found[name])], (stop, name)
        judged = len(found["ValidationPositions"])
        assert len(found["RoundPositions"]) - judged in (0, 1)
        assert len(found["ValidationLossList"]) == judged
        losses = found["ValidationLossList"]
        best = losses.index(min(losses)) + 1 if losses else None
        assert found["BestValidationRound"] == best, stop
        stop += every
    assert reason == "WeightsDiverged" and count < stop
    sys.settrace(traced_before)


def test_a_step_that_an_interrupt_tore_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a worker was never there, the others may have done a part of a step."""
    whole, moments = undisturbed("columns", "ADAM", False, monkeypatch)
    run, at = Program.run, PER_ROUND

    def torn(self: Any, *, step: int = -1, steps: int = 1, **options: Any) -> int:
        if not step <= at < step + steps:
            return run(self, step=max(step, 0), steps=steps, **options)
        run(self, step=step, steps=1, **options)
        self.rest()
        self.stop(at_once=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Program, "run", torn)
        found, last = train(User("columns"), "ADAM", False, monkeypatch)
    assert found["TotalBatches"] == at
    assert found["BatchLossList"] == whole["BatchLossList"][:at]
    for key, array in moments[at].items():
        assert array.tobytes() == last[key].tobytes(), key


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize(
    "who",
    ["training_progress_function", "training_progress_reporting", "training_stopping_criterion"],
)
def test_any_function_of_the_user_may_change_the_data(
    who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns are read where they lie, and steps on what they were before are not done again."""
    monkeypatch.setattr(snapshots.Snapshot, "is_old", False)

    def trained(bad_round: int, rounds: int) -> Any:
        x, y = numbers(EXAMPLES)

        def change(state: Any) -> bool:
            x[...] *= np.float32(1.1)
            if state["Round"] == bad_round:
                y[...] = 3e38
            return False

        options: dict[str, Any] = {who: change, "max_training_rounds": rounds}
        return wl.net_train(net(), (x, y), wl.ALL, batch_size=SIZE, **options)

    cut, whole = trained(bad_round=3, rounds=9), trained(bad_round=0, rounds=3)
    assert cut["ReasonTrainingStopped"] == "WeightsDiverged"
    assert cut["BatchLossList"] == whole["BatchLossList"]
    assert cut["TrainedNet"] == whole["TrainedNet"]


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
def test_a_schedule_may_change_the_data_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots.Snapshot, "is_old", False)

    def trained(bad_step: int | None, rounds: int) -> Any:
        x, y = numbers(EXAMPLES)

        def schedule(t: int, total: int) -> float:
            x[...] *= np.float32(1.1)
            return 1e300 if t == bad_step else 1.0

        options: dict[str, Any] = {"batch_size": SIZE, "max_training_rounds": rounds}
        method = wl.SGD(learning_rate_schedule=schedule)
        return wl.net_train(net(), (x, y), wl.ALL, method=method, learning_rate=0.01, **options)

    cut, whole = trained(bad_step=2 * PER_ROUND, rounds=9), trained(bad_step=None, rounds=2)
    assert cut["ReasonTrainingStopped"] == "WeightsDiverged"
    assert cut["BatchLossList"] == whole["BatchLossList"]
    assert cut["TrainedNet"] == whole["TrainedNet"]


def test_data_that_another_thread_changed_are_an_error_where_steps_must_be_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = User("columns", bad_step=3)
    run = Program.run

    def changed(self: Any, *, step: int = -1, **options: Any) -> int:
        done = run(self, step=max(step, 0), **options)
        if step >= 0:
            user.x += 1
        return done

    monkeypatch.setattr(Program, "run", changed)
    with pytest.raises(wl.DataError, match=r"were changed while steps ran[^$]*another thread"):
        train(user, "ADAM", False, monkeypatch)
