"""The loop: rounds of batches, the update of every array that learns, measurements, validation, stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, TrainingWarning, fail, warn
from wlnet.core.multipliers import MultiplierTable, Row, array_places
from wlnet.core.net import Net
from wlnet.core.parts import path_text
from wlnet.core.rules import ArrayKey, chosen
from wlnet.engine.program import Program, Step
from wlnet.evaluate.columns import Array
from wlnet.methods.schedules import factor
from wlnet.nets.arrays import arrays_of
from wlnet.plan.compile import DTYPES, GRADIENT, forward_blueprint, training_blueprint
from wlnet.train.losses import TrainingNet
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options
from wlnet.train.schedule import update_groups
from wlnet.train.sources import ArraySource, Source
from wlnet.train.stopping import Stopper

Arrays = dict[ArrayKey, Array]


@dataclass
class Learner:
    """One array that learns, with its optimizer state beside it."""

    row: Row
    values: Array
    state: tuple[Array, ...]
    l2: float
    gradient_clip: float | None
    weight_clip: float | None
    before: Array
    updates: int = 0


@dataclass
class History:
    """What has been seen so far, by name of the measurement; the loss is one of them."""

    batches: dict[str, list[float]] = field(default_factory=lambda: {"Loss": []})
    rounds: dict[str, list[float]] = field(default_factory=lambda: {"Loss": []})
    validations: dict[str, list[float]] = field(default_factory=lambda: {"Loss": []})
    validation_positions: list[int] = field(default_factory=list)
    examples: int = 0
    best_round: int | None = None

    def add(self, where: str, values: Mapping[str, float]) -> None:
        lists = getattr(self, where)
        for name, value in values.items():
            lists.setdefault(name, []).append(value)


class Diverged(Exception):
    """Numbers that are not finite; the message says where they began."""


class Trainer:
    """Trains the arrays of one net. Owns the mutable copies of the arrays that move, and nothing else."""

    def __init__(
        self, net: Net, training: TrainingNet, table: MultiplierTable, options: Options,
        source: Source, validation: ArraySource | None, measurements: tuple[Measurement, ...],
    ) -> None:
        self.net, self.training, self.table, self.options = net, training, table, options
        self.source, self.validation, self.measurements = source, validation, measurements
        self.dtype = np.dtype(DTYPES[options.precision])
        self.arrays = self._own_arrays()
        self.learners = self._learners()
        self.groups = update_groups(net, options.update_schedule, table)
        self.history = History()
        self.best: Arrays | None = None
        self.best_value: tuple[float, ...] = ()
        self.programs: dict[Any, Program] = {}
        self.batch = 0
        self.round = 0
        self.rate = options.learning_rate
        self.started = time.perf_counter()

    # Arrays

    def _own_arrays(self) -> Arrays:
        """Every array in the precision of the training: those that move as own copies, the others as they lie."""
        arrays: Arrays = {}
        for row in self.table:
            value = arrays_of(self.net)[row.key]
            arrays[row.key] = np.array(value, self.dtype) if self._moves(row) else value.astype(self.dtype, copy=False)
        return arrays

    @staticmethod
    def _moves(row: Row) -> bool:
        return row.multiplier != 0

    def _learners(self) -> list[Learner]:
        method, places = self.options.method, array_places(self.net)

        def per_array(given: Any, option: str, absent: Any) -> dict[ArrayKey, Any]:
            if given is None:
                return {}
            return chosen(self.net, places, given, option, lambda v: math.nan if v is None else float(v), absent)

        l2 = per_array(method.l2_regularization, "L2Regularization", 0.0)
        gradient = per_array(method.gradient_clipping, "GradientClipping", None)
        weight = per_array(method.weight_clipping, "WeightClipping", None)
        learners = []
        for row in self.table:
            if row.trained:
                values = self.arrays[row.key]
                learners.append(Learner(
                    row, values, method.start(values.size, self.dtype), _or(l2.get(row.key), 0.0),
                    _or(gradient.get(row.key), None), _or(weight.get(row.key), None), np.empty_like(values)))
        return learners

    def moved(self) -> Arrays:
        """The arrays that may have changed, as fresh copies."""
        return {row.key: self.arrays[row.key].copy() for row in self.table if self._moves(row)}

    # Programs

    def _program(self, mode: str, size: int) -> Program:
        key = (mode, size)
        if key not in self.programs:
            frozen = frozenset(self.training.inner_key(k) for k in self.table.frozen_statistics())
            trained = [self.training.inner_key(learner.row.key) for learner in self.learners]
            inside = self._measured()
            if mode == "Train":
                blueprint = training_blueprint(self.training.net, size, self.training.losses, trained,
                                               frozen_statistics=frozen, inside=inside, precision=self.options.precision)
            else:
                blueprint = forward_blueprint(self.training.net, size, inside=inside, precision=self.options.precision)
            bound = {self.training.inner_key(k): value for k, value in self.arrays.items()}
            bound |= {k: v.astype(self.dtype, copy=False) for k, v in arrays_of(self.training.net).items() if k not in bound}
            self.programs[key] = Program(blueprint, bound)
        return self.programs[key]

    def _measured(self) -> list[tuple[Any, str]]:
        if not self.measurements:
            return []
        return [(self.training.prefix, port) for port in self.training.targets.values()]

    def _feed(self, program: Program, batch: Mapping[str, Array]) -> None:
        for name, value in program.inputs.items():
            np.copyto(value, batch[name], casting="same_kind")

    def _read(self, program: Program) -> tuple[dict[str, float], int]:
        """Mean loss and measurements of the batch that has just run."""
        total, size = 0.0, 1
        for port, scale in self.training.losses.items():
            losses = program.outputs[port]
            size = len(losses)
            total += scale * float(losses.reshape(size, -1).sum(axis=1, dtype=np.float64).mean())
        values = {"Loss": total}
        targets = list(self.training.targets.items())
        for measurement in self.measurements:
            for column, port in targets:
                found = measurement.examples(program.outputs[self.training.prefix, port], program.inputs[column])
                key = measurement.key if len(targets) == 1 else f"{port}/{measurement.key}"
                values[key] = float(np.mean(found, dtype=np.float64))
        return values, size

    # Running

    def rounds(self, total: int) -> Iterator[None]:
        """Runs rounds, one an iteration. Raises Diverged."""
        per_round = self.source.batches_per_round
        for self.round in range(1, total + 1):
            sums: dict[str, float] = {}
            seen = 0
            for batch, size in self.source.round(self.round, self.state):
                values = self._step(batch, size, total * per_round)
                self.history.add("batches", values)
                seen += size
                for name, value in values.items():
                    sums[name] = sums.get(name, 0.0) + value * size
                if self._late():
                    break
            self.history.examples += seen
            self.history.add("rounds", {name: value / seen for name, value in sums.items()})
            if self.validation is not None:
                self._validate()
            yield

    def _late(self) -> bool:
        goal = self.options.time_goal
        return goal is not None and time.perf_counter() - self.started >= goal

    late = property(_late)

    def _step(self, batch: Mapping[str, Array], size: int, total: int) -> dict[str, float]:
        program = self._program("Train", size)
        self._feed(program, batch)
        step = self.batch
        program.run(seed=self.options.seed, step=step)
        values, _ = self._read(program)
        if not math.isfinite(values["Loss"]):
            raise Diverged(self._where_it_began(program, step, "the loss"))
        schedule = self.options.method.learning_rate_schedule
        self.rate = self.options.learning_rate * factor(schedule, min(step + 1, total), total)
        learners = self.groups.of(step, self.learners)
        gradients = {}
        for learner in learners:
            gradient = program.outputs[GRADIENT, self.training.inner_key(learner.row.key)].reshape(-1)
            if not all_finite(gradient):
                raise Diverged(self._where_it_began(program, step, f"the gradient of {_text(learner.row.key)}"))
            gradients[id(learner)] = gradient
        self._update(learners, gradients)
        for key, value in program.updates.items():
            if not all_finite(value.reshape(-1)):
                raise Diverged(self._where_it_began(program, step, f"the statistic {_text(key)}"))
            program_array = self.arrays[key[len(self.training.prefix):]]
            np.copyto(program_array, value)
        self.batch += 1
        return values

    def _update(self, learners: list[Learner], gradients: Mapping[int, Array]) -> None:
        """One step of every learner. What would leave the finite numbers is taken back before it is seen."""
        method = self.options.method
        for learner in learners:
            np.copyto(learner.before, learner.values)
        for learner in learners:
            learner.updates += 1
            method.step(learner.values.reshape(-1), gradients[id(learner)], learner.state, learner.updates,
                        self.rate * learner.row.multiplier, learner.l2, learner.gradient_clip, learner.weight_clip)
        for learner in learners:
            if not all_finite(learner.values.reshape(-1)):
                for each in learners:
                    np.copyto(each.values, each.before)
                raise Diverged(f"the update of {_text(learner.row.key)} at step {self.batch + 1} leaves the finite numbers")

    def _where_it_began(self, program: Program, step: int, what: str) -> str:
        """Run the step again and stop at the first call whose results are not finite."""
        first: list[Step] = []

        def check(call: Step, outputs: tuple[Array, ...]) -> bool:
            if any(output.dtype.kind == "f" and not np.isfinite(output).all() for output in outputs):
                first.append(call)
            return bool(first)

        program.run(seed=self.options.seed, step=step, until=check)
        place = ""
        if first:
            path = first[0].origin[len(self.training.prefix):] if self.training.prefix else first[0].origin
            path = path if first[0].origin[:1] == self.training.prefix else first[0].origin
            place = f"; the first to go was {path_text(path) or 'the loss'} ({first[0].primitive})"
        return f"{what} at step {step + 1} is not finite{place}"

    def _validate(self) -> None:
        assert self.validation is not None
        sums: dict[str, float] = {}
        seen = 0
        for batch, size in self.validation.in_order():
            program = self._program("Test", size)
            self._feed(program, batch)
            program.run(seed=self.options.seed, step=0)
            values, _ = self._read(program)
            seen += size
            for name, value in values.items():
                sums[name] = sums.get(name, 0.0) + value * size
        found = {name: value / seen for name, value in sums.items()}
        self.history.add("validations", found)
        self.history.validation_positions.append(self.batch)
        value = self._judged(found)
        if not self.best_value or value < self.best_value:
            self.best_value, self.best, self.history.best_round = value, self.moved(), self.round

    def _judged(self, found: Mapping[str, float]) -> tuple[float, ...]:
        """Smaller is better: the named criterion, else the error rate and then the loss."""
        rule = self.options.stopping
        if rule is not None and isinstance(rule.criterion, str) and rule.criterion in found:
            value = found[rule.criterion]
            return (value if rule.smaller_is_better else -value,)
        return (found["ErrorRate"], found["Loss"]) if "ErrorRate" in found else (found["Loss"],)

    # What the outside sees

    def state(self) -> dict[str, Any]:
        """What progress functions, stopping criteria and generators are given."""
        h = self.history
        seconds = time.perf_counter() - self.started

        def last(values: Mapping[str, list[float]], name: str = "Loss") -> float | None:
            return values[name][-1] if values.get(name) else None

        def others(values: Mapping[str, list[float]]) -> dict[str, float]:
            return {name: column[-1] for name, column in values.items() if name != "Loss" and column}

        return {
            "AbsoluteBatch": self.batch, "Round": self.round, "BatchSize": self.source.batch_size,
            "BatchesPerRound": self.source.batches_per_round,
            "Batch": (self.batch - 1) % max(self.source.batches_per_round, 1) + 1 if self.batch else 0,
            "BatchLoss": last(h.batches), "BatchLossList": list(h.batches["Loss"]),
            "RoundLoss": last(h.rounds), "RoundLossList": list(h.rounds["Loss"]), "RoundMeasurements": others(h.rounds),
            "ValidationLoss": last(h.validations), "ValidationLossList": list(h.validations["Loss"]),
            "ValidationMeasurements": others(h.validations), "BestValidationRound": h.best_round,
            "LearningRate": self.rate, "InitialLearningRate": self.options.learning_rate,
            "ExamplesProcessed": h.examples, "ExamplesPerSecond": h.examples / seconds if seconds else 0.0,
            "OptimizationMethod": self.options.method.name, "TargetDevice": "CPU", "TimeElapsed": seconds,
        }

    def criterion_value(self, stopper: Stopper) -> float | None:
        """The value that the stopping criterion looks at: of validation, else of training."""
        name = stopper.criterion.criterion
        if not isinstance(name, str):
            return None
        seen = self.history.validations if self.validation is not None else self.history.rounds
        if not seen.get(name):
            raise fail(OptionError, Fault(f"the stopping criterion {name!r} is not measured", known=list(seen),
                                          fix=f"training_progress_measurements={name!r}"))
        return seen[name][-1]


def all_finite(values: Array) -> bool:
    """Whether all numbers are finite; one pass with a product that overflows only when something is wrong."""
    with np.errstate(over="ignore", invalid="ignore"):
        if math.isfinite(float(np.dot(values, values))):
            return True
    return bool(np.isfinite(values).all())


def _or(value: Any, default: Any) -> Any:
    return default if value is None or (isinstance(value, float) and math.isnan(value)) else value


def _text(key: ArrayKey) -> str:
    return path_text(key) if isinstance(key, tuple) else repr(key)


def warn_diverged(message: str) -> None:
    warn(TrainingWarning, Fault("training stopped: numbers are no longer finite", given=message,
                                expected="the last finite arrays are kept",
                                fix="a smaller learning_rate, or GradientClipping"))


Progress = Callable[[Mapping[str, Any]], Any]
__all__ = ["DataError", "Diverged", "Trainer", "all_finite", "warn_diverged"]
