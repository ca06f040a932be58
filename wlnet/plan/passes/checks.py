"""What is looked at before anything is computed: constants that a precision cannot hold; and, by
the program itself, inputs that are NaN or infinite."""

from __future__ import annotations

import math

import numpy as np

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.parts import path_text
from wlnet.engine.blueprint import DTYPES
from wlnet.graph.graph import Call, Graph
from wlnet.graph.primitives import COMPARISONS, EXTREMES
from wlnet.kernels.language import Precision


def check_constants(graph: Graph, precision: Precision) -> None:
    """Raise OptionError for a constant of a formula that would become infinite, and count as such.

    In comparisons, maxima and minima it may: there it means what it says.
    """
    most = float(np.finfo(DTYPES[precision]).max)
    large = {
        call.outputs[0]: call
        for call in graph.calls
        if call.primitive == "fill" and most < abs(call.attributes["value"]) < math.inf
    }
    if not large:
        return
    bounds = (*EXTREMES, *COMPARISONS)
    counted = {v for call in graph.calls if call.primitive not in bounds for v in call.inputs}
    faults = [
        Fault(
            f"a constant that {precision} cannot hold",
            at=path_text(call.origin) or "the formula",
            given=f"{call.attributes['value']:g}",
            expected=f"numbers within {most:.1e}",
            fix='working_precision="Real64"',
        )
        for value, call in large.items()
        if value in counted
    ]
    if faults:
        raise fail(OptionError, faults)


def check_inputs(graph: Graph) -> None:
    """Have the program tell of inputs that are not finite numbers: while it runs, all workers look
    at them, where they are read anyway."""
    graph.calls[:0] = [
        Call("check", (value,), ()) for value in graph.inputs.values() if value.element == "Real"
    ]
