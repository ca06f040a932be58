"""What train and resume have in common: what is given, and what is kept of a training."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wlnet.cli.answer import DONE, INTERRUPTED, Answer
from wlnet.cli.data_files import columns_in
from wlnet.cli.data_ports import texts_of, training_data
from wlnet.cli.option_flags import (
    CHECKPOINTS,
    REPORTING,
    VALIDATION,
    WEIGHTS,
    given_options,
    option_of,
)
from wlnet.cli.outputs import Output, add_force, check, places, uninterrupted, write_text
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
    return places([str(_net_path(asked))], asked)[0]


def output_places(
    asked: argparse.Namespace, before: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Path, Path | None]:
    """Where the net and the receipt go. before: the options of a training that goes on. Raises
    OptionError for what cannot be written there, nor where checkpoints and lines of progress go."""
    path = _net_path(asked)
    receipt = str(path.with_suffix(RECEIPT)) if asked.receipt is None else asked.receipt
    outputs = [Output(str(path)), *([] if receipt == "none" else [Output(receipt)])]
    check([*outputs, *_written_meanwhile(asked, before)], asked)
    return path, None if receipt == "none" else outputs[1].path


def _written_meanwhile(asked: argparse.Namespace, before: Mapping[str, Any]) -> Iterator[Output]:
    """What a training writes while it goes on."""
    for option in (CHECKPOINTS, REPORTING):
        is_given = option in vars(asked)
        value = option_of(asked, option) if is_given else before.get(option)
        # A training that goes on replaces its own checkpoints, and a report is added to a file.
        is_added_to = not is_given or option == REPORTING
        goes_on = getattr(asked, "file", None) if option == CHECKPOINTS else None
        for each in value if isinstance(value, list) else [value]:
            match each:
                case ("File" | "Directory", str() | os.PathLike() as name, *_):
                    at = f"--{option.replace('_', '-')}"
                    yield Output(os.fspath(name), at, is_added_to, goes_on)


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
    options = given_options(asked, net)
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
