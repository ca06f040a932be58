"""Losses and measurements over the rounds: of batches, of rounds and of validations, with the best
one marked."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wlnet.core.parts import key_text
from wlnet.plot.charts.axes import LINEAR, LOG, axis_of, finite, suits_powers
from wlnet.plot.charts.chart import Chart, Spot
from wlnet.plot.charts.curves import Curve, styled, validation
from wlnet.plot.charts.numbers import short
from wlnet.plot.training.rounds import Rounds, phase_marks
from wlnet.results.results import TrainingRecord


def draw_loss(r: TrainingRecord) -> Chart:
    """The losses of a training."""
    return _evolution(r, "loss", r.batch_losses, r.round_losses, r.validation_losses, None)


def draw_measurement(r: TrainingRecord, name: str) -> Chart:
    """A measurement that is a number, over the rounds."""
    told = (r.batch_measurements, r.round_measurements, r.validation_measurements)
    batches, rounds, validations = (numbers_of(each.get(name, ())) for each in told)
    kind = r.plot_types.get(name)
    if kind is None and (finite([batches, rounds, validations]) <= 0).any():
        kind = LINEAR
    return _evolution(r, name, batches, rounds, validations, kind)


def draw_by_array(r: TrainingRecord, name: str) -> Chart:
    """Numbers of arrays by round, a curve an array."""
    series = r.by_array[name]
    curves = [
        styled(i, key_text(key), range(1, len(values) + 1), numbers_of(values))
        for i, (key, values) in enumerate(series.items())
    ]
    axis = axis_of(name, [curve.values for curve in curves])
    marks, notes = phase_marks(r)
    return Chart(curves, Rounds.of(r).axis(), axis, marks, (), notes, f"{name} over the rounds")


def numbers_of(values: Sequence[object]) -> list[float]:
    """Values as numbers: NaN for what is none."""
    return [value if isinstance(value, float) else math.nan for value in values]


def _evolution(
    r: TrainingRecord,
    name: str,
    of_batches: Sequence[float],
    of_rounds: Sequence[float],
    of_validations: Sequence[float],
    kind: str | None,
) -> Chart:
    rounds, curves = Rounds.of(r), []
    if len(of_batches):
        # A batch stands where it ends, as rounds and validations do.
        at = rounds.at(range(1, len(of_batches) + 1))
        curves.append(
            Curve("training, batches", at, of_batches, "blue", is_faint=len(of_rounds) > 0)
        )
    if len(of_rounds):
        at = rounds.at(r.round_positions)
        curves.append(Curve("training, rounds", at, of_rounds, "blue"))
    spots = []
    if len(of_validations):
        at = rounds.at(r.validation_positions)
        curves.append(validation(at, of_validations))
        best = r.best_validation_round
        if best is not None and best in r.validation_rounds:
            i = r.validation_rounds.index(best)
            name_of_best = f"best validation, round {best}: {short(of_validations[i])}"
            spots.append(Spot(float(at[i]), of_validations[i], name_of_best))
    marks, notes = phase_marks(r)
    if kind is None:
        # Single batches do not decide: they are far apart by chance.
        told = finite([of_rounds, of_validations] if len(of_rounds) > 1 else [of_batches])
        kind = LOG if suits_powers(told) else LINEAR
    axis = axis_of(name, [curve.values for curve in curves], kind)
    return Chart(curves, rounds.axis(), axis, marks, spots, notes, f"{name} over the rounds")
