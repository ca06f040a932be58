"""Measurements: how good outputs are beside their targets. A new one is one row of TABLE.

A measurement is two small functions: what a batch adds to a tally, and what a tally amounts to.
Tallies of batches are added up, so that a round, a validation set and one big batch agree on every
number, also on those that are no mean over examples. A tally is as large as what it is about (a
number a class, five numbers an output), never as large as the batch, and is kept once for all. Only
what is about the order of all scores (roc.py), and functions of the user, need the batches whole.

Tallies: decisions.py (of classes), roc.py, moments.py (of numbers), boxes.py. What they amount to:
rates.py, roc.py. Measurements of another kind: measured_ports.py, measured_functions.py.

Wolfram Language: NetTrain (TrainingProgressMeasurements), NetMeasurements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from wlnet.core.shapes import Partial
from wlnet.core.symbols import AUTOMATIC
from wlnet.results.class_table import Kept, Plotted, Shown, shown
from wlnet.train import decisions, rates
from wlnet.train.boxes import holds_boxes, overlaps
from wlnet.train.moments import Moments
from wlnet.train.rates import Counts, averaged
from wlnet.train.roc import Scores, areas, curves

Array = np.ndarray[Any, Any]
CLASSES, NUMBERS, BOXES = "classes", "numbers", "boxes"


class Tally(Protocol):
    """What batches add up, with `+`."""

    def __add__(self, other: Any, /) -> Any: ...


@dataclass(frozen=True)
class Measurement:
    """What is measured, as it was asked for. Each kind of it is a class of its own.

    called: how the record calls it, where that was said. smaller_is_better: None where nothing
    tells. by_batch: whether it is told of every batch, or of rounds and sets only. source: the
    only output that it is about; None for all that it suits. weighted: whether each example, or
    decision, counts as its weight says; None where nobody said. plot_type: the axis that it is
    drawn over, "Linear" or "Log"; None for what suits its numbers.
    """

    called: str | None = None
    direction: bool | None = None
    by_batch: bool = True
    source: str | None = None
    weighted: bool | None = None
    plot_type: str | None = None

    @property
    def key(self) -> str:
        """How the record calls it."""
        return self.called or self.usual_key

    @property
    def usual_key(self) -> str:
        """How the record calls it where nothing else was said."""
        raise NotImplementedError

    @property
    def smaller_is_better(self) -> bool | None:
        """Whether smaller is better; None where it is neither."""
        return self.direction

    @property
    def is_number(self) -> bool:
        """Whether it gives a number, which can be better than another one."""
        return True

    @property
    def is_by_number(self) -> bool:
        """Whether it is made of each number of an output by itself."""
        return False

    def fits(self, form: str, shape: Callable[[], Partial]) -> bool:
        """Whether it says something about targets of this form (see TrainingNet.forms), and outputs
        of a shape, which is asked for only where it counts.
        """
        return True

    def tally(self, outputs: Array, targets: Array, form: str) -> Tally:
        """What a batch adds up to; tallies of batches may be added."""
        raise NotImplementedError

    def tallies(self, outputs: Array, targets: Array, form: str) -> Iterable[Tally]:
        """The tallies of several batches, which are stacked in a first axis; one at a time where
        they may be large.
        """
        pairs = zip(outputs, targets, strict=True)
        return (self.tally(output, target, form) for output, target in pairs)

    def kept(self, tally: Any) -> Kept:
        """The measurement of all that was tallied, as it is kept."""
        raise NotImplementedError

    def value(self, tally: Tally) -> Shown:
        """The measurement of all that was tallied: a number, or read-only arrays."""
        return shown(self.kept(tally))


@dataclass(frozen=True)
class Row:
    """One kind of measurement that has a name.

    tally: (outputs, targets, form, top) -> what batches add up, with `+`. value: from that, and
    what was asked for, to the measurement. of: what targets must be. smaller_is_better: None of
    what is no number. share: read as a percentage. takes: what n is in (name, n). averaged: whether
    it is of one class, so that it can be averaged over classes in several ways. Every tally takes
    weights of examples or decisions as well.
    """

    tally: Callable[[Array, Array, str, int], Tally]
    value: Callable[[Any, Named], Kept]
    of: str
    smaller_is_better: bool | None
    share: bool = False
    takes: Literal["top", "beta"] | None = None
    averaged: bool = False


@dataclass(frozen=True, kw_only=True)
class Named(Measurement):
    """A measurement by name. top: n in ("ErrorRate", n); beta: that in ("FScore", beta)."""

    name: str
    top: int = 1
    beta: float = 1.0
    averaging: object = AUTOMATIC

    @property
    def usual_key(self) -> str:
        if self.beta != 1:
            return f"{self.name}Beta{str(self.beta).removesuffix('.0')}"
        return self.name if self.top == 1 else f"{self.name}Top{self.top}"

    @property
    def row(self) -> Row:
        return TABLE[self.name]

    @property
    def smaller_is_better(self) -> bool | None:
        if not self.is_number:
            return None
        return self.row.smaller_is_better if self.direction is None else self.direction

    @property
    def is_number(self) -> bool:
        return self.averaging is not None and self.row.smaller_is_better is not None

    @property
    def is_by_number(self) -> bool:
        return self.row.of == NUMBERS

    def fits(self, form: str, shape: Callable[[], Partial]) -> bool:
        if self.row.of == BOXES:
            return form == "Square" and holds_boxes(shape())
        if form == "Sequence":
            return False  # no output stands beside a target
        if self.top > 1 and form == "Binary":
            return False  # whatever is predicted, one of two states is the case
        return self.row.of == (NUMBERS if form == "Square" else CLASSES)

    def tally(self, outputs: Array, targets: Array, form: str) -> Tally:
        return self.row.tally(outputs, targets, form, self.top)

    def tallies(self, outputs: Array, targets: Array, form: str) -> Iterable[Tally]:
        if self.row.tally is decisions.wrong and self.top == 1 and form == "Index":
            wrong = outputs.argmax(-1) != targets - 1
            batches = wrong.reshape(len(wrong), -1)
            return np.stack(
                [batches.sum(axis=1), np.full(len(wrong), batches.shape[1])], axis=1
            ).astype(np.float64)
        return super().tallies(outputs, targets, form)

    def kept(self, tally: Any) -> Kept:
        return self.row.value(tally, self)


def named(name: str, n: float = 1, averaging: object = AUTOMATIC) -> Named:
    """The measurement of a name; n is that of (name, n).

    >>> named("ErrorRate", 2).key, named("FScore", 0.5).key
    ('ErrorRateTop2', 'FScoreBeta0.5')
    """
    if TABLE[name].takes == "beta":
        return Named(name=name, beta=float(n), averaging=averaging)
    return Named(name=name, top=int(n), averaging=averaging)


def _mean(tally: Array) -> float:
    return float(tally[0] / tally[1])


def _of_class(
    score: Callable[[Counts], Any], smaller_is_better: bool = False, share: bool = True
) -> Row:
    """The row of a score of one class against the rest."""
    return Row(
        decisions.by_class,
        lambda tally, asked: averaged(score, tally, asked.averaging),
        CLASSES,
        smaller_is_better,
        share,
        averaged=True,
    )


def _of_all(tally: Any, value: Callable[[Any], Kept], *row: Any, **more: Any) -> Row:
    """The row of what there is one of for all classes, or is of numbers."""
    return Row(tally, lambda tally, asked: value(tally), *row, **more)


def _of_scores(value: Callable[[Scores, object], Kept], smaller_is_better: bool | None) -> Row:
    """The row of what is about the order of scores."""
    return Row(
        Scores.of,
        lambda scores, asked: value(scores, asked.averaging),
        CLASSES,
        smaller_is_better,
        averaged=True,
    )


DRAWN = {"ConfusionMatrixPlot": "ConfusionMatrix", "ROCCurvePlot": "ROCCurve"}
"""Measurements that are pictures -> what they show."""
TABLE: dict[str, Row] = {
    "ErrorRate": _of_all(decisions.wrong, _mean, CLASSES, True, True, "top"),
    "Accuracy": _of_all(
        decisions.wrong, lambda s: float((s[1] - s[0]) / s[1]), CLASSES, False, True, "top"
    ),
    "AreaUnderROCCurve": _of_scores(areas, False),
    "BalancedAccuracy": _of_all(decisions.by_class, rates.balanced, CLASSES, False, True),
    "CohenKappa": _of_all(decisions.by_class, rates.kappa, CLASSES, False),
    "ConfusionMatrix": _of_all(decisions.table, lambda table: table, CLASSES, None),
    "ConfusionMatrixPlot": _of_all(decisions.table, Plotted, CLASSES, None),
    "Entropy": _of_all(decisions.surprise, _mean, CLASSES, True),
    "F1Score": _of_class(rates.f_score, share=False),
    "FScore": Row(
        decisions.by_class,
        lambda tally, asked: averaged(
            lambda c: rates.f_score(c, asked.beta), tally, asked.averaging
        ),
        CLASSES,
        False,
        takes="beta",
        averaged=True,
    ),
    "FalseDiscoveryRate": _of_class(lambda c: rates.ratio(c.fp, c.tp + c.fp), True),
    "FalseNegativeNumber": _of_class(lambda c: c.fn, True, share=False),
    "FalseNegativeRate": _of_class(lambda c: rates.ratio(c.fn, c.tp + c.fn), True),
    "FalseOmissionRate": _of_class(lambda c: rates.ratio(c.fn, c.tn + c.fn), True),
    "FalsePositiveNumber": _of_class(lambda c: c.fp, True, share=False),
    "FalsePositiveRate": _of_class(lambda c: rates.ratio(c.fp, c.tn + c.fp), True),
    "Informedness": _of_class(lambda c: rates.recall(c) + rates.specificity(c) - 1, share=False),
    "Markedness": _of_class(
        lambda c: rates.precision(c) + rates.negative_predictive_value(c) - 1, share=False
    ),
    "MatthewsCorrelationCoefficient": _of_all(decisions.by_class, rates.matthews, CLASSES, False),
    "NegativePredictiveValue": _of_class(rates.negative_predictive_value),
    "Perplexity": _of_all(decisions.surprise, lambda s: float(np.exp(_mean(s))), CLASSES, True),
    "Precision": _of_class(rates.precision),
    "ROCCurve": _of_scores(curves, None),
    "ROCCurvePlot": _of_scores(lambda s, averaging: Plotted(curves(s, averaging)), None),
    "Recall": _of_class(rates.recall),
    "ScottPi": _of_all(decisions.by_class, rates.scott, CLASSES, False),
    "Specificity": _of_class(rates.specificity),
    "TrueNegativeNumber": _of_class(lambda c: c.tn, share=False),
    "TruePositiveNumber": _of_class(lambda c: c.tp, share=False),
    "FractionVarianceUnexplained": _of_all(
        Moments.tally, lambda m: float(m.unexplained().mean()), NUMBERS, True
    ),
    "IntersectionOverUnion": _of_all(overlaps, _mean, BOXES, False, True),
    "MeanDeviation": _of_all(
        Moments.tally, lambda m: float((m.absolute / m.count).mean()), NUMBERS, True
    ),
    "MeanSquare": _of_all(
        Moments.tally, lambda m: float((m.squared / m.count).mean()), NUMBERS, True
    ),
    "RSquared": _of_all(Moments.tally, lambda m: float(1 - m.unexplained().mean()), NUMBERS, False),
    "StandardDeviation": _of_all(
        Moments.tally, lambda m: float(np.sqrt(m.squared / m.count).mean()), NUMBERS, True
    ),
}
"""Precision and all else that is of one class is that of True where there are two states, else the
mean over the classes that occur, unless "ClassAveraging" says otherwise. Those of numbers are taken
of each output by itself, and the mean over the outputs is told. Standard deviation is that of the
differences from 0."""
