"""Boolean, Scalar, UnitVector, UTF8 and Function coders, and the inference of encoders."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import wlnet as wl
from wlnet.coders import NetDecoder, NetEncoder, infer_encoder
from wlnet.core.errors import DataError, NotInitializedError, OptionError, ShapeError

BOOLEAN, SCALAR, UNIT = NetEncoder("Boolean"), NetEncoder("Scalar"), NetEncoder("UnitVector", 3)


def test_truth_values_become_zero_and_one():
    for column in ([True, False, 1, 0.0], np.array([True, False, True, False])):
        bits = BOOLEAN.encode(column)
        assert bits.dtype == np.float32
        assert bits.tolist() == [1, 0, 1, 0]
    assert BOOLEAN(True) == 1
    assert NetDecoder("Boolean").target_encoder() == BOOLEAN


@pytest.mark.parametrize("value", [0.5, "True", None, 2, float("nan"), [True]])
def test_other_things_are_no_truth_values(value):
    with pytest.raises(DataError, match=r"(?s)Input, example 2.*expected: True or False"):
        BOOLEAN.encode([True, value])


def test_an_array_of_other_numbers_is_no_column_of_truth_values():
    with pytest.raises(DataError, match="Target, example 3"):
        BOOLEAN.encode(np.array([0, 1, 2]), "Target")


def test_half_is_true():
    decoder = NetDecoder("Boolean")
    assert decoder.decode(np.array([0.49, 0.5, 1])) == [False, True, True]
    assert decoder(0.7) is True
    assert decoder.decode(np.zeros(0)) == []
    with pytest.raises(OptionError, match="Decision"):
        decoder.decode(np.zeros(1), "Probability")
    with pytest.raises(DataError, match="example 1"):
        decoder.decode(np.array([np.inf]))


@given(st.lists(st.floats(-1e30, 1e30) | st.integers(-(10**9), 10**9)))
def test_scalars_are_rounded_to_32_bits_once(numbers):
    codes = SCALAR.encode(numbers)
    assert codes.shape == (len(numbers),)
    assert codes.tolist() == [float(np.float32(float(number))) for number in numbers]
    assert np.array_equal(codes, SCALAR.encode(np.array(numbers, float)))


@pytest.mark.parametrize("value", [True, "1", None, 1j, float("nan"), float("inf"), 1e300, 10**400])
def test_other_things_are_no_scalars(value):
    with pytest.raises(DataError, match="Input, example 2"):
        SCALAR.encode([1.0, value])


def test_arrays_of_scalars_are_checked_and_copied():
    column = np.array([1, 2, 3], np.float32)
    codes = SCALAR.encode(column)
    codes[0] = 9
    assert column[0] == 1
    with pytest.raises(DataError, match=r"(?s)example 3.*nan"):
        SCALAR.encode(np.array([1, 2, np.nan]))
    with pytest.raises(DataError, match="Boolean"):
        SCALAR.encode(np.array([True]))


@pytest.mark.parametrize("batch", [3, "text", {1, 2}, {"a": 1}, iter([1]), np.array(1)])
def test_only_ordered_things_are_batches(batch):
    with pytest.raises(DataError, match="not a batch"):
        SCALAR.encode(batch)


def test_numbers_are_single_and_lists_are_batches():
    for encoder in (BOOLEAN, SCALAR, UNIT):
        for item in (1, np.int64(1), np.array(1)):
            assert encoder.is_single(item)
        for batch in ([1], (1, 2), range(3), np.ones(3, int), np.ones((2, 3))):
            assert not encoder.is_single(batch)


def test_unit_vectors_have_their_one_at_the_place():
    expected = [[0, 1, 0], [0, 0, 1]]
    for column in ([2, 3], np.array([2, 3]), np.array([2, 3], np.uint8)):
        assert UNIT.encode(column).tolist() == expected
    assert UNIT.is_single(np.eye(3)[0])
    assert UNIT.encode(np.eye(3)[1:]).tolist() == expected
    assert UNIT.encode(list(np.eye(3)[1:])).tolist() == expected


@pytest.mark.parametrize("value", [0, 4, -1, True, 1.0, "1", None])
def test_other_things_are_no_places(value):
    with pytest.raises(DataError, match=r"(?s)Input, example 2.*a whole number from 1 to 3"):
        UNIT.encode([1, value])
    if isinstance(value, int) and not isinstance(value, bool):
        with pytest.raises(DataError, match="Input, example 2"):
            UNIT.encode(np.array([1, value]))


def test_the_length_of_unit_vectors_waits_for_the_port():
    assert NetEncoder("UnitVector").fitted((4,)) == NetEncoder("UnitVector", 4)
    with pytest.raises(NotInitializedError):
        NetEncoder("UnitVector").encode([1])
    with pytest.raises(ShapeError):
        UNIT.fitted((4,))
    for size in (0, -1, 1.5, True, 10**12):
        with pytest.raises(OptionError, match="not a length"):
            NetEncoder("UnitVector", size)


def test_a_function_is_called_for_each_item_or_once():
    single = NetEncoder("Function", lambda word: [len(word), 1], 2)
    batched = NetEncoder("Function", lambda words: [[len(w), 1] for w in words], (2,), batched=True)
    for encoder in (single, batched):
        assert encoder.shape == (2,)
        assert encoder.encode(["a", "bcd"]).tolist() == [[1, 1], [3, 1]]
        assert encoder("bcd").tolist() == [3, 1]
        assert encoder.encode([]).shape == (0, 2)


def test_a_function_without_a_shape_may_give_several():
    encoder = NetEncoder("Function", lambda n: [0.0] * n)
    assert encoder.shape is None
    assert encoder.encode([2, 2]).shape == (2, 2)
    assert [each.shape for each in encoder.encode([2, 3])] == [(2,), (3,)]
    with pytest.raises(DataError, match=r"(?s)example 2.*shape \(2,\)"):
        encoder.fitted((2,)).encode([2, 3])
    assert encoder.fitted((2, None)).shape == (2, None)
    assert encoder.fitted((2, None)).fitted((2, 5)).shape == (2, 5)
    with pytest.raises(ShapeError):
        encoder.fitted((2,)).fitted((3,))


def test_lists_are_batches_for_a_function_and_arrays_of_numbers_are_items():
    encoder = NetEncoder("Function", np.sum, ())
    assert encoder.is_single(np.ones((2, 2)))
    assert encoder(np.ones((2, 2))) == 4
    assert not encoder.is_single([np.ones(2)])
    assert not encoder.is_single(np.array(["a", "b"]))


def test_a_failing_function_names_the_example():
    encoder = NetEncoder("Function", lambda n: 1 / n, ())
    with pytest.raises(DataError, match=r"(?s)ZeroDivisionError.*Input, example 3") as caught:
        encoder.encode([1, 2, 0])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(DataError, match="example 1"):
        NetEncoder("Function", str, ()).encode([1])
    with pytest.raises(DataError, match="example 2"):
        NetEncoder("Function", float, ()).encode([1, "nan"])
    with pytest.raises(DataError, match=r"(?s)2 examples.*batched=False"):
        NetEncoder("Function", lambda items: [1.0], (), batched=True).encode([1, 2])
    with pytest.raises(DataError, match="TypeError"):
        NetEncoder("Function", lambda items: items + 1, (), batched=True).encode([1, 2])


def test_a_function_encoder_checks_its_arguments_together():
    with pytest.raises(OptionError) as caught:
        NetEncoder("Function", 3, (2, -1), batched="yes")
    assert "3 faults" in str(caught.value)


def test_functions_are_equal_when_they_are_the_same_object():
    def one(x):
        return x

    assert NetEncoder("Function", one, 1) == NetEncoder("Function", one, (1,))
    assert NetEncoder("Function", one, 1) != NetEncoder("Function", lambda x: x, 1)


def test_columns_ask_for_encoders():
    assert infer_encoder([True, False]) == NetEncoder("Boolean")
    assert infer_encoder(np.array([True, False])) == NetEncoder("Boolean")
    assert infer_encoder(["b", "a", "b"]) == NetEncoder("Class", ["a", "b"])
    assert infer_encoder(np.array(["b", "a", "b"])) == NetEncoder("Class", ["a", "b"])


def test_many_different_strings_are_no_classes():
    # 100^0.55 = 12.6, rounded up to an even number: 14
    labels = [f"w{k % 14}" for k in range(100)]
    assert infer_encoder(labels) == NetEncoder("Class", sorted(set(labels)))
    assert infer_encoder([f"w{k % 15}" for k in range(100)]) is None


@pytest.mark.parametrize(
    "column",
    [
        [1, 2, 3],
        [True, 1],
        ["a", 1],
        [],
        np.zeros((5, 8, 8), np.uint8),
        np.zeros((5, 2), bool),
        "text",
        None,
        [None, None],
    ],
)
def test_nothing_is_guessed(column):
    assert infer_encoder(column) is None


def test_pillow_images_of_one_size_ask_for_an_image_encoder():
    grey, colour = Image.new("L", (5, 4)), Image.new("RGB", (5, 4))
    assert infer_encoder([grey, grey]) == NetEncoder("Image", (5, 4), color_space="Grayscale")
    assert infer_encoder([grey, colour]) == NetEncoder("Image", (5, 4), color_space="RGB")
    assert infer_encoder([grey, Image.new("L", (4, 5))]) is None


NUMBER = NetEncoder("Number", 40, 10)


@pytest.mark.parametrize("gap", [None, np.nan, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_a_missing_number_is_refused_or_counts_as_the_mean_or_is_told(gap: object) -> None:
    with pytest.raises(DataError, match=r"(?s)a number is missing.*example 2.*missing='Mean'"):
        NUMBER([30, gap])
    assert NUMBER.replace("Missing", "Mean")([30, gap]).tolist() == [[-1], [0]]
    assert NUMBER.replace("Missing", "Indicator")([30, gap]).tolist() == [[-1, 0], [0, 1]]


def test_a_missing_number_alone_is_one_example() -> None:
    assert NUMBER.replace("Missing", "Indicator")(None).tolist() == [0, 1]
    assert NUMBER(50).tolist() == [1]


def test_large_numbers_that_differ_by_little_stay_apart() -> None:
    stamps = 1.7e9 + np.arange(4)
    encoder = NetEncoder("Number", stamps.mean(), stamps.std())
    assert np.allclose(encoder(stamps)[:, 0], (stamps - stamps.mean()) / stamps.std(), rtol=1e-6)


def test_numbers_at_the_ends_of_their_range_are_standardised_as_others_are() -> None:
    most = np.finfo(np.float64).max
    encoder = NetEncoder("Number", -most / 2, most)
    assert np.allclose(encoder([most, -most]), [[1.5], [-0.5]])


@pytest.mark.parametrize("wrong", [True, "3", 1j, np.inf, np.datetime64("2020-01-01")])
def test_other_things_are_no_numbers(wrong: object) -> None:
    with pytest.raises(DataError, match="example 2"):
        NUMBER([1.0, wrong])


@pytest.mark.parametrize(
    "options",
    [
        {"mean": np.nan},
        {"mean": "a"},
        {"deviation": 0},
        {"deviation": -1},
        {"deviation": np.inf},
        {"missing": "Ignore"},
    ],
)
def test_impossible_statistics_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        NetEncoder("Number", **options)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_a_number_comes_back_from_its_encoder(mean: float, deviation: float, x: list[float]):
    decoder = NetDecoder("Number", mean, deviation)
    back = decoder(decoder.target_encoder().encode(x, dtype=np.float64))
    assert np.allclose(back, x, rtol=1e-6, atol=1e-6)


def test_none_among_labels_is_the_label_of_every_missing_value() -> None:
    encoder = NetEncoder("Class", ["a", "b", None])
    marks = [None, np.nan, pd.NA, pd.NaT]
    assert encoder(np.array(["b", *marks], object)).tolist() == [2, 3, 3, 3, 3]
    with pytest.raises(DataError, match="not one of the labels"):
        NetEncoder("Class", ["a", "b"])(np.array(["b", np.nan], object))


def test_scalars_come_back_as_floats_of_the_same_value() -> None:
    decoder = NetDecoder("Scalar")
    numbers = np.array([0.1, -3, 2.0**-149], np.float32)
    told = decoder(numbers)
    assert all(type(each) is float for each in told)
    assert (np.array(told) == numbers.astype(np.float64)).all()
    assert decoder(np.float32(0.5), "Scalar") == 0.5
    assert (decoder.target_encoder().encode(told) == numbers).all()
    with pytest.raises(ShapeError, match="cannot read this array"):
        decoder(np.ones((2, 3)))
    with pytest.raises(DataError, match="example 2"):
        decoder([1.0, np.inf])
    with pytest.raises(OptionError, match="no such property"):
        decoder(0.5, "Decision")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_text_comes_back_from_its_bytes(text: str) -> None:
    encoder = NetEncoder("UTF8", "UnitVector")
    decoder = NetDecoder(encoder)
    assert decoder(encoder(text)) == text.rstrip("\0")
    padded = encoder.replace("TargetLength", 200)
    assert decoder(padded(text)) == text.rstrip("\0")


def test_bytes_that_are_no_text_are_shown() -> None:
    decoder = NetDecoder("UTF8")
    broken = np.eye(248)[[ord("a"), 0xC3, ord("b"), 247]]
    assert decoder(broken) == "a\ufffdb\ufffd"
    assert decoder(broken, ("TopDecisions", 1))[0] == [ord("a")]


def mean_or_most(x, of):
    return float(np.mean(x) if of == "Mean" else np.max(x))


def test_a_function_tells_of_each_example_or_of_all_at_once() -> None:
    single = NetDecoder("Function", lambda x: float(x.sum()), 2)
    batched = NetDecoder("Function", lambda x: x.sum(axis=1), 2, batched=True)
    for decoder in (single, batched):
        assert decoder.shape == (2,)
        assert decoder([[1, 2], [3, 4]]) == [3, 7]
        assert decoder(np.array([1, 2])) == 3
        assert decoder.decode(np.zeros((0, 2))) == []
    words = NetDecoder("Function", lambda x: [f"{each[0]:.0f}" for each in x], 1, batched=True)
    assert words([[1], [2]]) == ["1", "2"]


def test_of_a_shape_that_is_not_told_an_array_is_one_example_and_a_list_a_batch() -> None:
    decoder = NetDecoder("Function", np.shape)
    assert decoder(np.ones((2, 3))) == (2, 3)
    assert decoder([np.ones(3), np.ones(3)]) == [(3,), (3,)]
    assert decoder.fitted((3,))(np.ones((2, 3))) == [(3,), (3,)]
    assert decoder.fitted((3, None)).fitted((3, 4)).shape == (3, 4)
    raw = np.ones(2)
    assert decoder(raw, None) is raw
    with pytest.raises(ShapeError, match="does not fit the port"):
        decoder.fitted((3,)).fitted((4,))
    with pytest.raises(ShapeError, match="cannot read this array"):
        decoder.fitted((3,))(np.ones((2, 4)))


def test_a_function_is_asked_for_its_properties() -> None:
    decoder = NetDecoder("Function", mean_or_most, 2, properties=["Mean", "Most"])
    assert decoder([[1, 3]]) == decoder([[1, 3]], "Mean") == [2]
    assert decoder([1, 3], "Most") == 3
    with pytest.raises(OptionError, match=r"(?s)no such property.*Mean, Most.*did you mean 'Most'"):
        decoder([1, 3], "Mos")
    with pytest.raises(OptionError, match="no such property"):
        NetDecoder("Function", np.sum, 2)([1, 3], "Decision")


def test_what_a_function_is_given_cannot_be_written_to() -> None:
    kept = np.ones((1, 2))

    def spoil(x):
        x[:] = 0

    with pytest.raises(DataError, match=r"(?s)decoder failed with ValueError.*example 1"):
        NetDecoder("Function", spoil, 2).decode(kept)
    assert (kept == 1).all()


def test_a_failing_function_of_a_decoder_names_the_example() -> None:
    decoder = NetDecoder("Function", lambda x: 1 // int(x[0]), 1)
    with pytest.raises(DataError, match=r"(?s)ZeroDivisionError.*example 2") as caught:
        decoder([[1], [0]])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    for wrong in (lambda x: [1], lambda x: "ab", lambda x: {1: 1, 2: 2}):
        with pytest.raises(DataError, match=r"(?s)something else.*a list of 2.*batched=False"):
            NetDecoder("Function", wrong, 1, batched=True)([[1], [0]])
    for wrong in (lambda x: x + "a", lambda x: 3):
        with pytest.raises(DataError, match=r"TypeError|UFuncNoLoopError|UFuncTypeError"):
            NetDecoder("Function", wrong, 1, batched=True)([[1], [0]])
    with pytest.raises(OptionError, match="4 faults"):
        NetDecoder("Function", 3, (2, -1), batched="yes", properties="Sum")
    with pytest.raises(OptionError, match="two properties of one name"):
        NetDecoder("Function", np.sum, properties=["a", "a"])


def test_a_net_answers_with_what_a_function_says_and_learns_from_arrays() -> None:
    decoder = NetDecoder("Function", lambda x: "up" if x[0] > 0 else "down")
    net = wl.NetChain([1], input=2, output=decoder)
    x = np.random.default_rng(0).normal(size=(40, 2))
    trained = wl.net_train(net, (x, x[:, :1]), learning_rate=0.1, max_training_rounds=40)
    assert trained([[3, 0], [-3, 0]]) == ["up", "down"]
    assert trained([3, 0], None).shape == (1,)
    assert trained(x[0].astype(np.float32)) in ("up", "down")
    with pytest.raises(wl.FormatError, match="take the coder off the port"):
        wl.save(trained, "never.wlnet")
    number = wl.NetChain([wl.LinearLayer(())], input=2, output=NetDecoder("Scalar"))
    assert type(wl.net_train(number, (x, x[:, 0].tolist()), max_training_rounds=1)(x[0])) is float


def test_a_function_may_give_integers_that_count_from_one() -> None:
    def letters(text):
        return [ord(c) - 96 for c in text]

    def letters_of_all(texts):
        return [letters(text) for text in texts]

    shape = ("Varying", wl.Restricted("Integer", 26))
    for function in (letters, letters_of_all):
        encoder = NetEncoder("Function", function, shape, batched=function is letters_of_all)
        assert (encoder.shape, encoder.element, encoder.index_count) == ((None,), "Integer", 26)
        codes = encoder.encode(["ab", "yz"])
        assert codes.dtype == np.int64
        assert codes.tolist() == [[1, 2], [25, 26]]
        assert encoder.encode([]).dtype == np.int64
        with pytest.raises(DataError, match=r"(?s)something else.*example 2.*from 1 to 26"):
            encoder.encode(["ab", "a{"])
        net = wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(3)], input=encoder))
        assert net[1, "Weights"].shape == (26, 3)
    any_length = NetEncoder("Function", lambda n: [1] * n, ("Varying", "Integer"))
    assert [each.tolist() for each in any_length([1, 2])] == [[1], [1, 1]]
    assert any_length.index_count is None
    assert any_length.fitted((4,)).shape == (4,)
    assert any_length.fitted((4,)).element == "Integer"
    with pytest.raises(DataError, match="from 1 to 2147483647"):
        NetEncoder("Function", lambda n: n / 2, "Integer").encode([2, 3])
    with pytest.raises(OptionError, match="a decoder reads numbers"):
        NetDecoder("Function", np.sum, (3, "Integer"))
