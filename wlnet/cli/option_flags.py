"""Options of net_train as flags: --learning-rate for learning_rate, and so on.

Which options there are, their defaults and what they cannot be is known by net_train alone; here
stands how each is written. What is not given is not said.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from wlnet.cli.labels import by_label
from wlnet.cli.rule_files import rules_of
from wlnet.cli.rule_texts import FROZEN
from wlnet.cli.values import value_of
from wlnet.core.net import Net

RULES = "learning_rate_multipliers"
VALIDATION = "validation_set"
WEIGHTS = "example_weights"
CLASS_WEIGHTS = "class_weights"
CHECKPOINTS = "training_progress_checkpointing"
REPORTING = "training_progress_reporting"


class Flag(NamedTuple):
    """How an option is written. many: whether it may be given several times, for a list."""

    metavar: str
    help: str
    read: Callable[[Any], Any] = value_of
    many: bool = False


def _word(text: str) -> str:
    return text


def _checkpoints(text: str) -> tuple[str, str] | None:
    if text in FROZEN:
        return None
    return ("File" if Path(text).suffix == ".wlnet" else "Directory", text)


def _reporting(text: str) -> Any:
    return ("File", text) if "." in text else value_of(text)


def _each(texts: Sequence[str]) -> Any:
    values = [value_of(text) for text in texts]
    return values[0] if len(values) == 1 else values


FLAGS: Mapping[str, Flag] = MappingProxyType(
    {
        "loss_function": Flag("LOSS", "a loss, a port that is minimised, or ALL"),
        CLASS_WEIGHTS: Flag("WEIGHTS", "Balanced, or {label = weight, ...}"),
        WEIGHTS: Flag("COLUMN", "the column of the weights of examples", _word),
        "learning_rate": Flag("NUMBER", "the learning rate that all rates multiply"),
        RULES: Flag(
            "RULE",
            "PART=RATE, a TOML file of rules, or a rate for all; several times, in order",
            rules_of,
            many=True,
        ),
        "method": Flag("METHOD", 'ADAM, RMSProp, SGD, SignSGD, or ["SGD", {Momentum = 0.9}]'),
        "batch_size": Flag("N", "examples in a batch"),
        "max_training_rounds": Flag("N", "passes over the data, at most"),
        "time_goal": Flag("SECONDS", "how long to train"),
        VALIDATION: Flag("DATA", "a share of the data, 0.2, or files", _word, many=True),
        "random_seeding": Flag("SEED", "where random numbers begin"),
        "training_progress_measurements": Flag(
            "NAME",
            'what is measured, Accuracy or ["ErrorRate", 2]; several times',
            _each,
            many=True,
        ),
        REPORTING: Flag(
            "WAY", "Print, Panel, ProgressIndicator, none, or a file such as run.log", _reporting
        ),
        CHECKPOINTS: Flag(
            "PLACE", "a file run.wlnet that is replaced each time, a folder, or none", _checkpoints
        ),
        "training_stopping_criterion": Flag(
            "CRITERION", 'Loss, a measurement, or {Criterion = "Loss", Patience = 5}'
        ),
        "training_update_schedule": Flag(
            "PARTS", 'which parts are updated in turn, ["a", ["b", 5]]', value_of
        ),
        "working_precision": Flag("PRECISION", "Real32 or Real64"),
        "target_device": Flag("DEVICE", "CPU"),
        "workers": Flag("N", "threads at most; numbers do not depend on it"),
        "frozen_prefix_bytes": Flag(
            "BYTES", "memory for what a frozen beginning makes of the data"
        ),
        "batch_parts": Flag("N", "parts of a batch, a power of two"),
    }
)
"""Option of net_train -> how it is written."""

WITHOUT = MappingProxyType(
    {
        "training_progress_function": "no function stands on a command line",
        "communicator": "no communicator does; several ranks run a script",
    }
)
"""Options that are no flags, each with the reason."""

SPELLINGS = MappingProxyType({RULES: ("--rule", "--rules")})
"""Options that have another name than their own."""


def add_flags(parser: argparse.ArgumentParser, names: Collection[str] = tuple(FLAGS)) -> None:
    """The flags of options; those that are not given leave nothing behind."""
    group = parser.add_argument_group("options of net_train")
    for name in names:
        flag = FLAGS[name]
        group.add_argument(
            *SPELLINGS.get(name, (f"--{name.replace('_', '-')}",)),
            dest=name,
            metavar=flag.metavar,
            help=flag.help,
            action="append" if flag.many else "store",
            default=argparse.SUPPRESS,
        )


def given_options(asked: argparse.Namespace, net: Net) -> dict[str, Any]:
    """The options that were given for a net, by name; a validation set is still its words."""
    names = [name for name in FLAGS if name in vars(asked)]
    options = {name: option_of(asked, name) for name in names}
    if CLASS_WEIGHTS in options:
        options[CLASS_WEIGHTS] = by_label(net, options[CLASS_WEIGHTS])
    return options


def option_of(asked: argparse.Namespace, name: str) -> Any:
    """One option that was given, as far as that needs no net."""
    return FLAGS[name].read(vars(asked)[name])
