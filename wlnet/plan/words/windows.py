"""Windows: image by image, in lanes (NCHWc), with channels last, by Winograd's formula."""

from __future__ import annotations

from math import prod
from typing import Any

from wlnet.graph.graph import Shape
from wlnet.graph.primitives import PRIMITIVES
from wlnet.plan.words.specs import Results, Sizes, spec

Window = Any
"""An attribute of a window: stride, padding, dilation, groups, kernel."""


def _per_channel(bias: Shape | None, w: Shape) -> None:
    assert bias is None or prod(bias) == w[0], "the bias has no number for each channel"


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


# Depthwise, with channels last: (batch, *space, channels); w: (*kernel, channels), where `kernel`
# is the shape that it has in a net


def _deep(x: Shape, w: Shape, kernel: Shape) -> None:
    assert w == (*kernel[2:], kernel[0]), "the weights are those of other kernels"
    assert kernel[:2] == (x[-1], 1), "kernels have not one channel each"


@spec("y", like="convolve")
def channels_depthwise(
    x: Shape, w: Shape, bias: Shape | None = None, *, kernel: Shape, activation: str | None = None,
    **at: Window,
) -> Results:  # fmt: skip
    """A convolution of each channel by itself; then a bias for each channel, and an activation."""
    _deep(x, w, kernel)
    (y,) = convolve(_first(x), kernel, bias, **at)
    return (_last(y),)


@spec("x", like="convolve_input")
def channels_depthwise_input(
    d: Shape, w: Shape, gate: Shape | None = None, *, kernel: Shape, shape: Shape, **at: Window
) -> Results:
    """The way back of it; then nothing where the gate is not positive."""
    _deep(d, w, kernel)
    assert gate is None or gate == shape, "the gate has not the shape of the result"
    return (shape,)


@spec("w", like="convolve_weights")
def channels_depthwise_weights(x: Shape, d: Shape, *, kernel: Shape, **at: Window) -> Results:
    """The gradient by the weights of it."""
    assert x[0] == d[0] and x[-1] == d[-1] == kernel[0], "x and d do not fit one another"
    return ((*kernel[2:], kernel[0]),)


# Any other, with channels last. Images lie between as many zeros as windows meet (`edges`, for each
# axis of space); w: (inputs, *kernel, outputs), or (outputs, *kernel, inputs) for the way back


def _within(shape: Shape, edges: Any) -> tuple[int, ...]:
    """An image without the zeros around it, channels before space."""
    sizes = zip(shape[1:-1], edges, strict=True)
    return (shape[0], shape[-1], *(size - sum(edge) for size, edge in sizes))


@spec("y")
def channels_padded(x: Shape, *, edges: Any) -> Results:
    """Zeros before and after each axis of space."""
    sizes = zip(x[1:-1], edges, strict=True)
    return ((x[0], *(size + sum(edge) for size, edge in sizes), x[-1]),)


@spec("y", like="convolve")
def channels_convolve(
    x: Shape, w: Shape, bias: Shape | None = None, *, kernel: Shape, edges: Any,
    activation: str | None = None, **at: Window,
) -> Results:  # fmt: skip
    """A convolution; then a bias for each channel, and an activation."""
    assert w == (*kernel[1:], kernel[0]), "the weights are those of other kernels"
    (y,) = convolve(_within(x, edges), kernel, bias, **at)
    return (_last(y),)


@spec("x", like="convolve_input")
def channels_convolve_input(
    d: Shape, w: Shape, gate: Shape | None = None, *, kernel: Shape, edges: Any, shape: Shape,
    **at: Window,
) -> Results:  # fmt: skip
    """The way back of it; then nothing where the gate is not positive."""
    assert w == (kernel[0], *kernel[2:], kernel[1]), "the weights are those of other kernels"
    assert gate is None or gate == shape, "the gate has not the shape of the result"
    return (shape,)


@spec("w", like="convolve_weights")
def channels_convolve_weights(
    x: Shape, d: Shape, *, kernel: Shape, edges: Any, **at: Window
) -> Results:
    """The gradient by the weights of it."""
    assert x[0] == d[0], "x and d are not of the same examples"
    return ((*kernel[1:], kernel[0]),)


# By Winograd's formula, with channels last: (batch, rows, columns, channels)


def _first(shape: Shape) -> tuple[int, ...]:
    """A shape with channels before space."""
    return (shape[0], shape[-1], *shape[1:-1])


def _last(shape: Sizes) -> Sizes:
    """A shape with channels last."""
    return (shape[0], *shape[2:], shape[1])


@spec("u")
def channels_points(w: Shape, *, back: bool) -> Results:
    """The points of kernels (outputs, inputs, size, size); back: for the way back."""
    return ((None, None),)


@spec("y", like="convolve")
def channels_winograd(
    x: Shape, u: Shape, bias: Shape | None = None, *, kernel: Shape, activation: str | None = None,
    **at: Window,
) -> Results:  # fmt: skip
    """A convolution by Winograd's formula; then a bias for each channel, and an activation."""
    (y,) = convolve(_first(x), kernel, bias, **at)
    return (_last(y),)


@spec("x", like="convolve_input")
def channels_winograd_input(
    d: Shape, u: Shape, gate: Shape | None = None, *, kernel: Shape, shape: Shape, **at: Window
) -> Results:
    """The way back of it; then nothing where the gate is not positive."""
    assert gate is None or gate == shape, "the gate has not the shape of the result"
    return (shape,)


@spec("g", like="convolve_weights")
def channels_sums(x: Shape, d: Shape, *, kernel: Shape, **at: Window) -> Results:
    """The points of the gradient by the kernels, added up in parts."""
    assert x[0] == d[0], "x and d are not of the same examples"
    return ((None, None, None),)


@spec("w")
def channels_weights(g: Shape, *, kernel: Shape, y: Shape) -> Results:
    """From points to the gradient by the kernels; y: the shape of the images."""
    return (kernel,)


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
