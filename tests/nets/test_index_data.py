"""Indices among data: what is none is named, with its example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import EXAMPLES

NAN, INF = float("nan"), float("inf")
NETS: dict[str, Any] = {
    "one": wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(2, 5)], input="Integer")),
    "rows": wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(2, 5)], input=2)),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (NAN, ("indices are integers", "nan")),
        (1.5, ("indices are integers", "1.5")),
        (INF, ("out of range", "inf")),
        (-INF, ("out of range", "-inf")),
        (6.0, ("out of range", "6.0")),
        (0.0, ("out of range", "0.0")),
    ],
)
def test_a_number_that_is_no_index_is_named_with_its_example(
    value: float, words: tuple[str, ...], dtype: Any
) -> None:
    columns: dict[str, Any] = {"one": [1, 2, value, 3], "rows": [[1, 2], [3, 4], [5, value]]}
    for form, column in columns.items():
        with pytest.raises(wl.DataError) as error:
            NETS[form](np.array(column, dtype))
        for word in (*words, "port Input, example 3", "1..5"):
            assert word in str(error.value)


def test_the_first_of_several_is_named() -> None:
    with pytest.raises(wl.DataError, match=r"example 2\n.*given: *nan"):
        NETS["one"]([1.0, NAN, 9.0, 0.5])


def test_a_list_with_a_gap_names_it() -> None:
    with pytest.raises(wl.DataError, match=r"example 3\n.*given: *nan"):
        NETS["rows"]([[1, 2], [3, 4], [NAN, 1]])


@pytest.mark.parametrize("value", [1e300, 2.0**63, np.uint64(2**63 + 5)])
def test_an_index_beyond_all_integers_is_given_as_it_is(value: Any) -> None:
    with pytest.raises(wl.DataError, match="out of range") as error:
        NETS["one"](np.array([value]))
    assert str(value) in str(error.value)


def test_whole_numbers_of_any_type_are_indices() -> None:
    expected = NETS["one"](np.array([1, 5, 2]))
    for dtype in (np.float16, np.float32, np.float64, np.int8, np.uint64):
        assert np.array_equal(NETS["one"](np.array([1, 5, 2], dtype)), expected)


def test_truth_values_are_no_indices() -> None:
    with pytest.raises(wl.DataError, match=r"indices are integers[^$]*bool[^$]*an integer in 1..5"):
        NETS["one"](np.array([True, False]))


def test_where_nothing_limits_an_index_its_size_does() -> None:
    moved = wl.NetChain([wl.FlattenLayer()], input=(2, "Integer"))
    assert moved([1, 2**31 - 1]).tolist() == [1, 2**31 - 1]
    with pytest.raises(wl.DataError, match=r"given: *2147483648\n.*1..2147483647"):
        moved([1, 2**31])


def test_indices_that_a_layer_makes_are_held_against_what_reads_them() -> None:
    counted = [wl.SequenceIndicesLayer(), wl.EmbeddingLayer(3, 4)]
    with pytest.raises(wl.ShapeError, match=r"2 EmbeddingLayer Input\n.*1 to 5\n.*1 to 4"):
        wl.NetChain(counted, input=(5, 2))
    net = wl.net_initialize(wl.NetChain(counted, input=("Varying", 2)))
    assert net(np.ones((4, 2))).shape == (4, 3)
    with pytest.raises(wl.ShapeError, match=r"2 EmbeddingLayer Input\n.*1 to 6\n.*1 to 4"):
        net(np.ones((6, 2)))
    moved = [wl.OrderingLayer(2), wl.SequenceReverseLayer(), wl.UnitVectorLayer(4)]
    assert wl.NetChain(moved, input=4)([3, 1, 2, 9]).tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    with pytest.raises(wl.ShapeError, match=r"3 UnitVectorLayer Input\n.*1 to 5\n.*1 to 4"):
        wl.NetChain(moved, input=5)
    mapped = wl.NetMapOperator(wl.NetChain([wl.OrderingLayer(), wl.EmbeddingLayer(1, 2)]))
    with pytest.raises(wl.ShapeError, match="larger than what they are looked up in"):
        wl.NetChain([mapped], input=(4, 3))
    parts = {"order": wl.OrderingLayer(), "one": wl.PartLayer(1), "take": wl.ExtractLayer()}
    edges = [(wl.NetPort("By"), "order", "one", wl.NetPort("take", "Position"))]
    smallest = wl.NetGraph(parts, edges, ports={"By": 5, "Input": 5})
    assert smallest({"By": [3, 2, 0, 4, 9], "Input": [5, 6, 7, 8, 9]}) == 7
    with pytest.raises(wl.ShapeError, match=r"take ExtractLayer Position\n.*1 to 5\n.*1 to 4"):
        wl.NetGraph(parts, edges, ports={"By": 5, "Input": 4})
    fewer = wl.NetChain([wl.SequenceIndicesLayer(2), wl.UnitVectorLayer(4)], input=(3, 1))
    assert wl.information(fewer, "OutputPorts")["Output"] == (3, 4)


def test_a_table_whose_size_nobody_tells_holds_the_indices_that_are_made() -> None:
    net = wl.NetChain([wl.SequenceIndicesLayer(50), wl.EmbeddingLayer(3)], input=("Varying", 2))
    assert wl.information(net, "ArraysDimensions") == {(2, "Weights"): (50, 3)}
    wider = wl.NetChain([wl.OrderingLayer(2), wl.EmbeddingLayer(3)], input=6)
    assert wl.information(wider, "ArraysDimensions") == {(2, "Weights"): (6, 3)}


MOVERS = [
    case for case in EXAMPLES
    if "Either" in map(case.layer.port_element, case.layer.input_names)
]  # fmt: skip


@pytest.mark.parametrize("case", MOVERS, ids=str)
def test_what_keeps_columns_leaves_entries_where_they_stand_in_the_last_level(case: Any) -> None:
    layer, shapes = case.bare, case.shapes
    ranks, lasts = {*map(len, shapes.values())}, {shape[-1:] for shape in shapes.values()}
    made = layer.reference(*(np.broadcast_to(np.arange(*shape[-1:]) if shape else 0, (1, *shape))
                             for shape in shapes.values()))  # fmt: skip
    if layer.keeps_columns(max(ranks)) and lasts == {made.shape[1:][-1:]} != {()}:
        assert np.array_equal(made, np.broadcast_to(np.arange(made.shape[-1]), made.shape))


@pytest.mark.parametrize(
    ("mover", "shape"),
    [
        (wl.SequenceLastLayer(), (3, 2)),
        (wl.SequenceMostLayer(), (3, 2)),
        (wl.SequenceRestLayer(), (3, 2)),
        (wl.SequenceReverseLayer(), (3, 2)),
        (wl.PartLayer(-1), (3, 2)),
        (wl.ReshapeLayer((1, 2)), (1, 1, 2)),
        (wl.FlattenLayer(), (1, 2)),
        (wl.ReplicateLayer(2), (2,)),
        (wl.PaddingLayer([1], "Fixed"), (3, 2)),
    ],
    ids=lambda given: getattr(given, "kind", None),
)
def test_positions_that_are_moved_as_wholes_are_checked_coordinate_by_coordinate(
    mover: Any, shape: Any
) -> None:
    """A row that is not there, whose number is that of a column."""
    net = wl.NetGraph(
        {"move": mover, "take": wl.ExtractLayer()},
        [(wl.NetPort("At"), "move", wl.NetPort("take", "Position"))],
        input=(2, 4), at=(*shape, "Integer"),
    )  # fmt: skip
    x = np.arange(8).reshape(2, 4)
    at = np.broadcast_to([2, 4], shape)
    assert np.all(net({"Input": x, "At": at}) == 7)
    with pytest.raises(wl.DataError, match=r"given: *3\n.*1\.\.2 or -2\.\.-1, 1\.\.4"):
        net({"Input": x, "At": np.broadcast_to([3, 1], shape)})
