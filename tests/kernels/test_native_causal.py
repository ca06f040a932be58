"""Causal products and softmax compiled as kernels, beside NumPy in float64: what is not seen is not
read, and no bit depends on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.kernels.products.causal_products import FUTURE, PAST, causal_entries, causal_sums
from wlnet.kernels.reductions.attention_weights import (
    attention_weights,
    attention_weights_input,
)

both_precisions = pytest.mark.parametrize("precision", ["Real32", "Real64"])
counts = st.one_of(st.integers(1, 12), st.integers(1, 70))
ROUNDING = {"Real32": 1e-5, "Real64": 1e-13}


def seen(count: int, window: int) -> Any:
    """Whether the one of a row sees that of a column."""
    i, j = np.indices((count, count))
    return (j <= i) & (j > i - window)


def numbers(precision: Any, *shape: int) -> Any:
    return like(np.random.default_rng(len(shape)).normal(size=shape), REALS[precision])


def made(kernel: Any, precision: Any, shape: Any, fields: dict[str, Any], result: str) -> Any:
    """The result, which has the same bits for one, two, three and seven workers."""
    found = []
    for workers in (1, 2, 3, 7):
        y = guarded(shape, REALS[precision])
        call(kernel, precision, workers, **fields, **{result: y})
        found.append(y)
    for other in found[1:]:
        assert other.tobytes() == found[0].tobytes()
    return found[0]


def product(kernel: Any, precision: Any, a: Any, b: Any, **fields: Any) -> Any:
    lead, count = a.shape[:2]
    shape = (lead, count, b.shape[-1])
    item = a.itemsize
    common = {
        "lead": lead, "a_lead": a.strides[0], "b_lead": b.strides[0], "count": count,
        "c_lead": count * shape[2] * item, "a": a, "a_row": a.strides[1], "a_depth": a.strides[2],
        "b": b, "b_depth": b.strides[1], "c_row": shape[2] * item,
    }  # fmt: skip
    return made(kernel, precision, shape, {**common, **fields}, "c")


@both_precisions
@settings(max_examples=40)
@given(lead=st.integers(0, 3), count=counts, columns=counts, window=counts, way=st.booleans())
@example(lead=1, count=64, columns=33, window=64, way=False)
@example(lead=1, count=20, columns=1, window=3, way=True)
def test_sums_have_what_a_row_sees_or_what_sees_it(
    precision: Any, lead: int, count: int, columns: int, window: int, way: bool
) -> None:
    mask = seen(count, window).T if way else seen(count, window)
    a, b = numbers(precision, lead, count, count), numbers(precision, lead, count, columns)
    exact = np.where(mask, a.astype(float), 0) @ b.astype(float)
    a[:, ~mask] = np.nan
    fields = {"columns": columns, "window": window, "way": FUTURE if way else PAST}
    c = product(causal_sums, precision, a, b, **fields)
    np.testing.assert_allclose(c, exact, rtol=0, atol=ROUNDING[precision] * count)


@both_precisions
@settings(max_examples=40)
@given(lead=st.integers(0, 3), count=counts, depth=counts, window=counts)
@example(lead=1, count=70, depth=5, window=70)
def test_entries_are_those_that_are_seen_and_else_zero(
    precision: Any, lead: int, count: int, depth: int, window: int
) -> None:
    a, b = numbers(precision, lead, count, depth), numbers(precision, lead, depth, count)
    exact = np.where(seen(count, window), a.astype(float) @ b.astype(float), 0)
    c = product(causal_entries, precision, a, b, depth=depth, window=window)
    np.testing.assert_allclose(c, exact, rtol=0, atol=ROUNDING[precision] * depth)
    assert not c[:, ~seen(count, window)].any()


@both_precisions
@settings(max_examples=40)
@given(lead=st.integers(0, 3), count=counts, window=counts, scale=st.sampled_from([1.0, 0.25, 3.0]))
def test_weights_are_a_softmax_of_what_is_seen_whatever_stands_elsewhere(
    precision: Any, lead: int, count: int, window: int, scale: float
) -> None:
    mask, x = seen(count, window), numbers(precision, lead, count, count)
    e = np.where(mask, np.exp(scale * x.astype(float)), 0)
    exact = e / e.sum(-1, keepdims=True)
    x[:, ~mask] = np.nan
    fields = {"rows": lead * count, "n": count, "window": window, "scale": scale}
    y = made(attention_weights, precision, x.shape, {**fields, "x": x}, "y")
    np.testing.assert_allclose(y, exact, atol=ROUNDING[precision])
    assert not y[:, ~mask].any()
    d = numbers(precision, lead, count, count) * 2
    slope = (d - (exact * d).sum(-1, keepdims=True)) * exact * scale
    d[:, ~mask] = np.nan
    dx = made(attention_weights_input, precision, x.shape, {**fields, "d": d, "y": y}, "dx")
    np.testing.assert_allclose(dx, slope, atol=10 * ROUNDING[precision])
    assert not dx[:, ~mask].any()


@both_precisions
@pytest.mark.parametrize("n", [1, 7, 64, 257])
def test_without_a_window_every_row_sees_all(precision: Any, n: int) -> None:
    x = numbers(precision, 5, n)
    e = np.exp(0.5 * x.astype(float))
    fields = {"rows": 5, "n": n, "window": 0, "scale": 0.5, "x": x}
    y = made(attention_weights, precision, x.shape, fields, "y")
    np.testing.assert_allclose(y, e / e.sum(-1, keepdims=True), atol=ROUNDING[precision])


@both_precisions
def test_bits_of_a_row_depend_on_nothing_behind_it(precision: Any) -> None:
    """On no number, and not on how many there are."""
    a, b = numbers(precision, 1, 40, 40), numbers(precision, 1, 40, 9)
    for count in range(1, 40):
        for window in (3, 40):
            fields = {"columns": 9, "window": window, "way": PAST}
            whole = product(causal_sums, precision, a, b, **fields)
            part = product(
                causal_sums, precision, a[:, :count, :count].copy(), b[:, :count].copy(), **fields
            )
            assert whole[:, :count].tobytes() == part.tobytes()
