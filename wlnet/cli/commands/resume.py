"""Take a training to its end that was broken off, from one of its checkpoints.

FILE is a checkpoint, or a folder of them, of which the last is taken; DATA are those of the
training. What comes of it is what the training would have given without the break, to the bit.

  wlnet resume run.wlnet data.npz -o trained.wlnet
"""

from __future__ import annotations

import argparse
import warnings

from wlnet.cli.answer import Answer
from wlnet.cli.data_files import add_data
from wlnet.cli.option_flags import add_flags
from wlnet.cli.trainings import add_outputs, data_of, kept, output_places, training_options
from wlnet.core.paths import as_path


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("file", metavar="FILE", help="a checkpoint, or a folder of checkpoints")
    add_data(parser)
    add_outputs(parser)
    add_flags(parser)


def run(asked: argparse.Namespace) -> Answer:
    """Go on to the end, and keep what came of it."""
    import wlnet  # lazy: --help needs no net
    from wlnet.train.net_resume import record_at  # lazy: as above

    with warnings.catch_warnings():
        # What is wrong with a checkpoint is told by net_resume.
        warnings.simplefilter("ignore")
        record = record_at(as_path(asked.file, "FILE", "run.wlnet"))[0]
    files, net = output_places(asked, record.calls[-1].options), record.trained_net
    data, options = data_of(asked, net), training_options(asked, net)
    return kept(wlnet.net_resume(asked.file, data, **options), asked, files)
