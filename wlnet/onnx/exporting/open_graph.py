"""The graph of a net for any batch, and for any length where the net leaves lengths open.

A graph of primitives has concrete sizes. It is made several times (`Probes`), and what differs is
told as a `Size`: in the shapes of values and in the attributes of calls. A layer may do something
else for a size than for others; then no file is right for all of them, and that is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.errors import (
    Fault,
    NotInitializedError,
    OptionError,
    ShapeError,
    WlnetError,
    fail,
)
from wlnet.core.net import Net
from wlnet.core.shapes import Partial, merge, shape_text
from wlnet.core.walking import walk
from wlnet.graph.graph import Graph
from wlnet.graph.tidying import prune, share, simplify
from wlnet.lowering.lower import lower
from wlnet.nets.inference import inference, open_sizes
from wlnet.onnx.exporting.merged_graph import Merged, UnlikeError, check_shapes
from wlnet.onnx.exporting.sizes import Probes

BATCH = "batch"
FIRST = (7, 37, 71, 113), (7, 2003, 2503, 3001)
"""First values of open sizes, the batch before lengths: large enough for usual windows, and for
large ones where a net does not take these."""
SMALL, LARGE = (1, 2, 3), 1009
"""Sizes at which what was found must hold too, as far as the net takes them; and one beyond all
numbers that a layer may compare a length with."""
STEPS = range(2, 14)
"""Lengths beside the first one, where a size is not told by a polynomial: all that the division by
a stride may leave."""


def open_graph(net: Net, batch: int | None, shapes: Mapping[str, Partial]) -> Graph:
    """The graph of a net in test mode, with open sizes as `Size` in shapes and attributes.

    batch: how many examples; None for any number. shapes: of its inputs, where the net leaves them
    open. Raises NotInitializedError where no rank is known, OptionError where what is computed
    depends on an open size otherwise than by sizes of arrays.
    """
    refused: WlnetError | None = None
    for first in FIRST:
        try:
            return _open_graph(net, batch, shapes, first)
        except ShapeError as error:
            # Too small, or too large, for what the net has.
            refused = refused or error
    assert refused is not None
    raise refused


def _open_graph(
    net: Net, batch: int | None, shapes: Mapping[str, Partial], first: Sequence[int]
) -> Graph:
    """The same, where these are the first values of sizes."""
    given, lengths = _with_lengths(net, shapes, first)
    names = [*([BATCH] if batch is None else []), *lengths]
    if len(names) > len(first):
        raise _closed(net, lengths, f"{len(names)} open sizes")

    def graph_at(point: Mapping[str, int]) -> Graph:
        here = {name: tuple(point.get(size, size) for size in shape)
                for name, shape in given.items()}  # fmt: skip
        return prune(lower(net, point.get(BATCH, batch or 1), shapes=here))

    values = first if batch is None else first[1:]
    try:
        return _merged(net, dict(zip(names, values, strict=False)), lengths, graph_at)
    except UnlikeError as error:
        raise _closed(net, lengths, str(error)) from None


def _merged(
    net: Net,
    first: Mapping[str, int],
    lengths: Collection[str],
    graph_at: Callable[[Mapping[str, int]], Graph],
) -> Graph:
    """One graph for all points. Raises UnlikeError, and what the net says of sizes that it cannot
    have."""
    checks = [{name: 3 * size + 2 for name, size in first.items()}] if first else []
    graphs = [graph_at(point) for point in Probes(first, checks).points]
    if lengths:
        far = max(LARGE, 2 * _largest_number(net) + 3)
        checks.append({name: size if name == BATCH else far for name, size in first.items()})
        graphs.append(graph_at(checks[-1]))
    merged = Merged(Probes(first, checks))
    made = merged.graph(graphs)
    if merged.own:
        # As large in all places of a window with strides: only then are two sizes the same.
        more = [{n: size if n == BATCH else size + step for n, size in first.items()}
                for step in STEPS]  # fmt: skip
        graphs += [graph_at(point) for point in more]
        made = Merged(Probes(first, [*checks, *more])).graph(graphs)
    for small in SMALL if lengths else SMALL[:1]:
        point = dict.fromkeys(first, small)
        try:
            expected = graph_at(point)
        except WlnetError:
            continue
        check_shapes(made, point, expected)
    # Not before: what is alike for some sizes is not for others.
    return simplify(share(made))


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
    net: Net, shapes: Mapping[str, Partial], first: Sequence[int]
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
            number = first[min(len(lengths), len(first) - 1)]
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
