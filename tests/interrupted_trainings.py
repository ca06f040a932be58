"""Trainings interrupted at random instants, by a real SIGINT: each has to come to a good end.

python -m tests.interrupted_trainings 500
python -m tests.interrupted_trainings 1 --start 137

A trial is named by its number. A good end: results that are those of the undisturbed training after
so many steps, to the bit, and a checkpoint from which the rest of it follows to the bit; where the
interrupt came before anything was begun, a KeyboardInterrupt. Tells how many came where.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import numpy as np

import wlnet as wl
from tests.train.test_going_on import OF_A_CALL, same_record
from tests.training_cases import numbers

ROOT = Path(__file__).parents[1]
EXAMPLES, SIZE, ROUNDS = 40, 6, 6
FRESH_EVERY = 25
"""Of so many trials one is a process of its own, with no kernels in its cache."""
TWICE_EVERY = 4
"""Of so many trials one is interrupted a second time, soon after."""
VERIFIED_EVERY = 10
"""Of so many trials one has its receipt checked."""
OTHER = (*OF_A_CALL, "CheckpointingFiles")
"""What may differ between two trainings that are the same."""


# The training


def schedule(step: int, total: int) -> float:
    return 1 / (1 + step / total)


def progress(state: Any) -> None:
    """Looks at what it is told."""
    look(state)


def look(state: Any) -> None:
    """Takes some time, so that interrupts come into it."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < 0.002:
        assert state["Round"] <= ROUNDS
    assert len(state["BatchLossList"]) == state["AbsoluteBatch"]
    assert np.isfinite(state["WeightsVector"]).all()


def layers() -> Any:
    chain = [4, wl.BatchNormalizationLayer(), "Tanh", wl.DropoutLayer(0.3), 2]
    return wl.net_initialize(wl.NetChain(chain, input=3))


FUNCTIONS: dict[str, Any] = {
    "method": ("ADAM", {"LearningRateSchedule": schedule}),
    "training_progress_function": (progress, {"Interval": (3, "Batches")}),
}
"""What no file holds."""


def options(file: Path) -> dict[str, Any]:
    return {
        **FUNCTIONS,
        "batch_size": SIZE,
        "max_training_rounds": ROUNDS,
        "learning_rate": 0.05,
        "learning_rate_multipliers": wl.Phases({1: {1: 0.5}, 3: {-1: 1, wl.ANY: None}, 5: 1}),
        "validation_set": wl.Scaled(0.2),
        "training_progress_measurements": ["MeanSquare", "GradientsRMS", "UpdatesRMS"],
        "training_progress_checkpointing": ("File", file, {"Interval": (5, "Batches")}),
    }


def train(net: Any, file: Path) -> Any:
    return wl.net_train(net, numbers(EXAMPLES), wl.ALL, **options(file))


# The undisturbed one


@dataclass
class Reference:
    """A training that nobody interrupted."""

    net: Any
    results: Any
    moments: list[dict[Any, bytes]]
    """The arrays before each step, and after the last one."""
    seconds: float
    """How long such a call takes."""
    calls: dict[str, list[float]] = field(default_factory=dict)
    """How long the calls took of each thing that is aimed at."""


def bytes_of(arrays: Any) -> dict[Any, bytes]:
    return {key: array.tobytes() for key, array in arrays.items()}


@cache
def reference() -> Reference:
    from wlnet.train import pace, stepping

    net, moments = layers(), []
    run = stepping.Stepper.run

    def watched(self: Any, *args: Any) -> Any:
        moments.append(bytes_of(self.memory.plain_arrays()))
        return run(self, *args)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.wlnet"
        with (
            mock.patch.object(pace.Pace, "next", lambda self, most, choices: (1, choices[0])),
            mock.patch.object(stepping.Stepper, "run", watched),
        ):
            results = train(net, file)
        moments.append(bytes_of(results.record.moment.arrays | {}))
        moments[-1] = {key: moments[-1][key] for key in moments[0]}
        assert len(moments) == results["TotalBatches"] + 1
        found = Reference(net, results, moments, 0.0)
        for name, (owner, attribute) in aims().items():
            times = found.calls[name] = []
            with mock.patch.object(owner, attribute, timed(getattr(owner, attribute), times)):
                begun = time.perf_counter()
                same_record(results, train(net, file), OTHER)
                found.seconds = time.perf_counter() - begun
    return found


def aims() -> dict[str, tuple[Any, str]]:
    """What is interrupted on purpose, as it takes too little time to be met by chance."""
    from wlnet.train import audience, checkpoints, course, interrupts, loop, phase, stepping

    return {
        "the start": (loop.Trainer, "__init__"),
        "a phase": (phase.Phase, "__init__"),
        "steps": (stepping.Stepper, "run"),
        "the end of a round": (loop.Trainer, "_end_round"),
        "a validation": (loop.Trainer, "_validate"),
        "what is told": (audience.Audience, "hear"),
        "a progress function": (sys.modules[__name__], "look"),
        "a checkpoint": (checkpoints.Writer, "write"),
        "a file made safe": (os, "fsync"),
        "a file that gets its name": (os, "replace"),
        "the last checkpoint": (audience.Audience, "keep"),
        "the last words": (course, "_tell_last"),
        "the record": (course, "record_of"),
        "the return": (interrupts.Interrupts, "leave"),
    }


def timed(function: Any, times: list[float]) -> Any:
    def call(*args: Any, **given: Any) -> Any:
        begun = time.perf_counter()
        try:
            return function(*args, **given)
        finally:
            times.append(time.perf_counter() - begun)

    return call


# A trial


class Alarm:
    """Sends a SIGINT when the time has come, and another one where it is asked to."""

    def __init__(self, second: float | None) -> None:
        self.second = second
        self.places: list[str] = []
        """Where this thread was each time."""

    def ring(self, number: int, frame: FrameType | None) -> None:
        self.places.append(place(frame))
        if self.second is not None:
            signal.setitimer(signal.ITIMER_REAL, self.second)
            self.second = None
        signal.raise_signal(signal.SIGINT)


PLACES: dict[str, tuple[str, ...]] = {
    "checkpoint": ("checkpoints.py", "replacement.py", "/saving/", ":_keep", ":keep"),
    "end": (":record_of", ":answer", ":_tell_last", ":leave"),
    "callback": (
        "interrupted_trainings.py:progress",
        "interrupted_trainings.py:look",
        "interrupted_trainings.py:schedule",
    ),
    "validation": (":_validate",),
    "compile": ("/kernels/jit/",),
    "planning": ("/wlnet/plan/", "/lowering/", "/phase.py"),
    "step": ("/stepping.py", "/engine/"),
    "between steps": (":_rounds",),
    "start": ("/loop.py", "/standing.py", "/start.py"),
    "around the course": ("/course.py", "/interrupts.py"),
    "before": ("/wlnet/",),
}


LATE = ("checkpoint", "end", "around the course", "before", "outside")
"""Where there may be nothing left to stop."""


def place(frame: FrameType | None) -> str:
    stack = []
    while frame is not None:
        stack.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
        frame = frame.f_back
    for name, marks in PLACES.items():
        if any(mark in each for each in stack for mark in marks):
            return name
    return "outside"


def armed(function: Any, at: int, seconds: float) -> Any:
    """A function that at one of its calls sets the alarm."""
    count = 0

    def call(*args: Any, **given: Any) -> Any:
        nonlocal count
        count += 1
        if count == at + 1:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        return function(*args, **given)

    return call


@contextmanager
def alarmed(alarm: Alarm) -> Iterator[None]:
    # What is raised in a callback of the garbage collector is lost; Hypothesis has one there.
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    kept = signal.signal(signal.SIGALRM, alarm.ring)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)
        signal.signal(signal.SIGINT, usual)
        gc.callbacks[:] = callbacks


def disturbed(
    net: Any, file: Path, alarm: Alarm, aim: tuple[Any, str] | None, at: int, seconds: float
) -> tuple[Any, bool]:
    """The results, None where a KeyboardInterrupt came instead; and whether anything was begun."""
    from wlnet.train import loop

    owner, attribute = aim or (loop.Trainer, "rounds")
    function = getattr(owner, attribute)
    begun: list[None] = []
    settled = loop.Trainer.rounds

    def rounds(self: Any, *args: Any) -> Any:
        begun.append(None)
        return settled(self, *args)

    found: list[Any] = []
    with (
        mock.patch.object(loop.Trainer, "rounds", rounds),
        mock.patch.object(owner, attribute, armed(function, at, seconds) if aim else rounds),
        alarmed(alarm),
    ):
        handler = signal.getsignal(signal.SIGINT)
        try:
            if aim is None:
                signal.setitimer(signal.ITIMER_REAL, seconds)
            # Nothing comes between the end of the call and this: it is one step of Python.
            found += (train(net, file),)
            while signal.getitimer(signal.ITIMER_REAL)[0]:
                time.sleep(1e-4)
        except KeyboardInterrupt:
            pass
        # A second one may still come, where the first came after the end of the call.
        with suppress(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert signal.getsignal(signal.SIGINT) == handler, "another handler is there"
    return (found[0] if found else None), bool(begun)


def attempt(number: int, net: Any, aim: str | None, at: int, seconds: float) -> dict[str, Any]:
    """Train, interrupted, and see what came of it: where it was, and how it ended."""
    rng = np.random.default_rng((number, 1))
    second = float(rng.exponential(0.004)) + 1e-6 if number % TWICE_EVERY == 1 else None
    alarm, before, given = Alarm(second), set(threading.enumerate()), bytes_of(arrays(net))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        # Where it comes between the opening of a file and the block that closes it, Python does.
        warnings.simplefilter("ignore", ResourceWarning)
        file, told = Path(folder) / "run.wlnet", StringIO()
        with redirect_stderr(told):
            results, begun = disturbed(net, file, alarm, aims()[aim] if aim else None, at, seconds)
        assert "Exception ignored" not in told.getvalue(), told.getvalue()
        deadline = time.monotonic() + 120
        while set(threading.enumerate()) - before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not set(threading.enumerate()) - before, "threads are left"
        assert {each.name for each in Path(folder).iterdir()} <= {"run.wlnet"}, "parts are left"
        assert bytes_of(arrays(net)) == given, "the net was changed"
        end = ended(results, begun, alarm)
        if results is not None:
            check_results(results)
            if number % VERIFIED_EVERY == 0:
                check_receipt(net, results)
        check_file(net, file, results)
    return {"places": alarm.places, "end": end}


def arrays(net: Any) -> Any:
    from wlnet.nets.arrays import arrays_of

    return arrays_of(net)


def ended(results: Any, begun: bool, alarm: Alarm) -> str:
    """In words how it ended."""
    if results is None:
        assert alarm.places, "a KeyboardInterrupt out of nothing"
        if len(alarm.places) > 1:
            return "raised by the second"
        assert not begun, f"the training is lost: {alarm.places}"
        return "raised before anything was begun"
    reason = str(results["ReasonTrainingStopped"])
    inside = alarm.places and alarm.places[0] not in LATE
    assert reason == "ManualStop" or not inside, f"not heard of: {alarm.places}"
    return reason


def check_results(results: Any) -> None:
    """They are those of the undisturbed training after some steps."""
    whole = reference()
    record, expected = results.record, whole.results
    steps, rounds = len(record.batch_losses), len(record.round_losses)
    assert expected["BatchLossList"][:steps] == results["BatchLossList"]
    for name in ("RoundLossList", "ValidationLossList", "RoundPositions", "ValidationPositions"):
        assert expected[name][: len(results[name])] == results[name], name
    assert len(record.round_positions) == rounds == steps // PER_ROUND or (
        rounds == steps // PER_ROUND - 1 and steps % PER_ROUND == 0
    )
    assert len(record.validation_losses) == rounds
    for name in ("GradientsRMS", "UpdatesRMS"):
        for key, values in results[name].items():
            assert values == expected[name][key][:rounds], (name, key)
    for name, values in record.batch_measurements.items():
        assert len(values) == steps, name
    for name, values in (*record.round_measurements.items(),):
        assert len(values) == rounds, name
    moment = {key: record.moment.arrays[key].tobytes() for key in whole.moments[0]}
    assert moment == whole.moments[steps], f"arrays after {steps} steps"
    best = record.best_validation_round
    losses = list(record.validation_losses)
    assert best == (losses.index(min(losses)) + 1 if losses else None)
    step = record.validation_positions[best - 1] if best else steps
    after = bytes_of(arrays(results["TrainedNet"]))
    assert {key: after[key] for key in whole.moments[0]} == whole.moments[step], "the best net"
    assert all(np.isfinite(array).all() for array in arrays(results["TrainedNet"]).values())


PER_ROUND = -(-(EXAMPLES - round(0.2 * EXAMPLES)) // SIZE)


def check_receipt(net: Any, results: Any) -> None:
    """What was broken off is made again by its receipt, up to there."""
    found = wl.verify(results, net, numbers(EXAMPLES), reporting=None, **FUNCTIONS)
    assert found, found.faults


def check_file(net: Any, file: Path, results: Any) -> None:
    """What goes on from the checkpoint is the undisturbed training to its end; without one a second
    training is."""
    expected, data = reference().results, numbers(EXAMPLES)
    if results is not None:
        assert file.exists(), "the last checkpoint is missing"
        assert wl.load(file)["TotalBatches"] == results["TotalBatches"]
        assert results["CheckpointingFiles"] == [str(file)]
    if not file.exists():
        same_record(expected, train(net, file), OTHER)
        return
    is_over = wl.load(file)["ReasonTrainingStopped"] == "MaxTrainingRounds"
    # Of what is over the record comes back as it is, and no file holds a schedule.
    but = (*OTHER, "OptimizationMethod") if is_over else OTHER
    same_record(expected, wl.net_resume(file, data, **FUNCTIONS), but)


def trial(number: int) -> dict[str, Any]:
    """A trial in this process, of which every other one is aimed at something."""
    whole, rng = reference(), np.random.default_rng(number)
    names = list(aims())
    if number % 2:
        return attempt(number, whole.net, None, 0, float(rng.uniform(1e-6, whole.seconds)))
    name = names[number // 2 % len(names)]
    times = whole.calls[name]
    at = int(rng.integers(len(times)))
    return attempt(number, whole.net, name, at, float(rng.uniform(1e-6, 2e-5 + 1.1 * times[at])))


def fresh_trial(number: int) -> dict[str, Any]:
    """A trial in a process that has to compile everything."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "tests.interrupted_trainings", "1", "--start", str(number)]
        process = subprocess.run(
            [*words, "--fresh"], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
            env={**os.environ, "WLNET_CACHE_DIR": folder, "WLNET_COMPILE_PROCESSES": "1"},
        )  # fmt: skip
        assert process.returncode == 0, process.stderr[-2000:]
        found: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
        return found


def in_fresh_process(number: int) -> dict[str, Any]:
    seconds = float(np.random.default_rng(number).uniform(0.01, COLD_SECONDS))
    return attempt(number, layers(), None, 0, seconds)


COLD_SECONDS = 12.0
"""About what such a call takes where all has to be compiled."""


def outcome(number: int) -> tuple[str, str]:
    """Where the first interrupt came, and how the trial ended; the end of a bad one says what is
    wrong."""
    try:
        run = fresh_trial if number % FRESH_EVERY == FRESH_EVERY - 1 else trial
        found = run(number)
    except Exception as error:
        return "BAD", f"trial {number}: {type(error).__name__}: {str(error)[:400]}"
    places = found["places"]
    return (places[0] if places else "no time was left"), found["end"]


def tried(numbers_of: range, tell: Callable[[str], None] = lambda line: None) -> Counter[Any]:
    """The outcomes of many trials."""
    found: Counter[Any] = Counter()
    for number in numbers_of:
        one = outcome(number)
        found[one] += 1
        if one[0] == "BAD":
            tell(one[1])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("count", type=int)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fresh:
        print(json.dumps(in_fresh_process(given.start)))
        return 0
    begun = time.perf_counter()
    found = tried(
        range(given.start, given.start + given.count), lambda line: print(line, flush=True)
    )
    for (where, end), count in sorted(found.items()):
        print(f"{count:5} {where}: {end}")
    bad = sum(count for (where, _), count in found.items() if where == "BAD")
    seconds = time.perf_counter() - begun
    print(f"{given.count - bad} good ends of {given.count} in {seconds:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
