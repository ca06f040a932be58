"""The part language: how every layer, array, parameter and port of a net is addressed.

One module for extraction, replacement, surgery, rules and error messages. It knows a net only by
what `Addressable` says, so it needs to know no layer.

Wolfram Language: NetExtract, NetReplacePart, Span, Alternatives, NetPort, NetSharedArray.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from wlnet.core.errors import Fault, PartError, fail
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import ALL, AUTOMATIC, Symbol

Key = int | str
Path = tuple[Key, ...]
Kind = Literal["node", "array", "parameter", "port", "coder", "multipliers"]
MULTIPLIERS = "LearningRateMultipliers"
ROOT = "the net itself"
"""How messages call the path ()."""


@dataclass(frozen=True, repr=False)
class Span:
    """The nodes of a chain from `start` to `end`, both included, counted from 1 or from -1, or
    named.

    >>> Span(1, 2), Span(3), Span("encode", -2)
    (Span(1, 2), Span(3), Span('encode', -2))

    Wolfram Language: ``m;;n``.
    """

    start: Key | Symbol = AUTOMATIC
    end: Key | Symbol = AUTOMATIC

    def __repr__(self) -> str:
        ends = [self.start] if self.end is AUTOMATIC else [self.start, self.end]
        return f"Span({', '.join(map(repr, ends))})"


@dataclass(frozen=True, init=False, repr=False)
class Alternatives:
    """Any of several steps.

    >>> Alternatives("a", "b")
    Alternatives('a', 'b')

    Wolfram Language: ``a | b``.
    """

    steps: tuple[Any, ...]

    def __init__(self, *steps: Any) -> None:
        object.__setattr__(self, "steps", tuple(steps))

    def __repr__(self) -> str:
        return f"Alternatives({', '.join(map(repr, self.steps))})"


@dataclass(frozen=True, init=False, repr=False)
class NetPort:
    """A port of a net, or of a part of it: `NetPort("Input")`, `NetPort("a", "Output")`.

    Wolfram Language: NetPort.
    """

    path: Path

    def __init__(self, *path: Any) -> None:
        if len(path) == 1 and isinstance(path[0], (tuple, list)):
            path = tuple(path[0])
        object.__setattr__(self, "path", tuple(path))

    def __repr__(self) -> str:
        return f"NetPort({', '.join(map(repr, self.path))})"


@dataclass(frozen=True, repr=False)
class NetSharedArray:
    """An array that several places of a net hold together, known by its name.

    >>> NetSharedArray("w") == NetSharedArray("w")
    True

    Wolfram Language: NetSharedArray (NetArray since 12.2).
    """

    name: Any

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name) and self.name is not ALL:
            what = "a shared array needs a name"
            raise fail(PartError, Fault(what, given=repr(self.name), fix='NetSharedArray("w")'))

    def __repr__(self) -> str:
        return f"NetSharedArray({self.name!r})"


class Addressable(Protocol):
    """What the part language sees of a net."""

    @property
    def nodes(self) -> Mapping[Key, Any]: ...
    @property
    def addressing(
        self,
    ) -> Literal["positions", "both", "numbers", "names", "operator", "layer"]: ...
    @property
    def array_values(self) -> Mapping[str, Any]: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def port_names(self) -> tuple[str, ...]: ...
    @property
    def has_multipliers(self) -> bool: ...


@dataclass(frozen=True)
class Place:
    """One place in a net: the path of keys to it, and what stands there."""

    path: Path
    kind: Kind


MULTI = (Span, Alternatives, Symbol)


def as_steps(part: Any) -> tuple[Any, ...]:
    """A part as a tuple of steps; raises PartError for what can be no step."""
    steps = tuple(part) if isinstance(part, (tuple, list)) else (part,)
    return tuple(_checked_step(step, part) for step in steps)


def _checked_step(step: Any, part: Any) -> Any:
    if isinstance(step, np.integer):
        step = int(step)
    if isinstance(step, slice):
        wrong = "a Python slice is not a part: parts count from 1 and spans hold both ends"
        raise _part_error(wrong, part, fix=_span_for(step))
    if isinstance(step, bool) or not isinstance(step, (int, str, Span, Alternatives, Symbol)):
        raise _part_error(
            f"{step!r} is not a step of a part",
            part,
            expected="a name, a position from 1 or from -1, Span, Alternatives, ALL, ANY, "
            "NetSharedArray alone, or a tuple of these",
        )
    if isinstance(step, Symbol) and step is AUTOMATIC:
        raise _part_error("AUTOMATIC is not a step of a part", part, fix="ANY means every part")
    if isinstance(step, int) and step == 0:
        raise _part_error(
            "there is no part 0: parts count from 1", part, fix="1 is the first, -1 the last"
        )
    if isinstance(step, Alternatives):
        if not step.steps:
            raise _part_error("Alternatives() needs at least one step", part)
        return Alternatives(*(_checked_step(each, part) for each in step.steps))
    if isinstance(step, Span):
        for end in (step.start, step.end):
            if isinstance(end, bool) or not (
                end in (AUTOMATIC, ALL) or isinstance(end, (int, str, np.integer))
            ):
                raise _part_error("a span ends at a position or a name", part, fix="Span(1, 2)")
    return step


def _span_for(given: slice) -> str:
    start = 1 if given.start is None else given.start
    if isinstance(start, int) and given.start is not None and start >= 0:
        start += 1
    ends = repr(start) if given.stop is None else f"{start!r}, {given.stop!r}"
    return f"Span({ends}) is {given.start}:{given.stop} of Python"


def _part_error(
    what: str,
    part: Any,
    *,
    at: Path | None = None,
    known: list[Any] | None = None,
    expected: str | None = None,
    fix: str | None = None,
) -> PartError:
    where = None if at is None else path_text(at) or ROOT
    fault = Fault(what, at=where, given=repr(part), expected=expected, known=known, fix=fix)
    return fail(PartError, fault)


def path_text(path: Path) -> str:
    """
    >>> path_text(("encode", 2, "Weights"))
    'encode/2/Weights'
    """
    return "/".join(map(str, path))


class Sought:
    """Which of several alternatives were found so far.

    After a step that selects several nodes an alternative need not be in each of them, but each
    must be in one.
    """

    def __init__(self) -> None:
        self.found: set[tuple[Any, Any]] = set()
        self.refused: dict[tuple[Any, Any], PartError] = {}

    def check(self) -> None:
        """Raise the PartError of an alternative that was found nowhere."""
        for key, error in self.refused.items():
            if key not in self.found:
                raise error


def select(
    net: Addressable, step: Any, part: Any, at: Path = (), sought: Sought | None = None
) -> list[Place]:
    """The places one step leads to, in the order of the net. Raises PartError when there is none.

    Of Alternatives those that are there; without `sought` all of them have to be.
    """
    keys = list(net.nodes)
    if isinstance(step, Symbol):
        if net.addressing == "operator":
            raise _part_error(f"{step!r} needs numbered or named nodes", part, at=at, known=keys)
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
    net: Addressable, step: Alternatives, part: Any, at: Path, sought: Sought | None
) -> list[Place]:
    ledger = sought or Sought()
    found: list[Place] = []
    refused: list[PartError] = []
    for each in step.steps:
        # The same alternative at another depth of the part is another question.
        question = (len(at), each)
        try:
            found += select(net, each, part, at, ledger)
            ledger.found.add(question)
        except PartError as error:
            ledger.refused.setdefault(question, error)
            refused.append(error)
    if refused and (sought is None or not found):
        raise refused[0]
    order = {key: i for i, key in enumerate([*net.array_values, *net.nodes])}
    return sorted(dict.fromkeys(found), key=lambda place: order.get(place.path[0], -1))


def _named(net: Addressable, name: str, part: Any, at: Path) -> Place:
    # Inputs and outputs first, then parameters, arrays and nodes, as NetExtract searches.
    if name in net.port_names:
        return Place((name,), "port")
    if name in net.parameters:
        return Place((name,), "parameter")
    if name in net.array_values:
        return Place((name,), "array")
    if name in net.nodes:
        return Place((name,), "node")
    if name == MULTIPLIERS and net.has_multipliers:
        return Place((name,), "multipliers")
    if net.addressing == "numbers" and name.isdecimal() and int(name) in net.nodes:
        return Place((int(name),), "node")
    names = known_names(net)
    raise _part_error(
        f"there is no part {name!r}",
        part,
        at=at,
        known=names,
        fix=_meant(net, name, names) or _elsewhere(net, name, at),
    )


def _meant(net: Addressable, name: str, names: list[Key]) -> str | None:
    if name == MULTIPLIERS:
        return "a layer without arrays has no such option"
    if name.isdecimal() and int(name) in net.nodes:
        return f"{int(name)}, without quotes, is the position"
    return suggestion(name, [word for word in names if isinstance(word, str)])


def _elsewhere(net: Addressable, name: str, at: Path) -> str | None:
    """The full paths below a net that end in a name like the one asked for."""
    ends = [path for path in walk_names(net) if len(path) > 1]
    near = [path for path in ends if suggestion(name, [str(path[-1])])]
    near.sort(key=lambda path: (str(path[-1]) != name, len(path)))
    return f"did you mean {' or '.join(repr((*at, *path)) for path in near[:3])}?" if near else None


def walk_names(net: Addressable, at: Path = ()) -> Iterator[Path]:
    """The paths of all nodes and arrays of a net."""
    for name in net.array_values:
        yield (*at, name)
    for key, node in net.nodes.items():
        yield (*at, key)
        yield from walk_names(node, (*at, key))


def known_names(net: Addressable) -> list[Key]:
    """What a name or position could have been at this net, for messages."""
    own = [*net.nodes, *net.array_values, *net.parameters, *net.port_names]
    return list(dict.fromkeys([*own, MULTIPLIERS] if net.has_multipliers else own))


def _numbered_key(net: Addressable, number: int, part: Any, at: Path) -> Key:
    keys = list(net.nodes)
    if net.addressing == "names":
        fix = (
            f"use the name: {keys[number - 1 if number > 0 else number]!r}"
            if abs(number) <= len(keys)
            else None
        )
        raise _part_error(
            "the vertices of this graph have names, not positions", part, at=at, known=keys, fix=fix
        )
    if net.addressing in ("operator", "layer"):
        what = "an operator" if net.addressing == "operator" else "a layer"
        raise _part_error(
            f"{what} has no numbered parts", part, at=at, known=list(known_names(net))
        )
    if net.addressing == "numbers":
        keys = sorted(keys, key=int)
    if abs(number) > len(keys):
        raise _part_error(
            f"there is no part {number}",
            part,
            at=at,
            known=list(keys),
            fix=f"the positions are 1 to {len(keys)}, or -1 to -{len(keys)}",
        )
    return keys[number - 1 if number > 0 else number]


def _span_keys(net: Addressable, span: Span, part: Any, at: Path) -> list[Key]:
    keys = list(net.nodes)
    if net.addressing not in ("positions", "both"):
        raise _part_error("a span needs an ordered chain", part, at=at, known=keys)
    ends = []
    for end, default in ((span.start, 1), (span.end, len(keys))):
        if isinstance(end, Symbol):
            ends.append(default)
        elif isinstance(end, str):
            if end not in keys:
                raise _part_error(
                    f"a span ends at {end!r}, which is no node",
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
        raise _part_error("a span selects no node", part, at=at, known=keys)
    return keys[first - 1 : last]


def find(net: Addressable, part: Any) -> list[Place]:
    """All places a part selects, in the order of the net. Raises PartError when there is none.

    After a step that selects several nodes the rest of the part is applied wherever it resolves; it
    is an error only when it resolves in none. A last ANY or ALL selects whatever is there.
    """
    sought = Sought()
    found = _descend(net, as_steps(part), part, (), sought)
    sought.check()
    return list(dict.fromkeys(found))


def _descend(
    net: Addressable, steps: tuple[Any, ...], part: Any, at: Path, sought: Sought
) -> list[Place]:
    if not steps:
        return [Place(at, "node")]
    step, rest = steps[0], steps[1:]
    if not rest and isinstance(step, Symbol):
        return [Place(at, "node")]
    several = isinstance(step, MULTI)
    found: list[Place] = []
    refused: PartError | None = None
    for place in select(net, step, part, at, sought):
        try:
            found += _into(net, place, rest, part, at, sought)
        except PartError as error:
            if not several:
                raise
            refused = refused or error
    if not found:
        raise refused or _part_error(f"{step!r} finds nothing to go into", part, at=at, known=[])
    return found


def _into(
    net: Addressable, place: Place, rest: tuple[Any, ...], part: Any, at: Path, sought: Sought
) -> list[Place]:
    path = (*at, *place.path)
    if place.kind == "node":
        return _descend(net.nodes[place.path[0]], rest, part, path, sought)
    if not rest:
        return [Place(path, place.kind)]
    if place.kind == "port" and len(rest) == 1 and isinstance(rest[0], str):
        return [Place((*path, rest[0]), "coder")]
    raise _part_error(f"{place.kind} {place.path[0]!r} has no parts of its own", part, at=path)


def node_at(net: Any, path: Path) -> Any:
    """The node at a path of keys that is known to exist."""
    for key in path:
        net = net.nodes[key]
    return net
