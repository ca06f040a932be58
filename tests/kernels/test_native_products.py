"""Matrix products compiled as kernels, beside NumPy in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, borders_stand, call, guarded, like
from wlnet.engine.packed import packed
from wlnet.kernels.jit.target import lanes_of, vector_width
from wlnet.kernels.language import Target
from wlnet.kernels.products.blocks import ENDLESS, PACK_A, PACK_B, TURN_B
from wlnet.kernels.products.products import BY_COLUMNS, BY_LEAD, BY_ROWS, product
from wlnet.kernels.products.tiles import NO_ACTIVATION, RAMP
from wlnet.plan.calls.blocking import Blocks, blocking

NO_START, ONE_ROW, FULL = range(3)
DIVISIONS = (BY_LEAD, 2), (BY_ROWS, 2), (BY_ROWS, 3), (BY_COLUMNS, 2), (BY_COLUMNS, 4)
WHOLE = Blocks(ENDLESS, ENDLESS, ENDLESS, 0)
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

    def product(self, split: int, workers: int, blocks: Blocks = WHOLE, **changes: Any) -> Any:
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
            **blocks._asdict(),
        }  # fmt: skip
        own = blocks.bytes(Target(self.precision, vector_width()))
        call(product, self.precision, workers, own, **{**fields, **changes})
        return c

    def turned(self) -> dict[str, Any]:
        """The transpose of b, packed, in the place of b: NaN stands where nothing may be read."""
        memory = like(np.stack([packed(each, lanes_of(self.precision)) for each in self.b]))
        return {
            "b": memory, "b_lead": 0 if self.case.same_b else memory.strides[0],
            "b_depth": memory.strides[2], "b_vector": memory.strides[1],
        }  # fmt: skip

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


def blocks_of(precision: Any) -> st.SearchStrategy[Blocks]:
    """Blocks of any size that there may be: whole tiles, and a depth of whole vectors."""
    lanes = lanes_of(precision)
    return st.builds(
        Blocks,
        row_block=st.sampled_from([8, 16, 40]),
        column_block=st.sampled_from([2 * lanes, 6 * lanes]),
        depth_block=st.sampled_from([lanes, 2 * lanes, 9 * lanes]),
        packs=st.sampled_from(
            [0, PACK_A, PACK_B, PACK_A | PACK_B, PACK_B | TURN_B, PACK_A | PACK_B | TURN_B]
        ),
    )


@pytest.mark.parametrize("precision", REALS)
@given(case=cases, data=st.data())
@settings(max_examples=120)
def test_no_bit_of_a_product_depends_on_its_blocks(precision: Any, case: Case, data: Any) -> None:
    operands = Operands(case, precision)
    wanted = operands.product(BY_LEAD, 1)
    blocks = data.draw(blocks_of(precision))
    turned = operands.turned() if blocks.packs & TURN_B and case.lead else {}
    for split, workers in ((BY_LEAD, 1), *DIVISIONS):
        found = operands.product(split, workers, blocks, **turned)
        assert found.tobytes() == wanted.tobytes()
        assert borders_stand(found)


@pytest.mark.parametrize("caches", [(2**12, 2**14), (2**15, 2**19), (48 * 2**10, 2**21)])
@pytest.mark.parametrize("precision", REALS)
@given(
    rows=st.integers(1, 3000),
    columns=st.integers(1, 9000),
    depth=st.integers(1, 9000),
    a_row=st.sampled_from([8, 4096, 9000]),
    a_depth=st.sampled_from([4, 8, 4096, 5000]),
    b_depth=st.sampled_from([64, 2048, 5000]),
    is_turned=st.booleans(),
)
@settings(max_examples=30)
def test_blocks_fit_the_caches_of_the_machine(
    precision: Any, caches: Any, rows: int, columns: int, depth: int, a_row: int, a_depth: int,
    b_depth: int, is_turned: bool,
) -> None:  # fmt: skip
    target = Target(precision, vector_width())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wlnet.plan.calls.blocking.cache_bytes", lambda: caches)
        found = blocking(target, rows, columns, depth, (a_row, a_depth), b_depth, is_turned)
    assert bool(found.packs & TURN_B) == is_turned
    if rows <= 8:  # nothing is read twice
        return
    wide = 2 * target.lanes
    assert found.depth_block * wide * target.item <= caches[0]
    assert found.depth_block >= depth or found.depth_block % target.lanes == 0
    assert found.row_block % 8 == 0 or found.row_block % 4 == 0
    if found.packs & PACK_B:
        assert found.column_block % wide == 0
    most = caches[1] // 4
    least = (8 + wide) * found.depth_block * target.item
    assert found.bytes(target) <= max(2 * most, least)


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
