"""Parts of arrays, and sequences that lose, gain and turn round elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.layers.bench import assert_follows, assert_refused, inferred
from wlnet.core.shapes import Mismatch
from wlnet.layers import (
    AppendLayer,
    PartLayer,
    PrependLayer,
    ReplicateLayer,
    SequenceLastLayer,
    SequenceMostLayer,
    SequenceRestLayer,
    SequenceReverseLayer,
    UnitVectorLayer,
)

X, Y = "Input", "Output"


@given(
    size=st.integers(1, 12),
    ends=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    backwards=st.tuples(st.booleans(), st.booleans()),
    step=st.integers(-5, 5).filter(bool),
)
def test_a_span_takes_what_a_list_of_its_entries_holds(
    size: int, ends: Any, backwards: Any, step: int
) -> None:
    first, last = (min(end, size) for end in ends)
    wanted = list(range(first, last + (1 if step > 0 else -1), step))
    told = [n - size - 1 if back else n
            for n, back in zip((first, last), backwards, strict=True)]  # fmt: skip
    said = f"{told[0]};;{told[1]};;{step}"
    if not wanted:
        with pytest.raises(Mismatch, match="there is no part"):
            inferred(PartLayer(said), {X: (size,)})
        return
    layer = PartLayer((wl.ALL, said), ports={X: (2, size)})
    x = np.arange(3 * 2 * size, dtype=np.float32).reshape(3, 2, size)
    np.testing.assert_array_equal(layer(x), x[:, :, [n - 1 for n in wanted]])


FOLLOWS: list[Any] = [
    (PartLayer(2), {X: (3, None)}, {Y: (None,)}),
    (PartLayer((wl.ALL, 2)), {X: (None, 4, None), Y: (3, 5)}, {X: (3, 4, 5)}),
    (PartLayer("2;;3"), {X: (None, 2)}, {Y: (None, 2)}),
    (PartLayer(wl.Span(2, -1)), {X: (4, 2)}, {Y: (3, 2)}),
    (PartLayer(wl.Span(-2)), {X: (4, 2)}, {Y: (2, 2)}),
    (PartLayer("1;;-1;;2"), {X: (5,)}, {Y: (3,)}),
    (SequenceLastLayer(), {Y: (3,)}, {X: (None, 3)}),
    (SequenceMostLayer(), {X: (4, 2)}, {Y: (3, 2)}),
    (SequenceMostLayer(), {Y: (3, None)}, {X: (4, None)}),
    (SequenceRestLayer(), {X: (None, 2)}, {Y: (None, 2)}),
    (SequenceReverseLayer(), {Y: (3, 2)}, {X: (3, 2)}),
    (AppendLayer(), {X: (3, None), "Element": (2,)}, {X: (3, 2), Y: (4, 2)}),
    (PrependLayer(), {Y: (4, 2)}, {X: (3, 2), "Element": (2,)}),
    (ReplicateLayer(2), {X: (None, 3)}, {Y: (2, None, 3)}),
    (ReplicateLayer(wl.AUTOMATIC, 2), {Y: (3, 4, 5)}, {X: (3, 5)}),
    (ReplicateLayer((2, wl.AUTOMATIC), -1), {X: (3,), Y: (3, 2, 7)}, {}),
    (UnitVectorLayer(), {Y: (4, 7)}, {X: (4,)}),
    (UnitVectorLayer(3), {X: ()}, {Y: (3,)}),
]
REFUSED: list[Any] = [
    (PartLayer(4), {X: (3,)}, "there is no part 4 of 3 entries"),
    (PartLayer(-4), {X: (3,)}, "there is no part -4 of 3 entries"),
    (PartLayer("2;;4"), {X: (3,)}, "there is no part 2;;4 of 3 entries"),
    (PartLayer("3;;2"), {X: (3,)}, "there is no part 3;;2 of 3 entries"),
    (PartLayer((1, 1)), {X: (3,)}, "has no 2 levels to take parts of"),
    (PartLayer((1, wl.ALL)), {X: (2, 3), Y: (4,)}, "size 4 is not 3"),
    (SequenceMostLayer(), {X: (1,)}, "a size of 1 leaves nothing without 1"),
    (SequenceRestLayer(), {X: (4,), Y: (2,)}, "size 4 is not 3"),
    (SequenceLastLayer(), {X: ()}, "should have at least rank 1"),
    (AppendLayer(), {X: (2, 3), "Element": (2,)}, "size 3 is not 2"),
    (AppendLayer(), {Y: (1,)}, "a size of 1 leaves nothing without 1"),
    (ReplicateLayer(2, 4), {X: (3,)}, "an array of rank 1 gets no new level 4"),
    (ReplicateLayer(2), {X: (3,), Y: (3, 3)}, "size 3 is not 2"),
    (ReplicateLayer((2, 2)), {Y: (2,)}, "repeated along 2 new levels is not"),
]


@pytest.mark.parametrize(("layer", "known", "found"), FOLLOWS, ids=repr)
def test_shapes_follow_from_one_another(layer: Any, known: Any, found: Any) -> None:
    assert_follows(layer, known, found)


@pytest.mark.parametrize(("layer", "known", "said"), REFUSED, ids=repr)
def test_shapes_that_cannot_be_say_why(layer: Any, known: Any, said: str) -> None:
    assert_refused(layer, known, said)


@pytest.mark.parametrize("wrong", [0, "2", (), ("a",), "1;;2;;0", "1;;2;;3;;4", 1.5, wl.Span("a")])
def test_a_part_that_is_none_is_refused_with_what_may_be_said(wrong: Any) -> None:
    with pytest.raises(wl.OptionError, match="an entry such as 2 or -1, a Span of entries"):
        PartLayer(wrong)


def test_parts_are_kept_as_they_can_be_saved() -> None:
    assert PartLayer(wl.Span(2)).part == ("2;;-1;;1",)
    assert PartLayer(";;;;-1").part == ("-1;;1;;-1",)
    assert PartLayer((wl.ALL, -1)) == PartLayer(["1;;-1", -1])


WORDS = np.array([[3, 1, 2], [2, 2, 1]])
MOVED: list[Any] = [
    (PartLayer(wl.Span(2, 3)), WORDS[:, 1:]),
    (PartLayer("1;;3;;2"), WORDS[:, ::2]),
    (SequenceMostLayer(), WORDS[:, :2]),
    (SequenceRestLayer(), WORDS[:, 1:]),
    (SequenceReverseLayer(), WORDS[:, ::-1]),
    (ReplicateLayer(2), np.stack([WORDS, WORDS], 1)),
]


@pytest.mark.parametrize(("layer", "moved"), MOVED, ids=repr)
def test_indices_pass_as_they_are(layer: Any, moved: Any) -> None:
    chain = wl.NetChain([layer, wl.EmbeddingLayer(2, 3)], input=(3, "Integer"))
    net = wl.net_initialize(chain, random_seeding=1)
    weights = wl.net_extract(net, (2, "Weights"))
    np.testing.assert_array_equal(net(WORDS), weights[moved - 1])


def test_what_is_appended_to_indices_is_an_index() -> None:
    net = wl.NetGraph(
        {"more": AppendLayer(), "vectors": UnitVectorLayer(3)},
        [(wl.NetPort("Input"), wl.NetPort("more", "Input")),
         (wl.NetPort("New"), wl.NetPort("more", "Element")),
         ("more", "vectors")],
        ports={"Input": (3, "Integer"), "New": "Integer"},
    )  # fmt: skip
    given = {"Input": WORDS, "New": np.array([1, 3])}
    joined = np.concatenate([WORDS, [[1], [3]]], axis=1)
    np.testing.assert_array_equal(net(given), np.eye(3)[joined - 1])


def test_places_are_embedded_whatever_stands_there() -> None:
    net = wl.net_initialize(
        wl.NetChain([wl.SequenceIndicesLayer(3), wl.EmbeddingLayer(2, 3)], input=(5, 2)),
        random_seeding=1,
    )
    weights = wl.net_extract(net, (2, "Weights"))
    np.testing.assert_array_equal(net(np.ones((5, 2))), weights[[0, 1, 2, 2, 2]])
