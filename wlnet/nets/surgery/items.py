"""The new nodes of a net that grows: as the user gave them, checked against the nodes that are
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.nets.kept_rates import N
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.shorthand import as_net

Item = tuple[str | None, Net]
"""A name, or None in a net with numbered nodes, and the net that is to stand there."""


def new_items(net: Net, layers: tuple[object, ...], function: str) -> list[Item]:
    """The new nodes a user gave, with names where the net has names.

    Raises OptionError for all that is no layer and all names that do not fit.
    """
    items: list[Item] = []
    gathered = Gathered()
    count = 0
    for given in layers:
        entries: list[object] = list(given) if isinstance(given, list) else [given]
        for entry in given.items() if isinstance(given, Mapping) else entries:
            name, layer = None, entry
            if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
                name, layer = entry
            count += 1
            where = repr(name) if name else f"{count} of {function}"
            made = gathered.attempt(partial(as_net, layer, where))
            if made is not None:
                items.append((name, made))
    if not count:
        raise fail(OptionError, Fault(f"{function} needs at least one layer", given=brief(layers)))
    named = isinstance(next(iter(net.nodes)), str)
    faults = []
    for number, (name, layer) in enumerate(items, 1):
        at = f"layer {number} of {function} ({layer.kind})"
        if named and not name:
            faults.append(
                Fault(
                    f"the nodes of this {net.kind} have names, and a new one needs one",
                    at=at,
                    known=list(net.nodes),
                    fix=f'{function}(net, ("name", layer))',
                )
            )
        if not named and name is not None:
            faults.append(
                Fault(
                    f"the nodes of this {net.kind} have numbers, and a new one takes no name",
                    at=at,
                    given=brief(name),
                    fix=f"{function}(net, layer)",
                )
            )
    names = [*net.nodes, *(name for name, _ in items if name)] if named else []
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        faults.append(
            Fault(
                "names of nodes occur once",
                at=function,
                given=", ".join(twice),
                known=list(net.nodes),
            )
        )
    if faults:
        gathered.errors.append(fail(OptionError, faults))
    gathered.tell()
    return items


def ruled(result: N, old: Net, new: Mapping[Key, Key], items: list[Item]) -> N:
    """A net that grew, under the rules of what it was, which speak for the nodes it had."""
    voice = Voice(old, {(was,): (key,) for was, key in new.items()})
    return carried(result, [voice], [node for _, node in items])
