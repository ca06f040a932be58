"""BasicRecurrentLayer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.graph.scans import after, last
from wlnet.layers.declaring.fields import (
    array,
    hidden,
    or_automatic,
    out,
    parameter,
    port,
    positive,
)
from wlnet.layers.declaring.layer import Example, Layer, Made, Reals
from wlnet.layers.declaring.recurrence import states_of
from wlnet.layers.declaring.recurrent_dropout import INPUT, STATE, WEIGHTS, dropout_of, dropped


class BasicRecurrentLayer(Layer):
    """A recurrent layer: s = tanh(input weights . x + state weights . s + biases), for each element
    x of a sequence, from the last state s, at first zeros.

    Formula: output[t] = tanh(input_weights @ input[t] + state_weights @ output[t - 1] + biases)

    size: of the state. dropout: a probability, or a dict of such by kind, in training:
    "VariationalWeights", which a number alone means, drops weights of the state, the same at all
    elements; "VariationalInput" and "VariationalState" numbers that go to the gates, the same at
    all elements.
    Ports: input (length, in); output (length, size), the states one after another. Hidden port, in
    and out: state (size,), which edges of a NetGraph may lead to and from; else it begins with
    zeros. Arrays: input weights (size, in), state weights (size, size), biases (size,).

    >>> from wlnet.nets.initialize import net_initialize
    >>> layer = net_initialize(BasicRecurrentLayer(2, input=(3, 4)))
    >>> layer([[1, 2, 3, 4]] * 3).shape
    (3, 2)

    Wolfram Language: BasicRecurrentLayer. Elman 1990.
    """

    gives = "Reals"

    size = parameter(AUTOMATIC, check=or_automatic(positive))
    dropout = parameter(None, check=dropout_of(WEIGHTS, INPUT, STATE))
    input = port("length", "in")
    input_weights = array("size", "in", start="weights")
    state_weights = array("size", "size", start="weights")
    biases = array("size", start=0.0)
    output = out("length", "size")
    state = hidden("size")

    def relate(self, sizes: Sizes) -> None:
        if self.size is not AUTOMATIC:
            sizes.set("size", self.size)

    def lower(
        self, g: Builder, input: Value, input_weights: Value, state_weights: Value, biases: Value,
        state: Value | None,
    ) -> Made:  # fmt: skip
        # Step after step, and what the inputs say for the whole sequence at once.
        batch, _, width = input.shape
        input = dropped(g, input, self.dropout, INPUT, (batch, 1, width))
        said = g.add(g.matmul(g.move_axis(input, 1, 0), g.transpose(input_weights)), biases)

        def new(b: Builder, carried: Sequence[Value], x: Value, told: Value) -> list[Value]:
            return [b.map("Tanh", b.add(x, told))]

        begun = g.fill(0.0, said.shape[1:]) if state is None else state
        weights = dropped(g, state_weights, self.dropout, WEIGHTS)
        (states,) = states_of(g, self.dropout, [begun], said, weights, new)
        shown = g.move_axis(after(g, states, reverse=False), 1, 0)
        return {"Output": shown, "State": last(g, states, reverse=False)}

    def reference(
        self, input: Reals, input_weights: Reals, state_weights: Reals, biases: Reals,
        state: Reals | None = None,
    ) -> dict[str, Reals]:  # fmt: skip
        state = np.zeros((len(input), len(biases))) if state is None else state
        states = []
        for x in np.moveaxis(input, 1, 0):
            state = np.tanh(x @ input_weights.T + state @ state_weights.T + biases)
            states.append(state)
        return {"Output": np.stack(states, 1), "State": state}

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(BasicRecurrentLayer(3), {"Input": (4, 2)})
        yield Example(BasicRecurrentLayer(1), {"Input": (2, 1)})
        yield Example(BasicRecurrentLayer(2), {"Input": (3, 5)})
        kinds = {"VariationalWeights": 0.1, "VariationalInput": 0.1, "VariationalState": 0.1}
        yield Example(BasicRecurrentLayer(3, kinds), {"Input": (4, 3)})
