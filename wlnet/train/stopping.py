"""When to stop before the last round: no improvement for longer than patience.

Wolfram Language: NetTrain (TrainingStoppingCriterion).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.answers import answer
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_truth
from wlnet.core.spelling import suggestion
from wlnet.train.history import LOSS
from wlnet.train.measurement_names import Measured, measured, of_key
from wlnet.train.measurements import Measurement, Named
from wlnet.train.training_net import TrainingNet

Failures = tuple[float, int, int]
"""See `Stopper.standing`."""


@dataclass(frozen=True)
class StoppingCriterion:
    """Training stops when the number of consecutive failures to improve is greater than
    `patience`: to be better, by more than the change, than the best value that was accepted so.

    criterion: the key of what is looked at ("Loss", "ErrorRate", "ErrorRateTop2"), with several
    outputs also "KindLoss" and "Kind/ErrorRate", or a function.
    """

    criterion: str | Callable[[Mapping[str, object]], bool] = LOSS
    patience: int = 0
    initial_patience: int = 0
    absolute_change: float = 0.0
    relative_change: float | None = None

    @property
    def is_named(self) -> bool:
        """Whether a value is looked at by its name; a function looks at what it wants."""
        return isinstance(self.criterion, str)


def check_measured(
    criterion: StoppingCriterion | None,
    measurements: Sequence[Measurement],
    training: TrainingNet,
) -> None:
    """Raise OptionError before training for a criterion that would not be measured, or has no
    direction.
    """
    name = criterion.criterion if criterion is not None else LOSS
    if not isinstance(name, str) or name == LOSS:
        return
    places = measured(measurements, training)
    known = [
        *(LOSS, *training.told_losses.values()),
        *(each.key for each in places if each.sign is not None),
    ]
    if name in known:
        return
    for each in places:
        if each.key == name:
            raise fail(OptionError, _undirected(each))
    asked, parts = directed(name), [each for each in known if each.endswith(f"/{name}")]
    fix = f"the output is part of the name: {' or '.join(map(repr, parts))}" if parts else None
    possible = [] if asked is None else measured([asked], training)
    if fix is None and asked and any(name in (each.key, asked.key) for each in possible):
        n = int(asked.beta) if asked.beta == int(asked.beta) else asked.beta
        n = n if asked.top == 1 else asked.top
        wanted = asked.name if n == 1 else (asked.name, n)
        fix = f"training_progress_measurements={wanted!r}"
    raise fail(
        OptionError,
        Fault(
            f"the stopping criterion {brief(name)} is not measured",
            known=known,
            at="training_stopping_criterion",
            fix=fix or suggestion(name, known),
        ),
    )


class Stopper:
    """Counts failures to improve."""

    def __init__(self, criterion: StoppingCriterion) -> None:
        self.criterion = criterion
        self.standing: Failures = math.inf, 0, 0
        """The best value that was accepted, failures in a row, and how many values were seen."""

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self.standing[1]

    @property
    def has_failed(self) -> bool:
        """Whether there were more of them than patience has."""
        return self.failures > self.criterion.patience

    def asks(self, state: Mapping[str, object]) -> bool:
        """Whether to stop now, by what a function as criterion says: it has said so more than
        `patience` times in a row. Raises OptionError for anything but True or False."""
        assert callable(self.criterion.criterion)
        at = "training_stopping_criterion"
        said = answer(self.criterion.criterion, at, state)
        if as_truth(said) is None:
            raise fail(
                OptionError,
                Fault("a stopping criterion returns True or False", at=at, given=brief(said)),
            )
        rule, (best, failures, seen) = self.criterion, self.standing
        seen += 1
        failures = failures + 1 if said and seen > rule.initial_patience else 0
        self.standing = best, failures, seen
        return failures > rule.patience

    def fails(self, value: float) -> bool:
        """Whether to stop now, at this value of the named criterion, smaller being better."""
        rule, (best, failures, seen) = self.criterion, self.standing
        change = 0.0
        if math.isfinite(best):
            change = rule.absolute_change
            if rule.relative_change is not None:
                change = abs(best) * rule.relative_change
        improved = value < best - change
        seen += 1
        # A step too small to count does not move what the next ones are measured against.
        best = value if improved else best
        failures = 0 if improved or seen <= rule.initial_patience else failures + 1
        self.standing = best, failures, seen
        return self.has_failed


def _undirected(each: Measured) -> Fault:
    """The fault of a criterion that is neither better nor worse when smaller."""
    at, given = "training_stopping_criterion", repr(each.key)
    if not each.measurement.is_number:
        return Fault("a stopping criterion is a number, and this is none", at=at, given=given)
    return Fault(
        "nothing tells whether this measurement is better when smaller or when larger",
        at=at,
        given=given,
        fix='{"Measurement": ..., "Direction": "Decreasing"}, or "Increasing", '
        "in training_progress_measurements",
    )


def sign_of(name: str, places: Sequence[Measured]) -> int:
    """1 for the key of what is better when smaller, as losses are, -1 for what is when larger."""
    signs = (each.sign for each in places if each.key == name)
    return next(signs, 1) or 1


def directed(name: str) -> Named | None:
    """The measurement of a key, which may name the output before it ("Kind/ErrorRate"), or None."""
    return of_key(name.rpartition("/")[2])
