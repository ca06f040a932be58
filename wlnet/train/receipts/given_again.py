"""The options of a call of a receipt, with those that had to be given again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from wlnet.core.errors import Fault, WlnetError, brief
from wlnet.core.records import Json
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.net_resume import NEUTRAL
from wlnet.train.receipts.option_nets import NamedNets, OptionNets
from wlnet.train.saving import values
from wlnet.train.saving.unsaved import unsaved_in

IDLE = NEUTRAL - {"workers", "frozen_prefix_bytes", "training_progress_reporting"}
"""Options that look on: a repetition does without them, whether they are given again or not."""
ENDLESS = 1e18
"""Seconds of a goal that is never reached."""


def of_call(value: Any, number: int) -> Any:
    """What holds for a call, of a value for all of them or of a dict {1: first, 3: from the third}.

    >>> of_call({1: "a", 3: "b"}, 2), of_call({1: "a", 3: "b"}, 4), of_call({"Input": 0}, 1)
    ('a', 'b', {'Input': 0})
    """
    if not is_by_call(value):
        return value
    return value[max((key for key in value if key <= number), default=min(value))]


def is_by_call(value: Any) -> TypeGuard[dict[int, Any]]:
    """Whether a value is one for each of some calls, by their numbers."""
    return type(value) is dict and bool(value) and all(type(key) is int for key in value)


def options_of(
    call: Any, number: int, again: Mapping[str, object]
) -> tuple[dict[str, Any], list[Fault]]:
    """The options of a call by name, and the faults of those that are missing, or are others.

    call: that of the receipt. number: which one it is. again: what was given again, by name.
    """
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, told in call["Options"].items():
        if name in IDLE:
            found[name] = None
            continue
        given = of_call(again[name], number) if name in again else AUTOMATIC
        if name in NEUTRAL and name in again:
            found[name] = given
            continue
        if name == "training_progress_reporting":
            found[name] = None
            continue
        if given is not AUTOMATIC:
            faults += _other(call, name, told, given, number)
            found[name] = given
            continue
        try:
            value = values.read(name, told, NamedNets(name, call["Nets"]))
        except WlnetError as error:
            faults += error.faults
            continue
        if missing := unsaved_in(value):
            faults.append(
                Fault(
                    f"{name} holds what no receipt holds: give it again",
                    at=f"call {number}, Options, {name}",
                    given=missing[0].name,
                    fix=f"verify(receipt, net, data, {name}=...)",
                )
            )
        found[name] = value
    # Where the user had one drawn, the receipt tells which.
    if found.get("random_seeding") is AUTOMATIC:
        found["random_seeding"] = values.seed_of(call["Seed"])
    # Whoever waits for the same number of seconds ends elsewhere: batches are counted instead.
    if found.get("time_goal") not in (None, AUTOMATIC):
        found["time_goal"] = ENDLESS
    return found, faults


def _other(call: Any, name: str, told: Json, given: object, number: int) -> list[Fault]:
    """A fault where an option that was given again is another than the receipt tells of."""
    nets = OptionNets()
    now = values.written(name, given, nets.keep)
    if _alike(told, now, call["Nets"], nets.rows):
        return []
    what = f"{name} was given again, and is another than the receipt tells of"
    return [Fault(what, f"call {number}, Options, {name}", brief(given), brief(told))]


def _alike(told: Json, now: Json, nets: list[Json], own: list[Json]) -> bool:
    """Whether two records of an option may be of one value: a function may have another name, as
    what it does is what the repetition shows, and data of which there is no digest may be any."""
    if isinstance(told, dict) and isinstance(now, dict) and told.keys() == now.keys():
        special: Mapping[str, Callable[[Any, Any], bool]] = {
            "Function": lambda one, other: True,
            "Data": lambda one, other: not one[1] or not other[1] or one[1] == other[1],
            "Net": lambda one, other: nets[one] == own[other],
        }
        (key, *others) = told or {"": None}
        if key in special and not others:
            try:
                return special[key](told[key], now[key])
            except (TypeError, LookupError):
                return False
        return all(_alike(told[key], now[key], nets, own) for key in told)
    if isinstance(told, list) and isinstance(now, list) and len(told) == len(now):
        pairs = zip(told, now, strict=True)
        return all(_alike(one, other, nets, own) for one, other in pairs)
    return type(told) is type(now) and told == now
