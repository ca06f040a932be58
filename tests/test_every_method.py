"""Every method through the same laws: the formulas, the multiplier, NaN, borders, pieces."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import reference_methods as reference
from wlnet.core.errors import ShapeError
from wlnet.methods import METHODS, SGD, Adam, Method, RMSProp, SignSGD

CASES: dict[str, tuple[Method, reference.Reference]] = {
    "ADAM": (Adam(), reference.adam),
    "RMSProp": (RMSProp(), reference.rmsprop(0.9)),
    "RMSProp without momentum": (RMSProp(momentum=None), reference.rmsprop(0.0)),
    "SGD": (SGD(), reference.sgd_momentum),
    "SGD without momentum": (SGD(momentum=None), reference.sgd_plain),
    "SignSGD": (SignSGD(), reference.signum),
    "SignSGD without momentum": (SignSGD(momentum=0), reference.sign_sgd_plain),
}
# Their state does not know the rate: the step is proportional to it from any state.
MEMORY_WITHOUT_RATE = [
    "ADAM",
    "RMSProp without momentum",
    "SGD without momentum",
    "SignSGD",
    "SignSGD without momentum",
]
LIMITS: dict[str, dict[str, float]] = {
    "plain": {},
    "L2": {"l2": 0.25},
    "gradient clip": {"gradient_clip": 0.5},
    "weight clip": {"weight_clip": 0.75},
    "weight decay": {"weight_decay": 0.5},
    "all": {"l2": 0.25, "gradient_clip": 0.5, "weight_clip": 0.75, "weight_decay": 0.125},
}
SCHEDULES = {
    "no schedule": None,
    "Polynomial": "Polynomial",
    "function": lambda t, T: 1 - t / T,
    "Cosine": ("Cosine", {"Warmup": 3}),
}
MULTIPLIERS = (-2.0, -1.0, -0.1, 0.1, 1.0, 3.0)
SIZE = 5

methods = st.sampled_from(sorted(CASES)).map(lambda name: CASES[name][0])
rateless = st.sampled_from(MEMORY_WITHOUT_RATE).map(lambda name: CASES[name][0])
limits = st.sampled_from(sorted(LIMITS)).map(LIMITS.__getitem__)
soft_limits = st.sampled_from(["plain", "L2", "gradient clip", "weight decay"]).map(
    LIMITS.__getitem__
)
dtypes = st.sampled_from(["float32", "float64"])
# Multiples of 1/64: squares do not underflow, so that doubling is exact everywhere.
numbers = st.integers(-640, 640).map(lambda n: n / 64)
rows = st.lists(numbers, min_size=SIZE, max_size=SIZE)
rates = st.sampled_from([0.001, 0.01, 0.3])
factors = st.tuples(st.sampled_from(sorted(SCHEDULES)), st.integers(1, 10)).map(
    lambda drawn: Adam(learning_rate_schedule=SCHEDULES[drawn[0]]).factor(drawn[1], 10)
)


def each_case() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", CASES)


def walk(
    method: Method, w: Any, gradients: Any, steps: list[float], dtype: str, **limit: float
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """The weights and the state after one step for each rate."""
    values = np.array(w, dtype)
    state = method.start(values.size, dtype)
    for t, (row, rate) in enumerate(zip(gradients, steps, strict=True), 1):
        method.step(values, np.array(row, dtype), state, t, rate, **limit)
    return values, state


def assert_proportional(
    before: np.ndarray, one: np.ndarray, many: np.ndarray, r: float, free: Any = True
) -> None:
    """many - before is r (one - before), each of the two steps within one ulp of its rounding."""
    exact = before.astype(np.longdouble)
    step, scaled = one - exact, many - exact
    ulp_one = np.spacing(np.maximum(abs(before), abs(one)))
    ulp_many = np.spacing(np.maximum(abs(before), abs(many)))
    # The rate itself, r times a rate, is rounded to the type as well: an ulp of the step.
    slack = ulp_many + abs(r) * ulp_one + 2 * np.finfo(before.dtype).eps * abs(r * step)
    assert np.all((abs(scaled - r * step) <= slack) | ~np.broadcast_to(free, before.shape))


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("limit", LIMITS)
@each_case()
def test_a_hundred_steps_are_those_of_the_reference(
    name: str, limit: str, dtype: str, schedule: str
) -> None:
    method, step = CASES[name]
    draw = np.random.default_rng(7)
    start = draw.uniform(-0.7, 0.7, 33).astype(dtype)
    gradients = draw.standard_normal((100, 33)).astype(dtype) + np.asarray(0.3, dtype)
    scheduled = type(method)(learning_rate_schedule=SCHEDULES[schedule])
    steps = [0.01 * scheduled.factor(t, 100) for t in range(1, 101)]
    expected = reference.trajectory(step, start, gradients, steps, **LIMITS[limit])[-1]
    found, _ = walk(method, start, gradients, steps, dtype, **LIMITS[limit])
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    assert np.abs(expected - start).max() > 0.05
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_the_reference_covers_every_method() -> None:
    assert {method.name for method, _ in CASES.values()} == set(METHODS)


@pytest.mark.parametrize("r", MULTIPLIERS)
@given(methods, soft_limits, dtypes, rows, rows, rates, factors)
def test_the_first_step_with_multiplier_r_is_r_times_the_step_with_1(
    r: float, method: Method, limit: dict[str, float], dtype: str, w: Any, g: Any, lr: float, s: Any
) -> None:
    one, _ = walk(method, w, [g], [1.0 * lr * s], dtype, **limit)
    many, _ = walk(method, w, [g], [r * lr * s], dtype, **limit)
    assert_proportional(np.array(w, dtype), one, many, r)


@pytest.mark.parametrize("r", MULTIPLIERS)
@given(methods, dtypes, rows, rows, rates)
def test_the_law_of_multipliers_holds_wherever_the_weight_clip_does_not_act(
    r: float, method: Method, dtype: str, w: Any, g: Any, lr: float
) -> None:
    one, _ = walk(method, w, [g], [lr], dtype, weight_clip=5.0)
    many, _ = walk(method, w, [g], [r * lr], dtype, weight_clip=5.0)
    assert max(abs(one).max(), abs(many).max()) <= 5.0
    free = (abs(one) < 5.0) & (abs(many) < 5.0)
    assert_proportional(np.array(w, dtype), one, many, r, free)


@pytest.mark.parametrize("r", MULTIPLIERS)
@given(rateless, soft_limits, dtypes, rows, st.lists(rows, min_size=4, max_size=4), rates)
def test_a_step_from_any_state_is_proportional_when_the_state_does_not_know_the_rate(
    r: float, method: Method, limit: dict[str, float], dtype: str, w: Any, g: Any, lr: float
) -> None:
    before, state = walk(method, w, g[:3], [lr] * 3, dtype, **limit)
    places, states = [], []
    for rate in (lr, r * lr):
        values, own = before.copy(), tuple(array.copy() for array in state)
        method.step(values, np.array(g[3], dtype), own, 4, rate, **limit)
        places.append(values)
        states.append(own)
    assert_proportional(before, *places, r)
    if not isinstance(method, RMSProp):  # its move is kept, though momentum 0 forgets it
        assert all(np.array_equal(a, b) for a, b in zip(*states, strict=True))


@pytest.mark.parametrize("r", [-4.0, -2.0, -1.0, 0.5, 1.0, 2.0])
@given(methods, dtypes, st.lists(rows, min_size=1, max_size=6), rates, factors, st.booleans())
def test_a_power_of_two_scales_the_whole_way_from_zero_bit_for_bit(
    r: float, method: Method, dtype: str, g: Any, lr: float, s: float, clipped: bool
) -> None:
    limit = LIMITS["gradient clip"] if clipped else {}
    one, _ = walk(method, [0.0] * SIZE, g, [lr * s] * len(g), dtype, **limit)
    many, _ = walk(method, [0.0] * SIZE, g, [r * lr * s] * len(g), dtype, **limit)
    np.testing.assert_array_equal(many, np.asarray(r, dtype) * one)


@pytest.mark.parametrize("r", MULTIPLIERS)
@given(dtypes, rows, st.lists(rows, min_size=2, max_size=6), rates)
def test_what_momentum_remembers_of_sgd_and_rmsprop_grows_with_a_constant_multiplier(
    r: float, dtype: str, w: Any, g: Any, lr: float
) -> None:
    for method in (SGD(), RMSProp()):
        _, one = walk(method, w, g, [lr] * len(g), dtype)
        _, many = walk(method, w, g, [r * lr] * len(g), dtype)
        close = 64 * np.finfo(dtype).eps
        largest = abs(one[-1]).max() * abs(r)
        np.testing.assert_allclose(many[-1], r * one[-1], rtol=close, atol=close * largest)
        assert all(np.array_equal(a, b) for a, b in zip(one[:-1], many[:-1], strict=True))


@given(rows, rates, st.sampled_from(MULTIPLIERS))
def test_first_steps_have_the_sizes_known_in_closed_form(g: Any, lr: float, r: float) -> None:
    g = np.array(g)
    adam, _ = walk(Adam(epsilon=1e-15), [0.0] * SIZE, [g], [r * lr], "float64")
    np.testing.assert_allclose(adam, -r * lr * np.sign(g), rtol=1e-9)
    signs, _ = walk(SignSGD(), [0.0] * SIZE, [g], [r * lr], "float64")
    np.testing.assert_array_equal(signs, -r * lr * np.sign(g))
    sgd, _ = walk(SGD(), [0.0] * SIZE, [g], [r * lr], "float64")
    np.testing.assert_array_equal(sgd, -r * lr * g)


@pytest.mark.parametrize("size", [0, 1, 2, 7, 31, 64, 67])
@each_case()
def test_a_step_writes_its_own_slice_of_values_and_state_and_nothing_else(
    name: str, size: int
) -> None:
    method, _ = CASES[name]
    draw = np.random.default_rng(size)
    kept = [draw.standard_normal(size + 32).astype("float32") for _ in range(5)]
    kept[2:] = [abs(array) + 1 for array in kept[2:]]
    buffers = [array.copy() for array in kept]
    values, gradients, *state = (array[16 : 16 + size] for array in buffers)
    method.step(values, gradients, tuple(state[: method.state_arrays]), 1, 0.1, l2=0.1)
    for array, before in zip(buffers, kept, strict=True):
        np.testing.assert_array_equal(array[:16], before[:16])
        np.testing.assert_array_equal(array[16 + size :], before[16 + size :])
    np.testing.assert_array_equal(buffers[1], kept[1])
    assert np.all(values != kept[0][16 : 16 + size])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each_case()
def test_an_array_updated_in_pieces_has_the_same_bits(name: str, dtype: str) -> None:
    method, _ = CASES[name]
    draw = np.random.default_rng(3)
    whole, gradients = draw.standard_normal((2, 131)).astype(dtype)
    state = method.start(131, dtype)
    pieces, states = whole.copy(), method.start(131, dtype)
    for t in (1, 2, 3):
        method.step(whole, gradients, state, t, 0.1, **LIMITS["all"])
        for low, high in [(0, 1), (1, 6), (6, 79), (79, 131)]:
            own = tuple(array[low:high] for array in states)
            method.step(pieces[low:high], gradients[low:high], own, t, 0.1, **LIMITS["all"])
    for a, b in zip((whole, *state), (pieces, *states), strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("limit", LIMITS)
@each_case()
def test_a_gradient_that_is_not_a_number_is_never_made_into_one(
    name: str, limit: str, dtype: str
) -> None:
    method, _ = CASES[name]
    gradient = np.linspace(-1, 1, 37)
    gradient[[0, 5, 36]] = np.nan
    found, _ = walk(method, np.full(37, 0.5), [gradient], [0.1], dtype, **LIMITS[limit])
    np.testing.assert_array_equal(np.isnan(found), np.isnan(gradient))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("beta", [0.8, 0.9, 0.95, 0.99, 0.999])
def test_a_steady_large_gradient_leaves_rmsprop_finite(beta: float, dtype: str) -> None:
    gradients = [[1234.5, -3e5, 1e10]] * 400
    found, _ = walk(RMSProp(beta=beta), [0.0] * 3, gradients, [1e-9] * 400, dtype)
    assert np.all(np.isfinite(found))


@pytest.mark.parametrize("limit", LIMITS)
@each_case()
def test_a_rate_of_zero_moves_nothing(name: str, limit: str) -> None:
    start = np.linspace(-0.7, 0.7, 9)
    found, _ = walk(CASES[name][0], start, [start + 1] * 3, [0.0] * 3, "float64", **LIMITS[limit])
    np.testing.assert_array_equal(found, start)


@each_case()
def test_state_starts_as_zeros_of_the_type_and_number_of_the_values(name: str) -> None:
    method, _ = CASES[name]
    state = method.start(3, np.float64)
    assert [array.tolist() for array in state] == [[0.0] * 3] * method.state_arrays
    assert all(array.dtype == np.float64 for array in state)


def test_each_method_keeps_as_many_arrays_as_its_formula_has() -> None:
    counts = {name: method.state_arrays for name, (method, _) in CASES.items()}
    assert list(counts.values()) == [2, 3, 3, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("gradients", "state"),
    [
        (np.zeros(2), [np.zeros(3), np.zeros(3)]),
        (np.zeros(3), [np.zeros(3), np.zeros(2)]),
        (np.zeros(3), [np.zeros(3)]),
        (np.zeros(3), [np.zeros(3)] * 3),
        (np.zeros(3, "float32"), [np.zeros(3), np.zeros(3)]),
        (np.zeros(3), [np.zeros(3), np.zeros(3, "float32")]),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused_before_anything_is_written(
    gradients: Any, state: Any
) -> None:
    values = np.ones(3)
    with pytest.raises(ShapeError, match=r"arrays of a step of ADAM[\s\S]*method.start\(3"):
        Adam().step(values, gradients, tuple(state), 1, 0.1, l2=1.0)
    assert np.all(values == 1) and all(not array.any() for array in state)


def test_values_with_more_than_one_level_are_refused() -> None:
    with pytest.raises(ShapeError, match="flat"):
        SGD(momentum=0).step(np.ones((2, 2)), np.ones((2, 2)), (), 1, 0.1)


@each_case()
def test_infinite_clips_and_none_are_the_same(name: str) -> None:
    found = [
        walk(CASES[name][0], [3.0, -2.0], [[9.0, -1.0]] * 2, [0.1] * 2, "float64", **limit)[0]
        for limit in ({}, {"gradient_clip": math.inf, "weight_clip": math.inf})
    ]
    np.testing.assert_array_equal(*found)
