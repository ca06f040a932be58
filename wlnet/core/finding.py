"""Finding parts: the places in a net that a step, or a whole part, leads to.

A part is a step or a tuple of steps, as the user writes it (parts.py). `find` follows a whole part
from the net inwards; `select` takes a single step. It is one recursion, and so one file.

Wolfram Language: NetExtract and NetReplacePart, whose part language this is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wlnet.core.errors import PartError, brief
from wlnet.core.gathered import together
from wlnet.core.names import is_number
from wlnet.core.parts import (
    MULTI,
    MULTIPLIERS,
    Addressable,
    Alternatives,
    Key,
    Path,
    Place,
    Span,
    Step,
    as_steps,
    part_error,
)
from wlnet.core.spelling import nearest, suggestion
from wlnet.core.symbols import Symbol
from wlnet.core.walking import walk


class Sought:
    """Which alternatives of a part were found so far.

    Where an earlier step selects several nodes, `Alternatives` are looked up in each of them. Not
    every node must have each alternative, but at least one must.
    """

    def __init__(self) -> None:
        self.found: set[tuple[Any, Any]] = set()
        """Alternatives that some node has, each as (depth in the part, step)."""
        self.refused: dict[tuple[Any, Any], PartError] = {}
        """Those that some node has not, with the first error."""

    def check(self) -> None:
        """Raise one PartError for all alternatives that were found nowhere."""
        lost = [error for key, error in self.refused.items() if key not in self.found]
        if lost:
            raise together(lost)


def select(
    net: Addressable, step: Step, part: object, at: Path = (), sought: Sought | None = None
) -> list[Place]:
    """The places one step leads to, in the order of the net. Raises PartError when there is none.

    part: the whole part, for messages. at: the path of the net. sought: collects which alternatives
    were found, so that some of them may be missing here; without it every alternative has to exist.
    """
    keys = list(net.nodes)
    if isinstance(step, Symbol):
        if net.addressing == "operator":
            raise part_error(f"{step!r} needs numbered or named nodes", part, at=at, known=keys)
        if net.addressing == "layer":
            return [Place((name,), "array") for name in net.array_values]
        return [Place((key,), "node") for key in keys]
    if isinstance(step, Alternatives):
        return _any_of(net, step, part, at, sought)
    if isinstance(step, Span):
        return [Place((key,), "node") for key in _span_keys(net, step, part, at)]
    if isinstance(step, int):
        return [Place((_numbered_key(net, step, part, at),), "node")]
    return [_named(net, step, part, at)]


def _any_of(
    net: Addressable, step: Alternatives, part: object, at: Path, sought: Sought | None
) -> list[Place]:
    ledger = sought or Sought()
    found: list[Place] = []
    refused: list[PartError] = []
    for each in step.steps:
        # The same alternative in a later step of the part has to be found there too.
        question = (len(at), each)
        try:
            found += select(net, each, part, at, ledger)
            ledger.found.add(question)
        except PartError as error:
            ledger.refused.setdefault(question, error)
            refused.append(error)
    if refused and (sought is None or not found):
        raise together(refused)
    order = {key: i for i, key in enumerate([*net.array_values, *net.nodes])}
    return sorted(dict.fromkeys(found), key=lambda place: order.get(place.path[0], -1))


def _named(net: Addressable, name: str, part: object, at: Path) -> Place:
    # Inputs and outputs first, then parameters, arrays and nodes, as NetExtract searches.
    if name in net.port_names or name in net.state_names:
        return Place((name,), "port")
    if name in net.parameters:
        return Place((name,), "parameter")
    if name in net.array_values:
        return Place((name,), "array")
    if name in net.nodes:
        return Place((name,), "node")
    if name == MULTIPLIERS:
        return Place((name,), "multipliers")
    if net.addressing == "numbers" and is_number(name) and int(name) in net.nodes:
        return Place((int(name),), "node")
    names = known_names(net)
    raise part_error(
        f"there is no part {brief(name)}",
        part,
        at=at,
        known=names,
        fix=_meant(net, name, names) or _elsewhere(net, name, at),
    )


def _meant(net: Addressable, name: str, names: list[Key]) -> str | None:
    """A hint: the position or the similar name that a wrong name was probably meant to be."""
    if is_number(name) and int(name) in net.nodes:
        return f"{int(name)}, without quotes, is the position"
    return suggestion(name, [word for word in names if isinstance(word, str)])


def _elsewhere(net: Addressable, name: str, at: Path) -> str | None:
    """A hint: the full paths of parts deeper in the net that have a similar name."""
    ends = [path for path in walk_names(net) if len(path) > 1]
    words = nearest(name, {path[-1] for path in ends if isinstance(path[-1], str)})
    near = [path for path in ends if path[-1] in words]
    near.sort(key=lambda path: (words.index(str(path[-1])), len(path)))
    return f"did you mean {' or '.join(repr((*at, *path)) for path in near[:3])}?" if near else None


def walk_names(net: Addressable) -> Iterator[Path]:
    """The paths of all nodes and arrays in a net."""
    for path, node in walk(net):
        yield from [path] if path else []
        yield from ((*path, name) for name in node.array_values)


def known_names(net: Addressable) -> list[Key]:
    """All names and positions that a step can have at this net, for messages."""
    own = [*net.nodes, *net.array_values, *net.parameters, *net.port_names, *net.state_names]
    return list(dict.fromkeys([*own, MULTIPLIERS] if net.has_multipliers else own))


def _numbered_key(net: Addressable, number: int, part: object, at: Path) -> Key:
    """The key of the node at a position, from 1 or from -1."""
    keys = list(net.nodes)
    if net.addressing == "names":
        fix = (
            f"use the name: {keys[number - 1 if number > 0 else number]!r}"
            if abs(number) <= len(keys)
            else None
        )
        raise part_error(
            "the vertices of this graph have names, not positions", part, at=at, known=keys, fix=fix
        )
    if net.addressing in ("operator", "layer"):
        what = "an operator" if net.addressing == "operator" else "a layer"
        raise part_error(f"{what} has no numbered parts", part, at=at, known=list(known_names(net)))
    if net.addressing == "numbers":
        keys = sorted(keys, key=int)
    if abs(number) > len(keys):
        raise part_error(
            f"there is no part {number}",
            part,
            at=at,
            known=list(keys),
            fix=f"the positions are 1 to {len(keys)}, or -1 to -{len(keys)}",
        )
    return keys[number - 1 if number > 0 else number]


def _span_keys(net: Addressable, span: Span, part: object, at: Path) -> list[Key]:
    """The keys of the nodes in a span, both ends included."""
    keys = list(net.nodes)
    if net.addressing not in ("positions", "both"):
        raise part_error("a span needs an ordered chain", part, at=at, known=keys)
    ends = []
    for end, default in ((span.start, 1), (span.end, len(keys))):
        if isinstance(end, Symbol):
            ends.append(default)
        elif isinstance(end, str):
            if end not in keys:
                raise part_error(
                    f"a span ends at {brief(end)}, which is no node",
                    part,
                    at=at,
                    known=keys,
                    fix=suggestion(end, [str(key) for key in keys]),
                )
            ends.append(keys.index(end) + 1)
        else:
            ends.append(
                keys.index(_numbered_key(net, int(end), part, at) if end else 0) + 1 if end else 0
            )
    first, last = ends
    if not 1 <= first <= last:
        raise part_error("a span selects no node", part, at=at, known=keys)
    return keys[first - 1 : last]


def find(net: Addressable, part: object) -> list[Place]:
    """All places a part selects, in the order of the net. Raises PartError when there is none.

    After a step that selects several nodes, the rest of the part is looked up in each of them, and
    one node that has it is enough. ANY or ALL as the last step selects the node that the steps
    before it lead to, as a whole.
    """
    sought = Sought()
    found = _descend(net, as_steps(part), part, (), sought)
    sought.check()
    return list(dict.fromkeys(found))


def _descend(
    net: Addressable, steps: tuple[Step, ...], part: object, at: Path, sought: Sought
) -> list[Place]:
    """The places that the steps left of a part lead to from a net, which stands at a path."""
    if not steps:
        return [Place(at, "node")]
    step, rest = steps[0], steps[1:]
    if not rest and isinstance(step, Symbol):
        return [Place(at, "node")]
    several = isinstance(step, MULTI)
    found: list[Place] = []
    refused: PartError | None = None
    places = select(net, step, part, at, sought)
    for place in places:
        try:
            found += _into(net, place, rest, part, at, sought)
        except PartError as error:
            if not several:
                raise
            refused = refused or error
    if not found:
        nowhere = _nowhere(net, places, rest[0], part, at) if rest else None
        raise (
            nowhere
            or refused
            or part_error(f"{step!r} finds nothing to go into", part, at=at, known=[])
        )
    return found


def _nowhere(
    net: Addressable, places: list[Place], step: object, part: object, at: Path
) -> PartError | None:
    """The error for a name that none of several nodes has, if one of them has a similar name.

    Similar names deeper inside are not suggested: this step looks only at the nodes themselves.
    """
    nodes = [net.nodes[place.path[0]] for place in places if place.kind == "node"]
    names = dict.fromkeys(str(name) for node in nodes for name in known_names(node))
    fix = None if step in names or len(nodes) < 2 else suggestion(step, names)
    what = f"there is no part {brief(step)} in any of {len(nodes)} nodes"
    return part_error(what, part, at=at, known=list(names), fix=fix) if fix else None


def _into(
    net: Addressable, place: Place, rest: tuple[Step, ...], part: object, at: Path, sought: Sought
) -> list[Place]:
    """The places that the rest of a part leads to from one place of a net."""
    path = (*at, *place.path)
    if place.kind == "node":
        return _descend(net.nodes[place.path[0]], rest, part, path, sought)
    if not rest:
        return [Place(path, place.kind)]
    if place.kind == "port" and len(rest) == 1 and isinstance(rest[0], str):
        _need_coder_parameter(net, str(place.path[0]), rest[0], part, path)
        return [Place((*path, rest[0]), "coder")]
    raise part_error(
        f"{place.kind} {brief(place.path[0])} has no parts of its own",
        part,
        at=path,
        fix=shadowed(net, place.path[0]) if place.kind == "port" else None,
    )


def _need_coder_parameter(net: Addressable, name: str, asked: str, part: object, at: Path) -> None:
    coder = net.ports[name].coder if name in net.ports else None
    if coder is None:
        what = f"port {brief(name)} has no coder, so no parts"
        raise part_error(what, part, at=at, fix=shadowed(net, name))
    if asked not in coder.parameters:
        known = list(coder.parameters)
        what = "a coder has no such parameter"
        raise part_error(what, part, at=at, known=known, fix=suggestion(asked, known))


def shadowed(net: Addressable, name: Key) -> str | None:
    """How to reach a node that a port of the same name hides; None if there is no such node."""
    if name not in net.nodes or name not in net.port_names:
        return None
    if net.addressing == "both":
        return f"the name means the port; the node is {list(net.nodes).index(name) + 1}"
    return "the name means the port; net_rename gives the node another one"
