"""What `verify` cannot be given: told as wrong use, as it says nothing of a receipt."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from numbers import Number
from typing import Any

from wlnet.core.errors import Fault, brief
from wlnet.core.keywords import unknown_option
from wlnet.core.net import Net
from wlnet.results.results import NetTrainResults
from wlnet.train.net_resume import NEUTRAL
from wlnet.train.net_train import usual_options
from wlnet.train.options import Choice, option_names, read_options
from wlnet.train.receipts.given_again import is_by_call

NO_DATA = (type(None), str, bytes, os.PathLike, Number, NetTrainResults)
AFTER = 'results["TrainedNet"] is the net after the training'


def wrong_arguments(
    net: object, data: object, reporting: object, again: Mapping[str, object]
) -> list[Fault]:
    """All that is wrong with what `verify` was given beside the receipt."""
    _, faults = Choice(("Print", None))(reporting, "reporting")
    if not isinstance(net, Net):
        what = "verify takes the net as it was before its training"
        faults.append(Fault(what, at="net", given=brief(net)))
    for at, each in _by_call("data", data):
        if isinstance(each, NO_DATA) or (isinstance(each, Net) and each is not data):
            what = "verify takes the data of the training, or the net after it"
            fix = AFTER if isinstance(each, NetTrainResults) else None
            faults.append(Fault(what, at=at, given=brief(each), fix=fix))
    known = list(option_names())
    for name, value in again.items():
        if name not in known:
            faults.append(unknown_option("verify", name, value, known))
        elif name in NEUTRAL:
            for _, each in _by_call(name, value):
                faults += read_options({**usual_options(), name: each}, usual_options())[1]
    return faults


def wrong_calls(receipt: Any, given: Mapping[str, object]) -> list[Fault]:
    """What was given for calls that there were not."""
    count = len(receipt["Calls"])
    return [
        Fault("there was no such call", at=at, expected=f"1 to {count}, as in the receipt")
        for name, value in given.items()
        if is_by_call(value)
        for number, (at, _) in zip(value, _by_call(name, value), strict=True)
        if not 1 <= number <= count
    ]


def _by_call(name: str, value: object) -> Iterator[tuple[str, object]]:
    """What was given, with where: one value, or one for each of some calls."""
    if is_by_call(value):
        yield from ((f"{name}, call {number}", each) for number, each in value.items())
    else:
        yield name, value
