"""The graph of a net for any batch, and for any length where the net leaves lengths open.

A graph of primitives has concrete sizes. It is made several times (`Probes`), and what differs is
told as a `Size`: in the shapes of values and in the attributes of calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wlnet.core.errors import Fault, NotInitializedError, OptionError, WlnetError, fail
from wlnet.core.net import Net
from wlnet.core.shapes import Partial, merge, shape_text
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.tidying import prune, share, simplify
from wlnet.lowering.lower import lower
from wlnet.nets.inference import inference, open_sizes
from wlnet.onnx.exporting.sizes import Probes

BATCH = "batch"
FIRST = (11, 37, 71, 113)
"""First values of open sizes: large enough for windows, and unlike sizes that nets usually have."""


def open_graph(net: Net, batch: int | None, shapes: Mapping[str, Partial]) -> Graph:
    """The graph of a net in test mode, with open sizes as `Size` in shapes and attributes.

    batch: how many examples; None for any number. shapes: of its inputs, where the net leaves them
    open. Raises NotInitializedError where no rank is known, OptionError where what is computed
    depends on an open size otherwise than by sizes of arrays.
    """
    given, lengths = _with_lengths(net, shapes)
    names = [*([BATCH] if batch is None else []), *lengths]
    if len(names) > len(FIRST):
        raise _closed(net, lengths, f"{len(names)} open sizes")
    probes = Probes(dict(zip(names, FIRST, strict=False)))
    graphs = []
    try:
        for point in probes.points():
            here = {
                name: tuple(point.get(size, size) for size in shape)
                for name, shape in given.items()
            }
            made = lower(net, point.get(BATCH, batch or 1), shapes=here)
            graphs.append(simplify(share(prune(made))))
        return _Merged(probes).graph(graphs)
    except _UnlikeError as error:
        raise _closed(net, lengths, str(error)) from None
    except WlnetError as error:
        if not lengths or isinstance(error, NotInitializedError):
            raise
        raise _closed(net, lengths, error.faults[0].what if error.faults else "") from error


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
            number = FIRST[min(len(lengths), len(FIRST) - 1)]
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
        if any(repr(each) != repr(first) for each in given):
            raise _UnlikeError(f"{at} depends on them")
        return first
