"""The updates of all methods as kernels, beside the formulas in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import reference_methods as formulas
from tests.kernels import native_bench
from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.engine.packed import packed, unpacked
from wlnet.kernels.jit.target import lanes_of, vector_width
from wlnet.kernels.language import Kernel, Target
from wlnet.kernels.products.blocks import ENDLESS, PACK_A, PACK_B
from wlnet.kernels.products.products import BY_COLUMNS, BY_ROWS
from wlnet.kernels.updates import flat_updates, packed_updates, updates
from wlnet.kernels.updates.replacing import replace
from wlnet.plan.calls.blocking import Blocks

FIELDS_MISSING = {"state0": None, "state1": None, "state2": None}
TOLERANCE = {"Real32": 3e-5, "Real64": 1e-12}


@dataclass(frozen=True)
class Way:
    """A method as a kernel and as a formula."""

    kernel: Kernel
    formula: formulas.Reference
    states: int
    settings: tuple[float, ...]
    factor: Callable[[int], float] = lambda t: 1.0


WAYS = [
    Way(
        flat_updates.adam, formulas.adam, 2, (0.9, 0.999, 1e-5),
        lambda t: math.sqrt(1 - 0.999**t) / (1 - 0.9**t),
    ),
    Way(flat_updates.rmsprop, formulas.rmsprop(0.9), 3, (0.95, 0.9, 1e-6)),
    Way(flat_updates.rmsprop, formulas.rmsprop(0.0), 3, (0.95, 0.0, 1e-6)),
    Way(flat_updates.sgd, formulas.sgd_plain, 0, ()),
    Way(flat_updates.sgd_momentum, formulas.sgd_momentum, 1, (0.93,)),
    Way(flat_updates.sign_sgd, formulas.sign_sgd_plain, 0, ()),
    Way(flat_updates.sign_sgd_momentum, formulas.signum, 1, (0.93,)),
]  # fmt: skip
ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.kernel.name}-{way.settings}")
precisions = pytest.mark.parametrize("precision", REALS)
clips = st.sampled_from([math.inf, 0.3, 1.0])


class Trained:
    """An array that is updated: its fields as a flat kernel asks for them."""

    def __init__(
        self, way: Way, precision: Any, start: Any, rates: Any, l2: float, clip: float,
        bound: float, decays: Any = None,
    ) -> None:  # fmt: skip
        self.way, self.precision = way, precision
        self.values = like(start, REALS[precision])
        self.states = [guarded(self.values.shape, REALS[precision], 0) for _ in range(way.states)]
        self.rates = like(rates, np.float64)
        self.decays = None if decays is None else like(decays, np.float64)
        self.status = guarded(1, np.int64)
        self.fields: dict[str, Any] = {
            **FIELDS_MISSING,
            **{f"state{i}": state for i, state in enumerate(self.states)},
            "count": self.values.size, "values": self.values, "gradients": None,
            "rates": self.rates, "l2": l2, "gradient_clip": clip, "weight_clip": bound,
            **{f"setting{i}": 0.0 for i in range(4)},
            "decays": self.decays, "lines": 1, "distance": 0, "gradient_distance": 0,
            **{f"setting{i}": x for i, x in enumerate(way.settings)}, "status": self.status,
        }  # fmt: skip

    @property
    def memory(self) -> list[Any]:
        told = [self.rates] if self.decays is None else [self.rates, self.decays]
        return [self.values, *self.states, *told, self.status]

    def record(self, gradients: Any = None) -> Any:
        fields = {**self.fields, "gradients": gradients}
        return native_bench.record(self.way.kernel, self.precision, **fields)

    def bits(self) -> bytes:
        return b"".join(array.tobytes() for array in self.memory)

    def step(self, gradients: Any, step: int, plain: bool | None = None) -> None:
        fields = {**self.fields, "gradients": gradients}
        call(self.way.kernel, self.precision, step=step, plain=plain, **fields)

    def divided_step(self, gradients: Any, step: int, workers: int) -> None:
        call(
            updates.update, self.precision, workers, updates.RECORD_BYTES, step,
            memory=[*self.memory, gradients], function=self.way.kernel,
            record=self.record(gradients),
        )  # fmt: skip


def draws(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


@ways
@precisions
@given(
    count=st.one_of(st.integers(0, 40), st.sampled_from([100, 259])),
    seed=st.integers(0, 99),
    steps=st.integers(1, 4),
    rate=st.sampled_from([0.01, 0.1, -0.05, 0.0]),
    l2=st.sampled_from([0.0, 0.1]),
    clip=clips,
    bound=clips,
    decay=st.sampled_from([None, 0.0, 0.5]),
)
@example(count=259, seed=1, steps=4, rate=0.1, l2=0.1, clip=0.3, bound=1.0, decay=0.5)
@settings(max_examples=12)
def test_updates_follow_the_formulas(
    way: Way, precision: Any, count: int, seed: int, steps: int, rate: float, l2: float,
    clip: float, bound: float, decay: float | None,
) -> None:  # fmt: skip
    start = draws(seed, count).astype(REALS[precision])
    gradients = draws(seed + 1, steps, count).astype(REALS[precision])
    wanted = formulas.trajectory(
        way.formula, start, gradients, [rate] * steps, l2,
        None if clip == math.inf else clip, None if bound == math.inf else bound, decay or 0.0,
    )  # fmt: skip
    rates = [rate * way.factor(t) for t in range(1, steps + 1)]
    decays = None if decay is None else [rate * decay] * steps
    numbers = (start, rates, l2, clip, bound, decays)
    whole = Trained(way, precision, *numbers)
    shared = [Trained(way, precision, *numbers) for _ in range(2)]
    for step in range(steps):
        gradient = like(gradients[step], REALS[precision])
        whole.step(gradient, step)
        for workers, other in enumerate(shared, 2):
            other.divided_step(gradient, step, workers)
            assert other.bits() == whole.bits()
        np.testing.assert_allclose(
            whole.values, wanted[step], rtol=TOLERANCE[precision], atol=TOLERANCE[precision]
        )
    assert whole.status[0] == 0


@ways
@precisions
def test_a_rate_that_is_none_leaves_everything_alone(way: Way, precision: Any) -> None:
    rates = [0.1, math.nan]
    array = Trained(way, precision, draws(1, 20), rates, 0.1, 0.5, 1.5)
    before = array.bits()
    gradients = guarded(20, REALS[precision])
    array.step(gradients, 1)
    array.divided_step(gradients, 1, 2)
    a, b = guarded((4, 3), REALS[precision]), guarded((3, 5), REALS[precision])
    product_step(array, a, b, 1, 2, BY_ROWS)
    sum_step(array, guarded((3, 20), REALS[precision]), 1, 2)
    assert array.bits() == before


@ways
@precisions
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 36])
def test_what_is_not_finite_is_told_with_the_step(
    way: Way, precision: Any, bad: float, place: int
) -> None:
    gradient = like(draws(2, 37), REALS[precision])
    gradient[place] = bad
    array = Trained(way, precision, draws(1, 37), [0.1] * 9, 0.0, math.inf, math.inf)
    array.step(gradient, 3)
    assert array.status[0] == 4
    array.divided_step(gradient, 7, 1)
    assert array.status[0] == 4, "the first such step is kept"


@ways
@precisions
def test_a_value_that_is_not_finite_is_told(way: Way, precision: Any) -> None:
    start = draws(1, 37)
    start[20] = math.inf
    array = Trained(way, precision, start, [0.1], 0.0, math.inf, math.inf)
    array.step(like(draws(2, 37), REALS[precision]), 0)
    assert array.status[0] == 1


WHOLE = Blocks(ENDLESS, ENDLESS, ENDLESS, 0)


def product_step(
    array: Trained, a: Any, b: Any, step: int, workers: int, split: int, blocks: Blocks = WHOLE
) -> None:
    rows, depth = a.shape
    columns = b.shape[1]
    call(
        updates.product_update, array.precision, workers,
        updates.PRODUCT_UPDATE_SCRATCH + blocks.bytes(Target(array.precision, vector_width())),
        step, memory=array.memory,
        function=array.way.kernel, record=array.record(), rows=rows, columns=columns, depth=depth,
        a=a, a_row=a.strides[0], a_depth=a.strides[1], b=b, b_depth=b.strides[0], split=split,
        strip=updates.STRIP if blocks == WHOLE else 2 * lanes_of(array.precision),
        **blocks._asdict(),
    )  # fmt: skip


def sum_step(array: Trained, source: Any, step: int, workers: int) -> None:
    rows, columns = source.shape
    call(
        updates.sum_update, array.precision, workers,
        updates.sum_update_scratch(columns, array.precision), step, memory=array.memory,
        function=array.way.kernel, record=array.record(), rows=rows, columns=columns,
        source=source, source_row=source.strides[0],
    )  # fmt: skip


@ways
@precisions
@given(
    rows=st.one_of(st.integers(1, 40), st.just(150)),
    columns=st.one_of(st.integers(1, 40), st.sampled_from([100, 2_100])),
    depth=st.integers(0, 9),
    transposed=st.booleans(),
    seed=st.integers(0, 99),
)
@example(rows=20, columns=2_100, depth=2, transposed=True, seed=1)
@settings(max_examples=8)
def test_the_gradient_of_a_product_goes_straight_into_the_update(
    way: Way, precision: Any, rows: int, columns: int, depth: int, transposed: bool, seed: int
) -> None:
    real = REALS[precision]
    a = (
        like(draws(seed, depth, rows), real).T
        if transposed
        else like(draws(seed, rows, depth), real)
    )
    b, start = like(draws(seed + 1, depth, columns), real), draws(seed + 2, rows, columns)
    results = []
    small = Blocks(8, 2 * lanes_of(precision), lanes_of(precision), PACK_A | PACK_B)
    for workers, split, blocks in (
        (1, BY_ROWS, WHOLE), (2, BY_ROWS, WHOLE), (3, BY_COLUMNS, WHOLE), (3, BY_ROWS, WHOLE),
        (2, BY_ROWS, small), (3, BY_COLUMNS, small),
    ):  # fmt: skip
        array = Trained(way, precision, start, [0.01] * 3, 0.1, 3.0, 2.0)
        product_step(array, a, b, 2, workers, split, blocks)
        results.append(array.bits())
        if len(results) == 1:
            first = array
    assert set(results) == {results[0]}
    gradient = a.astype(np.float64) @ b.astype(np.float64)
    steady = np.abs(gradient) > 1e-4  # where rounding cannot turn the sign
    wanted = Trained(way, "Real64", start.astype(real), [0.01] * 3, 0.1, 3.0, 2.0)
    wanted.step(gradient, 2, plain=False)
    bound = 100 * TOLERANCE[precision]
    np.testing.assert_allclose(first.values[steady], wanted.values[steady], rtol=bound, atol=bound)


def packed_step(
    array: Trained, a: Any, b: Any, columns: int, record: Any, memory: Any, workers: int,
    row_block: int = packed_updates.RUN,
) -> None:  # fmt: skip
    depth, rows = a.shape
    own = packed_updates.scratch_bytes(
        rows, depth, row_block, Target(array.precision, vector_width())
    )
    call(
        packed_updates.PACKED[array.way.kernel], array.precision, workers, own, 0, memory=memory,
        record=record, rows=rows, columns=columns, depth=depth, a=a, a_depth=a.strides[0], b=b,
        b_depth=b.strides[0], row_block=row_block,
    )  # fmt: skip


@ways
@precisions
@given(
    rows=st.one_of(st.integers(1, 40), st.sampled_from([64, 150])),
    columns=st.integers(1, 40),
    depth=st.one_of(st.integers(0, 40), st.just(70)),
    gap=st.integers(0, 2),
    held=st.booleans(),
    seed=st.integers(0, 99),
)
@example(rows=150, columns=33, depth=70, gap=1, held=False, seed=1)
@example(rows=17, columns=16, depth=16, gap=0, held=True, seed=1)
@settings(max_examples=8)
def test_a_packed_array_is_updated_as_a_plain_one(
    way: Way, precision: Any, rows: int, columns: int, depth: int, gap: int, held: bool, seed: int
) -> None:
    """The plain array is the transpose: (columns, rows)."""
    real, lanes = REALS[precision], lanes_of(precision)
    limits = (0.1, 3.0, 2.0, [0.25]) if held else (0.0, math.inf, math.inf, None)
    a = like(draws(seed, depth, rows + gap), real)[:, :rows]
    b = like(draws(seed + 1, depth, columns + gap), real)[:, :columns]
    start = draws(seed + 2, columns, rows).astype(real)
    plain = Trained(way, precision, start, [0.01], *limits)
    product_step(plain, b.T, a, 0, 1, BY_ROWS)
    for workers, row_block in ((1, 64), (1, 192), (2, 128), (5, 64)):
        array = Trained(way, precision, packed(start, lanes), [0.01], *limits)
        packed_step(array, a, b, columns, array.record(), array.memory, workers, row_block)
        pairs = [(array.values, plain.values), *zip(array.states, plain.states, strict=True)]
        for mine, wanted in pairs:
            assert unpacked(mine, columns).tobytes() == wanted.tobytes()
            beyond = mine.transpose(0, 2, 1).reshape(-1, rows)[columns:]
            assert not beyond.any(), "lanes beyond the last column stay zero"
        assert array.status[0] == plain.status[0]


@ways
@precisions
def test_a_packed_array_rests_and_tells_what_is_not_finite(way: Way, precision: Any) -> None:
    real, lanes = REALS[precision], lanes_of(precision)
    start = packed(draws(3, 20, 40).astype(real), lanes)
    a, b = like(draws(1, 5, 40), real), like(draws(2, 5, 20), real)
    resting = Trained(way, precision, start, [math.nan], 0.1, 3.0, 2.0)
    before = resting.bits()
    packed_step(resting, a, b, 20, resting.record(), resting.memory, 2)
    assert resting.bits() == before
    b[4, 19] = math.inf
    array = Trained(way, precision, start, [0.1], 0.0, math.inf, math.inf)
    packed_step(array, a, b, 20, array.record(), array.memory, 2)
    assert array.status[0] == 1


@precisions
def test_a_mean_that_forgets_at_once_keeps_small_numbers(precision: Any) -> None:
    """1 + (x^2 - 1) would lose x, and may come out below zero."""
    way = Way(flat_updates.adam, formulas.adam, 2, (0.0, 0.0, 1e-5))
    array = Trained(way, precision, np.zeros(3), [0.1] * 2, 0.0, math.inf, math.inf)
    array.step(like([1.0, -1.0, 3.0], REALS[precision]), 0)
    array.step(like([3e-6, 1e-5, -7e-5], REALS[precision]), 1)
    mean, square = array.states
    np.testing.assert_allclose(mean, [3e-6, 1e-5, -7e-5], rtol=1e-6)
    np.testing.assert_allclose(square, [9e-12, 1e-10, 4.9e-9], rtol=1e-6)


@precisions
@given(
    rows=st.one_of(st.integers(0, 40), st.sampled_from([128, 129, 300])),
    columns=st.one_of(st.integers(1, 40), st.just(130)),
    gap=st.integers(0, 2),
    seed=st.integers(0, 99),
)
@settings(max_examples=25)
def test_the_sum_of_columns_goes_straight_into_the_update(
    precision: Any, rows: int, columns: int, gap: int, seed: int
) -> None:
    way = WAYS[4]
    source = like(draws(seed, rows, columns + gap), REALS[precision])[:, :columns]
    start = draws(seed + 1, columns)
    results = []
    for workers in (1, 2, 3):
        array = Trained(way, precision, start, [0.01], 0.1, math.inf, math.inf)
        sum_step(array, source, 0, workers)
        results.append(array.bits())
    assert set(results) == {results[0]}
    wanted = Trained(way, "Real64", start.astype(REALS[precision]), [0.01], 0.1, math.inf, math.inf)
    wanted.step(source.astype(np.float64).sum(axis=0), 0, plain=False)
    np.testing.assert_allclose(
        array.values, wanted.values, rtol=TOLERANCE[precision], atol=TOLERANCE[precision]
    )


class Statistic:
    """A running statistic that takes over new values, for some steps of a run."""

    def __init__(self, precision: Any, new: Any, rates: Any) -> None:
        self.precision, self.new = precision, like(new, REALS[precision])
        self.old = numbers = draws(2, len(new)).astype(REALS[precision])
        self.array, self.status = like(numbers), guarded(1, np.int64)
        self.rates = like(rates, np.float64)

    def step(self, step: int, workers: int) -> None:
        call(replace, self.precision, workers, step=step, count=self.new.size, x=self.new,
             array=self.array, rates=self.rates, status=self.status)  # fmt: skip


sizes = st.one_of(st.integers(0, 40), st.sampled_from([64, 100, 259]))


@precisions
@given(count=sizes, step=st.integers(0, 3), rate=st.sampled_from([1.0, 0.0, -0.5]))
@settings(max_examples=25)
def test_a_statistic_takes_over_its_new_values_as_they_are(
    precision: Any, count: int, step: int, rate: float
) -> None:
    rates = [math.nan] * 4
    rates[step] = rate
    for workers in (1, 2, 3, 7):
        statistic = Statistic(precision, draws(1, count), rates)
        statistic.step(step, workers)
        assert statistic.array.tobytes() == statistic.new.tobytes()
        assert statistic.status[0] == 0


@precisions
@given(count=sizes)
@settings(max_examples=15)
def test_a_statistic_rests_in_a_step_whose_rate_is_none(precision: Any, count: int) -> None:
    for workers in (1, 2, 3, 7):
        statistic = Statistic(precision, np.full(count, math.inf), [1.0, math.nan, 1.0])
        statistic.step(1, workers)
        assert statistic.array.tobytes() == statistic.old.tobytes()
        assert statistic.status[0] == 0


@precisions
@given(
    count=st.integers(1, 259),
    place=st.integers(0, 258),
    bad=st.sampled_from([math.nan, math.inf, -math.inf]),
    workers=st.integers(1, 7),
)
@settings(max_examples=25)
def test_a_statistic_that_is_not_finite_is_told_with_the_first_such_step(
    precision: Any, count: int, place: int, bad: float, workers: int
) -> None:
    new = draws(1, count)
    new[place % count] = bad
    statistic = Statistic(precision, new, [1.0] * 9)
    statistic.step(3, workers)
    assert statistic.status[0] == 4
    statistic.step(7, workers)
    assert statistic.status[0] == 4


def test_all_flat_kernels_have_the_same_fields() -> None:
    for way in WAYS:
        assert way.kernel.fields == flat_updates.FLAT
