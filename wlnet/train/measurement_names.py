"""Measurements as they are asked for, and the outputs that they are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from wlnet.core.errors import Fault, OptionError, TrainingWarning, WlnetError, fail, warn
from wlnet.core.parts import Path
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.asked import port_place
from wlnet.nets.connections import needed_for
from wlnet.nets.inference import inferred_port
from wlnet.results.arrays_report import BY_ROUND
from wlnet.train.history import LOSS
from wlnet.train.measured_ports import PortMeasurement
from wlnet.train.measurement_items import is_of_arrays, read_item
from wlnet.train.measurements import BOXES, CLASSES, NUMBERS, TABLE, Measurement, Named, named
from wlnet.train.training_net import TrainingNet

NUMBER = {"top": r"\d{1,20}", "beta": r"\d{1,20}(\.\d{1,20})?(e[+-]\d{1,3})?"}
"""How n and beta stand in a key."""


def of_key(key: str) -> Named | None:
    """The measurement that has a key by itself, or None.

    >>> of_key("ErrorRateTop2") == named("ErrorRate", 2), of_key("FScoreBeta0.5").beta
    (True, 0.5)
    """
    for word, takes in (("Top", "top"), ("Beta", "beta")):
        name, _, digits = key.partition(word)
        row = TABLE.get(name)
        if row is None or (digits and row.takes != takes):
            continue
        if digits and not re.fullmatch(NUMBER[takes], digits, re.ASCII):
            continue
        n = float(digits or 1) if takes == "beta" else int(digits or 1)
        if (found := named(name, n)).key == key:
            return found
    return None


def as_measurements(
    given: Any, at: str = "training_progress_measurements", losses: Sequence[str] = ()
) -> Any:
    """AUTOMATIC, or the measurements of an item (see measurement_items.py) or a list of these.
    Raises OptionError.

    losses: names that are known as well, for messages.
    """
    if given is AUTOMATIC:
        return AUTOMATIC
    if given is None:
        return ()
    found: list[Measurement] = []
    faults: list[Fault] = []
    for item in given if isinstance(given, list) else [given]:
        measurement, wrong = read_item(item, at, losses)
        found += [measurement] if measurement is not None else []
        faults += wrong
    different = list(dict.fromkeys(found))
    clashes = [a.key for a, b in combinations(different, 2) if _clash(a, b)]
    faults += [
        Fault(
            "two measurements have the same name",
            at=at,
            given=repr(key),
            fix='{"Measurement": ..., "Key": "another name"}',
        )
        for key in dict.fromkeys(clashes)
    ]
    if faults:
        raise fail(OptionError, faults)
    return tuple(different)


def _clash(one: Measurement, other: Measurement) -> bool:
    """Whether two measurements may be told of the same output by the same name."""
    is_apart = None not in (one.source, other.source) and one.source != other.source
    return one.key == other.key and not is_apart


def in_training(given: Any) -> Any:
    """The measurements of an item or a list, those of arrays left out. Raises OptionError."""
    items = given if isinstance(given, list) else [given]
    if any(is_of_arrays(item) for item in items):
        # Who asks about arrays alone has not said what else to measure.
        given = [item for item in items if not is_of_arrays(item)] or AUTOMATIC
    return as_measurements(given, losses=BY_ROUND)


def read_arrays_measured(given: Any, at: str) -> tuple[tuple[str, ...], list[Fault]]:
    """What is asked about arrays, see array_series.py."""
    items = given if isinstance(given, list) else [given]
    return tuple(dict.fromkeys(item for item in items if is_of_arrays(item))), []


def own_keys(given: Any) -> list[str]:
    """The keys of all measurements that are given, as far as they can be read."""
    items = given if isinstance(given, list) else [given]
    found = (read_item(item, "")[0] for item in items if item is not AUTOMATIC)
    return [each.key for each in found if each is not None]


@dataclass(frozen=True)
class Measured:
    """A measurement at one place.

    key: the name that it is told by. port: the output port; "" inside the net. place: where its
    numbers come from. column, form: of the targets; "" where it looks at none.
    """

    key: str
    measurement: Measurement
    port: str
    place: tuple[Path, str]
    column: str = ""
    form: str = ""

    @property
    def sign(self) -> int | None:
        """1 where smaller is better, -1 where larger is; None where neither is."""
        smaller = self.measurement.smaller_is_better
        return None if smaller is None else 1 if smaller else -1

    @property
    def is_error_rate(self) -> bool:
        """Whether it is the error rate of the only output, however it is called."""
        return self.key == self.measurement.key and replace(
            self.measurement, called=None, by_batch=True, source=None, weighted=None, plot_type=None
        ) == named("ErrorRate")


def measured(measurements: Sequence[Measurement], training: TrainingNet) -> list[Measured]:
    """What is measured, each at all outputs whose targets it says something about."""
    several, found = len(training.targets) > 1, []
    for each in measurements:
        if isinstance(each, PortMeasurement):
            found.append(Measured(each.key, each, "", port_place(training.user, each.port)))
            continue
        for column, port in training.targets.items():
            if _suits(each, column, training):
                key = f"{port}/{each.key}" if several else each.key
                place = ((), port)
                found.append(Measured(key, each, port, place, column, training.forms[column]))
    return found


def _suits(each: Measurement, column: str, training: TrainingNet) -> bool:
    port = training.targets[column]
    is_source = each.source is None or each.source == port
    return is_source and each.fits(
        training.forms[column], lambda: inferred_port(training.user, port).shape
    )


def suits(each: Measurement, training: TrainingNet) -> bool:
    """Whether a measurement says something about any output that has targets."""
    return any(_suits(each, column, training) for column in training.targets)


def check_fit(measurements: Sequence[Measurement], training: TrainingNet, at: str) -> None:
    """Raise OptionError for measurements that say nothing about any output, for ports that are not
    there, and for names that losses have.
    """
    of_targets = [each for each in measurements if not isinstance(each, PortMeasurement)]
    if of_targets and not training.forms:
        raise fail(
            OptionError,
            Fault(
                "measurements need outputs with targets",
                at=at,
                given=", ".join(each.key for each in of_targets),
            ),
        )
    faults: list[Fault] = []
    for each in measurements:
        faults += _misfits(each, training, at)
    if faults:
        raise fail(OptionError, faults)


def _misfits(each: Measurement, training: TrainingNet, at: str) -> list[Fault]:
    """What is wrong with a measurement of this net."""
    faults = []
    if each.key in (LOSS, *training.told_losses.values()):
        fix = '{"Measurement": ..., "Key": "another name"}'
        faults.append(Fault("a loss has this name", at=at, given=repr(each.key), fix=fix))
    if isinstance(each, PortMeasurement):
        try:
            needed_for(training.user, [port_place(training.user, each.port)])
        except WlnetError as error:
            faults += [replace(fault, at=f"{at}, {fault.at}") for fault in error.faults]
    elif each.source is not None and each.source not in training.targets.values():
        known = list(training.targets.values())
        what = "there is no output of this name that has targets"
        near = suggestion(each.source, known)
        faults.append(Fault(what, at=f"{at}, Source", given=each.source, known=known, fix=near))
    elif not suits(each, training):
        faults.append(_unsuitable(each, training, at))
    return faults


def warn_of_top(measurements: Sequence[Measurement], training: TrainingNet, at: str) -> None:
    """Warn of what asks for as many guesses as there are classes, so that one is always right.

    training: fitted to its data, which tell how many classes there are.
    """
    for place in measured(measurements, training):
        each = place.measurement
        if not isinstance(each, Named) or each.top < 2:
            continue
        classes = (inferred_port(training.user, place.port).shape or (None,))[-1]
        if classes is not None and each.top >= classes:
            value = 0 if each.smaller_is_better else 1
            what = f"{place.key} is {value} whatever the net says: there are {classes} classes"
            given = f"({each.name!r}, {each.top})" if each.top < 10**9 else each.name
            fix = f"({each.name!r}, n) with n below {classes}"
            warn(TrainingWarning, Fault(what, at, given, fix=fix))


def _unsuitable(each: Measurement, training: TrainingNet, at: str) -> Fault:
    """The fault of a measurement whose targets would have to be others."""
    assert isinstance(each, Named)
    columns = [c for c, port in training.targets.items() if each.source in (None, port)]
    at = f"{at}, port {', '.join(columns)}"
    if each.row.of == BOXES:
        what = f"{each.name} is about boxes, these outputs are none"
        expected = "numbers of shape (..., 4) or (..., 2, 2): two corners, x and y of each"
        return Fault(what, at=at, expected=expected)
    if each.top > 1 and "Binary" in (training.forms[column] for column in columns):
        what = f"{each.name} of the top {each.top}, of targets that are one of two states"
        expected = "three classes or more: of two states any guess is among the best two"
        return Fault(what, at=at, expected=expected, fix=repr(each.name))
    kind = NUMBERS if each.row.of == CLASSES else CLASSES
    fitting = [name for name, row in TABLE.items() if row.of == kind]
    return Fault(f"{each.name} is about {each.row.of}, these targets are {kind}", at, known=fitting)
