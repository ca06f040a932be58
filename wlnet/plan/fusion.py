"""Fusing: several calls as one, so that numbers are worked on while they are in registers.

Each pass finds one pattern. A value that somebody else reads as well is never fused away.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from wlnet.graph.graph import Call, Graph, Value


class Rewriting:
    """A graph whose calls are replaced: who makes a value, and how many read it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.makers: dict[Value, Call] = {v: call for call in graph.calls for v in call.outputs}
        self.uses = Counter(value for call in graph.calls for value in call.inputs)
        self.uses.update(graph.results())
        self._replaced: dict[int, Call | None] = {}

    def maker(self, value: Value, *primitives: str) -> Call | None:
        """The call that makes a value, if it is one of these primitives."""
        call = self.makers.get(value)
        return call if call is not None and call.primitive in primitives else None

    def sole(self, value: Value, *primitives: str) -> Call | None:
        """The call that makes a value which has a single reader, if it is one of these."""
        return self.maker(value, *primitives) if self.uses[value] == 1 else None

    def drop(self, *calls: Call) -> None:
        """Leave calls out."""
        for call in calls:
            self._replaced[id(call)] = None

    def replace(self, old: Call, new: Call) -> None:
        """Put a call in the place of another."""
        self._replaced[id(old)] = new
        for value in new.outputs:
            self.makers[value] = new

    def done(self) -> Graph:
        """The graph with what was replaced and dropped."""
        calls: list[Call] = []
        for call in self.graph.calls:
            current: Call | None = call
            while current is not None and id(current) in self._replaced:
                current = self._replaced[id(current)]
            if current is not None:
                calls.append(current)
        return self.graph.with_calls(calls)


def fuse_bias(graph: Graph) -> Graph:
    """matmul, then a bias for each column: one product that starts from the bias."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "add":
            continue
        for x, bias in (call.inputs, call.inputs[::-1]):
            product = work.sole(x, "matmul")
            if product is None or bias.shape != x.shape[-1:] or x == bias:
                continue
            merged = Call("affine", (*product.inputs, bias), call.outputs, {"bias": True},
                          product.origin)  # fmt: skip
            work.drop(product)
            work.replace(call, merged)
            break
    return work.done()


def fuse_activation(graph: Graph) -> Graph:
    """A product, then Ramp."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "map" or call.attributes["function"] != "Ramp":
            continue
        product = work.sole(call.inputs[0], "matmul", "affine")
        if product is not None and "activation" not in product.attributes:
            attributes = {**product.attributes, "activation": "Ramp"}
            work.drop(product)
            work.replace(
                call, Call("affine", product.inputs, call.outputs, attributes, product.origin)
            )
    return work.done()


def fuse_windows(graph: Graph) -> Graph:
    """A convolution, then a bias for each channel, then Ramp."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive == "add":
            for x, bias in (call.inputs, call.inputs[::-1]):
                window = work.sole(x, *CONVOLUTIONS)
                spread = work.maker(bias, "reshape")
                if window is None or spread is None:
                    continue
                if bias.shape != (x.shape[1], *(1,) * (x.rank - 2)):
                    continue
                flat = (*window.inputs, spread.inputs[0])
                _merge(work, window, call, flat, {"bias": True})
                break
        elif call.primitive == "map" and call.attributes["function"] == "Ramp":
            window = work.sole(call.inputs[0], *CONVOLUTIONS)
            if window is not None and "activation" not in window.attributes:
                _merge(work, window, call, window.inputs, {"activation": "Ramp"})
    return work.done()


CONVOLUTIONS = "convolve", "lanes_convolve"
"""Of examples one by one, and side by side."""


def _merge(
    work: Rewriting, window: Call, last: Call, inputs: tuple[Value, ...], more: dict[str, Any]
) -> None:
    """A convolution that does what comes after it too."""
    attributes = {**window.attributes, **more}
    work.drop(window)
    work.replace(last, Call(window.primitive, inputs, last.outputs, attributes, window.origin))


def fuse_pooling(graph: Graph) -> Graph:
    """A convolution in lanes, then the largest of each 2 x 2 pixels; and the way back through both.

    Where Ramp comes between, its slope on the way back is that of the largest pixel alone.
    """
    work = Rewriting(graph)
    for pool in graph.calls:
        if pool.primitive not in ("pool_max", "lanes_pool_max") or not _is_two_by_two(pool):
            continue
        window = work.maker(pool.inputs[0], pool.primitive.replace("pool_max", "convolve"))
        if window is None:
            continue
        y, where = pool.outputs
        backs = [call for call in graph.calls if where in call.inputs]
        through = [_back(work, call, window.outputs[0]) for call in backs]
        gates = [gate for gate in through if gate is not None]
        # Nobody else may want the pixels.
        readers = 1 + sum(window.outputs[0] in gate.inputs for gate in gates)
        if len(gates) != len(backs) or work.uses[window.outputs[0]] != readers:
            continue
        if where in graph.results() or (window.attributes.get("activation") and any(
            gate is back for gate, back in zip(gates, backs, strict=True)
        )):  # fmt: skip
            continue
        places = graph.new_value(where.shape, "Byte")
        wanted = (places,) if backs else ()
        work.drop(window)
        work.replace(pool, Call(window.primitive + "_pooled", window.inputs, (y, *wanted),
                                window.attributes, window.origin))  # fmt: skip
        for back, gate in zip(backs, gates, strict=True):
            if gate is not back:
                work.drop(back)
            work.replace(gate, Call("lanes_unpool", (back.inputs[0], places), gate.outputs,
                                    {}, pool.origin))  # fmt: skip
    return work.done()


def _is_two_by_two(pool: Call) -> bool:
    at = pool.attributes
    return tuple(at["kernel"]) == tuple(at["stride"]) == (2, 2) and tuple(
        map(tuple, at["padding"])
    ) == ((0, 0), (0, 0))


def _back(work: Rewriting, call: Call, pixels: Value) -> Call | None:
    """The last call of the way back through a pooling: itself, or the gate of a ramp after it."""
    if call.primitive != "lanes_pool_max_input":
        return None
    gates = [other for other in work.graph.calls if call.outputs[0] in other.inputs]
    if len(gates) == 1 and gates[0].primitive == "gate" and gates[0].inputs[1] == pixels:
        return gates[0] if work.uses[call.outputs[0]] == 1 else None
    return call


def fuse_gate(graph: Graph) -> Graph:
    """A gradient times the step function of an output: kept where the output is positive."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "multiply" or call.inputs[0].shape != call.inputs[1].shape:
            continue
        for d, slope in (call.inputs, call.inputs[::-1]):
            step = work.sole(slope, "map")
            if step is None or step.attributes["function"] != "UnitStep":
                continue
            (y,) = step.inputs
            product = work.sole(d, "matmul", "lanes_convolve_input")
            work.drop(step)
            if product is not None:
                work.drop(product)
                name = "affine" if product.primitive == "matmul" else product.primitive
                gated = Call(name, (*product.inputs, y), call.outputs,
                             {**product.attributes, "gate": True}, product.origin)  # fmt: skip
            else:
                gated = Call("gate", (d, y), call.outputs, {}, call.origin)
            work.replace(call, gated)
            break
    return work.done()


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


def simplify(graph: Graph) -> Graph:
    """Transposes of transposes and reshapes of reshapes as one, or as nothing."""
    same: dict[Value, Value] = {}
    makers: dict[Value, Call] = {}
    calls: list[Call] = []
    results = set(graph.results())
    for call in graph.calls:
        inputs = tuple(same.get(value, value) for value in call.inputs)
        new = Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
        (first, *_) = (*inputs, None)
        inner = makers.get(first) if first is not None else None
        if inner is not None and inner.primitive == call.primitive == "transpose":
            axes = tuple(inner.attributes["axes"][axis] for axis in call.attributes["axes"])
            new = Call("transpose", inner.inputs, call.outputs, {"axes": axes}, call.origin)
        elif inner is not None and inner.primitive == call.primitive == "reshape":
            new = Call("reshape", inner.inputs, call.outputs, call.attributes, call.origin)
        (output, *_) = new.outputs or (None,)
        idle = (new.primitive == "transpose" and list(new.attributes["axes"]) == sorted(
            new.attributes["axes"])) or (
            new.primitive == "reshape" and new.inputs[0].shape == new.outputs[0].shape)  # fmt: skip
        if idle and output is not None and output not in results:
            same[output] = new.inputs[0]
            continue
        for value in new.outputs:
            makers[value] = new
        calls.append(new)
    return graph.with_calls(calls)
