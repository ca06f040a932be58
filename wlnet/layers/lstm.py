"""LongShortTermMemoryLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, or_automatic, out, parameter, port, positive
from wlnet.layers.declaring.gates import of_gates, said_to_gates
from wlnet.layers.declaring.layer import Example, Layer, Reals

GATES = "input", "output", "forget", "memory"
"""In the order of the primitive `lstm`."""


class LongShortTermMemoryLayer(Layer):
    """A recurrent layer whose gates decide what its memory keeps, takes in, and shows.

    For each element x of a sequence, from the last state s and cell state c (at first zeros):
    i, o, f = sigmoid(weights . x + state weights . s + biases), with own arrays for the input, the
    output and the forget gate; m = tanh(the same with the arrays of the memory gate);
    c = f * c + i * m; s = o * tanh(c).

    size: of the state. Ports: input (length, in); output (length, size), the states one after
    another. Arrays, for each gate: input weights (size, in), state weights (size, size), biases
    (size,), which for the forget gate begin with 1.

    >>> from wlnet.nets.initialize import net_initialize
    >>> layer = net_initialize(LongShortTermMemoryLayer(2, input=(3, 4)))
    >>> layer([[1, 2, 3, 4]] * 3).shape
    (3, 2)

    Wolfram Language: LongShortTermMemoryLayer, without its ports for states and its options for
    dropout. Hochreiter and Schmidhuber 1997; Gers et al. 2000.
    """

    gives = "Reals"

    size = parameter(AUTOMATIC, check=or_automatic(positive))
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

    def relate(self, sizes: Sizes) -> None:
        if self.size is not AUTOMATIC:
            sizes.set("size", self.size)

    def lower(self, g: Builder, input: Value, **arrays: Value) -> Value:
        said = said_to_gates(g, input, arrays, GATES)
        weights = of_gates(g, arrays, GATES, "state_weights")
        states = g.call("lstm", said, g.transpose(weights))[0]
        return g.move_axis(states, 1, 0)

    def reference(self, input: Reals, **arrays: Reals) -> Reals:
        size = len(arrays["input_gate_biases"])
        state, cell = np.zeros((2, len(input), size))
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
        return np.stack(states, 1)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(LongShortTermMemoryLayer(3), {"Input": (4, 2)})
        yield Example(LongShortTermMemoryLayer(1), {"Input": (2, 1)})
        yield Example(LongShortTermMemoryLayer(2), {"Input": (3, 5)})
