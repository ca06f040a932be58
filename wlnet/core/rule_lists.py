"""Rule lists as they are written: parsing `part -> value`, and what is wrong with it already.

Which rule speaks for which array stands in rules.py.

Wolfram Language: LearningRateMultipliers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from wlnet.core.errors import Fault, PartError, RuleError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.parts import Alternatives, NetSharedArray, as_steps
from wlnet.core.phases import Phases
from wlnet.core.scalars import as_real, scalar
from wlnet.core.symbols import ANY, AUTOMATIC


@dataclass(frozen=True)
class Rule:
    """One rule as the user wrote it. `number` counts from 1; None for a lone value."""

    part: Any
    value: float
    number: int | None = None

    def __str__(self) -> str:
        return (
            f"{self.value!r} for all"
            if self.number is None
            else f"rule {self.number}: {self.part!r} -> {self.value!r}"
        )


@dataclass(frozen=True)
class RuleList:
    """Rules in order, validated as far as possible without a net. Empty means: nothing was said."""

    rules: tuple[Rule, ...]
    given: Any = field(default=AUTOMATIC, compare=False)
    faults: tuple[Fault, ...] = ()
    """What is wrong already; `match` reports it together with the parts that do not exist."""

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __bool__(self) -> bool:
        return bool(self.rules or self.faults)

    @property
    def as_given(self) -> Any:
        """A fresh copy of what the user wrote."""
        return self.given.copy() if isinstance(self.given, (dict, list)) else self.given


NOTHING_SAID = RuleList(())


Read = Callable[[Any], float]


def multiplier(value: object) -> float:
    """A learning rate multiplier as a float; None and every zero freeze. Raises ValueError
    otherwise."""
    if value is None:
        return 0.0
    number = as_real(value)
    if number is None:
        raise ValueError("a real number, or None to freeze")
    if not math.isfinite(number):
        raise ValueError("a finite number, or None to freeze")
    return number if number else 0.0


def parse_rules(
    given: object, option: str = "LearningRateMultipliers", read: Read = multiplier
) -> RuleList:
    """Rules from a number, None, a dict, or a list of (part, value) pairs; AUTOMATIC says nothing.

    Raises RuleError for what is no list of rules; faults of single rules are kept for `match`,
    which knows the net and reports everything at once.
    """
    if given is AUTOMATIC:
        return NOTHING_SAID
    if isinstance(given, RuleList):
        return given
    pairs = _pairs(given, option, read)
    if isinstance(pairs, Rule):
        return RuleList((pairs,), _plain(given))
    rules, faults = [], []
    for number, (part, value) in enumerate(pairs, 1):
        at = f"rule {number} of {option}"
        fine = True
        try:
            for each in part.steps if names_shared_arrays(part) else (part,):
                if not isinstance(each, NetSharedArray):
                    as_steps(each)
            part = _frozen(part)
        except PartError as error:
            fine = False
            what = f"a part that cannot be: {error.faults[0].what}"
            faults.append(replace(error.faults[0], what=what, at=at))
        try:
            rate = read(value)
        except ValueError as error:
            # The part is still looked up, so that all faults are told at once.
            rate = 1.0
            faults.append(
                Fault(
                    "a value that cannot be",
                    at=f"{at}, part {brief(part)}",
                    given=brief(value),
                    expected=str(error),
                )
            )
        if fine:
            rules.append(Rule(part, rate, number))
    plain = [(_frozen(part), _plain(value)) for part, value in pairs]
    kept = dict(plain) if isinstance(given, Mapping) else plain
    return RuleList(tuple(rules), kept, tuple(faults))


def rules_told_with(gathered: Gathered, given: object) -> RuleList:
    """The rules of a constructor whose other arguments were looked at: raises what was gathered,
    and with it all that is wrong with the rules; their parts are looked up in the finished net.
    """
    rules = gathered.attempt(lambda: parse_rules(given))
    if gathered.errors and rules is not None:
        gathered.add(*rules.faults, kind=RuleError)
    gathered.tell()
    assert rules is not None
    return rules


def _plain(value: object) -> Any:
    """A number of NumPy as one of Python: what a net hands out and writes reads the same."""
    return scalar(value)


def _frozen(part: object) -> Any:
    """A part that was given as a list, as a tuple: nobody can change it afterwards."""
    return tuple(part) if isinstance(part, list) else part


def _pairs(given: object, option: str, read: Read) -> Rule | list[tuple[Any, Any]]:
    if isinstance(given, Phases):
        what = "phases are for learning_rate_multipliers of net_train alone"
        fix = "phases.at(n), the rules that hold in a round n"
        raise fail(RuleError, Fault(what, option, brief(given), fix=fix))
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, (list, tuple)) and all(
        isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in given
    ):
        return [(part, value) for part, value in given]
    try:
        if isinstance(given, (list, tuple)):
            raise ValueError("rules")
        return Rule(ANY, read(given))
    except ValueError as error:
        expected = f"{error}; or rules [(part, rate), ...] or {{part: rate, ...}}"
        raise fail(
            RuleError,
            Fault(
                f"{option} is neither a rate nor a list of rules",
                given=brief(given),
                expected=expected
                if str(error) != "rules"
                else "rules [(part, rate), ...] or {part: rate, ...}",
                fix=f"[{brief(given)}]" if isinstance(given, tuple) and len(given) == 2 else None,
            ),
        ) from None


def names_shared_arrays(part: object) -> TypeGuard[Alternatives]:
    """Whether a part is alternatives with a shared array among them."""
    return isinstance(part, Alternatives) and any(
        isinstance(step, NetSharedArray) for step in part.steps
    )
