"""Laws that every primitive keeps, on a table of cases; see primitive_cases.py."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.primitive_cases import CASES, DTYPES, Case, Index, Mask, Real, Run, answers, graph_of
from tests.thoroughness import one_of
from wlnet.core.errors import WlnetError
from wlnet.graph.builder import Builder
from wlnet.graph.derivatives import DERIVATIVES
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph, Value
from wlnet.graph.map_reference import MAP_REFERENCES
from wlnet.graph.maps import MAPS
from wlnet.graph.primitives import PRIMITIVES, axis_after
from wlnet.graph.reference import REFERENCES, run_graph
from wlnet.graph.table import Table
from wlnet.kernels.language import Precision
from wlnet.plan.calls.elementwise import KERNELS
from wlnet.plan.calls.emitter import rows
from wlnet.plan.compile import finish
from wlnet.plan.layouts import VIEWS
from wlnet.plan.passes.lanes import WINDOWS

TOLERANCE: dict[Precision, float] = {"Real64": 1e-12, "Real32": 1e-5}
NO_DERIVATIVE = {
    "fill": "it has no input",
    "constant": "it has no input",
    "indices": "it has no input",
    "random_mask": "it has no input",
    "random_uniform": "it has no input",
    "ordering": "places have no slope",
    "as_real": "indices have no slope",
    "convolve_weights": "it only occurs in gradients",
    "pool_max_input": "it only occurs in gradients",
    "pool_sum_input": "it only occurs in gradients",
    "gru_input": "it only occurs in gradients",
    "interpolate_input": "it only occurs in gradients",
    "interpolate_spots": "it only occurs in gradients",
    "lstm_input": "it only occurs in gradients",
    "attention_weights_input": "it only occurs in gradients",
}

every_case = pytest.mark.parametrize("case", CASES, ids=str)
both_precisions = pytest.mark.parametrize("precision", ["Real64", "Real32"])
NO_SLOPE = {"TriGamma": "it only occurs in gradients"}
TURNED = {"gradient_reversal"}
"""Primitives whose derivative is not their slope, but minus that."""
DIFFERENTIABLE = [
    case
    for case in CASES
    if case.primitive not in {*NO_DERIVATIVE, *TURNED}
    and case.attributes.get("function") not in NO_SLOPE
]


def case_run(case: Case, precision: Precision, workers: int = 1) -> tuple[Any, Run]:
    """The inputs of a case, and its run."""
    inputs = case.draw(DTYPES[precision])
    return inputs, Run(graph_of(case), precision, inputs, workers, lanes=case.lanes)


def assert_close(given: Any, reference: Any, tolerance: float) -> None:
    assert given.shape == reference.shape
    magnitude = np.abs(reference).max(initial=0.0)
    np.testing.assert_allclose(given, reference, rtol=tolerance, atol=tolerance * magnitude)


def test_every_primitive_has_a_reference_a_way_to_run_a_derivative_and_a_case() -> None:
    names = set(PRIMITIVES)
    assert set(REFERENCES) == names
    assert names - VIEWS <= set(rows()), "views are no calls"
    assert {f"lanes_{name}" for name in WINDOWS} <= set(rows())
    assert {case.primitive for case in CASES} == names
    assert set(DERIVATIVES) == names - set(NO_DERIVATIVE)


def test_every_function_of_one_number_has_a_reference_and_a_case() -> None:
    assert set(MAP_REFERENCES) == set(MAPS)
    cased = {case.attributes["function"] for case in CASES if case.primitive == "map"}
    assert cased == set(MAPS)


@pytest.mark.parametrize(
    ("table", "lacking"),
    [
        (PRIMITIVES, "no row as a primitive"), (DERIVATIVES, "no derivative"),
        (REFERENCES, "no reference"), (rows(), "no way to run"),
        (MAPS, "no row as a function of one number"), (MAP_REFERENCES, "no reference"),
        (KERNELS, "no kernel"),
    ],
    ids=["primitive", "derivative", "reference", "call", "map", "map's reference", "map's kernel"],
)  # fmt: skip
def test_a_row_that_is_missing_is_told_with_the_place_where_it_belongs(
    table: Table[Any], lacking: str
) -> None:
    with pytest.raises(WlnetError, match=f"accumulate has {lacking}") as caught:
        table["accumulate"]
    (fault,) = caught.value.faults
    assert fault.fix is not None
    assert (Path(__file__).parents[1] / fault.fix.removeprefix("a row in ")).exists()


@every_case
def test_the_reference_has_the_shapes_that_the_primitive_says(case: Case) -> None:
    shapes = PRIMITIVES[case.primitive].shapes(*(i.shape for i in case.inputs), **case.attributes)
    results = case.expected(case.draw())
    assert tuple(result.shape for result in results) == shapes[: len(results)]


MEETING = {
    "fill": "it has no operand",
    "constant": "it has no operand",
    "indices": "it has no operand",
    "random_mask": "it has no operand",
    "random_uniform": "it has no operand",
    "scatter_add": "it is a sum over its rows",
    "convolve_weights": "it is a sum over the images",
    "sum_parts": "it is a sum over the parts of a batch",
}


def apart(case: Case) -> Iterator[tuple[tuple[int | None, ...], int]]:
    """Axes along which the operands of a case may have examples, and where its results then have
    them, if they stay apart."""
    graph = graph_of(case)
    call, shapes = graph.calls[-1], [each.shape for each in case.inputs]
    for axes in product(*((None, *range(len(shape))) for shape in shapes)):
        counts = {shape[axis] for shape, axis in zip(shapes, axes, strict=True) if axis is not None}
        if len(counts) == 1 and counts != {1}:
            here = {v: a for v, a in zip(call.inputs, axes, strict=True) if a is not None}
            if (axis := axis_after(call, here)) is not None:
                yield axes, axis


@every_case
def test_an_example_of_the_operands_changes_no_other_example_of_the_results(case: Case) -> None:
    inputs, others = case.draw(), case.draw(seed=2)
    before = case.expected(inputs)
    for axes, axis in apart(case):
        moved = [
            x if own is None else np.concatenate(
                [np.take(other, [0], own), np.delete(x, 0, own)], own
            )
            for x, other, own in zip(inputs, others, axes, strict=True)
        ]  # fmt: skip
        for x, y in zip(before, case.expected(moved), strict=True):
            np.testing.assert_array_equal(np.delete(x, 0, axis), np.delete(y, 0, axis))


def test_examples_stay_apart_in_some_case_of_every_primitive_that_is_no_sum_over_them() -> None:
    assert {case.primitive for case in CASES if any(apart(case))} == set(PRIMITIVES) - set(MEETING)


@both_precisions
@every_case
def test_a_program_gives_what_the_reference_gives(case: Case, precision: Precision) -> None:
    inputs, run = case_run(case, precision)
    for given, reference in zip(run.outputs, case.expected(inputs), strict=True):
        assert given.dtype == (DTYPES[precision] if reference.dtype.kind == "f" else np.int32)
        assert_close(given, reference, TOLERANCE[precision])


@both_precisions
@every_case
def test_nothing_of_what_memory_held_before_shows_and_nothing_else_is_written(
    case: Case, precision: Precision
) -> None:
    _, run = case_run(case, precision)
    for output in run.outputs:
        assert not np.isnan(output).any()
    assert run.guards_stand()


@both_precisions
@every_case
def test_inputs_come_back_bit_for_bit_and_a_second_run_gives_the_same_bits(
    case: Case, precision: Precision
) -> None:
    _, run = case_run(case, precision)
    assert run.inputs_stand
    first = [output.tobytes() for output in run.outputs]
    run.run()
    assert [output.tobytes() for output in run.outputs] == first


@both_precisions
@every_case
def test_one_two_and_four_workers_give_the_same_bits(case: Case, precision: Precision) -> None:
    first, *others = (case_run(case, precision, workers)[1] for workers in (1, 2, 4))
    for other in others:
        assert [x.tobytes() for x in other.outputs] == [x.tobytes() for x in first.outputs]


# What is fed in, and the calls that make the input of it, as the plan makes no copy of.


def _turned(g: Builder, value: Value, shape: Any) -> Value:
    return g.call("transpose", value, axes=tuple(range(value.rank))[::-1])[0]


def _inside(g: Builder, value: Value, shape: Any) -> Value:
    for axis, size in enumerate(shape):
        (value,) = g.call("slice", value, axis=axis, start=1, stop=1 + size)
    return value


def _repeated(g: Builder, value: Value, shape: Any) -> Value:
    return g.call("broadcast", value, shape=tuple(shape))[0]


Views = tuple[Callable[[Any], Any], Callable[[Builder, Value, Any], Value]]
VIEWED: dict[str, Views] = {
    "turned": (lambda shape: shape[::-1], _turned),
    "inside of a larger one": (lambda shape: tuple(size + 2 for size in shape), _inside),
    "repeated along its first axis": (lambda shape: (1, *shape[1:]) if shape else (), _repeated),
    "repeated along its last axis": (lambda shape: (*shape[:-1], 1) if shape else (), _repeated),
    "repeated along a new axis": (lambda shape: shape[1:], _repeated),
}


@pytest.mark.parametrize(
    ("case", "view", "precision"), one_of(2, CASES, VIEWED, ["Real64", "Real32"]), ids=str
)
def test_inputs_may_be_views_of_others(case: Case, view: str, precision: Precision) -> None:
    if view.startswith("repeated") and case.primitive == "pool_max_input":
        pytest.skip("which of equals is the largest is told by another test")
    shaped, _ = VIEWED[view]
    graph = graph_of(case, VIEWED[view])
    rng, given, seen = np.random.default_rng(2), [], []
    for each in case.inputs:
        # An index that is not read stands for nothing.
        fed = type(each)(shaped(each.shape), *list(vars(each).values())[1:])
        array = fed.draw(rng, DTYPES[precision])
        given.append(array)
        seen.append(_seen(view, array, each.shape))
    run = Run(graph, precision, given, lanes=case.lanes)
    for found, reference in zip(run.outputs, case.expected(seen), strict=True):
        assert_close(found, reference, TOLERANCE[precision])
    assert run.inputs_stand and run.guards_stand()


def _seen(view: str, array: Any, shape: Any) -> Any:
    if view == "turned":
        return array.T
    if view == "inside of a larger one":
        return array[tuple(slice(1, 1 + size) for size in shape)]
    return np.broadcast_to(array, shape)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_the_derivative_is_the_slope_in_a_random_direction(case: Case) -> None:
    """Of all results that are Reals, each with a factor of its own."""
    inputs = case.draw()
    graph, rng = Graph(), np.random.default_rng(7)
    values = []
    for i, given in enumerate(case.inputs):
        element = "Integer" if isinstance(given, Index) else "Real"
        graph.inputs[str(i)] = graph.new_value(given.shape, element)
        values.append(graph.inputs[str(i)])
    g = Builder(graph)
    feed = {str(i): x for i, x in enumerate(inputs)}
    totals = []
    for i, output in enumerate(g.call(case.primitive, *values, **case.attributes)):
        if output.element == "Real":
            factor = graph.inputs[f"factor {i}"] = graph.new_value(output.shape)
            feed[f"factor {i}"] = rng.normal(size=output.shape)
            whole = g.sum(g.multiply(output, factor), range(output.rank))
            totals.append(g.reshape(whole, ()))
    total = totals[0]
    for more in totals[1:]:
        total = g.add(total, more)
    assert_gradients_are_slopes(case, graph, total, feed)


def assert_gradients_are_slopes(case: Case, graph: Graph, total: Value, feed: Any) -> None:
    rng = np.random.default_rng(8)
    moving = [
        str(i)
        for i, each in enumerate(case.inputs)
        if isinstance(each, Real) and not isinstance(each, Mask)
    ]
    found = gradients(graph, total, [graph.inputs[name] for name in moving])
    results = run_graph(graph, feed, {})
    for name in moving:
        value = graph.inputs[name]
        way = rng.normal(size=value.shape)
        step = 1e-5
        ahead = run_graph(graph, feed | {name: feed[name] + step * way}, {})[total].sum()
        back = run_graph(graph, feed | {name: feed[name] - step * way}, {})[total].sum()
        slope = (ahead - back) / (2 * step)
        derivative = np.sum(results[found[value]] * way)
        size = np.sum(np.abs(results[found[value]] * way))
        assert slope == pytest.approx(derivative, rel=1e-6, abs=1e-6 * size + 1e-9)


OUTPUTS = [
    (name, number)
    for name, row in PRIMITIVES.items()
    for number, element in enumerate(row.elements)
    if element == "Real" and len(row.elements) > 1 and name not in NO_DERIVATIVE
]


@pytest.mark.parametrize(("name", "number"), OUTPUTS)
def test_each_of_several_outputs_of_a_primitive_has_a_gradient_of_its_own(
    name: str, number: int
) -> None:
    case = next(case for case in CASES if case.primitive == name and case.inputs[0].shape[0] > 1)
    graph = Graph()
    values = [graph.new_value(each.shape) for each in case.inputs]
    graph.inputs |= {str(i): value for i, value in enumerate(values)}
    g = Builder(graph)
    output = g.call(name, *values, **case.attributes)[number]
    total = g.reshape(g.sum(output, range(output.rank)), ())
    feed = {str(i): x for i, x in enumerate(case.draw())}
    assert_gradients_are_slopes(case, graph, total, feed)
    found = gradients(graph, total, values)
    graph.outputs |= dict(enumerate(found.values()))
    run = Run(graph, "Real64", list(feed.values()))
    results = run_graph(graph, feed, {})
    for given, value in zip(run.outputs, found.values(), strict=True):
        assert np.abs(given).max() > 0
        assert_close(given, results[value], 1e-12)


def test_a_run_allocates_nothing_whatever_the_size() -> None:
    case = next(case for case in CASES if case.primitive == "softmax")
    _, run = case_run(case, "Real32")
    tracemalloc.start()
    try:
        run.program.run()
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()


def test_a_matrix_product_reads_transposed_operands_where_they_lie() -> None:
    graph = Graph()
    a, b = graph.inputs["a"], graph.inputs["b"] = (
        graph.new_value((4, 300, 200)),
        graph.new_value((300, 50)),
    )
    g = Builder(graph)
    (turned,) = g.call("transpose", a, axes=(0, 2, 1))
    graph.outputs["c"] = g.call("matmul", turned, b)[0]
    assert [step.primitive for step in finish(graph, "Real32").steps] == ["matmul"]


def test_the_places_of_the_largest_are_those_of_the_first_of_equals() -> None:
    window = {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}
    x = np.array([[[[1.0, 1.0, np.nan, 9.0], [1.0, 0.0, np.nan, np.inf]]]])
    d = np.array([[[[3.0, 5.0]]]])
    (y,) = answers("pool_max", [x], window)
    np.testing.assert_array_equal(y, [[[[1, np.nan]]]])
    (back,) = answers("pool_max_input", [d, x], window | {"shape": x.shape})
    assert back.tolist() == [[[[3, 0, 5, 0], [0, 0, 0, 0]]]]
