"""Gated recurrent layers (GRU): as recurrences.py does it for an LSTM."""

from __future__ import annotations

from typing import Any

from wlnet.graph.graph import Call
from wlnet.kernels.elementwise.gated_recurrences import gru_step, gru_step_input
from wlnet.kernels.products.gate_products import scratch_bytes
from wlnet.plan.calls.emitter import Emitter, emits
from wlnet.plan.calls.recurrences import (
    ELEMENT,
    Along,
    Slabs,
    division,
    legible,
    lying,
    shared,
    start,
)


@emits("gru", accepts=legible)
def _(e: Emitter, call: Call) -> None:
    said, weights, *begun = call.inputs
    states, gates, told = call.outputs
    length, rows, size = states.shape
    each = {value: Slabs(e, value) for value in (said, states, gates, told)}
    lies = lying(e, call, weights)
    split = division(e, rows, size)
    e.overwrites(gates, said)

    def one(step: int, along: Along = None) -> None:
        x, state, gate, tells = (each[v].at(step, along) for v in (said, states, gates, told))
        last = e.view(begun[0]) if begun else None
        if step:
            last = each[states].at(step - 1, along)
        writes, reads, work = [gate, tells, state], [x], ELEMENT * rows * size
        if last is not None:
            reads.append(last)
            work += 6 * rows * size * size
        e.step(
            gru_step, reads=[*reads, *([weights] if last else [])], writes=writes,
            scratch=scratch_bytes(e.target), work=work, what="gates and state",
            share=shared(e, rows, split), own=[*reads, *writes], rows=rows, size=size, split=split,
            said=start(x), last=start(last), weights=e.address(weights) if last else 0,
            **lies, gates=start(gate),
            gate_row=each[gates].row, told=start(tells), state=start(state),
        )  # fmt: skip

    one(0)
    e.loop(length - 1, lambda along: one(1, along), 1)


@emits("gru_input", accepts=legible)
def _(e: Emitter, call: Call) -> None:
    d, gates, told, states, weights, *more = call.inputs
    first = e.view(more.pop()) if len(more) % 2 else None
    d_said, d_sent, d_first = call.outputs
    length, rows, size = d.shape
    flowing = (d, gates, told, d_said, d_sent)
    each = {value: Slabs(e, value) for value in (*flowing, states, *more)}
    d_past = Slabs(e, d_first).at(0)
    lies = lying(e, call, weights)
    split = division(e, rows, size)
    e.overwrites(d_said, gates)

    def one(step: int, along: Along = None) -> None:
        reached, gate, tells, d_gate, d_tells = (each[v].at(step, along) for v in flowing)
        by_gates, by_told = [each[value].at(step, along) for value in more] or (None, None)
        before = each[states].at(step - 1, along) if step else first
        reads = [view for view in (reached, gate, tells, by_gates, by_told, before) if view]
        sent: Any = None
        work = ELEMENT * rows * size
        if step + 1 < length:
            sent = each[d_sent].at(step + 1, along)
            reads += [sent, d_past]
            work += 6 * rows * size * size
        writes = [d_gate, d_tells, d_past]
        e.step(
            gru_step_input, reads=[*reads, *([weights] if sent else [])], writes=writes,
            scratch=scratch_bytes(e.target), work=work, what="gates and state, back",
            share=shared(e, rows, split), own=[*reads, *writes], rows=rows, size=size, split=split,
            reached=start(reached), reached_row=each[d].row, sent=start(sent),
            weights=e.address(weights) if sent else 0, **lies,
            gates=start(gate), gate_row=each[gates].row, told=start(tells), before=start(before),
            more_gates=start(by_gates), more_told=start(by_told), d_past=start(d_past),
            d_said=start(d_gate), d_sent=start(d_tells),
        )  # fmt: skip

    one(length - 1)
    e.loop(length - 2, lambda along: one(length - 2, along), -1)
    if length > 1:
        one(0)
