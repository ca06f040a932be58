"""Phases: rules that change as a training goes on.

>>> Phases({1: {"head": 1, ANY: None}, 5: {ANY: 0.1}})
Phases({1: {'head': 1, ANY: None}, 5: {ANY: 0.1}})
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import MOST, as_whole
from wlnet.core.symbols import ANY as ANY


class Phases(Mapping[int, Any]):
    """Rules by the round from which they hold, as learning_rate_multipliers of net_train.

    Rounds count from 1, the first round of the call. Each value is what learning_rate_multipliers
    takes: rules, a number, None, or AUTOMATIC for those of the net itself. An array that a phase
    freezes keeps what the method knows of it, and goes on with that when it learns again.
    Raises OptionError for what are no rounds, and where nothing is said of round 1.

    >>> phases = Phases({1: {-1: 1, ANY: None}, 4: 0.1})
    >>> phases.at(3) == phases[1], phases.at(9)
    (True, 0.1)

    Wolfram Language: nothing like it.
    """

    __slots__ = ("_rules",)
    _rules: dict[int, Any]

    def __init__(self, rules: Mapping[int, Any]) -> None:
        object.__setattr__(self, "_rules", _read(rules))

    def __setattr__(self, name: str, value: object = None) -> None:
        raise AttributeError("phases never change; make new ones: Phases({**phases, 7: 1})")

    __delattr__ = __setattr__

    def __getitem__(self, first_round: int) -> Any:
        rules = self._rules[first_round]
        return rules.copy() if isinstance(rules, (dict, list)) else rules

    def __iter__(self) -> Iterator[int]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __hash__(self) -> int:
        return hash(tuple(self._rules))

    def __reduce__(self) -> tuple[type[Phases], tuple[dict[int, Any]]]:
        return Phases, (self._rules,)

    def __repr__(self) -> str:
        return f"Phases({self._rules!r})"

    def at(self, number: int) -> Any:
        """The rules that hold in a round. Raises OptionError for what is no round."""
        asked = as_whole(number)
        if asked is None or asked < 1:
            what = "rounds count from 1"
            raise fail(OptionError, Fault(what, "Phases.at", brief(number), "an integer >= 1"))
        return self[max(first for first in self._rules if first <= asked)]


def _read(given: object) -> dict[int, Any]:
    """Rules by round, in order, none of them the caller's own list. Raises OptionError."""
    form = "Phases({1: {-1: 1, ANY: None}, 5: {ANY: 0.1}})"
    if not isinstance(given, Mapping) or not given:
        what = "phases are rules by the round from which they hold"
        raise fail(OptionError, Fault(what, at="Phases", given=brief(given), fix=form))
    found: dict[int, Any] = {}
    faults: list[Fault] = []
    for key, rules in given.items():
        number = as_whole(key)
        if number is None or not 1 <= number <= MOST:
            what = "a phase begins with a round"
            faults.append(Fault(what, "Phases", brief(key), f"an integer, 1 to {MOST:,}", fix=form))
        elif number in found:
            faults.append(Fault(f"two phases begin with round {number}", "Phases", brief(key)))
        elif isinstance(rules, Phases):
            faults.append(Fault("phases in phases", f"Phases, round {number}", brief(rules)))
        else:
            found[number] = rules.copy() if isinstance(rules, (dict, list)) else rules
    if not faults and 1 not in found:
        first = min(found)
        fix = f"Phases({{1: AUTOMATIC, {first}: ...}}), where the net's own rules hold until then"
        faults.append(Fault("nothing is said of round 1", "Phases", f"from round {first}", fix=fix))
    if faults:
        raise fail(OptionError, faults)
    return dict(sorted(found.items()))
