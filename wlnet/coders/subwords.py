"""What coders of subwords share: their parameters, and files of vocabularies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from wlnet.coders.parameters import choice_faults
from wlnet.coders.vocabulary import Vocabulary, as_vocabulary
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_real
from wlnet.core.symbols import ANY, END_OF_STRING, START_OF_STRING

METHODS = ("BPE", "Unigram", "WordPiece")
SIDES = (None, "Left", "Right")
NORMAL_FORMS = (None, "NFC", "NFD", "NFKC", "NFKD")
LARGEST_FILE = 2**26
"""Bytes; the vocabularies of large models of all languages have a tenth of it."""
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""What stands for a space in files of SentencePiece."""
SPECIAL = {
    "<unk>": ANY, "<s>": START_OF_STRING, "</s>": END_OF_STRING,
    "[UNK]": ANY, "[CLS]": START_OF_STRING, "[SEP]": END_OF_STRING,
}  # fmt: skip


class Subwords(Protocol):
    """What a coder of subwords says of itself."""

    @property
    def title(self) -> str: ...
    @property
    def vocabulary(self) -> Any: ...
    @property
    def method(self) -> str: ...
    @property
    def scores(self) -> Any: ...
    @property
    def whitespace_padding(self) -> str | None: ...
    @property
    def combine_whitespace(self) -> bool: ...
    @property
    def ignore_case(self) -> bool: ...
    @property
    def unicode_normalization(self) -> str | None: ...


def read_subwords(coder: Subwords, faults: list[Fault]) -> dict[str, Any]:
    """The vocabulary and the scores as they are kept. What is wrong is added to faults."""
    where = coder.title
    faults += choice_faults(
        where,
        method=(coder.method, METHODS),
        whitespace_padding=(coder.whitespace_padding, SIDES),
        combine_whitespace=(coder.combine_whitespace, (True, False)),
        ignore_case=(coder.ignore_case, (True, False)),
        unicode_normalization=(coder.unicode_normalization, NORMAL_FORMS),
    )
    if coder.method == "WordPiece" and (coder.whitespace_padding or coder.combine_whitespace):
        what = "WordPiece reads words, and drops the white space around them by itself"
        named = "whitespace_padding or combine_whitespace"
        faults.append(Fault(what, at=where, given=named, fix="leave it out"))
    given: Any = coder.vocabulary
    scores: Any = coder.scores
    vocabulary: Vocabulary = ()
    try:
        # A string is never a file: the record of a coder could have one read while it is loaded.
        if isinstance(given, os.PathLike):
            given, scores = _read_file(Path(given), where, coder.method)
        elif isinstance(given, str):
            what, fix = "this is no vocabulary", f"pathlib.Path({brief(given)}), if it is a file"
            expected = "a list of tokens, a dict from tokens to scores, or the path of a file"
            raise fail(OptionError, Fault(what, where, brief(given), expected, fix=fix))
        elif isinstance(given, Mapping):
            given, scores = list(given), list(given.values())
        low = coder.ignore_case is True
        vocabulary = as_vocabulary(given, where, ignore_case=low)
        if "" in vocabulary:
            at = f"{where}, token {vocabulary.index('') + 1}"
            raise fail(OptionError, Fault("a token without characters", at=at))
    except OptionError as error:
        faults += error.faults
        return {}
    return {"vocabulary": vocabulary, "scores": _scores(coder.method, scores, vocabulary, where,
                                                        faults)}  # fmt: skip


def _scores(
    method: str, given: Any, vocabulary: Vocabulary, where: str, faults: list[Fault]
) -> tuple[float, ...] | None:
    """The scores of all tokens, or None for a method without them."""
    if method != "Unigram":
        if given is not None:
            what = f"{method} has no scores: its tokens are in order"
            faults.append(Fault(what, at=where, given=brief(given), fix='method="Unigram"'))
        return None
    listed = given.tolist() if isinstance(given, np.ndarray) else given
    numbers = [as_real(each) for each in listed] if isinstance(listed, (list, tuple)) else None
    good = numbers is not None and len(numbers) == len(vocabulary)
    if not good or not all(number is not None and np.isfinite(number) for number in numbers or ()):
        what = "Unigram needs a score for each token: the logarithm of its probability"
        expected = f"{len(vocabulary)} finite numbers, or a dict from tokens to numbers"
        faults.append(Fault(what, at=where, given=brief(given), expected=expected))
        return None
    return tuple(float(number) for number in numbers or () if number is not None)


def _read_file(file: Path, where: str, method: str) -> tuple[list[Any], list[float] | None]:
    """The tokens of a file, and their scores. Raises OptionError for what is no vocabulary.

    A line of SentencePiece is a piece, a tab and a number; one of BERT is a token, which begins
    with ## inside of a word.
    """

    def refused(what: str, **words: Any) -> Exception:
        return fail(OptionError, Fault(what, at=where, given=str(file), **words))

    try:
        if file.stat().st_size > LARGEST_FILE:
            raise refused("the file is too large for a vocabulary")
        lines = file.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        fix = "of a .model of SentencePiece, give the .vocab that was written beside it"
        raise refused("the file is no text in UTF-8", fix=fix) from None
    except (OSError, ValueError) as error:
        what = f"the file of the vocabulary cannot be read: {error}"
        fix = "tokens are given as a list of strings"
        raise refused(what, fix=fix) from None
    lines = [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]
    rows = [line.rpartition("\t") for line in lines]
    if lines and all(tab for _, tab, _ in rows):
        try:
            scores = [float(score) for _, _, score in rows]
        except ValueError as error:
            raise refused(f"a score of the file is no number: {error}") from None
        if method == "WordPiece":
            fix = 'method="BPE", or "Unigram"'
            raise refused("the file has scores, which WordPiece has no use for", fix=fix)
        pieces = [SPECIAL.get(piece, piece.replace(SPACE, " ")) for piece, _, _ in rows]
        # Of BPE they say again in what order the tokens are.
        return pieces, scores if method == "Unigram" else None
    if method != "WordPiece":
        expected = "a piece, a tab and its score in each line"
        raise refused("the file has no scores", expected=expected, fix='method="WordPiece"')
    return [_of_bert(line) for line in lines], None


def _of_bert(line: str) -> Any:
    if line in SPECIAL:
        return SPECIAL[line]
    return line[2:] if line.startswith("##") and line != "##" else f" {line}" if line else ""
