"""One law for the slopes of all functions and formulas, where pieces meet and domains end.

A slope lies between those of the two sides, and is 0 only where one of them is, or where they have
opposite signs. Where there is one side, it is that of this side; it may be infinite, and is never
NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.primitive_cases import Run
from wlnet.graph.builder import Builder
from wlnet.graph.functions import COMBINATIONS, FUNCTIONS
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph

POINTS = np.array([0.0, -0.0, *(s * x for x in (0.5, 1, 1.5, 2, 2.5, 3, 6) for s in (1, -1))])

FORMULAS: dict[str, Callable[..., Any]] = {
    "v": lambda v: v**1,
    "v^2": lambda v: v**2.0,
    "v^3": lambda v: v**3,
    "1 by v": lambda v: 1 + v**0,
    "a root": lambda v: v**0.5,
    "a third root": lambda v: np.power(v, 1 / 3),
    "v^1.5": lambda v: v**1.5,
    "a polynomial": lambda v: sum(c * v**k for k, c in enumerate((1.0, -2.0, 0.5))),
    "2^v": lambda v: 2**v,
    "a leaky ramp": lambda v: np.maximum(v, 0) - 0.1 * np.maximum(-v, 0),
    "the larger": lambda v: np.maximum(v, 3 * v),
    "the smaller": lambda v: np.minimum(1 - v, v * v),
    "clip": lambda v: np.clip(v, -1, 1),
    "clip of one side": lambda v: v.clip(0.5) * np.clip(v, None, 2),
    "twice a ramp": lambda v: 2 * np.maximum(v, 0),
    "a hat": lambda v: np.maximum(1 - abs(v), 0),
    "abs and more": lambda v: abs(v) + 0.5 * v,
    "one side of two": lambda v: np.where(v > 0, v, 0.1 * v * v),
    "the other side of two": lambda v: np.where(v >= 0, v, 0.1 * v),
    "log of one side": lambda v: np.where(v > 0, np.log(np.maximum(v, 1)), 0),
    "a logarithm never seen": lambda v: np.where(v > 0.5, np.log(v), v - 0.5),
    "a root never seen": lambda v: np.where(v >= 1, np.sqrt(v - 1), v - 1),
    "a root of what is clipped": lambda v: np.sqrt(np.maximum(v, 0)),
    "a third root of it": lambda v: np.minimum(-v, 0) + np.maximum(v, 0) ** (1 / 3),
    "an angle of what is clipped": lambda v: np.arccos(np.clip(v, -1, 1)),
    "a root of a size": lambda v: np.sqrt(abs(v)),
    "a root of a square": lambda v: np.sqrt(v * v),
    "the smaller of a root and a line": lambda v: np.minimum(np.sqrt(np.maximum(v, 0)), v + 1),
    "a logarithm that is clipped": lambda v: np.maximum(np.log(v), -5),
    "another": lambda v: np.clip(np.log1p(v - 1), -5, 5),
    "a root that is clipped": lambda v: np.maximum(np.sqrt(v), 0.1),
    "an angle that is clipped": lambda v: np.clip(np.arcsin(v), -1, 1),
    "another angle": lambda v: np.clip(np.arccos(0.5 + v / 2), 1, 2),
    "an area that is clipped": lambda v: np.clip(np.arctanh(v), -1, 1),
    "an inverse that is clipped": lambda v: np.clip(1 / v, -5, 5),
    "an inverse square that is clipped": lambda v: np.minimum(v**-2.0, 5) + np.minimum(2 / v**2, 5),
    "exponentials that are clipped": lambda v: np.minimum(np.exp(400 * v), 10),
    "others": lambda v: np.minimum(np.expm1(400 * v), 0) + np.minimum(np.cosh(400 * v), 7),
    "a condition": lambda v: (v > -4) * v,
    "a sigmoid": lambda v: 1 / (1 + np.exp(-v)),
    "softplus": lambda v: np.logaddexp(v, 1),
    "log1p": lambda v: np.log1p(v),
    "Huber's": lambda v: np.where(abs(v) < 1, v * v / 2, abs(v) - 0.5),
}

PAIRS: dict[str, Callable[..., Any]] = {
    "logaddexp": lambda a, b: np.logaddexp(a, b),
    "the larger of three": lambda a, b: np.maximum(np.maximum(a, b), 0.5),
    "chosen": lambda a, b: np.where(a >= b, a, 0.5 * (a + b)),
    "two powers": lambda a, b: a**2 * abs(b) ** 1.5,
}


def program_slopes(layer: Any, points: Any, precision: Any) -> list[Any]:
    """The slope of a layer by each of its inputs."""
    graph = Graph()
    values = [graph.new_value(each.shape) for each in points]
    graph.inputs |= {str(i): value for i, value in enumerate(values)}
    y = layer.lower(Builder(graph), *values)
    found = gradients(graph, y, values)
    graph.outputs |= {str(i): found[value] for i, value in enumerate(values)}
    return [np.float64(each) for each in Run(graph, precision, points).outputs]


def sides(function: Callable[..., Any], at: Any, k: int) -> list[float]:
    """The slopes by the k-th argument on the sides that there are. None at a jump."""
    slopes = []
    here = float(function(*at))
    for sign in (1, -1):
        rises = []
        for step in (1e-6, 1e-9):
            moved = [x + sign * step * (i == k) for i, x in enumerate(at)]
            rises.append(float(function(*moved)) - here)
        near, nearer = rises[0] / 1e-6, rises[1] / 1e-9
        if not np.isfinite(rises).all() or abs(rises[1]) > 0.01:
            continue
        grows = abs(nearer) > 3 * abs(near) + 1
        slopes.append(sign * (np.copysign(np.inf, nearer) if grows else nearer))
    return slopes


def assert_between(slope: float, sides: list[float], tolerance: float, where: Any) -> None:
    said = f"{where}: {slope} between {sides}"
    low, high = min(sides), max(sides)
    slack = tolerance * (1 + max(abs(x) for x in sides if np.isfinite(x)) if np.isfinite(
        sides).any() else 1)  # fmt: skip
    assert low - slack <= slope <= high + slack, said
    if abs(slope) <= slack:
        assert low * high <= slack or min(abs(low), abs(high)) <= slack, said


def check(layer: Any, function: Callable[..., Any], points: Any, precision: Any) -> None:
    tolerance = 1e-4 if precision == "Real64" else 1e-3
    with np.errstate(all="ignore"):
        found = program_slopes(layer, points, precision)
        for n, at in enumerate(zip(*points, strict=True)):
            if not np.isfinite(function(*at)):
                continue
            for k, slopes in enumerate(found):
                there = sides(function, at, k)
                if there:
                    assert_between(slopes[n], there, tolerance, (at, k))


both_precisions = pytest.mark.parametrize("precision", ["Real64", "Real32"])


@both_precisions
@pytest.mark.parametrize("name", [*FUNCTIONS])
def test_a_function_has_a_slope_between_those_of_its_sides(name: str, precision: Any) -> None:
    check(wl.ElementwiseLayer(name), FUNCTIONS[name].evaluate, [POINTS], precision)


@both_precisions
@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_has_a_slope_between_those_of_its_sides(name: str, precision: Any) -> None:
    layer = wl.ElementwiseLayer(FORMULAS[name])
    check(layer, layer.reference, [POINTS], precision)


@both_precisions
@pytest.mark.parametrize("name", [*COMBINATIONS, *PAIRS])
def test_so_has_a_function_of_two_at_ties_and_zeros(name: str, precision: Any) -> None:
    grid = np.array([0.0, -0.0, 0.5, 1.0, 2.0, -0.5, -1.0, -2.0])
    points = [each.ravel() for each in np.meshgrid(grid, grid)]
    layer = wl.ThreadingLayer(PAIRS.get(name, name))
    check(layer, layer.reference, points, precision)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from([-2, -1, -0.5, 0.5, 1, 3])] * 2), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.5, -1.0]),
)
def test_so_has_any_sum_of_kinks_and_it_is_the_mean_of_the_sides(parts: Any, kink: float) -> None:
    def function(v: Any) -> Any:
        total = 0.25 * v
        for a, b in parts:
            total = total + np.maximum(a * (v - kink), b * (v - kink)) - b * np.minimum(v, kink)
        return total

    layer, at = wl.ElementwiseLayer(function), np.array([kink])
    with np.errstate(all="ignore"):
        (slope,) = program_slopes(layer, [at], "Real64")
    assert slope[0] == pytest.approx(np.mean(sides(layer.reference, at, 0)), abs=1e-6)


QUOTIENTS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "a sigmoid": (lambda v: np.exp(v) / (1 + np.exp(v)), lambda v: v * 0),
    "its double less one": (lambda v: 2 / (1 + np.exp(-2 * v)) - 1, lambda v: v * 0),
    "swish": (lambda v: v / (1 + np.exp(-v)), lambda v: v > 0),
    "an inverse exponential": (lambda v: 3 / np.exp(abs(v)), lambda v: v * 0),
    "of two exponentials": (lambda v: np.exp(v) / np.exp(2 * abs(v)), lambda v: v * 0),
}
"""Quotients, and their slopes far from 0."""


@both_precisions
@pytest.mark.parametrize("name", QUOTIENTS)
def test_an_infinite_exponential_below_spoils_no_slope(name: str, precision: Any) -> None:
    function, far = QUOTIENTS[name]
    points = np.array([s * x for x in (120.0, 1e3, 1e4) for s in (1, -1)])
    (slopes,) = program_slopes(wl.ElementwiseLayer(function), [points], precision)
    np.testing.assert_allclose(slopes, far(points), atol=1e-30)


@both_precisions
def test_at_zero_elu_selu_and_the_parametric_ramp_have_the_slope_of_the_right_side(
    precision: Any,
) -> None:
    zeros = np.array([0.0, -0.0])
    for name, right in (("ELU", 1.0), ("SELU", 1.0507009873554805)):
        (slopes,) = program_slopes(wl.ElementwiseLayer(name), [zeros], precision)
        assert slopes == pytest.approx([right, right], rel=1e-6)

    class Ramp:
        def lower(self, g: Any, x: Any, slope: Any) -> Any:
            return wl.ParametricRampLayer().lower(g, x, slope)

    by_x, by_slope = program_slopes(Ramp(), [zeros[None], np.array([0.1, 0.3])], precision)
    assert by_x.tolist() == [[1.0, 1.0]]
    assert by_slope.tolist() == [0.0, 0.0]


@both_precisions
def test_ramp_and_abs_have_no_slope_at_zero_and_a_tie_is_shared(precision: Any) -> None:
    zeros = np.array([0.0, -0.0])
    for name in ("Ramp", "Abs"):
        assert not program_slopes(wl.ElementwiseLayer(name), [zeros], precision)[0].any()
    for name in ("Max", "Min"):
        shares = program_slopes(wl.ThreadingLayer(name), [zeros, zeros], precision)
        assert [share.tolist() for share in shares] == [[0.5, 0.5], [0.5, 0.5]]
