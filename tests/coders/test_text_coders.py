"""Texts as sequences of codes, and back: "Characters", "Tokens", "UTF8"."""

import string
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.coders.alphabet import as_alphabet, entries
from wlnet.core.errors import DataError, OptionError, ShapeError
from wlnet.core.symbols import ALL, ANY, END_OF_STRING, START_OF_STRING

ABC = NetEncoder("Characters", "abc")
FRAMED = ["abc", START_OF_STRING, END_OF_STRING]


def certain(codes, count):
    """Probabilities that leave no doubt about some codes."""
    return np.eye(count, dtype=np.float32)[np.asarray(codes) - 1]


# Characters


def test_the_usual_alphabet_is_that_of_english_text():
    encoder = NetEncoder("Characters")
    assert encoder.count == 97
    assert set(encoder.parameters["Alphabet"]) == set(string.printable[:-3])
    assert encoder("\t\n ~").tolist() == [1, 2, 3, 97]


def test_a_text_is_one_example_and_a_list_of_texts_is_a_batch():
    assert ABC("cab").tolist() == [3, 1, 2]
    assert ABC(np.str_("cab")).tolist() == [3, 1, 2]
    assert ABC(["cab"]).tolist() == ABC(np.array(["cab"])).tolist() == [[3, 1, 2]]
    assert ABC("a").dtype == np.int64
    assert (ABC.shape, ABC.element, ABC.index_count) == ((None,), "Integer", 3)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_text_comes_back_from_its_characters(text):
    alphabet = "".join(sorted(set(text)))
    encoder, decoder = NetEncoder("Characters", alphabet), NetDecoder("Characters", alphabet)
    assert decoder(certain(encoder(text), encoder.count)) == text
    assert decoder.target_encoder() == encoder


MEMBERS = st.lists(
    st.sampled_from([*"abcxyz", START_OF_STRING, END_OF_STRING, ANY]), min_size=1, unique=True
)


@given(MEMBERS, st.randoms(use_true_random=False))
def test_an_alphabet_in_its_shortest_form_is_the_same_alphabet(members, random):
    parts: list = []
    for member in members:
        if parts and isinstance(parts[-1], list) and random.random() < 0.4:
            parts[-1].append(member)
        else:
            parts.append([member] if random.random() < 0.3 else member)
    shortest = as_alphabet(parts, "", ignore_case=False)
    assert entries(shortest) == [tuple(p) if isinstance(p, list) else (p,) for p in parts]
    assert as_alphabet(shortest, "", ignore_case=False) == shortest


TEXTS = st.text("abc", max_size=9)


@given(
    st.lists(TEXTS), st.integers(1, 12), st.sampled_from([("abc", 3), ([END_OF_STRING, "abc"], 1)])
)
def test_a_target_length_cuts_and_pads_at_the_end(texts, length, case):
    alphabet, padding = case
    encoder = NetEncoder("Characters", alphabet, target_length=length)
    every = [encoder.codes(text, "Input", 0) for text in texts]
    padded = [(codes + [padding] * length)[:length] for codes in every]
    assert encoder.encode(texts).tolist() == padded
    assert encoder.encode(texts).shape == (len(texts), length)
    assert encoder.shape == (length,)


@given(st.lists(TEXTS, min_size=1), st.integers(1, 12))
def test_unit_vectors_have_their_ones_at_the_codes(texts, length):
    for kind in (NetEncoder("Characters", "abcd"), NetEncoder("UTF8"), NetEncoder("Tokens", ["a"])):
        index = kind.replace("TargetLength", length)
        vectors = index.replace("OutputForm", "UnitVector")
        encoded = vectors.encode(texts)
        assert encoded.dtype == np.float32
        assert encoded.shape == (len(texts), *vectors.shape) == (len(texts), length, index.count)
        assert (encoded == certain(index.encode(texts), index.count)).all()
        assert vectors.index_count is None


@given(st.lists(st.text("abc", min_size=3, max_size=3), min_size=1))
def test_a_batch_is_its_examples(texts):
    for encoder in (ABC, ABC.replace("OutputForm", "UnitVector")):
        assert (encoder(texts) == np.array([encoder(text) for text in texts])).all()


def test_the_ends_of_a_text_have_codes_where_the_alphabet_has_them():
    assert NetEncoder("Characters", FRAMED)("ab").tolist() == [4, 1, 2, 5]
    assert NetEncoder("Characters", [END_OF_STRING, "abc"])("ab").tolist() == [2, 3, 1]
    both = [string.digits, (START_OF_STRING, END_OF_STRING)]
    assert NetEncoder("Characters", both)("20").tolist() == [11, 3, 1, 11]
    assert NetEncoder("Characters", FRAMED, target_length=2)("ab").tolist() == [4, 1]


def test_any_stands_for_all_other_characters():
    assert NetEncoder("Characters", ["ab", ANY])("abxé").tolist() == [1, 2, 3, 3]
    assert NetEncoder("Characters", [("a", ANY), "b"])("abx").tolist() == [1, 2, 1]


def test_characters_in_a_tuple_share_a_code():
    encoder = NetEncoder("Characters", [("aeiou",), "bc"])
    assert encoder("abecu").tolist() == [1, 2, 1, 3, 1]
    assert encoder.count == 3
    assert NetDecoder("Characters", [("aeiou",), "bc"])(certain([1, 3], 3)) == "ac"


def test_case_is_ignored_where_that_is_asked_for():
    encoder = NetEncoder("Characters", "aBcC", ignore_case=True)
    assert encoder.parameters["Alphabet"] == "abc"
    assert encoder("ABCabc").tolist() == [1, 2, 3, 1, 2, 3]
    assert NetEncoder("Characters", ignore_case=True).count == 97 - 26
    shared = NetEncoder("Characters", [("aA",), "b"], ignore_case=True)
    assert shared.parameters["Alphabet"] == "ab"
    with pytest.raises(OptionError, match=r"(?s)two codes for one character.*part 2.*'A'"):
        NetEncoder("Characters", ["ab", ("A", "c")], ignore_case=True)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("İa")
@example("ΑΣ")
def test_small_letters_stand_where_the_large_ones_stood(text):
    encoder = NetEncoder("Characters", ["abcäößσ", ANY], ignore_case=True, target_length=40)
    assert len(encoder.codes(text, "Input", 0)) == len(text)
    assert (encoder(text) == encoder.replace("IgnoreCase", False)(small(text))).all()


def small(text):
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "abcd",
            r"character 4 is not.*example 2.*'d' \(U\+0064\) in 'abcd'.*fix: +ANY in the alph",
        ),
        ("aB", r"character 2 is not.*'B' \(U\+0042\).*fix: +ignore_case=True"),
        (5, r"this is no text.*example 2.*given: +5.*expected: +a string"),
        (b"ab", r"this is no text.*fix: +item.decode"),
        (None, r"this is no text"),
        ("", r"example without codes.*Target, example 2"),
    ],
)
def test_what_cannot_be_encoded_is_told_with_its_example_and_place(text, told):
    with pytest.raises(DataError, match=rf"(?s){told}"):
        ABC.encode(["abc", text, "abc"], "Target")


def test_text_that_is_composed_otherwise_is_told_how_to_become_the_same():
    encoder = NetEncoder("Characters", "é")
    with pytest.raises(DataError, match=r"character 1 .*\n.*\n.*U\+0065.*\n.*normalize\(\"NFC\""):
        encoder(unicodedata.normalize("NFD", "é"))


@pytest.mark.parametrize(
    ("alphabet", "told"),
    [
        ("aba", r"two codes for one character.*part 1.*'a'"),
        (["ab", ("c", "a")], r"two codes for one character.*part 2.*'a'"),
        ([ANY, ANY], r"two codes for one character.*ANY"),
        ("", r"no part of an alphabet|alphabet without characters"),
        ([], r"alphabet without characters"),
        ([()], r"no part of an alphabet.*part 1"),
        (["a", 5], r"no part of an alphabet.*part 2.*given: +5"),
        ([ALL], r"no part of an alphabet.*ALL"),
        ({"a": 1}, r"this is no alphabet"),
        (5, r"this is no alphabet.*given: +5"),
    ],
)
def test_impossible_alphabets_are_told(alphabet, told):
    for door in (NetEncoder, NetDecoder):
        with pytest.raises(OptionError, match=rf"(?s){told}"):
            door("Characters", alphabet)


def test_all_faults_of_an_encoder_of_text_are_told_at_once():
    with pytest.raises(OptionError, match="4 faults") as caught:
        NetEncoder("Characters", "aa", "Indx", ignore_case=1, target_length=0)
    assert "did you mean 'Index'" in str(caught.value)
    with pytest.raises(OptionError, match="5 faults"):
        NetEncoder("Tokens", "a", "X", ignore_case=0, split_pattern="(", unknown_tokens="Drop")
    with pytest.raises(OptionError, match="2 faults"):
        NetEncoder("UTF8", "X", target_length=2.5)


# Arrays


def test_codes_that_are_there_already_pass_through():
    codes = np.array([[1, 2], [3, 3]], np.int32)
    assert ABC(codes).tolist() == codes.tolist()
    assert ABC(list(codes)).tolist() == codes.tolist()
    assert ABC(codes[0]).tolist() == [1, 2]
    vectors = np.array([[[0.5, 0.5, 0], [0, 0, 1]]], np.float32)
    form = ABC.replace("OutputForm", "UnitVector")
    assert (form(vectors) == vectors).all()
    assert (form(vectors[0]) == vectors[0]).all()
    with pytest.raises(DataError, match=r"(?s)these are no codes.*example 2.*from 1 to 3"):
        ABC.encode(np.array([[1, 3], [0, 1]]))
    with pytest.raises(DataError, match="this is no text"):
        ABC.encode(codes.astype(float))
    found = ABC.encode([np.array([1, 2]), np.array([1])])
    assert [each.tolist() for each in found] == [[1, 2], [1]]
    with pytest.raises(DataError, match=r"(?s)these are no codes.*example 2"):
        ABC.encode([np.array([1, 2]), np.array([4])])


def test_texts_of_several_lengths_are_a_list_of_codes():
    assert [each.tolist() for each in ABC(["abc", "b"])] == [[1, 2, 3], [2]]
    vectors = ABC.replace("OutputForm", "UnitVector")(["ab", "c"])
    assert [each.shape for each in vectors] == [(2, 3), (1, 3)]


# Bytes


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_bytes_are_counted_from_one(text):
    codes = NetEncoder("UTF8")(text)
    assert bytes((codes - 1).tolist()).decode() == text
    assert codes.max() <= NetEncoder("UTF8").index_count == 248


def test_half_a_surrogate_pair_has_no_bytes():
    with pytest.raises(DataError, match=r"(?s)character 2 is half a surrogate pair.*example 1"):
        NetEncoder("UTF8").encode(["a\ud800"])


# Tokens


WORDS = ["the", "cat", "sat"]


def test_words_are_split_at_their_boundaries_and_others_have_a_code_of_their_own():
    encoder = NetEncoder("Tokens", [*WORDS, ","])
    assert encoder("The cat, the dog  sat!").tolist() == [1, 2, 4, 1, 5, 3, 5]
    assert encoder.index_count == 5
    assert NetEncoder("Tokens", [ANY, *WORDS])("a cat").tolist() == [1, 3]
    assert NetEncoder("Tokens", [ANY, *WORDS]).index_count == 4


def test_case_matters_for_tokens_where_that_is_said():
    encoder = NetEncoder("Tokens", ["The", "the"], ignore_case=False)
    assert encoder("the The THE").tolist() == [2, 1, 3]
    assert NetEncoder("Tokens", ["The"]).parameters["Vocabulary"] == ("the",)
    with pytest.raises(OptionError, match=r"(?s)two tokens are equal.*tokens 1 and 2.*ignore_case"):
        NetEncoder("Tokens", ["The", "the"])


def test_what_is_between_tokens_may_be_said():
    assert NetEncoder("Tokens", ["a-b", "c"], split_pattern=r"\s+")("c a-b").tolist() == [2, 1]
    assert NetEncoder("Tokens", ["a", "b", "+"], split_pattern=r"(\+)|,")("a+b,a").tolist() == [
        1, 3, 2, 1,
    ]  # fmt: skip
    listed = NetEncoder("Tokens", ["a b", "c"], split_pattern=None)
    assert listed(["c", "a b"]).tolist() == [2, 1]
    assert listed([["c", "a b"], ["x", "c"]]).tolist() == [[2, 1], [3, 2]]
    for bad in ([["c"], "c"], [["c"], ["c", 1]]):
        with pytest.raises(DataError, match=r"(?s)no tokens.*example 2.*split_pattern=None"):
            listed.encode(bad)


def test_padding_is_the_end_or_else_what_is_not_known():
    def padding(vocabulary, **options):
        return NetEncoder("Tokens", vocabulary, target_length=4, **options)("cat")[-1]

    assert padding(WORDS) == 4
    assert padding([ANY, *WORDS]) == 1
    assert padding([END_OF_STRING, *WORDS]) == 1
    assert padding(WORDS, unknown_tokens="Error") == 3


def test_a_token_that_is_not_known_may_be_an_error():
    encoder = NetEncoder("Tokens", WORDS, unknown_tokens="Error")
    assert encoder.index_count == 3
    with pytest.raises(DataError, match=r"(?s)token 2 is not .*example 1.*'catt' in.*mean 'cat'"):
        encoder.encode(["the catt"])


@given(st.lists(st.sampled_from(WORDS), min_size=1))
def test_tokens_come_back_with_spaces_between_them(words):
    text = " ".join(words)
    decoder = NetDecoder("Tokens", WORDS)
    assert decoder(certain(decoder.target_encoder()(text), 3)) == text


@pytest.mark.parametrize(
    ("vocabulary", "told"),
    [
        ("the cat", r"this is no vocabulary.*fix: +text.split"),
        ([], r"this is no vocabulary"),
        (["a", 3], r"this is no token.*token 2.*given: +3"),
        (["a", "b", "a"], r"two tokens are equal.*tokens 1 and 3"),
    ],
)
def test_impossible_vocabularies_are_told(vocabulary, told):
    for door in (NetEncoder, NetDecoder):
        with pytest.raises(OptionError, match=rf"(?s){told}"):
            door("Tokens", vocabulary)


@pytest.mark.parametrize(
    ("tokens", "options", "lost"),
    [
        (["new york", "a"], {}, ["new york"]),
        (["a", "", "don't", " b"], {}, ["", "don't", " b"]),
        (["a b", "", "c "], {"split_pattern": r"\s*,\s*"}, ["", "c "]),
        (["a b", "", "c "], {"split_pattern": None}, []),
        (["don't", "."], {"split_pattern": r"\s+"}, []),
        (["naïve", "x_1", "?!", "İ", "2nd"], {}, []),
        (["a b"], {"unknown_tokens": "Error"}, []),
    ],
)
def test_tokens_that_come_of_no_text_are_told(tokens, options, lost):
    """But where a token that is not known is an error."""
    if lost:
        with pytest.raises(OptionError, match="no text has") as caught:
            NetEncoder("Tokens", tokens, **options)
        assert caught.value.faults[0].given == repr(lost)
    good = [token for token in tokens if token not in lost]
    encoder = NetEncoder("Tokens", good, **options)
    if "unknown_tokens" not in options:
        alone = [[token] if encoder.split_pattern is None else token for token in good]
        assert [encoder(each).tolist() for each in alone] == [[n + 1] for n in range(len(good))]


# Decoders


def test_the_ends_are_no_part_of_a_text_and_what_is_not_known_has_a_sign():
    decoder = NetDecoder("Characters", [*FRAMED, ANY])
    assert decoder(certain([4, 1, 6, 2, 5, 5], 6)) == "a\ufffdb"
    assert decoder.target_encoder()("axb").tolist() == [4, 1, 6, 2, 5]
    words = NetDecoder("Tokens", [START_OF_STRING, "a", "b", ANY])
    assert words(certain([1, 2, 4, 3], 4)) == "a \ufffd b"


def test_a_decoder_of_text_tells_of_every_place_what_that_of_classes_tells():
    chances = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.0, 1.0], [0.9, 0.1]]])
    text, labels = NetDecoder("Characters", "ab"), NetDecoder("Class", ["a", "b"])
    for prop in (
        "Probabilities", ("TopProbabilities", 1), "TopProbabilities", ("TopDecisions", 2),
        ("Probability", "b"), "Entropy",
    ):  # fmt: skip
        assert text(chances, prop) == [labels(each, prop) for each in chances]
        assert text(chances[0], prop) == labels(chances[0], prop)
    assert text(chances, "Decision") == text(chances) == ["ba", "ba"]
    assert text(chances, None) is chances


def test_texts_are_drawn_with_their_probabilities():
    chances = np.tile([0.25, 0.75], (4000, 1))
    drawn = NetDecoder("Characters", "ab")(chances, "RandomSample", rng=np.random.default_rng(1))
    assert len(drawn) == 4000
    assert abs(drawn.count("b") - 3000) < 150
    with pytest.raises(OptionError, match="seeded generator"):
        NetDecoder("Characters", "ab")(chances, "RandomSample")


def test_a_decoder_of_text_names_what_is_wrong():
    decoder = NetDecoder("Characters", "ab")
    with pytest.raises(ShapeError, match='"Characters" decoder cannot read this array'):
        decoder.decode(np.zeros((2, 3)))
    with pytest.raises(
        OptionError, match=r'"Characters" decoder has no such .*\n.*\n.*\n.*Entropy'
    ):
        decoder.check_property("Entrpy")
    with pytest.raises(OptionError, match="not one of the labels"):
        decoder.check_property(("Probability", "x"))
    chances = np.full((3, 2, 2), 0.5)
    chances[2, 1] = 0
    with pytest.raises(DataError, match=r"no probabilities\n.*example 3"):
        decoder.decode(chances, "Entropy")
