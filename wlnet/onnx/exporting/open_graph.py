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
SMALL, LARGE, MOST_TRIED = (1, 2, 3), 1009, 24
"""Sizes at which what was found must hold too, as far as the net takes them, and one that is large.
Beside these are tried those about each number that a layer may compare a length with, so many in
all, and one beyond them."""
LONGEST = 2**16
"""A greater number is not one that a length is compared with."""
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
    if not _open_ports(net, shapes):
        raise refused
    fault = refused.faults[0]
    raise _closed(net, shapes, fault.expected or fault.what) from refused


def _open_graph(
    net: Net, batch: int | None, shapes: Mapping[str, Partial], first: Sequence[int]
) -> Graph:
    """The same, where these are the first values of sizes."""
    given, lengths = _with_lengths(net, shapes, first)
    names = [*([BATCH] if batch is None else []), *lengths]
    if len(names) > len(first):
        raise _closed(net, shapes, f"{len(names)} open sizes")

    def graph_at(point: Mapping[str, int]) -> Graph:
        here = {name: tuple(point.get(size, size) for size in shape)
                for name, shape in given.items()}  # fmt: skip
        return prune(lower(net, point.get(BATCH, batch or 1), shapes=here))

    values = first if batch is None else first[1:]
    try:
        return _merged(net, dict(zip(names, values, strict=False)), lengths, graph_at)
    except UnlikeError as error:
        raise _closed(net, shapes, str(error)) from None


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
        far = max([LARGE, *(number + 7 for number in _numbers(net))])
        # Of few examples: what is as large as the square of a length may be more than memory has.
        checks.append({name: 2 if name == BATCH else far for name in first})
        graphs.append(graph_at(checks[-1]))
    merged = Merged(Probes(first, checks))
    made = merged.graph(graphs)
    if merged.own:
        # As large in all places of a window with strides: only then are two sizes the same.
        more = [{n: size if n == BATCH else size + step for n, size in first.items()}
                for step in STEPS]  # fmt: skip
        graphs += [graph_at(point) for point in more]
        made = Merged(Probes(first, [*checks, *more])).graph(graphs)
    for size in _near(_numbers(net)) if lengths else SMALL[:1]:
        point = dict.fromkeys(first, size)
        try:
            expected = graph_at(point)
        except WlnetError:
            continue
        check_shapes(made, point, expected)
    # Not before: what is alike for some sizes is not for others.
    return simplify(share(made))


def _numbers(net: Net) -> set[int]:
    """Whole numbers that layers are told and that are no sizes of their arrays: a length may be
    compared with them."""
    found = set[int]()
    for _, node in walk(net):
        sizes = {size for array in node.array_values.values() if isinstance(array, np.ndarray)
                 for size in array.shape}  # fmt: skip
        told = {n for value in node.parameters.values() for n in _whole_numbers(value)}
        found |= {n for n in told - sizes if n <= LONGEST}
    return found


def _near(numbers: Collection[int]) -> list[int]:
    """Sizes to try."""
    about = {n + step for n in numbers for step in range(-1, 3)}
    return sorted({*SMALL, *(size for size in about if size > 0)})[:MOST_TRIED]


def _whole_numbers(value: object) -> list[int]:
    if isinstance(value, (tuple, list)):
        return [n for each in value for n in _whole_numbers(each)]
    if isinstance(value, str):
        # "2;;5;;3" is a part of a level.
        return [abs(int(word)) for word in value.split(";;") if word.lstrip("-").isdecimal()]
    return [abs(value)] if isinstance(value, int) and not isinstance(value, bool) else []


def _with_lengths(
    net: Net, shapes: Mapping[str, Partial], first: Sequence[int]
) -> tuple[dict[str, tuple[Any, ...]], list[str]]:
    """The shapes of inputs with a name in the place of each open size, and these names. Sizes that
    follow from others are left out: to see which, each gets a number."""
    numbers = dict(shapes)
    given: dict[str, tuple[Any, ...]] = {n: s for n, s in shapes.items() if s is not None}
    lengths: list[str] = []
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
            lengths.append(length)
            number = first[min(len(lengths), len(first) - 1)]
            before, after = (None,) * level, (None,) * (len(shape) - level - 1)
            numbers[name] = merge(numbers.get(name), (*before, number, *after))
            told = given.get(name, (None,) * len(shape))
            given[name] = (*told[:level], length, *told[level + 1 :])
    return given, lengths


def _open_ports(net: Net, shapes: Mapping[str, Partial]) -> dict[str, tuple[int | None, ...]]:
    """The shapes of inputs that have open sizes."""
    found = {name: inference(net, shapes).port_shape((), name) for name in net.input_names}
    return {name: shape for name, shape in found.items() if shape is not None and None in shape}


def _closed(net: Net, shapes: Mapping[str, Partial], why: str) -> OptionError:
    ports = _open_ports(net, shapes)
    if ports:
        what = "open sizes of this net cannot stay open in a file"
        at = ", ".join(f"port {name} {shape_text(shape)}" for name, shape in ports.items())
        sizes = {name: tuple(n or 7 for n in shape) for name, shape in ports.items()}
        fix = f"a file for one size: shapes={sizes!r}"
    else:
        what, at, fix = "this net needs to know how many examples there are", net.kind, "batch=1"
    return fail(OptionError, Fault(what, at=at, given=why, fix=fix))
