"""Images side by side: windows are computed on as many images at a time as a vector has lanes.

A layout transformation: from NCHW to NCHWc, blocked over the batch instead of the channels.

A value (batch, channels, *space) becomes (blocks, channels, *space, lanes): every vector is full,
whatever the number of channels. All that lies between windows stays in this layout.

Of few examples every one is computed alone, forwards and back.

A batch that is no multiple of the lanes is filled up with its last example, so that no number is
anything but usual; what sums over the examples masks the copies first.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import BINARY
from wlnet.plan.passes.winograd import share_of

WINDOWS = frozenset(
    {
        "convolve", "convolve_input", "convolve_weights", "pool_max", "pool_max_input", "pool_sum",
        "pool_sum_input",
    }
)  # fmt: skip
NONE = Fraction()
GAINED = Fraction(3, 2)
"""How much of what fast convolution gains counts: with few examples it gains less than it saves
operations (measured)."""
PER_CHANNEL = frozenset({"concatenate", "slice", "pad", "reverse"})


def put_in_lanes(graph: Graph, lanes: int, few: Fraction = NONE) -> Graph:
    """The graph with windows, and what lies between them, in lanes.

    few: windows of fewer examples than this stay as they are, and are computed one by one: there,
    lanes are neighbouring places. Of convolutions that are faster in lanes, of still fewer.
    """
    return _Laning(graph, lanes, few).done()


class _Laning:
    def __init__(self, graph: Graph, lanes: int, few: Fraction) -> None:
        self.graph, self.lanes, self.few = graph, lanes, few
        self.calls: list[Call] = []
        self.inside: dict[Value, Value] = {}
        """The value in lanes of a plain value."""
        self.plain: set[Value] = {*graph.inputs.values(), *graph.arrays.values()}
        """Plain values that exist."""
        self.repeated: dict[Value, Value] = {}
        """What a value repeats along some axes."""
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
            # At once: what reads a result does the same work where it is fetched instead.
            for value in call.outputs:
                if value in results:
                    self.out(value)
        return self.graph.with_calls(self.calls)

    # Between the layouts

    def add(
        self, primitive: str, inputs: tuple[Value, ...], *shapes: Any, **attributes: Any
    ) -> Any:
        """A call; its output, or its outputs."""
        outputs = tuple(
            self.graph.new_value(shape, "Integer" if i else "Real")
            for i, shape in enumerate(shapes)
        )
        self.calls.append(Call(primitive, inputs, outputs, attributes, self.origin))
        return outputs if len(outputs) > 1 else outputs[0]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape in lanes."""
        return (-(-shape[0] // self.lanes), *shape[1:], self.lanes)

    def into(self, value: Value) -> Value:
        """A value in lanes."""
        if value not in self.inside:
            shape = self.shape(value.shape)
            self.inside[value] = self.add("to_lanes", (value,), shape, examples=value.shape[0])
        return self.inside[value]

    def out(self, value: Value) -> Value:
        """A plain value."""
        if value not in self.plain:
            x = self.inside[value]
            attributes = {"examples": value.shape[0]}
            self.calls.append(Call("from_lanes", (x,), (value,), attributes, self.origin))
            self.plain.add(value)
        return value

    def masked(self, x: Value, examples: int) -> Value:
        """A value in lanes without copies of the last example."""
        if examples % self.lanes == 0:
            return x
        return self.add("mask_lanes", (x,), x.shape, examples=examples)  # type: ignore[no-any-return]

    def is_inside(self, value: Value) -> bool:
        return value in self.inside and value not in self.plain

    # Calls

    def _call(self, call: Call) -> bool:
        """Do a call in lanes, if that is where it belongs."""
        name = call.primitive
        if name in WINDOWS:
            if self._goes_alone(call):
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
        elif name in PER_CHANNEL and self._is_per_channel(call):
            xs = tuple(self.into(value) for value in call.inputs)
            shape = self.shape(call.outputs[0].shape)
            self.inside[call.outputs[0]] = self.add(name, xs, shape, **call.attributes)
        else:
            return False
        return True

    def _goes_alone(self, call: Call) -> bool:
        """Whether the examples of a window stay apart; pooling follows what it pools."""
        if call.primitive.startswith("pool"):
            # The way back goes where the places are.
            leads = call.inputs[-1]
            if self.is_inside(leads) or leads.element != "Real":
                return leads not in self.inside
        return call.inputs[0].shape[0] < min(self.few, self.few * GAINED * share_of(call))

    def _is_per_channel(self, call: Call) -> bool:
        return call.attributes["axis"] > 0 and any(map(self.is_inside, call.inputs))

    def _window(self, call: Call) -> None:
        name, at = call.primitive, dict(call.attributes)
        first, *more = call.inputs
        examples = first.shape[0]
        if name == "convolve_weights":
            x, d = self.into(first), self.masked(self.into(more[0]), examples)
            self.calls.append(Call("lanes_" + name, (x, d), call.outputs, at, call.origin))
            self.plain.update(call.outputs)
            return
        inputs = [self.into(first)]
        if name in ("convolve", "convolve_input"):
            inputs.append(self.out(more[0]))
        elif name == "pool_max_input":
            inputs.append(self.inside[more[0]])
        if "shape" in at:
            at["shape"] = self.shape(at["shape"])
        shapes = [self.shape(value.shape) for value in call.outputs]
        made = self.add("lanes_" + name, tuple(inputs), *shapes, **at)
        outputs = made if isinstance(made, tuple) else (made,)
        self.inside.update(zip(call.outputs, outputs, strict=True))

    def _binary(self, call: Call) -> bool:
        (y,) = call.outputs
        inputs = [self._once(value) for value in call.inputs]
        whole = [value for value in inputs if self.is_inside(value) and value.shape == y.shape]
        if not whole or any(self._strange(value, y) for value in inputs):
            return False
        operands = tuple(self._operand(value, y) for value in inputs)
        self.inside[y] = self.add(call.primitive, operands, self.shape(y.shape), **call.attributes)
        return True

    def _once(self, value: Value) -> Value:
        """What a value repeats, which need not be written: arithmetic repeats it by itself."""
        source = self.repeated.get(value, value)
        return source if source.rank == value.rank else value

    def _strange(self, value: Value, y: Value) -> bool:
        """Whether an operand varies with the example but is not laid out like the result."""
        return value.rank == y.rank and value.shape[0] not in (1, y.shape[0])

    def _operand(self, value: Value, y: Value) -> Value:
        if value.rank == y.rank and value.shape[0] == y.shape[0] > 1:
            return self.into(value)
        if self.is_inside(value):
            return self.inside[value]
        # The same for all examples: a further axis for the lanes, along which it is repeated.
        shape = (*value.shape, 1)
        return self.add("reshape", (value,), shape, shape=shape)  # type: ignore[no-any-return]

    def _sum(self, call: Call) -> None:
        (value,), (y,) = call.inputs, call.outputs
        x, axes = self.inside[value], call.attributes["axes"]
        if 0 not in axes:
            shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
            self.inside[y] = self.add("sum", (x,), shape, axes=axes)
            return
        axes = (*axes, x.rank - 1)
        shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
        total = self.add("sum", (self.masked(x, value.shape[0]),), shape, axes=axes)
        self.calls.append(Call("reshape", (total,), (y,), {"shape": y.shape}, call.origin))
        self.plain.add(y)
        assert math.prod(shape) == math.prod(y.shape)
