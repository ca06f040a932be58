"""Matrix products, broadcasting and sums over shapes of any kind."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.primitive_cases import Run, answers
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.graph.primitives import BINARY, EXTREMES
from wlnet.graph.reference import REFERENCES

sizes = st.integers(1, 5)


def numbers(shape: Any, seed: int = 1) -> Any:
    return np.random.default_rng(seed).uniform(0.5, 2, shape)


def check(primitive: str, inputs: Any, **attributes: Any) -> None:
    (found,) = answers(primitive, inputs, attributes)
    (wanted,) = REFERENCES[primitive](*inputs, **attributes)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@st.composite
def broadcast_pairs(draw: Any) -> Any:
    shape = draw(st.lists(sizes, max_size=4))
    pair = []
    for _ in range(2):
        ones = [1 if draw(st.booleans()) else size for size in shape]
        pair.append(tuple(ones[draw(st.integers(0, len(ones))) :]))
    return pair


@settings(max_examples=60)
@given(broadcast_pairs(), st.sampled_from(BINARY))
def test_two_operands_of_any_shapes_that_fit(pair: Any, name: str) -> None:
    attributes = {"tie": 0.5} if name in EXTREMES else {}
    check(name, (numbers(pair[0], 1), numbers(pair[1], 2)), **attributes)


@settings(max_examples=60)
@given(broadcast_pairs(), sizes, sizes, sizes, st.permutations(range(6)), st.booleans())
def test_matrix_products_of_views_of_any_order(
    leads: Any, m: int, k: int, n: int, order: Any, other: bool
) -> None:
    # Each operand is fed in with its axes in another order, and turned back in the graph.
    graph, fed, operands = Graph(), [], []
    g = Builder(graph)
    for i, shape in enumerate([(*leads[0], m, k), (*leads[1], k, n)]):
        x = numbers(shape, i)
        axes = [axis for axis in order if axis < x.ndim][:: -1 if other and i else 1]
        fed.append(x.transpose(axes))
        value = graph.inputs[str(i)] = graph.new_value(fed[-1].shape)
        operands.append((x, g.call("transpose", value, axes=tuple(np.argsort(axes).tolist()))[0]))
    (a, left), (b, right) = operands
    graph.outputs["c"] = g.call("matmul", left, right)[0]
    run = Run(graph, "Real64", fed)
    np.testing.assert_allclose(run.outputs[0], a @ b, rtol=1e-12)
    assert run.inputs_stand and run.guards_stand()


@settings(max_examples=60)
@given(st.data())
def test_sums_over_any_axes(data: Any) -> None:
    shape = tuple(data.draw(st.lists(sizes, min_size=1, max_size=4)))
    choices = [
        axes
        for n in range(1, len(shape) + 1)
        for axes in itertools.combinations(range(len(shape)), n)
    ]
    check("sum", (numbers(shape),), axes=data.draw(st.sampled_from(choices)))


@settings(max_examples=60)
@given(st.data(), st.sampled_from(["softmax", "log_softmax"]))
def test_softmax_along_any_axis(data: Any, name: str) -> None:
    shape = tuple(data.draw(st.lists(sizes, min_size=1, max_size=4)))
    check(name, (numbers(shape),), axis=data.draw(st.integers(0, len(shape) - 1)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_numbers_of_any_size_have_a_finite_softmax(dtype: Any) -> None:
    most = np.finfo(dtype).max
    x = np.array([[most, most, most], [-most, most, 0], [-most, -most, -most], [1e4, 0, -1e4]])
    (y,) = answers("softmax", [x.astype(dtype)], {"axis": 1}, dtype)
    np.testing.assert_allclose(y, [[1 / 3] * 3, [0, 1, 0], [1 / 3] * 3, [1, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_logarithm_of_softmax_is_exact_where_softmax_is_zero(dtype: Any) -> None:
    x = np.array([[1e4, 0.0, -3e4], [1e30, 0.0, -1e30]], dtype)
    (y,) = answers("log_softmax", [x], {"axis": 1}, dtype)
    np.testing.assert_array_equal(y, np.array([[0, -1e4, -4e4], [0, -1e30, -2e30]], dtype))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_a_nan_fills_its_own_line_and_no_other(name: str) -> None:
    x = np.array([[0.0, np.nan], [1.0, 1.0]])
    (y,) = answers(name, [x], {"axis": 1})
    assert np.isnan(y[0]).all() and np.isfinite(y[1]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", ["LogisticSigmoid", "SoftRamp", "Tanh", "Erf", "Ramp"])
def test_functions_that_level_off_do_so_for_numbers_of_any_size(function: str, dtype: Any) -> None:
    x = np.array([-np.inf, -np.finfo(dtype).max, -1e3, 0, 1e3, np.nan], dtype)
    (y,) = answers("map", [x], {"function": function}, dtype)
    low = -1 if function in ("Tanh", "Erf") else 0
    middle = {"LogisticSigmoid": 0.5, "SoftRamp": np.log(2)}.get(function, 0)
    high = 1e3 if function in ("SoftRamp", "Ramp") else 1
    np.testing.assert_allclose(y, [low, low, low, middle, high, np.nan], rtol=1e-6)


def test_the_unit_step_is_one_above_zero_and_nowhere_else() -> None:
    x = np.array([-1.0, -0.0, 0.0, 1e-300, np.inf, np.nan])
    (y,) = answers("map", [x], {"function": "UnitStep"})
    assert y.tolist() == [0, 0, 0, 1, 1, 0]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_larger_and_the_smaller_of_a_number_and_nan_are_nan(name: str) -> None:
    pair = np.array([np.nan, 1.0]), np.array([1.0, np.nan])
    assert np.isnan(answers(name, pair, {"tie": 0.5})[0]).all()
