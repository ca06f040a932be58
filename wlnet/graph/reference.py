"""What each primitive means, in plain NumPy: documentation that runs, slow and clear.

`REFERENCES` has one function a primitive: `function(*inputs, **attributes)` gives a tuple of
arrays, float64 for Reals. `MAP_REFERENCES` has one a function of maps.py. `run_graph` interprets a
graph with them. Tests hold kernels and derivatives against these lines.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.graph.graph import Graph, Shape, Value

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Reference = Callable[..., Arrays]
REFERENCES: dict[str, Reference] = {}


def reference(function: Callable[..., Array | Arrays]) -> Callable[..., Array | Arrays]:
    """Enter a function under its name."""

    @functools.wraps(function)
    def as_tuple(*inputs: Array, **attributes: Any) -> Arrays:
        result = function(*inputs, **attributes)
        return result if isinstance(result, tuple) else (result,)

    REFERENCES[function.__name__.rstrip("_")] = as_tuple
    return function


# Functions of one number


def _special(name: str, *before: float) -> Callable[[Array], Array]:
    """A function of scipy.special, which is slow to import: only when it is called."""

    def function(x: Array) -> Array:
        import scipy.special

        return np.asarray(getattr(scipy.special, name)(*before, x))

    return function


MAP_REFERENCES: dict[str, Callable[[Array], Array]] = {
    "Negate": np.negative,
    "Ramp": lambda x: np.maximum(x, 0.0),
    "UnitStep": lambda x: (x > 0).astype(float),
    "Tanh": np.tanh,
    "LogisticSigmoid": _special("expit"),
    "SoftRamp": lambda x: np.logaddexp(0.0, x),
    "Sin": np.sin,
    "Cos": np.cos,
    "Tan": np.tan,
    "ArcSin": np.arcsin,
    "ArcCos": np.arccos,
    "ArcTan": np.arctan,
    "Sinh": np.sinh,
    "Cosh": np.cosh,
    "ArcSinh": np.arcsinh,
    "ArcCosh": np.arccosh,
    "ArcTanh": np.arctanh,
    "Log": np.log,
    "Exp": np.exp,
    "ExpMinusOne": np.expm1,
    "Sqrt": np.sqrt,
    "Square": np.square,
    "Abs": np.abs,
    "Sign": np.sign,
    "Round": np.rint,
    "Ceiling": np.ceil,
    "Floor": np.floor,
    "Gamma": _special("gamma"),
    "LogGamma": _special("gammaln"),
    "DiGamma": _special("digamma"),
    # The Hurwitz zeta function: the sum of 1 / (x + i)^2.
    "TriGamma": _special("zeta", 2.0),
    "Erf": _special("erf"),
}


@reference
def map_(x: Array, *, function: str) -> Array:
    """A function of one number on every element."""
    return MAP_REFERENCES[function](x)


# Element by element, sums and products

for _name in ("matmul", "add", "subtract", "multiply", "divide", "power", "maximum", "minimum"):
    REFERENCES[_name] = functools.partial(lambda ufunc, a, b: (ufunc(a, b),), getattr(np, _name))


@reference
def fill(*, shape: Shape, value: float) -> Array:
    """One number everywhere."""
    return np.full(shape, value)


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
def reshape(x: Array, *, shape: Shape) -> Array:
    """The same numbers in the same order, the last axis fastest."""
    return np.reshape(x, shape)


@reference
def broadcast(x: Array, *, shape: Shape) -> Array:
    """x repeated along axes of size 1, and along new axes in front."""
    return np.broadcast_to(x, shape)


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


# Windows: an element of the kernel meets one strided slice of the padded input.

Padding = tuple[tuple[int, int], ...]
Window = tuple[Any, ...]


def _slices(places: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> Iterator[Window]:
    """For each element of the kernel in row-major order, what it meets in the padded input."""
    for element in itertools.product(*map(range, kernel)):
        starts = [i * step for i, step in zip(element, dilation, strict=True)]
        stops = [
            start + step * (count - 1) + 1
            for start, step, count in zip(starts, stride, places, strict=True)
        ]
        yield (Ellipsis, *map(slice, starts, stops, stride))


def _padded(x: Array, padding: Padding, value: float = 0.0) -> Array:
    return np.pad(x, [(0, 0), (0, 0), *padding], constant_values=value)


def _cropped(x: Array, padding: Padding) -> Array:
    """What `_padded` was given."""
    ends = [size - after for size, (_, after) in zip(x.shape[2:], padding, strict=True)]
    inside: Window = (Ellipsis, *map(slice, [before for before, _ in padding], ends))
    return x[inside]


def _grouped(x: Array, groups: int, axis: int) -> Array:
    """Channels split into (groups, channels of a group)."""
    return x.reshape(*x.shape[:axis], groups, -1, *x.shape[axis + 1 :])


@reference
def convolve(
    x: Array, w: Array, *, stride: Shape, padding: Padding, dilation: Shape, groups: int
) -> Array:
    """Cross-correlation: y[b, o, p] = sum over i, k of w[o, i, k] x[b, i, p stride + k dilation].

    Input and output channels fall into groups; an output sees the inputs of its own group.
    """
    padded = _padded(x, padding)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    places = tuple(
        (n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, stride, strict=True)
    )
    y = np.zeros((len(x), groups, len(w) // groups, *places))
    kernels = _grouped(w, groups, 0).reshape(groups, len(w) // groups, w.shape[1], -1)
    for k, window in enumerate(_slices(places, w.shape[2:], stride, dilation)):
        y += np.einsum("bgi...,goi->bgo...", _grouped(padded[window], groups, 1), kernels[..., k])
    return y.reshape(len(x), len(w), *places)


@reference
def convolve_input(
    d: Array,
    w: Array,
    *,
    shape: Shape,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    groups: int,
) -> Array:
    """What every output sends back to the inputs that it was made of."""
    padded = _padded(np.zeros(shape), padding)
    kernels = _grouped(w, groups, 0).reshape(groups, len(w) // groups, w.shape[1], -1)
    back = _grouped(d, groups, 1)
    for k, window in enumerate(_slices(d.shape[2:], w.shape[2:], stride, dilation)):
        sent = np.einsum("bgo...,goi->bgi...", back, kernels[..., k])
        padded[window] += sent.reshape(*shape[:2], *d.shape[2:])
    return _cropped(padded, padding)


def _flat(x: Array) -> Array:
    """(batch, groups, channels, *space) with the space as one axis."""
    return x.reshape(*x.shape[:3], -1)


@reference
def convolve_weights(
    x: Array,
    d: Array,
    *,
    shape: Shape,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    groups: int,
) -> Array:
    """Each weight's gradient: the sum over all outputs times what the weight met there."""
    padded, back = _padded(x, padding), _grouped(d, groups, 1)
    d_w = np.zeros((groups, shape[0] // groups, shape[1], np.prod(shape[2:], dtype=int)))
    for k, window in enumerate(_slices(d.shape[2:], shape[2:], stride, dilation)):
        met = _grouped(padded[window], groups, 1)
        d_w[..., k] = np.einsum("bgop,bgip->goi", _flat(back), _flat(met))
    return d_w.reshape(shape)


def _stack(x: Array, places: Shape, kernel: Shape, stride: Shape) -> Array:
    ones = (1,) * len(kernel)
    return np.stack([x[window] for window in _slices(places, kernel, stride, ones)])


def _places(x: Array, kernel: Shape, stride: Shape, padding: Padding) -> Shape:
    return tuple(
        (size + sum(pads) - k) // s + 1
        for size, pads, k, s in zip(x.shape[2:], padding, kernel, stride, strict=True)
    )


@reference
def pool_max(x: Array, *, kernel: Shape, stride: Shape, padding: Padding) -> Arrays:
    """The largest of each window, and where in the window it is: row-major, the first of equals.

    Padding never is the largest. A NaN is larger than anything.
    """
    places = _places(x, kernel, stride, padding)
    windows = _stack(_padded(x, padding, -np.inf), places, kernel, stride)
    real = _stack(_padded(np.ones_like(x), padding, 0.0), places, kernel, stride) > 0
    largest = windows.max(0)
    return largest, np.argmax(real & ((windows == largest) | np.isnan(windows)), 0)


@reference
def pool_max_input(
    d: Array, where: Array, *, shape: Shape, kernel: Shape, stride: Shape, padding: Padding
) -> Array:
    """Each window's gradient goes to the place that was largest."""
    padded = _padded(np.zeros(shape), padding)
    ones = (1,) * len(kernel)
    for k, window in enumerate(_slices(d.shape[2:], kernel, stride, ones)):
        padded[window] += np.where(where == k, d, 0.0)
    return _cropped(padded, padding)


@reference
def pool_sum(x: Array, *, kernel: Shape, stride: Shape, padding: Padding) -> Array:
    """The sum of each window; padding counts as zeros."""
    places = _places(x, kernel, stride, padding)
    return np.asarray(_stack(_padded(x, padding), places, kernel, stride).sum(0))


@reference
def pool_sum_input(
    d: Array, *, shape: Shape, kernel: Shape, stride: Shape, padding: Padding
) -> Array:
    """Each window's gradient goes to every element of the window."""
    padded = _padded(np.zeros(shape), padding)
    for window in _slices(d.shape[2:], kernel, stride, (1,) * len(kernel)):
        padded[window] += d
    return _cropped(padded, padding)


@reference
def random_mask(*, shape: Shape, keep: float, rng: np.random.Generator) -> Array:
    """1 with probability `keep`, else 0."""
    return (rng.random(shape) < keep).astype(float)


def run_graph(
    graph: Graph,
    inputs: Mapping[str, Any],
    arrays: Mapping[Any, Any],
    rng: np.random.Generator | None = None,
) -> dict[Value, Array]:
    """Every value of a graph, in float64.

    inputs: port -> array, the batch first. arrays: key -> array. rng: for the random primitives, in
    the order of the calls.

    >>> from wlnet.graph.builder import Builder
    >>> graph = Graph()
    >>> x = graph.inputs["Input"] = graph.new_value((2,))
    >>> y = Builder(graph).map("Square", x)
    >>> run_graph(graph, {"Input": [3.0, 4.0]}, {})[y].tolist()
    [9.0, 16.0]
    """
    values: dict[Value, Array] = {}
    given = [(graph.inputs, inputs), (graph.arrays, arrays)]
    for named, contents in given:
        for name, value in named.items():
            kind = float if value.element == "Real" else np.int64
            array = np.asarray(contents[name]).astype(kind)
            assert array.shape == value.shape, (name, array.shape, value.shape)
            values[value] = array
    for call in graph.calls:
        attributes = dict(call.attributes)
        if call.primitive == "random_mask":
            attributes["rng"] = rng
        results = REFERENCES[call.primitive](*(values[v] for v in call.inputs), **attributes)
        values.update(zip(call.outputs, results, strict=True))
    return values
