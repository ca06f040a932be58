"""Laws that every primitive keeps, on a table of cases; see primitive_cases.py."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from tests.primitive_cases import CASES, GUARD, INTEGER_GUARD, Case, Index, Run
from wlnet.graph.builder import Builder
from wlnet.graph.derivatives import DERIVATIVES
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph
from wlnet.graph.maps import MAPS
from wlnet.graph.primitives import PRIMITIVES
from wlnet.graph.reference import MAP_REFERENCES, REFERENCES, run_graph
from wlnet.plan.lookup import KERNELS, SCRATCH

TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}
NO_DERIVATIVE = {
    "fill": "it has no input",
    "random_mask": "it has no input",
    "convolve_input": "it only occurs in gradients",
    "convolve_weights": "it only occurs in gradients",
    "pool_max_input": "it only occurs in gradients",
    "pool_sum_input": "it only occurs in gradients",
}

every_case = pytest.mark.parametrize("case", CASES, ids=str)
both_precisions = pytest.mark.parametrize("dtype", [np.float64, np.float32])
NO_SLOPE = {"TriGamma": "it only occurs in gradients"}
DIFFERENTIABLE = [
    case
    for case in CASES
    if case.primitive not in NO_DERIVATIVE and case.attributes.get("function") not in NO_SLOPE
]


def expected(case: Case, inputs: Any) -> tuple[Any, ...]:
    wide = [x.astype(float) if x.dtype.kind == "f" else x for x in inputs]
    return REFERENCES[case.primitive](*wide, **case.extra())


def assert_close(given: Any, reference: Any, tolerance: float) -> None:
    assert given.shape == reference.shape
    magnitude = np.abs(reference).max(initial=0.0)
    np.testing.assert_allclose(given, reference, rtol=tolerance, atol=tolerance * magnitude)


def test_every_primitive_has_a_reference_a_kernel_a_derivative_and_a_case() -> None:
    names = set(PRIMITIVES)
    assert set(REFERENCES) == names
    assert set(KERNELS) == names
    assert set(SCRATCH) <= names
    assert {case.primitive for case in CASES} == names
    assert set(DERIVATIVES) == names - set(NO_DERIVATIVE)


def test_every_function_of_one_number_has_a_reference_and_a_case() -> None:
    assert set(MAP_REFERENCES) == set(MAPS)
    cased = {case.attributes["function"] for case in CASES if case.primitive == "map"}
    assert cased == set(MAPS)


@every_case
def test_the_reference_has_the_shapes_that_the_primitive_says(case: Case) -> None:
    shapes = PRIMITIVES[case.primitive].shapes(*(i.shape for i in case.inputs), **case.attributes)
    results = expected(case, case.draw())
    assert tuple(result.shape for result in results) == shapes


@both_precisions
@every_case
def test_a_kernel_gives_what_its_reference_gives(case: Case, dtype: Any) -> None:
    if case.primitive == "random_mask" and dtype == np.float32:
        pytest.skip("a float32 mask is another draw: tests/kernels/test_random.py")
    inputs = case.draw(dtype)
    run = Run(case.primitive, inputs, case.extra(), dtype)
    for given, reference in zip(run.outputs, expected(case, inputs), strict=True):
        assert_close(given, reference, TOLERANCE[dtype])


@both_precisions
@every_case
def test_nothing_of_what_buffers_held_before_shows_and_nothing_else_is_written(
    case: Case, dtype: Any
) -> None:
    run = Run(case.primitive, case.draw(dtype), case.extra(), dtype)
    for output in run.outputs:
        assert not np.isnan(output).any()
        assert not (output == INTEGER_GUARD).any()
    assert run.guards_stand()


@both_precisions
@every_case
def test_inputs_come_back_bit_for_bit_and_a_second_run_gives_the_same_bits(
    case: Case, dtype: Any
) -> None:
    inputs = case.draw(dtype)
    before = [x.tobytes() for x in inputs]
    first, second = (Run(case.primitive, inputs, case.extra(), dtype) for _ in range(2))
    assert [x.tobytes() for x in inputs] == before
    for one, two in zip(first.outputs, second.outputs, strict=True):
        assert one.tobytes() == two.tobytes()


@every_case
def test_inputs_may_be_views_that_are_not_contiguous(case: Case) -> None:
    inputs = case.draw()
    for views in ([np.array(x, order="F") for x in inputs], [_every_second(x) for x in inputs]):
        run = Run(case.primitive, views, case.extra(), np.float64)
        for given, reference in zip(run.outputs, expected(case, inputs), strict=True):
            assert_close(given, reference, 1e-12)


def _every_second(x: Any) -> Any:
    wide = np.repeat(x[..., np.newaxis], 2, -1).reshape(*x.shape[:-1], -1)
    return wide[..., ::2].reshape(x.shape) if x.ndim else x


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_the_derivative_is_the_slope_in_a_random_direction(case: Case) -> None:
    inputs = case.draw()
    graph, rng = Graph(), np.random.default_rng(7)
    values = []
    for i, given in enumerate(case.inputs):
        element = "Integer" if isinstance(given, Index) else "Real"
        graph.inputs[str(i)] = graph.new_value(given.shape, element)
        values.append(graph.inputs[str(i)])
    g = Builder(graph)
    first = g.call(case.primitive, *values, **case.attributes)[0]
    graph.inputs["factor"] = graph.new_value(first.shape)
    total = g.multiply(first, graph.inputs["factor"])
    reals = [value for value in values if value.element == "Real"]
    found = gradients(graph, total, reals)
    feed = {str(i): x for i, x in enumerate(inputs)} | {"factor": rng.normal(size=first.shape)}
    results = run_graph(graph, feed, {})
    for i, value in enumerate(values):
        if value.element == "Real":
            way = rng.normal(size=value.shape)
            step = 1e-5
            ahead = run_graph(graph, feed | {str(i): inputs[i] + step * way}, {})[total].sum()
            back = run_graph(graph, feed | {str(i): inputs[i] - step * way}, {})[total].sum()
            slope = (ahead - back) / (2 * step)
            derivative = np.sum(results[found[value]] * way)
            size = np.sum(np.abs(results[found[value]] * way))
            assert slope == pytest.approx(derivative, rel=1e-6, abs=1e-6 * size + 1e-9)


@pytest.mark.parametrize(
    "primitive", ["add", "maximum", "map", "sum", "softmax", "log_softmax", "transpose", "pad"]
)
def test_a_kernel_allocates_nothing_as_large_as_its_arrays(primitive: str) -> None:
    attributes = {
        "map": {"function": "LogisticSigmoid"},
        "sum": {"axes": (0,)},
        "softmax": {"axis": 1},
        "log_softmax": {"axis": 1},
        "transpose": {"axes": (1, 0)},
        "pad": {"axis": 1, "before": 1, "after": 1},
    }.get(primitive, {})
    count = 2 if primitive in ("add", "maximum") else 1
    assert _peak(primitive, [(600, 500)] * count, attributes) < 200_000


def test_a_matrix_product_reads_transposed_views_where_they_lie() -> None:
    a, b = np.ones((4, 300, 200), np.float32), np.ones((50, 300), np.float32)
    assert _peak_with("matmul", (a.transpose(0, 2, 1), b.T), {}) < 50_000


@pytest.mark.parametrize("primitive", ["convolve", "convolve_input", "convolve_weights"])
def test_convolution_allocates_nothing_as_large_as_its_arrays(primitive: str) -> None:
    window = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    x, w = (16, 8, 32, 32), (8, 8, 3, 3)
    shapes = {
        "convolve": ([x, w], {}),
        "convolve_input": ([x, w], {"shape": x}),
        "convolve_weights": ([x, x], {"shape": w}),
    }
    given, more = shapes[primitive]
    assert _peak(primitive, given, window | more) < 200_000


def _peak(primitive: str, shapes: Any, attributes: Any) -> int:
    """The most bytes that a kernel holds while it runs on float32."""
    return _peak_with(primitive, [np.ones(shape, np.float32) for shape in shapes], attributes)


def _peak_with(primitive: str, inputs: Any, attributes: Any) -> int:
    run = Run(primitive, inputs, attributes, np.float32)
    scratch = run.buffers[-1][GUARD:-GUARD]
    kernel = KERNELS[primitive]
    tracemalloc.start()
    try:
        kernel(run.outputs, tuple(inputs), scratch, **attributes)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
