"""A property asked for by a dict: what was told of the rounds or batches, as lists or a picture.

Wolfram Language: NetTrain, `<|"Property" -> m, "Form" -> form|>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, PartError, brief, fail
from wlnet.core.net import Services
from wlnet.core.properties import Told
from wlnet.core.spelling import suggestion
from wlnet.results.results import PROPERTIES, TrainingRecord

LOSS = "Loss"
FORMS = "List", "TransposedList", "Plot"
INTERVALS = "Round", "Batch"
KNOWN = {"Property": None, "Form": FORMS, "Interval": INTERVALS}
EXAMPLE = '{"Property": "ErrorRate", "Form": "Plot"}'


@dataclass(frozen=True)
class History(Told):
    """What is asked for: "Loss", or a measurement by its name; how, and of what."""

    name: str
    form: str = "List"
    interval: str = "Round"

    def told_of(self, thing: TrainingRecord) -> Any:
        return history_of(thing, self)


def as_history(given: Mapping[Any, Any]) -> History:
    """What a dict asks for. Raises OptionError.

    >>> as_history({"Property": "ErrorRate", "Form": "Plot"})
    History(name='ErrorRate', form='Plot', interval='Round')
    """
    faults = []
    for key, value in given.items():
        at = f"a property, {key}"
        if not isinstance(key, str) or key not in KNOWN:
            near = suggestion(key, KNOWN)
            faults.append(
                Fault("an unknown key of a property", given=brief(key), known=KNOWN, fix=near)
            )
        elif (known := KNOWN[key]) is not None and value not in known:
            near = suggestion(value, known)
            faults.append(Fault("not a value of this key", at, brief(value), known=known, fix=near))
    if not isinstance(given.get("Property"), str):
        faults.append(Fault("which property", "a property", brief(dict(given)), fix=EXAMPLE))
    if faults:
        raise fail(OptionError, faults)
    words = (given["Property"], given.get("Form", "List"), given.get("Interval", "Round"))
    return History(*map(str, words))


def history_of(r: TrainingRecord, asked: History) -> Any:
    """What a record tells of it. "List": a value a round, or batch; of arrays a list of each.
    "TransposedList": of values that are arrays or tuples, a list of each of their parts. "Plot": a
    picture, of rounds, batches and validations. Raises PartError for what was not measured.
    """
    is_round = asked.interval == "Round"
    losses, told = r.round_losses, r.round_measurements
    if not is_round:
        losses, told = r.batch_losses, r.batch_measurements
    known = [LOSS, *told, *(r.by_array if is_round else ())]
    if asked.name not in known:
        what, fix = "this was not told of the training", suggestion(asked.name, known)
        raise fail(PartError, Fault(what, given=brief(asked.name), known=known, fix=fix))
    if asked.form == "Plot":
        assert Services.picture is not None
        return Services.picture("HistoryPlot", r, told=asked.name)
    if asked.name in r.by_array:
        lists = [list(series) for series in r.by_array[asked.name].values()]
        of_round = [list(row) for row in zip(*lists, strict=True)]
        return lists if asked.form == "TransposedList" else of_round
    values: list[Any] = list(losses)
    if asked.name != LOSS:
        values = [r.shown(asked.name, value) for value in told[asked.name]]
    return _transposed(values, asked) if asked.form == "TransposedList" else values


PROPERTIES.of_dict = as_history


def _transposed(values: list[Any], asked: History) -> list[list[Any]]:
    if any(np.ndim(value) == 0 and not isinstance(value, tuple) for value in values):
        what = f"{asked.name} is one value a {asked.interval.lower()}: nothing to transpose"
        raise fail(OptionError, Fault(what, given="TransposedList", fix="'List'"))
    return [list(parts) for parts in zip(*values, strict=True)]
