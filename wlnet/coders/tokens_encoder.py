"""The "Tokens" encoder: a text becomes the codes of its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import KW_ONLY
from typing import Any

from wlnet.coders.coder import Coder, coder
from wlnet.coders.encoder import is_batch, refuse
from wlnet.coders.lengths import as_target_length
from wlnet.coders.parameters import choice_faults
from wlnet.coders.text_encoder import FORMS, TextEncoder, as_text
from wlnet.coders.vocabulary import Vocabulary, as_vocabulary, codes_of
from wlnet.coders.worth import plain
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import ALL, ANY, Symbol

BOUNDARY = r"\b"


@coder
class TokensEncoder(TextEncoder):
    """`NetEncoder("Tokens", vocabulary)`: text to the codes of its words; shape `(None,)`,
    "Integer".

    vocabulary: tokens, of which the n-th has the code n. START_OF_STRING and END_OF_STRING in it
    frame every text. All tokens that are not in it have one code more: that of ANY, or, where ANY
    is not in it, the number of tokens plus 1.
    output_form: "Index", or "UnitVector" for a vector of a one and zeros for each token.
    ignore_case: whether large letters count as small ones, as they do by default.
    split_pattern: a regular expression for what is between tokens, by default a word boundary;
    white space around tokens is dropped, and what is empty then. None: an example is a list of
    tokens.
    target_length: n cuts all texts behind n codes, and pads them there with the code of
    END_OF_STRING, or where there is none with that of tokens that are not known; ALL leaves each as
    long as it is.
    unknown_tokens: "Index", or "Error": a token that is not in the vocabulary is a DataError.

    Arrays of codes pass through. There is no vocabulary of a language by itself.

    Errors: OptionError for an impossible vocabulary, as one with a token that splitting takes
    apart, such as "new york" at word boundaries; DataError, naming the example, for texts of
    several lengths in one batch.

    >>> from wlnet import NetEncoder
    >>> encoder = NetEncoder("Tokens", ["the", "cat", "sat"])
    >>> encoder("The cat sat, quietly.")
    array([1, 2, 3, 4, 4, 4])
    >>> NetEncoder("Tokens", ["the", "cat"], target_length=3).encode(["the cat", "cat"])
    array([[1, 2, 3],
           [2, 3, 3]])

    Source: https://reference.wolfram.com/language/ref/netencoder/Tokens.html
    """

    kind = "Tokens"
    vocabulary: Vocabulary
    output_form: str = "Index"
    _: KW_ONLY
    ignore_case: bool = True
    split_pattern: str | None = BOUNDARY
    target_length: int | Symbol = ALL
    unknown_tokens: str = "Index"

    def __post_init__(self) -> None:
        where = self.title
        faults = choice_faults(
            where,
            output_form=(self.output_form, FORMS),
            ignore_case=(self.ignore_case, (True, False)),
            unknown_tokens=(self.unknown_tokens, ("Index", "Error")),
        )
        length = as_target_length(self.target_length, where)
        faults += [length] if isinstance(length, Fault) else []
        faults += _pattern_faults(self.split_pattern, where)
        vocabulary: Vocabulary = ()
        try:
            low = self.ignore_case is True
            vocabulary = as_vocabulary(self.vocabulary, where, ignore_case=low)
        except OptionError as error:
            faults += error.faults
        if not faults and self.unknown_tokens == "Index":
            # Else a text with such a token is an error, which says so.
            faults += _lost_tokens(self.vocabulary, self.split_pattern, where)
        if faults:
            raise fail(OptionError, faults)
        self._set(vocabulary=vocabulary, target_length=length, known=codes_of(vocabulary))

    def converse(self, kind: Callable[..., Coder] | None) -> Coder:
        """With ANY for the code of tokens that are not in the vocabulary."""
        assert kind is not None
        other = (ANY,) if self.count > len(self.vocabulary) else ()
        return kind((*self.vocabulary, *other), ignore_case=self.ignore_case)

    @property
    def count(self) -> int:
        return max(len(self.vocabulary), self._other or 0)

    @property
    def padding(self) -> int:
        end = self.known.end
        return end if end is not None else self._other or self.count

    @property
    def _other(self) -> int | None:
        """The code of all tokens that are not in the vocabulary; None where there are none."""
        if self.known.other is not None or self.unknown_tokens == "Error":
            return self.known.other
        return self.known.total + 1

    def is_single(self, x: object) -> bool:
        if self.split_pattern is not None or not is_batch(x):
            return super().is_single(x)
        return self._is_encoded(x) or (len(x) > 0 and isinstance(plain(x[0]), str))  # type: ignore[arg-type, index]

    def codes(self, item: Any, where: str, index: int) -> list[int]:
        known, other = self.known, self._other
        tokens = self._tokens(item, where, index)
        found = [
            known.places.get(token.lower() if self.ignore_case else token, other)
            for token in tokens
        ]
        if None in found:
            bad = found.index(None)
            raise refuse(
                where,
                index,
                f"token {bad + 1} is not in the vocabulary",
                given=f"{tokens[bad]!r} in {brief(item)}",
                fix=suggestion(tokens[bad], list(known.places))
                or "ANY in the vocabulary gives all other tokens a code",
            )
        return known.framed(found)

    def _tokens(self, item: Any, where: str, index: int) -> list[str]:
        if self.split_pattern is not None:
            pieces = re.split(self.split_pattern, as_text(item, where, index))
            # Groups in a pattern give pieces of their own, and None where they are not in the text.
            return [token for piece in pieces if (token := (piece or "").strip())]
        tokens = [plain(token) for token in item] if is_batch(item) else None
        if tokens is None or not all(isinstance(token, str) for token in tokens):
            expected = "a list of strings, as split_pattern=None says"
            raise refuse(where, index, "these are no tokens", given=brief(item), expected=expected)
        return tokens


def _lost_tokens(given: Vocabulary, pattern: str | None, where: str) -> list[Fault]:
    """A fault for tokens that come of no text: those are taken for tokens that are not known."""
    lost = [token for token in map(plain, given) if not _comes(token, pattern)]
    if pattern is None or not lost:
        return []
    return [
        Fault(
            "tokens that no text has after it is split",
            at=where,
            given=brief(lost),
            expected=f"tokens that split_pattern={brief(pattern)} leaves as they are",
            fix=r'split_pattern=r"\s+", or None for examples that are lists of tokens',
        )
    ]


def _comes(token: Any, pattern: str | None) -> bool:
    """Whether a token may come of a text. Where others than the usual pattern split may depend on
    what is around."""
    if not isinstance(token, str):
        return True
    if pattern != BOUNDARY:
        return token.strip() == token != ""
    return [piece for piece in re.split(BOUNDARY, token) if piece.strip()] == [token]


def _pattern_faults(pattern: object, where: str) -> list[Fault]:
    if pattern is None:
        return []
    what, expected = "split_pattern has a value it cannot have", "a regular expression, or None"
    if not isinstance(pattern, str):
        return [Fault(what, at=where, given=brief(pattern), expected=expected)]
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        given = f"{brief(pattern)}, of which re says: {error}"
        return [Fault(what, at=where, given=given, expected=expected)]
    return []
