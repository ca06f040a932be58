"""Measure how good a net is on data that it was not trained on.

Without -m all measurements that suit the net.

  wlnet measure trained.wlnet test.npz -m Accuracy -m '["ErrorRate", 2]'
"""

from __future__ import annotations

import argparse

from wlnet.cli.answer import Answer
from wlnet.cli.commands.info import text_of
from wlnet.cli.data_files import add_data
from wlnet.cli.net_files import add_net, net_in
from wlnet.cli.option_flags import add_flags, given_options
from wlnet.cli.trainings import data_of
from wlnet.cli.values import value_of

OPTIONS = ("loss_function", "class_weights", "example_weights", "working_precision", "workers")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_net(parser)
    add_data(parser)
    parser.add_argument(
        "-m",
        "--measurement",
        metavar="NAME",
        action="append",
        default=[],
        help='Loss, Accuracy, ["ErrorRate", 2], ...; several times',
    )
    add_flags(parser, OPTIONS)


def run(asked: argparse.Namespace) -> Answer:
    """Measure."""
    import wlnet  # lazy: --help needs no net

    net = net_in(asked.net)
    data, options = data_of(asked, net), given_options(asked, net)
    if not asked.measurement:
        found = wlnet.net_measurements(net, data, wlnet.ALL, **options)
    else:
        names = [value_of(text) for text in asked.measurement]
        values = wlnet.net_measurements(net, data, names, **options)
        found = dict(zip(asked.measurement, values, strict=True))
    return Answer(text_of(found), found)
