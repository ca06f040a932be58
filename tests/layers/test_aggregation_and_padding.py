"""Numbers made of many, arrays with margins, and levels that are joined in groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import Run
from tests.layers.bench import assert_follows, assert_refused
from wlnet.graph.folds import FOLDS
from wlnet.layers import AggregationLayer, FlattenLayer, PaddingLayer

X, Y = "Input", "Output"
MODES = {"Fixed": "edge", "Reflected": "reflect", "Periodic": "wrap"}


@given(
    size=st.integers(1, 6),
    margins=st.tuples(st.integers(0, 14), st.integers(0, 14)),
    mode=st.sampled_from([*MODES, 2.5]),
)
def test_a_level_is_padded_as_numpy_does_it_however_wide(
    size: int, margins: Any, mode: Any
) -> None:
    x = np.arange(3 * size, dtype=np.float32).reshape(3, size)
    said = {"constant_values": mode} if mode not in MODES else {"mode": MODES[mode]}
    expected = np.pad(x, [(0, 0), margins], **said)
    np.testing.assert_array_equal(PaddingLayer([margins], mode, input=(size,))(x), expected)


def test_indices_are_padded_with_indices_and_not_with_a_number() -> None:
    chain = wl.NetChain(
        [PaddingLayer([(1, 2)], "Reflected"), wl.UnitVectorLayer(3)], input=(3, "Integer")
    )
    np.testing.assert_array_equal(chain([1, 3, 2]), np.eye(3)[[2, 0, 2, 1, 2, 0]])
    with pytest.raises(wl.ShapeError):
        wl.NetChain([PaddingLayer([1]), wl.UnitVectorLayer(3)], input=(3, "Integer"))


@pytest.mark.parametrize("name", FOLDS)
def test_no_aggregation_loses_a_number_that_is_none(name: str) -> None:
    net = wl.NetChain([np.log, AggregationLayer(name, 1)], input=4)
    assert np.isfinite(net([1, 2, 3, 3]))
    assert np.isnan(net([1, 2, -1, 3]))


FOLLOWS: list[Any] = [
    (AggregationLayer("Max"), {X: (3, None, 2)}, {Y: (3,)}),
    (AggregationLayer("Max", 1), {X: (3, None), Y: (5,)}, {X: (3, 5)}),
    (AggregationLayer("Variance"), {X: (3, None)}, {Y: (3,)}),
    (PaddingLayer([(1, 2)]), {X: (None, 3)}, {Y: (None, 3)}),
    (PaddingLayer([(1, 2)]), {Y: (4, None)}, {X: (1, None)}),
    (FlattenLayer([(2, 3)]), {X: (2, 3, 4)}, {Y: (12, 2)}),
    (FlattenLayer([(2, 3)]), {X: (None, None, 4), Y: (12, 2)}, {X: (2, 3, 4)}),
    (FlattenLayer([(-1,), (1, 2)]), {X: (2, 3, None), Y: (5, None)}, {X: (2, 3, 5), Y: (5, 6)}),
]
REFUSED: list[Any] = [
    (AggregationLayer("Max"), {X: (3,)}, "levels 2;;-1 of rank 1 are none"),
    (AggregationLayer("Max", ()), {X: (3,)}, "no levels to aggregate over"),
    (AggregationLayer("Variance", 1), {X: (1,)}, "of one number in (1,) there is no Variance"),
    (PaddingLayer([1, 1]), {X: (3,)}, "(3,) has no 2 levels to pad"),
    (PaddingLayer([(1, 2)]), {Y: (3,)}, "(3,) is all padding ((1, 2),)"),
    (PaddingLayer([(1, 2)]), {X: (3,), Y: (5,)}, "size 5 is not 6"),
    (FlattenLayer([(1, 4)]), {X: (2, 3)}, "there is no level 4: rank 2"),
    (FlattenLayer([(1, -1)]), {X: (2,)}, "name one level twice"),
    (FlattenLayer([(1, 2)]), {X: (2, 3), Y: (3, 2)}, "becomes of rank 1, not (3, 2)"),
]


@pytest.mark.parametrize(("layer", "known", "found"), FOLLOWS, ids=repr)
def test_shapes_follow_from_one_another(layer: Any, known: Any, found: Any) -> None:
    assert_follows(layer, known, found)


@pytest.mark.parametrize(("layer", "known", "said"), REFUSED, ids=repr)
def test_shapes_that_cannot_be_say_why(layer: Any, known: Any, said: str) -> None:
    assert_refused(layer, known, said)


def test_what_is_no_function_margin_or_group_is_refused_with_what_may_be_said() -> None:
    with pytest.raises(wl.OptionError, match="one of 'Mean', 'Max', 'Min', 'Total', 'Times'"):
        AggregationLayer("Mode")
    for wrong in (1, (), [(1, 2, 3)], [-1], "Fixed"):
        with pytest.raises(wl.OptionError, match="a pair \\(before, after\\) or a number a level"):
            PaddingLayer(wrong)
    for wrong in ("Zero", None, np.nan):
        with pytest.raises(wl.OptionError, match="a number, 'Fixed', 'Reflected', 'Periodic'"):
            PaddingLayer([1], wrong)
    for wrong in ((), [()], [1, 2], [(1, 2), (2,)]):
        with pytest.raises(wl.OptionError, match="groups of different levels"):
            FlattenLayer(wrong)


def slope(layer: Any, x: list[float]) -> list[float]:
    """The derivative of what a layer makes of a vector, which is one number."""
    run = Run(layer, {"Input": np.array([x])})
    run.data["factor Output"][...] = 1
    return run.run().derivatives["Input"][0].tolist()


def one(function: str, size: int) -> Any:
    return AggregationLayer(function, 1, input=size)


def test_the_derivative_of_a_product_is_that_of_the_other_factors_even_where_some_are_0() -> None:
    assert slope(one("Times", 5), [2, 3, 0, 5, 7]) == [0, 0, 210, 0, 0]
    assert slope(one("Times", 3), [0, 3, 0]) == [0, 0, 0]


def test_of_equal_numbers_the_first_is_the_largest_and_the_smallest() -> None:
    assert slope(one("Max", 4), [1, 3, 3, 2]) == [0, 1, 0, 0]
    assert slope(one("Min", 4), [1, 3, 1, 2]) == [1, 0, 0, 0]


def test_numbers_that_are_all_the_same_deviate_by_0_and_stay_finite_on_the_way_back() -> None:
    for function in ("StandardDeviation", "MeanDeviation"):
        assert np.isfinite(slope(one(function, 3), [2, 2, 2])).all()
        assert one(function, 3)([2, 2, 2]) == 0
