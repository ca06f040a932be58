"""The option training_progress_checkpointing: where checkpoints go, how often, which of them stay.

Wolfram Language: NetTrain (TrainingProgressCheckpointing).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief
from wlnet.core.paths import as_path
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.io.files import SUFFIX
from wlnet.train.intervals import EVERY_ROUND, Every, as_interval
from wlnet.train.listeners import unknown_keys

FORM = (
    '("File", "run.wlnet") or ("Directory", "runs", {"Interval": 5, "Keep": 3}), or a list of these'
)
BEST = "Best"


@dataclass(frozen=True)
class Checkpoint:
    """Where checkpoints go, and how often: one file that is replaced, or one more in a folder each
    time. keep: how many files stay, None for all of them; best: those that validate best, else the
    last ones."""

    path: Path
    is_folder: bool
    interval: Every = EVERY_ROUND
    keep: int | None = None
    best: bool = False


def read_checkpointing(given: object, at: str) -> tuple[tuple[Checkpoint, ...], list[Fault]]:
    """None, ("File", path), ("Directory", folder), each with options, or a list of these."""
    if given is None:
        return (), []
    found: list[Checkpoint] = []
    faults: list[Fault] = []
    for item in given if isinstance(given, list) else [given]:
        spec, wrong = _checkpoint(item, at)
        faults += wrong
        if spec is not None:
            found.append(spec)
    return tuple(found), faults


def _checkpoint(given: object, at: str) -> tuple[Checkpoint | None, list[Fault]]:
    words = _words(given)
    if not 2 <= len(words) <= 3 or not (len(words) == 2 or isinstance(words[2], Mapping)):
        return None, [Fault("this is no checkpointing", at, brief(given), FORM)]
    kind, name = words[:2]
    options: Mapping[Any, object] = words[2] if len(words) == 3 else {}
    if kind not in ("File", "Directory"):
        near = suggestion(kind, ("File", "Directory")) if isinstance(kind, str) else None
        return None, [
            Fault("a checkpoint goes to a File or a Directory", at, brief(kind), FORM, fix=near)
        ]
    is_folder = kind == "Directory"
    faults = unknown_keys(options, ("Interval", "Keep") if is_folder else ("Interval",), at)
    try:
        path = _absolute(as_path(name, at, "runs" if is_folder else "run.wlnet"))
        faults += _faults_of(path, is_folder, at)
    except OptionError as error:
        return None, [*faults, *error.faults]
    except OSError as error:
        what = "nothing can be written there"
        return None, [*faults, Fault(what, at, brief(name), expected=error.strerror)]
    interval, wrong = as_interval(options.get("Interval", 1), f"{at}, Interval")
    keep, best, more = _keep(options.get("Keep"), at)
    faults += [*wrong, *more]
    return Checkpoint(path, is_folder, interval, keep, best), faults


def _words(given: object) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple) else ()


def _absolute(path: Path) -> Path:
    """The same place, wherever somebody goes meanwhile."""
    return Path(os.path.abspath(path.expanduser()))


def absolute(given: object) -> object:
    """The option with its places as they are from anywhere, for whoever goes on from elsewhere."""
    # A list in a list is none, and may hold itself.
    return [*map(_absolute_one, given)] if isinstance(given, list) else _absolute_one(given)


def _absolute_one(given: object) -> object:
    match _words(given):
        case (str(kind), str() | os.PathLike() as name, *rest):
            return (kind, str(_absolute(Path(name))), *rest)
    return given


def _faults_of(path: Path, is_folder: bool, at: str) -> list[Fault]:
    """What is wrong with a place that shall be written to."""
    if not is_folder and path.suffix != SUFFIX:
        fix = repr(str(path.with_suffix(SUFFIX))) if path.name else None
        return [
            Fault(f"a checkpoint is a file that ends in {SUFFIX}", at, repr(str(path)), fix=fix)
        ]
    if is_folder and path.exists() and not path.is_dir():
        return [Fault("this is no folder", at, repr(str(path)))]
    if not is_folder and path.is_dir():
        return [Fault("this is a folder", at, repr(str(path)), fix=f'("Directory", {str(path)!r})')]
    above = path if is_folder else path.parent
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir() or not os.access(above, os.W_OK):
        why = "may not be written to" if above.is_dir() else "is no folder"
        told = f"{str(above)!r} {why}"
        return [Fault("nothing can be written there", at, repr(str(path)), expected=told)]
    return []


def _keep(given: object, at: str) -> tuple[int | None, bool, list[Fault]]:
    """How many files stay, and whether the best: None, n, "Best", ("Best", n), ("Last", n)."""
    if given is None:
        return None, False, []
    kind, count = given if isinstance(given, tuple) and len(given) == 2 else (given, 1)
    if not isinstance(kind, str):
        kind, count = "Last", kind if count == 1 else None
    number = as_whole(count)
    if kind not in ("Last", BEST) or number is None or number < 1:
        form = 'n for the last n, "Best", or ("Best", n)'
        return None, False, [Fault("how many checkpoints stay", f"{at}, Keep", brief(given), form)]
    return number, kind == BEST, []
