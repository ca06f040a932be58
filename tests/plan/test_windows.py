"""Convolution and pooling over windows of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.primitive_cases import answers, told
from wlnet.graph.primitives import PRIMITIVES
from wlnet.graph.reference import REFERENCES


def numbers(shape: Any, seed: int = 1) -> Any:
    return np.random.default_rng(seed).uniform(-2, 2, shape)


def assert_meets_the_reference(primitive: str, inputs: Any, attributes: Any) -> Any:
    wanted = told(primitive, REFERENCES[primitive](*inputs, **attributes))
    for lanes in (False, True):
        found = answers(primitive, inputs, attributes, lanes=lanes)
        for output, reference in zip(found, wanted, strict=True):
            np.testing.assert_allclose(output, reference, rtol=1e-12, atol=1e-12)
    return found[0]


@st.composite
def convolutions(draw: Any) -> Any:
    rank, groups = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    sizes = st.integers(1, 3)
    axes = [
        (draw(sizes), draw(sizes), (draw(st.integers(0, 2)), draw(st.integers(0, 2))), draw(sizes))
        for _ in range(rank)
    ]
    kernel, stride, padding, dilation = (tuple(each) for each in zip(*axes, strict=True))
    space = tuple(
        max(1, step * (k - 1) + 1 - sum(pads)) + draw(st.integers(0, 4))
        for k, pads, step in zip(kernel, padding, dilation, strict=True)
    )
    x = (draw(sizes), groups * draw(st.integers(1, 2)), *space)
    w = (groups * draw(st.integers(1, 2)), x[1] // groups, *kernel)
    return x, w, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def check_convolution(x: Any, w: Any, window: Any) -> None:
    (d,) = PRIMITIVES["convolve"].shapes(x, w, **window)
    x_, w_, d_ = numbers(x, 1), numbers(w, 2), numbers(d, 3)
    assert_meets_the_reference("convolve", (x_, w_), window)
    assert_meets_the_reference("convolve_input", (d_, w_), window | {"shape": x})
    assert_meets_the_reference("convolve_weights", (x_, d_), window | {"shape": w})


@settings(max_examples=60)
@given(convolutions())
def test_convolution_of_any_size_stride_padding_dilation_and_groups(given: Any) -> None:
    check_convolution(*given)


@pytest.mark.parametrize("examples", [7, 8, 9, 16, 17])
def test_a_batch_of_any_size_fills_the_lanes(examples: int) -> None:
    window = {"stride": (1, 2), "padding": ((1, 0), (1, 1)), "dilation": (1, 1), "groups": 2}
    check_convolution((examples, 4, 4, 5), (2, 2, 2, 3), window)


@st.composite
def pools(draw: Any) -> Any:
    rank = draw(st.integers(1, 3))
    axes = []
    for _ in range(rank):
        k = draw(st.integers(1, 3))
        pads = draw(st.integers(0, k - 1)), draw(st.integers(0, k - 1))
        space = max(1, k - sum(pads)) + draw(st.integers(0, 4))
        axes.append((k, draw(st.integers(1, 4)), pads, space))
    kernel, stride, padding, space = (tuple(each) for each in zip(*axes, strict=True))
    x = (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *space)
    return x, {"kernel": kernel, "stride": stride, "padding": padding}


@st.composite
def two_by_two(draw: Any) -> Any:
    x = draw(st.tuples(*[st.integers(1, 2)] * 2, *[st.integers(2, 7)] * 2))
    return x, {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}


LEVELS = np.array([-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan])


@settings(max_examples=100)
@given(st.one_of(pools(), two_by_two()), st.integers(0, 99), st.integers(0, 3))
def test_pooling_of_any_size_with_ties_and_special_values(
    given: Any, seed: int, lowest: int
) -> None:
    shape, window = given
    x = np.random.default_rng(seed).choice(LEVELS[: len(LEVELS) - lowest], shape)
    y = assert_meets_the_reference("pool_max", (x,), window)
    d = numbers(y.shape, seed)
    back = window | {"shape": shape}
    where = REFERENCES["pool_max"](x, **window)[1]
    (wanted,) = REFERENCES["pool_max_input"](d, where, **back)
    np.testing.assert_allclose(answers("pool_max_input", (d, x), back)[0], wanted, atol=1e-12)
    assert_meets_the_reference("pool_sum_input", (d,), back)
    assert_meets_the_reference("pool_sum", (numbers(shape, seed),), window)


def places(x: Any, window: Any) -> Any:
    """Where the largest of each window is: where a gradient of its own goes."""
    (y,) = answers("pool_max", (x,), window)
    d = np.arange(1.0, 1 + y.size).reshape(y.shape)
    return y, answers("pool_max_input", (d, x), window | {"shape": x.shape})[0]


def test_padding_is_never_the_largest_even_where_all_is_minus_infinity() -> None:
    window = {"kernel": (2, 2), "stride": (2, 2), "padding": ((1, 0), (1, 0))}
    y, where = places(np.full((1, 1, 3, 3), -np.inf), window)
    assert np.all(y == -np.inf)
    assert where[0, 0].tolist() == [[1, 2, 0], [3, 4, 0], [0, 0, 0]]


@pytest.mark.parametrize("stride", [(2, 2), (1, 2)])
def test_the_first_nan_of_a_window_is_its_largest(stride: Any) -> None:
    x = np.array([[[[1.0, 5.0, np.nan, 9.0], [np.nan, np.inf, np.nan, 2.0]]]])
    window = {"kernel": (2, 2), "stride": stride, "padding": ((0, 0), (0, 0))}
    y, where = places(x, window)
    assert np.isnan(y).all()
    assert where[0, 0].tolist() == [[0, 0, 2, 0], [1, 0, 0, 0]]
