"""The part language: how every layer, array, parameter and port of a net is addressed.

Here are its words, finding.py looks them up: one language for extraction, replacement, surgery,
rules and error messages. It knows a net only by what `Addressable` says, so it needs to know no
layer.

Wolfram Language: NetExtract, NetReplacePart, Span, Alternatives, NetPort, NetSharedArray.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from wlnet.core.errors import Fault, PartError, brief, fail
from wlnet.core.ports import PortType
from wlnet.core.scalars import scalar
from wlnet.core.symbols import ALL, AUTOMATIC, Symbol

Key = int | str
Path = tuple[Key, ...]
Addressing = Literal["positions", "both", "numbers", "names", "operator", "layer"]
"""How the nodes of a net are addressed."""
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
        return f"Span({', '.join(map(_step_text, ends))})"


@dataclass(frozen=True, init=False, repr=False)
class Alternatives:
    """Any of several steps.

    >>> Alternatives("a", "b")
    Alternatives('a', 'b')

    Wolfram Language: ``a | b``.
    """

    steps: tuple[Any, ...]

    def __init__(self, *steps: object) -> None:
        object.__setattr__(self, "steps", tuple(steps))

    def __repr__(self) -> str:
        return f"Alternatives({', '.join(map(_step_text, self.steps))})"


@dataclass(frozen=True, init=False, repr=False)
class NetPort:
    """A port of a net, or of a part of it: `NetPort("Input")`, `NetPort("a", "Output")`.

    Wolfram Language: NetPort.
    """

    path: Path

    def __init__(self, *path: object) -> None:
        what = "the name of a port nor a step to it"
        steps = _port_steps(path, "NetPort", what, 'NetPort("a", "Output")')
        object.__setattr__(self, "path", steps)

    def __repr__(self) -> str:
        return f"NetPort({', '.join(map(repr, self.path))})"


def _port_steps(path: tuple[object, ...], at: str, what: str, fix: str) -> tuple[Any, ...]:
    """The steps to a port or an array. Raises PartError for what can be none."""
    if len(path) == 1 and isinstance(path[0], (tuple, list)):
        path = tuple(path[0])
    steps = tuple(map(scalar, path))
    for step in steps:
        if isinstance(step, bool) or not isinstance(step, (str, int, Span, Alternatives, Symbol)):
            raise fail(PartError, Fault(f"{brief(step)} is neither {what}", at=at, fix=fix))
    return steps


@dataclass(frozen=True, repr=False)
class NetSharedArray:
    """An array that several places of a net hold together, known by its name.

    >>> NetSharedArray("w") == NetSharedArray("w")
    True

    Wolfram Language: NetSharedArray; since 12.2 NetArray, which is here too.
    """

    name: Any

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name) and self.name is not ALL:
            what = "a shared array needs a name"
            raise fail(PartError, Fault(what, given=brief(self.name), fix='NetSharedArray("w")'))

    def __repr__(self) -> str:
        return f"NetSharedArray({self.name!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(vars(self).values())


@dataclass(frozen=True, init=False, repr=False)
class NetPortGradient:
    """The gradient of a net's output by what flows at a port, or by an array: it is asked for, as
    a NetPort is.

    >>> NetPortGradient("Input"), NetPortGradient("a", "Weights")
    (NetPortGradient('Input'), NetPortGradient('a', 'Weights'))

    What is differentiated is the sum of all numbers of all outputs of the net, as they are before
    decoders; where the output is one number it is the gradient of that. The port is an input of the
    net, or a port of a part of it: an input port of a part means what that part alone is given, and
    what lies in a NetNestOperator is that of its last iteration. Its gradient has the shape of what
    flows there, behind an encoder: that of the encoded array. NetSharedArray("w"), or any place
    that holds it, is the array with all that it does; rates do not matter.

    Of a batch a port has a gradient an example, an array that of the sum over the batch. With
    net_evaluation_mode="Train" examples may meet, and then the outputs of all are summed that run
    together: batch_size says how many.

    Wolfram Language: NetPortGradient.
    """

    path: tuple[Any, ...]

    def __init__(self, *path: object) -> None:
        (first, *_) = (*path, None)
        steps: Any
        if len(path) == 1 and isinstance(first, NetSharedArray):
            steps = (first,)
        elif len(path) == 1 and isinstance(first, NetPort):
            steps = first.path
        else:
            what = "the name of a port or an array nor a step to it"
            fix = 'NetPortGradient("a", "Weights")'
            steps = _port_steps(path, "NetPortGradient", what, fix)
        object.__setattr__(self, "path", steps)

    def __repr__(self) -> str:
        return f"NetPortGradient({', '.join(map(repr, self.path))})"


def _step_text(step: object) -> str:
    """A step as it is written; what is none, and may be anything, in short."""
    steps = (str, int, Symbol, Span, Alternatives, NetSharedArray)
    return repr(step) if isinstance(step, steps) else brief(step)


def key_text(key: object) -> str:
    """
    >>> key_text((1, "Weights")), key_text(NetSharedArray("w"))
    ('1/Weights', "NetSharedArray('w')")
    """
    return path_text(key) if isinstance(key, tuple) else repr(key)


Step = Key | Span | Alternatives | Symbol
"""One step of a part."""


class Addressable(Protocol):
    """What the part language sees of a net."""

    @property
    def nodes(self) -> Mapping[Key, Addressable]: ...
    @property
    def addressing(self) -> Addressing: ...
    @property
    def array_values(self) -> Mapping[str, object]: ...
    @property
    def parameters(self) -> Mapping[str, object]: ...
    @property
    def port_names(self) -> tuple[str, ...]: ...
    @property
    def state_names(self) -> tuple[str, ...]: ...
    @property
    def ports(self) -> Mapping[str, PortType]: ...
    @property
    def has_multipliers(self) -> bool: ...


@dataclass(frozen=True)
class Place:
    """One place in a net: the path of keys to it, and what stands there."""

    path: Path
    kind: Kind


MULTI = (Span, Alternatives, Symbol)


def is_under(path: Path, above: Path) -> bool:
    """Whether a path leads to what stands at another one, or into it."""
    return path[: len(above)] == above


def as_steps(part: object) -> tuple[Step, ...]:
    """A part as a tuple of steps; raises PartError for what can be no step."""
    steps = tuple(part) if isinstance(part, (tuple, list)) else (part,)
    return tuple(_checked_step(step, part) for step in steps)


def _checked_step(given: object, part: object) -> Step:
    step = scalar(given)
    if isinstance(step, slice):
        wrong = "a Python slice is not a part: parts count from 1 and spans hold both ends"
        raise part_error(wrong, part, fix=_span_for(step))
    if isinstance(step, bool) or not isinstance(step, (int, str, Span, Alternatives, Symbol)):
        raise part_error(
            f"{brief(step)} is not a step of a part",
            part,
            expected="a name, a position from 1 or from -1, Span, Alternatives, ALL, ANY, "
            "NetSharedArray alone, or a tuple of these",
        )
    if isinstance(step, Symbol) and step is AUTOMATIC:
        raise part_error("AUTOMATIC is not a step of a part", part, fix="ANY means every part")
    if isinstance(step, int) and step == 0:
        raise part_error(
            "there is no part 0: parts count from 1", part, fix="1 is the first, -1 the last"
        )
    if isinstance(step, Alternatives):
        if not step.steps:
            raise part_error("Alternatives() needs at least one step", part)
        return Alternatives(*(_checked_step(each, part) for each in step.steps))
    if isinstance(step, Span):
        for end in (step.start, step.end):
            if isinstance(end, bool) or not (
                end is AUTOMATIC or end is ALL or isinstance(end, (int, str, np.integer))
            ):
                raise part_error("a span ends at a position or a name", part, fix="Span(1, 2)")
    checked: Step = step
    return checked


def _span_for(given: slice) -> str:
    start = 1 if given.start is None else given.start
    if isinstance(start, int) and given.start is not None and start >= 0:
        start += 1
    ends = repr(start) if given.stop is None else f"{start!r}, {given.stop!r}"
    return f"Span({ends}) is {given.start}:{given.stop} of Python"


def part_error(
    what: str,
    part: object,
    *,
    at: Path | None = None,
    known: Sequence[object] | None = None,
    expected: str | None = None,
    fix: str | None = None,
) -> PartError:
    """The error about a part, worded; at: the path of the net where the search ended."""
    where = None if at is None else path_text(at) or ROOT
    fault = Fault(what, at=where, given=brief(part), expected=expected, known=known, fix=fix)
    return fail(PartError, fault)


def path_text(path: Path) -> str:
    """
    >>> path_text(("encode", 2, "Weights"))
    'encode/2/Weights'
    """
    return "/".join(map(str, path))
