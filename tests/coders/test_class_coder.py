"""Class encoders and decoders, checked against the definitions."""

import math
from enum import Enum, IntEnum, StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import wlnet as wl
from wlnet.coders import NetDecoder, NetEncoder, infer_encoder
from wlnet.coders.worth import worth
from wlnet.core.errors import DataError, NotInitializedError, OptionError, ShapeError
from wlnet.core.streams import stream

XYZ = NetDecoder("Class", ["x", "y", "z"])
P = np.array([[0.2, 0.7, 0.1], [0.4, 0.4, 0.2]], np.float32)


def test_labels_become_places_that_count_from_one():
    encoder = NetEncoder("Class", ["x", "y", "z"])
    assert (encoder.shape, encoder.element) == ((), "Integer")
    codes = encoder.encode(["z", "x", "y"])
    assert codes.dtype == np.int64
    assert codes.tolist() == [3, 1, 2]


def test_integer_labels_are_labels_and_never_places():
    encoder = NetEncoder("Class", range(10))
    column = np.array([0, 9, 3], np.uint8)
    assert encoder.encode(column).tolist() == [1, 10, 4]
    assert encoder.encode(column.tolist()).tolist() == [1, 10, 4]
    assert encoder.encode(column.astype(float)).tolist() == [1, 10, 4]
    with pytest.raises(DataError, match="Input, example 2"):
        encoder.encode(np.array([0, 10]))


@given(
    labels=st.lists(st.integers(-50, 50) | st.text(max_size=3), min_size=1, unique=True),
    data=st.data(),
)
def test_the_place_of_a_label_is_its_index(labels, data):
    column = data.draw(st.lists(st.sampled_from(labels)))
    codes = NetEncoder("Class", labels).encode(column)
    assert codes.tolist() == [labels.index(item) + 1 for item in column]


@given(labels=st.lists(st.integers(-50, 50), min_size=1, unique=True), data=st.data())
def test_arrays_and_lists_of_labels_encode_alike(labels, data):
    column = data.draw(st.lists(st.sampled_from(labels), min_size=1))
    encoder = NetEncoder("Class", labels, "UnitVector")
    vectors = encoder.encode(np.array(column))
    assert np.array_equal(vectors, encoder.encode(column))
    assert np.array_equal(
        vectors, np.eye(len(labels), dtype=np.float32)[[labels.index(item) for item in column]]
    )


def test_truth_values_are_not_numbers():
    with pytest.raises(DataError, match=r"(?s)example 1.*given:    True"):
        NetEncoder("Class", [0, 1]).encode([True])
    assert NetEncoder("Class", [False, True]).encode(np.array([True, False])).tolist() == [2, 1]
    with pytest.raises(DataError):
        NetEncoder("Class", [False, True]).encode([1])


def test_an_unknown_label_names_port_example_and_the_likely_label():
    encoder = NetEncoder("Class", ["setosa", "virginica"])
    with pytest.raises(DataError) as caught:
        encoder.encode(["setosa", "virginca"], "Target")
    message = str(caught.value)
    for part in ("Target, example 2", "'virginca'", "setosa, virginica", "did you mean 'virgini"):
        assert part in message
    with pytest.raises(DataError, match="did you mean '3'"):
        NetEncoder("Class", ["3", "4"]).encode([3])
    with pytest.raises(DataError, match="did you mean 3"):
        NetEncoder("Class", [3, 4]).encode(["3"])
    with pytest.raises(DataError, match="example 1"):
        NetEncoder("Class", ["a"]).encode([["a"]])


def test_tuples_can_be_labels():
    encoder = NetEncoder("Class", [(0, 0), (0, 1), [1, 1]])
    assert encoder.is_single((0, 1))
    assert not encoder.is_single(((0, 1), (1, 1)))
    assert encoder(((0, 1), (1, 1))).tolist() == [2, 3]
    assert encoder.encode(np.array([[1, 1], [0, 0]])).tolist() == [3, 1]


@pytest.mark.parametrize(
    ("item", "single"),
    [("x", True), (3, True), (np.int64(3), True), (None, True), (["x"], False), (("x",), False)],
)
def test_one_label_is_one_item(item, single):
    assert NetEncoder("Class", ["x"]).is_single(item) is single
    assert not NetEncoder("Class", ["x"]).is_single(np.array(["x"]))
    assert NetEncoder("Class", ["x"]).is_single(np.array("x"))


def test_encoded_vectors_pass_through_the_unit_vector_form():
    encoder = NetEncoder("Class", ["x", "y"], "UnitVector")
    assert encoder.shape == (2,)
    assert encoder.is_single(np.array([0.3, 0.7]))
    assert not encoder.is_single(np.array(["x", "y"]))
    soft = np.array([[0.3, 0.7], [1, 0]])
    for batch in (soft, list(soft)):
        assert encoder.encode(batch).tolist() == soft.astype(np.float32).tolist()
    with pytest.raises(DataError, match="example 2"):
        encoder.encode(np.array([[0.3, 0.7], [np.nan, 0]]))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "no labels"),
        (["a", "b", "a"], "labels 1 and 3"),
        ([1, True], "two labels are equal"),
        (["a", {}], "label 2"),
        ([float("nan")], "NaN cannot be a label"),
        ("xyz", r"list\('xyz'\)"),
        (3, r"range\(1, 4\)"),
        ({"a", "b"}, "fixed order"),
    ],
)
def test_impossible_labels_are_rejected(labels, message):
    for door in (NetEncoder, NetDecoder):
        with pytest.raises(OptionError, match=message):
            door("Class", labels)


def test_labels_wait_for_the_port():
    assert NetDecoder("Class").shape == (None,)
    assert NetDecoder("Class").fitted((3,)) == NetDecoder("Class", [1, 2, 3])
    assert NetDecoder("Class").fitted((None,)) == NetDecoder("Class")
    assert NetEncoder("Class").fitted(()) == NetEncoder("Class")
    wide = NetEncoder("Class", output_form="UnitVector").fitted((3,))
    assert wide == NetEncoder("Class", [1, 2, 3], "UnitVector")
    for shape in ((4,), (3, 3), (), (0,)):
        with pytest.raises(ShapeError, match=r"expected: shape \(3,\)"):
            XYZ.fitted(shape)
    with pytest.raises(ShapeError):
        NetDecoder("Class").fitted((0,))
    with pytest.raises(NotInitializedError, match="does not know its labels"):
        NetEncoder("Class").encode([1])


def test_the_decision_is_the_first_of_the_largest():
    assert XYZ.decode(P) == ["y", "x"]
    assert XYZ.decode(P, "Decision") == ["y", "x"]
    assert XYZ(P[0]) == "y"
    assert NetDecoder("Class").decode(P) == [2, 1]


def test_labels_come_back_as_the_objects_given():
    decoder = NetDecoder("Class", np.arange(3))
    assert [type(label) for label in decoder.decode(P)] == [int, int]
    assert NetDecoder("Class", [0, 1.5, (2, "b")]).decode(np.eye(3)) == [0, 1.5, (2, "b")]


def test_properties_follow_their_definitions():
    assert XYZ.decode(P, ("TopDecisions", 2)) == [["y", "x"], ["x", "y"]]
    assert XYZ.decode(P, ["TopDecisions", 3])[0] == ["y", "x", "z"]
    table = XYZ.decode(P, "Probabilities")[0]
    assert list(table) == ["x", "y", "z"]
    assert table == {"x": P[0, 0], "y": P[0, 1], "z": P[0, 2]}
    assert list(XYZ.decode(P, ("TopProbabilities", 2))[0]) == ["y", "x"]
    assert XYZ.decode(P, ("Probability", "z")) == [P[0, 2], P[1, 2]]
    assert XYZ.decode(np.eye(3), "Entropy") == [0, 0, 0]
    entropy = -(0.2 * math.log(0.2) + 0.7 * math.log(0.7) + 0.1 * math.log(0.1))
    assert XYZ.decode(P, "Entropy")[0] == pytest.approx(entropy, rel=1e-6)
    assert XYZ.decode(np.full((1, 3), 1 / 3), "Entropy")[0] == pytest.approx(math.log(3))


def test_top_probabilities_lie_above_a_tenth_of_the_largest():
    p = np.array([[0.05, 0.5, 0.051, 0.399]])
    table = NetDecoder("Class", ["a", "b", "c", "d"]).decode(p, "TopProbabilities")[0]
    assert list(table.items()) == [("b", 0.5), ("d", 0.399), ("c", 0.051)]


@given(p=arrays(np.float32, (3, 5), elements=st.floats(0, 1, width=32)))
def test_top_decisions_are_a_stable_sort(p):
    decoder = NetDecoder("Class", range(5))
    for row, answer in zip(p.tolist(), decoder.decode(p, ("TopDecisions", 5)), strict=True):
        assert answer == sorted(range(5), key=lambda k: (-row[k], k))
    assert decoder.decode(p) == [row[0] for row in decoder.decode(p, ("TopDecisions", 1))]


def test_random_samples_follow_the_probabilities_and_the_seed():
    p = np.tile([0.2, 0.5, 0.0, 0.3], (20_000, 1))
    decoder = NetDecoder("Class", list("abcd"))
    draws = decoder.decode(p, "RandomSample", rng=stream(1, "sample"))
    assert draws == decoder.decode(p, "RandomSample", rng=stream(1, "sample"))
    shares = [draws.count(label) / len(draws) for label in "abcd"]
    assert shares[2] == 0
    assert np.allclose(shares, [0.2, 0.5, 0, 0.3], atol=0.015)
    with pytest.raises(OptionError, match="default_rng"):
        decoder.decode(p, "RandomSample")


def test_the_largest_draw_still_finds_a_possible_label():
    class Largest(np.random.Generator):
        def random(self, *args, **options):
            return np.ones(*args, **options)

    p = np.array([[0.5, 0.5, 0.0]])
    assert XYZ.decode(p, "RandomSample", rng=Largest(np.random.PCG64(1))) == ["y"]


@pytest.mark.parametrize(
    ("prop", "message"),
    [
        ("Probabilites", "did you mean 'Probabilities'"),
        (("TopDecision", 2), "did you mean 'TopDecisions'"),
        ("TopDecisions", r"expected: \('TopDecisions', n\)"),
        ("Probability", r"\('Probability', label\)"),
        (("Entropy", 2), "takes no argument"),
        (("TopDecisions", 4), "a count from 1 to 3"),
        (("TopDecisions", True), "a count from 1 to 3"),
        (("TopProbabilities", 0), "a count from 1 to 3"),
        (("Probability", "w"), "x, y, z"),
        (3, "no such property"),
        ((), "no such property"),
    ],
)
def test_a_faulty_property_is_an_option_error(prop, message):
    with pytest.raises(OptionError, match=message):
        XYZ.decode(P, prop)


def test_arrays_that_cannot_be_read_are_refused():
    with pytest.raises(ShapeError, match=r"expected: a batch of real arrays of shape \(3,\)"):
        XYZ.decode(np.zeros((2, 4)))
    with pytest.raises(ShapeError):
        XYZ.decode(np.array([["a", "b", "c"]]))
    with pytest.raises(DataError, match="example 2"):
        XYZ.decode(np.array([[0, 1, 0], [0, np.nan, 0]]))
    with pytest.raises(DataError, match=r"(?s)example 1.*SoftmaxLayer"):
        XYZ.decode(np.array([[-1, 1, 1]]), "Entropy")
    assert XYZ.decode(np.zeros((0, 3))) == []


def test_targets_of_a_class_port_use_its_labels():
    assert XYZ.target_encoder() == NetEncoder("Class", ["x", "y", "z"])


# Labels with classes of their own


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Word(StrEnum):
    RED = "red"
    BLUE = "blue"


class Mixed(str, Enum):  # noqa: UP042  # its text is "Mixed.RED", what it is worth is not
    RED = "red"
    BLUE = "blue"


class Text(str):
    pass


class Number(IntEnum):
    TWO = 2
    ONE = 1


CLASSY = [tuple(Colour), tuple(Word), tuple(Mixed), (Text("red"), Text("blue")), tuple(Number)]


@pytest.mark.parametrize("labels", CLASSY, ids=lambda labels: type(labels[0]).__name__)
def test_labels_of_a_class_of_their_own_stay_what_they_are_and_are_saved_as_what_they_are_worth(
    labels, tmp_path
):
    values = [getattr(label, "value", str(label)) for label in labels]
    net = wl.NetChain([2, wl.SoftmaxLayer()], input=2, output=wl.NetDecoder("Class", labels))
    net = wl.net_initialize(net)
    file = wl.save(net, tmp_path / "net.wlnet")
    again = wl.load(file)
    kept = again.ports["Output"].coder.labels
    assert again == net
    assert kept == tuple(values)
    assert all(type(label) in (str, int) for label in kept)
    for label, value in zip(labels, values, strict=True):
        for coder in (NetEncoder("Class", labels), NetEncoder("Class", values)):
            assert coder(label) == coder(value) == labels.index(label) + 1
            assert coder.encode(np.array([label], object)) == labels.index(label) + 1
    answer = net([1.0, 2.0])
    assert type(answer) is type(labels[0])
    assert values[labels.index(answer)] == again([1.0, 2.0])
    assert eval(repr(net.ports["Output"].coder), vars(wl)) == net.ports["Output"].coder


@pytest.mark.parametrize("labels", CLASSY, ids=lambda labels: type(labels[0]).__name__)
def test_a_training_learns_labels_of_a_class_of_their_own(labels):
    column = [labels[0], labels[1], labels[0], labels[0]]
    net = wl.NetChain([2, wl.SoftmaxLayer()], input=1)
    trained = wl.net_train(net, ([[1.0], [2.0], [1.0], [1.0]], column), max_training_rounds=1)
    assert trained([1.0]) in labels
    assert type(trained([1.0])) is type(labels[0])
    if not isinstance(labels[0], int):
        assert infer_encoder(column).labels == tuple(sorted(labels, key=worth))


def test_a_label_and_what_it_is_worth_cannot_both_be_labels():
    with pytest.raises(OptionError, match="two labels are equal"):
        NetEncoder("Class", [Colour.RED, "red"])
