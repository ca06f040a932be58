"""Class labels: any values that can be told apart, in an order that counts from 1."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from wlnet.coders.parameters import is_automatic
from wlnet.coders.worth import plain, worth
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gaps import is_gap
from wlnet.core.gate import check_room
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import Symbol

Labels = tuple[Hashable, ...]


def as_labels(given: object, where: str) -> Labels | Symbol:
    """The labels as a tuple of the user's own objects, or AUTOMATIC.

    Members of an enum and strings of a class of their own stay what they are; a file keeps what
    they are worth.

    NumPy scalars become the Python numbers and strings they stand for, lists (a label of several
    parts) become tuples. Raises OptionError for labels that are empty, double, not hashable, or
    have no order (a set).
    """
    if isinstance(given, Symbol) and is_automatic(given):
        return given
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        fix = f"range(1, {given + 1})" if type(given) is int and given > 0 else "a list of labels"
        if isinstance(given, str):
            fix = f"list({given!r})"
        raise fail(
            OptionError,
            Fault(
                "the labels are not a list",
                at=where,
                given=brief(given),
                expected="a list of labels in a fixed order, or AUTOMATIC",
                fix=fix,
            ),
        )
    check_room(given, f"the labels of the {where}", OptionError)
    labels = tuple(plain(label) for label in given)
    faults = _faults(labels, where)
    if faults:
        raise fail(OptionError, faults)
    return labels


def _faults(labels: tuple[Any, ...], where: str) -> list[Fault]:
    if not labels:
        return [Fault("there are no labels", at=where, expected="at least one label")]
    faults: list[Fault] = []
    seen: dict[Hashable, int] = {}
    for place, label in enumerate(labels, 1):
        if not isinstance(label, Hashable) or not _hashes(worth(label)):
            faults.append(
                Fault("a label is not hashable", at=f"{where}, label {place}", given=brief(label))
            )
        elif isinstance(label, float) and math.isnan(label):
            faults.append(
                Fault("NaN cannot be a label: it equals nothing", at=f"{where}, label {place}")
            )
        elif worth(label) in seen:
            before = seen[worth(label)]
            faults.append(
                Fault(
                    "two labels are equal",
                    at=f"{where}, labels {before} and {place}",
                    given=f"{labels[before - 1]!r} and {brief(label)}",
                    expected="labels that Python tells apart as dictionary keys",
                )
            )
        else:
            seen[worth(label)] = place
    return faults


class LabelIndex:
    """Finds the place of a label, counted from 1. True and 1 are different things here.

    A member of an enum and what it is worth are one label: so a net that was saved knows both.
    Where None is a label, it is that of every value that is missing: NaN, and the marks of
    libraries.
    """

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self._places = {_key(label): place for place, label in enumerate(labels, 1)}
        self._gap = self._places.get(_key(None))

    def place(self, label: object) -> int | None:
        """The place of a label, or None for one that is not known.

        >>> index = LabelIndex(("x", 1, 2.5))
        >>> index.place(1), index.place(np.float32(2.5)), index.place(True)
        (2, 3, None)
        """
        if self._gap is not None and is_gap(label):
            return self._gap
        try:
            return self._places.get(_key(plain(label)))
        except TypeError:
            return None

    def places(self, labels: Sequence[object]) -> list[int]:
        """The places of many labels, 0 for those that are not known.

        >>> LabelIndex(("x", None)).places(["x", "y", None, float("nan")])
        [1, 0, 2, 2]
        """
        if set(map(type, labels)) <= {str, type(None)}:
            # Most columns are: what is neither an enum nor a number is its own key.
            return [self._places.get((False, label), 0) for label in labels]
        return [self.place(label) or 0 for label in labels]

    def advice(self, label: object) -> str | None:
        """What was probably meant by an unknown label."""
        label = plain(label)
        words = [known for known in self.labels if isinstance(known, str)]
        if isinstance(label, str):
            for known in self.labels:
                if not isinstance(known, str) and str(known) == label:
                    return f"did you mean {known!r}? labels keep their type"
            return suggestion(label, words)
        if str(label) in words:
            return f"did you mean {str(label)!r}? labels keep their type"
        return None


def _key(label: object) -> Any:
    value = worth(label)
    return _sort(value), value


def _sort(label: object) -> Any:
    """Tells booleans from the numbers they equal, also inside tuples."""
    return tuple(map(_sort, label)) if isinstance(label, tuple) else isinstance(label, bool)


def _hashes(label: object) -> bool:
    try:
        hash(label)
    except TypeError:
        return False
    return True
