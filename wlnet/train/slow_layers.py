"""Which layers of a net are slow in a training, and what freezing them would save: measured."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from wlnet.core.multipliers import MultiplierTable, Row
from wlnet.core.parts import Path
from wlnet.plan.call_rows import CallRow
from wlnet.plan.report import ProgramReport, rows_of
from wlnet.plan.timed_report import apart, timed, timed_rows, with_arrays
from wlnet.plan.timing import Arrays
from wlnet.train.learners import ArrayRules
from wlnet.train.options import Options
from wlnet.train.timing import TimedTraining, in_turns, layers_in, with_numbers
from wlnet.train.training_net import TrainingNet

AGAIN = 0.1
"""Seconds for which a step is timed with a layer frozen."""


def time_training(
    report: ProgramReport, training: TrainingNet, rules: ArrayRules, options: Options
) -> ProgramReport:
    """The report of a step of training with times, see `training_report`."""
    training = training.initialized(with_numbers(training.user), options.seed)
    programs = TimedTraining(training, rules, options)
    parts = [each for each in (programs.step(), programs.prefix()) if each is not None]
    in_turns(parts)
    step, *prefix = (each.watch.times() for each in parts)
    report = timed(report, layers_in(training.user), step, *prefix)
    options = replace(options, workers=step.workers)
    arrays = arrays_by_layer(rules)
    saved = {
        layer: _saved(report.steps, training, frozen(rules, [layer]), options)
        for layer, state in arrays.items()
        if state != "frozen already"
    }
    return with_arrays(report, arrays, saved)


def arrays_by_layer(rules: ArrayRules) -> dict[Path, Arrays]:
    """Of each layer with arrays whether these learn; running statistics do not count."""
    found: dict[Path, set[bool]] = {}
    for row in rules.table:
        for layer in layers_with(row):
            found.setdefault(layer, set()).update(() if row.statistic else (row.trained,))
    states: dict[frozenset[bool], Arrays] = {
        frozenset({True}): "learn",
        frozenset({True, False}): "some learn",
    }
    return {layer: states.get(frozenset(each), "frozen already") for layer, each in found.items()}


def layers_with(row: Row) -> list[Path]:
    """The layers that have an array: several, if it is shared."""
    return [place.path[:-1] for place in row.places]


def frozen(rules: ArrayRules, layers: Collection[Path]) -> ArrayRules:
    """The rules with all arrays of some layers frozen, also where others share them."""
    rows = (
        replace(row, multiplier=0.0) if any(each in layers for each in layers_with(row)) else row
        for row in rules.table
    )
    return replace(rules, table=MultiplierTable(tuple(rows)))


def _saved(
    calls: Sequence[CallRow], training: TrainingNet, rules: ArrayRules, options: Options
) -> float:
    """By how many microseconds a step is shorter under other rules: those of the calls that go
    away, without those of the calls that come. The others are taken to be as they are: two
    measurements of a whole step differ by more than what a small layer takes."""
    if not rules.table.trained_keys():
        return _sum(calls)
    programs = TimedTraining(training, rules, options)
    rows = rows_of(programs.blueprint)
    gone, come = apart(calls, rows)
    if come:
        again = programs.step()
        in_turns([again], AGAIN)
        _, come = apart(calls, timed_rows(rows, again.watch.times()))
    return _sum(gone) - _sum(come)


def _sum(calls: Sequence[CallRow]) -> float:
    return sum(row.microseconds or 0.0 for row in calls)
