"""What a receipt says of two nets, before and after: nothing is trained, and no data are needed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from wlnet.core.errors import Fault, NotInitializedError, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.nets.arrays import arrays_of, is_initialized
from wlnet.nets.initialize import net_initialize
from wlnet.train.receipts.verification import ABSENT, Checks
from wlnet.train.receipts.writing import digests_of, structure_digest
from wlnet.train.saving.values import real_of, seed_of

FROZEN, OTHERS, NET = "frozen arrays", "arrays that learned", "the net"


def compare_nets(checks: Checks, receipt: Any, before: Net, after: Net) -> int:
    """Check the arrays of both nets; how many of them the receipt says were frozen throughout."""
    ready = _with_numbers(receipt, before)
    for word, net in (("before", _fitted(ready, after)), ("after", after)):
        what, at = f"the net {word} has another structure", f"{word}, Net, Structure"
        checks.same(NET, receipt["Net"]["Structure"], structure_digest(net), what, at)
    first, last = digests_of(arrays_of(ready)), digests_of(arrays_of(after))
    told, told_last = receipt["Net"]["Arrays"], receipt["After"]
    frozen = frozen_arrays(receipt)
    for name in dict.fromkeys((*told, *told_last, *first, *last)):
        section = FROZEN if name in frozen else OTHERS
        word = "a frozen array" if name in frozen else "an array"
        begun, ended = told.get(name, ABSENT), told_last.get(name, ABSENT)
        if name in frozen:
            what = "the receipt says that an array was frozen, and that it changed"
            checks.same(section, begun, ended, what, name)
        what = f"{word} of the net before is another"
        checks.same(section, begun, first.get(name, ABSENT), what, f"before, {name}")
        what = f"{word} of the net after is another"
        checks.same(section, ended, last.get(name, ABSENT), what, f"after, {name}")
    what = "what led from one net to the other: nothing was trained"
    at = "Calls, Facts, Rounds, UnfinishedRound, Validations, Reason, Last"
    checks.unverified.append(Fault(what, at=at, fix="verify(receipt, net, data)"))
    return len(frozen)


def frozen_arrays(receipt: Any) -> set[str]:
    """The arrays that had the rate 0 in every phase of every call."""
    phases = [phase for call in receipt["Calls"] for phase in call["Phases"]]
    found = set(receipt["Net"]["Arrays"])
    for phase in phases:
        rows = phase["Arrays"]
        found &= {name for name, row in rows.items() if real_of(row["Rate"]) == 0}
    return found if phases else set()


def _fitted(before: Net, after: Net) -> Net:
    """The net before with what data told of ports that it left open, as the net after has it."""
    ports = dict(before.ports)
    for name in ports.keys() & after.ports.keys():
        mine, its = ports[name], after.ports[name]
        told = {
            row.name: getattr(its, row.name)
            for row in fields(mine)
            if getattr(mine, row.name) is None
        }
        ports[name] = replace(mine, **told)
    return before if ports == dict(before.ports) else before._with(ports=ports)


def _with_numbers(receipt: Any, net: Net) -> Net:
    """The net before with its numbers: those that the seed gives where it has none.

    Raises OptionError where only data tell of what shape they are.
    """
    if is_initialized(net):
        return net
    try:
        return net_initialize(net, random_seeding=seed_of(receipt["Calls"][0]["Seed"]))
    except NotInitializedError:
        what = "the net before has no numbers, and shapes that only data tell"
        fix = "the net as it was when it was trained, or verify(receipt, net, data)"
        raise fail(OptionError, Fault(what, at="net", given=brief(net), fix=fix)) from None
