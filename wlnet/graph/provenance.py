"""What the numbers of a value were made of, behind all that only moves them.

A loss of probabilities is exact where it is worked out from what went into the softmax or the
logistic function that gave them. A reshape, a transposition, a slice or a concatenation between the
two moves numbers and leaves them as they are: then so may be moved what the loss makes of them.
"""

from __future__ import annotations

from collections.abc import Callable

from wlnet.graph.builder import Builder
from wlnet.graph.elements import MOVES
from wlnet.graph.graph import Call, Value

Exact = Callable[[Call], Value | None]
"""What stands for the result of a call, or None where it knows nothing better."""


def from_source(
    g: Builder, x: Value, exact: Exact, plain: Callable[[Value], Value]
) -> Value | None:
    """What `exact` makes of the call that made x, or of those that made its parts; None where it
    knows no better of any. plain: what stands for the parts of which it knows nothing."""
    call = g.producer(x)
    if call is None or call.primitive not in MOVES:
        return None if call is None else exact(call)
    parts = [from_source(g, part, exact, plain) for part in call.inputs]
    if not any(parts):
        return None
    if call.primitive == "reshape" and (lines := _lines(g, parts[0], call.outputs[0])) is not None:
        return lines
    seen = [plain(x) if part is None else part for x, part in zip(call.inputs, parts, strict=True)]
    return g.call(call.primitive, *seen, **call.attributes)[0]


def _lines(g: Builder, logs: Value | None, to: Value) -> Value | None:
    """A reshape of logarithms of whole lines as the logarithms of a reshape: next to the loss they
    are one call with it."""
    call = None if logs is None else g.producer(logs)
    if call is None or call.primitive != "log_softmax":
        return None
    (x,) = call.inputs
    if call.attributes["axis"] != x.rank - 1 or x.shape[-1:] != to.shape[-1:]:
        return None
    return g.log_softmax(g.reshape(x, to.shape))
