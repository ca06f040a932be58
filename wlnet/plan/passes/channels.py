"""Channels side by side: convolutions vectorized over channels, whatever number of images.

Fast ones (Winograd), those in which each channel has a kernel of its own (depthwise), those of
single pixels (pointwise), which are products, and all others, window by window.

A layout transformation: from NCHW to NHWC (channels last).

A value (batch, channels, *space) becomes (batch, *space, channels): vectors are full where there
are channels enough, for a single image as well as for many. All that lies between such windows
stays in this layout. It is told in the words of a net, by transposes; only windows have words of
their own.
"""

from __future__ import annotations

import math
from fractions import Fraction

from wlnet.graph.graph import Call, Graph, Shape, Value
from wlnet.plan.calls import winograd_channel_fields as fields
from wlnet.plan.calls.channel_fields import Edges, edges
from wlnet.plan.passes.channels_worth import is_depthwise, is_fast, is_pointwise, is_worth
from wlnet.plan.passes.relaying import Relaying
from wlnet.plan.passes.winograd import operands

CONVOLUTIONS = frozenset({"convolve", "convolve_input", "convolve_weights"})

LONG = 512
"""Numbers of a row that is long enough."""


def put_in_channels(graph: Graph, lanes: int, few: Fraction) -> Graph:
    """The graph with convolutions that are fast so, and what lies between them, channels last.

    few: half of the lanes, or, for a smaller last batch, less in the same proportion.
    """
    return _Turning(graph, lanes, few).done()


class _Turning(Relaying):
    windows = CONVOLUTIONS

    def __init__(self, graph: Graph, lanes: int, few: Fraction) -> None:
        super().__init__(graph, lanes, few)
        self.kernels: dict[tuple[Value, str], Value] = {}
        """Kernels as one of the ways reads them, which is named; several may have one array."""
        self.padded: dict[tuple[Value, Edges], Value] = {}
        """Images with zeros around them."""
        self.along: dict[Value, Value] = {}
        """What is one for each channel, repeated along the rows of an image."""
        self.products: set[Value] = set()
        """What such kernels give."""

    # Between the layouts

    def shape(self, shape: Shape) -> Shape:
        return (shape[0], *shape[2:], shape[1])

    def bring_in(self, value: Value) -> Value:
        shape = self.shape(value.shape)
        turned = self.add("transpose", (value,), shape, axes=(0, *range(2, value.rank), 1))
        # As kernels like it: not read across.
        return self.add("copy", (turned,), shape)

    def bring_out(self, value: Value) -> None:
        axes = (0, value.rank - 1, *range(1, value.rank - 1))
        self.end("transpose", (self.inside[value],), value, axes=axes)

    # Calls

    def window(self, call: Call) -> bool:
        if not is_worth(call, self.lanes, self.few):
            return False
        if is_depthwise(call):
            self._depthwise(call)
        elif is_pointwise(call):
            self._product(call)
        elif is_fast(call, self.lanes, self.few):
            self._winograd(call)
        else:
            self._windows(call)
        return True

    def _windows(self, call: Call) -> None:
        """A convolution, or a gradient of it, window by window."""
        first, second = call.inputs
        (result,) = call.outputs
        x, w, y = operands(call)
        back = call.primitive == "convolve_input"
        around = edges(x.shape, w.shape, y.shape, back=back, **call.attributes)
        at = {**call.attributes, "kernel": w.shape, "edges": around}
        space = tuple(range(2, w.rank))
        if call.primitive == "convolve_weights":
            inputs = self._padded(first, around), self.into(second)
            flat = *w.shape[1:], w.shape[0]
            gradient = self.add("channels_convolve_weights", inputs, flat, **at)
            axes = (w.rank - 1, *range(w.rank - 1))
            self.end("transpose", (gradient,), result, axes=axes)
            return
        axes = (0, *space, 1) if back else (1, *space, 0)
        inputs = self._padded(first, around), self._turned(self.out(second), axes)
        shape = self.shape(result.shape)
        if back:
            at["shape"] = shape
        name = "channels_convolve_input" if back else "channels_convolve"
        self.inside[result] = self.add(name, inputs, shape, **at)

    def _turned(self, w: Value, axes: tuple[int, ...]) -> Value:
        """A kernel with its axes in another order."""
        name = f"turned {axes}"
        if (w, name) not in self.kernels:
            shape = tuple(w.shape[axis] for axis in axes)
            turned = self.add("transpose", (w,), shape, axes=axes)
            self.kernels[w, name] = self.add("copy", (turned,), shape)
        return self.kernels[w, name]

    def _padded(self, value: Value, around: Edges) -> Value:
        """A value between the zeros that windows meet."""
        inner = self.into(value)
        if not any(map(any, around)):
            return inner
        if (value, around) not in self.padded:
            sizes = zip(inner.shape[1:-1], around, strict=True)
            shape = inner.shape[0], *(size + sum(edge) for size, edge in sizes), inner.shape[-1]
            self.padded[value, around] = self.add("channels_padded", (inner,), shape, edges=around)
        return self.padded[value, around]

    def _winograd(self, call: Call) -> None:
        """A convolution, or a gradient of it, by Winograd's formula."""
        first, second = call.inputs
        (result,) = call.outputs
        _, w, _ = operands(call)
        at = {**call.attributes, "kernel": w.shape}
        if call.primitive == "convolve_weights":
            x, d = self.into(first), self.into(second)
            parts = fields.parts_of(w.shape, d.shape)
            g = self.add("channels_sums", (x, d), (parts, *fields.sums_shape(w.shape, self.lanes)),
                         **at)  # fmt: skip
            self.end("channels_weights", (g,), w, kernel=w.shape, y=d.shape)
            return
        back = call.primitive == "convolve_input"
        if "shape" in at:
            at["shape"] = self.shape(result.shape)
        inputs = self.into(first), self._points_of(self.out(second), back)
        name = "channels_winograd_input" if back else "channels_winograd"
        self.inside[result] = self.add(name, inputs, self.shape(result.shape), **at)

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
            self.end("reshape", (gradient,), result, shape=w.shape)
            return
        matrix = self.kernels.get((second, "matrix"))
        if matrix is None:
            matrix = self.add("reshape", (self.out(second),), flat, shape=flat)
            self.kernels[second, "matrix"] = matrix
        if call.primitive == "convolve":
            matrix = self.add("transpose", (matrix,), flat[::-1], axes=(1, 0))
        made = self.add("matmul", (self.into(first), matrix), self.shape(result.shape))
        self.inside[result] = made
        self.products.add(made)

    def _rows(self, value: Value) -> Value:
        """All pixels of all images below one another."""
        shape = math.prod(value.shape[:-1]), value.shape[-1]
        return self.add("reshape", (value,), shape, shape=shape)

    def _depthwise(self, call: Call) -> None:
        """A convolution, or a gradient of it, in which each channel has a kernel of its own."""
        first, second = call.inputs
        (result,) = call.outputs
        kernel = operands(call)[1].shape
        at = {**call.attributes, "kernel": kernel}
        space = tuple(range(2, len(kernel)))
        flat = *kernel[2:], kernel[0]
        if call.primitive == "convolve_weights":
            inputs = self.into(first), self.into(second)
            gradient = self.add("channels_depthwise_weights", inputs, flat, **at)
            shape = *kernel[2:], 1, kernel[0]
            whole = self.add("reshape", (gradient,), shape, shape=shape)
            axes = (len(space) + 1, len(space), *range(len(space)))
            self.end("transpose", (whole,), result, axes=axes)
            return
        if (second, "depthwise") not in self.kernels:
            shape = *kernel[2:], 1, kernel[0]
            turned = self.add("transpose", (self.out(second),), shape, axes=(*space, 1, 0))
            whole = self.add("reshape", (turned,), flat, shape=flat)
            self.kernels[second, "depthwise"] = self.add("copy", (whole,), flat)
        name = "channels_depthwise"
        if "shape" in at:
            at["shape"], name = self.shape(result.shape), "channels_depthwise_input"
        inputs = self.into(first), self.kernels[second, "depthwise"]
        self.inside[result] = self.add(name, inputs, self.shape(result.shape), **at)

    def _points_of(self, w: Value, back: bool) -> Value:
        name = "points back" if back else "points"
        if (w, name) not in self.kernels:
            shape = fields.points_shape(w.shape, self.lanes, back)
            self.kernels[w, name] = self.add("channels_points", (w,), shape, back=back)
        return self.kernels[w, name]

    def fits(self, value: Value, y: Value) -> bool:
        return value.rank <= y.rank

    def as_operands(self, primitive: str, inputs: list[Value], y: Value) -> tuple[Value, ...]:
        made = {self.inside.get(value) for value in inputs}
        if primitive == "add" and not self.products.isdisjoint(made):
            # As a product takes its bias.
            return tuple(self._bias(value, y.shape) for value in inputs)
        shape = self.shape(y.shape)
        return tuple(self._along(self._operand(value, y.rank), shape) for value in inputs)

    def _bias(self, value: Value, shape: Shape) -> Value:
        """An operand, as a single row if it is a number for each channel."""
        aligned = (1,) * (len(shape) - value.rank) + value.shape
        if self.is_inside(value) or _moves(aligned) or math.prod(aligned) != shape[1]:
            return self._operand(value, len(shape))
        row = aligned[1:2]
        return self.add("reshape", (value,), row, shape=row)

    def _along(self, value: Value, shape: Shape) -> Value:
        """An operand, repeated along the rows of an image if it is one for each channel: kernels
        like long rows."""
        if value.shape[-1] != shape[-1] or value.shape[-2] == shape[-2] or shape[-1] >= LONG:
            return value
        if value not in self.along:
            wide = (*value.shape[:-2], *shape[-2:])
            repeated = self.add("broadcast", (value,), wide, shape=wide)
            self.along[value] = self.add("copy", (repeated,), wide)
        return self.along[value]

    def _operand(self, value: Value, rank: int) -> Value:
        if self.is_inside(value):
            return self.inside[value]
        shape = (1,) * (rank - value.rank) + value.shape
        if value.rank == rank and _moves(shape):
            return self.into(value)
        if not _moves(shape):
            turned = self.shape(shape)
            return self.add("reshape", (value,), turned, shape=turned)
        whole = self.add("reshape", (value,), shape, shape=shape)
        axes = (0, *range(2, rank), 1)
        return self.add("transpose", (whole,), self.shape(shape), axes=axes)

    def sum(self, call: Call) -> None:
        (value,), (y,) = call.inputs, call.outputs
        x = self.inside[value]
        axes = tuple(_axis(axis, x.rank) for axis in call.attributes["axes"])
        row = x.rank - 2
        if x.rank - 1 not in axes and len(axes) > 1 and row in axes and x.shape[-1] < LONG:
            # Kernels like long rows: first the sums for each place in a row.
            more = tuple(sorted(axis for axis in axes if axis != row))
            shape = tuple(1 if axis in more else size for axis, size in enumerate(x.shape))
            x, axes = self.add("sum", (x,), shape, axes=more), (row,)
        total = self.add("sum", (x,), self.shape(y.shape), axes=tuple(sorted(axes)))
        if _moves(y.shape):
            self.inside[y] = total
            return
        self.end("reshape", (total,), y, shape=y.shape)


def _axis(axis: int, rank: int) -> int:
    """Where an axis stands with channels last."""
    return axis if axis == 0 else rank - 1 if axis == 1 else axis - 1


def _moves(shape: Shape) -> bool:
    """Whether numbers lie in another order with channels last."""
    return shape[1] > 1 and any(size > 1 for size in shape[2:])
