"""softmax, its logarithm and the cross entropy compiled as kernels, beside NumPy in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.graph.reference import REFERENCES
from wlnet.kernels.reductions.softmaxes import (
    cross_entropy_rows,
    log_softmax,
    log_softmax_columns,
    softmax,
    softmax_columns,
    softmax_scratch,
)

PRECISIONS = "Real32", "Real64"
ROUNDING = {"Real32": 4e-6, "Real64": 1e-14}
sizes = st.one_of(st.integers(0, 40), st.sampled_from([100, 200, 257]))
lengths = st.one_of(st.integers(1, 40), st.sampled_from([64, 100, 257, 2048, 2049]))


def inputs(shape: Any, precision: Any, seed: int = 0) -> Any:
    """Numbers some of which are so large that their powers overflow."""
    random = np.random.default_rng(seed)
    x = random.normal(size=shape) * random.choice([1, 10, 1000], size=(*shape[:-1], 1))
    return like(x, REALS[precision])


def same_for_all_workers(
    kernel: Any, precision: Any, results: dict[str, Any], **fields: Any
) -> list[Any]:
    """The results by name and shape, with the same bits for one, two, three and seven workers."""
    bytes_of_scratch = softmax_scratch(fields["n"]) * np.dtype(REALS[precision]).itemsize
    all_made = []
    for workers in (1, 2, 3, 7):
        made = {name: guarded(shape, REALS[precision]) for name, shape in results.items()}
        call(kernel, precision, workers, bytes_of_scratch, **made, **fields)
        all_made.append(list(made.values()))
    for other in all_made[1:]:
        for a, b in zip(other, all_made[0], strict=True):
            np.testing.assert_array_equal(a, b)
    return all_made[0]


def near(precision: Any, result: Any, expected: Any) -> None:
    """As exact as powers of rounded differences can be; the smallest numbers have fewer digits."""
    limits = np.finfo(REALS[precision])
    size = abs(np.log(np.maximum(expected, limits.tiny)))
    bound = expected * limits.eps * (8 + size)
    assert (abs(result - expected) <= bound + limits.tiny).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=20)
@given(rows=sizes, n=lengths)
@example(rows=64, n=10)
@example(rows=1, n=1)
def test_rows_become_probabilities_and_their_logarithms(precision: Any, rows: int, n: int) -> None:
    x = inputs((rows, n), precision)
    exact = x.astype(np.float64)
    (y,) = same_for_all_workers(softmax, precision, {"y": x.shape}, rows=rows, n=n, x=x)
    (expected,) = REFERENCES["softmax"](exact, axis=1)
    near(precision, y, expected)
    (y,) = same_for_all_workers(log_softmax, precision, {"y": x.shape}, rows=rows, n=n, x=x)
    (expected,) = REFERENCES["log_softmax"](exact, axis=1)
    np.testing.assert_allclose(y, expected, rtol=ROUNDING[precision], atol=ROUNDING[precision])


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=20)
@given(outer=st.integers(0, 4), n=st.sampled_from([1, 2, 10, 17, 256, 257]), inner=sizes)
@example(outer=2, n=10, inner=64)
def test_columns_become_probabilities_and_their_logarithms(
    precision: Any, outer: int, n: int, inner: int
) -> None:
    x = inputs((outer, n, inner), precision)
    exact = x.astype(np.float64)
    fields = {"outer": outer, "n": n, "inner": inner, "x": x}
    (y,) = same_for_all_workers(softmax_columns, precision, {"y": x.shape}, **fields)
    (expected,) = REFERENCES["softmax"](exact, axis=1)
    near(precision, y, expected)
    (y,) = same_for_all_workers(log_softmax_columns, precision, {"y": x.shape}, **fields)
    (expected,) = REFERENCES["log_softmax"](exact, axis=1)
    np.testing.assert_allclose(y, expected, rtol=ROUNDING[precision], atol=ROUNDING[precision])


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("n", [3, 300])
def test_a_result_may_lie_where_the_input_lies(precision: Any, n: int) -> None:
    for kernel in (softmax, log_softmax):
        x = inputs((20, n), precision)
        apart = guarded(x.shape, REALS[precision])
        call(kernel, precision, 2, softmax_scratch(n) * 8, rows=20, n=n, x=x, y=apart)
        call(kernel, precision, 2, softmax_scratch(n) * 8, rows=20, n=n, x=x, y=x)
        np.testing.assert_array_equal(x, apart)
    for kernel in (softmax_columns, log_softmax_columns):
        x = inputs((2, n, 20), precision)
        fields = {"outer": 2, "n": n, "inner": 20, "x": x}
        apart = guarded(x.shape, REALS[precision])
        call(kernel, precision, 2, softmax_scratch(n) * 8, y=apart, **fields)
        call(kernel, precision, 2, softmax_scratch(n) * 8, y=x, **fields)
        np.testing.assert_array_equal(x, apart)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    "row",
    [[np.inf, 0, 1], [-np.inf, 0, 1], [-np.inf, -np.inf], [np.nan, 0, 1], [0, 1, np.nan]],
    ids=str,
)
def test_infinities_and_nan_come_out_as_in_numpy(precision: Any, row: list[float]) -> None:
    x = like([[1.0] * len(row), row, [2.0] * len(row)], REALS[precision])
    for name, kernel in (("softmax", softmax), ("log_softmax", log_softmax)):
        y = guarded(x.shape, REALS[precision])
        call(kernel, precision, 1, softmax_scratch(3) * 8, rows=3, n=len(row), x=x, y=y)
        with np.errstate(invalid="ignore"):
            (expected,) = REFERENCES[name](x.astype(np.float64), axis=1)
        np.testing.assert_allclose(y, expected, rtol=ROUNDING[precision])
    for name, kernel in (("softmax", softmax_columns), ("log_softmax", log_softmax_columns)):
        turned = like(x.T[None])
        y = guarded(turned.shape, REALS[precision])
        fields = {"outer": 1, "n": len(row), "inner": 3, "x": turned, "y": y}
        call(kernel, precision, 1, softmax_scratch(3) * 8, **fields)
        with np.errstate(invalid="ignore"):
            (expected,) = REFERENCES[name](turned.astype(np.float64), axis=1)
        np.testing.assert_allclose(y, expected, rtol=ROUNDING[precision])


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=20)
@given(rows=sizes, n=lengths, wanted=st.sets(st.sampled_from(["y", "loss", "d"])))
@example(rows=64, n=10, wanted={"loss", "d"})
@example(rows=64, n=10, wanted={"y", "loss", "d"})
def test_loss_probabilities_and_gradient_of_classes(
    precision: Any, rows: int, n: int, wanted: set[str]
) -> None:
    x = inputs((rows, n), precision)
    # 0 and n + 1 are no classes.
    targets = np.random.default_rng(1).integers(0, n + 2, rows).astype(np.int32)
    shapes = {"y": x.shape, "loss": (rows,), "d": x.shape}
    made = {name: shapes[name] for name in sorted(wanted)}
    results = same_for_all_workers(
        cross_entropy_rows, precision, made, rows=rows, n=n, x=x, targets=like(targets), scale=0.25,
        **dict.fromkeys(set(shapes) - wanted),
    )  # fmt: skip
    exact, rounding = x.astype(np.float64), ROUNDING[precision]
    (y,) = REFERENCES["softmax"](exact, axis=1)
    (logs,) = REFERENCES["log_softmax"](exact, axis=1)
    (loss,) = REFERENCES["pick"](-logs, targets)
    (chosen,) = REFERENCES["place"](np.ones(rows), targets, count=n)
    expected = {"y": y, "loss": loss, "d": (y * chosen.any(1, keepdims=True) - chosen) * 0.25}
    for name, result in zip(made, results, strict=True):
        np.testing.assert_allclose(result, expected[name], rtol=rounding, atol=rounding)
