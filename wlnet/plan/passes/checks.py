"""What a program looks at before it computes: inputs that are NaN or infinite."""

from __future__ import annotations

from wlnet.graph.graph import Call, Graph


def check_inputs(graph: Graph) -> None:
    """Have the program tell of inputs that are not finite numbers: while it runs, all workers look
    at them, where they are read anyway."""
    graph.calls[:0] = [
        Call("check", (value,), ()) for value in graph.inputs.values() if value.element == "Real"
    ]
