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

from wlnet.graph.graph import Call, Graph, Shape, Value
from wlnet.plan.calls.shifted_fields import is_possible
from wlnet.plan.passes.channels_worth import FILLED, filled
from wlnet.plan.passes.relaying import Relaying
from wlnet.plan.passes.winograd import operands, share_of

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

    few: windows of fewer examples than this, half of the lanes, stay as they are, and are computed
    one by one: there, lanes are neighbouring places. Of convolutions that are faster in lanes, of
    still fewer; of those with a stride of 1, of more.
    """
    return _Laning(graph, lanes, few).done()


class _Laning(Relaying):
    windows = WINDOWS

    def __init__(self, graph: Graph, lanes: int, few: Fraction) -> None:
        super().__init__(graph, lanes, few)
        self.pooled = _pooled(graph)

    # Between the layouts

    def shape(self, shape: Shape) -> Shape:
        return (-(-shape[0] // self.lanes), *shape[1:], self.lanes)

    def bring_in(self, value: Value) -> Value:
        return self.add("to_lanes", (value,), self.shape(value.shape), examples=value.shape[0])

    def bring_out(self, value: Value) -> None:
        self.end("from_lanes", (self.inside[value],), value, examples=value.shape[0])

    def masked(self, x: Value, examples: int) -> Value:
        """A value in lanes without copies of the last example."""
        if examples % self.lanes == 0:
            return x
        return self.add("mask_lanes", (x,), x.shape, examples=examples)

    # Calls

    def call(self, call: Call) -> bool:
        return super().call(call) or self._per_channel(call)

    def _per_channel(self, call: Call) -> bool:
        if call.primitive not in PER_CHANNEL or call.attributes["axis"] <= 0:
            return False
        if not any(map(self.is_inside, call.inputs)):
            return False
        xs = tuple(self.into(value) for value in call.inputs)
        (y,) = call.outputs
        self.inside[y] = self.add(call.primitive, xs, self.shape(y.shape), **call.attributes)
        return True

    def _goes_alone(self, call: Call) -> bool:
        """Whether the examples of a window stay apart; pooling follows what it pools."""
        if call.primitive == "pool_max" and call.outputs[1] in self.results:
            # A turn of a loop keeps the places for the way back: only Reals come out of lanes.
            return True
        if call.primitive.startswith("pool"):
            # The way back goes where the places are.
            leads = call.inputs[-1]
            if self.is_inside(leads) or leads.element != "Real":
                return leads not in self.inside
        if not self.few:
            return False
        images, gained = call.inputs[0], min(Fraction(1), GAINED * share_of(call))
        if call.primitive.startswith("pool") or self._is_shifted(call):
            return filled(images, self.lanes, self.few) < FILLED * gained
        return images.shape[0] < self.few * gained

    def _is_shifted(self, call: Call) -> bool:
        """Whether a convolution is as fast with places side by side as with images: it is not where
        pooling follows, which is done with it, and better in lanes."""
        *_, y = operands(call)
        return is_possible(call.attributes["stride"]) and y not in self.pooled

    def window(self, call: Call) -> bool:
        if self._goes_alone(call):
            return False
        name, at = call.primitive, dict(call.attributes)
        first, *more = call.inputs
        examples = first.shape[0]
        if name == "convolve_weights":
            x, d = self.into(first), self.masked(self.into(more[0]), examples)
            self.end("lanes_" + name, (x, d), call.outputs[0], **at)
            return True
        inputs = [self.into(first)]
        if name in ("convolve", "convolve_input"):
            inputs.append(self.out(more[0]))
        elif name == "pool_max_input":
            inputs.append(self.inside[more[0]])
        if "shape" in at:
            at["shape"] = self.shape(at["shape"])
        outputs = tuple(
            self.graph.new_value(self.shape(value.shape), value.element) for value in call.outputs
        )
        self.calls.append(Call("lanes_" + name, tuple(inputs), outputs, at, call.origin))
        self.inside.update(zip(call.outputs, outputs, strict=True))
        return True

    def fits(self, value: Value, y: Value) -> bool:
        # What varies with the example has to be laid out like the result.
        return value.rank != y.rank or value.shape[0] in (1, y.shape[0])

    def as_operands(self, primitive: str, inputs: list[Value], y: Value) -> tuple[Value, ...]:
        return tuple(self._operand(value, y) for value in inputs)

    def _operand(self, value: Value, y: Value) -> Value:
        if value.rank == y.rank and value.shape[0] == y.shape[0] > 1:
            return self.into(value)
        if self.is_inside(value):
            return self.inside[value]
        # The same for all examples: a further axis for the lanes, along which it is repeated.
        shape = (*value.shape, 1)
        return self.add("reshape", (value,), shape, shape=shape)

    def sum(self, call: Call) -> None:
        (value,), (y,) = call.inputs, call.outputs
        x, axes = self.inside[value], call.attributes["axes"]
        if 0 not in axes:
            shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
            self.inside[y] = self.add("sum", (x,), shape, axes=axes)
            return
        axes = (*axes, x.rank - 1)
        shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
        total = self.add("sum", (self.masked(x, value.shape[0]),), shape, axes=axes)
        self.end("reshape", (total,), y, shape=y.shape)
        assert math.prod(shape) == math.prod(y.shape)


def _pooled(graph: Graph) -> set[Value]:
    """The results of convolutions whose largest are taken, and the gradients by them: a bias and an
    activation may lie between."""
    makers = {value: call for call in graph.calls for value in call.outputs}

    def before(value: Value, name: str) -> Value:
        """The first operand of what made a value, if that has this name."""
        call = makers.get(value)
        return call.inputs[0] if call and call.primitive == name else value

    found: set[Value] = set()
    for call in graph.calls:
        name = call.primitive
        if name == "pool_max":
            found.add(before(before(call.inputs[0], "map"), "add"))
        is_slope = name == "multiply" and any(before(x, "pool_max_input") != x for x in call.inputs)
        if name == "pool_max_input" or is_slope:
            found.update(call.outputs)
    return found
