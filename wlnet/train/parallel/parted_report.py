"""What a step on a batch in parts does, and what ranks send one another in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from wlnet.engine.blueprint import DTYPES, Blueprint
from wlnet.evaluate.holding import Array
from wlnet.graph.keys import GradientKey
from wlnet.plan.compile import Steps
from wlnet.plan.parts import meetings, update_blueprint
from wlnet.plan.report import Parted, ProgramReport, training_report
from wlnet.plan.traffic import Sent, traffic
from wlnet.train.learners import ArrayRules
from wlnet.train.options import Options
from wlnet.train.parallel.division import Division
from wlnet.train.parallel.exchange import Exchange
from wlnet.train.programs import Kind
from wlnet.train.timing import TimedTraining, programs_behind_prefix, with_numbers
from wlnet.train.training_net import TrainingNet


class Planned(NamedTuple):
    """What one part does, how many examples it has, the update, and what is sent."""

    size: int
    steps: Steps
    update: Blueprint
    sent: Sent


def parted_report(
    training: TrainingNet, rules: ArrayRules, every: ArrayRules, options: Options
) -> ProgramReport:
    """The report of a step. every: rules under which everything is trained."""
    made, full = (_planned(training, each, options) for each in (rules, every))
    parts = options.batch_parts
    parted = Parted(options.batch_size, parts, made.update, traffic(parts, made.sent, full.sent))
    return training_report(made.size, made.steps, full.steps, parted)


class _Nobody(Exchange):
    """The first of some ranks of which the others are not there: they send what they are sent."""

    rank = 0

    def __init__(self, ranks: int) -> None:
        self.ranks = ranks

    def swap(self, partner: int, out: Sequence[Array], into: Sequence[Array]) -> None:
        for sent, to in zip(out, into, strict=True):
            np.copyto(to, sent)

    def gather(self, mine: Any, at: str) -> list[Any]:
        return [mine] * self.ranks

    def leave(self, error: BaseException | None) -> None:
        pass


def time_parts(
    report: ProgramReport, training: TrainingNet, rules: ArrayRules, options: Options
) -> ProgramReport:
    """The report with what a step takes one of so many ranks, on this machine."""
    training = training.initialized(with_numbers(training.user), options.seed)
    rows = []
    for row in report.traffic:
        alone = replace(options, exchange=_Nobody(row.ranks))
        seconds = TimedTraining(training, rules, alone).seconds()
        rows.append(replace(row, microseconds=seconds * 1e6))
    return replace(report, traffic=tuple(rows))


def _planned(training: TrainingNet, rules: ArrayRules, options: Options) -> Planned:
    programs, learners = programs_behind_prefix(training, rules, options)
    # The last part has the most examples.
    *_, kind = programs.of_parts(Kind(options.batch_size))
    steps = programs.steps("Train", kind)
    outputs = steps.step.outputs
    shapes = {each.key: outputs[GradientKey(each.key)].shape for each in learners
              if GradientKey(each.key) in outputs}  # fmt: skip
    item = np.dtype(DTYPES[options.precision]).itemsize
    division = Division(shapes, item, options.batch_parts)
    sizes = {key: math.prod(shape) for key, shape in shapes.items()}
    statistics = {key: view.shape for key, view in steps.step.updates.items()}
    is_scaled = options.method.gradient_norm is not None
    updates = {learner.key: learner.update for learner in learners}
    update = update_blueprint(updates, sizes, statistics, options.precision, is_scaled)
    step = steps.step
    met = [step.steps[i].writes[0].bytes for i in meetings(step)]
    return Planned(kind.size, steps, update, Sent(division.length * item, met))
