"""A call of something public with one or two wrong values, and what came of it."""

from __future__ import annotations

import contextlib
import io
import re
import signal
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl
from tests.good_calls import Call, folder, slots
from tests.hostile_values import Hostile, hostile_value, spoilt
from wlnet.core import machine

LONGEST = 5000
"""Letters of a message."""
SECONDS = 20
"""What a call of a few numbers never takes."""
FILES = (
    "save",
    "load",
    "net_resume",
    "data.mnist",
    "encoder Image",
    "net pictures",
    "net_train",
    "learning_rate_range",
)
"""What reads or writes files: the disk may refuse."""


class TooLate(BaseException):
    """A call that does not come back."""


def changes(rng: np.random.Generator, number: int) -> tuple[Call, dict[str | int, Any]]:
    """A call, and what is given in it in place of what is right."""
    every = slots()
    call, slot = every[number % len(every)]
    chosen = [slot]
    others = call.slots()
    if rng.random() < 0.3:
        chosen.append(others[rng.integers(len(others))])
    changed: dict[str | int, Any] = {}
    for each in chosen:
        good = call.given.get(each) if isinstance(each, str) else None
        if isinstance(each, int) and each < len(call.star):
            good = call.star[each]
        changed[each] = spoilt(good, rng) if rng.random() < 0.4 else hostile_value(rng)
    # As many rounds as are asked for: a training that shall not end ends here after one.
    if "max_training_rounds" in changed and call.name == "net_train":
        changed["training_progress_function"] = _stop
    return call, changed


def _stop(state: Any) -> str:
    return "StopTraining"


def print_of(value: Any, depth: int = 0) -> Any:
    """What may not change in a value: what is in it, where it is one that can change."""
    if issubclass(type(value), np.ndarray) and value.size < 10**6:
        kind = value.dtype, value.shape, value.strides, value.flags.writeable
        if value.dtype.kind == "O":
            return kind
        return *kind, np.ndarray.tobytes(value)
    if depth > 6:
        return None
    if type(value) is dict and len(value) < 100:
        return tuple((id(key), print_of(part, depth + 1)) for key, part in value.items())
    if type(value) in (list, tuple) and len(value) < 100:
        return len(value), *(print_of(part, depth + 1) for part in value)
    if type(value) is set:
        return frozenset(map(id, value))
    return None


def outcomes(call: Call, changed: dict[str | int, Any]) -> Iterator[str]:
    """What came of a call; what begins with RAW may not."""
    before = print_of([changed, call.given, call.star])
    with (
        warnings.catch_warnings(record=True) as heard,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.chdir(folder()),
    ):
        warnings.simplefilter("always")
        try:
            answer = call.made(changed)
            text = repr(answer) if type(answer).__module__.startswith("wlnet") else ""
            outcome = "accepted" if isinstance(text, str) else "RAW no text"
        except wl.WlnetError as error:
            outcome = "refused"
            if len(str(error)) > LONGEST:
                where = traceback.extract_tb(error.__traceback__)[-2]
                outcome = f"RAW message of {len(str(error))} letters at {_place(where)}"
            if not error.faults:
                outcome = "RAW an error without faults"
        except Hostile:
            outcome = "the user's own"
        except OSError as error:
            outcome = "the disk's own" if call.name in FILES else _raw(error)
        except (TooLate, Exception) as error:
            outcome = "the user's own" if _is_of_a_function(error) else _raw(error)
    yield outcome
    for warning in heard:
        if not issubclass(warning.category, (wl.RuleWarning, wl.TrainingWarning)):
            place = f"{Path(warning.filename).name}:{warning.lineno}"
            yield f"RAW {warning.category.__name__} at {place}: {str(warning.message)[:100]}"
        elif len(str(warning.message)) > LONGEST:
            yield f"RAW warning of {len(str(warning.message))} letters"
    if print_of([changed, call.given, call.star]) != before:
        yield "RAW an input was changed"


def _is_of_a_function(error: BaseException) -> bool:
    """Whether a function that was given raised it, which may do as it likes."""
    inner = traceback.extract_tb(error.__traceback__)[-1].filename
    return inner.endswith("core/answers.py") or "hostile_values" in inner


def _place(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _raw(error: BaseException) -> str:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/wlnet/" in frame.filename or "<string>" in frame.filename
    ]
    where = " < ".join(_place(frame) for frame in frames[:-4:-1])
    try:
        text = str(error)[:100]
    except Exception:
        text = "(no text)"
    return f"RAW {type(error).__name__} at {where}: {text}".encode("ascii", "replace").decode()


def _late(number: int, frame: Any) -> None:
    raise TooLate


def described(call: Call, changed: dict[str | int, Any]) -> str:
    """The call and what was changed, short."""
    words = []
    for slot, value in changed.items():
        try:
            text = re.sub(r"\s+", " ", repr(value))[:100]
        except BaseException:
            text = f"a {type(value).__name__}"
        words.append(f"{slot}={text}")
    return f"{call.name}({', '.join(words)})".encode("ascii", "replace").decode()


def wrong_call(number: int) -> Iterator[str]:
    """The outcomes of the wrong call of this number."""
    # Whatever memory there is: what takes more than this is refused.
    machine.available_memory = lambda: 2**30  # type: ignore[assignment]
    rng = np.random.default_rng(number)
    call, changed = changes(rng, number)
    before = signal.signal(signal.SIGALRM, _late)
    signal.alarm(SECONDS)
    try:
        for outcome in outcomes(call, changed):
            bad = outcome.startswith("RAW")
            yield f"{outcome} || {described(call, changed)}" if bad else outcome
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
