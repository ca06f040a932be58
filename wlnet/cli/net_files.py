"""Nets and records of trainings, from the files that a command names."""

from __future__ import annotations

import argparse

from wlnet.core.net import Net
from wlnet.results.results import NetTrainResults

FILE = "a .wlnet file: a net, or the record of a training"


def add_net(parser: argparse.ArgumentParser, name: str = "net", help: str = FILE) -> None:
    """The argument that names the file of a net."""
    parser.add_argument(name, metavar=name.upper(), help=help)


def found_in(file: str) -> Net | NetTrainResults:
    """What is in a file. Raises FormatError, OSError."""
    import wlnet  # lazy: --version and --help need no net

    found: Net | NetTrainResults = wlnet.load(file)
    return found


def net_in(file: str) -> Net:
    """The net of a file; of the record of a training, the trained one. Raises FormatError,
    OSError."""
    found = found_in(file)
    return found if isinstance(found, Net) else found["TrainedNet"]
