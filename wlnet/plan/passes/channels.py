"""Channels side by side: convolutions vectorized over channels, whatever number of images.

Fast ones (Winograd), those in which each channel has a kernel of its own (depthwise), and those of
single pixels (pointwise), which are products.

A layout transformation: from NCHW to NHWC (channels last).

A value (batch, channels, *space) becomes (batch, *space, channels): vectors are full where there
are channels enough, for a single image as well as for many. All that lies between such windows
stays in this layout. It is told in the words of a net, by transposes; only windows have words of
their own.
"""

from __future__ import annotations

import math
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import BINARY
from wlnet.plan.calls import winograd_channel_fields as fields
from wlnet.plan.calls import winograd_fields

CONVOLUTIONS = frozenset({"convolve", "convolve_input", "convolve_weights"})

LONG = 512
"""Numbers of a row that is long enough."""
FILLED = Fraction(4, 5)
"""The share of the lanes that images fill where depthwise convolutions, and those of single pixels,
are as fast side by side."""
PLENTY = 8
"""Channels from which on a product of all pixels by a kernel is worth it."""
USUAL = ("stride", 1), ("padding", 0), ("groups", 1)


def put_in_channels(graph: Graph, lanes: int, few: Fraction) -> Graph:
    """The graph with convolutions that are fast so, and what lies between them, channels last.

    few: half of the lanes, or, for a smaller last batch, less in the same proportion.
    """
    return _Turning(graph, lanes, few).done()


class _Turning:
    def __init__(self, graph: Graph, lanes: int, few: Fraction) -> None:
        self.graph, self.lanes, self.few = graph, lanes, few
        self.calls: list[Call] = []
        self.inside: dict[Value, Value] = {}
        """The value with channels last of a plain value."""
        self.plain: set[Value] = {*graph.inputs.values(), *graph.arrays.values()}
        """Plain values that exist."""
        self.points: dict[tuple[Value, bool], Value] = {}
        """Those of kernels, and whether they are for the way back; depthwise kernels as they are
        read."""
        self.along: dict[Value, Value] = {}
        """What is one for each channel, repeated along the rows of an image."""
        self.repeated: dict[Value, Value] = {}
        """What a value repeats along some axes."""
        self.matrices: dict[Value, Value] = {}
        """Kernels of single pixels as matrices."""
        self.products: set[Value] = set()
        """What such kernels give."""
        self.origin: tuple[Any, ...] = ()

    def done(self) -> Graph:
        results = set(self.graph.results())
        for call in self.graph.calls:
            self.origin = call.origin
            if not self._call(call):
                inputs = tuple(self.out(value) for value in call.inputs)
                self.calls.append(
                    Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
                )
                self.plain.update(call.outputs)
            for value in call.outputs:
                if value in results:
                    self.out(value)
        return self.graph.with_calls(self.calls)

    # Between the layouts

    def add(
        self, primitive: str, inputs: tuple[Value, ...], shape: Any, /, **attributes: Any
    ) -> Value:
        """A call; its output."""
        output = self.graph.new_value(shape)
        self.calls.append(Call(primitive, inputs, (output,), attributes, self.origin))
        return output

    def into(self, value: Value) -> Value:
        """A value with channels last."""
        if value not in self.inside:
            axes = (0, *range(2, value.rank), 1)
            shape = tuple(value.shape[axis] for axis in axes)
            turned = self.add("transpose", (value,), shape, axes=axes)
            # As kernels like it: not read across.
            self.inside[value] = self.add("copy", (turned,), shape)
        return self.inside[value]

    def out(self, value: Value) -> Value:
        """A plain value."""
        if value not in self.plain:
            axes = (0, value.rank - 1, *range(1, value.rank - 1))
            attributes = {"axes": axes}
            call = Call("transpose", (self.inside[value],), (value,), attributes, self.origin)
            self.calls.append(call)
            self.plain.add(value)
        return value

    def is_inside(self, value: Value) -> bool:
        return value in self.inside and value not in self.plain

    # Calls

    def _call(self, call: Call) -> bool:
        """Do a call with channels last, if that is where it belongs."""
        name = call.primitive
        if name in CONVOLUTIONS:
            if not is_worth(call, self.lanes, self.few):
                return False
            self._window(call)
        elif name == "map" and self.is_inside(call.inputs[0]):
            x = self.inside[call.inputs[0]]
            self.inside[call.outputs[0]] = self.add("map", (x,), x.shape, **call.attributes)
        elif name in BINARY:
            return self._binary(call)
        elif name == "broadcast":
            self.repeated[call.outputs[0]] = call.inputs[0]
            return False
        elif name == "sum" and self.is_inside(call.inputs[0]):
            self._sum(call)
        else:
            return False
        return True

    def _window(self, call: Call) -> None:
        first, second = call.inputs
        (result,) = call.outputs
        _, w, _ = operands(call)
        at = {**call.attributes, "kernel": w.shape}
        if call.attributes["groups"] > 1:
            self._depthwise(call, at)
            return
        if is_pointwise(call):
            self._product(call)
            return
        if call.primitive == "convolve_weights":
            x, d = self.into(first), self.into(second)
            parts = fields.parts_of(w.shape, d.shape)
            g = self.add("channels_sums", (x, d), (parts, *fields.sums_shape(w.shape, self.lanes)),
                         **at)  # fmt: skip
            more = {"kernel": w.shape, "y": d.shape}
            self.calls.append(Call("channels_weights", (g,), (w,), more, call.origin))
            self.plain.add(result)
            return
        back = call.primitive == "convolve_input"
        if "shape" in at:
            at["shape"] = _turned(result.shape)
        inputs = self.into(first), self._points_of(self.out(second), back)
        name = "channels_winograd_input" if back else "channels_winograd"
        self.inside[result] = self.add(name, inputs, _turned(result.shape), **at)

    def _product(self, call: Call) -> None:
        """A convolution, or a gradient of it, whose windows are single pixels."""
        first, second = call.inputs
        (result,) = call.outputs
        _, w, _ = operands(call)
        flat = w.shape[:2]
        if call.primitive == "convolve_weights":
            rows = [self._rows(self.into(value)) for value in (second, first)]
            turned = self.add("transpose", (rows[0],), rows[0].shape[::-1], axes=(1, 0))
            gradient = self.add("matmul", (turned, rows[1]), flat)
            self.calls.append(
                Call("reshape", (gradient,), (result,), {"shape": w.shape}, call.origin)
            )
            self.plain.add(result)
            return
        if second not in self.matrices:
            self.matrices[second] = self.add("reshape", (self.out(second),), flat, shape=flat)
        matrix = self.matrices[second]
        if call.primitive == "convolve":
            matrix = self.add("transpose", (matrix,), flat[::-1], axes=(1, 0))
        made = self.add("matmul", (self.into(first), matrix), _turned(result.shape))
        self.inside[result] = made
        self.products.add(made)

    def _rows(self, value: Value) -> Value:
        """All pixels of all images below one another."""
        shape = math.prod(value.shape[:-1]), value.shape[-1]
        return self.add("reshape", (value,), shape, shape=shape)

    def _depthwise(self, call: Call, at: dict[str, Any]) -> None:
        """A convolution, or a gradient of it, in which each channel has a kernel of its own."""
        first, second = call.inputs
        (result,) = call.outputs
        kernel = at["kernel"]
        space = tuple(range(2, len(kernel)))
        flat = *kernel[2:], kernel[0]
        if call.primitive == "convolve_weights":
            inputs = self.into(first), self.into(second)
            gradient = self.add("channels_depthwise_weights", inputs, flat, **at)
            shape = *kernel[2:], 1, kernel[0]
            whole = self.add("reshape", (gradient,), shape, shape=shape)
            axes = {"axes": (len(space) + 1, len(space), *range(len(space)))}
            self.calls.append(Call("transpose", (whole,), (result,), axes, call.origin))
            self.plain.add(result)
            return
        if (second, False) not in self.points:
            shape = *kernel[2:], 1, kernel[0]
            turned = self.add("transpose", (self.out(second),), shape, axes=(*space, 1, 0))
            whole = self.add("reshape", (turned,), flat, shape=flat)
            self.points[second, False] = self.add("copy", (whole,), flat)
        name = "channels_depthwise"
        if "shape" in at:
            at["shape"], name = _turned(result.shape), "channels_depthwise_input"
        inputs = self.into(first), self.points[second, False]
        self.inside[result] = self.add(name, inputs, _turned(result.shape), **at)

    def _points_of(self, w: Value, back: bool) -> Value:
        if (w, back) not in self.points:
            shape = fields.points_shape(w.shape, self.lanes, back)
            self.points[w, back] = self.add("channels_points", (w,), shape, back=back)
        return self.points[w, back]

    def _binary(self, call: Call) -> bool:
        (y,) = call.outputs
        inputs = [self._once(value) for value in call.inputs]
        if not any(self.is_inside(value) and value.shape == y.shape for value in inputs):
            return False
        if any(value.rank > y.rank for value in inputs):
            return False
        shape = _turned(y.shape)
        if call.primitive == "add" and not self.products.isdisjoint(
            self.inside.get(value) for value in inputs
        ):
            # As a product takes its bias.
            operands = tuple(self._bias(value, y.shape) for value in inputs)
        else:
            operands = tuple(self._along(self._operand(value, y.rank), shape) for value in inputs)
        self.inside[y] = self.add(call.primitive, operands, shape, **call.attributes)
        return True

    def _bias(self, value: Value, shape: tuple[int, ...]) -> Value:
        """An operand, as a single row if it is a number for each channel."""
        aligned = (1,) * (len(shape) - value.rank) + value.shape
        if self.is_inside(value) or _moves(aligned) or math.prod(aligned) != shape[1]:
            return self._operand(value, len(shape))
        row = aligned[1:2]
        return self.add("reshape", (value,), row, shape=row)

    def _along(self, value: Value, shape: tuple[int, ...]) -> Value:
        """An operand, repeated along the rows of an image if it is one for each channel: kernels
        like long rows."""
        if value.shape[-1] != shape[-1] or value.shape[-2] == shape[-2] or shape[-1] >= LONG:
            return value
        if value not in self.along:
            wide = (*value.shape[:-2], *shape[-2:])
            repeated = self.add("broadcast", (value,), wide, shape=wide)
            self.along[value] = self.add("copy", (repeated,), wide)
        return self.along[value]

    def _once(self, value: Value) -> Value:
        """What a value repeats, which need not be written: arithmetic repeats it by itself."""
        source = self.repeated.get(value, value)
        return source if source.rank == value.rank else value

    def _operand(self, value: Value, rank: int) -> Value:
        if self.is_inside(value):
            return self.inside[value]
        shape = (1,) * (rank - value.rank) + value.shape
        if value.rank == rank and _moves(shape):
            return self.into(value)
        if not _moves(shape):
            turned = _turned(shape)
            return self.add("reshape", (value,), turned, shape=turned)
        whole = self.add("reshape", (value,), shape, shape=shape)
        axes = (0, *range(2, rank), 1)
        return self.add("transpose", (whole,), _turned(shape), axes=axes)

    def _sum(self, call: Call) -> None:
        (value,), (y,) = call.inputs, call.outputs
        x = self.inside[value]
        axes = tuple(_axis(axis, x.rank) for axis in call.attributes["axes"])
        row = x.rank - 2
        if x.rank - 1 not in axes and len(axes) > 1 and row in axes and x.shape[-1] < LONG:
            # Kernels like long rows: first the sums for each place in a row.
            more = tuple(sorted(axis for axis in axes if axis != row))
            shape = tuple(1 if axis in more else size for axis, size in enumerate(x.shape))
            x, axes = self.add("sum", (x,), shape, axes=more), (row,)
        total = self.add("sum", (x,), _turned(y.shape), axes=tuple(sorted(axes)))
        if _moves(y.shape):
            self.inside[y] = total
            return
        self.calls.append(Call("reshape", (total,), (y,), {"shape": y.shape}, call.origin))
        self.plain.add(y)


def _turned(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape with channels last."""
    return (shape[0], *shape[2:], shape[1])


def _axis(axis: int, rank: int) -> int:
    """Where an axis stands with channels last."""
    return axis if axis == 0 else rank - 1 if axis == 1 else axis - 1


def _moves(shape: tuple[int, ...]) -> bool:
    """Whether numbers lie in another order with channels last."""
    return shape[1] > 1 and any(size > 1 for size in shape[2:])


def is_worth(call: Call, lanes: int, few: Fraction) -> bool:
    """Whether a convolution, or its gradient, is faster with channels side by side.

    Shapes decide, and how many images a whole batch has: not what is trained, or kept.
    """
    at = call.attributes
    x, w, y = operands(call)
    images = Fraction(x.shape[0])
    if few:
        images = images * (lanes // 2) / few
    if 1 < at["groups"] == w.shape[0] == x.shape[1]:
        # Images that fill the lanes side by side are as fast there, and need not be turned.
        return 4 * w.shape[0] >= lanes and images < FILLED * lanes * ceil(images / lanes)
    if is_pointwise(call):
        return min(w.shape[:2]) >= PLENTY and images < FILLED * lanes * ceil(images / lanes)
    if not winograd_fields.is_possible(w.shape[2:], at["stride"], at["dilation"], at["groups"]):
        return False
    return fields.is_worth(images, w.shape, y.shape, lanes)


def is_pointwise(call: Call) -> bool:
    """Whether the windows of a convolution are single pixels, one beside the other."""
    at = call.attributes
    _, w, _ = operands(call)
    is_plain = all(all(n == usual for n in np.ravel(at[name])) for name, usual in USUAL)
    return is_plain and math.prod(w.shape[2:]) == 1


def operands(call: Call) -> tuple[Value, Value, Value]:
    """Input, weights and output of the convolution that a call is, or is the gradient of."""
    first, second, *_ = call.inputs
    result = call.outputs[0]
    if call.primitive.endswith("convolve_weights"):
        return first, result, second
    if call.primitive.endswith("convolve_input"):
        return result, second, first
    return first, second, result
