"""The graph of a net for any batch, and for any length where the net leaves lengths open.

A graph of primitives has concrete sizes. It is made several times (`Probes`), and what differs is
told as a `Size`: in the shapes of values and in the attributes of calls. A layer may do something
else for a size than for others; then no file is right for all of them, and that is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, NotInitializedError, OptionError, WlnetError, fail
from wlnet.core.net import Net
from wlnet.core.shapes import Partial, merge, shape_text
from wlnet.core.walking import walk
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES
from wlnet.graph.tidying import prune, share, simplify
from wlnet.lowering.lower import lower
from wlnet.nets.inference import inference, open_sizes
from wlnet.onnx.exporting.sizes import Measure, Probes, Size

BATCH = "batch"
FIRST = (7, 37, 71, 113), (11, 5, 9, 13)
"""First values of open sizes, the batch before lengths: large enough for windows, and unlike sizes
that nets usually have; others where these do not do."""
SMALL, LARGE = (1, 2, 3), 1009
"""Sizes at which what was found must hold too, as far as the net takes them; and one beyond all
numbers that a layer may compare a length with."""


def open_graph(net: Net, batch: int | None, shapes: Mapping[str, Partial]) -> Graph:
    """The graph of a net in test mode, with open sizes as `Size` in shapes and attributes.

    batch: how many examples; None for any number. shapes: of its inputs, where the net leaves them
    open. Raises NotInitializedError where no rank is known, OptionError where what is computed
    depends on an open size otherwise than by sizes of arrays.
    """
    given, lengths = _with_lengths(net, shapes)
    names = [*([BATCH] if batch is None else []), *lengths]

    def graph_at(point: Mapping[str, int]) -> Graph:
        here = {name: tuple(point.get(size, size) for size in shape)
                for name, shape in given.items()}  # fmt: skip
        made = lower(net, point.get(BATCH, batch or 1), shapes=here)
        return simplify(share(prune(made)))

    if len(names) > len(FIRST[0]):
        raise _closed(net, lengths, f"{len(names)} open sizes")
    why = ""
    for first in FIRST:
        values = first if batch is None else first[1:]
        try:
            return _merged(net, dict(zip(names, values, strict=False)), lengths, graph_at)
        except _UnlikeError as error:
            why = why or str(error)
        except WlnetError as error:
            if not lengths or isinstance(error, NotInitializedError):
                raise
            why = why or (error.faults[0].what if error.faults else str(error))
    raise _closed(net, lengths, why)


def _merged(
    net: Net,
    first: Mapping[str, int],
    lengths: Collection[str],
    graph_at: Callable[[Mapping[str, int]], Graph],
) -> Graph:
    """One graph for all points. Raises _UnlikeError, and what the net says of sizes that it cannot
    have."""
    checks = [{name: 3 * size + 2 for name, size in first.items()}] if first else []
    graphs = [graph_at(point) for point in Probes(first, checks).points]
    if lengths:
        far = max(LARGE, 2 * _largest_number(net) + 3)
        checks.append({name: size if name == BATCH else far for name, size in first.items()})
        graphs.append(graph_at(checks[-1]))
    made = _Merged(Probes(first, checks)).graph(graphs)
    for small in SMALL if lengths else SMALL[:1]:
        _check_small(made, dict.fromkeys(first, small), graph_at)
    return made


def _check_small(
    made: Graph, point: Mapping[str, int], graph_at: Callable[[Mapping[str, int]], Graph]
) -> None:
    """Raise _UnlikeError where a graph is not right for small sizes. One made for these is not
    compared step by step, as it leaves out what does nothing there."""
    try:
        expected = graph_at(point)
    except WlnetError:
        return
    shapes: dict[Value, Any] = {}
    for ours, theirs in ((made.inputs, expected.inputs), (made.arrays, expected.arrays)):
        shapes |= {value: concrete(value.shape, point) for value in ours.values()}
        if any(shapes[ours[name]] != value.shape for name, value in theirs.items()):
            raise _UnlikeError(_few(point))
    try:
        for call in made.calls:
            attributes = {n: concrete(each, point) for n, each in call.attributes.items()}
            given = [shapes[value] for value in call.inputs]
            if None in attributes.get("shape", ()):
                rest = prod(size for size in attributes["shape"] if size is not None)
                told = [prod(given[0]) // rest if n is None else n for n in attributes["shape"]]
                attributes["shape"] = tuple(told)
            if "kernel" in attributes and None in attributes["kernel"]:
                attributes["kernel"] = given[0][2:]
            results = PRIMITIVES[call.primitive].shapes(*given, **attributes)
            shapes.update(zip(call.outputs, results, strict=True))
        is_right = all(shapes[made.outputs[n]] == v.shape for n, v in expected.outputs.items())
    except AssertionError:
        is_right = False
    if not is_right:
        raise _UnlikeError(_few(point))


def _few(point: Mapping[str, int]) -> str:
    return "other steps for " + ", ".join(f"{name} {size}" for name, size in point.items())


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
            values = {id(v): v for call in given.calls for v in (*call.inputs, *call.outputs)}
            values |= {id(v): v for v in (*given.inputs.values(), *given.outputs.values())}
            new = {v: Value(v.index, concrete(v.shape, point), v.element) for v in values.values()}
            return replace(
                given,
                inputs={name: new[value] for name, value in given.inputs.items()},
                outputs={name: new[value] for name, value in given.outputs.items()},
            )
    return given


def _largest_number(net: Net) -> int:
    """The largest whole number that a layer is told and that is no size of its arrays: a length may
    be compared with it."""
    found = 0
    for _, node in walk(net):
        sizes = {size for array in node.array_values.values() if isinstance(array, np.ndarray)
                 for size in array.shape}  # fmt: skip
        told = [n for value in node.parameters.values() for n in _whole_numbers(value)]
        found = max([found, *(n for n in told if n not in sizes)])
    return found


def _whole_numbers(value: object) -> list[int]:
    if isinstance(value, (tuple, list)):
        return [n for each in value for n in _whole_numbers(each)]
    return [abs(value)] if isinstance(value, int) and not isinstance(value, bool) else []


def _with_lengths(
    net: Net, shapes: Mapping[str, Partial]
) -> tuple[dict[str, tuple[Any, ...]], dict[str, str]]:
    """The shapes of inputs with a name in the place of each open size, and the port that each name
    is of. Sizes that follow from others are left out: to see which, each gets a number."""
    numbers = dict(shapes)
    given: dict[str, tuple[Any, ...]] = {n: s for n, s in shapes.items() if s is not None}
    lengths: dict[str, str] = {}
    for name in net.input_names:
        while True:
            shape = inference(net, numbers).port_shape((), name)
            if shape is None:
                what = f"how many levels port {name} has is not known"
                raise fail(NotInitializedError, Fault(what, at=net.kind, fix=open_sizes(net)))
            if None not in shape:
                break
            level = shape.index(None)
            own = dict(enumerate(net.ports[name].lengths)).get(level) if name in net.ports else None
            length = own or f"{name.lower()}_length" + (f"_{level + 1}" if level else "")
            while length in lengths or length == BATCH:
                length += "_"
            lengths[length] = name
            number = FIRST[0][min(len(lengths), len(FIRST[0]) - 1)]
            before, after = (None,) * level, (None,) * (len(shape) - level - 1)
            numbers[name] = merge(numbers.get(name), (*before, number, *after))
            told = given.get(name, (None,) * len(shape))
            given[name] = (*told[:level], length, *told[level + 1 :])
    return given, lengths


def _closed(net: Net, lengths: Mapping[str, str], why: str) -> OptionError:
    if lengths:
        port = next(iter(lengths.values()))
        shape = inference(net).port_shape((), port) or ()
        sizes = tuple(7 if size is None else size for size in shape)
        what = "open sizes of this net cannot stay open in a file"
        at = ", ".join(f"port {name} {shape_text(inference(net).port_shape((), name))}"
                       for name in dict.fromkeys(lengths.values()))  # fmt: skip
        fix = f"a file for one size: shapes={{{port!r}: {sizes!r}}}"
    else:
        what, at, fix = "this net needs to know how many examples there are", net.kind, "batch=1"
    return fail(OptionError, Fault(what, at=at, given=why, fix=fix))


class _UnlikeError(Exception):
    """Graphs that differ by more than sizes."""


class _Merged:
    """Graphs of all points as one."""

    def __init__(self, probes: Probes) -> None:
        self.probes = probes
        self.values: dict[int, Value] = {}

    def graph(self, graphs: Sequence[Graph]) -> Graph:
        first = graphs[0]
        if len({len(graph.calls) for graph in graphs}) > 1:
            raise _UnlikeError("other steps for other sizes")
        made = Graph(count=first.count)
        made.inputs = {n: self.value([g.inputs[n] for g in graphs]) for n in first.inputs}
        made.arrays = {k: self.value([g.arrays[k] for g in graphs]) for k in first.arrays}
        for calls in zip(*(graph.calls for graph in graphs), strict=True):
            made.calls.append(self.call(calls))
        made.outputs = {n: self.value([g.outputs[n] for g in graphs]) for n in first.outputs}
        return made

    def call(self, calls: Sequence[Call]) -> Call:
        first = calls[0]
        if "kernel" in first.attributes and all(_is_whole(call) for call in calls):
            # Told as the shape, which may be such that nothing else tells it.
            shape = self.value([call.inputs[0] for call in calls]).shape
            calls = [replace(c, attributes={**c.attributes, "kernel": shape[2:]}) for c in calls]
        numbers = {tuple(v.index for v in (*each.inputs, *each.outputs)) for each in calls}
        if len({call.primitive for call in calls}) > 1 or len(numbers) > 1:
            raise _UnlikeError("other steps for other sizes")
        attributes = {
            name: self.met([call.attributes[name] for call in calls], f"{first.primitive} {name}")
            for name in first.attributes
        }
        inputs, outputs = (
            tuple(map(self.value, zip(*each, strict=True)))
            for each in ([c.inputs for c in calls], [c.outputs for c in calls])
        )
        return Call(first.primitive, inputs, outputs, attributes, first.origin)

    def value(self, values: Sequence[Value]) -> Value:
        first = values[0]
        if first.index not in self.values:
            if len({value.rank for value in values}) > 1:
                raise _UnlikeError("other levels for other sizes")
            shape: Any = tuple(
                map(self.probes.fitted, zip(*(v.shape for v in values), strict=True))
            )
            self.values[first.index] = Value(first.index, shape, first.element)
        return self.values[first.index]

    def met(self, given: Sequence[Any], at: str) -> Any:
        """An attribute, of what it is for all points."""
        first = given[0]
        if isinstance(first, Graph):
            return _Merged(self.probes).graph(given)
        if all(type(each) is int for each in given):
            size = self.probes.fitted(given)
            if size is None and not at.endswith("shape"):
                raise _UnlikeError(f"{at} depends on them by more than sums and products")
            return size
        if all(isinstance(each, tuple) and len(each) == len(first) for each in given):
            return tuple(self.met(each, at) for each in zip(*given, strict=True))
        if all(isinstance(each, float) for each in given) and len({*given}) > 1:
            measure = self.probes.measured(given)
            if measure is not None:
                return measure
        if any(repr(each) != repr(first) for each in given):
            raise _UnlikeError(f"{at} depends on them")
        return first


def _is_whole(call: Call) -> bool:
    """Whether a window is all there is."""
    padding = call.attributes["padding"]
    return call.inputs[0].shape[2:] == call.attributes["kernel"] and not any(map(any, padding))
