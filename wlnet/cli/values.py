"""A value of an option as it is written on a command line: what TOML reads, or a word."""

from __future__ import annotations

import tomllib
from typing import Any

from wlnet.cli.rule_texts import FROZEN
from wlnet.core.symbols import ALL, AUTOMATIC

SYMBOLS = {"AUTOMATIC": AUTOMATIC, "ALL": ALL}


def value_of(text: str) -> Any:
    """A number, AUTOMATIC, ALL, none, what TOML reads as a value, or else a word.

    A TOML array of a name and options, or of a name and a number, is a pair, as net_train has them.

    >>> value_of("1e-3"), value_of("ADAM"), value_of('["SGD", {Momentum = 0.5}]')
    (0.001, 'ADAM', ('SGD', {'Momentum': 0.5}))
    >>> value_of('["Accuracy", "Loss"]'), value_of("none"), value_of('["ErrorRate", 2]')
    (['Accuracy', 'Loss'], None, ('ErrorRate', 2))
    """
    word = text.strip()
    if word in FROZEN:
        return None
    if word in SYMBOLS:
        return SYMBOLS[word]
    for read in (int, float):
        try:
            return read(word)
        except ValueError:
            pass
    if not word.startswith(("[", "{", '"', "'")) and word not in ("true", "false"):
        return text
    try:
        return _paired(tomllib.loads(f"x = {word}")["x"])
    except (ValueError, RecursionError):
        return text


def _paired(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _paired(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    each = [_paired(item) for item in value]
    is_pair = (
        len(each) == 2 and isinstance(each[0], str) and isinstance(each[1], (dict, int, float))
    )
    return tuple(each) if is_pair else each
