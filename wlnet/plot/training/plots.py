"""All pictures of a record, by name."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wlnet.plot.charts.array import ArrayChart
from wlnet.plot.charts.bars import Bar, BarChart
from wlnet.plot.charts.measured import draw_measured
from wlnet.plot.charts.numbers import short
from wlnet.plot.diagrams.diagram import draw_net
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.pictures import Pictures
from wlnet.plot.training.losses import draw_by_array, draw_loss, draw_measurement, numbers_of
from wlnet.plot.training.movement import Report, draw_movement
from wlnet.plot.training.rates import draw_learning_rate, draw_multipliers, draw_rates
from wlnet.results.class_labels import labels_of
from wlnet.results.class_table import Array, ClassTable, Kept, Plotted
from wlnet.results.results import TrainingRecord


def final_plots(r: TrainingRecord, report: Report | None = None) -> Pictures:
    """Every picture of a record by its name: "Loss", each measurement, "LearningRate", what arrays
    were told of by round, "LearningRateMultipliers", "LearningRates", "Movement" and "Net", the net
    with the rates that were used. report: of the arrays, where it is there already."""
    found = Pictures(Loss=draw_loss(r))
    names = dict.fromkeys(
        (*r.round_measurements, *r.validation_measurements, *r.batch_measurements)
    )
    for name in names:
        found.update(_of_measurement(r, name))
    found["LearningRate"] = draw_learning_rate(r)
    for name in r.by_array:
        found[name] = draw_by_array(r, name)
    if len(r.multipliers):
        found["LearningRateMultipliers"] = draw_multipliers(r)
        found["LearningRates"] = draw_rates(r)
        found["Movement"] = draw_movement(r, report)
    found["Net"] = draw_net(r.trained_net, True, r.multipliers)
    return found


def history_plot(r: TrainingRecord, told: str) -> Picture:
    """The picture of a loss, a measurement, or what arrays were told of by round, by its name."""
    if told == "Loss":
        return draw_loss(r)
    if told in r.by_array:
        return draw_by_array(r, told)
    return _of_measurement(r, told).get(told) or draw_measurement(r, told)


def _of_measurement(r: TrainingRecord, name: str) -> dict[str, Picture]:
    """A curve of numbers; of anything else its last value, and where there are validations that of
    the best one as well."""
    of_rounds, of_validations = (
        each.get(name, ()) for each in (r.round_measurements, r.validation_measurements)
    )
    every = (*of_rounds, *of_validations, *r.batch_measurements.get(name, ())[:1])
    if all(isinstance(value, float) for value in every):
        return {name: draw_measurement(r, name)}
    best = r.best_validation_round
    at = -1 if best is None else r.validation_rounds.index(best)
    validated = [of_validations[at]] if of_validations else []
    found: dict[str, Picture] = {}
    for title, values in ((name, validated), (f"{name}, training", [*of_rounds[-1:]])):
        if values:
            labels = labels_of(r.trained_net, r.training_net, name)
            drawn = _last(name, values[0], labels)
            if drawn is not None:
                found[title if validated else name] = drawn
    return found


def _last(name: str, value: Kept, labels: Sequence[str] | None) -> Picture | None:
    """A value as a picture; None for a lone number, which is told where others are."""
    drawn = value.of if isinstance(value, Plotted) else value
    if isinstance(drawn, float):
        return None
    if isinstance(drawn, (ClassTable, tuple)) or isinstance(value, Plotted) or is_curve(drawn):
        return draw_measured(drawn, labels)
    if drawn.ndim > 1:
        return ArrayChart(drawn, name)
    numbers = numbers_of(drawn.tolist())
    words = [str(n) for n in range(1, len(numbers) + 1)]
    # What flows in a net may have as many numbers as there are classes, and be of none.
    if name.rpartition("/")[2] != "Output":
        is_labelled = labels is not None and len(labels) == len(numbers)
        words = [*labels] if labels and is_labelled else [f"class number {n}" for n in words]
    pairs = zip(words, numbers, strict=True)
    return BarChart([Bar(n, v if math.isfinite(v) else None, short(v)) for n, v in pairs], name)


def is_curve(drawn: Array) -> bool:
    """Whether an array is a ROC curve: from one corner to the other, and never back."""
    return (
        drawn.ndim == 2
        and drawn.shape[1] == 2
        and len(drawn) > 1
        and bool(
            (drawn[0] == 0).all() and (drawn[-1] == 1).all() and (np.diff(drawn, axis=0) >= 0).all()
        )
    )
