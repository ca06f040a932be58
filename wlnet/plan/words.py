"""The words of a plan: every primitive that may stand in a graph while it is planned, a row each.

The written specification of an intermediate representation. The primitives of a net keep the rows
that they have in graph/primitives.py; here stand those that passes make, for what is fused, what is
computed in lanes, what is packed, and what is done for a training. How a row is written tells
specs.py; `roles` (checking.py) names the operands and results of a call by it.
"""

from __future__ import annotations

from math import prod
from typing import Any

from wlnet.graph.graph import Shape
from wlnet.graph.primitives import PRIMITIVES
from wlnet.plan.specs import SPECS, Sizes, spec

__all__ = ["SPECS"]

Results = tuple[Sizes, ...]
Window = Any
"""An attribute of a window: stride, padding, dilation, groups, kernel."""


def fits(shape: Sizes, other: Sizes) -> bool:
    """Whether two shapes are the same, as far as they are known."""
    pairs = zip(shape, other, strict=True) if len(shape) == len(other) else [(0, 1)]
    return all(one == two or None in (one, two) for one, two in pairs)


def _per_channel(bias: Shape | None, w: Shape) -> None:
    assert bias is None or prod(bias) == w[0], "the bias has no number for each channel"


# Products


@spec("c")
def affine(
    a: Shape,
    b: Shape,
    bias: Shape | None = None,
    gate: Shape | None = None,
    *,
    packed: bool = False,
    activation: str | None = None,
) -> Results:
    """A product that starts from the bias of each column; then an activation, or nothing where the
    gate is not positive. packed: b is (blocks, depth, lanes), see engine/packed.py."""
    c: Sizes = (*a[:-1], None)
    if not packed:
        (c,) = PRIMITIVES["matmul"].shapes(a, b)
    assert b[-2] == a[-1], "a and b have another depth"
    assert bias is None or fits(bias, c[-1:]), "the bias has no number for each column"
    assert gate is None or fits(gate, c), "the gate has not the shape of the result"
    return (c,)


@spec("packed")
def pack(w: Shape) -> Results:
    """A matrix (columns, depth), as vectors of its transpose."""
    return ((None, w[1], None),)


@spec("w")
def unpack(packed: Shape) -> Results:
    """Back to the matrix."""
    return ((None, packed[1]),)


@spec("repacked")
def repack(packed: Shape) -> Results:
    """A packed matrix whose transpose is packed instead, for the way back."""
    return ((None, None, packed[2]),)


@spec("states gates cells")
def lstm(said: Shape, weights: Shape, *, packed: bool = False) -> Results:
    """That of a net, by weights that may be packed."""
    size = said[2] // 4
    return PRIMITIVES["lstm"].shapes(said, (size, 4 * size) if packed else weights)


# What is worked on while it is in registers


@spec("out")
def gate(d: Shape, y: Shape) -> Results:
    """d where y is positive, else 0."""
    assert d == y, "d and y have not one shape"
    return (d,)


@spec("out")
def slope(d: Shape, y: Shape, *, function: str) -> Results:
    """d times the slope of a function, told by its value y."""
    assert d == y, "d and y have not one shape"
    return (d,)


@spec("loss gradient? probabilities?")
def cross_entropy(x: Shape, index: Shape, *, loss: bool, scale: float = 0.0) -> Results:
    """What softmax along the last axis costs at an index; its gradient by x, times the scale; and
    softmax itself."""
    assert x[:-1] == index, "there is no index for each row"
    return index, x, x


# Windows, image by image


@spec("y", like="convolve")
def convolve(
    x: Shape, w: Shape, bias: Shape | None = None, *, activation: str | None = None, **at: Window
) -> Results:
    """That of a net; then a bias for each channel, and an activation."""
    _per_channel(bias, w)
    return PRIMITIVES["convolve"].shapes(x, w, **at)


def _halved(shape: Sizes, first: int) -> Sizes:
    """Two axes of half the size."""
    rows, columns = shape[first : first + 2]
    assert rows is not None and columns is not None
    return (*shape[:first], rows // 2, columns // 2, *shape[first + 2 :])


@spec("y [places]", like="convolve")
def convolve_pooled(
    x: Shape, w: Shape, bias: Shape | None = None, *, activation: str | None = None, **at: Window
) -> Results:
    """Then the largest of each 2 x 2 pixels, and which it is."""
    (whole,) = convolve(x, w, bias, **at)
    return (_halved(whole, 2),) * 2


@spec("y [places]", like="pool_max")
def pool_max(x: Shape, **at: Window) -> Results:
    """That of a net; nobody may want to know the places."""
    return PRIMITIVES["pool_max"].shapes(x, **at)


# In lanes: images side by side, (blocks, channels, *space, lanes)


@spec("y")
def to_lanes(x: Shape, *, examples: int) -> Results:
    """Images side by side; the last one again where a vector is not full."""
    assert x[0] == examples, "there are not so many examples"
    return ((None, *x[1:], None),)


@spec("y")
def from_lanes(x: Shape, *, examples: int) -> Results:
    """Images one after another."""
    return ((examples, *x[1:-1]),)


@spec("y")
def mask_lanes(x: Shape, *, examples: int) -> Results:
    """Zeros in place of the copies of the last example."""
    return (x,)


@spec("y", like="convolve")
def lanes_convolve(
    x: Shape, w: Shape, bias: Shape | None = None, *, activation: str | None = None, **at: Window
) -> Results:
    """A convolution in lanes; then a bias for each channel, and an activation."""
    (y,) = convolve(x[:-1], w, bias, **at)
    return ((*y, x[-1]),)


@spec("y [places]", like="lanes_convolve")
def lanes_convolve_pooled(x: Shape, w: Shape, bias: Shape | None = None, **at: Window) -> Results:
    """Then the largest of each 2 x 2 pixels, and which it is."""
    (whole,) = lanes_convolve(x, w, bias, **at)
    return (_halved(whole, 2),) * 2


@spec("x", like="convolve_input")
def lanes_convolve_input(
    d: Shape, w: Shape, gate: Shape | None = None, *, shape: Shape, **at: Window
) -> Results:
    """The way back of a convolution in lanes; then nothing where the gate is not positive."""
    assert gate is None or gate == shape, "the gate has not the shape of the result"
    return (shape,)


@spec("w", like="convolve_weights")
def lanes_convolve_weights(x: Shape, d: Shape, *, shape: Shape, **at: Window) -> Results:
    """The gradient by the weights of a convolution in lanes."""
    assert x[0] == d[0] and x[-1] == d[-1], "x and d are not of the same examples"
    return (shape,)


@spec("y places", like="pool_max")
def lanes_pool_max(x: Shape, **at: Window) -> Results:
    """The largest of each window in lanes, and its place in the window."""
    return tuple((*y, x[-1]) for y in PRIMITIVES["pool_max"].shapes(x[:-1], **at))


@spec("x", like="pool_max_input")
def lanes_pool_max_input(d: Shape, places: Shape, *, shape: Shape, **at: Window) -> Results:
    """Each window's gradient goes to the place that was largest."""
    assert d == places, "d and places have not one shape"
    return (shape,)


@spec("x")
def lanes_unpool(d: Shape, places: Shape) -> Results:
    """The same for windows of 2 x 2 pixels, with a byte for each place."""
    assert d == places, "d and places have not one shape"
    return ((*d[:2], None, None, d[-1]),)


@spec("y", like="pool_sum")
def lanes_pool_sum(x: Shape, **at: Window) -> Results:
    """The sum of each window in lanes."""
    return tuple((*y, x[-1]) for y in PRIMITIVES["pool_sum"].shapes(x[:-1], **at))


@spec("x", like="pool_sum_input")
def lanes_pool_sum_input(d: Shape, *, shape: Shape, **at: Window) -> Results:
    """Each window's gradient goes to all its places."""
    return (shape,)


# By Winograd's formula, in lanes; u are the points of the kernels, whose shape was `kernel`


@spec("u")
def winograd_points(w: Shape) -> Results:
    """The points of kernels (outputs, inputs, size, size)."""
    return ((None, w[0], None),)


@spec("y", like="lanes_convolve")
def winograd(
    x: Shape, u: Shape, bias: Shape | None = None, *, kernel: Shape, **at: Window
) -> Results:
    """A convolution; then a bias for each channel, and an activation."""
    assert u[1] == kernel[0], "the points are those of other kernels"
    return lanes_convolve(x, kernel, bias, **at)


@spec("y [places]", like="lanes_convolve")
def winograd_pooled(
    x: Shape, u: Shape, bias: Shape | None = None, *, kernel: Shape, **at: Window
) -> Results:
    """Then the largest of each 2 x 2 pixels, and which it is."""
    (whole,) = winograd(x, u, bias, kernel=kernel, **at)
    return (_halved(whole, 2),) * 2


@spec("x", like="lanes_convolve_input")
def winograd_input(
    d: Shape, u: Shape, gate: Shape | None = None, *, kernel: Shape, shape: Shape, **at: Window
) -> Results:
    """The way back of a convolution; then nothing where the gate is not positive."""
    assert u[1] == kernel[0], "the points are those of other kernels"
    return lanes_convolve_input(d, kernel, gate, shape=shape, **at)


@spec("g", like="lanes_convolve_weights")
def winograd_sums(x: Shape, d: Shape, *, kernel: Shape, **at: Window) -> Results:
    """The points of the gradient by the kernels, added up in parts."""
    return ((None, None, None, None),)


@spec("w")
def winograd_weights(g: Shape, *, x: Shape, y: Shape, lanes: int) -> Results:
    """From points to the gradient by the kernels; x, y: shapes of the images, without lanes."""
    return ((y[1], x[1], None, None),)


# What a step of training does, and what a program looks at


@spec("", changes=True)
def check(x: Shape) -> Results:
    """Tell of numbers that are not finite."""
    return ()


@spec("y", changes=True)
def fetch(*, name: object, shape: Shape) -> Results:
    """Rows of a column: the examples of this step."""
    return (shape,)


@spec("", changes=True)
def keep(x: Shape, *, name: object) -> Results:
    """Write a row of a table."""
    return ()


@spec("", changes=True)
def update(gradient: Shape, *, key: object) -> Results:
    """Update an array by its gradient."""
    return ()


@spec("", changes=True)
def product_update(a: Shape, b: Shape, *, key: object) -> Results:
    """The same; the gradient is a product of two matrices."""
    assert a[1] == b[0], "a and b have another depth"
    return ()


@spec("", changes=True)
def packed_update(a: Shape, b: Shape, *, key: object) -> Results:
    """The same for an array that is packed: the transpose of its gradient is a product."""
    assert a[1] == b[0], "a and b have another depth"
    return ()


@spec("", changes=True)
def sum_update(x: Shape, *, key: object) -> Results:
    """The same; the gradient is the sum of rows."""
    assert len(x) == 2, "x is no matrix"
    return ()


@spec("", changes=True)
def replace(x: Shape, *, key: object) -> Results:
    """A running statistic takes over its new value."""
    return ()


@spec("y")
def copy(x: Shape) -> Results:
    """The same numbers one after another, for who cannot read a view."""
    return (x,)
