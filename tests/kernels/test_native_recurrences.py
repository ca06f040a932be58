"""One step of a recurrent layer and its way back, compiled as kernels."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.graph.recurrence_reference import lstm, lstm_input
from wlnet.kernels.elementwise.recurrences import lstm_step, lstm_step_input

LIMIT = {"Real32": 1e-5, "Real64": 1e-13}
sizes = st.one_of(st.integers(1, 5), st.sampled_from([16, 17, 40]))


class Sequence:
    """Two steps without a product between them: the weights of the states are zeros."""

    def __init__(self, rows: int, size: int, precision: Any) -> None:
        random = np.random.default_rng(4)
        self.real, self.rows, self.size = REALS[precision], rows, size
        self.said = random.normal(size=(2, rows, 4 * size)).astype(self.real)
        self.states, self.gates, self.cells = lstm(
            self.said.astype(np.float64), np.zeros((size, 4 * size))
        )
        self.d = random.normal(size=(2, rows, size)).astype(self.real)
        self.more = [random.normal(size=each.shape).astype(self.real)
                     for each in (self.gates, self.cells)]  # fmt: skip

    def back(self, more: bool) -> Any:
        """What goes back, with and without what reached gates and cells from elsewhere."""
        wide = [each.astype(np.float64) for each in (self.d, *self.more)]
        weights = np.zeros((4 * self.size, self.size))
        return lstm_input(wide[0], self.gates, self.cells, weights, *(wide[1:] if more else ()))

    def like(self, values: Any) -> Any:
        return like(values, self.real)

    def empty(self, width: int) -> Any:
        return guarded((self.rows, width), self.real)

    def words(self) -> dict[str, int]:
        return {"rows": self.rows, "size": self.size, "gate_row": 4 * self.size * self.item}

    @property
    def item(self) -> int:
        return int(np.dtype(self.real).itemsize)


every = given(st.integers(1, 20), sizes, st.sampled_from(["Real32", "Real64"]))


@settings(max_examples=30)
@every
@example(9, 17, "Real32")
def test_gates_cell_and_state_of_a_step(rows: int, size: int, precision: Any) -> None:
    it = Sequence(rows, size, precision)
    for step in (0, 1):
        wanted = [made[step] for made in (it.gates, it.cells, it.states)]
        before = it.like(it.cells[0]) if step else None
        for workers in (1, 3):
            for in_place in (False, True):
                said = it.like(it.said[step])
                gates = said if in_place else it.empty(4 * size)
                cell, state = it.empty(size), it.empty(size)
                call(lstm_step, precision, workers, said=said, gates=gates, before=before,
                     cell=cell, state=state, **it.words())  # fmt: skip
                for found, reference in zip((gates, cell, state), wanted, strict=True):
                    np.testing.assert_allclose(found, reference, rtol=0, atol=LIMIT[precision])


@settings(max_examples=30)
@every
@example(9, 17, "Real32")
def test_what_a_step_sends_back(rows: int, size: int, precision: Any) -> None:
    it = Sequence(rows, size, precision)
    for step, more in product((0, 1), (False, True)):
        back = it.back(more)
        wanted = [made[step] for made in back]
        before = it.like(it.cells[0]) if step else None
        following = (None, None) if step else (it.like(it.gates[1]), it.like(back[2][1]))
        others = [it.like(each[step]) for each in it.more] if more else [None, None]
        for workers in (1, 3):
            for in_place in (False, True):
                reached = it.like(it.d[step])
                d_state = reached if in_place else it.empty(size)
                d_gates, d_cell = it.empty(4 * size), it.empty(size)
                call(lstm_step_input, precision, workers, gates=it.like(it.gates[step]),
                     before=before, cell=it.like(it.cells[step]), reached=reached,
                     more_gates=others[0], more_cells=others[1], d_state=d_state,
                     next_gates=following[0], d_next=following[1], d_cell=d_cell,
                     d_gates=d_gates, **it.words())  # fmt: skip
                for found, reference in zip((d_gates, d_state, d_cell), wanted, strict=True):
                    np.testing.assert_allclose(found, reference, rtol=0, atol=LIMIT[precision])


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_gates_that_are_wide_open_or_shut_stay_finite(precision: Any) -> None:
    it = Sequence(1, 4, precision)
    said = it.like([[1e30, -1e30, 0, np.inf] * 4])
    gates, cell, state = it.empty(16), it.empty(4), it.empty(4)
    call(lstm_step, precision, said=said, gates=gates, before=None, cell=cell, state=state,
         **it.words())  # fmt: skip
    np.testing.assert_allclose(cell[0], [1, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(state[0], [np.tanh(1), 0, 0, np.tanh(1)], atol=1e-6)
