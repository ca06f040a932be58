"""net_resume: a training that was broken off is taken to its end, from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wlnet.core.errors import (
    DataError,
    Fault,
    FormatError,
    OptionError,
    TrainingWarning,
    brief,
    fail,
    warn,
)
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords, unknown_option
from wlnet.core.parts import key_text
from wlnet.core.paths import as_path
from wlnet.core.symbols import ALL
from wlnet.kernels.jit.target import vector_width
from wlnet.results.moment import CallRecord
from wlnet.results.results import NetTrainResults, TrainingRecord
from wlnet.train.calls import Call, read_call
from wlnet.train.checkpoints import checkpoints_in
from wlnet.train.digests import Digests, differing
from wlnet.train.input_form import input_form
from wlnet.train.interrupts import breaks_off
from wlnet.train.net_train import answered_by, carried_out, usual_options
from wlnet.train.saving.files import read_record
from wlnet.train.saving.unsaved import unsaved_in
from wlnet.train.start import Start
from wlnet.version import VERSION

OVER = ("MaxTrainingRounds", "StoppingCriterion", "TimeGoal")
"""Reasons to stop after which there is nothing to go on with."""


NEUTRAL = {
    "training_progress_function",
    "training_progress_reporting",
    "training_progress_checkpointing",
    "workers",
    "frozen_prefix_bytes",
}
"""Options that change no number."""


@breaks_off
@checked_keywords
def net_resume(file: Any, data: Any, prop: Any = ALL, **changes: Any) -> Any:
    """Take a training to its end that was broken off, from one of its checkpoints.

    file: a checkpoint, or a folder of these, of which the last is taken; also the file of a record
    that was saved. data: those of the training. prop: as in net_train; ALL, the record, by default.
    changes: options of net_train that shall be other ones from here on. Functions are not in a
    file: those that the training was given have to be given again, and data to validate on too.

    The record, and every bit of the net, is the one that the training would have had without the
    break; times and names of files aside. A training that had come to its end gives its record. An
    array whose rate changes keeps what the method knows of it; one that learns for the first time
    begins with zeros; both are told (TrainingWarning). So are another width of vectors, which adds
    up in another order, and another version. Raises DataError for other data than those of the
    training, OptionError for what has to be given again, FormatError for a file that is no record.

    >>> import tempfile
    >>> from wlnet.nets.chain import NetChain
    >>> from wlnet.train.net_train import net_train
    >>> net, data = NetChain([1]), ([[1.0], [2.0]], [[2.0], [4.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = ("Directory", folder, {"Interval": 1})
    ...     done = net_train(net, data, ALL, max_training_rounds=3,
    ...                      training_progress_checkpointing=kept)
    ...     again = net_resume(done["CheckpointingFiles"][0], data)
    >>> again["RoundLossList"] == done["RoundLossList"]
    True

    Wolfram Language: NetTrain (TrainingProgressCheckpointing).
    """
    record = _record_in(as_path(file, "file", "run.wlnet"))
    last = record.calls[-1]
    given = _options(last, changes)
    if record.reason in OVER and not changes:
        return answered_by(record, prop)
    _warn_of_machine(last)
    others = changes.keys() - NEUTRAL
    is_same = all(unsaved_in(last.options[name]) for name in others)
    start = Start(record, last, is_same)
    given |= {"net": NetTrainResults(record), "data": data, "prop": prop}
    call = read_call(Gathered(), given, usual_options(), start)
    _check_data(last, call.digests)
    if "learning_rate_multipliers" in changes:
        _tell_changes(last, call)
    words = input_form(net_resume, {"file": file, "data": data, "prop": prop, "changes": changes})
    return carried_out(call, prop, words if changes else record.input_form)


def _record_in(path: Path) -> TrainingRecord:
    """The record in a file, or in the last of a folder that can be read."""
    if not path.is_dir():
        return read_record(path)
    files = checkpoints_in(path)
    if not files:
        what = "there is no checkpoint in this folder"
        raise fail(FormatError, Fault(what, at=str(path), expected="files that net_train wrote"))
    for each in reversed(files):
        try:
            return read_record(each)
        except FormatError as error:
            if each == files[0]:
                raise
            fault = Fault(
                "a checkpoint cannot be read, the one before it is taken",
                at=str(each),
                given=error.faults[0].what if error.faults else None,
            )
            warn(TrainingWarning, fault)
    raise AssertionError


def _options(call: CallRecord, changes: Mapping[str, object]) -> dict[str, Any]:
    """The options of the call, with those that change. Raises OptionError for what is unknown, and
    for what no file holds and is not given again."""
    usual = usual_options()
    faults = [
        unknown_option("net_resume", name, value, list(usual))
        for name, value in changes.items()
        if name not in usual
    ]
    given = {**usual, **call.options, **changes}
    # Drawn anew, it would be another training.
    if "random_seeding" not in changes:
        given["random_seeding"] = call.seed
    for name, value in given.items():
        unsaved = unsaved_in(value)
        if unsaved:
            faults.append(
                Fault(
                    f"{name}: no file holds what was given, give it again",
                    at="net_resume",
                    given=unsaved[0].name,
                    fix=f"net_resume(file, data, {name}=...)",
                )
            )
    if faults:
        raise fail(OptionError, faults)
    return given


def _warn_of_machine(call: CallRecord) -> None:
    """Warn where the bits may be other ones than without the break."""
    if call.vector_bytes != vector_width():
        what = "the training began with vectors of another width: sums are rounded in another order"
        given, now = f"{call.vector_bytes} bytes", f"{vector_width()} bytes"
        fix = f"WLNET_VECTOR_BYTES={min(call.vector_bytes, vector_width())}"
        warn(TrainingWarning, Fault(what, given=given, expected=now, fix=fix))
    if call.version != VERSION:
        what = "the training began with another version of wlnet: its numbers may differ"
        warn(TrainingWarning, Fault(what, given=call.version, expected=VERSION))


def _check_data(call: CallRecord, now: Digests) -> None:
    """Raise DataError for other data than those of the training."""
    faults = []
    for name, before, after in (
        ("data", call.data, now.data),
        ("validation_set", call.validation, now.validation),
    ):
        if before and (others := differing(before, after)):
            columns = ", ".join(map(brief, others))
            faults.append(
                Fault(
                    f"other {name} than those of the training",
                    at=f"{name}, column {columns}",
                    fix="net_train(load(file), data, ...) goes on with other data",
                )
            )
    if faults:
        raise fail(DataError, faults)


def _tell_changes(last: CallRecord, call: Call) -> None:
    """Warn of every array whose rate is another one from here on."""
    assert call.rules is not None
    before = last.phases[-1].table.values_by_key()
    number = call.start.round - call.start.first_round + 1
    now = call.rules.phase(number)[1].table.values_by_key()
    moved = [key for key in now if now[key] != before.get(key)]
    if not moved:
        return
    known = call.start.moment.states if call.start.moment else {}
    words = [
        f"{key_text(key)}: {before.get(key)} -> {now[key]}"
        + ("" if not now[key] else " (its state is kept)" if key in known else " (from zero)")
        for key in moved
    ]
    told = "; ".join(words[:12]) + ("; ..." if len(words) > 12 else "")
    what = f"the training goes on under other rates for {len(moved)} arrays"
    warn(TrainingWarning, Fault(what, given=told))
