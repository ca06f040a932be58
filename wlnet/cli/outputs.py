"""Files that a command writes: none over another one unless --force says so, none over what it
reads, each whole or not at all."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.paths import as_path
from wlnet.io.replacement import replace_file

STDOUT = STDIN = "-"
STDIN_FILE = "/dev/stdin"
"""What leads to the file that a shell gives on standard input, where a system has it."""
READ = (
    "net",
    "file",
    "table",
    "data",
    "source",
    "into",
    "like",
    "validation_set",
    "learning_rate_multipliers",
    "rule",
)
"""Arguments of commands that name what is read."""


def add_force(parser: argparse.ArgumentParser) -> None:
    """The flag that allows a file to be replaced."""
    parser.add_argument("--force", action="store_true", help="replace files that are there already")


@dataclass(frozen=True)
class Output:
    """A place that a command is going to write to.

    at: the option whose way it is to make folders that are not there; None where they have to be.
    is_added_to: nothing that is there is lost. goes_on: what the command reads that this may be.
    """

    name: str
    at: str | None = None
    is_added_to: bool = False
    goes_on: str | None = None

    @property
    def path(self) -> Path:
        """Where it is."""
        path = as_path(self.name, self.at or "file", "out.wlnet")
        return path if self.at is None else Path(os.path.expanduser(path))

    def fault(self, what: str, fix: str) -> Fault:
        """A fault of this place."""
        given = None if self.at is None else self.name
        return Fault(what, at=self.at or self.name, given=given, fix=fix)


def places(names: Sequence[str], asked: argparse.Namespace) -> list[Path]:
    """The paths of files that a command is going to write. Raises OptionError, see `check`."""
    outputs = [Output(name) for name in names]
    check(outputs, asked)
    return [output.path for output in outputs]


def check(outputs: Sequence[Output], asked: argparse.Namespace) -> None:
    """Raise OptionError for all that cannot be written, before anything is done, so that no work is
    lost: what is there, unless --force was given; what the command reads, or writes for another
    purpose, in any case. Files are compared by what they are, not by their names."""
    read = list(_read_by(asked))
    faults: list[Fault] = []
    for number, output in enumerate(outputs):
        if any(_is_lost(output, each) for each in read):
            what = "the command reads this, and would write over it"
            faults.append(output.fault(what, "another name"))
        elif any(_clash(output.path, other.path) for other in outputs[:number]):
            what = "two files of one name would be written"
            faults.append(output.fault(what, "another name"))
        else:
            faults += _faults_of(output, asked.force)
    if faults:
        raise fail(OptionError, faults)


def _faults_of(output: Output, force: bool) -> Iterator[Fault]:
    path = output.path
    is_own = output.goes_on is not None and _is_one(path, Path(output.goes_on))
    if path.is_dir():
        if output.at is None:
            yield output.fault("this is a folder", str(path / "out.wlnet"))
    elif path.exists():
        if not (force or output.is_added_to or is_own):
            fix = "another name, or --force to replace it"
            yield output.fault("this file is there already", fix)
    elif output.at is None and not path.parent.is_dir():
        yield Fault("there is no such folder", at=str(path.parent), given=output.name)


def _read_by(asked: argparse.Namespace) -> Iterator[Path]:
    """The files and folders that a command reads."""
    for argument in READ:
        given = getattr(asked, argument, None) or ()
        for word in [given] if isinstance(given, str) else given:
            # Of PORT=FILE the file, where the whole is none.
            names = (STDIN_FILE if word == STDIN else word, word.partition("=")[2])
            yield from (Path(name) for name in names if name and os.path.exists(name))


def _is_lost(output: Output, read: Path) -> bool:
    """Whether what a command reads would be written over: a file, or one in a folder."""
    if output.goes_on is not None and _is_one(read, Path(output.goes_on)):
        return False
    path = output.path
    is_inside = path.is_file() and read.is_dir() and _real(read) in _real(path).parents
    return is_inside or _is_one(path, read)


def _clash(path: Path, other: Path) -> bool:
    """Whether not both can be written: they are one, or a folder that is to be made would have the
    name of a file."""
    if _is_one(path, other):
        return True
    a, b = _real(path), _real(other)
    return (a in b.parents and not a.is_dir()) or (b in a.parents and not b.is_dir())


def _is_one(path: Path, other: Path) -> bool:
    """Whether two names are those of one file, be it through links, or will be."""
    try:
        return path.samefile(other)
    except OSError:
        return _real(path) == _real(other)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


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
