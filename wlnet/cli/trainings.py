"""What train and resume have in common: what is given, and what is kept of a training."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wlnet.cli.answer import DONE, INTERRUPTED, Answer
from wlnet.cli.data_files import columns_in
from wlnet.cli.data_ports import texts_of, training_data
from wlnet.cli.option_flags import VALIDATION, WEIGHTS, given_options
from wlnet.cli.outputs import add_force, places, uninterrupted, write_text
from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.paths import as_path
from wlnet.core.scaled import Scaled
from wlnet.io.files import SUFFIX
from wlnet.results.results import NetTrainResults

TOLD = (
    "TotalRounds",
    "TotalBatches",
    "RoundLoss",
    "RoundMeasurements",
    "ValidationLoss",
    "ValidationMeasurements",
    "BestValidationRound",
    "ReasonTrainingStopped",
    "TotalTrainingTime",
)
"""Properties of a training that --json tells."""
BROKEN_OFF = "ManualStop"
RECEIPT = ".receipt.json"


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what is kept."""
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="where the trained net goes, .wlnet"
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="keep the whole record of the training there, which can go on",
    )
    parser.add_argument(
        "--receipt",
        metavar="FILE",
        help=f"where the receipt goes; as a rule beside the net, NAME{RECEIPT}; none for nowhere",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing while it trains")
    add_force(parser)


def net_place(asked: argparse.Namespace) -> Path:
    """Where the net goes. Raises OptionError for what cannot be written there."""
    return places([str(_net_path(asked))], asked.force)[0]


def output_places(asked: argparse.Namespace) -> tuple[Path, Path | None]:
    """Where the net and the receipt go. Raises OptionError for what cannot be written there."""
    path = _net_path(asked)
    receipt = str(path.with_suffix(RECEIPT)) if asked.receipt is None else asked.receipt
    net, *rest = places([str(path), *([] if receipt == "none" else [receipt])], asked.force)
    return net, rest[0] if rest else None


def _net_path(asked: argparse.Namespace) -> Path:
    """The path of a net, with its suffix looked at now, not when hours of training are over."""
    path = as_path(asked.output, "--output", "trained.wlnet")
    if path.suffix == SUFFIX:
        return path
    fix = str(path.with_suffix(SUFFIX)) if path.name else f"trained{SUFFIX}"
    what = "a net is written to a file that ends in .wlnet"
    raise fail(OptionError, Fault(what, at="--output", given=repr(asked.output), fix=fix))


def training_options(asked: argparse.Namespace, net: Net) -> dict[str, Any]:
    """The options of the training that were given. Raises DataError, RuleError."""
    options = given_options(asked)
    if VALIDATION in options:
        options[VALIDATION] = _validation(asked, net, options)
    if asked.quiet:
        options.setdefault("training_progress_reporting", None)
    return options


def data_of(asked: argparse.Namespace, net: Net) -> Any:
    """The data of the training. Raises DataError, OSError."""
    weights = getattr(asked, WEIGHTS, None)
    return data_in(asked.data, net, asked.target, weights)


def data_in(words: Sequence[str], net: Net, targets: Sequence[str], weights: object) -> Any:
    """The data of files, for the ports of a net. Raises DataError, OSError."""
    return training_data(net, columns_in(words, texts_of(net, targets)), targets, weights)


def _validation(asked: argparse.Namespace, net: Net, options: dict[str, Any]) -> Any:
    words = options[VALIDATION]
    if len(words) == 1:
        try:
            return Scaled(float(words[0]))
        except ValueError:
            pass
    return data_in(words, net, asked.target, options.get(WEIGHTS))


def kept(
    results: NetTrainResults, asked: argparse.Namespace, files: tuple[Path, Path | None]
) -> Answer:
    """Write what a training came to, and tell of it."""
    import wlnet  # lazy: --help needs no net

    net_file, receipt_file = files
    written = {"Net": str(net_file)}
    with uninterrupted():
        wlnet.save(results if asked.record else results["TrainedNet"], net_file)
        if receipt_file is not None:
            write_text(receipt_file, f"{results['Receipt']}\n")
            written["Receipt"] = str(receipt_file)
    told: dict[str, object] = {name: results[name] for name in TOLD}
    is_broken_off = results["ReasonTrainingStopped"] == BROKEN_OFF
    note = "interrupted: what was trained until then is kept" if is_broken_off else ""
    status = INTERRUPTED if is_broken_off else DONE
    lines = [repr(results), *(f"wrote {file}" for file in written.values())]
    return Answer("\n".join(lines), {**told, "Files": written}, status, note)
