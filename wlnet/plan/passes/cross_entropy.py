"""Fusing softmax with the loss that reads it, and with the gradient of that loss.

Operator fusion: softmax cross entropy (log-sum-exp), whose gradient is the softmax less one-hot.
"""

from __future__ import annotations

from typing import Any

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.passes.rewriting import Rewriting


def fuse_cross_entropy(graph: Graph) -> Graph:
    """Softmax, the loss of it with indices, and its gradient: one walk over each row."""
    work = Rewriting(graph)
    for logs in graph.calls:
        if logs.primitive == "log_softmax" and logs.attributes["axis"] == logs.inputs[0].rank - 1:
            _cross_entropy(work, logs)
    return work.done()


def _cross_entropy(work: Rewriting, logs: Call) -> None:
    (x,), (y,) = logs.inputs, logs.outputs
    readers: dict[str, list[Call]] = {}
    for call in work.graph.calls:
        if y in call.inputs:
            kind = call.attributes.get("function", call.primitive)
            readers.setdefault(kind, []).append(call)
    picks = readers.pop("pick", [])
    exps = readers.pop("Exp", [])
    if readers or y in work.graph.results() or len(picks) != 1 or len(exps) > 1:
        return
    (pick,) = picks
    index = pick.inputs[1]
    (negated, *others) = [c for c in work.graph.calls if pick.outputs[0] in c.inputs] or (None,)
    # Two losses of one output read the same pick.
    if negated is None or others or work.uses[pick.outputs[0]] != 1:
        return
    if negated.attributes.get("function") != "Negate":
        return
    outputs: list[Value] = [negated.outputs[0]]
    dropped = [pick]
    attributes: dict[str, Any] = {"loss": True}
    inputs = [x, index]
    if exps:
        found = _gradient_of_logs(work, exps[0], index)
        if found is None:
            return
        scale, last, calls = found
        attributes["scale"] = scale
        attributes["gradient"] = True
        outputs.append(last.outputs[0])
        dropped += [*calls, last]
    same = [
        c
        for c in work.graph.calls
        if c.primitive == "softmax" and c.inputs == (x,) and c.attributes == logs.attributes
    ]
    if same:
        attributes["probabilities"] = True
        outputs.append(same[0].outputs[0])
        dropped.append(same[0])
    first = min([logs, *same], key=work.graph.calls.index)
    work.drop(*(c for c in (*dropped, logs, negated) if c is not first))
    work.replace(first, Call("cross_entropy", tuple(inputs), tuple(outputs), attributes,
                             logs.origin))  # fmt: skip


def _gradient_of_logs(
    work: Rewriting, exp: Call, index: Value
) -> tuple[float, Call, list[Call]] | None:
    """place(scale) - exp(logs) sum(place(scale)): the scale, the last call, those before it."""
    calls = work.graph.calls

    def reader(value: Value, primitive: str) -> Call | None:
        found = [c for c in calls if value in c.inputs and c.primitive == primitive]
        return found[0] if len(found) == 1 and work.uses[value] == 1 else None

    times = reader(exp.outputs[0], "multiply")
    if times is None:
        return None
    total = next((v for v in times.inputs if v != exp.outputs[0]), None)
    sums = work.sole(total, "sum") if total is not None else None
    last = reader(times.outputs[0], "subtract")
    if sums is None or last is None or last.inputs[1] != times.outputs[0]:
        return None
    placed = work.maker(sums.inputs[0], "place")
    if placed is None or last.inputs[0] != placed.outputs[0] or placed.inputs[1] != index:
        return None
    if sums.attributes["axes"] != (placed.outputs[0].rank - 1,):
        return None
    if work.uses[placed.outputs[0]] != 2:
        return None
    sign, source = 1.0, work.maker(placed.inputs[0], "map", "fill")
    while source is not None and source.attributes.get("function") == "Negate":
        sign, source = -sign, work.maker(source.inputs[0], "map", "fill")
    if source is None or source.primitive != "fill":
        return None
    # The gradient of the loss is softmax less one at the target: the sign of the scale turns.
    return -sign * source.attributes["value"], last, [exp, times, sums, placed]
