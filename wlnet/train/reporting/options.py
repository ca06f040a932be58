"""The option training_progress_reporting: who shows how far a training is, and how often.

Wolfram Language: NetTrain (TrainingProgressReporting).
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wlnet.core.answers import takes_one_argument
from wlnet.core.errors import Fault, OptionError, brief
from wlnet.core.extras import install, is_installed
from wlnet.core.paths import as_path
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.intervals import EVERY_ROUND, Every
from wlnet.train.listeners import as_times
from wlnet.train.reporting.places import is_terminal, notebook

WAYS = ("Panel", "Print", "ProgressIndicator")
FUNCTION = "Function"
FORM = (
    'AUTOMATIC, None, "Panel", "Print", "ProgressIndicator", ("File", "run.log"), a path, an open '
    'text file, a function of the state; any of these with {"Interval": ...}; or a list'
)


@dataclass(frozen=True)
class Report:
    """One way to show how far a training is. way: one of WAYS, "Automatic", "File", "Stream" or
    "Function"; target: the path, the open file or the function. interval: None for what suits the
    way."""

    way: str
    target: Any = None
    interval: Every | None = None
    least: float = 0.0
    """Seconds that pass at least between two times at intervals."""
    events: tuple[str, ...] = ()


def read_reporting(given: object, at: str) -> tuple[tuple[Report, ...], list[Fault]]:
    """None, a way, a way with {"Interval": ..., "MinimumInterval": ..., "Event": ...}, or a list of
    these; and what is wrong with any."""
    if given is None:
        return (), []
    found: list[Report] = []
    faults: list[Fault] = []
    items = given if isinstance(given, list) else [given]
    for number, item in enumerate(items, 1):
        place = f"{at}, number {number}" if isinstance(given, list) else at
        report, wrong = _report(item, place)
        faults += wrong
        if report is not None and not wrong:
            found.append(report)
    return tuple(found), faults


def _report(given: object, at: str) -> tuple[Report | None, list[Fault]]:
    options: object = None
    if isinstance(given, tuple):
        match given:
            case ("File", name):
                given = _File(name)
            case ("File", name, options):
                given = _File(name)
            case (tuple(("File", name)), options):
                given = _File(name)
            case (tuple(("File", name, _)), options):
                return None, [_no(given, at)]
            case (way, options) if not isinstance(way, (tuple, list)) and way is not None:
                given = way
            case _:
                return None, [_no(given, at)]
    way, target, faults = _way(given, at)
    times, wrong = as_times({} if options is None else options, at, "when it is shown")
    if way == FUNCTION and not times.events:
        times = times._replace(interval=times.interval or EVERY_ROUND)
    return Report(way, target, *times), faults + wrong


@dataclass(frozen=True)
class _File:
    """A file by its name."""

    name: Any


def _way(given: object, at: str) -> tuple[str, Any, list[Fault]]:
    """The way that was meant, what it goes to, and what is wrong with it."""
    if given is AUTOMATIC:
        return "Automatic", None, []
    if isinstance(given, str):
        return given, None, [] if given in WAYS else [_unknown(given, at)]
    if isinstance(given, (_File, os.PathLike)):
        name = given.name if isinstance(given, _File) else given
        path, faults = _path(name, at)
        return "File", path, faults
    if callable(given):
        what = "what reports is a function of one argument, the state"
        fits = takes_one_argument(given) is not False
        fix = 'lambda state: print(state["RoundLoss"])'
        return FUNCTION, given, [] if fits else [Fault(what, at, brief(given), fix=fix)]
    if callable(getattr(given, "write", None)):
        return "Stream", given, _faults_of_stream(given, at)
    return "", None, [_no(given, at)]


def _no(given: object, at: str) -> Fault:
    return Fault(f"{at} cannot be this", given=brief(given), expected=FORM)


def _unknown(word: str, at: str) -> Fault:
    """The fault of a word that is none of WAYS: misspelt, or the name of a file."""
    fix = suggestion(word, (*WAYS, "File"))
    if word == "File":
        fix = '("File", "run.log")'
    elif fix is None and ("." in word or os.sep in word):
        fix = f'("File", {word!r})'
    known = [AUTOMATIC, None, *WAYS, '("File", path)']
    return Fault(f"{at} cannot be this", given=brief(word), known=known, fix=fix)


def _path(name: object, at: str) -> tuple[Path | None, list[Fault]]:
    """The file that lines go to, the same wherever somebody goes meanwhile."""
    try:
        path = Path(os.path.abspath(as_path(name, at, "run.log").expanduser()))
        if path.is_dir():
            fix = f'("File", {str(path / "run.log")!r})'
            return None, [Fault("this is a folder", at, repr(str(path)), fix=fix)]
        above = path if path.exists() else path.parent
        if not above.exists() or not os.access(above, os.W_OK):
            why = "may not be written to" if above.exists() else "is not there"
            told = f"{str(above)!r} {why}"
            return None, [Fault("nothing can be written there", at, repr(str(path)), told)]
    except OptionError as error:
        return None, list(error.faults)
    except (OSError, RuntimeError) as error:  # RuntimeError: a home that nobody knows
        told = getattr(error, "strerror", None) or str(error)
        return None, [Fault("nothing can be written there", at, brief(name), told)]
    return path, []


def _faults_of_stream(stream: Any, at: str) -> list[Fault]:
    """What is wrong with an open file."""
    why = None
    if isinstance(stream, (io.RawIOBase, io.BufferedIOBase)) or "b" in str(
        getattr(stream, "mode", "")
    ):
        why = "it is open for bytes"
    else:
        try:
            if getattr(stream, "closed", False):
                why = "it is closed"
            elif not getattr(stream, "writable", lambda: True)():
                why = "it is open for reading"
        except (ValueError, OSError) as error:
            why = str(error)
    fix = 'open("run.log", "a"), or ("File", "run.log")'
    what = "lines are written to a text file that is open for writing"
    return [Fault(what, at, brief(stream), why, fix=fix)] if why else []


def missing_extra(reports: tuple[Report, ...], at: str) -> list[Fault]:
    """The fault of a panel in a terminal without what draws it there."""
    is_asked = any(each.way == "Panel" for each in reports)
    if not is_asked or notebook() or not is_terminal(sys.stderr):
        return []
    if is_installed("rich"):
        return []
    fix = f"{install('rich')}; AUTOMATIC needs nothing"
    return [Fault("a panel in a terminal is drawn by rich, which is not here", at, fix=fix)]


def absolute(given: object) -> object:
    """The option with its files as they are from anywhere, for whoever goes on from elsewhere."""
    if isinstance(given, list):
        # A list in a list is refused elsewhere, and may hold itself.
        return [each if isinstance(each, list) else absolute(each) for each in given]
    if not isinstance(given, (tuple, os.PathLike)):
        return given
    match given:
        case ("File", str() | os.PathLike() as name, *rest):
            return ("File", _absolute(name), *rest)
        case (tuple(("File", str() | os.PathLike())) | os.PathLike() as way, options):
            return (absolute(way), options)
        case os.PathLike():
            return Path(_absolute(given))
    return given


def _absolute(name: str | os.PathLike[str]) -> str:
    try:
        return os.path.abspath(Path(name).expanduser())
    except (RuntimeError, ValueError, TypeError):  # what is wrong with it is told elsewhere
        return str(name)
