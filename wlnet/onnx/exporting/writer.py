"""Nodes of ONNX as they are written down, their names, and the constants that they read.

Nothing of the package onnx is known here: model.py makes its messages of this.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.parts import Path
from wlnet.graph.graph import Call, Element
from wlnet.io.keys import beside_key, tensor_key
from wlnet.onnx.exporting.sizes import Extent, Measure, Size, named

END = 2**63 - 1
"""What a slice to the end ends with."""


class Tensor(NamedTuple):
    """What flows: its name in the file, its shape as far as it is known, what its entries are."""

    name: str
    shape: tuple[Extent, ...]
    element: Element | Literal["Boolean"] = "Real"

    @property
    def rank(self) -> int:
        return len(self.shape)


Named = Tensor | str
Translation = Callable[..., Any]
"""translation(writer, *tensors, **attributes) writes nodes, and gives the name of what they make,
or a tuple of names, None for a result that nobody reads."""


@dataclass
class Node:
    """One operator of ONNX. Attributes are plain data, a dtype, an array, or a Body. name: its own,
    where it is not that of its first output."""

    operator: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass
class Body:
    """A graph inside of a node. It may read whatever stands around it."""

    inputs: list[Tensor]
    nodes: list[Node]
    outputs: list[Tensor]


class Names:
    """Names that are taken, and new ones."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, name: str) -> str:
        """The name, or one like it that is free."""
        free, count = name, 1
        while free in self._taken:
            count += 1
            free = f"{name}_{count}"
        self._taken.add(free)
        return free


class Writer:
    """Writes nodes one after another.

    real: the dtype of Reals. around: the writer of the graph that this is a body in. sources: for
    the name of each open size the port and the axis where it is read. nodes: what was written.
    constants: arrays that the file holds, by name.
    """

    def __init__(self, real: type[np.floating[Any]], around: Writer | None = None) -> None:
        self.real, self.around = real, around
        self.root: Writer = self if around is None else around.root
        self.nodes: list[Node] = []
        self.first: list[Node] = []
        """What measures open sizes: before all others, as also bodies read it."""
        self.constants: dict[str, Array] = {} if around is None else self.root.constants
        self.names: Names = Names() if around is None else self.root.names
        self.sources: ChainMap[str, tuple[str, int]] = ChainMap(
            {}, *(() if around is None else around.sources.maps)
        )
        self.makers: dict[str, tuple[Call, tuple[Tensor, ...]]] = {}
        """The call that a tensor came from, and the tensors that it read."""
        self.origin: Path = ()
        self.wanted: tuple[bool, ...] = ()
        """Of each result of the call that is translated, whether somebody reads it."""
        self._known: dict[Hashable, str] = {}
        self._own: dict[Hashable, str] = {}
        """What was made of sizes that are read inside of this graph."""

    def notice(self, tensor: Tensor) -> None:
        """Sizes that have a name are read off the first tensor that has them."""
        for axis, size in enumerate(tensor.shape):
            if isinstance(size, Size) and size.name is not None:
                self.sources.setdefault(size.name, (tensor.name, axis))

    # Nodes

    def node(self, operator: str, *inputs: Named, **attributes: Any) -> str:
        """Write a node with one output, and give its name."""
        (output,) = self.node_of(operator, inputs, 1, **attributes)
        return output

    def node_of(
        self, operator: str, inputs: Sequence[Named], outputs: int, **attributes: Any
    ) -> list[str]:
        """Write a node with several outputs, and give their names."""
        base = f"{tensor_key(self.origin)}/{operator}" if self.origin else operator
        made = [self.names.new(base) for _ in range(outputs)]
        self.nodes.append(Node(operator, [_name(each) for each in inputs], made, attributes))
        return made

    def cast(self, x: Named, dtype: Any) -> str:
        """Entries of another kind."""
        return self.node("Cast", x, to=np.dtype(dtype))

    def truth(self, x: Named) -> str:
        """Truth values as the Reals 1 and 0."""
        return self.cast(x, self.real)

    # Constants

    def array(self, numbers: Array) -> str:
        """The name of a constant of the file."""
        key = (numbers.dtype.str, numbers.shape, numbers.tobytes())
        known = self.root._known
        if key not in known:
            known[key] = self.names.new(beside_key("constant", str(len(self.constants) + 1)))
            self.constants[known[key]] = numbers
        return known[key]

    def number(self, value: float) -> str:
        """A Real."""
        return self.array(np.asarray(value, self.real))

    def real_of(self, value: float | Measure) -> str:
        """A Real, also one that follows from an open size."""
        if not isinstance(value, Measure):
            return self.number(value)
        size = self.cast(self.extent(value.size), self.real)
        return self.node("Pow", size, self.number(value.power))

    def whole(self, value: int) -> str:
        """An Integer."""
        return self.array(np.asarray(value, np.int64))

    def wholes(self, values: Sequence[int]) -> str:
        """A list of Integers."""
        return self.array(np.array(values, np.int64).reshape(len(values)))

    # Sizes

    def extents(self, shape: Sequence[Extent]) -> str:
        """Sizes as a list of Integers, open ones as they are when the file runs."""
        if all(isinstance(size, int) for size in shape):
            return self.wholes([size for size in shape if isinstance(size, int)])
        parts = [self._measured(size) for size in shape]
        if len(parts) == 1:
            return parts[0]
        return self._kept(tuple(shape), lambda measure: measure("Concat", *parts, axis=0), *shape)

    def extents_of(self, x: Tensor, start: int, stop: int) -> str:
        """Sizes of a tensor as a list of Integers."""
        return self.extents(x.shape[start:stop])

    def extent(self, size: Extent) -> str:
        """One size, as an Integer."""
        if isinstance(size, int):
            return self.whole(size)
        part = self._measured(size)
        return self._kept(("scalar", size), lambda measure: measure("Squeeze", part), size)

    def _measured(self, size: Extent) -> str:
        """One size, as a list of one Integer."""
        assert size is not None, "a size that nothing tells"
        if isinstance(size, int):
            return self.wholes([size])

        def added(measure: Callable[..., str]) -> str:
            found = ""
            for factor, names in size.terms:
                parts = [self._source(name) for name in names]
                parts = parts if factor == 1 and names else [self.wholes([factor]), *parts]
                term = parts[0]
                for part in parts[1:]:
                    term = measure("Mul", term, part)
                found = measure("Add", found, term) if found else term
            return found

        return self._kept(size, added, size)

    def _source(self, name: str) -> str:
        tensor, axis = self.sources[name]
        return self._kept(
            ("source", name),
            lambda measure: measure("Shape", tensor, start=axis, end=axis + 1),
            named(name),
        )

    def _kept(
        self, key: Hashable, make: Callable[[Callable[..., str]], str], *sizes: Extent
    ) -> str:
        """What is made of sizes, once: where it is of ports alone, before all other nodes."""
        is_own = any(isinstance(size, Size) and size.is_own for size in sizes)
        known, nodes = (self._own, self.nodes) if is_own else (self.root._known, self.root.first)

        def measure(operator: str, *inputs: str, **attributes: Any) -> str:
            name = self.names.new(beside_key("size", operator))
            nodes.append(Node(operator, list(inputs), [name], attributes))
            return name

        if key not in known:
            known[key] = make(measure)
        return known[key]


def _name(x: Named) -> str:
    return x if isinstance(x, str) else x.name
