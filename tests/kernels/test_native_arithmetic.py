"""Two operands with broadcasting, slopes, fill and copies, as kernels against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.kernels.copies.copies import copy, copy_indices
from wlnet.kernels.elementwise.arithmetic import (
    BINARY,
    constant,
    fill,
    logistic_slope,
    ramp_slope,
    tanh_slope,
)

PRECISIONS = "Real32", "Real64"
LAYOUTS = "whole", "repeated", "apart", "reversed"
"""How an operand lies along an axis."""

layouts = st.sampled_from(LAYOUTS)
axes = st.tuples(st.sampled_from([1, 2, 3, 8, 17, 45]), layouts, layouts)
shapes = st.lists(axes, min_size=1, max_size=4).filter(
    lambda each: np.prod([size for size, *_ in each]) < 20000
)
counts = st.integers(0, 300)


def laid_out(sizes: Any, ways: Any, dtype: Any, seed: int, special: bool = True) -> Any:
    """Numbers whose axes lie in memory as the ways say."""
    kept = [1 if way == "repeated" else size * (1 + (way == "apart"))
            for size, way in zip(sizes, ways, strict=True)]  # fmt: skip
    values = np.random.default_rng(seed).normal(size=kept) * (2 if special else 1000)
    if special and values.size > 3:
        values.flat[:: max(7, values.size // 5)] = [np.nan, np.inf, 0.0, -1.0, 2.0, -np.inf, 1.0][
            : len(values.flat[:: max(7, values.size // 5)])
        ]
    array = like(values, dtype)
    steps = {"apart": slice(None, None, 2), "reversed": slice(None, None, -1)}
    return np.broadcast_to(array[tuple(steps.get(way, slice(None)) for way in ways)], tuple(sizes))


def table(*arrays: Any) -> Any:
    return np.array([*arrays[0].shape, *(step for each in arrays for step in each.strides)])


def numpy_of(name: str, a: Any, b: Any) -> Any:
    if name == "precedence":
        return (np.greater(a, b) + 1.0 * np.greater_equal(a, b)) / 2
    return np.where(b != 0, a * b, -0.0) if name == "masked" else getattr(np, name)(a, b)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=15)
@given(axes=shapes)
@example(axes=[(45, "whole", "whole"), (45, "whole", "repeated")])
@example(axes=[(45, "whole", "repeated"), (45, "whole", "whole")])
@example(axes=[(45, "repeated", "whole"), (45, "whole", "whole")])
@example(axes=[(300, "repeated", "whole"), (45, "repeated", "repeated")])
def test_two_operands_are_combined_as_in_numpy(name: str, precision: Any, axes: Any) -> None:
    sizes, a_ways, b_ways = zip(*axes, strict=True)
    a = laid_out(sizes, a_ways, REALS[precision], 0)
    b = laid_out(sizes, b_ways, REALS[precision], 1)
    with np.errstate(all="ignore"):
        expected = numpy_of(name, a, b).astype(a.dtype)
    first = None
    for workers in (1, 2, 3):
        out = guarded(sizes, REALS[precision])
        fields = {"rank": len(sizes), "table": table(a, b, out), "a": a, "b": b, "out": out}
        call(BINARY[name], precision, workers, **fields)
        first = out if first is None else first
        np.testing.assert_array_equal(out, first)
    if name == "power":
        np.testing.assert_allclose(first, expected, rtol=3 * np.finfo(expected.dtype).eps)
    else:
        np.testing.assert_array_equal(first, expected)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_is_dropped_is_the_number_that_changes_no_sum(precision: Any) -> None:
    a = like([np.nan, np.inf, 3.0, -0.0, np.nan], REALS[precision])
    mask = like([0.0, -0.0, 1.0, 1.0, np.nan], a.dtype)
    out = guarded(5, a.dtype)
    call(BINARY["masked"], precision, rank=1, table=table(a, mask, out), a=a, b=mask, out=out)
    np.testing.assert_array_equal(out, [-0.0, -0.0, 3.0, -0.0, np.nan])
    assert np.signbit(out[[0, 1, 3]]).all()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_comparisons_at_ties_infinities_and_nan(precision: Any) -> None:
    edges = np.array([-np.inf, -1.0, -0.0, 0.0, 1e-45, np.inf, np.nan])
    a, b = (like(each, REALS[precision]) for each in np.meshgrid(edges, edges))
    for name in ("greater", "greater_equal", "precedence"):
        out = guarded(a.shape, a.dtype)
        call(BINARY[name], precision, rank=2, table=table(a, b, out), a=a, b=b, out=out)
        np.testing.assert_array_equal(out, numpy_of(name, a, b))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_results_may_replace_an_operand_and_lie_anywhere(precision: Any) -> None:
    a = laid_out((9, 37), ("whole", "whole"), REALS[precision], 0, special=False)
    a = like(a)
    b = like(np.arange(37), a.dtype)
    expected = a * b
    call(BINARY["multiply"], precision, 2, rank=2,
         table=table(a, np.broadcast_to(b, a.shape), a), a=a, b=b, out=a)  # fmt: skip
    np.testing.assert_array_equal(a, expected)
    room = guarded((9, 74), a.dtype)
    call(BINARY["add"], precision, 2, rank=2, table=table(a, a, room[:, ::2]), a=a, b=a, out=room)
    np.testing.assert_array_equal(room[:, ::2], 2 * expected)
    assert np.isnan(room[:, 1::2]).all()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_powers_at_the_edges_are_those_of_c_and_others_exact_to_a_unit(precision: Any) -> None:
    dtype = REALS[precision]
    edges = np.array([0, 1, 0.5, 2, 3, 2.5, np.inf, 1e-30, 1e30], dtype)
    edges = np.concatenate([edges, -edges, [np.nan, np.finfo(dtype).smallest_subnormal]])
    a, b = (like(each, dtype) for each in np.meshgrid(edges, edges))
    out = guarded(a.shape, dtype)
    call(BINARY["power"], precision, rank=2, table=table(a, b, out), a=a, b=b, out=out)
    with np.errstate(all="ignore"):
        expected = np.power(a, b)
    np.testing.assert_allclose(out, expected, rtol=2 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(
        np.signbit(out)[~np.isnan(out)], np.signbit(expected)[~np.isnan(out)]
    )

    random = np.random.default_rng(3)
    a = like(np.exp(random.normal(size=5000) * 3), dtype)
    b = like(random.normal(size=5000) * 8, dtype)
    out = guarded(a.shape, dtype)
    call(BINARY["power"], precision, rank=1, table=table(a, b, out), a=a, b=b, out=out)
    wide = np.float64 if precision == "Real32" else np.longdouble
    exact = np.power(a.astype(wide), b.astype(wide))
    ordinary = np.abs(out) < np.inf
    out, exact = out[ordinary], exact[ordinary]
    assert out.size > 4500
    assert (np.abs(out - exact) / np.spacing(np.abs(out))).max() <= 1.0


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=15)
@given(count=counts)
def test_slopes_multiply_a_derivative(precision: Any, count: int) -> None:
    random = np.random.default_rng(0)
    d = like(random.normal(size=count), REALS[precision])
    y = like(random.normal(size=count), REALS[precision])
    y[:: max(1, count // 3)] = 0.0
    expected = {
        ramp_slope: np.where(y > 0, d, 0),
        tanh_slope: d.astype(np.float64) * (1 - np.square(y, dtype=np.float64)),
        logistic_slope: d.astype(np.float64) * y * (1 - y.astype(np.float64)),
    }
    for kernel, right in expected.items():
        results = []
        for workers in (1, 2, 3):
            out = guarded(count, d.dtype)
            call(kernel, precision, workers, count=count, d=d, y=y, out=out)
            results.append(out)
        eps = np.finfo(d.dtype).eps
        np.testing.assert_allclose(results[0], right, rtol=4 * eps, atol=4 * eps)
        np.testing.assert_array_equal(results[1], results[0])
        np.testing.assert_array_equal(results[2], results[0])
        replaced = like(d)
        call(kernel, precision, 2, count=count, d=replaced, y=y, out=replaced)
        np.testing.assert_array_equal(replaced, results[0])


@pytest.mark.parametrize("precision", PRECISIONS)
@given(count=counts, workers=st.integers(1, 3))
@settings(max_examples=15)
def test_one_number_fills_an_array(precision: Any, count: int, workers: int) -> None:
    y = guarded(count, REALS[precision])
    call(fill, precision, workers, count=count, value=0.1, y=y)
    np.testing.assert_array_equal(y, np.full(count, 0.1, y.dtype))


@pytest.mark.parametrize("precision", PRECISIONS)
@given(count=counts, workers=st.integers(1, 3))
@settings(max_examples=15)
def test_numbers_are_read_from_the_bits_of_a_table(
    precision: Any, count: int, workers: int
) -> None:
    y, numbers = guarded(count, REALS[precision]), np.random.default_rng(1).normal(size=count)
    table = like(numbers.view(np.int64), np.int64)
    call(constant, precision, workers, count=count, table=table, y=y)
    np.testing.assert_array_equal(y, numbers.astype(y.dtype))


KINDS = [
    (copy, "Real32", np.float32),
    (copy, "Real64", np.float64),
    (copy_indices, "Real32", np.int32),
    (copy_indices, "Real64", np.int32),
]


def check_copy(kernel: Any, precision: Any, x: Any, room: Any, y: Any) -> None:
    """Copied by any number of workers, and nothing else in the room is touched."""
    for workers in (1, 2, 3):
        room[...] = -7
        call(kernel, precision, workers, rank=x.ndim, table=table(x, y), x=x, y=y)
        np.testing.assert_array_equal(y, x)
        y[...] = -7
        assert (room == -7).all()


@pytest.mark.parametrize(("kernel", "precision", "dtype"), KINDS)
@settings(max_examples=30)
@given(
    sizes=st.lists(
        st.sampled_from([0, 1, 2, 5, 16, 19, 33, 64, 70]), min_size=1, max_size=4
    ).filter(lambda each: np.prod(each) < 30000),
    ways=st.lists(st.sampled_from(LAYOUTS), min_size=4, max_size=4),
    order=st.permutations(range(4)),
    inside=st.booleans(),
)
@example(sizes=[70, 140], ways=["whole"] * 4, order=[1, 0, 2, 3], inside=True)
@example(sizes=[3, 70, 19], ways=["whole"] * 4, order=[0, 2, 1, 3], inside=False)
@example(sizes=[70, 3, 33], ways=["whole"] * 4, order=[2, 1, 0, 3], inside=False)
@example(sizes=[3, 5000], ways=["whole"] * 4, order=[0, 1, 2, 3], inside=True)
def test_blocks_are_copied_in_any_order_of_axes(
    kernel: Any, precision: Any, dtype: Any, sizes: Any, ways: Any, order: Any, inside: bool
) -> None:
    kept = laid_out(sizes, ways[: len(sizes)], dtype, 0, special=False)
    x = kept.transpose([axis for axis in order if axis < len(sizes)])
    room = guarded([size + 3 * inside for size in x.shape], dtype, 0)
    y = room[tuple(slice(2 * inside, 2 * inside + size) for size in x.shape)]
    check_copy(kernel, precision, x, room, y)


@pytest.mark.parametrize(("kernel", "precision", "dtype"), KINDS)
@settings(max_examples=20)
@given(
    sizes=st.lists(st.sampled_from([1, 2, 5, 19, 33]), min_size=1, max_size=3),
    axes=st.sets(st.integers(0, 2), min_size=1),
    order=st.permutations(range(3)),
)
@example(sizes=[70, 140], axes={0}, order=[1, 0, 2])
@example(sizes=[70, 140], axes={1}, order=[1, 0, 2])
@example(sizes=[3, 5000], axes={0, 1}, order=[0, 1, 2])
def test_what_is_read_backwards_is_copied_from_its_last_to_its_first(
    kernel: Any, precision: Any, dtype: Any, sizes: Any, axes: Any, order: Any
) -> None:
    order = [axis for axis in order if axis < len(sizes)]
    x = np.arange(np.prod(sizes)).astype(dtype).reshape([sizes[axis] for axis in order])
    x = np.flip(x.transpose(np.argsort(order)), [axis for axis in axes if axis < len(sizes)])
    assert list(x.shape) == sizes
    room = np.empty([size + 1 for size in sizes], dtype)
    check_copy(kernel, precision, x, room, room[tuple(slice(size) for size in sizes)])
