"""One step of a recurrent layer and its way back, with their products, compiled as kernels."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import lanes_of
from wlnet.engine.packed import packed
from wlnet.graph.recurrence_reference import lstm, lstm_input
from wlnet.kernels.elementwise.recurrences import (
    BY_COLUMNS,
    BY_ROWS,
    lstm_step,
    lstm_step_input,
)
from wlnet.kernels.jit.target import vector_width
from wlnet.kernels.language import Target
from wlnet.kernels.products.gate_products import scratch_bytes

LIMIT = {"Real32": 2e-5, "Real64": 1e-13}
ROWS = st.one_of(st.integers(1, 20), st.sampled_from([32, 33]))
SIZES = st.one_of(st.integers(1, 5), st.sampled_from([16, 17, 33, 40, 64, 100, 129]))
DIVISIONS = [(BY_ROWS, 1), (BY_ROWS, 3), (BY_COLUMNS, 1), (BY_COLUMNS, 4)]


class Sequence:
    """Two steps of some rows. meaning: of the whole recurrence, with so many gates."""

    def __init__(
        self, rows: int, size: int, precision: Any, meaning: Any = lstm, gates: int = 4
    ) -> None:
        random = np.random.default_rng(4)
        self.real, self.rows, self.size, self.precision = REALS[precision], rows, size, precision
        self.count = gates
        self.said = self._some(random, 2, rows, gates * size)
        self.weights = self._some(random, size, gates * size) / np.sqrt(size)
        self.states, self.gates, self.cells = meaning(self.said, self.weights)
        self.d = self._some(random, 2, rows, size)
        self.more = self._some(random, *self.gates.shape), self._some(random, *self.cells.shape)

    def _some(self, random: Any, *shape: int) -> Any:
        """Numbers that both precisions hold."""
        return random.normal(size=shape).astype(np.float32).astype(np.float64)

    def back(self, more: bool) -> Any:
        """What goes back, with and without what reached gates and cells from elsewhere; and the
        same of the second step alone."""
        others = self.more if more else ()
        whole = lstm_input(self.d, self.gates, self.cells, self.weights.T, *others)
        later = [each[1:] for each in (self.d, self.gates, self.cells)]
        end = lstm_input(*later, self.weights.T, *(each[1:] for each in others), self.cells[0])
        return whole, end

    def like(self, values: Any) -> Any:
        return like(values, self.real)

    def empty(self, width: int) -> Any:
        return guarded((self.rows, width), self.real)

    def words(self) -> dict[str, int]:
        return {
            "rows": self.rows,
            "size": self.size,
            "gate_row": self.count * self.size * self.item,
        }

    def plain(self, matrix: Any) -> tuple[Any, dict[str, int]]:
        """Weights as they are."""
        row = matrix.shape[1] * self.item
        return self.like(matrix), {"w_depth": row, "w_block": vector_width()}

    def packed(self, matrix: Any) -> tuple[Any, dict[str, int]]:
        """Weights vector by vector of some columns."""
        panels = self.like(packed(np.ascontiguousarray(matrix.T), lanes_of(self.precision)))
        return panels, {"w_depth": vector_width(), "w_block": len(matrix) * vector_width()}

    def ways(self) -> Any:
        """The weights of the state, plain and packed, with the words that tell how they lie."""
        plain, words = self.plain(self.weights)
        yield plain, {**words, "w_gate": self.size * self.item}
        each = [self.packed(part) for part in np.split(self.weights, self.count, axis=1)]
        panels = self.like(np.stack([panel for panel, _ in each]))
        yield panels, {**each[0][1], "w_gate": panels[0].size * self.item}

    @property
    def item(self) -> int:
        return int(np.dtype(self.real).itemsize)

    def call(self, kernel: Any, split: int, workers: int, **fields: Any) -> None:
        scratch = scratch_bytes(Target(self.precision, vector_width()))
        call(kernel, self.precision, workers, scratch, split=split, **self.words(), **fields)


every = given(ROWS, SIZES, st.sampled_from(["Real32", "Real64"]))


def near(found: Any, wanted: Any, precision: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=LIMIT[precision])


@settings(max_examples=10)
@every
@example(9, 17, "Real32")
@example(7, 100, "Real32")
@example(17, 33, "Real64")
@example(33, 129, "Real32")
def test_gates_cell_and_state_of_a_step(rows: int, size: int, precision: Any) -> None:
    it = Sequence(rows, size, precision)
    for step in (0, 1):
        wanted = [made[step] for made in (it.gates, it.cells, it.states)]
        before, last = ([it.like(made[0]) for made in (it.cells, it.states)] if step
                        else (None, None))  # fmt: skip
        bits = set()
        for (weights, lying), division, in_place in product(it.ways(), DIVISIONS, (False, True)):
            said = it.like(it.said[step])
            gates = said if in_place else it.empty(4 * size)
            cell, state = it.empty(size), it.empty(size)
            it.call(lstm_step, *division, said=said, last=last, weights=weights, gates=gates,
                    before=before, cell=cell, state=state, **lying)  # fmt: skip
            for found, reference in zip((gates, cell, state), wanted, strict=True):
                near(found, reference, precision)
            bits.add(gates.tobytes() + cell.tobytes() + state.tobytes())
        assert len(bits) == 1


@settings(max_examples=10)
@every
@example(9, 17, "Real32")
@example(7, 100, "Real32")
@example(17, 33, "Real64")
@example(33, 129, "Real32")
def test_what_a_step_sends_back(rows: int, size: int, precision: Any) -> None:
    it = Sequence(rows, size, precision)
    for step, more in product((0, 1), (False, True)):
        (d_said, d_first), (_, d_second) = it.back(more)
        wanted = d_said[step], (d_second if step else d_first)[0]
        before = it.like(it.cells[0]) if step else None
        sent = None if step else it.like(d_said[1])
        others = [it.like(each[step]) for each in it.more] if more else [None, None]
        bits = set()
        ways = it.plain(it.weights.T), it.packed(it.weights.T)
        for (weights, lying), division, in_place in product(ways, DIVISIONS, (False, True)):
            gates = it.like(it.gates[step])
            d_gates = gates if in_place else it.empty(4 * size)
            d_cell = it.empty(size) if step else it.like(d_second[0])
            # What reached the states may lie in rows that are further apart.
            reached = it.like(np.stack([it.d[step], it.d[step]], 1))
            it.call(lstm_step_input, *division, reached=reached,
                    reached_row=2 * size * it.item, sent=sent, weights=weights, gates=gates,
                    before=before, cell=it.like(it.cells[step]), more_gates=others[0],
                    more_cells=others[1], d_cell=d_cell, d_said=d_gates, **lying)  # fmt: skip
            for found, reference in zip((d_gates, d_cell), wanted, strict=True):
                near(found, reference, precision)
            bits.add(d_gates.tobytes() + d_cell.tobytes())
        assert len(bits) == 1


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_gates_that_are_wide_open_or_shut_stay_finite(precision: Any) -> None:
    it = Sequence(1, 4, precision)
    said = it.like([[1e30, -1e30, 0, np.inf] * 4])
    gates, cell, state = it.empty(16), it.empty(4), it.empty(4)
    it.call(lstm_step, BY_ROWS, 1, said=said, last=None, weights=None, w_depth=0, w_gate=0,
            w_block=0, gates=gates, before=None, cell=cell, state=state)  # fmt: skip
    np.testing.assert_allclose(cell[0], [1, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(state[0], [np.tanh(1), 0, 0, np.tanh(1)], atol=1e-6)
