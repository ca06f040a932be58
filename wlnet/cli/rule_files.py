"""Rules of a command: words in their order, and TOML files.

In a file a rule is `"part" = rate`; tables [round.1], [round.5] hold those of phases.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from wlnet.cli.rule_texts import FORM, divided, part_of, rate_of, rule_of
from wlnet.core.errors import Fault, RuleError, brief, fail
from wlnet.core.paths import as_path
from wlnet.core.phases import Phases
from wlnet.core.symbols import AUTOMATIC

Rules = Any
"""What learning_rate_multipliers takes."""
PHASE = "round"
STDIN = "-"


def rules_of(words: Sequence[str]) -> Rules:
    """The rules of words in their order: each a rule, the name of a TOML file, or a rate for all.

    Raises RuleError for all that is wrong at once; OSError where a file cannot be read.

    >>> rules_of(["hidden/Weights=0.1", "1:3=none", "*=1"])
    [(('hidden', 'Weights'), 0.1), (Span(1, 3), None), (ANY, 1)]
    >>> rules_of(["0.5"]), rules_of([])
    (0.5, AUTOMATIC)
    """
    pairs: list[tuple[Any, Any]] = []
    faults: list[Fault] = []
    alone: list[Rules] = []
    for number, word in enumerate(words, 1):
        at = f"rule {number}"
        try:
            if divided(word) is not None:
                pairs.append(rule_of(word, at))
            elif not isinstance(rate_of(word), str):
                alone.append(rate_of(word))
            else:
                found = rules_of_file(word)
                if isinstance(found, Phases):
                    alone.append(found)
                else:
                    pairs += found
        except RuleError as error:
            faults += error.faults
    if alone and len(words) > 1:
        what = "a rate for all, or rules by rounds, stand alone"
        faults.append(Fault(what, given=" ".join(words), fix="'*'=RATE as the last rule"))
    if faults:
        raise fail(RuleError, faults)
    return alone[0] if alone else pairs if words else AUTOMATIC


def rules_of_file(name: str) -> Rules:
    """The rules of a TOML file: `"part" = rate` in order; or by rounds, in tables [round.1],
    [round.5]. Raises RuleError; OSError where the file cannot be read."""
    try:
        text = (
            sys.stdin.read()
            if name == STDIN
            else as_path(name, "rules", "slow.toml").read_text("utf-8")
        )
    except FileNotFoundError:
        what = "this is neither a rule nor a file"
        raise fail(RuleError, Fault(what, at="rules", given=brief(name), expected=FORM)) from None
    except UnicodeDecodeError as error:
        raise fail(RuleError, Fault("this file is no text", at=name, given=str(error))) from None
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: no TOML, or too many digits
        what = "this is no TOML"
        fix = '"hidden/Weights" = 0.1, a rule a line'
        raise fail(RuleError, Fault(what, at=name, given=str(error), fix=fix)) from None
    phases = table.get(PHASE)
    if isinstance(phases, Mapping) and len(table) == 1:
        return _phases(phases, name)
    return _pairs(table, name)


def _phases(phases: Mapping[str, Any], name: str) -> Phases:
    found: dict[int, Any] = {}
    faults: list[Fault] = []
    for number, rules in phases.items():
        at = f"{name}, [{PHASE}.{number}]"
        if not re.fullmatch(r"\d{1,9}", number) or not isinstance(rules, Mapping):
            what = "rules by rounds stand in tables that name the round from which they hold"
            faults.append(Fault(what, at=at, fix=f"[{PHASE}.1], [{PHASE}.5]"))
            continue
        try:
            found[int(number)] = _pairs(rules, at)
        except RuleError as error:
            faults += error.faults
    if faults:
        raise fail(RuleError, faults)
    return Phases(found)


def _pairs(table: Mapping[str, Any], name: str) -> list[tuple[Any, Any]]:
    pairs, faults = [], []
    for key, rate in table.items():
        if isinstance(rate, Mapping):
            inner = next(iter(rate), "...")
            what = "a rule is a part and a rate: a part of several steps stands in quotes"
            faults.append(Fault(what, at=name, given=key, fix=f'"{key}/{inner}" = 0.1'))
            continue
        try:
            part = part_of(key, name)
        except RuleError as error:
            faults += error.faults
        else:
            pairs.append((part, rate_of(rate) if isinstance(rate, str) else rate))
    if faults:
        raise fail(RuleError, faults)
    return pairs
