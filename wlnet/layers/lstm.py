"""LongShortTermMemoryLayer."""

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

GATES = "input", "output", "forget", "memory"
"""In the order of the primitive `lstm`."""


class LongShortTermMemoryLayer(Layer):
    """A recurrent layer whose gates decide what its memory keeps, takes in, and shows.

    Formula: i[t] = sigmoid(input_gate_input_weights @ input[t]
    + input_gate_state_weights @ output[t - 1] + input_gate_biases);
    o[t] = sigmoid(output_gate_input_weights @ input[t]
    + output_gate_state_weights @ output[t - 1] + output_gate_biases);
    f[t] = sigmoid(forget_gate_input_weights @ input[t]
    + forget_gate_state_weights @ output[t - 1] + forget_gate_biases);
    m[t] = tanh(memory_gate_input_weights @ input[t]
    + memory_gate_state_weights @ output[t - 1] + memory_gate_biases);
    c[t] = f[t] * c[t - 1] + i[t] * m[t];
    output[t] = o[t] * tanh(c[t])

    For each element t of a sequence, from the last state and cell state c (at first zeros): i, o
    and f are the input, the output and the forget gate, m is the memory gate.

    size: of the state. dropout: a probability, or a dict of such by kind, in training:
    "VariationalWeights", which a number alone means, drops weights of the state, the same at all
    elements; "VariationalInput" and "VariationalState" numbers that go to the gates, the same at
    all elements; "StateUpdate" numbers of what is new in the state, others at each.
    Ports: input (length, in); output (length, size), the states one after another. Hidden ports, in
    and out: state and cell state (size,), which edges of a NetGraph may lead to and from; else they
    begin with zeros. Arrays, for each gate: input weights (size, in), state weights (size, size),
    biases (size,), which for the forget gate begin with 1.

    >>> from wlnet.nets.initialize import net_initialize
    >>> layer = net_initialize(LongShortTermMemoryLayer(2, input=(3, 4)))
    >>> layer([[1, 2, 3, 4]] * 3).shape
    (3, 2)

    Wolfram Language: LongShortTermMemoryLayer. Hochreiter and Schmidhuber 1997; Gers et al. 2000.
    """

    gives = "Reals"

    size = parameter(AUTOMATIC, check=or_automatic(positive))
    dropout = parameter(None, check=dropout_of(*KINDS))
    input = port("length", "in")
    input_gate_input_weights = array("size", "in", start="weights")
    input_gate_state_weights = array("size", "size", start="weights")
    input_gate_biases = array("size", start=0.0)
    output_gate_input_weights = array("size", "in", start="weights")
    output_gate_state_weights = array("size", "size", start="weights")
    output_gate_biases = array("size", start=0.0)
    forget_gate_input_weights = array("size", "in", start="weights")
    forget_gate_state_weights = array("size", "size", start="weights")
    forget_gate_biases = array("size", start=1.0)
    memory_gate_input_weights = array("size", "in", start="weights")
    memory_gate_state_weights = array("size", "size", start="weights")
    memory_gate_biases = array("size", start=0.0)
    output = out("length", "size")
    state = hidden("size")
    cell_state = hidden("size")

    def relate(self, sizes: Sizes) -> None:
        if self.size is not AUTOMATIC:
            sizes.set("size", self.size)

    def lower(
        self, g: Builder, input: Value, state: Value | None, cell_state: Value | None,
        **arrays: Value,
    ) -> Made:  # fmt: skip
        batch, _, width = input.shape
        input = dropped(g, input, self.dropout, INPUT, (batch, 1, width))
        said = said_to_gates(g, input, arrays, GATES)
        weights = of_gates(g, arrays, GATES, "state_weights")
        weights = dropped(g, weights, self.dropout, WEIGHTS)
        begun: list[Value] = []
        if state is not None or cell_state is not None:
            zeros = g.fill(0.0, (said.shape[1], said.shape[2] // 4))
            begun = [state or zeros, cell_state or zeros]
        if g.training and (chance(self.dropout, STATE) or chance(self.dropout, UPDATE)):
            zeros = g.fill(0.0, (said.shape[1], said.shape[2] // 4))
            carried = begun or [zeros] * 2
            tables = states_of(g, self.dropout, carried, said, weights, self._new)
            states, cells = (after(g, table, reverse=False) for table in tables)
        else:
            states, _, cells = g.call("lstm", said, g.transpose(weights), *begun)
        state, cell = (last(g, table, reverse=False) for table in (states, cells))
        return {"Output": g.move_axis(states, 1, 0), "State": state, "CellState": cell}

    def _new(self, b: Builder, carried: Sequence[Value], x: Value, told: Value) -> list[Value]:
        """The next state and cell, where some numbers are dropped between one step and the next."""
        _, cell = carried
        size, told = cell.shape[1], b.add(x, told)
        gates = b.map("LogisticSigmoid", b.slice(told, 1, 0, 3 * size))
        taken, given, held = (b.slice(gates, 1, n * size, (n + 1) * size) for n in range(3))
        new = b.map("Tanh", b.slice(told, 1, 3 * size, 4 * size))
        new = dropped(b, new, self.dropout, UPDATE)
        cell = b.add(b.multiply(held, cell), b.multiply(taken, new))
        return [b.multiply(given, b.map("Tanh", cell)), cell]

    def reference(
        self, input: Reals, state: Reals | None = None, cell_state: Reals | None = None,
        **arrays: Reals,
    ) -> dict[str, Reals]:  # fmt: skip
        zeros = np.zeros((len(input), len(arrays["input_gate_biases"])))
        state = zeros if state is None else state
        cell = zeros if cell_state is None else cell_state
        states = []
        for x in np.moveaxis(input, 1, 0):
            i, o, f, m = (
                x @ arrays[f"{gate}_gate_input_weights"].T
                + state @ arrays[f"{gate}_gate_state_weights"].T
                + arrays[f"{gate}_gate_biases"]
                for gate in GATES
            )
            i, o, f = (1 / (1 + np.exp(-value)) for value in (i, o, f))
            cell = f * cell + i * np.tanh(m)
            state = o * np.tanh(cell)
            states.append(state)
        return {"Output": np.stack(states, 1), "State": state, "CellState": cell}

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(LongShortTermMemoryLayer(3), {"Input": (4, 2)})
        yield Example(LongShortTermMemoryLayer(1), {"Input": (2, 1)})
        yield Example(LongShortTermMemoryLayer(2), {"Input": (3, 5)})
        kinds = {"VariationalWeights": 0.1, "VariationalInput": 0.1, "VariationalState": 0.1}
        yield Example(LongShortTermMemoryLayer(3, {**kinds, "StateUpdate": 0.2}), {"Input": (4, 3)})
        yield Example(LongShortTermMemoryLayer(3, 0.2), {"Input": (2, 3)})
