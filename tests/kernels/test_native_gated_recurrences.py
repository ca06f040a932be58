"""One step of a gated recurrent layer and its way back, with their products, as kernels."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, settings

from tests.kernels.test_native_recurrences import DIVISIONS, Sequence, every, near
from wlnet.graph.recurrence_reference import gru, gru_input
from wlnet.kernels.elementwise.gated_recurrences import GATES, gru_step, gru_step_input
from wlnet.kernels.elementwise.recurrences import BY_ROWS


def sequence(rows: int, size: int, precision: Any) -> Sequence:
    """Two steps of some rows; what the memory gate was told stands in place of cells."""
    return Sequence(rows, size, precision, gru, GATES)


@settings(max_examples=10)
@every
@example(9, 17, "Real32")
@example(7, 100, "Real32")
@example(17, 33, "Real64")
@example(33, 129, "Real32")
def test_gates_and_state_of_a_step(rows: int, size: int, precision: Any) -> None:
    it = sequence(rows, size, precision)
    for step in (0, 1):
        wanted = [made[step] for made in (it.gates, it.cells, it.states)]
        last = it.like(it.states[0]) if step else None
        bits = set()
        for (weights, lying), division, in_place in product(it.ways(), DIVISIONS, (False, True)):
            said = it.like(it.said[step])
            gates = said if in_place else it.empty(GATES * size)
            told, state = it.empty(size), it.empty(size)
            it.call(gru_step, *division, said=said, last=last, weights=weights, gates=gates,
                    told=told, state=state, **lying)  # fmt: skip
            for found, reference in zip((gates, told, state), wanted, strict=True):
                near(found, reference, precision)
            bits.add(gates.tobytes() + told.tobytes() + state.tobytes())
        assert len(bits) == 1


@settings(max_examples=10)
@every
@example(9, 17, "Real32")
@example(7, 100, "Real32")
@example(17, 33, "Real64")
@example(33, 129, "Real32")
def test_what_a_step_sends_back(rows: int, size: int, precision: Any) -> None:
    it = sequence(rows, size, precision)
    flowing = it.d, it.gates, it.cells, it.states
    for step, more in product((0, 1), (False, True)):
        others = it.more if more else ()
        d_said, d_sent, d_first = gru_input(*flowing, it.weights.T, *others)
        later = [each[1:] for each in (*flowing, *others)]
        _, _, d_second = gru_input(*later[:4], it.weights.T, *later[4:], it.states[0])
        wanted = d_said[step], d_sent[step], (d_second if step else d_first)[0]
        before = it.like(it.states[0]) if step else None
        sent = None if step else it.like(d_sent[1])
        reach = [it.like(each[step]) for each in it.more] if more else [None, None]
        bits = set()
        ways = it.plain(it.weights.T), it.packed(it.weights.T)
        for (weights, lying), division, in_place in product(ways, DIVISIONS, (False, True)):
            gates = it.like(it.gates[step])
            d_gates = gates if in_place else it.empty(GATES * size)
            d_tells, d_past = it.empty(GATES * size), it.empty(size)
            if not step:
                d_past = it.like(d_second[0])
            # What reached the states may lie in rows that are further apart.
            reached = it.like(np.stack([it.d[step], it.d[step]], 1))
            it.call(gru_step_input, *division, reached=reached, reached_row=2 * size * it.item,
                    sent=sent, weights=weights, gates=gates, told=it.like(it.cells[step]),
                    before=before, more_gates=reach[0], more_told=reach[1], d_past=d_past,
                    d_said=d_gates, d_sent=d_tells, **lying)  # fmt: skip
            for found, reference in zip((d_gates, d_tells, d_past), wanted, strict=True):
                near(found, reference, precision)
            bits.add(d_gates.tobytes() + d_tells.tobytes() + d_past.tobytes())
        assert len(bits) == 1


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_gates_that_are_wide_open_or_shut_stay_finite(precision: Any) -> None:
    it = sequence(1, 4, precision)
    said = it.like([[1e30, -1e30, 0, np.inf] * 3])
    gates, told, state = it.empty(12), it.empty(4), it.empty(4)
    it.call(gru_step, BY_ROWS, 1, said=said, last=None, weights=None, w_depth=0, w_gate=0,
            w_block=0, gates=gates, told=told, state=state)  # fmt: skip
    np.testing.assert_allclose(state[0], [0, -1, 0, 0], atol=1e-6)
    np.testing.assert_array_equal(told, 0)
