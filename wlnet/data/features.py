"""Which encoder a column of a table asks for: by what is in it, or by what the user says of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.gaps import gaps
from wlnet.data.columns import Array, Read
from wlnet.data.lookalikes import check_lookalike

TYPES = ("Numerical", "Nominal", "Boolean")
"""What a column may be: the words of FeatureTypes in the Wolfram Language."""
GAPS = ("Refuse", "Mean", "Indicator")
FEW = 24
"""Values of a column of text that are always taken for categories."""


@dataclass(frozen=True)
class Feature:
    """A column of a table, cleared of what is a library's own.

    values: numbers with NaN, or labels with None, where something is missing. labels: of a column
    of categories or truth values, in their order; None among them where some are missing.
    """

    name: str
    type: str
    values: Array
    labels: tuple[Any, ...] | None = None

    @property
    def absent(self) -> Array:
        """Where values are missing."""
        return gaps(self.values)

    def of(self, rows: Array) -> Feature:
        """Some rows."""
        return Feature(self.name, self.type, sealed(self.values[rows]), self.labels)


def sealed(values: Array) -> Array:
    """The same numbers, which nobody can write to from here."""
    view = values.view()
    view.flags.writeable = False
    return view


def feature(name: str, read: Read, asked: str | None, at: str) -> Feature:
    """A column as a feature. asked: what the user says that it is. Raises DataError."""
    values, there = read.values, ~gaps(read.values)
    known = values[there]
    if not len(known):
        what = "a column in which every value is missing"
        raise fail(DataError, Fault(what, at=at, fix=f"ignore=[{name!r}]"))
    found = _type(known, read, at, name) if asked is None else asked
    if found == "Numerical":
        return Feature(name, found, sealed(_numbers(values, there, at)))
    if found == "Boolean":
        return _boolean(name, values, there, at)
    labels = read.categories or _sorted(known, at)
    if asked is None and read.categories is None:
        check_lookalike(_labelled(values, there).tolist(), name, at)
        _check_repeats(len(labels), len(known), name, at)
    if not there.all():
        labels = (*(label for label in labels if label is not None), None)
    return Feature(name, found, sealed(_labelled(values, there)), labels)


def _type(known: Array, read: Read, at: str, name: str) -> str:
    if read.categories is not None:
        return "Nominal"
    if known.dtype.kind in "iuf":
        return "Numerical"
    if known.dtype.kind == "b":
        return "Boolean"
    if known.dtype.kind in "UT":
        return "Nominal"
    kinds = {_kind(value): index for index, value in reversed([*enumerate(known.tolist())])}
    if len(kinds) == 1 and None not in kinds:
        return str(next(iter(kinds)))
    if None in kinds:
        bad = known.tolist()[kinds[None]]
        raise fail(
            DataError,
            Fault(
                "a column that is neither numbers nor truth values nor text",
                at=at,
                given=f"{brief(bad)}, a {type(bad).__name__}",
                fix=_repair(bad, name),
            ),
        )
    first, second = (brief(known.tolist()[index]) for index in sorted(kinds.values())[:2])
    raise fail(
        DataError,
        Fault(
            "a column of several types",
            at=at,
            given=f"{first} and {second}",
            expected="numbers, or truth values, or text",
            fix=f'feature_types={{{name!r}: "Nominal"}}, if they are categories',
        ),
    )


def _kind(value: object) -> str | None:
    if isinstance(value, (bool, np.bool_)):
        return "Boolean"
    if isinstance(value, (Real, Decimal, np.number)) and not isinstance(value, np.complexfloating):
        return "Numerical"
    return "Nominal" if isinstance(value, str) else None


def _repair(value: object, name: str) -> str:
    if isinstance(value, np.datetime64) or hasattr(value, "year") or hasattr(value, "days"):
        return f"make numbers of it first, such as frame[{name!r}].dt.dayofyear"
    return f"ignore=[{name!r}]"


def _numbers(values: Array, there: Array, at: str) -> Array:
    """The numbers of a column, NaN where they are missing."""
    if values.dtype.kind in "iuf":
        found = values
    else:
        found = np.full(len(values), np.nan)
        kinds: dict[int, object] = {}
        for index in np.flatnonzero(there).tolist():
            value = values[index]
            if _kind(value) == "Numerical":
                found[index] = _float(value)
            else:
                kinds[index] = value
        if kinds:
            row, value = next(iter(kinds.items()))
            what = "this is not a real number"
            raise fail(DataError, Fault(what, at=f"{at}, row {row + 1}", given=brief(value)))
    infinite = np.isinf(found) if found.dtype.kind == "f" else np.zeros(0, bool)
    if infinite.any():
        row = int(np.argmax(infinite))
        what = "a number that is not finite"
        raise fail(DataError, Fault(what, at=f"{at}, row {row + 1}", given=brief(values[row])))
    return found


def _float(number: Any) -> float:
    """A real number; infinite where no float is as large."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _boolean(name: str, values: Array, there: Array, at: str) -> Feature:
    found = np.empty(len(values), object)
    for index in np.flatnonzero(there).tolist():
        value = values[index]
        # What counts as truth where the user says that it is one: 0 and 1 too.
        if not isinstance(value, (bool, np.bool_)) and not (
            isinstance(value, (int, float, np.number)) and value in (0, 1)
        ):
            what = "this is not a truth value"
            raise fail(DataError, Fault(what, at=f"{at}, row {index + 1}", given=brief(value)))
        found[index] = bool(value)
    labels = (False, True) if there.all() else (False, True, None)
    return Feature(name, "Boolean", sealed(found), labels)


def _labelled(values: Array, there: Array) -> Array:
    if values.dtype.kind in "iufbU" and there.all():
        return values
    found = values.astype(object)
    found[~there] = None
    return found


def _sorted(known: Array, at: str) -> tuple[Any, ...]:
    """The values that there are: numbers before text, each in their order."""
    values = known.tolist()
    try:
        return tuple(sorted(set(values), key=lambda value: (type(value).__name__, value)))
    except TypeError:  # a value that cannot be looked up, or two that have no order
        bad = next((value for value in values if _kind(value) is None), values[0])
    what = "a category that is neither text nor a number nor a truth value"
    given = f"{brief(bad)}, a {type(bad).__name__}"
    raise fail(DataError, Fault(what, at=at, given=given, fix="str of each value"))


def _check_repeats(count: int, rows: int, name: str, at: str) -> None:
    if count > FEW and 2 * count > rows:
        raise fail(
            DataError,
            Fault(
                "a column of text whose values hardly repeat: from such categories nothing is "
                "learned that holds for others",
                at=at,
                given=f"{count} different values in {rows} rows",
                fix=f'ignore=[{name!r}], or feature_types={{{name!r}: "Nominal"}}, if it is meant',
            ),
        )


# Encoders


def statistics(numbers: Array, at: str) -> tuple[float, float]:
    """The mean and the deviation of the numbers that there are; where all are the same, 1."""
    known = numbers[~np.isnan(numbers)] if numbers.dtype.kind == "f" else numbers
    if not len(known):
        what = "no number of this column is among the rows that its mean is taken of"
        raise fail(DataError, Fault(what, at=at))
    low, high = float(known.min()), float(known.max())
    if low == high:
        return low, 1.0
    # Scaled, so that no square leaves the finite numbers.
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    near = (known.astype(np.float64) - middle) / half
    return float(middle + half * near.mean()), float(half * near.std()) or 1.0


def encoder_of(it: Feature, is_embedded: bool, missing: str | None, at: str) -> Any:
    """The encoder of a feature. missing: what the user says of missing numbers."""
    if it.labels is not None:
        return NetEncoder("Class", it.labels, "Index" if is_embedded else "UnitVector")
    policy = ("Indicator" if it.absent.any() else "Refuse") if missing is None else missing
    return NetEncoder("Number", *statistics(it.values, at), missing=policy)


def decoder_of(it: Feature, at: str) -> Any:
    """The decoder of a target. Raises DataError where a value of it is missing."""
    missing = it.absent
    if missing.any():
        rows = [str(row + 1) for row in np.flatnonzero(missing)[:5].tolist()]
        more = f", and {missing.sum() - 5} more" if missing.sum() > 5 else ""
        raise fail(
            DataError,
            Fault(
                "a target is missing",
                at=at,
                given=f"rows {', '.join(rows)}{more}",
                fix=f"leave these rows out: frame.dropna(subset=[{it.name!r}])",
            ),
        )
    if it.labels is not None:
        return NetDecoder("Class", it.labels)
    return NetDecoder("Number", *statistics(it.values, at))
