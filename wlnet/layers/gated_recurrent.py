"""GatedRecurrentLayer."""

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
from wlnet.layers.declaring.gates import of_gates, said_to_gates
from wlnet.layers.declaring.layer import Example, Layer, Made, Reals
from wlnet.layers.declaring.recurrence import states_of
from wlnet.layers.declaring.recurrent_dropout import (
    INPUT,
    KINDS,
    STATE,
    UPDATE,
    WEIGHTS,
    chance,
    dropout_of,
    dropped,
)

GATES = "input", "reset", "memory"
"""In the order of the primitive `gru`."""


class GatedRecurrentLayer(Layer):
    """A recurrent layer with two gates, which decide what of its state is kept and what is used.

    Formula: i[t] = sigmoid(input_gate_input_weights @ input[t]
    + input_gate_state_weights @ output[t - 1] + input_gate_biases);
    r[t] = sigmoid(reset_gate_input_weights @ input[t]
    + reset_gate_state_weights @ output[t - 1] + reset_gate_biases);
    m[t] = tanh(memory_gate_input_weights @ input[t]
    + r[t] * (memory_gate_state_weights @ output[t - 1]) + memory_gate_biases);
    output[t] = (1 - i[t]) * m[t] + i[t] * output[t - 1]

    For each element t of a sequence, from the last state, at first zeros: i and r are the input and
    the reset gate, m is the memory gate.

    size: of the state. dropout: a probability, or a dict of such by kind, in training:
    "VariationalWeights", which a number alone means, drops weights of the state, the same at all
    elements; "VariationalInput" and "VariationalState" numbers that go to the gates, the same at
    all elements; "StateUpdate" numbers of what is new in the state, others at each.
    Ports: input (length, in); output (length, size), the states one after another. Hidden port, in
    and out: state (size,), which edges of a NetGraph may lead to and from; else it begins with
    zeros. Arrays, for each gate: input weights (size, in), state weights (size, size), biases
    (size,).

    >>> from wlnet.nets.initialize import net_initialize
    >>> layer = net_initialize(GatedRecurrentLayer(2, input=(3, 4)))
    >>> layer([[1, 2, 3, 4]] * 3).shape
    (3, 2)

    Wolfram Language: GatedRecurrentLayer. Cho et al. 2014.
    """

    gives = "Reals"

    size = parameter(AUTOMATIC, check=or_automatic(positive))
    dropout = parameter(None, check=dropout_of(*KINDS))
    input = port("length", "in")
    input_gate_input_weights = array("size", "in", start="weights")
    input_gate_state_weights = array("size", "size", start="weights")
    input_gate_biases = array("size", start=0.0)
    reset_gate_input_weights = array("size", "in", start="weights")
    reset_gate_state_weights = array("size", "size", start="weights")
    reset_gate_biases = array("size", start=0.0)
    memory_gate_input_weights = array("size", "in", start="weights")
    memory_gate_state_weights = array("size", "size", start="weights")
    memory_gate_biases = array("size", start=0.0)
    output = out("length", "size")
    state = hidden("size")

    def relate(self, sizes: Sizes) -> None:
        if self.size is not AUTOMATIC:
            sizes.set("size", self.size)

    def lower(self, g: Builder, input: Value, state: Value | None, **arrays: Value) -> Made:
        batch, _, width = input.shape
        input = dropped(g, input, self.dropout, INPUT, (batch, 1, width))
        said = said_to_gates(g, input, arrays, GATES)
        weights = of_gates(g, arrays, GATES, "state_weights")
        weights = dropped(g, weights, self.dropout, WEIGHTS)
        if g.training and (chance(self.dropout, STATE) or chance(self.dropout, UPDATE)):
            zeros = g.fill(0.0, (said.shape[1], said.shape[2] // 3))
            carried = [zeros if state is None else state]
            (table,) = states_of(g, self.dropout, carried, said, weights, self._new)
            states = after(g, table, reverse=False)
        else:
            begun = [] if state is None else [state]
            states, *_ = g.call("gru", said, g.transpose(weights), *begun)
        return {"Output": g.move_axis(states, 1, 0), "State": last(g, states, reverse=False)}

    def _new(self, b: Builder, carried: Sequence[Value], x: Value, told: Value) -> list[Value]:
        """The next state, where some numbers are dropped between one step and the next."""
        (state,) = carried
        size = state.shape[1]
        both = b.map("LogisticSigmoid", b.add(b.slice(x, 1, 0, 2 * size),
                                              b.slice(told, 1, 0, 2 * size)))  # fmt: skip
        keeps, used = (b.slice(both, 1, at, at + size) for at in (0, size))
        before = b.multiply(used, b.slice(told, 1, 2 * size, 3 * size))
        memory = b.map("Tanh", b.add(b.slice(x, 1, 2 * size, 3 * size), before))
        memory = dropped(b, memory, self.dropout, UPDATE)
        return [b.add(memory, b.multiply(keeps, b.subtract(state, memory)))]

    def reference(
        self, input: Reals, state: Reals | None = None, **arrays: Reals
    ) -> dict[str, Reals]:
        if state is None:
            state = np.zeros((len(input), len(arrays["input_gate_biases"])))
        states = []
        for x in np.moveaxis(input, 1, 0):
            said = {gate: x @ arrays[f"{gate}_gate_input_weights"].T + arrays[f"{gate}_gate_biases"]
                    for gate in GATES}  # fmt: skip
            told = {gate: state @ arrays[f"{gate}_gate_state_weights"].T for gate in GATES}
            i, r = (1 / (1 + np.exp(-said[gate] - told[gate])) for gate in GATES[:2])
            memory = np.tanh(said["memory"] + r * told["memory"])
            state = (1 - i) * memory + i * state
            states.append(state)
        return {"Output": np.stack(states, 1), "State": state}

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(GatedRecurrentLayer(3), {"Input": (4, 2)})
        yield Example(GatedRecurrentLayer(1), {"Input": (2, 1)})
        yield Example(GatedRecurrentLayer(2), {"Input": (3, 5)})
        kinds = {"VariationalWeights": 0.1, "VariationalInput": 0.1, "VariationalState": 0.1}
        yield Example(GatedRecurrentLayer(3, 0.2), {"Input": (2, 3)})
        yield Example(GatedRecurrentLayer(3, {**kinds, "StateUpdate": 0.2}), {"Input": (4, 3)})
