"""The command: its arguments, who does what it asks for, and how it ends.

>>> arguments("info").parse_args(["info", "lenet.wlnet"]).file
'lenet.wlnet'
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TextIO

from wlnet.cli.answer import FAILED, INTERRUPTED, UNHEARD, Answer
from wlnet.cli.plain import json_text
from wlnet.core.errors import Fault, RuleWarning, TrainingWarning, WlnetError
from wlnet.core.spelling import suggestion
from wlnet.core.terminal import columns, writable
from wlnet.version import VERSION

COMMANDS = MappingProxyType(
    {
        "new": "make a net for a table",
        "info": "what a net or a training is",
        "rules": "who decides the rate of each array, before anything is trained",
        "train": "train a net on data, by rules; writes the net and a receipt",
        "resume": "take a training to its end that was broken off",
        "verify": "check the receipt of a training",
        "predict": "evaluate a net on data; writes its answers",
        "measure": "how good a net is on data",
        "diff": "which arrays of two nets differ, and how far",
        "convert": "files of ONNX, PyTorch, Keras, NumPy and Wolfram to nets, and back",
        "diagram": "draw a net",
        "demo": "watch a net learn by rules",
        "completion": "print a script that completes commands in a shell",
        "precompile": "compile all kernels now, so that no training has to wait for it",
    }
)
"""Every command, a file in commands/, and what it is for."""

EPILOG = "wlnet COMMAND --help tells what a command takes."


class _Help(argparse.RawDescriptionHelpFormatter):
    """As wide as tables are."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=columns())


def arguments(only: str | None = None) -> argparse.ArgumentParser:
    """What the command line takes. only: the command whose arguments are wanted; None: all."""
    told = argparse.ArgumentParser(add_help=False)
    told.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print JSON, and nothing else, on standard output",
    )
    parser = argparse.ArgumentParser(
        prog="wlnet",
        description="Neural nets as values, and rules that say how fast each part of them learns.",
        epilog=EPILOG,
        parents=[told],
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"wlnet {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        one = commands.add_parser(name, help=purpose, parents=[told], formatter_class=_Help)
        if only in (None, name):
            module = importlib.import_module(f"wlnet.cli.commands.{name}")
            one.description = module.__doc__
            module.arguments(one)
            one.set_defaults(run=module.run, usage=one.error)
    return parser


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status, one of wlnet.cli.answer.STATUSES.

    A command line that cannot be parsed leaves with status 2, as argparse has it.
    """
    words = [_protected(word) for word in (sys.argv[1:] if given is None else given)]
    asked = _parsed(words)
    try:
        with _told_warnings():
            answer: Answer = asked.run(asked)
        _show(answer, getattr(asked, "json", False))
    except BrokenPipeError:
        _leave_quietly()
        return UNHEARD
    except (WlnetError, OSError, MemoryError) as error:
        print(_words(error), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED
    return answer.status


def _parsed(words: list[str]) -> argparse.Namespace:
    name = next((word for word in words if not word.startswith("-")), None)
    parser = arguments(name or "")
    if name is not None and name not in COMMANDS:
        near = suggestion(name, COMMANDS)
        known = ", ".join(COMMANDS)
        parser.error(f"there is no command {name!r}: {near or f'there are {known}'}")
    asked, unknown = parser.parse_known_args(words)
    if unknown:
        flags = [flag for flag in flags_of(parser, str(name)) if flag.startswith("--")]
        near = suggestion(unknown[0].partition("=")[0], flags)
        asked.usage(f"unknown: {' '.join(unknown)}{f'; {near}' if near else ''}")
    return asked


def flags_of(parser: argparse.ArgumentParser, command: str) -> Iterator[str]:
    """The spellings of the flags of a command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and command in action.choices:
            yield from action.choices[command]._option_string_actions


def _protected(word: str) -> str:
    """A word as argparse takes it: a rule for -1, such as -1/Weights=0, is no option. Rules are
    read without blanks around them."""
    return f" {word}" if re.match(r"-\d[^=]*=", word) else word


@contextmanager
def _told_warnings() -> Iterator[None]:
    """Warnings of wlnet are told on standard error, without the place in the code."""

    def tell(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        print(f"warning: {message}", file=file or sys.stderr)

    with warnings.catch_warnings():
        for kind in (RuleWarning, TrainingWarning):
            warnings.simplefilter("always", kind)
        warnings.showwarning = tell
        yield


def _show(answer: Answer, as_json: bool) -> None:
    if answer.note:
        print(answer.note, file=sys.stderr)
    if as_json:
        print(json_text(answer.value))
    elif answer.content:
        _print_bytes(answer.content)
    elif answer.text:
        print(writable(answer.text))
    # Here, where it can be heard of: Python would write the rest at its end.
    sys.stdout.flush()


def _print_bytes(content: bytes) -> None:
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # a stream of text that somebody put there
        sys.stdout.write(content.decode("utf-8", "backslashreplace"))
    else:
        stream.write(content)


def _words(error: BaseException) -> str:
    """An error as wlnet words it."""
    if isinstance(error, WlnetError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        name = None if error.filename is None else str(error.filename)
        return str(Fault(error.strerror[0].lower() + error.strerror[1:], at=name))
    if isinstance(error, MemoryError):
        return str(Fault("there is not enough memory", given=str(error) or None))
    return str(error)


def _leave_quietly() -> None:
    """Standard output has no reader: nothing more is written to it, not even at the end."""
    try:
        descriptor: Any = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), descriptor)
