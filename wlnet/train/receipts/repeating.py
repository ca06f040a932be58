"""The training of a receipt, made again: each of its calls in turn."""

from __future__ import annotations

import contextlib
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
from wlnet.train.intervals import Interval
from wlnet.train.listeners import Listener
from wlnet.train.net_train import carried_out, usual_options
from wlnet.train.receipts.comparing import BY_THEMSELVES, compare_data, compare_net
from wlnet.train.receipts.given_again import of_call, options_of
from wlnet.train.receipts.verification import Checks

CALLS = "what has to be given"


def repeated(
    checks: Checks, receipt: Any, net: Net, data: object, again: Mapping[str, object]
) -> TrainingRecord | None:
    """The record of the training made again; None where it would begin with something else.

    What it begins with is checked on the way: the net, the data, what was given again.
    """
    calls, record = receipt["Calls"], None
    for number, row in enumerate(calls, 1):
        end = calls[number]["FirstBatch"] if number < len(calls) else _batches(receipt)
        call = _read(checks, row, number, record, net, data, again)
        if call is None:
            return None
        if record is None:
            _compare_beginning(checks, receipt, call)
        compare_data(checks, row, number, call.digests)
        if checks.differ:
            return None
        is_last = number == len(calls)
        record = _run(checks, receipt, call, number, end, is_last)
        if record is None:
            return None
    return record


def _read(
    checks: Checks,
    row: Any,
    number: int,
    record: TrainingRecord | None,
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
        "net": net if record is None else NetTrainResults(record),
        "data": of_call(data, number),
        "prop": ALL,
    }
    try:
        with _silent():
            return read_call(Gathered(), given, usual_options())
    except WlnetError as error:
        _cannot(checks, error, number)
        return None


def _compare_beginning(checks: Checks, receipt: Any, call: Call) -> None:
    """Check the net that the first call begins with: fitted to its data, with numbers."""
    prepared = call.prepared
    assert prepared is not None
    ready = net_initialize(prepared.net, random_seeding=call.options.seed)
    compare_net(checks, receipt, prepared.opened(ready))


def _run(
    checks: Checks, receipt: Any, call: Call, number: int, end: int, is_last: bool
) -> TrainingRecord | None:
    """The record after a call that ended with a batch: by itself, as far as it comes there, else it
    is stopped there."""
    # However many batches a forger says there were: no more rounds than are told, and one.
    rounds = len(receipt["Rounds"]) + 1
    try:
        if is_last and receipt["Reason"] in BY_THEMSELVES:
            return _carried(call, end + 1, rounds, "AbortTraining")
        if not is_last:
            # What a criterion has counted at the end of a call, the next one goes on with.
            record = _carried(call, end + 1, rounds, "AbortTraining")
            if record.moment.batch == end:
                return record
        ends = {row["Batch"] for row in receipt["Validations"]}
        judges = end in ends or not ends
        return _carried(call, end, rounds, "StopTraining" if judges else "AbortTraining")
    except WlnetError as error:
        _cannot(checks, error, number)
        return None


def _carried(call: Call, batch: int, rounds: int, word: str) -> TrainingRecord:
    """The record of a call that is stopped after a batch or some rounds, if it comes to that."""
    stops = (
        Listener(lambda state: "AbortTraining", Interval(rounds)),
        # A call that ended before its first batch has none to be stopped after.
        Listener(lambda state: word, Interval(batch, "Batches"))
        if batch > call.start.batch
        else Listener(lambda state: word, None, events=("RoundStarted",)),
    )
    with _silent():
        results = carried_out(
            replace(call, options=replace(call.options, listeners=stops)), ALL, ()
        )
    record: TrainingRecord = results.record
    if record.reason == "ManualStop" and record.message == "interrupted":
        raise KeyboardInterrupt
    return record


def _batches(receipt: Any) -> int:
    """How many batches there were."""
    told, rounds = receipt["UnfinishedRound"], receipt["Rounds"]
    found: int = told["LastBatch"] if told else rounds[-1]["LastBatch"] if rounds else 0
    return found


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
