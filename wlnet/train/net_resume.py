"""net_resume: a training that was broken off is taken to its end, from a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
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
from wlnet.train.checkpoint_options import Checkpoint
from wlnet.train.checkpoints import checkpoints_in
from wlnet.train.digests import Digests, differing
from wlnet.train.input_form import input_form
from wlnet.train.interrupts import breaks_off
from wlnet.train.net_train import answered_by, carried_out, usual_options
from wlnet.train.parallel.options import takes_part
from wlnet.train.reading import asks_functions
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
OTHER_DATA = {
    "working_precision",
    "loss_function",
    "class_weights",
    "example_weights",
    "validation_set",
    "random_seeding",
}
"""Options that decide what is read of the data."""


@breaks_off
@takes_part
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
    training, OptionError for what has to be given again, FormatError for a file that is no record,
    FileNotFoundError where there is none. Where an option changes that decides what is read of the
    data (working_precision, loss_function, the weights, validation_set, random_seeding), they
    cannot be compared, and that is told.

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
    path = _path(file)
    record, read_from = record_at(path)
    last = record.calls[-1]
    given, missing = _options(last, changes)
    others = {name for name in changes.keys() - NEUTRAL if _is_other(last, name, changes[name])}
    is_over = record.reason in OVER and not others
    if is_over and missing:
        # Nothing is left to do with what has to be given again, nor to compare the data with.
        return answered_by(record, prop)
    if missing:
        raise fail(OptionError, missing)
    _warn_of_machine(last)
    start = Start(record, last, not others)
    given |= {"net": NetTrainResults(record), "data": data, "prop": prop}
    call = read_call(Gathered(), given, usual_options(), start)
    _check_data(last, call.digests, others & OTHER_DATA)
    if is_over:
        return answered_by(record, prop)
    if asks_functions(data):
        _warn_of_functions()
    _warn_of_places(call.options.checkpoints, read_from, changes)
    if "learning_rate_multipliers" in changes:
        _tell_changes(last, call)
    words = input_form(net_resume, {"file": file, "data": data, "prop": prop, "changes": changes})
    return carried_out(call, prop, words if changes else record.input_form)


def _is_other(call: CallRecord, name: str, value: object) -> bool:
    """Whether an option is another one than the call had, as far as a file tells."""
    before = call.options.get(name)
    if unsaved_in(before):
        return False
    try:
        return type(before) is not type(value) or bool(before != value)
    except ValueError:
        # Arrays, which are compared element by element.
        return True


def _path(file: object) -> Path:
    """The path that was given. Raises OptionError for none."""
    if isinstance(file, str) and not file:
        what, fix = "a training is taken up from a file or a folder", 'net_resume("runs", data)'
        raise fail(OptionError, Fault(what, at="file", given=repr(file), fix=fix))
    return as_path(file, "file", "run.wlnet")


def record_at(path: Path) -> tuple[TrainingRecord, Path]:
    """The record in a file, or in the last of a folder that can be read, and that file."""
    if not path.is_dir():
        return read_record(path), path
    files = checkpoints_in(path)
    if not files:
        what = "there is no checkpoint in this folder"
        raise fail(FormatError, Fault(what, at=str(path), expected="files that net_train wrote"))
    for each in reversed(files):
        try:
            return read_record(each), each
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


def _options(call: CallRecord, changes: Mapping[str, object]) -> tuple[dict[str, Any], list[Fault]]:
    """The options of the call, with those that change; a fault for each that no file holds and
    that is not given again. Raises OptionError for what is unknown."""
    usual = usual_options()
    unknown = [
        unknown_option("net_resume", name, value, list(usual))
        for name, value in changes.items()
        if name not in usual
    ]
    if unknown:
        raise fail(OptionError, unknown)
    given = {**usual, **call.options, **changes}
    # Drawn anew, it would be another training.
    if "random_seeding" not in changes:
        given["random_seeding"] = call.seed
    missing = [
        Fault(
            f"{name}: no file holds what was given, give it again",
            at="net_resume",
            given=unsaved[0].name,
            fix=f"net_resume(file, data, {name}=...)",
        )
        for name, value in given.items()
        if (unsaved := unsaved_in(value))
    ]
    return given, missing


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


def _warn_of_functions() -> None:
    """Warn that a function begins anew, whatever it keeps between two calls."""
    what = (
        "the data come from a function: what it keeps by itself between two calls is not in a file"
    )
    fix = 'random numbers that follow from the state: default_rng([seed, state["AbsoluteBatch"]])'
    warn(TrainingWarning, Fault(what, at="data", fix=fix))


def _warn_of_places(
    checkpoints: Sequence[Checkpoint], file: Path, changes: Mapping[str, object]
) -> None:
    """Warn where checkpoints go on to be written elsewhere than where this one lies."""
    if not checkpoints or "training_progress_checkpointing" in changes:
        return
    here = Path(os.path.abspath(file))
    if not any(here in (each.path, each.path / here.name) for each in checkpoints):
        what = "checkpoints go on to where they went before, not to where this one lies"
        fix = "training_progress_checkpointing=..."
        given = ", ".join(str(each.path) for each in checkpoints)
        warn(TrainingWarning, Fault(what, at=str(here), given=given, fix=fix))


def _check_data(call: CallRecord, now: Digests, others: Collection[str]) -> None:
    """Raise DataError for other data than those of the training.

    others: options that change and decide what is read of the data: what is read cannot be
    compared then, which is warned of.
    """
    if others:
        what = f"{', '.join(sorted(others))} decide what is read of the data, and change"
        told = "whether the data are those of the training was not looked at"
        warn(TrainingWarning, Fault(what, at="data", expected=told))
        return
    faults = []
    for name, before, after in (
        ("data", call.data, now.data),
        ("validation_set", call.validation, now.validation),
    ):
        if before and (different := differing(before, after)):
            columns = ", ".join(map(brief, different))
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
    table = call.rules.phase(number)[1].table
    now, learning = table.values_by_key(), table.trained_keys()
    moved = [key for key in now if now[key] != before.get(key)]
    if not moved:
        return
    known = call.start.moment.states if call.start.moment else {}
    words = [
        f"{key_text(key)}: {before.get(key)} -> {now[key]}"
        + (" (its state is kept)" if key in known else " (from zero)" if key in learning else "")
        for key in moved
    ]
    told = "; ".join(words[:12]) + ("; ..." if len(words) > 12 else "")
    what = f"the training goes on under other rates for {len(moved)} arrays"
    warn(TrainingWarning, Fault(what, given=told))
