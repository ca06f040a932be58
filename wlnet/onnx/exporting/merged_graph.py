"""Graphs of one net for several sizes as one graph, in which open sizes are `Size`.

A size of a value that is no polynomial of the named ones, such as the number of places of a window
with strides, gets a name of its own, "#1": it is read off the value when the file runs. What is as
large at all points is taken for the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, zip_longest
from math import prod
from typing import Any

from wlnet.core.parts import path_text
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES
from wlnet.onnx.exporting.sizes import Extent, Measure, Probes, Size, measured, named, plus, times

MOST_FACTORS = 3
"""Sizes with a name of their own in one product: those of a picture's pixels are two."""


class UnlikeError(Exception):
    """Graphs that differ by more than sizes."""


class Merged:
    """Graphs of all points as one.

    own: what sizes with a name of their own are at the points. numbers: of new ones.
    """

    def __init__(
        self,
        probes: Probes,
        own: Mapping[tuple[int, ...], Size] | None = None,
        numbers: Iterator[int] | None = None,
    ) -> None:
        self.probes = probes
        self.own = dict(own or {})
        self.numbers = numbers or count(1)
        self.values: dict[int, Value] = {}

    def graph(self, graphs: Sequence[Graph]) -> Graph:
        """The one graph. Raises UnlikeError."""
        first = graphs[0]
        for calls in zip_longest(*(graph.calls for graph in graphs)):
            _check_alike(calls)
        made = Graph(count=first.count)
        made.inputs = {n: self.value([g.inputs[n] for g in graphs]) for n in first.inputs}
        made.arrays = {k: self.value([g.arrays[k] for g in graphs]) for k in first.arrays}
        for calls in zip(*(graph.calls for graph in graphs), strict=True):
            made.calls.append(self.call(calls))
        made.outputs = {n: self.value([g.outputs[n] for g in graphs]) for n in first.outputs}
        return made

    def call(self, calls: Sequence[Call]) -> Call:
        """One call, of what it is at all points."""
        first = calls[0]
        where = path_text(first.origin) or "the net"
        attributes = {
            name: self.met(
                [call.attributes[name] for call in calls], f"{where}: {name} of {first.primitive}"
            )
            for name in first.attributes
        }
        inputs, outputs = (
            tuple(map(self.value, zip(*each, strict=True)))
            for each in ([c.inputs for c in calls], [c.outputs for c in calls])
        )
        return Call(first.primitive, inputs, outputs, attributes, first.origin)

    def value(self, values: Sequence[Value]) -> Value:
        """One value, of what it is at all points."""
        first = values[0]
        if first.index not in self.values:
            if len({value.rank for value in values}) > 1:
                raise UnlikeError("there are other levels for other sizes")
            sizes: Any = map(self._named, zip(*(v.shape for v in values), strict=True))
            self.values[first.index] = Value(first.index, tuple(sizes), first.element)
        return self.values[first.index]

    def _named(self, values: tuple[int, ...]) -> Extent:
        size = self.size(values)
        if size is None:
            size = self.own[values] = named(f"#{next(self.numbers)}")
        return size

    def size(self, values: Sequence[int], factors: int = MOST_FACTORS) -> Extent:
        """The size that is this at all points, by all names that there are; None where none is."""
        found: Extent = self.probes.fitted(values)
        if found is not None or not factors:
            return found
        for own, name in self.own.items():
            beside = {b - a for a, b in zip(own, values, strict=True)}
            if len(beside) == 1:
                # One less, as what is left of a sequence without its last element.
                return plus(name, beside.pop())
            if all(a and b % a == 0 for a, b in zip(own, values, strict=True)):
                rest = [b // a for a, b in zip(own, values, strict=True)]
                other = self.size(rest, factors - 1)
                if other is not None:
                    return times(name, other)
        return None

    def met(self, given: Sequence[Any], at: str) -> Any:
        """An attribute, of what it is at all points."""
        first = given[0]
        if isinstance(first, Graph):
            return Merged(self.probes, self.own, self.numbers).graph(given)
        if all(type(each) is int for each in given):
            size = self.size(given)
            # Of a shape, one size may follow from the others.
            if size is None and " shape of " not in at:
                raise UnlikeError(f"{at} is no sum of products of open sizes")
            return size
        if all(isinstance(each, tuple) and len(each) == len(first) for each in given):
            return tuple(self.met(each, at) for each in zip(*given, strict=True))
        if all(isinstance(each, float) for each in given) and len({*given}) > 1:
            measure = measured(given, self.size)
            if measure is not None:
                return measure
        if any(repr(each) != repr(first) for each in given):
            raise UnlikeError(f"{at}, others for other sizes")
        return first


def _check_alike(given: Sequence[Call | None]) -> None:
    """Raise UnlikeError where a step is another one at some point, or is none there: None."""
    calls = [call for call in given if call is not None]
    numbers = {tuple(v.index for v in (*each.inputs, *each.outputs)) for each in calls}
    if len(calls) < len(given) or len({c.primitive for c in calls}) > 1 or len(numbers) > 1:
        where = path_text(calls[0].origin) or "the net"
        raise UnlikeError(f"{where} does something else for other sizes")


def check_shapes(made: Graph, point: Mapping[str, int], expected: Graph) -> None:
    """Raise UnlikeError where a graph has not the shapes that one has which was made for a point.
    They are not compared step by step: for small sizes that one leaves out what does nothing."""
    sizes, shapes = dict(point), dict[Value, Any]()
    where = ", ".join(f"{name} {size}" for name, size in point.items())
    unlike = f"something else is done for {where}"
    for ours, theirs in ((made.inputs, expected.inputs), (made.arrays, expected.arrays)):
        shapes |= {value: concrete(value.shape, sizes) for value in ours.values()}
        if any(shapes[ours[name]] != value.shape for name, value in theirs.items()):
            raise UnlikeError(unlike)
    try:
        for call in made.calls:
            given = [shapes[value] for value in call.inputs]
            attributes = {n: concrete(each, sizes) for n, each in call.attributes.items()}
            if None in attributes.get("shape", ()):
                rest = prod(size for size in attributes["shape"] if size is not None)
                told = [prod(given[0]) // rest if n is None else n for n in attributes["shape"]]
                attributes["shape"] = tuple(told)
            results = PRIMITIVES[call.primitive].shapes(*given, **attributes)
            assert all(size >= 0 for shape in results for size in shape)
            for value, shape in zip(call.outputs, results, strict=True):
                shapes[value] = shape
                for size, there in zip(value.shape, shape, strict=True):
                    if isinstance(size, Size) and size.name is not None:
                        sizes.setdefault(size.name, there)
        is_right = all(shapes[made.outputs[n]] == v.shape for n, v in expected.outputs.items())
    except AssertionError:
        is_right = False
    if not is_right:
        raise UnlikeError(unlike)


def concrete(given: Any, point: Mapping[str, int]) -> Any:
    """An attribute, where the open sizes are these."""
    match given:
        case Size():
            return given.at(point)
        case Measure():
            return given.size.at(point) ** given.power
        case tuple():
            return tuple(concrete(each, point) for each in given)
        case Graph():
            return _with_sizes(given, dict(point))
    return given


def _with_sizes(body: Graph, point: dict[str, int]) -> Graph:
    """A body whose inputs and outputs have sizes, as far as these are known."""

    def of(value: Value) -> Value:
        known = all(not isinstance(n, Size) or n.is_known(point) for n in value.shape)
        return replace(value, shape=concrete(value.shape, point)) if known else value

    inputs = {name: of(value) for name, value in body.inputs.items()}
    return replace(body, inputs=inputs, outputs={n: of(v) for n, v in body.outputs.items()})
