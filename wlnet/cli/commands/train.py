"""Train a net on data, every array at the rate that its rules give it.

NET is a .wlnet file; the record of a training goes on where it stands. What is trained goes to
the file of -o, and a receipt beside it. The first Ctrl-C ends the training and keeps what was
trained.

  wlnet train net.wlnet data.npz --rule hidden=none --rule '*=0.1' -o trained.wlnet
"""

from __future__ import annotations

import argparse

from wlnet.cli.answer import Answer
from wlnet.cli.data_files import add_data
from wlnet.cli.net_files import add_net, found_in
from wlnet.cli.option_flags import add_flags
from wlnet.cli.trainings import add_outputs, data_of, kept, output_places, training_options
from wlnet.core.net import Net


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_net(parser)
    add_data(parser)
    add_outputs(parser)
    add_flags(parser)


def run(asked: argparse.Namespace) -> Answer:
    """Train, and keep what came of it."""
    import wlnet  # lazy: --help needs no net

    files = output_places(asked)
    start = found_in(asked.net)
    net = start if isinstance(start, Net) else start["TrainedNet"]
    options = training_options(asked, net)
    results = wlnet.net_train(start, data_of(asked, net), wlnet.ALL, **options)
    return kept(results, asked, files)
