"""The builder: how a layer says what it computes.

A layer's `lower(g, ...)` receives one; its methods are the primitives and a few phrases made of
them. A builder knows where it stands in the net (for random streams and messages) and in which mode
the net runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

from wlnet.core.machine import check_memory
from wlnet.core.parts import Path, path_text
from wlnet.graph.bodies import elements_of
from wlnet.graph.elements import MOVES, check_elements
from wlnet.graph.graph import Call, Graph, Shape, Value
from wlnet.graph.primitives import PRIMITIVES

Mode = Literal["Train", "Test"]
Real = Value | float
SMALLEST_ITEM = 4
"""Bytes that a number takes at least."""


class Builder:
    """Adds calls to a graph.

    batch: the number of examples, for a source, which has no input to count. output: the inferred
    shape of the layer's (first) output, without the batch. frozen_statistics: names of this layer's
    running statistics that must not move.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        batch: int = 1,
        mode: Mode = "Test",
        origin: Path = (),
        frozen_statistics: frozenset[str] = frozenset(),
        output: Shape = (),
    ) -> None:
        self.graph = graph
        self.batch = batch
        self.mode = mode
        self.origin = origin
        self.frozen_statistics = frozen_statistics
        self.output = output

    @property
    def training(self) -> bool:
        return self.mode == "Train"

    def call(self, primitive: str, *inputs: Value, **attributes: Any) -> tuple[Value, ...]:
        row = PRIMITIVES[primitive]
        check_elements(primitive, [x.element for x in inputs], path_text(self.origin))
        shapes = row.shapes(*(value.shape for value in inputs), **attributes)
        for shape in shapes:
            check_memory(SMALLEST_ITEM * math.prod(shape), path_text(self.origin) or primitive)
        elements = (inputs[0].element,) if primitive in MOVES else row.elements
        # Only a scan takes any entries, and gives what its body tells.
        elements = elements_of(attributes["body"]) if row.any_entries else elements
        outputs = tuple(
            self.graph.new_value(shape, element)
            for shape, element in zip(shapes, elements, strict=True)
        )
        self.graph.calls.append(Call(primitive, inputs, outputs, attributes, self.origin))
        return outputs

    def one(self, primitive: str, *inputs: Value, **attributes: Any) -> Value:
        (output,) = self.call(primitive, *inputs, **attributes)
        return output

    # Numbers

    def fill(self, value: float, shape: Sequence[int] = ()) -> Value:
        return self.one("fill", shape=tuple(shape), value=float(value))

    def constant(self, values: Sequence[float], shape: Sequence[int]) -> Value:
        """Numbers that are known beforehand, the last axis fastest."""
        return self.one("constant", shape=tuple(shape), values=tuple(map(float, values)))

    def indices(self, count: int) -> Value:
        """1, 2, ..., count, as Integers."""
        return self.one("indices", count=count)

    def _value(self, x: Real) -> Value:
        return x if isinstance(x, Value) else self.fill(x)

    def add(self, a: Real, b: Real) -> Value:
        return self.one("add", self._value(a), self._value(b))

    def subtract(self, a: Real, b: Real) -> Value:
        return self.one("subtract", self._value(a), self._value(b))

    def multiply(self, a: Real, b: Real) -> Value:
        return self.one("multiply", self._value(a), self._value(b))

    def divide(self, a: Real, b: Real) -> Value:
        return self.one("divide", self._value(a), self._value(b))

    def power(self, a: Real, b: Real) -> Value:
        return self.one("power", self._value(a), self._value(b))

    def maximum(self, a: Real, b: Real, tie: float = 0.5) -> Value:
        """tie: the share of a in the gradient where both are equal: 0, 0.5 or 1."""
        return self.one("maximum", self._value(a), self._value(b), tie=tie)

    def minimum(self, a: Real, b: Real, tie: float = 0.5) -> Value:
        """tie: the share of a in the gradient where both are equal: 0, 0.5 or 1."""
        return self.one("minimum", self._value(a), self._value(b), tie=tie)

    def greater(self, a: Real, b: Real) -> Value:
        """1 where a > b, else 0."""
        return self.one("greater", self._value(a), self._value(b))

    def greater_equal(self, a: Real, b: Real) -> Value:
        """1 where a >= b, else 0."""
        return self.one("greater_equal", self._value(a), self._value(b))

    def masked(self, a: Real, mask: Value) -> Value:
        """a times a mask that is 0, 1 or between; nothing where it is 0, be a infinite or NaN."""
        return self.one("masked", self._value(a), mask)

    def choose(self, mask: Value, then: Real, other: Real) -> Value:
        """One of two where the mask is 1, the other where it is 0. No gradient, NaN or infinity of
        the one that is not taken goes on."""
        return self.add(self.masked(then, mask), self.masked(other, self.subtract(1.0, mask)))

    def nonzero(self, x: Value) -> Value:
        """1 where x is not 0, else 0; NaN for NaN."""
        return self.map("Abs", self.map("Sign", x))

    def keeps_from_zero(self, x: Value) -> bool:
        """Whether a value is made so as not to be 0: a positive number, what is at least one, what
        one is added to in order to keep it away from 0, or a root of these."""
        made = self.producer(x)
        if made is None:
            return False
        if made.primitive == "fill":
            return bool(made.attributes["value"] > 0)
        if made.attributes.get("function") == "Sqrt":
            return self.keeps_from_zero(made.inputs[0])
        sources = [self.producer(value) for value in made.inputs]
        return made.primitive in ("add", "maximum") and any(
            source is not None and source.primitive == "fill" and source.attributes["value"] > 0
            for source in sources
        )

    def map(self, function: str, x: Value) -> Value:
        """A function of maps.py on every element."""
        return x if function == "Identity" else self.one("map", x, function=function)

    def negate(self, x: Value) -> Value:
        return self.map("Negate", x)

    # Shapes

    def reshape(self, x: Value, shape: Sequence[int]) -> Value:
        shape = tuple(shape)
        return x if x.shape == shape else self.one("reshape", x, shape=shape)

    def compiled(
        self, function: Callable[..., Any], *xs: Value,
        slopes: tuple[Callable[..., Any], ...] | None = None,
    ) -> Value:  # fmt: skip
        """A function of a user that is compiled, and its derivatives by each operand."""
        return self.one("compiled", *xs, function=function, slopes=slopes)

    def gradient_reversal(self, x: Value) -> Value:
        """x, through which the gradient comes back with the other sign (Ganin et al. 2016)."""
        return self.one("gradient_reversal", x)

    def flatten(self, x: Value, first: int = 1) -> Value:
        """All axes from `first` on as one."""
        return self.reshape(x, (*x.shape[:first], math.prod(x.shape[first:])))

    def transpose(self, x: Value, axes: Sequence[int] | None = None) -> Value:
        """Axes in another order; None swaps the last two."""
        if axes is None:
            axes = (*range(x.rank - 2), x.rank - 1, x.rank - 2)
        return self.one("transpose", x, axes=tuple(axes))

    def move_axis(self, x: Value, source: int, target: int) -> Value:
        axes = list(range(x.rank))
        axes.insert(target % x.rank, axes.pop(source % x.rank))
        return x if axes == list(range(x.rank)) else self.transpose(x, axes)

    def broadcast(self, x: Value, shape: Sequence[int]) -> Value:
        shape = tuple(shape)
        return x if x.shape == shape else self.one("broadcast", x, shape=shape)

    def concatenate(self, xs: Sequence[Value], axis: int) -> Value:
        return xs[0] if len(xs) == 1 else self.one("concatenate", *xs, axis=axis)

    def slice(self, x: Value, axis: int, start: int, stop: int) -> Value:
        return self.one("slice", x, axis=axis, start=start, stop=stop)

    def pad(self, x: Value, axis: int, before: int, after: int) -> Value:
        return self.one("pad", x, axis=axis, before=before, after=after)

    def reverse(self, x: Value, axis: int) -> Value:
        """From the last entry along an axis to the first."""
        axis %= x.rank
        return x if x.shape[axis] == 1 else self.one("reverse", x, axis=axis)

    # Sums and products

    def matmul(self, a: Value, b: Value) -> Value:
        return self.one("matmul", a, b)

    def sum(self, x: Value, axes: Sequence[int]) -> Value:
        """The sum over axes, which stay with size 1."""
        axes = tuple(axis % x.rank for axis in axes)
        return x if all(x.shape[axis] == 1 for axis in axes) else self.one("sum", x, axes=axes)

    def mean(self, x: Value, axes: Sequence[int]) -> Value:
        count = math.prod(x.shape[axis] for axis in axes)
        return self.multiply(self.sum(x, axes), 1 / count)

    def mean_of_batch(self, x: Value, axes: Sequence[int]) -> Value:
        """The mean over axes, with that of the examples, of the whole batch."""
        if self.graph.part is None:
            return self.mean(x, axes)
        size, whole = self.graph.part
        count = math.prod(x.shape[axis] for axis in axes) // size * whole
        total = self.one("sum", x, axes=tuple(sorted(axis % x.rank for axis in axes)))
        return self.multiply(self.one("sum_parts", total), 1 / count)

    def sum_to(self, x: Value, shape: Shape) -> Value:
        """The sum over all axes along which `shape` was repeated to give x."""
        extra = x.rank - len(shape)
        axes = [*range(extra), *(extra + i for i, n in enumerate(shape) if n == 1)]
        return self.reshape(self.sum(x, axes), shape)

    def mean_over_examples(self, x: Value) -> Value:
        """One number an example: the mean over everything but the batch."""
        return self.reshape(self.mean(x, range(1, x.rank)), (x.shape[0],))

    def causal_product(self, a: Value, b: Value, part: str, window: int) -> Value:
        return self.one("causal_product", a, b, part=part, window=window)

    def attention_weights(self, x: Value, scale: float, window: int | None) -> Value:
        return self.one("attention_weights", x, scale=float(scale), window=window)

    def softmax(self, x: Value, axis: int = -1) -> Value:
        return self.one("softmax", x, axis=axis % x.rank)

    def log_softmax(self, x: Value, axis: int = -1) -> Value:
        return self.one("log_softmax", x, axis=axis % x.rank)

    # Tables

    def gather(self, table: Value, index: Value) -> Value:
        return self.one("gather", table, index)

    def pick(self, x: Value, index: Value) -> Value:
        return self.one("pick", x, index)

    def ordering(self, x: Value) -> Value:
        """The places along the last axis, from 1, in the order of what stands there."""
        return self.one("ordering", x)

    def extract(
        self, x: Value, index: Value, *, beside: int = 1, offset: int = -1, wrap: int = 1
    ) -> Value:
        """What stands at the places that the last axis of an index tells, see the primitive."""
        return self.one("extract", x, index, beside=beside, offset=offset, wrap=wrap)

    # Windows

    def convolve(self, x: Value, w: Value, **window: Any) -> Value:
        return self.one("convolve", x, w, **window)

    def pool_max(self, x: Value, **window: Any) -> Value:
        return self.call("pool_max", x, **window)[0]

    def pool_sum(self, x: Value, **window: Any) -> Value:
        return self.one("pool_sum", x, **window)

    def interpolate(self, x: Value, spots: Value) -> Value:
        """Images at spots between their entries, see the primitive."""
        return self.one("interpolate", x, spots)

    # State

    def random_mask(self, shape: Shape, keep: float, by_example: bool = True) -> Value:
        """by_example: whether each example has numbers of its own."""
        own = self._own(shape) if by_example else {}
        return self.one("random_mask", shape=shape, keep=float(keep), **own)

    def random_uniform(self, shape: Shape) -> Value:
        """Numbers between 0 and 1, others for each example."""
        return self.one("random_uniform", shape=shape, **self._own(shape))

    def _own(self, shape: Shape) -> dict[str, Any]:
        """Whose numbers are drawn, where the examples are a part of a batch."""
        part = self.graph.part
        return {} if part is None else {"each": math.prod(shape) // part[0], "part": part}

    def statistic(self, name: str, stored: Value) -> Value:
        """A running statistic of this layer as it stands: the stored array, or what an earlier
        application of the layer in this step made of it.
        """
        return self.graph.updates.get((*self.origin, name), stored)

    def update_statistic(self, name: str, value: Value) -> None:
        """The new value of a running statistic of this layer, taken over after the step."""
        self.graph.updates[(*self.origin, name)] = value

    # What a value is made of: losses use it to stay exact where a probability underflows.

    def producer(self, x: Value) -> Call | None:
        return next((call for call in reversed(self.graph.calls) if x in call.outputs), None)
