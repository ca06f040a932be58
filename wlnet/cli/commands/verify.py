"""Check a receipt: train again and compare every statement, or look at what was frozen.

NET is the net before the training. DATA are those of the training; one .wlnet file instead of
them is the net after it: then nothing is trained, and frozen arrays have to be the same bytes.

  wlnet verify trained.receipt.json net.wlnet data.npz
  wlnet verify trained.receipt.json net.wlnet trained.wlnet
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from wlnet.cli.answer import DENIED, DONE, Answer
from wlnet.cli.data_files import STDIN, add_data
from wlnet.cli.net_files import add_net, net_in
from wlnet.cli.option_flags import add_flags
from wlnet.cli.trainings import data_of, training_options
from wlnet.core.paths import as_path

AGAIN = ("validation_set", "example_weights", "workers")
"""Options that a receipt does not hold, and that words can give again."""
LARGEST = 2**28
"""Bytes of a receipt that are read."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("receipt", metavar="RECEIPT", help="the file of a receipt; - reads it")
    add_net(parser, help="the net before the training, a .wlnet file")
    add_data(parser)
    add_flags(parser, AGAIN)
    parser.set_defaults(quiet=False)


def run(asked: argparse.Namespace) -> Answer:
    """Check the receipt."""
    import wlnet  # lazy: --help needs no net

    receipt = _text(asked.receipt)
    net = net_in(asked.net)
    data: Any
    if len(asked.data) == 1 and asked.data[0].endswith(".wlnet"):
        data, again = net_in(asked.data[0]), {}
    else:
        data, again = data_of(asked, net), training_options(asked, net)
    found = wlnet.verify(receipt, net, data, reporting=None, **again)
    value = {
        "Holds": bool(found),
        "Verdict": found.verdict,
        "Sections": {name: {"Hold": held, "Of": of} for name, (held, of) in found.sections.items()},
        "Faults": [_fault(each) for each in found.faults],
        "Unverified": [_fault(each) for each in found.unverified],
    }
    return Answer(str(found), value, DONE if found else DENIED)


def _fault(fault: Any) -> dict[str, object]:
    return {
        "What": fault.what,
        "At": fault.at,
        "Given": fault.given,
        "Expected": fault.expected,
        "Fix": fault.fix,
    }


def _text(name: str) -> str:
    if name == STDIN:
        return sys.stdin.read(LARGEST)
    with as_path(name, "RECEIPT", "trained.receipt.json").open(
        encoding="utf-8", errors="replace"
    ) as file:
        return file.read(LARGEST)
