"""Files that a command writes: none over another one unless --force says so, each whole or not at
all."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.paths import as_path
from wlnet.io.replacement import replace_file

STDOUT = "-"


def add_force(parser: argparse.ArgumentParser) -> None:
    """The flag that allows a file to be replaced."""
    parser.add_argument("--force", action="store_true", help="replace files that are there already")


def places(names: Sequence[str], force: bool) -> list[Path]:
    """The paths of files that are going to be written. Raises OptionError for all that cannot be:
    before anything is done, so that no work is lost."""
    faults: list[Fault] = []
    paths = []
    for name in names:
        path = as_path(name, "file", "out.wlnet")
        paths.append(path)
        if path.is_dir():
            faults.append(Fault("this is a folder", at=name, fix=str(path / "out.wlnet")))
        elif path.exists() and not force:
            what = "this file is there already"
            faults.append(Fault(what, at=name, fix="another name, or --force to replace it"))
        elif not path.parent.is_dir():
            faults.append(Fault("there is no such folder", at=str(path.parent), given=name))
    twice = {str(path) for path in paths if paths.count(path) > 1}
    faults += [Fault("two files of one name would be written", at=name) for name in sorted(twice)]
    if faults:
        raise fail(OptionError, faults)
    return paths


def write_text(path: Path, text: str) -> None:
    """Write a text to a file, whole. Raises OSError."""
    replace_file(path, text.encode())


@contextmanager
def uninterrupted() -> Iterator[list[int]]:
    """A block that an interrupt does not break off: what took hours is written to its end. Gives
    the interrupts that came meanwhile."""
    came: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        came.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)
