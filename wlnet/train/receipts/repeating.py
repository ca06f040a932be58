"""The training of a receipt, made again: each of its calls in turn."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wlnet.core.errors import Fault, RuleWarning, TrainingWarning, WlnetError
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.symbols import ALL
from wlnet.nets.initialize import net_initialize
from wlnet.results.results import NetTrainResults, TrainingRecord
from wlnet.train.calls import Call, read_call
from wlnet.train.listeners import Listener
from wlnet.train.net_train import carried_out, usual_options
from wlnet.train.receipts.comparing import BY_THEMSELVES, compare_data, compare_net
from wlnet.train.receipts.ends import End, at_latest, breaks_of, end_of, stops
from wlnet.train.receipts.given_again import of_call, options_of
from wlnet.train.receipts.verification import Checks
from wlnet.train.start import NEW, Start

CALLS = "what has to be given"


def repeated(
    checks: Checks,
    receipt: Any,
    net: Net,
    data: object,
    again: Mapping[str, object],
) -> TrainingRecord | None:
    """The record of the training made again; None where it would begin with something else.

    What it begins with is checked on the way: the net, the data, what was given again.
    """
    calls, start = receipt["Calls"], NEW
    for number, row in enumerate(calls, 1):
        if row["ResumedAt"] is not None and start.record is not None:
            start = Start(start.record, start.record.calls[-1], is_same=False)
        call = _read(checks, row, number, start, net, data, again)
        if call is None:
            return None
        if number == 1:
            _compare_beginning(checks, receipt, call)
        compare_data(checks, receipt, number, call)
        if checks.differ:
            return None
        for end in breaks_of(receipt, number, call.options.validation_interval):
            record = _run(checks, receipt, call, number, end)
            if record is None:
                return None
            start = Start(_that_went_on(record), record.calls[-1])
            call = _read(checks, row, number, start, net, data, again)
            if call is None:
                return None
        record = _run(checks, receipt, call, number, end_of(receipt, number))
        if record is None:
            return None
        went_on = number < len(calls) and end_of(receipt, number + 1).batch > record.moment.batch
        start = Start(_that_went_on(record) if went_on else record)
    return start.record


def _that_went_on(record: TrainingRecord) -> TrainingRecord:
    """The record of a training that went on, though its criterion may have been met: as one that
    this had ended. Else it ends at once when it is resumed."""
    return replace(record, reason="StoppingCriterion")


def _read(
    checks: Checks,
    row: Any,
    number: int,
    start: Start,
    net: Net,
    data: object,
    again: Mapping[str, object],
) -> Call | None:
    """A call as net_train reads it; None, with what is wrong, where it cannot be made again."""
    options, faults = options_of(row, number, again)
    if faults:
        checks.broken(CALLS, *faults)
        return None
    given = {
        **usual_options(),
        **options,
        "net": net if start.record is None else NetTrainResults(start.record),
        "data": of_call(data, number),
        "prop": ALL,
    }
    try:
        with _silent():
            return read_call(Gathered(), given, usual_options(), start)
    except WlnetError as error:
        _cannot(checks, error, number)
        return None


def _compare_beginning(checks: Checks, receipt: Any, call: Call) -> None:
    """Check the net that the first call begins with: fitted to its data, with numbers."""
    prepared = call.prepared
    assert prepared is not None
    ready = net_initialize(prepared.net, random_seeding=call.options.seed)
    compare_net(checks, receipt, prepared.opened(ready))


def _run(checks: Checks, receipt: Any, call: Call, number: int, end: End) -> TrainingRecord | None:
    """The record after a call that ended with a batch: by itself, as far as it comes there, else it
    is stopped there."""
    # However many batches a forger says there were: no more rounds than are told, and one.
    rounds = len(receipt["Rounds"]) + 1
    is_last = number == len(receipt["Calls"]) and end == end_of(receipt, number)
    interrupted: list[int] = []
    try:
        if is_last and receipt["Reason"] in BY_THEMSELVES:
            return _carried(call, at_latest(end.batch + 1, rounds), interrupted)
        found = stops(call, end, rounds, interrupted)
        return _carried(call, found, interrupted)
    except WlnetError as error:
        _cannot(checks, error, number)
        return None


def _carried(call: Call, listeners: tuple[Listener, ...], interrupted: list[int]) -> TrainingRecord:
    """The record of a call that is stopped, if it comes to that."""
    options = replace(call.options, listeners=listeners, checkpoints=())
    with _silent(), contextlib.redirect_stderr(io.StringIO()):
        results = carried_out(replace(call, options=options), ALL, ())
    record: TrainingRecord = results.record
    if record.message == "interrupted" and not interrupted:
        raise KeyboardInterrupt
    return record


def _cannot(checks: Checks, error: WlnetError, number: int) -> None:
    faults = error.faults or (Fault(str(error)),)
    at = f"call {number}, made again"
    checks.broken(
        CALLS, *(replace(each, at=f"{at}, {each.at}" if each.at else at) for each in faults)
    )


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without the warnings that the training gave when it was made."""
    with warnings.catch_warnings():
        for kind in (RuleWarning, TrainingWarning):
            warnings.simplefilter("ignore", kind)
        yield
