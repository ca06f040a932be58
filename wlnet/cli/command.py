"""The command: its arguments, and what it prints.

>>> arguments().parse_args(["info", "lenet.wlnet"]).file
'lenet.wlnet'
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wlnet.cli.precompile import BOTH, precompile
from wlnet.core.errors import WlnetError
from wlnet.kernels.language import ITEM
from wlnet.version import VERSION


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
    """The net of a file and its figures, one a line; of a training what became of it as well."""
    import wlnet  # lazy: --version and --help need no net

    found = wlnet.load(file)
    is_net = not isinstance(found, wlnet.NetTrainResults)
    net = found if is_net else found["TrainedNet"]
    head = repr(net) if is_net else f"{found!r}\n\n{net!r}"
    return f"{head}\n\n{wlnet.information(net)}"
