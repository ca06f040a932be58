"""Matrix products compiled as kernels, beside NumPy in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, borders_stand, call, guarded, like
from wlnet.kernels.jit.target import vector_width
from wlnet.kernels.products.products import BY_COLUMNS, BY_LEAD, BY_ROWS, product
from wlnet.kernels.products.tiles import NO_ACTIVATION, RAMP

NO_START, ONE_ROW, FULL = range(3)
DIVISIONS = (BY_LEAD, 2), (BY_ROWS, 2), (BY_ROWS, 3), (BY_COLUMNS, 2), (BY_COLUMNS, 4)
ROUNDING = {"Real32": 1e-5, "Real64": 1e-13}


@dataclass(frozen=True)
class Case:
    """A product and how its operands lie."""

    lead: int
    rows: int
    columns: int
    depth: int
    transposed: bool = False
    gaps: int = 0
    start: int = NO_START
    gated: bool = False
    activation: int = NO_ACTIVATION
    same_b: bool = False
    seed: int = 0


sizes = st.one_of(st.integers(0, 9), st.integers(1, 40), st.sampled_from([32, 64, 100, 128, 150]))
cases = st.builds(
    Case,
    lead=st.integers(0, 3),
    rows=sizes,
    columns=sizes,
    depth=sizes,
    transposed=st.booleans(),
    gaps=st.integers(0, 3),
    start=st.sampled_from([NO_START, ONE_ROW, FULL]),
    gated=st.booleans(),
    activation=st.sampled_from([NO_ACTIVATION, RAMP]),
    same_b=st.booleans(),
    seed=st.integers(0, 99),
)


class Operands:
    """The arrays of a case; results, their starts and gates have the same distances."""

    def __init__(self, case: Case, precision: Any) -> None:
        self.case, self.precision = case, precision
        self.random = np.random.default_rng(case.seed)
        a = self.numbers((case.lead, case.rows, case.depth), case.transposed)
        b = self.numbers((1 if case.same_b else case.lead, case.depth, case.columns))
        shape = case.lead, case.rows, case.columns
        self.a, self.b = a, b
        self.start: Any = None
        if case.start == ONE_ROW:
            self.start = like(self.random.normal(size=case.columns), REALS[precision])
        elif case.start == FULL:
            self.start = self.numbers(shape[1:])
        self.gate = self.numbers(shape) if case.gated else None
        if self.gate is not None and self.gate.size > 1:
            self.gate[0, 0, 0] = 0
        self.shape = shape

    def numbers(self, shape: tuple[int, ...], turned: bool = False) -> Any:
        """Numbers with gaps between the rows; turned: with gaps between the columns."""
        array = self.empty(shape, turned)
        array[...] = self.random.normal(size=shape)
        return array

    def empty(self, shape: tuple[int, ...], turned: bool = False) -> Any:
        *lead, rows, columns = shape
        if turned:
            array = guarded((*lead, columns, rows + self.case.gaps), REALS[self.precision])
            return array[..., :rows].swapaxes(-1, -2)
        return guarded((*lead, rows, columns + self.case.gaps), REALS[self.precision])[
            ..., :columns
        ]

    def product(self, split: int, workers: int, **changes: Any) -> Any:
        case, c = self.case, self.empty(self.shape)
        fields = {
            "lead": case.lead, "a_lead": self.a.strides[0],
            "b_lead": 0 if case.same_b else self.b.strides[0], "c_lead": c.strides[0],
            "rows": case.rows, "columns": case.columns, "depth": case.depth,
            "a": self.a, "a_row": self.a.strides[1], "a_depth": self.a.strides[2],
            "b": self.b, "b_depth": self.b.strides[1], "b_vector": vector_width(),
            "c": c, "c_row": c.strides[1],
            "start": self.start, "start_row": c.strides[1] if case.start == FULL else 0,
            "activation": case.activation, "gate": self.gate, "split": split,
        }  # fmt: skip
        call(product, self.precision, workers, **{**fields, **changes})
        return c

    def wanted(self) -> Any:
        c = np.matmul(self.a.astype(np.float64), self.b.astype(np.float64))
        c = c + (0 if self.start is None else self.start.astype(np.float64))
        if self.case.activation == RAMP:
            c = np.maximum(c, 0)
        return c if self.gate is None else np.where(self.gate > 0, c, 0)


@pytest.mark.parametrize("precision", REALS)
@given(case=cases)
@example(case=Case(1, 9, 33, 5, start=FULL, gated=True, activation=RAMP))
@example(case=Case(2, 1, 300, 3, transposed=True, gaps=1))
@settings(max_examples=60)
def test_products_meet_numpy_and_do_not_depend_on_the_division(precision: Any, case: Case) -> None:
    operands = Operands(case, precision)
    one = operands.product(BY_LEAD, 1)
    bound = ROUNDING[precision] * (case.depth + 4)
    np.testing.assert_allclose(one, operands.wanted(), rtol=bound, atol=bound)
    for split, workers in DIVISIONS:
        other = operands.product(split, workers)
        assert other.tobytes() == one.tobytes()


@pytest.mark.parametrize("precision", REALS)
def test_gaps_between_the_rows_of_the_results_are_left_alone(precision: Any) -> None:
    operands = Operands(Case(2, 11, 37, 3, gaps=2), precision)
    c = operands.product(BY_ROWS, 2)
    whole = np.lib.stride_tricks.as_strided(c, (2, 11, 39), c.strides)
    assert np.isnan(whole[..., 37:]).all()
    assert not np.isnan(c).any()
    assert borders_stand(c)


@pytest.mark.parametrize("precision", REALS)
def test_a_number_that_is_none_stays_none(precision: Any) -> None:
    operands = Operands(Case(1, 9, 20, 3, activation=RAMP), precision)
    operands.a[0, 4, 1] = np.nan
    c = operands.product(BY_ROWS, 1)
    assert np.isnan(c[0, 4]).all()
    assert np.isfinite(np.delete(c[0], 4, axis=0)).all()


@pytest.mark.parametrize("precision", REALS)
def test_results_may_take_the_place_of_what_they_start_with(precision: Any) -> None:
    operands = Operands(Case(1, 13, 21, 6, start=FULL), precision)
    wanted = operands.wanted()
    operands.product(BY_ROWS, 2, c=operands.start, c_row=operands.start.strides[0])
    np.testing.assert_allclose(operands.start[None], wanted, rtol=1e-4, atol=1e-4)
