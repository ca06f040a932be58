"""Gates of recurrent layers: arrays of each, by names such as input_gate_biases, as one of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value


def of_gates(g: Builder, arrays: Mapping[str, Value], gates: Sequence[str], what: str) -> Value:
    """The weights or biases of all gates, one below the other."""
    return g.concatenate([arrays[f"{gate}_gate_{what}"] for gate in gates], 0)


def said_to_gates(
    g: Builder, input: Value, arrays: Mapping[str, Value], gates: Sequence[str]
) -> Value:
    """What a sequence says to the gates, step after step, for the whole of it at once: (length,
    batch, size of all gates)."""
    steps = g.move_axis(input, 1, 0)
    said = g.matmul(steps, g.transpose(of_gates(g, arrays, gates, "input_weights")))
    return g.add(said, of_gates(g, arrays, gates, "biases"))
