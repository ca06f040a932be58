"""Options as they were given, as JSON and back: a closed set of forms.

Beside what nets have (wlnet/io/plain.py): {"Dict": [[key, value], ...]}, {"Float": "nan"},
{"Integer": "0x..."} of one with more than 63 bits, {"Scaled": 0.1}, {"Phases": ...},
{"Method": ["ADAM", ...]}, {"Path": "..."}, {"Net": n}, the n-th net beside the options,
{"Function": "its name"} and {"Data": ["what it was", "SHA-256"]}.

A function or an array is never stored, only its name, or its SHA-256.
"""

from __future__ import annotations

import inspect
import math
import numbers
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.core.digests import digest
from wlnet.core.errors import FormatError, brief
from wlnet.core.net import Net
from wlnet.core.phases import Phases
from wlnet.core.records import Codec, Form, Json, form, refused, shown
from wlnet.core.rule_lists import RuleList
from wlnet.core.scalars import as_real, scalar
from wlnet.core.scaled import Scaled
from wlnet.core.symbols import Symbol
from wlnet.io import plain
from wlnet.methods import METHODS, Method
from wlnet.train.saving.unsaved import LONGEST_NAME, Unsaved, UnsavedFunction, name_of
from wlnet.train.validation_options import has_options

DATA = ("validation_set", "example_weights")
"""Options that may be data."""
DEEPEST = 40


def savable(option: str, value: object) -> object:
    """An option's value as a file can tell of it: data and functions are replaced.

    >>> savable("validation_set", ([[1.0]], [[2.0]]))
    Unsaved(option='validation_set', name='a tuple of 2', digest='')
    """
    if option in DATA:
        if has_options(value):
            assert isinstance(value, tuple)
            return savable(option, value[0]), value[1]
        if not (value is None or isinstance(value, (str, Scaled, Symbol, Unsaved))):
            return _unsaved(option, value)
    return value


def _unsaved(option: str, value: object) -> Unsaved:
    """What stands for a function or for data."""
    if isinstance(value, tuple) and value and callable(value[0]):
        value = value[0]
    if callable(value) or inspect.isgenerator(value):
        return UnsavedFunction(option, name_of(value))
    found: Any = value
    if isinstance(value, list) and len(value) and as_real(value[0]) is not None:
        found = np.asarray(value)
    is_array = isinstance(found, np.ndarray) and found.dtype.kind in "biuf"
    told = brief(value) if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
    if isinstance(value, (list, tuple, dict)):
        told = f"{told} of {len(value)}"
    return Unsaved(option, told[:LONGEST_NAME], digest(found) if is_array else "")


Nets = Callable[[Net], int]
"""Keeps a net; its number among those beside the options."""
Numbered = Callable[[int], Net]
"""The net of a number."""


def written(option: str, value: object, keep: Nets) -> Json:
    """The JSON of an option's value; what no file holds is told in a few words."""
    codec = _codec(option, keep, None)
    try:
        return codec.written(savable(option, value), option)
    except FormatError:
        return codec.written(_unsaved(option, value), option)


def read(option: str, record: Json, numbered: Numbered) -> object:
    """The value of a record. Raises FormatError."""
    return _codec(option, None, numbered).read(record, option)


def _codec(option: str, keep: Nets | None, numbered: Numbered | None) -> Codec:
    """The codec of the values of an option; the two directions have nets of their own."""

    def write_net(net: Net, _: object) -> dict[str, Json]:
        assert keep is not None
        return {"Net": keep(net)}

    def read_net(table: Any, _: object) -> Net:
        assert numbered is not None
        number = table["Net"]
        if type(number) is not int:
            raise refused("a net beside the options has a number", given=shown(number))
        return numbered(number)

    def function(name: object) -> UnsavedFunction:
        return UnsavedFunction(option, _name(name))

    def data(told: object) -> Unsaved:
        if not isinstance(told, tuple) or len(told) != 2:
            raise refused("data are told by what they were, and by a SHA-256", given=shown(told))
        return Unsaved(option, _name(told[0]), _name(told[1]))

    def worth(value: object) -> object:
        return _worth(option, value)

    return Codec(
        (
            *FORMS,
            Form(frozenset({"Net"}), Net, write_net, read_net),
            form("Function", UnsavedFunction, lambda it: it.name, function),
            form("Data", Unsaved, lambda it: (it.name, it.digest), data),
        ),
        deepest=DEEPEST,
        expected="what an option takes",
        largest=plain.LARGEST,
        worth=worth,
    )


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise refused("a short name was expected", given=shown(value))
    return value


_KEPT = (bool, int, float, str, tuple, list, dict, Path, Symbol, Scaled, Phases, Method, Net)


def _worth(option: str, value: object) -> object:
    """What is written for a value: NumPy's numbers are Python's, functions and arrays are told."""
    if isinstance(value, Method) and type(value) is not METHODS.get(value.name):
        return _unsaved(option, value)
    if value is None or isinstance(value, (Unsaved, *_KEPT, *PARTS)):
        return scalar(value)
    if isinstance(value, RuleList):
        return value.as_given
    found = scalar(value)
    if found is None or isinstance(found, (bool, int, float, str)):
        return found
    if isinstance(found, (numbers.Real, Decimal)):
        return as_real(found)
    if isinstance(value, os.PathLike):
        return Path(os.fsdecode(value))
    if isinstance(value, Mapping):
        return dict(value)
    return _unsaved(option, value)


# The forms


def _dict(pairs: object) -> dict[object, object]:
    if not isinstance(pairs, tuple) or not all(isinstance(p, tuple) and len(p) == 2 for p in pairs):
        raise refused("a dict is a list of pairs", given=shown(pairs))
    try:
        found = dict(pairs)
    except TypeError:
        raise refused("a key that no dict can have") from None
    if len(found) != len(pairs):
        raise refused("a key stands twice in one dict")
    return found


_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _float(name: object) -> float:
    if not isinstance(name, str) or name not in _FLOATS:
        raise refused("this is no number", given=shown(name), known=_FLOATS)
    return _FLOATS[name]


def _integer(text: object) -> int:
    if not isinstance(text, str) or not re.fullmatch("-?0x[1-9a-f][0-9a-f]{15,10000}", text):
        raise refused("this is no large whole number", given=shown(text))
    return int(text, 16)


def _method(told: object) -> Method:
    match told:
        case (str(name), dict(settings)) if name in METHODS:
            if settings.keys() == {each.name for each in fields(METHODS[name])}:
                return METHODS[name](**settings)
    raise refused("this is no method", given=shown(told), known=METHODS)


def _phases(rules: object) -> Phases:
    if not isinstance(rules, dict):
        raise refused("phases are rules by round", given=shown(rules))
    return Phases(rules)


def _scaled(factor: object) -> Scaled:
    if not isinstance(factor, (int, float)):
        raise refused("a factor is a number", given=shown(factor))
    return Scaled(factor)


def _path(text: object) -> Path:
    if not isinstance(text, str):
        raise refused("a path is a string", given=shown(text))
    return Path(text)


PARTS = tuple(each.of for each in plain.VALUES.forms)
FORMS = (
    form("Dict", dict, lambda it: tuple(it.items()), _dict),
    form("Float", float, repr, _float),
    form("Integer", int, hex, _integer),
    form("Scaled", Scaled, lambda it: it.factor, _scaled),
    form("Phases", Phases, dict, _phases),
    form("Path", Path, str, _path),
    form(
        "Method",
        Method,
        lambda it: (it.name, {each.name: getattr(it, each.name) for each in fields(it)}),
        _method,
    ),
    *plain.VALUES.forms,
)


def real_written(value: float) -> Json:
    """A number that may be infinite or NaN as JSON; a whole one stays whole."""
    return NUMBERS.written(value, "a number")


def real_of(record: Json) -> Any:
    """The number of such JSON. Raises FormatError."""
    found = NUMBERS.read(record, "a number")
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise refused("a number was expected", given=shown(record))
    return found


def seed_written(seed: int | str) -> Json:
    """The seed of a call as JSON."""
    return seed if isinstance(seed, str) else real_written(seed)


def seed_of(record: Json, at: str | None = None) -> int | str:
    """The seed of such JSON. at: where it stands, for messages. Raises FormatError."""
    seed = record if type(record) is str else real_of(record)
    if not isinstance(seed, (str, int)):
        raise refused("a seed is a whole number or a string", at=at, given=shown(record))
    return seed


NUMBERS = Codec(
    (form("Float", float, repr, _float), form("Integer", int, hex, _integer)),
    deepest=1,
    expected="numbers",
    largest=plain.LARGEST,
)
