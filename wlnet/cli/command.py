"""The command: its arguments, and what it prints.

>>> arguments().parse_args(["info", "lenet.wlnet"]).file
'lenet.wlnet'
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from wlnet.core.errors import WlnetError
from wlnet.kernels.language import ITEM
from wlnet.version import VERSION

BOTH = "both"
NO_FOLDER = """there is no folder to keep machine code in: it has to be private and writable.
Set WLNET_CACHE_DIR to one that is. Until then every process compiles what it needs."""


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m wlnet",
        description="Neural nets as values, and rules that say how fast each part of them learns.",
    )
    parser.add_argument("--version", action="version", version=f"wlnet {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    info = commands.add_parser("info", help="print the summary of a saved net")
    info.add_argument("file", metavar="FILE", help="a net written by wlnet.save, suffix .wlnet")
    compiling = commands.add_parser(
        "precompile",
        help="compile all kernels now, so that no training has to wait for it",
        description="Compile all kernels into the cache: $WLNET_CACHE_DIR, else the folder wlnet "
        "of the user's cache. What is there already is left alone.",
    )
    compiling.add_argument(
        "--precision", choices=(*ITEM, BOTH), default=BOTH, help="of which numbers (default: both)"
    )
    return parser


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; the exit status: 0 when it worked, 1 for an error of wlnet or of the file,
    130 for an interrupt.

    A command line that cannot be parsed leaves with status 2, as argparse has it.
    """
    asked = arguments().parse_args(given)
    try:
        if asked.command == "precompile":
            return precompile(asked.precision)
        print(summary(asked.file))
    except (WlnetError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    return 0


def summary(file: str) -> str:
    """The net of a file and its figures, one a line."""
    import wlnet  # lazy: --version and --help need no net

    net = wlnet.load(file)
    return f"{net!r}\n\n{rows(wlnet.information(net))}"


def precompile(precision: str) -> int:
    """Compile all kernels into the cache, telling how far it is; the exit status.

    Where nothing can be kept that is said, and it is no error: wlnet does without a cache.
    """
    # lazy: --version and --help need no kernels
    from wlnet.engine.resources import available_cores
    from wlnet.kernels import cache
    from wlnet.kernels.precompiling import every_kernel, missing, processes_wanted, share

    folder = cache.folder()
    if folder is None:
        print(NO_FOLDER, file=sys.stderr)
        return 0
    wanted = tuple(ITEM) if precision == BOTH else (precision,)
    jobs: list[Any] = [(kernel, each) for kernel in every_kernel().values() for each in wanted]
    todo = missing(jobs)
    begun, live = time.monotonic(), sys.stdout.isatty()

    def tell(number: int) -> None:
        if live:
            print(f"\rcompiling {number + 1} of {len(todo)} kernels", end="", flush=True)

    if not todo:
        print(f"all {len(jobs)} kernels are there already\n{folder}")
        return 0
    if not live:
        print(f"compiling {len(todo)} kernels", flush=True)
    share(todo, processes_wanted(available_cores()), tell)
    left = missing(todo)
    seconds = time.monotonic() - begun
    print(f"{chr(13) if live else ''}compiled {len(todo) - len(left)} of {len(jobs)} kernels in "
          f"{seconds:.0f} s, {len(jobs) - len(todo)} were there\n{folder}")  # fmt: skip
    if left:
        names = ", ".join(f"{kernel.name} ({each})" for kernel, each in left)
        print(f"not kept: {names}; is the disk full?", file=sys.stderr)
    return 1 if left else 0


def rows(report: Mapping[str, object]) -> str:
    """A report as lines, the values under one another.

    >>> print(rows({"LayersCount": 3, "InputPortNames": ["Input"]}))
    LayersCount     3
    InputPortNames  ['Input']
    """
    width = max(map(len, report), default=0)
    return "\n".join(f"{name:{width}}  {value}" for name, value in report.items())
