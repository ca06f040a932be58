"""How long programs take: run for a while on random examples, over copies of what they change.

Programs take turns, so that what else the machine does meanwhile meets all of them alike.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.streams import stream
from wlnet.engine.blueprint import DTYPES, INDEX, Blueprint
from wlnet.engine.program import Program
from wlnet.engine.resources import workers_for
from wlnet.engine.timing import Stopwatch
from wlnet.evaluate.holding import Array
from wlnet.evaluate.runner import WORTH
from wlnet.kernels.language import Precision
from wlnet.nets.arrays import arrays_of, is_initialized
from wlnet.nets.connections import layers_of
from wlnet.nets.inference import inference, inferred_port
from wlnet.nets.initialize import net_initialize
from wlnet.plan.compile import Steps, forward_blueprint
from wlnet.plan.report import ProgramReport
from wlnet.plan.timed_report import timed
from wlnet.train.calls import measurements_of
from wlnet.train.feeding import feed
from wlnet.train.learners import ArrayRules, Learner, learners_of
from wlnet.train.memory import Memory
from wlnet.train.options import Options
from wlnet.train.phase import lay
from wlnet.train.programs import Kind, Programs, programs_of
from wlnet.train.sources import ArraySource
from wlnet.train.training_net import TrainingNet

SECONDS, GO = 0.4, 0.01
"""Seconds for which the steps of a program are timed, and those of one go."""
FEWEST, MOST = 3, 1000
"""Steps that are timed at least and at most."""
AT_ONCE = 64
"""Steps of one go, at most."""
WARM = 3
"""Goes that come before."""
BATCHES, BYTES = 8, 64 << 20
"""Of how many batches the examples are; of fewer, where they take more bytes."""


class Timed:
    """A program that is timed, and what its words point at (kept).

    workers: how many run it; None for as many as there are cores for, or one where that is faster.
    """

    def __init__(self, program: Program, workers: int | None, kept: object) -> None:
        self._kept = kept
        self.watch = Stopwatch(program)
        choices = sorted({program.workers_now, 1}) if workers is None else [program.workers]
        self._steps = 1
        seconds = {count: self._warmed(count) for count in choices}
        self._workers = min(choices, key=lambda count: seconds[count])

    def _warmed(self, workers: int) -> float:
        """Seconds of a step, once it is warm and so many are run in one go that it tells."""
        most = min(AT_ONCE, self.watch.most)
        for _ in range(WARM):
            seconds = self.watch.run(self._steps, workers)
        while seconds * self._steps < GO / 2 and self._steps < most:
            self._steps = min(2 * self._steps, most)
            seconds = self.watch.run(self._steps, workers)
        return seconds

    def go(self) -> None:
        """Time one go of steps, with and without a clock at the calls."""
        took = self.watch.go(self._steps, self._workers)
        if took > 4 * GO:
            # Workers that find no core wait long for each other.
            self._steps = max(self._steps // 2, 1)

    def needs_more(self, over: bool) -> bool:
        """Whether it needs more steps, when the time for it is over or not."""
        return self.watch.steps < (FEWEST if over else MOST)


def in_turns(timed: Sequence[Timed], seconds: float = SECONDS) -> None:
    """Time programs in turns, for so many seconds each."""
    end = time.perf_counter() + seconds * len(timed)
    while some := [each for each in timed if each.needs_more(time.perf_counter() > end)]:
        for each in some:
            each.go()


def random_columns(
    net: Net, names: Iterable[str], count: int, precision: Precision
) -> dict[str, Array]:
    """Examples for input ports of a net, as programs read them: numbers from 0 to 1, and indices
    that are in range."""
    found: dict[str, Any] = {}
    for name in names:
        draws = stream(0, "timing", name)
        port, below = inferred_port(net, name), inference(net).ports[(), name].below
        assert port.shape is not None
        shape = (count, *(int(size or 1) for size in port.shape))
        if port.flow == "Integer":
            most = min(below) if isinstance(below, tuple) else below
            found[name] = draws.integers(1, (most or 1) + 1, shape, INDEX)
        else:
            found[name] = draws.random(shape).astype(DTYPES[precision])
    return found


def time_evaluation(report: ProgramReport, net: Net, workers: int | None) -> ProgramReport:
    """The report of an evaluation with times; workers: None for as many as are worth it."""
    net, batch, precision = with_numbers(net), report.batch_size, report.precision
    arrays = arrays_of(net)
    blueprint = forward_blueprint(net, batch, precision=precision, constants=arrays, checked=True)
    own = {key: np.ascontiguousarray(value, DTYPES[precision]) for key, value in arrays.items()}
    count = workers_for(blueprint, workers, WORTH)
    program = Program(blueprint, own, count, shares=workers is None)
    for name, column in random_columns(net, program.inputs, batch, precision).items():
        program.inputs[name][...] = column
    evaluation = Timed(program, workers, own)
    in_turns([evaluation])
    return timed(report, layers_in(net), evaluation.watch.times())


def with_numbers(net: Net) -> Net:
    """The net; with first numbers in arrays that have none."""
    return net if is_initialized(net) else net_initialize(net)


def layers_in(net: Net) -> list[Path]:
    """The paths of the layers of a net, in its order."""
    return [path for path, _ in layers_of(net)]


def programs_behind_prefix(
    training: TrainingNet, rules: ArrayRules, options: Options
) -> tuple[Programs, list[Learner]]:
    """The programs of a training, for steps whose frozen prefix is apart, and what learns."""
    learners = learners_of(rules, options.method, {})
    measurements = measurements_of(training, options)
    programs = programs_of(training, rules, learners, options, measurements, options.batch_size)
    programs.kept.add("Train")
    return programs, learners


def steps_of(training: TrainingNet, rules: ArrayRules, options: Options) -> Steps:
    """What one step of a training does, its frozen prefix apart."""
    programs, _ = programs_behind_prefix(training, rules, options)
    return programs.steps("Train", Kind(options.batch_size))


class TimedTraining:
    """What a step of training under some rules does, over random examples and copies of arrays.

    training: of a net with numbers.
    """

    def __init__(self, training: TrainingNet, rules: ArrayRules, options: Options) -> None:
        precision = options.precision
        self._rules, self._workers = rules, options.workers
        self._kind = Kind(options.batch_size)
        self._programs, learners = programs_behind_prefix(training, rules, options)
        memory = Memory(training.user, [rules.table], options.method, precision)
        lay(memory, self._programs, self._kind, [each.key for each in learners], options)
        self._memory = memory
        one = random_columns(training.net, training.columns, 1, precision)
        size = options.batch_size * sum(column.nbytes for column in one.values())
        count = options.batch_size * max(1, min(BATCHES, BYTES // max(size, 1)))
        columns = random_columns(training.net, training.columns, count, precision)
        numbers = np.arange(1, count + 1)
        self._source = ArraySource(columns, options.batch_size, options.seed, numbers)

    @property
    def blueprint(self) -> Blueprint:
        """That of a step behind its frozen prefix."""
        return self._programs.steps("Train", self._kind).step

    def step(self) -> Timed:
        """The program of a step."""
        program, kept = self._fed(*self._whole_step())
        return Timed(program, self._workers, kept)

    def seconds(self) -> float:
        """Of a step on a batch in parts, which is no single program: the median over goes."""
        program, _ = self._fed(*self._whole_step())
        goes: list[float] = []
        steps, end = 1, time.perf_counter() + SECONDS
        while len(goes) < FEWEST or time.perf_counter() < end:
            begun = time.perf_counter()
            program.run(steps=steps)
            took = time.perf_counter() - begun
            goes.append(took / steps)
            steps = min(2 * steps, AT_ONCE) if took < GO / 2 else steps
        return float(np.median(goes[len(goes) // 2 :]))

    def _whole_step(self) -> tuple[Any, ArraySource]:
        source, _ = self._programs.with_prefix("Train", self._source, sys.maxsize)
        return self._programs.program("Train", self._kind), source

    def prefix(self) -> Timed | None:
        """That of what is computed once, of the examples of a batch, if there is any."""
        program = self._programs.prefix("Train", self._kind)
        if program is None:
            return None
        program, kept = self._fed(program, self._source)
        return Timed(program, self._workers, kept)

    def _fed(self, program: Any, source: ArraySource) -> tuple[Any, object]:
        """A program that has all that it reads, and what its words point at."""
        order = np.arange(AT_ONCE * source.batch_size, dtype=np.int64) % source.examples
        (batches,) = source.taken(source.groups[0], order, source.batch_size)
        tables = feed(program, batches)
        # Arrays learn at a rate of 0: all is done that is done else, and they stay as they are.
        still, taken = np.zeros(AT_ONCE), np.ones(AT_ONCE)
        for row in self._rules.table:
            if row.multiplier != 0:
                for name in ("rates", "decays"):
                    program.give((name, row.key), taken if row.statistic else still)
        return program, (batches, tables, still, taken, self._memory)
