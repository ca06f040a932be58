"""Pictures that were put in a row: the order in which their numbers stand is the framework's.

What follows a FlattenLayer has a number for each place and channel. Where channels come first (as
in PyTorch, and here unless a layer is interleaving) they stand channel after channel, where they
come last (Keras) place after place. `pictures_of` follows through a net where channels stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.shapes import Partial, is_known
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import End, links
from wlnet.nets.container import as_container
from wlnet.nets.edges import topological
from wlnet.nets.inference import Solution, inference

FIRST, LAST, SAME, OPEN, MIXED = "first", "last", "same", "open", "mixed"
"""Where the channels of an array stand. SAME: as in every framework, such as the features of the
elements of a sequence. OPEN: nothing tells it. MIXED: levels were exchanged or
joined in a way that is not followed."""
_INTERLEAVING = "Interleaving"
_SEQUENCES = frozenset({"EmbeddingLayer", "BasicRecurrentLayer", "GatedRecurrentLayer",
                        "LongShortTermMemoryLayer"})  # fmt: skip
"""Layers whose features come last in all frameworks."""
CONVOLUTIONS = frozenset({"ConvolutionLayer", "DeconvolutionLayer"})
"""Layers that make new channels."""
EACH_BY_ITSELF = frozenset({"ElementwiseLayer", "DropoutLayer", "ParametricRampLayer",
    "SoftmaxLayer", "NormalizationLayer", "ConstantTimesLayer", "ConstantPlusLayer",
    "BatchNormalizationLayer", "TotalLayer", "ThreadingLayer"})  # fmt: skip
"""Layers that leave every number where it is."""
_SAME_LEVELS = frozenset({"CatenateLayer", "PaddingLayer", "PartLayer", "SequenceRestLayer",
    "SequenceMostLayer", "SequenceReverseLayer", "AppendLayer", "PrependLayer"})  # fmt: skip
"""Layers that leave the levels of an array in their order."""
_FEWER_LEVELS = frozenset({"AggregationLayer", "SequenceLastLayer", "PartLayer", "SummationLayer"})
"""Layers that leave out levels and keep the others in their order."""


@dataclass(frozen=True)
class Run:
    """Numbers of one array in a row. shape: of the array; channels: where they stood in it."""

    shape: Partial
    channels: str

    @property
    def has_one_order(self) -> bool:
        """Whether it is the same wherever channels stand, first or last."""
        if self.channels == MIXED or not is_known(self.shape):
            return False
        channels = self.shape[-1 if self.channels == LAST else 0] if self.shape else 1
        return self.channels == SAME or channels in (1, math.prod(self.shape))

    def order(self, channels_last: bool) -> Array:
        """For each number of the row, where it stands in the file."""
        assert is_known(self.shape)
        numbers = np.arange(math.prod(self.shape))
        if self.has_one_order or self.channels == OPEN or (self.channels == LAST) == channels_last:
            return numbers
        if channels_last:
            return np.moveaxis(numbers.reshape(*self.shape[1:], self.shape[0]), -1, 0).ravel()
        return np.moveaxis(numbers.reshape(self.shape[-1], *self.shape[:-1]), 0, -1).ravel()


@dataclass(frozen=True)
class Picture:
    """What was put in a row: the numbers of one array, or of several one behind the other."""

    runs: tuple[Run, ...]

    @property
    def size(self) -> int | None:
        sizes = [math.prod(run.shape) for run in self.runs if is_known(run.shape)]
        return sum(sizes) if len(sizes) == len(self.runs) else None

    def doubts(self, channels_last: bool) -> list[Run]:
        """The runs of which nothing tells the order. Where channels come first in the file, as they
        do here, what nothing is known of stands as it does here."""
        return [
            run
            for run in self.runs
            if run.channels == MIXED
            or ((run.shape is None or not is_known(run.shape)) and run.channels not in (SAME, LAST))
            or (run.channels == OPEN and channels_last and not run.has_one_order)
        ] if channels_last else []  # fmt: skip

    def matters(self, channels_last: bool) -> bool:
        """Whether the order is another where channels stand as in a file."""
        if self.size is None or self.doubts(channels_last):
            return False
        order = self._order(channels_last)
        return not np.array_equal(order, np.arange(len(order)))

    def _order(self, channels_last: bool) -> Array:
        found, start = [], 0
        for run in self.runs:
            found.append(run.order(channels_last) + start)
            start += len(found[-1])
        return np.concatenate(found)

    def turned(self, array: Array, channels_last: bool, *, back: bool = False) -> Array:
        """The last level of an array, in the order of the net; it came in that of the file. back:
        the other way round."""
        order = self._order(channels_last)
        return np.ascontiguousarray(array[..., np.argsort(order) if back else order])

    def as_pictures(self) -> Picture:
        """The same, where arrays of three levels and more are pictures, of which nothing else is
        told: their channels come first."""
        return Picture(tuple(
            replace(run, channels=FIRST)
            if run.channels == OPEN and run.shape is not None and len(run.shape) > 2 else run
            for run in self.runs
        ))  # fmt: skip


Lie = str | Picture
"""Where the channels of an array stand, or what a row is."""


def _row(shape: Partial, channels: str) -> Picture:
    return Picture((Run(shape, channels),))


def pictures_of(net: Net) -> dict[Path, Picture]:
    """The layers whose input is an array that was put in a row."""
    found: dict[Path, Picture] = {}
    _followed(net, (), dict.fromkeys(net.input_names, OPEN), inference(net), found)
    return found


def _followed(
    net: Net, at: Path, given: Mapping[str, Lie], solution: Solution, found: dict[Path, Picture]
) -> dict[str, Lie]:
    """What comes out of a net, by port; the layers in it are noted."""
    given = {name: _coded(net, name, lie) for name, lie in given.items()}
    if isinstance(net, Layer):
        names = sorted(given, key=int) if net.is_variadic else list(given)
        shapes = [_shape(solution, at, name) for name in names]
        lies = [given[name] for name in names]
        _note(net, at, lies, shapes, found)
        made = {}
        for name in (*net.output_names, *net.state_names):
            made[name] = _through(net, lies, shapes, _shape(solution, at, name))
        return made
    if as_container(net).repeats is not None:
        # What comes in is what came out before, too.
        given = {name: MIXED if _is_turned(lie) else lie for name, lie in given.items()}
    held: dict[End, Lie] = {(None, name): lie for name, lie in given.items()}
    into: dict[Key | None, list[tuple[str, End]]] = {}
    for e in links(net):
        into.setdefault(e.target, []).append((e.target_port, (e.source, e.source_port)))
    own = [e for e in links(net) if e.source is not None and e.target is not None]
    repeats = as_container(net).in_order is not None

    def arriving(end: End, path: Path, name: str) -> Lie:
        key, port = end
        source = _shape(solution, at if key is None else (*at, key), port)
        return _across(held.get(end, OPEN), source, _shape(solution, path, name))

    for key in list(net.nodes) if repeats else topological(net.nodes, own):
        node = net.nodes[key]
        inner: dict[str, Lie] = dict.fromkeys((*node.input_names, *node.state_names), OPEN)
        for port, source in into.get(key, ()):
            inner[port] = arriving(source, (*at, key), port)
        if node.is_variadic and key in into:
            inner = {port: inner[port] for port, _ in into[key]}
        for port, lie in _followed(node, (*at, key), inner, solution, found).items():
            held[key, port] = lie
    return {port: arriving(source, at, port) for port, source in into.get(None, ())}


def _shape(solution: Solution, path: Path, name: str) -> Partial:
    wire = solution.ports.get((path, name))
    return None if wire is None else wire.shape


def _coded(net: Net, name: str, lie: Lie) -> Lie:
    """What an encoder of a port tells."""
    port = net.ports.get(name)
    coder = None if port is None else port.coder
    return FIRST if coder is not None and getattr(coder, "kind", None) == "Image" else lie


def _across(lie: Lie, source: Partial, target: Partial) -> Lie:
    """What becomes of an array at the edge of an operator: one element of it, or all of them."""
    if source is None or target is None or len(source) == len(target):
        return lie
    if len(target) < len(source):
        if lie in (LAST, SAME, OPEN):
            return lie if len(target) > 1 else _row(target, SAME)
        return MIXED if len(target) > 1 else _row(target, MIXED)
    if lie in (LAST, SAME, OPEN):
        return lie
    if isinstance(lie, Picture) and _is_plain(lie):
        return SAME
    return MIXED


def _is_plain(row: Picture) -> bool:
    return all(run.channels == SAME or run.has_one_order for run in row.runs)


def _is_turned(lie: Lie) -> bool:
    return isinstance(lie, Picture) and not _is_plain(lie)


def _as_row(lie: Lie, shape: Partial) -> Picture:
    """An array in a row."""
    if isinstance(lie, Picture):
        return lie
    if shape is not None and len(shape) < 2 and lie != MIXED:
        return _row(shape, SAME)
    return _row(shape, lie)


def _note(
    layer: Layer, at: Path, lies: Sequence[Lie], shapes: Sequence[Partial],
    found: dict[Path, Picture],
) -> None:  # fmt: skip
    """Note a layer whose arrays go by the order of what comes in."""
    if not lies:
        return
    lie, shape = lies[0], shapes[0]
    is_row = shape is not None and len(shape) == 1
    if (layer.kind == "LinearLayer" and (shape is not None or lie != OPEN)) or (
        is_row and (layer.kind in EACH_BY_ITSELF or isinstance(lie, Picture))
    ):
        picture = _as_row(lie, shape)
    elif lie == MIXED and layer.kind in _SEQUENCES:
        picture = _row(shape, MIXED)
    else:
        return
    if not _is_plain(picture):
        found[at] = picture


def _through(layer: Layer, lies: Sequence[Lie], shapes: Sequence[Partial], made: Partial) -> Lie:
    """What a layer makes of what comes in."""
    kind, rank = layer.kind, None if made is None else len(made)
    if kind in ("FlattenLayer", "ReshapeLayer") and rank == 1:
        exchanges = isinstance(layer.parameters.get("Level"), tuple)
        return _row(made, MIXED) if exchanges else _as_row(lies[0], shapes[0])
    if rank is not None and rank < 2:
        return _as_row(_row_through(kind, lies, shapes, made), made)
    if kind == "LinearLayer" or not lies:
        return OPEN
    if kind in _SEQUENCES:
        return SAME
    if _INTERLEAVING in layer.parameters:
        told = LAST if layer.parameters[_INTERLEAVING] else FIRST
        return told if kind in CONVOLUTIONS else _agreed([told, *lies])
    if kind in EACH_BY_ITSELF | _SAME_LEVELS:
        same = [
            lie for lie, shape in zip(lies, shapes, strict=True)
            if rank is None or shape is None or len(shape) == rank
        ]  # fmt: skip
        return _agreed(same)
    if kind == "TransposeLayer" and rank == 2:
        return {FIRST: SAME, OPEN: OPEN}.get(str(lies[0]), MIXED)
    return MIXED


def _row_through(kind: str, lies: Sequence[Lie], shapes: Sequence[Partial], made: Partial) -> Lie:
    """What a layer makes that gives a row."""
    rows = [
        _as_row(lie, shape)
        for lie, shape in zip(lies, shapes, strict=True)
        if shape is None or len(shape) == 1
    ]
    if kind in _SEQUENCES | {"LinearLayer"} or not lies:
        return SAME
    if kind == "CatenateLayer" and rows:
        return Picture(tuple(run for row in rows for run in row.runs))
    if kind in EACH_BY_ITSELF and rows:
        return rows[0] if all(row == rows[0] for row in rows) else _plain_or_mixed(rows, made)
    if rows:
        return _plain_or_mixed(rows, made)
    return SAME if kind in _FEWER_LEVELS and MIXED not in lies else MIXED


def _plain_or_mixed(rows: Sequence[Picture], made: Partial) -> Lie:
    return _row(made, SAME if all(map(_is_plain, rows)) else MIXED)


def _agreed(lies: Sequence[Lie]) -> str:
    """Where the channels of several arrays stand that are put together."""
    told = {MIXED if isinstance(lie, Picture) else lie for lie in lies} - {OPEN}
    return OPEN if not told else told.pop() if len(told) == 1 else MIXED
