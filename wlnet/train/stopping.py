"""When to stop before the last round: no improvement for longer than patience.

Wolfram Language: NetTrain (TrainingStoppingCriterion).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.measurements import TABLE

DEFAULTS: dict[str, Any] = {"Criterion": "Loss", "Patience": 0, "InitialPatience": 0, "AbsoluteChange": 0.0, "RelativeChange": None}


@dataclass(frozen=True)
class StoppingCriterion:
    """Training stops when the number of consecutive failures to improve is greater than `patience`."""

    criterion: str | Callable[[Mapping[str, Any]], bool] = "Loss"
    patience: int = 0
    initial_patience: int = 0
    absolute_change: float = 0.0
    relative_change: float | None = None

    @property
    def smaller_is_better(self) -> bool:
        return not (isinstance(self.criterion, str) and self.criterion in TABLE) or TABLE[self.criterion].smaller_is_better


class Stopper:
    """Counts failures to improve."""

    def __init__(self, criterion: StoppingCriterion) -> None:
        self.criterion = criterion
        self.best = math.inf
        self.failures = 0
        self.seen = 0

    def should_stop(self, state: Mapping[str, Any], value: float | None) -> bool:
        """Whether to stop now; value: of the named criterion at this round, None for a function."""
        rule = self.criterion
        if not isinstance(rule.criterion, str):
            answer = rule.criterion(state)
            if not isinstance(answer, bool):
                raise fail(OptionError, Fault("a stopping criterion returns True or False", given=repr(answer)))
            return answer
        assert value is not None
        value = value if rule.smaller_is_better else -value
        self.seen += 1
        change = rule.absolute_change
        if rule.relative_change is not None and math.isfinite(self.best):
            change = abs(self.best) * rule.relative_change
        improved = value < self.best - (change if math.isfinite(self.best) else 0.0)
        self.best = min(self.best, value)
        self.failures = 0 if improved or self.seen <= rule.initial_patience else self.failures + 1
        return self.failures > rule.patience


def as_criterion(given: Any) -> StoppingCriterion | None:
    """None, a name, AUTOMATIC ("Loss"), a function, or a dict. Raises OptionError."""
    if given is None:
        return None
    if given is AUTOMATIC:
        return StoppingCriterion()
    if not isinstance(given, Mapping):
        given = {"Criterion": given}
    faults = [Fault("an unknown key of a stopping criterion", given=repr(key), known=list(DEFAULTS), fix=suggestion(str(key), DEFAULTS))
              for key in given if key not in DEFAULTS]
    values = {**DEFAULTS, **given}
    name = values["Criterion"]
    names = ["Loss", *TABLE]
    if not callable(name) and name not in names:
        faults.append(Fault("an unknown stopping criterion", given=repr(name), known=names, fix=suggestion(str(name), names)))
    for key in ("Patience", "InitialPatience"):
        if isinstance(values[key], bool) or not isinstance(values[key], int) or values[key] < 0:
            faults.append(Fault(f"{key} is a number of rounds", given=repr(values[key]), expected="an integer >= 0"))
    if "AbsoluteChange" in given and "RelativeChange" in given:
        faults.append(Fault("AbsoluteChange and RelativeChange exclude each other", given=repr(dict(given))))
    relative = values["RelativeChange"]
    if relative is not None and not (isinstance(relative, float) and 0 < relative < 1):
        faults.append(Fault("RelativeChange is a fraction", given=repr(relative), expected="0 < p < 1"))
    absolute = values["AbsoluteChange"]
    if isinstance(absolute, bool) or not isinstance(absolute, (int, float)) or not absolute >= 0:
        faults.append(Fault("AbsoluteChange is a number", given=repr(absolute), expected=">= 0"))
    if faults:
        raise fail(OptionError, faults)
    return StoppingCriterion(name, values["Patience"], values["InitialPatience"], float(absolute), relative)
