"""What each primitive means, in plain NumPy: documentation that runs, slow and clear.

`REFERENCES` has one function a primitive: `function(*inputs, **attributes)` gives a tuple of
arrays, float64 for Reals. `run_graph` interprets a graph with them. Tests hold kernels and
derivatives against these lines. map_reference.py has the functions of one number,
window_reference.py windows, recurrence_reference.py recurrent layers; what is left is a function of
a few lines for each other primitive, in the order of primitives.py.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.core.streams import Seed, stream_key
from wlnet.graph import attention_reference as attention
from wlnet.graph import recurrence_reference as recurrences
from wlnet.graph import window_reference as windows
from wlnet.graph.graph import Graph, Shape, Value
from wlnet.graph.map_reference import MAP_REFERENCES
from wlnet.graph.primitives import ARITHMETIC, PRIMITIVES
from wlnet.graph.scan_reference import scan_arrays
from wlnet.graph.table import Table

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Reference = Callable[..., Arrays]
REFERENCES = Table[Reference]("reference", "wlnet/graph/reference.py")


def reference(function: Callable[..., Array | Arrays]) -> Callable[..., Array | Arrays]:
    """Enter a function under its name."""

    @functools.wraps(function)
    def as_tuple(*inputs: Array, **attributes: Any) -> Arrays:
        result = function(*inputs, **attributes)
        return result if isinstance(result, tuple) else (result,)

    REFERENCES[function.__name__.rstrip("_")] = as_tuple
    return function


@reference
def map_(x: Array, *, function: str) -> Array:
    """A function of one number on every element."""
    return MAP_REFERENCES[function](x)


@reference
def compiled(*xs: Array, function: Callable[..., float], slopes: object) -> Array:
    """A function of a user on every element; NaN where it raises."""

    def of(*numbers: float) -> float:
        try:
            return float(function(*numbers))
        except ArithmeticError:
            return math.nan

    rows = zip(*(x.ravel() for x in xs), strict=True)
    return np.array([of(*row) for row in rows]).reshape(xs[0].shape)


# Element by element, sums and products

for _name in ("matmul", *ARITHMETIC):
    REFERENCES[_name] = functools.partial(lambda ufunc, a, b: (ufunc(a, b),), getattr(np, _name))


@reference
def maximum(a: Array, b: Array, *, tie: float) -> Array:
    """The larger of two."""
    return np.asarray(np.maximum(a, b))


@reference
def minimum(a: Array, b: Array, *, tie: float) -> Array:
    """The smaller of two."""
    return np.asarray(np.minimum(a, b))


@reference
def greater(a: Array, b: Array) -> Array:
    """1 where a > b, else 0."""
    return np.asarray(np.greater(a, b), float)


@reference
def greater_equal(a: Array, b: Array) -> Array:
    """1 where a >= b, else 0."""
    return np.asarray(np.greater_equal(a, b), float)


@reference
def precedence(a: Array, b: Array) -> Array:
    """1 where a > b, 1/2 where a = b, else 0."""
    return np.asarray(np.greater(a, b) / 2 + np.greater_equal(a, b) / 2)


@reference
def masked(a: Array, mask: Array) -> Array:
    """a times the mask; where that is 0, -0.0, which changes nothing that it is added to."""
    nothing = np.full(np.broadcast_shapes(np.shape(a), np.shape(mask)), -0.0)
    return np.asarray(np.multiply(a, mask, out=nothing, where=mask != 0))


@reference
def fill(*, shape: Shape, value: float) -> Array:
    """One number everywhere."""
    return np.full(shape, value)


@reference
def constant(*, shape: Shape, values: tuple[float, ...]) -> Array:
    """Numbers that are known beforehand."""
    return np.reshape(values, shape)


@reference
def indices(*, count: int) -> Array:
    """1, 2, ..., count."""
    return np.arange(1, count + 1)


@reference
def sum_(x: Array, *, axes: tuple[int, ...]) -> Array:
    """The sum over axes, which stay with size 1."""
    return np.asarray(np.sum(x, axes, keepdims=True))


@reference
def softmax(x: Array, *, axis: int) -> Array:
    """exp(x) / sum(exp(x)) along an axis. The largest goes first: exp would overflow."""
    e = np.exp(x - np.max(x, axis, keepdims=True))
    return np.asarray(e / np.sum(e, axis, keepdims=True))


@reference
def log_softmax(x: Array, *, axis: int) -> Array:
    """The logarithm of softmax, exact where softmax itself is 0."""
    z = x - np.max(x, axis, keepdims=True)
    return np.asarray(z - np.log(np.sum(np.exp(z), axis, keepdims=True)))


# Shapes


@reference
def transpose(x: Array, *, axes: tuple[int, ...]) -> Array:
    """Axis i of the result is axis axes[i] of x."""
    return np.transpose(x, axes)


@reference
def gradient_reversal(x: Array) -> Array:
    """The same numbers."""
    return x


@reference
def reshape(x: Array, *, shape: Shape) -> Array:
    """The same numbers in the same order, the last axis fastest."""
    return np.reshape(x, shape)


@reference
def broadcast(x: Array, *, shape: Shape) -> Array:
    """x repeated along axes of size 1, and along new axes in front."""
    return np.broadcast_to(x, shape)


@reference
def as_real(x: Array) -> Array:
    """Integers as Reals."""
    return np.asarray(x, float)


@reference
def ordering(x: Array) -> Array:
    """The places along the last axis, from 1, in the order of what stands there."""
    return np.argsort(x, axis=-1, kind="stable") + 1


def _places(index: Array, shape: Shape, beside: int, offset: int, wrap: int) -> tuple[Array, ...]:
    """Coordinates in an array of this shape, and where all of them are in it."""
    at = index + offset
    sizes = np.array(shape[beside : beside + index.shape[-1]])
    at = np.where(at < 0, at + sizes + wrap, at)
    inside = np.asarray(np.logical_and(at >= 0, at < sizes).all(-1))
    own = np.indices(index.shape[:-1])[:beside]
    return (*own, *np.moveaxis(np.where(inside[..., None], at, 0), -1, 0), inside)


@reference
def extract(x: Array, index: Array, *, beside: int, offset: int, wrap: int) -> Array:
    """What stands at places; NaN where there is no such place."""
    *at, inside = _places(index, x.shape, beside, offset, wrap)
    found: Array = x[tuple(at)]
    return np.where(
        inside.reshape(*inside.shape, *(1,) * (found.ndim - inside.ndim)), found, np.nan
    )


@reference
def put(x: Array, index: Array, *, shape: Shape, beside: int, offset: int, wrap: int) -> Array:
    """Zeros, with each part added at its place."""
    *at, inside = _places(index, shape, beside, offset, wrap)
    result = np.zeros(shape)
    np.add.at(result, tuple(each[inside] for each in at), x[inside])
    return result


@reference
def concatenate(*xs: Array, axis: int) -> Array:
    """One after the other along an axis."""
    return np.concatenate(xs, axis)


@reference
def slice_(x: Array, *, axis: int, start: int, stop: int) -> Array:
    """From start, counted from 0, up to stop, which is left out."""
    return np.moveaxis(np.moveaxis(x, axis, 0)[start:stop], 0, axis)


@reference
def pad(x: Array, *, axis: int, before: int, after: int) -> Array:
    """Zeros before and after along an axis."""
    return np.pad(x, [(before, after) if i == axis else (0, 0) for i in range(x.ndim)])


@reference
def reverse(x: Array, *, axis: int) -> Array:
    """From the last to the first along an axis."""
    return np.flip(x, axis)


# Tables. An index outside 1..n reads NaN and writes nothing.


@reference
def gather(table: Array, index: Array) -> Array:
    """Row index[...] of the table, counted from 1."""
    rows = np.full((*index.shape, *table.shape[1:]), np.nan)
    for at in np.ndindex(index.shape):
        if 1 <= index[at] <= len(table):
            rows[at] = table[int(index[at]) - 1]
    return rows


@reference
def scatter_add(rows: Array, index: Array, *, count: int) -> Array:
    """A table whose row i is the sum of the rows with index i, counted from 1."""
    table = np.zeros((count, *rows.shape[index.ndim :]))
    for at in np.ndindex(index.shape):
        if 1 <= index[at] <= count:
            table[int(index[at]) - 1] += rows[at]
    return table


@reference
def pick(x: Array, index: Array) -> Array:
    """x[..., index[...]], counted from 1."""
    picked = np.full(index.shape, np.nan)
    for at in np.ndindex(index.shape):
        if 1 <= index[at] <= x.shape[-1]:
            picked[at] = x[(*at, int(index[at]) - 1)]
    return picked


@reference
def place(x: Array, index: Array, *, count: int) -> Array:
    """Zeros along a new last axis, but for x[...] at index[...], counted from 1."""
    placed = np.zeros((*x.shape, count))
    for at in np.ndindex(index.shape):
        if 1 <= index[at] <= count:
            placed[(*at, int(index[at]) - 1)] = x[at]
    return placed


for _function in (
    windows.convolve,
    windows.convolve_input,
    windows.convolve_weights,
    windows.pool_max,
    windows.pool_max_input,
    windows.pool_sum,
    windows.pool_sum_input,
    windows.interpolate,
    windows.interpolate_input,
    windows.interpolate_spots,
    recurrences.lstm,
    recurrences.lstm_input,
    recurrences.gru,
    recurrences.gru_input,
    attention.attention_weights,
    attention.attention_weights_input,
    attention.causal_product,
):
    reference(_function)


@reference
def sum_parts(x: Array) -> Array:
    """Of the only part there is."""
    return x


Part = tuple[int, int]


@reference
def random_mask(
    *, shape: Shape, keep: float, key: tuple[int, int], step: int, each: int = 0,
    part: Part = (1, 1),
) -> Array:  # fmt: skip
    """1 with probability `keep`, else 0, from the words of Philox: the same in every precision.

    key: two words, see core/streams.py. each, part: of the first part of a batch.
    """
    words = _words(shape, key, step, each, part)
    return ((words >> np.uint64(11)) * 2.0**-53 < keep).astype(float)


@reference
def random_uniform(
    *, shape: Shape, key: tuple[int, int], step: int, each: int = 0, part: Part = (1, 1)
) -> Array:
    """Numbers between 0 and 1, from the words of Philox: the middles of 2^52 bins."""
    words = _words(shape, key, step, each, part)
    return np.asarray((2 * (words >> np.uint64(12)) + np.uint64(1)) * 2.0**-53)


def _words(shape: Shape, key: tuple[int, int], step: int, each: int, part: Part) -> Array:
    """Words of a stream; those of another step are those of another counter. Of all examples of a
    batch, time after time, those of its first ones."""
    size, whole = part if each else (1, 1)
    times = math.prod(shape) // (size * each or 1) if each else 1
    count = times * whole * each if each else math.prod(shape)
    bits = np.random.Philox(
        key=np.array(key, np.int64).view(np.uint64), counter=np.array([0, step, 0, 0], np.uint64)
    )
    words = np.asarray(bits.random_raw(count))
    if each:
        words = words.reshape(times, whole * each)[:, : size * each]
    return words.reshape(shape)


def run_graph(
    graph: Graph,
    inputs: Mapping[str, Any],
    arrays: Mapping[Any, Any],
    *,
    seed: Seed = 0,
    step: int = 0,
) -> dict[Value, Array]:
    """Every value of a graph, in float64.

    inputs: port -> array, the batch first. arrays: key -> array. seed, step: of the random
    primitives; each call of a layer draws from a stream of its own.

    >>> from wlnet.graph.builder import Builder
    >>> graph = Graph()
    >>> x = graph.inputs["Input"] = graph.new_value((2,))
    >>> y = Builder(graph).map("Square", x)
    >>> run_graph(graph, {"Input": [3.0, 4.0]}, {})[y].tolist()
    [9.0, 16.0]
    """
    values: dict[Value, Array] = {}
    given: list[Any] = [(graph.inputs, inputs), (graph.arrays, arrays)]
    for named, contents in given:
        for name, value in named.items():
            kind = float if value.element == "Real" else np.int64
            array = np.asarray(contents[name]).astype(kind)
            assert array.shape == value.shape, (name, array.shape, value.shape)
            values[value] = array
    drawn = Counter[tuple[Any, ...]]()
    for call in graph.calls:
        attributes = dict(call.attributes)
        if PRIMITIVES[call.primitive].random:
            number = drawn[call.origin]
            drawn[call.origin] += 1
            attributes["key"] = stream_key(seed, call.primitive, call.origin, number)
            attributes["step"] = step
        results = REFERENCES[call.primitive](*(values[v] for v in call.inputs), **attributes)
        values.update(zip(call.outputs, results, strict=True))
    return values


@reference
def scan(*operands: Array, body: Graph, times: int, reverse: bool) -> Arrays:
    """A graph applied step by step along sequences."""
    return scan_arrays(run_graph, operands, body, times, reverse)
