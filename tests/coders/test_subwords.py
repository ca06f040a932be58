"""Coders of subwords, beside slow definitions of the three ways to cut a text."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import wlnet as wl
from wlnet import ANY, END_OF_STRING, START_OF_STRING, DataError, NetDecoder, NetEncoder

TOKENS = st.lists(st.text("ab ", min_size=1, max_size=4), min_size=1, max_size=12, unique=True)
TEXTS = st.text("ab c", max_size=12)


def joined_one_by_one(text: str, tokens: list[str]) -> list[str]:
    """Byte pair encoding by its definition: look at all pairs, join the first, look again."""
    pieces = list(text)
    while True:
        pairs = [(tokens.index(a + b), n) for n, (a, b) in enumerate(itertools.pairwise(pieces))
                 if a + b in tokens]  # fmt: skip
        if not pairs:
            return pieces
        _, n = min(pairs)
        pieces[n : n + 2] = [pieces[n] + pieces[n + 1]]


def all_cuts(text: str) -> list[list[str]]:
    if not text:
        return [[]]
    return [[text[:n], *rest] for n in range(1, len(text) + 1) for rest in all_cuts(text[n:])]


def score(cut: list[str], scores: dict[str, float]) -> float:
    """The sum of the scores of a cut, of which pieces that are no tokens have one character."""
    least = min(scores.values()) - 10
    return sum(scores[each] if each in scores else least if len(each) == 1 else -np.inf
               for each in cut)  # fmt: skip


def certain(codes: Any, count: int) -> Any:
    return np.eye(count, dtype=np.float32)[np.asarray(codes) - 1]


@given(TEXTS, TOKENS)
@example("aaaa", ["aa", "aaa"])
@example("abab", ["ba", "ab", "abab"])
def test_pairs_are_joined_in_the_order_of_the_vocabulary(text: str, tokens: list[str]) -> None:
    assert NetEncoder("SubwordTokens", tokens).pieces(text) == joined_one_by_one(text, tokens)


@given(st.text("ab c", max_size=8), TOKENS, st.data())
def test_no_cut_has_a_larger_sum_of_scores(text: str, tokens: list[str], data: Any) -> None:
    # Whole numbers: sums of theirs are exact.
    numbers = data.draw(st.lists(st.integers(-9, 0), min_size=len(tokens), max_size=len(tokens)))
    scores = dict(zip(tokens, map(float, numbers), strict=True))
    found = NetEncoder("SubwordTokens", scores, method="Unigram").pieces(text)
    assert "".join(found) == text
    assert score(found, scores) == max(score(cut, scores) for cut in all_cuts(text))


@given(TEXTS, TOKENS)
def test_the_longest_token_is_taken_from_the_begin_of_a_word_on(text: str, tokens: list[str]):
    expected: list[str] = []
    for word in text.split():
        rest, found = f" {word}", []
        while rest:
            fitting = [token for token in tokens if rest.startswith(token) and token != " "]
            if not fitting:
                found = [f" {word}"]
                break
            found.append(max(fitting, key=len))
            rest = rest[len(found[-1]) :]
        expected += found
    assert NetEncoder("SubwordTokens", tokens, method="WordPiece").pieces(text) == expected


SINGLE = st.lists(st.text("ab ", min_size=2, max_size=4), max_size=9, unique=True)


@given(st.text("ab ", min_size=1, max_size=12), SINGLE, st.sampled_from([None, "Left", "Right"]))
def test_a_text_comes_back(text: str, tokens: list[str], side: str | None) -> None:
    every = [*"ab ", *tokens]
    for vocabulary, method in ((every, "BPE"), (dict.fromkeys(every, -1.0), "Unigram")):
        encoder = NetEncoder("SubwordTokens", vocabulary, method=method, whitespace_padding=side)
        decoder = NetDecoder(encoder)
        codes = encoder(text)
        assert codes.dtype == np.int64
        assert decoder(certain(codes, len(every))) == text
        assert NetEncoder(decoder) == encoder


@given(st.lists(st.text("ab", min_size=1, max_size=5), min_size=1))
def test_words_come_back_from_word_pieces(words: list[str]) -> None:
    encoder = NetEncoder("SubwordTokens", [" a", " b", "a", "b", " ab", "ba"], method="WordPiece")
    text = " ".join(words)
    assert NetDecoder(encoder)(certain(encoder(f" {text}\n"), 6)) == text


def test_what_no_token_covers_is_one_code_or_an_error() -> None:
    tokens = ["a", "b", " ", ANY, " a"]
    for vocabulary, method in ((tokens, "BPE"), (dict.fromkeys(tokens, -1.0), "Unigram")):
        encoder = NetEncoder("SubwordTokens", vocabulary, method=method)
        assert encoder("axyb zz").tolist() == [1, 4, 2, 3, 4]
        less = {token: -1.0 for token in tokens if token is not ANY}
        given: Any = less if method == "Unigram" else list(less)
        strict = NetEncoder("SubwordTokens", given, method=method)
        with pytest.raises(DataError, match=r"(?s)no token covers.*example 2.*'x' in 'axb'.*ANY"):
            strict.encode(["ab", "axb"])
    pieces = NetEncoder("SubwordTokens", [" a", "b", ANY], method="WordPiece")
    # A word that does not come out even is not known as a whole.
    assert pieces("ab abx b ba").tolist() == [1, 2, 3, 3, 3]
    assert NetDecoder(pieces)(certain([1, 2, 3], 3)) == "ab\ufffd"


def test_a_space_is_put_and_white_space_made_one() -> None:
    encoder = NetEncoder("SubwordTokens", [" ", "a", " a"], whitespace_padding="Left")
    assert encoder("a").tolist() == [3]
    assert encoder("a  a").tolist() == [3, 1, 3]
    assert encoder.replace("CombineWhitespace", True)("\ta \n a ").tolist() == [3, 3]
    assert encoder.replace("WhitespacePadding", "Right")("a").tolist() == [2, 1]
    with pytest.raises(DataError, match="without codes"):
        encoder("")


def test_ends_frame_a_text_where_that_is_asked_for() -> None:
    tokens = [START_OF_STRING, "a", END_OF_STRING, "b"]
    encoder = NetEncoder("SubwordTokens", tokens, target_length=4)
    assert encoder("ab").tolist() == [2, 4, 3, 3]
    framed = encoder.replace("IncludeTerminalTokens", True)
    assert framed(["ab", "a"]).tolist() == [[1, 2, 4, 3], [1, 2, 3, 3]]
    assert NetDecoder(framed)(certain([1, 2, 4, 3], 4)) == "ab"
    assert NetEncoder("SubwordTokens", ["a", "b"], target_length=3)("a").tolist() == [1, 2, 2]
    with pytest.raises(wl.OptionError, match=r"(?s)without the tokens.*no END_OF_STRING"):
        NetEncoder("SubwordTokens", [START_OF_STRING, "a"], include_terminal_tokens=True)


def test_case_and_composition_are_dealt_with_before_a_text_is_cut() -> None:
    assert NetEncoder("SubwordTokens", ["A", "b"], ignore_case=True)("aB").tolist() == [1, 2]
    decomposed = NetEncoder("SubwordTokens", ["é"], unicode_normalization="NFC")
    assert decomposed("e\u0301").tolist() == [1]
    assert NetEncoder("SubwordTokens", ["f", "i"], unicode_normalization="NFKC")("\ufb01").size == 2


PIECES = "<unk>\t0\n<s>\t0\n</s>\t0\n\u2581a\t-1\nb\t-2.5\n\u2581\t-3\n"
WORDS = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n##\n"


def test_vocabularies_are_read_from_files(tmp_path: Path) -> None:
    pieces, words = tmp_path / "m.vocab", tmp_path / "vocab.txt"
    pieces.write_text(PIECES, "utf-8")
    words.write_bytes(WORDS.replace("\n", "\r\n").encode())
    tokens = (ANY, START_OF_STRING, END_OF_STRING, " a", "b", " ")
    assert NetEncoder("SubwordTokens", pieces) == NetEncoder("SubwordTokens", tokens)
    scores = (0.0, 0.0, 0.0, -1.0, -2.5, -3.0)
    assert NetDecoder("SubwordTokens", pieces, method="Unigram") == NetDecoder(
        "SubwordTokens", tokens, method="Unigram", scores=scores
    )
    read = NetEncoder("SubwordTokens", words, method="WordPiece")
    assert read.vocabulary == (" [PAD]", ANY, START_OF_STRING, END_OF_STRING, " a", "b", " ##")
    # The tokens are part of the coder, and the file is not asked again.
    words.unlink()
    net = wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(2)], input=read))
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    assert net("ab a").shape == (3, 2)


@pytest.mark.parametrize(
    ("content", "method", "told"),
    [
        (b"a\n", "BPE", r"the file has no scores.*fix: +method=\"WordPiece\""),
        (b"a\t-1\n", "WordPiece", "which WordPiece has no use for"),
        (b"a\tx\n", "BPE", "no number"),
        (b"a\tnan\n", "Unigram", "a score for each token"),
        (b"a\t-1\na\t-2\n", "BPE", "two tokens are equal"),
        (b"\t-1\n", "BPE", "a token without characters"),
        (b"a\n\nb\n", "WordPiece", "a token without characters"),
        (b"", "WordPiece", "no vocabulary"),
        (b"\x0a\xff\xfe\x00", "BPE", r"no text in UTF-8.*\.model of SentencePiece"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(
    tmp_path: Path, content: bytes, method: str, told: str
) -> None:
    file = tmp_path / "v"
    file.write_bytes(content)
    for door in (NetEncoder, NetDecoder):
        with pytest.raises(wl.OptionError, match=rf"(?s){told}"):
            door("SubwordTokens", file, method=method)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for missing in (tmp_path / "none", tmp_path, Path("a\0b")):
        with pytest.raises(wl.OptionError, match=r"(?s)cannot be read.*a list of strings"):
            NetEncoder("SubwordTokens", missing)
    huge = tmp_path / "huge"
    with huge.open("wb") as open_file:
        open_file.truncate(2**26 + 1)
    with pytest.raises(wl.OptionError, match="too large for a vocabulary"):
        NetEncoder("SubwordTokens", huge)


@pytest.mark.parametrize(
    ("vocabulary", "options", "told"),
    [
        ([], {}, "this is no vocabulary"),
        ("m.vocab", {}, r"no vocabulary.*pathlib.Path\('m.vocab'\), if it is a file"),
        (["a", 3], {}, r"no token.*token 2"),
        (["a", ""], {}, r"without characters.*token 2"),
        (["A", "a"], {"ignore_case": True}, "two tokens are equal"),
        (["a"], {"method": "Bpe"}, "did you mean 'BPE'"),
        (["a"], {"method": "Unigram"}, "a score for each token"),
        (["a"], {"method": "Unigram", "scores": [-1, -2]}, r"expected: 1 finite numbers"),
        (["a"], {"method": "Unigram", "scores": [True]}, "a score for each token"),
        (["a"], {"method": "Unigram", "scores": [-np.inf]}, "a score for each token"),
        (["a"], {"scores": [-1.0]}, "BPE has no scores"),
        ({"a": -1.0}, {"method": "WordPiece"}, "WordPiece has no scores"),
        (["a"], {"method": "WordPiece", "whitespace_padding": "Left"}, "by itself"),
        (["a"], {"method": "WordPiece", "combine_whitespace": True}, "by itself"),
        (["a"], {"whitespace_padding": "left"}, "whitespace_padding has a value"),
        (["a"], {"unicode_normalization": "NFX"}, "unicode_normalization has a value"),
        (["a"], {"combine_whitespace": 1, "ignore_case": 0}, "2 faults"),
    ],
)
def test_impossible_coders_are_told(vocabulary: Any, options: Any, told: str) -> None:
    for door in (NetEncoder, NetDecoder):
        with pytest.raises(wl.OptionError, match=rf"(?s){told}"):
            door("SubwordTokens", vocabulary, **options)


def test_a_long_text_is_cut_in_little_time() -> None:
    text = "ab" * 50_000
    for vocabulary, method in ((["ab", "abab", "a", "b"], "BPE"), ({"ab": -1.0}, "Unigram")):
        pieces = NetEncoder("SubwordTokens", vocabulary, method=method).pieces(text)
        assert "".join(pieces) == text


def test_subwords_are_read_and_written_by_a_net() -> None:
    coder = NetEncoder("SubwordTokens", [" a", "b", " c"], method="WordPiece")
    net = wl.NetChain(
        [wl.EmbeddingLayer(4), wl.NetMapOperator([3]), wl.SoftmaxLayer()],
        input=coder,
        output=NetDecoder(coder),
    )
    texts = ["ab c", "c ab a"]
    trained = wl.net_train(net, (texts, texts), learning_rate=0.05, max_training_rounds=60)
    assert trained(texts) == texts
    assert trained("a c") == "a c"
