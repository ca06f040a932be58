"""Measurements as they are asked for: names, (name, n) for the top n, and lists of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.names import is_number
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.measurements import CLASSES, NUMBERS, TABLE, Measurement
from wlnet.train.training_net import TrainingNet


def of_key(key: str) -> Measurement | None:
    """The measurement of a key, or None.

    >>> of_key("ErrorRateTop2")
    Measurement(name='ErrorRate', top=2)
    """
    name, _, digits = key.partition("Top")
    top = int(digits) if is_number(digits) else 1
    found = Measurement(name, top)
    if name not in TABLE or found.key != key or (top > 1 and not found.row.takes_top):
        return None
    return found


def as_measurements(
    given: Any, at: str = "training_progress_measurements", losses: Sequence[str] = ()
) -> Any:
    """AUTOMATIC, or the measurements of a name, (name, n), or a list. Raises OptionError.

    losses: names that are known as well, for messages.
    """
    if given is AUTOMATIC:
        return AUTOMATIC
    if given is None:
        return ()
    found, faults = [], []
    for item in given if isinstance(given, list) else [given]:
        name, top = item if isinstance(item, tuple) and len(item) == 2 else (item, 1)
        if not isinstance(name, str) or name not in TABLE:
            faults.append(
                Fault(
                    "an unknown measurement",
                    at=at,
                    given=brief(item),
                    known=[*losses, *TABLE],
                    fix=suggestion(name, [*losses, *TABLE]),
                )
            )
        elif (best := as_whole(top)) is None or best < 1:
            faults.append(
                Fault(
                    f"{name} of the top n",
                    at=at,
                    given=brief(top),
                    expected="a positive integer",
                    fix=f"({name!r}, 5)",
                )
            )
        elif best > 1 and not TABLE[name].takes_top:
            faults.append(Fault(f"{name} has no top n", at=at, given=brief(item), fix=repr(name)))
        else:
            found.append(Measurement(name, best))
    if faults:
        raise fail(OptionError, faults)
    return tuple(dict.fromkeys(found))


class Measured(NamedTuple):
    """A measurement of one output: the name that it is told by, and the column of its targets."""

    key: str
    measurement: Measurement
    column: str
    port: str


def measured(measurements: Sequence[Measurement], training: TrainingNet) -> list[Measured]:
    """What is measured, each at all outputs whose targets it says something about."""
    several = len(training.targets) > 1
    return [
        Measured(f"{port}/{each.key}" if several else each.key, each, column, port)
        for each in measurements
        for column, port in training.targets.items()
        if each.fits(training.forms[column])
    ]


def check_fit(measurements: tuple[Measurement, ...], forms: Mapping[str, str], at: str) -> None:
    """Raise OptionError for measurements of classes where all targets are numbers, or the reverse.

    forms: data column -> form of its targets.
    """
    if measurements and not forms:
        raise fail(
            OptionError,
            Fault(
                "measurements need outputs with targets",
                at=at,
                given=", ".join(each.key for each in measurements),
            ),
        )
    faults = []
    for each in measurements:
        if not any(map(each.fits, forms.values())):
            kind = NUMBERS if each.row.of == CLASSES else CLASSES
            fitting = [name for name, row in TABLE.items() if row.of == kind]
            faults.append(
                Fault(
                    f"{each.name} is about {each.row.of}, these targets are {kind}",
                    at=f"{at}, port {', '.join(forms)}",
                    known=fitting,
                )
            )
    if faults:
        raise fail(OptionError, faults)
