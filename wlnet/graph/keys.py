"""Names of what a graph and its program have besides ports and arrays: each kind a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey


@dataclass(frozen=True)
class GradientKey:
    """The gradient by an array: an output."""

    array: ArrayKey


@dataclass(frozen=True)
class PortGradientKey:
    """The gradient by what flows at a port, of the net (path ()) or of a part: an output."""

    path: Path
    name: str


@dataclass(frozen=True)
class StateKey:
    """The i-th array that a method keeps beside one that learns, counted from 0."""

    array: ArrayKey
    number: int


@dataclass(frozen=True)
class KeptStateKey:
    """A state of a part that is kept between runs: as an input what it begins with, as an output
    what it ends with."""

    path: Path
    name: str


@dataclass(frozen=True)
class PrefixKey:
    """The i-th value that is kept of the frozen prefix: an output of it, an input of the rest."""

    number: int


@dataclass(frozen=True)
class GradientSquaresKey:
    """The sum of the squares of the gradient by an array, before any clipping: a row of a table."""

    array: ArrayKey


@dataclass(frozen=True)
class NewKey:
    """The new value of a running statistic, where another program takes it over."""

    array: ArrayKey


class BodyKey(NamedTuple):
    """What goes in and out of the body of a scan: its kind, and its number among these."""

    kind: str
    number: int


SourceKey = GradientKey | PortGradientKey
"""A gradient that is asked for, by what it is taken by."""
OutputKey = str | tuple[Path, str] | SourceKey | KeptStateKey | PrefixKey | BodyKey
"""A port of the net, or of a part; or something else that is asked for."""
SlotKey = ArrayKey | StateKey
"""An array that a program is given."""
