"""A label at every place of a sequence: "Class" coders of a greater depth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.core.errors import DataError, OptionError
from wlnet.core.ports import as_port

LABELS = ["x", "y", ("x", "y")]
ENCODER = NetEncoder("Class", LABELS, input_depth=2)
ROWS = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.sampled_from(LABELS), min_size=n, max_size=n), min_size=1)
)


@given(ROWS)
def test_sequences_of_labels_come_back(rows):
    codes = ENCODER.encode(rows)
    assert codes.tolist() == [[LABELS.index(label) + 1 for label in row] for row in rows]
    vectors = ENCODER.replace("OutputForm", "UnitVector").encode(rows)
    assert (vectors == np.eye(3, dtype=np.float32)[codes - 1]).all()
    decoder = NetDecoder("Class", LABELS, input_depth=2)
    assert decoder(vectors) == rows
    assert decoder(vectors[0]) == rows[0]
    assert decoder.target_encoder() == ENCODER


@given(ROWS)
def test_a_greater_depth_is_lists_of_the_smaller_one(rows):
    deeper = NetEncoder("Class", LABELS, input_depth=3)
    assert (deeper.encode([rows, rows]) == ENCODER.encode(rows)).all()
    chances = np.random.default_rng(0).random((2, *np.shape(ENCODER.encode(rows)), 3))
    for prop in ("Decision", "Entropy", ("TopDecisions", 2)):
        told = NetDecoder("Class", LABELS, input_depth=3)(chances, prop)
        assert told == [NetDecoder("Class", LABELS, input_depth=2)(each, prop) for each in chances]


def test_one_sequence_is_no_batch():
    assert ENCODER(["x", ("x", "y")]).tolist() == [1, 3]
    assert ENCODER([["x", ("x", "y")]]).tolist() == [[1, 3]]
    assert ENCODER(np.array(["x", "y"])).tolist() == [1, 2]
    numbers = NetEncoder("Class", [7, 8], input_depth=2)
    assert numbers(np.array([[8, 7]])).tolist() == [[2, 1]]
    assert (ENCODER.shape, ENCODER.element) == ((None,), "Integer")
    assert ENCODER.replace("OutputForm", "UnitVector").shape == (None, 3)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (["x", "z"], r"not one of the labels.*example 2.*'z'"),
        ("x", r"no sequence of labels.*example 2.*'x'"),
        ([], r"example without labels.*example 2"),
    ],
)
def test_what_is_wrong_in_a_sequence_is_told_with_its_example(row, told):
    with pytest.raises(DataError, match=rf"(?s){told}"):
        ENCODER.encode([["x", "y"], row])
    deeper = NetEncoder("Class", LABELS, input_depth=3)
    with pytest.raises(DataError, match=rf"(?s){told}"):
        deeper.encode([[["x", "y"], ["y", "y"]], [["x", "y"], row]])


def test_examples_may_differ_in_length_and_lists_of_one_example_may_not():
    assert [each.tolist() for each in ENCODER([["x", "y"], ["x"]])] == [[1, 2], [1]]
    deeper = NetEncoder("Class", LABELS, input_depth=3)
    found = deeper([[["x", "y"]], [["x"], ["y"]]])
    assert [each.tolist() for each in found] == [[[1, 2]], [[1], [2]]]
    told = r"(?s)several lengths in one example.*example 2.*1 labels after 2"
    with pytest.raises(DataError, match=told):
        deeper.encode([[["x", "y"], ["y", "y"]], [["x", "y"], ["x"]]])


def test_a_port_may_have_a_coder_at_every_place():
    assert as_port(("Varying", NetEncoder("Class", LABELS))).spec == ENCODER
    decoder = NetDecoder("Class", LABELS)
    assert as_port((None, None, decoder)).spec == decoder.replace("InputDepth", 3)
    with pytest.raises(
        OptionError, match=r'"Image" encoder is for single things.*\n.*\n.*1 level '
    ):
        as_port(("Varying", NetEncoder("Image")))
    with pytest.raises(OptionError, match=r"says how many places there are"):
        as_port((5, decoder))
