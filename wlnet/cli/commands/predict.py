"""Evaluate a net on data, and write what it answers, one example a line.

wlnet predict trained.wlnet new.npz -o answers.csv
wlnet predict trained.wlnet new.npz --property Probabilities --format jsonl
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from wlnet.cli.answer import Answer
from wlnet.cli.data_files import add_data, columns_in
from wlnet.cli.data_ports import input_data, texts_of
from wlnet.cli.net_files import add_net, net_in
from wlnet.cli.option_flags import add_flags, given_options
from wlnet.cli.outputs import STDOUT, add_force, places
from wlnet.cli.predictions import FORMATS, answers_by_port, written
from wlnet.cli.values import value_of
from wlnet.core.errors import Fault, OptionError, fail
from wlnet.io.replacement import replace_file

OPTIONS = ("batch_size", "working_precision", "workers")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_net(parser)
    add_data(parser)
    parser.add_argument(
        "--property", metavar="NAME", help="what a decoder tells: Probabilities, ...; none: numbers"
    )
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="by the suffix of -o; what is printed is csv as a rule; npy takes numbers alone",
    )
    parser.add_argument("-o", "--output", metavar="FILE", default=STDOUT, help="as a rule printed")
    add_force(parser)
    add_flags(parser, OPTIONS)


def run(asked: argparse.Namespace) -> Answer:
    """Evaluate the net, and write the answers."""
    from wlnet.evaluate.arguments import read_columns  # lazy: --help needs no net

    path = None if asked.output == STDOUT else places([asked.output], asked)[0]
    form = asked.format or _form(path)
    net = net_in(asked.net)
    data = input_data(net, columns_in(asked.data, texts_of(net, ())), asked.target)
    wish: tuple[Any, ...] = () if asked.property is None else (value_of(asked.property),)
    answer = net(data, *wish, **given_options(asked, net))
    found = answers_by_port(net, answer, read_columns(net, data)[1])
    content = written(found, form)
    if path is None:
        return Answer(value=found, content=content)
    replace_file(path, content)
    count = len(next(iter(found.values()), ()))
    told = {"Examples": count, "File": str(path)}
    return Answer(f"{count:,} examples\nwrote {path}", told)


def _form(path: Path | None) -> str:
    """The format that the name of a file tells. Raises OptionError for one that tells none."""
    suffix = ".csv" if path is None else path.suffix.lower()
    if suffix[1:] in FORMATS:
        return suffix[1:]
    what = "answers are not written to files of this kind"
    fix = "--format csv, where they shall have that name"
    known = [f".{form}" for form in FORMATS]
    raise fail(OptionError, Fault(what, at="--output", given=repr(str(path)), known=known, fix=fix))
