"""The closed set of primitives: one row each, with the shapes of its results.

`shapes(*input_shapes, **attributes)` gives the shape of every output. What a primitive computes
stands in `reference.py`, its derivative in `derivatives.py`, how it is run in plan/calls/. Tests
see to it that all four agree. The file is as long as the set.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from wlnet.graph import apart as rule
from wlnet.graph.bodies import in_steps, shapes_of
from wlnet.graph.graph import Shape
from wlnet.graph.rows import PRIMITIVES as PRIMITIVES
from wlnet.graph.rows import Primitive, primitive
from wlnet.graph.rows import axis_after as axis_after

Pads = Sequence[tuple[int, int]]
"""What is added before and after each axis of space."""


def _common(a: Shape, b: Shape) -> Shape:
    """The shape that two shapes are both repeated to, as NumPy broadcasts them."""
    rank = max(len(a), len(b))
    one, two = ((1,) * (rank - len(x)) + tuple(x) for x in (a, b))
    assert all(x == y or 1 in (x, y) for x, y in zip(one, two, strict=True)), (a, b)
    return tuple(y if x == 1 else x for x, y in zip(one, two, strict=True))


@primitive(apart=rule.product)
def matmul(a: Shape, b: Shape) -> tuple[Shape, ...]:
    """(..., m, k) . (..., k, n) -> (..., m, n); leading sizes of 1, or missing ones, are repeated:
    a second operand of rank 2 serves for all leading indices."""
    assert a[-1] == b[-2], (a, b)
    lead = _common(a[:-2], b[:-2])
    return ((*lead, a[-2], b[-1]),)


@primitive(apart=rule.moved)
def transpose(x: Shape, *, axes: tuple[int, ...]) -> tuple[Shape, ...]:
    """Axes in another order."""
    return (tuple(x[axis] for axis in axes),)


@primitive(apart=rule.reshaped)
def reshape(x: Shape, *, shape: Shape) -> tuple[Shape, ...]:
    """The same numbers in another shape."""
    assert prod(x) == prod(shape), (x, shape)
    return (shape,)


@primitive(apart=rule.element_by_element)
def compiled(*xs: Shape, function: object, slopes: object) -> tuple[Shape, ...]:
    """A function of a user, compiled, of the numbers that stand at the same place of operands of
    one shape. slopes: of each operand a function that is the derivative by it, or None."""
    assert len(set(xs)) == 1, xs
    return (xs[0],)


@primitive(apart=rule.element_by_element)
def gradient_reversal(x: Shape) -> tuple[Shape, ...]:
    """The same numbers; the gradient comes back with the other sign."""
    return (x,)


@primitive(apart=rule.repeated)
def broadcast(x: Shape, *, shape: Shape) -> tuple[Shape, ...]:
    """Repeated along sizes of 1 and new leading axes."""
    assert _common(x, shape) == shape, (x, shape)
    return (shape,)


def _binary(a: Shape, b: Shape) -> tuple[Shape, ...]:
    """Element by element; sizes of 1 are repeated, as NumPy does."""
    return (_common(a, b),)


def _extreme(a: Shape, b: Shape, *, tie: float) -> tuple[Shape, ...]:
    """tie: how much of the gradient goes to a where both are equal."""
    return _binary(a, b)


ARITHMETIC = "add", "subtract", "multiply", "divide", "power"
EXTREMES = "maximum", "minimum"
COMPARISONS = "greater", "greater_equal", "precedence"
"""1 or 0; `precedence` is 1/2 where both are equal."""
BINARY = (*ARITHMETIC, *EXTREMES, *COMPARISONS, "masked")
"""Primitives of two operands. `masked` is their product where the second is not 0. Elsewhere it is
-0.0, whatever the first is, even NaN; -0.0 changes nothing that it is added to."""

for _name in BINARY:
    PRIMITIVES[_name] = Primitive(
        _name, _extreme if _name in EXTREMES else _binary, rule.element_by_element
    )


@primitive(apart=rule.element_by_element)
def map_(x: Shape, *, function: str) -> tuple[Shape, ...]:
    """A function of one number on every element; the names stand in maps.py."""
    return (x,)


@primitive(apart=rule.without_operands)
def fill(*, shape: Shape, value: float) -> tuple[Shape, ...]:
    """One number everywhere."""
    return (shape,)


@primitive(apart=rule.without_operands)
def constant(*, shape: Shape, values: tuple[float, ...]) -> tuple[Shape, ...]:
    """Numbers that are known beforehand, the last axis fastest."""
    assert prod(shape) == len(values), (shape, len(values))
    return (shape,)


@primitive("Integer", apart=rule.without_operands)
def indices(*, count: int) -> tuple[Shape, ...]:
    """1, 2, ..., count."""
    return ((count,),)


@primitive(apart=rule.beside("axes"))
def sum_(x: Shape, *, axes: tuple[int, ...]) -> tuple[Shape, ...]:
    """The sum over axes, which stay with size 1."""
    return (tuple(1 if axis in axes else size for axis, size in enumerate(x)),)


@primitive(apart=rule.beside("axis"))
def softmax(x: Shape, *, axis: int) -> tuple[Shape, ...]:
    """exp(x) over its sum along an axis."""
    return (x,)


@primitive(apart=rule.beside("axis"))
def log_softmax(x: Shape, *, axis: int) -> tuple[Shape, ...]:
    """The logarithm of softmax, exact where softmax underflows."""
    return (x,)


@primitive(apart=rule.seen)
def attention_weights(x: Shape, *, scale: float, window: int | None) -> tuple[Shape, ...]:
    """softmax of scale x along the last axis; scale is positive. window: None, or of matrices (...,
    n, n), the i-th row is that over those which the i-th of n sees, so many up to itself, or as
    many as there are; the others are 0, whatever stands there."""
    assert window is None or (x[-2] == x[-1] and window > 0), (x, window)
    return (x,)


@primitive(apart=rule.seen)
def attention_weights_input(
    d: Shape, weights: Shape, *, scale: float, window: int | None
) -> tuple[Shape, ...]:
    """The derivative of `attention_weights` by its input; weights: what it gave."""
    assert d == weights, (d, weights)
    return (d,)


@primitive(apart=rule.leading)
def causal_product(a: Shape, b: Shape, *, part: str, window: int) -> tuple[Shape, ...]:
    """matmul, where the i-th of n has to do with some alone, and reads no others. part: "Past", row
    i is a sum over those that i sees; "Future", over those that see i; "Entries", row i has entries
    for those that i sees, the others are 0. window: how many up to itself each sees."""
    (c,) = matmul(a, b)
    count = {"Past": a[-2:], "Future": a[-2:], "Entries": c[-2:]}[part]
    assert a[:-2] == b[:-2] and count[0] == count[1] and window > 0, (a, b, part, window)
    return (c,)


@primitive("Real", "Real", "Real", apart=rule.recurrent)
def lstm(said: Shape, weights: Shape, *begun: Shape) -> tuple[Shape, ...]:
    """The states, gates and cells of a long short-term memory, at every step of a sequence.

    said (length, batch, 4 size): the pre-activations of the input, output, forget and memory gates,
    but for the part of the state. weights (size, 4 size): the state of the step before, multiplied
    with them, is that part. begun: the state and the cell (batch, size) before the first step, both
    zeros if there are none. gates: after their sigmoids, and the tanh of the memory gate.
    """
    length, batch, width = said
    size = weights[0]
    assert weights == (size, width) == (size, 4 * size), (said, weights)
    assert begun in ((), ((batch, size), (batch, size))), begun
    return (length, batch, size), said, (length, batch, size)


@primitive("Real", "Real", apart=rule.recurrent)
def lstm_input(
    d: Shape, gates: Shape, cells: Shape, weights: Shape, *more: Shape
) -> tuple[Shape, ...]:
    """The way back of `lstm`: the gradients by `said`, and by the cell before the first step, (1,
    batch, size).

    d: the gradient by the states. weights (4 size, size): those of `lstm`, transposed. more: the
    gradients by gates and cells, if anything but `lstm` itself reads these; then the cell before
    the first step, if it is not zeros.
    """
    assert d == cells, (d, cells)
    assert more in ((), (gates, cells), (d[1:],), (gates, cells, d[1:])), more
    return gates, (1, *d[1:])


@primitive("Real", "Real", "Real", apart=rule.recurrent)
def gru(said: Shape, weights: Shape, *begun: Shape) -> tuple[Shape, ...]:
    """The states of a gated recurrent layer at every step of a sequence, its gates, and what the
    state before told the memory gate.

    said (length, batch, 3 size): the pre-activations of the input, reset and memory gates, but for
    the part of the state. weights (size, 3 size): the state of the step before, multiplied with
    them, is that part; the reset gate, multiplied with its last third, goes to the memory gate.
    begun: the state (batch, size) before the first step, zeros if there is none. gates: after their
    sigmoids, and the tanh of the memory gate.
    """
    length, batch, width = said
    size = weights[0]
    assert weights == (size, width) == (size, 3 * size), (said, weights)
    assert begun in ((), ((batch, size),)), begun
    return (length, batch, size), said, (length, batch, size)


@primitive("Real", "Real", "Real", apart=rule.recurrent)
def gru_input(
    d: Shape, gates: Shape, told: Shape, states: Shape, weights: Shape, *more: Shape
) -> tuple[Shape, ...]:
    """The way back of `gru`: the gradients by `said`, and by what the states told all gates, both
    (length, batch, 3 size); and by the state before the first step, past the gates, (1, batch,
    size).

    d: the gradient by the states. weights (3 size, size): those of `gru`, transposed. more: the
    gradients by gates and told, if anything but `gru` itself reads these; then the state before the
    first step, if it is not zeros.
    """
    assert d == told == states, (d, told, states)
    assert more in ((), (gates, told), (d[1:],), (gates, told, d[1:])), more
    return gates, gates, (1, *d[1:])


@primitive(index=1, apart=rule.rows_taken)
def gather(table: Shape, index: Shape) -> tuple[Shape, ...]:
    """Rows of a table (n, ...) by index counted from 1."""
    return ((*index, *table[1:]),)


@primitive(index=1, apart=rule.meet)
def scatter_add(rows: Shape, index: Shape, *, count: int) -> tuple[Shape, ...]:
    """A table of `count` rows, each the sum of the given rows with that index."""
    assert rows[: len(index)] == index, (rows, index)
    return ((count, *rows[len(index) :]),)


@primitive(index=1, apart=rule.entries)
def pick(x: Shape, index: Shape) -> tuple[Shape, ...]:
    """One element along the last axis, by index counted from 1."""
    assert x[:-1] == index, (x, index)
    return (index,)


@primitive(index=1, apart=rule.entries)
def place(x: Shape, index: Shape, *, count: int) -> tuple[Shape, ...]:
    """Zeros along a new last axis of `count`, with the value at its index."""
    assert x == index, (x, index)
    return ((*x, count),)


@primitive(index=0, apart=rule.element_by_element)
def as_real(index: Shape) -> tuple[Shape, ...]:
    """Integers as Reals."""
    return (index,)


@primitive("Integer", apart=rule.along_last)
def ordering(x: Shape) -> tuple[Shape, ...]:
    """The places along the last axis, counted from 1, in the order of what stands there: equals in
    the order that they have, NaN last."""
    return (x,)


@primitive(index=1, apart=rule.own_places)
def extract(x: Shape, index: Shape, *, beside: int, offset: int, wrap: int) -> tuple[Shape, ...]:
    """What stands in x at places that the last axis of the index tells: one coordinate for each of
    the first axes of x after those `beside`, which both have. A coordinate is an index and
    `offset`, counted from 0; below 0 the size and `wrap` are added: (-1, 1) counts from 1 and from
    -1 backwards, (0, 0) as Python does."""
    depth = index[-1]
    assert x[:beside] == index[:beside], (x, index)
    assert len(index) > beside and 0 < depth <= len(x) - beside, (x, index, beside)
    return ((*index[:-1], *x[beside + depth :]),)


@primitive(index=1, apart=rule.own_places)
def put(
    x: Shape, index: Shape, *, shape: Shape, beside: int, offset: int, wrap: int
) -> tuple[Shape, ...]:
    """The derivative of `extract`: zeros, with each part of x added at its place."""
    return (shape,)


@primitive(apart=rule.beside("axis"))
def concatenate(*xs: Shape, axis: int) -> tuple[Shape, ...]:
    """One after another along an axis."""
    size = sum(x[axis] for x in xs)
    return (tuple(size if i == axis else n for i, n in enumerate(xs[0])),)


@primitive(apart=rule.beside("axis"))
def slice_(x: Shape, *, axis: int, start: int, stop: int) -> tuple[Shape, ...]:
    """From start to stop along an axis."""
    assert 0 <= start <= stop <= x[axis], (x, axis, start, stop)
    return (tuple(stop - start if i == axis else n for i, n in enumerate(x)),)


@primitive(apart=rule.beside("axis"))
def pad(x: Shape, *, axis: int, before: int, after: int) -> tuple[Shape, ...]:
    """Zeros before and after along an axis."""
    return (tuple(n + before + after if i == axis else n for i, n in enumerate(x)),)


@primitive(apart=rule.beside("axis"))
def reverse(x: Shape, *, axis: int) -> tuple[Shape, ...]:
    """The entries along an axis from the last to the first."""
    return (x,)


def window_count(size: int, pads: tuple[int, int], kernel: int, stride: int, dilation: int) -> int:
    """How many places a window takes along one axis."""
    return (size + sum(pads) - (dilation * (kernel - 1) + 1)) // stride + 1


def _windows(x: Shape, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape) -> Shape:
    return tuple(
        window_count(*axis) for axis in zip(x[2:], padding, kernel, stride, dilation, strict=True)
    )


@primitive(apart=rule.images)
def convolve(
    x: Shape, w: Shape, *, stride: Shape, padding: Pads, dilation: Shape, groups: int
) -> tuple[Shape, ...]:
    """x (batch, in, *space) with w (out, in/groups, *kernel): cross-correlation."""
    return ((x[0], w[0], *_windows(x, w[2:], stride, padding, dilation)),)


@primitive(apart=rule.images)
def convolve_input(
    d: Shape, w: Shape, *, shape: Shape, stride: Shape, padding: Pads, dilation: Shape, groups: int
) -> tuple[Shape, ...]:
    """The derivative of `convolve` by its input, which has the given shape."""
    return (shape,)


@primitive(apart=rule.meet)
def convolve_weights(
    x: Shape, d: Shape, *, shape: Shape, stride: Shape, padding: Pads, dilation: Shape, groups: int
) -> tuple[Shape, ...]:
    """The derivative of `convolve` by its weights, which have the given shape."""
    return (shape,)


@primitive("Real", "Integer", apart=rule.channels)
def pool_max(x: Shape, *, kernel: Shape, stride: Shape, padding: Pads) -> tuple[Shape, ...]:
    """The largest of each window, and its place in the window."""
    out = (*x[:2], *_windows(x, kernel, stride, padding, (1,) * len(kernel)))
    return out, out


@primitive(index=1, apart=rule.channels)
def pool_max_input(
    d: Shape, where: Shape, *, shape: Shape, kernel: Shape, stride: Shape, padding: Pads
) -> tuple[Shape, ...]:
    """The derivative of `pool_max`: each window's gradient goes to the place that was largest."""
    return (shape,)


@primitive(apart=rule.channels)
def pool_sum(x: Shape, *, kernel: Shape, stride: Shape, padding: Pads) -> tuple[Shape, ...]:
    """The sum of each window; padding counts as 0."""
    return ((*x[:2], *_windows(x, kernel, stride, padding, (1,) * len(kernel))),)


@primitive(apart=rule.channels)
def pool_sum_input(
    d: Shape, *, shape: Shape, kernel: Shape, stride: Shape, padding: Pads
) -> tuple[Shape, ...]:
    """The derivative of `pool_sum`: each window's gradient goes to all its places."""
    return (shape,)


@primitive(apart=rule.own_images)
def interpolate(x: Shape, spots: Shape) -> tuple[Shape, ...]:
    """x (batch, channels, height, width) at spots (batch, 2, count), column and row, from 0:
    between entries bilinear, and 0 beyond the last of them."""
    return ((*x[:2], spots[2]),)


@primitive(apart=rule.own_images)
def interpolate_input(d: Shape, spots: Shape, *, height: int, width: int) -> tuple[Shape, ...]:
    """The derivative of `interpolate` by its images: each number goes to its four entries."""
    return ((*d[:2], height, width),)


@primitive(apart=rule.own_images)
def interpolate_spots(d: Shape, x: Shape, spots: Shape) -> tuple[Shape, ...]:
    """The derivative of `interpolate` by its spots; at an entry, that of the side behind it."""
    return (spots,)


@primitive(apart=rule.meet)
def sum_parts(x: Shape) -> tuple[Shape, ...]:
    """The sum over the parts of a batch, each of which goes through a program by itself."""
    return (x,)


@primitive(random=True, apart=rule.without_operands)
def random_mask(
    *, shape: Shape, keep: float, each: int = 0, part: tuple[int, int] = (1, 1)
) -> tuple[Shape, ...]:
    """1 with probability `keep`, else 0; a new draw every step.

    each: how many numbers an example has, where there are only those of a part of a batch: how many
    examples it has, and how many there are in all. 0: the same numbers for all parts.
    """
    return (shape,)


@primitive(random=True, apart=rule.without_operands)
def random_uniform(
    *, shape: Shape, each: int = 0, part: tuple[int, int] = (1, 1)
) -> tuple[Shape, ...]:
    """Numbers between 0 and 1; a new draw every step. each, part: see `random_mask`."""
    return (shape,)


PRIMITIVES["scan"] = Primitive("scan", shapes_of, in_steps, any_entries=True)
"""A graph applied step by step along sequences, see scans.py."""
