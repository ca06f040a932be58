"""Arrays that a net or layer froze for itself, and that a rule of net_train makes learn unnamed.

The rules of a training win over those that stand in the net, which are defaults. Where such a rule
speaks of a larger part, it may not have been meant for what is frozen inside.
"""

from __future__ import annotations

from itertools import takewhile

from wlnet.core.errors import Fault, RuleWarning, warn
from wlnet.core.finding import find
from wlnet.core.multipliers import MultiplierTable, Row, Verdict
from wlnet.core.net import Net
from wlnet.core.parts import Alternatives, NetSharedArray, Path, Span, as_steps, key_text
from wlnet.core.rule_lists import names_shared_arrays
from wlnet.core.rules import ArrayKey
from wlnet.core.symbols import ALL, ANY, Symbol
from wlnet.core.walking import node_at
from wlnet.nets.kept_rates import worded_path

OPTION = "learning_rate_multipliers of net_train"


def warn_of_thawed(net: Net, table: MultiplierTable, phase: str = "") -> None:
    """Warn of every rule of net_train by which something that the net froze is unfrozen unnamed.

    phase: in which the rules hold, where there are several.
    """
    thawed: dict[int, tuple[Verdict, dict[ArrayKey, None], list[Row]]] = {}
    for row in table:
        won = row.decided_by
        default = next((lost for lost in row.beaten if lost.where != "net_train"), None)
        if won is None or won.where != "net_train" or won.value == 0:
            continue
        if default is None or default.value != 0:
            continue
        frozen = _frozen(net, default, row)
        if not _names(net, won, row, frozen):
            _, parts, rows = thawed.setdefault(id(won.rule), (won, {}, []))
            parts[frozen] = None
            rows.append(row)
    for won, parts, rows in thawed.values():
        warn(
            RuleWarning,
            Fault(
                "a rule makes arrays learn that the net froze for itself",
                at=f"{phase}, {OPTION}" if phase else OPTION,
                given=str(won.rule),
                known=[key_text(row.key) for row in rows],
                fix=_repair(net, list(parts)),
            ),
        )


def _repair(net: Net, frozen: list[ArrayKey]) -> str:
    """How to keep frozen what was frozen, and how to say that it is meant to learn."""
    if () in frozen:
        return "without this rule they stay frozen; their own rules would name them"
    parts = [(key, _part(net, key)) for key in frozen]
    before = " and ".join(f"({part!r}, 0)" for _, part in parts if part is not None)
    repair = f"put {before} before it to keep them frozen; with a rate there they learn as meant"
    nameless = ", ".join(key_text(key) for key, part in parts if part is None)
    rename = f"a port is called like what leads to {nameless}: net_rename makes it nameable"
    return "; ".join([repair] * bool(before) + [rename] * bool(nameless))


def _frozen(net: Net, default: Verdict, row: Row) -> ArrayKey:
    """The part that was frozen, as the rule in the net names it: the array, or what it is in."""
    where = default.where
    assert isinstance(where, tuple)
    if default.part is ANY or default.part is ALL:
        return where
    if isinstance(default.part, NetSharedArray) or names_shared_arrays(default.part):
        return row.key
    found = [(*where, *place.path) for place in find(node_at(net, where), default.part)]
    above = [path for path in found if _holds(path, row)]
    return above[0] if above else row.key


def _names(net: Net, won: Verdict, row: Row, frozen: ArrayKey) -> bool:
    """Whether a rule of net_train names what was frozen, or a part of it."""
    part = won.part
    if isinstance(part, NetSharedArray):
        return part.name is not ALL
    if names_shared_arrays(part):
        return any(_names_step(net, step, row, frozen) for step in part.steps)
    return _names_step(net, part, row, frozen)


def _names_step(net: Net, part: object, row: Row, frozen: ArrayKey) -> bool:
    if isinstance(part, NetSharedArray):
        return part == row.key
    # ("body", ANY) names the body; only what follows is broad.
    named = tuple(takewhile(_single, as_steps(part)))
    if not named:
        return False
    for path in (place.path for place in find(net, named)):
        holding = next((p.path for p in row.places if p.path[: len(path)] == path), None)
        if holding is None:
            continue
        least: Path = holding[:-1] if isinstance(frozen, NetSharedArray) else frozen
        if path[: len(least)] == least:
            return True
    return False


def _single(step: object) -> bool:
    if isinstance(step, Alternatives):
        return all(_single(each) for each in step.steps)
    return not isinstance(step, (Symbol, Span))


def _holds(path: Path, row: Row) -> bool:
    return any(place.path[: len(path)] == path for place in row.places)


def _part(net: Net, key: ArrayKey) -> object:
    """The part that a rule names it by; None where a port has the name of its vertex."""
    return key if isinstance(key, NetSharedArray) else worded_path(net, key)


__all__ = ["warn_of_thawed"]
