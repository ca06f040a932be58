"""The net that is being written: its vertices and edges, before they become a NetGraph."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.flatten import FlattenLayer
from wlnet.layers.function import FunctionLayer
from wlnet.layers.net_array import NetArrayLayer
from wlnet.layers.reshape import ReshapeLayer
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.names import Path, is_made_up, path_of, words
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.values import Fixed, Flow, Given, Sizes, count_of, open_size

End = tuple[int | None, str | None]
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass
class Vertex:
    """A part of the net to come: a layer, or what makes one; edges that lead to it, by port.

    path: what it is called; own: that of its node, where the other one is taken. arrays: the
    initializers that it holds. resting: its arrays that do not learn.
    """

    path: Path
    own: Path
    label: str
    layer: Any
    edges: list[tuple[End, str | None]] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)
    resting: list[str] = field(default_factory=list)


@dataclass
class Index:
    """An input of integers that is taken as a place in a table of so many rows.

    least: the number of the first row.
    """

    classes: int
    least: int
    depth: int


class Writing:
    """What a net is written into, node by node."""

    def __init__(self) -> None:
        self.vertices: dict[int, Vertex] = {}
        self.values: dict[str, Any] = {}
        self.uses: Counter[str] = Counter()
        self.fixed_batch: int | None = None
        self.labels: list[Any] | None = None
        self.places: dict[End, Flow] = {}
        self.node: Node | None = None
        self.indices: dict[str, Index] = {}
        self.guards: dict[End, Flow] = {}
        self.guarded: dict[str, int] = {}
        self._arrays: dict[tuple[Any, ...], Flow] = {}
        self._shaped: dict[tuple[Any, ...], End] = {}

    # What rows write

    def layer(self, layer: Any, *flows: Flow, ports: Sequence[str] | None = None,
              arrays: Mapping[str, Given | None] = EMPTY,
              path: Path | None = None) -> End:  # fmt: skip
        """Put a layer behind some values, which are its inputs in their order.

        ports: names of its inputs, where it has several. arrays: what it holds, by their names in
        the layer, and what it is called after: the first that has a name.
        """
        held = {name: given for name, given in arrays.items() if isinstance(given, Fixed)}
        names = [given.name for given in held.values()]
        assert self.node is not None
        called, label = path_of(self.node, names)
        own = path_of(self.node, [])[0]
        vertex = Vertex(path or called, path or own, label, layer)
        vertex.arrays = [name for name in names if name]
        vertex.resting = [name for name, given in held.items()
                          if given.rests and not name.startswith("Moving")]  # fmt: skip
        ends = [self.end(flow) for flow in flows]
        into: list[str | None] = [None] * len(flows) if ports is None else list(ports)
        vertex.edges = list(zip(ends, into, strict=True))
        token = len(self.vertices)
        self.vertices[token] = vertex
        return token, None

    def same(self, layer: Any, flow: Flow, *,
             arrays: Mapping[str, Given | None] = EMPTY) -> Flow:  # fmt: skip
        """A layer whose output has the shape of its input."""
        flow = self.real(flow)
        return flow.like(self.layer(layer, flow, arrays=arrays))

    def shaped(self, end: End, like: Flow, sizes: Sequence[int | None], *, kind: str = "Real",
               made: Sizes | None = None) -> Flow:  # fmt: skip
        """What comes out of an end, with other sizes and the batch where it was; made: its shape,
        where that is another one."""
        flow = replace(like, end=end, sizes=tuple(sizes), kind=kind, shift=0)
        return replace(flow, made=flow.shape if made is None else made)

    def function(self, function: Callable[..., Any], *flows: Flow, like: Flow,
                 sizes: Sequence[int | None] | None = None, batch: Any = ...,
                 arrays: Mapping[str, Given | None] = EMPTY) -> Flow:  # fmt: skip
        """A function of the arrays of one example, in NumPy, as a FunctionLayer.

        like: whose batch and sizes the result has; sizes, batch: others.
        """
        flows = tuple(self._usable(flow) for flow in flows)
        names = list(string.ascii_uppercase[: len(flows)])
        specs = [_spec(flow) for flow in flows]
        if len(flows) == 1:
            names = ["Input"]
            layer = FunctionLayer(lambda a: function(a), ports={"Input": specs[0]})
        elif len(flows) == 2:
            layer = FunctionLayer(lambda a, b: function(a, b), ports=_told(names, specs))
        elif len(flows) == 3:
            layer = FunctionLayer(lambda a, b, c: function(a, b, c), ports=_told(names, specs))
        else:
            raise Misfit(f"a function of {len(flows)} values")
        kind = next(iter(layer.function.output_kinds.values()))
        end = self.layer(layer, *flows, ports=names if len(flows) > 1 else None, arrays=arrays)
        result = replace(
            like,
            end=end,
            sizes=like.sizes if sizes is None else tuple(sizes),
            batch=like.batch if batch is ... else batch,
            kind=kind,
            shift=0,
        )
        return replace(result, made=result.shape)

    def array(self, given: Fixed, shape: Sizes, like: Flow) -> Flow:
        """A known array as a source, of the shape that one example has of it."""
        if given.array.dtype.kind not in "fiub":
            raise Misfit(f"an array of {given.array.dtype}")
        key = (given.name or id(given.array), shape, given.learns)
        if key not in self._arrays:
            array = np.asarray(given.array, dtype=np.float32 if given.array.dtype != np.float64
                               else np.float64).reshape(shape)  # fmt: skip
            rate: Any = {} if given.learns else {"learning_rate_multipliers": None}
            named = given.name and not is_made_up(given.name)
            assert self.node is not None
            own, label = path_of(self.node, [])
            path = words(given.name or "") if named else (*own[:-1], f"{label}_array")
            end = self.layer(NetArrayLayer(array=array, **rate), path=path or ("array",))
            self._arrays[key] = Flow(end, shape, shape, None)
        return self._arrays[key]

    def path(self, names: Sequence[str | None]) -> Path:
        """What a part is called that has these arrays."""
        assert self.node is not None
        return path_of(self.node, names)[0]

    def is_read_once(self, flow: Flow) -> bool:
        """Whether nobody but the node under way reads what comes out of an end."""
        names = [
            name for name, value in self.values.items()
            if isinstance(value, Flow) and value.end == flow.end
        ]  # fmt: skip
        # A node that gives the same under another name is no reader.
        return sum(self.uses[name] for name in names) == len(names)

    # What values are

    def real(self, flow: Flow) -> Flow:
        """A value of numbers, whatever it was."""
        if flow.kind == "Real":
            return flow
        if flow.kind == "Label":
            raise Misfit("a name of a class, which only a decoder has")
        if flow.kind == "Whole":
            shift, flow = flow.shift, replace(flow, kind="Real", shift=0)
            return self.function(lambda a: a + shift, flow, like=flow) if shift else flow
        if flow.kind == "Boolean":
            return self.function(lambda a: np.where(a, 1.0, 0.0), flow, like=flow)
        shift = flow.shift
        return self.function(lambda a: (a + shift) * 1.0, flow, like=flow)

    def _usable(self, flow: Flow) -> Flow:
        return flow if flow.kind == "Boolean" else self.real(flow)

    def index(self, flow: Flow, classes: int, shift: int) -> Flow:
        """An input of integers as places of a table: number + shift is the place, from 0."""
        token, port = flow.end
        if flow.kind != "Whole" or token is not None or flow.made != flow.shape:
            raise Misfit(
                "places that the net works out", expected="an input of integers",
                fix="cut or reshape what the table gives, not what it is given, or export the "
                "model with these places as its input",
            )  # fmt: skip
        assert port is not None
        beyond = self.guarded.get(port)
        if beyond is not None and beyond + flow.shift + shift < classes:
            raise Misfit("numbers that are no places are taken as a place that is there")
        new = Index(classes, -(shift + flow.shift), len(flow.shape) + 1)
        old = self.indices.setdefault(port, new)
        if old.least != new.least:
            raise Misfit(f"the input {port!r} counts from {old.least} and from {new.least}")
        old.classes = min(old.classes, classes)
        return replace(flow, kind="Integer")

    def end(self, flow: Flow) -> End:
        """Where a value comes from, in the shape that it is seen in."""
        if flow.made == flow.shape:
            return flow.end
        key = (flow.end, flow.shape)
        if key not in self._shaped:
            layer = _reshape(flow.made, flow.shape)
            token = len(self.vertices)
            source = self.vertices.get(flow.end[0]) if flow.end[0] is not None else None
            name = "Flatten" if isinstance(layer, FlattenLayer) else "Reshape"
            assert self.node is not None
            outer = (source.path if source else path_of(self.node, [])[0])[:-1]
            path = (*outer, name)
            self.vertices[token] = Vertex(path, path, name, layer, [(flow.end, None)])
            self._shaped[key] = token, None
        return self._shaped[key]


def _reshape(made: Sizes, shape: Sizes) -> Any:
    """The layer that brings one shape into another of as many entries, in the same order."""
    if None in made or None in shape:
        if made.count(None) != 1 or shape.count(None) != 1:
            raise open_size()
        return ReshapeLayer(tuple(AUTOMATIC if size is None else size for size in shape))
    if count_of(made) != count_of(shape):
        raise Misfit(f"an array of shape {made} as one of shape {shape}")
    return FlattenLayer() if len(shape) == 1 and len(made) > 1 else ReshapeLayer(shape)


def _spec(flow: Flow) -> Any:
    if flow.kind == "Boolean":
        return (*flow.shape, "Boolean") if flow.shape else "Boolean"
    return None if None in flow.shape else flow.shape


def _told(names: list[str], specs: list[Any]) -> dict[str, Any]:
    return {name: spec for name, spec in zip(names, specs, strict=True) if spec is not None}
