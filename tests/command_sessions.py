"""Sessions of a shell as pages show them: `$ wlnet ...`, and below what it prints."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from wlnet.cli.command import main

PROMPT = "$ "


class Ended(NamedTuple):
    """What a command printed, on both streams as they came, and its status."""

    told: str
    status: int


def is_session(text: str) -> bool:
    """Whether a block is a session, and not commands for the reader alone."""
    return text.startswith(PROMPT + "wlnet")


def run_session(text: str) -> None:
    """Run the commands of a session one after the other; AssertionError where one prints something
    else than the page shows. `...` stands for anything, `echo $?` is the status of the last one,
    and what stands behind `| head -n` is cut."""
    status = 0
    for command, expected in steps(text):
        if command == "echo $?":
            told = f"{status}\n"
        else:
            words, most = _cut(command)
            told, status = run_command(words)
            told = "".join(told.splitlines(keepends=True)[:most])
        if not doctest.OutputChecker().check_output(expected, told, doctest.ELLIPSIS):
            raise AssertionError(f"$ {command}\nthe page shows\n{expected}\nit prints\n{told}")


def run_command(words: list[str]) -> Ended:
    """Run wlnet with these arguments, in this process."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        try:
            status = main(words)
        except SystemExit as left:
            status = int(left.code or 0)
    return Ended(told.getvalue(), status)


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a session, with what is shown below it. A line that ends in \\ goes on."""
    joined = text.replace("\\\n", "")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command.strip(), expected


def _cut(command: str) -> tuple[list[str], int | None]:
    name, *words = shlex.split(command)
    assert name == "wlnet", command
    most = None
    if "|" in words:
        at = words.index("|")
        assert words[at + 1] == "head", command
        words, most = words[:at], int(words[at + 2].removeprefix("-"))
    return words, most
