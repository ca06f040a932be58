"""The "SubwordTokens" encoder: a text becomes the codes of words and of parts of words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import KW_ONLY
from typing import Any

from wlnet.coders.coder import coder
from wlnet.coders.encoder import refuse
from wlnet.coders.lengths import as_target_length
from wlnet.coders.parameters import choice_faults
from wlnet.coders.segmentation import likeliest, longest, merged
from wlnet.coders.subwords import read_subwords
from wlnet.coders.text_encoder import FORMS, TextEncoder, as_text
from wlnet.coders.vocabulary import Vocabulary, codes_of
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.symbols import ALL, END_OF_STRING, START_OF_STRING, Symbol


class _Pieces(TextEncoder):
    """What is made of a vocabulary once."""

    sizes: list[int]
    """How many characters tokens have, from the most on."""
    chances: dict[str, float]
    """The score of each token; zeros where there are none."""


@coder
class SubwordTokensEncoder(_Pieces):
    """`NetEncoder("SubwordTokens", vocabulary)`: text to the codes of words and their parts; shape
    `(None,)`, "Integer".

    vocabulary: tokens, of which the n-th has the code n. A token that begins a word begins with a
    space, " cat"; one inside of a word does not, "s". What no token covers has the code of ANY, if
    it is in the vocabulary, and is a DataError else. Or a file: the `.vocab` of SentencePiece, or
    for "WordPiece" the `vocab.txt` of BERT.
    output_form: "Index", or "UnitVector" for a vector of a one and zeros for each token.
    method: how a text is cut into tokens:

    * "BPE": of all neighbours that together are a token, those of the token that comes first in the
      vocabulary are joined, then again, from single characters on
    * "Unigram": the tokens with the largest sum of scores
    * "WordPiece": from the begin of each word on the longest token that stands there; words are
      what white space parts

    scores: those of the tokens, for "Unigram"; a dict from tokens to scores has both.
    whitespace_padding: "Left" or "Right" puts a space there, so that the first word, or the last
    one, is one as any other. SentencePiece has it "Left" if nobody says.
    combine_whitespace: whether white space around the text is dropped, and all other is one space.
    include_terminal_tokens: whether the codes of START_OF_STRING and END_OF_STRING frame each text.
    ignore_case: whether large letters count as small ones.
    unicode_normalization: the form that a text is brought to first: "NFC", "NFKC", "NFD" or "NFKD".
    target_length: n cuts all texts behind n codes, and pads them there with the code of
    END_OF_STRING, or the last code where there is none; ALL leaves each as long as it is.

    Arrays of codes pass through. Characters in a row that no token covers are one code, as in
    SentencePiece; so is a word of "WordPiece" that does not come out even.

    Errors: OptionError for an impossible vocabulary or file; DataError, naming the example.

    >>> from wlnet import NetDecoder, NetEncoder
    >>> encoder = NetEncoder("SubwordTokens", ["ca", "cat", " ", "s", "a", "c", "t", " s", " sat"])
    >>> encoder("cats sat").tolist()
    [2, 4, 8, 5, 7]
    >>> pieces = NetEncoder("SubwordTokens", [" cat", "s", " sat"], method="WordPiece")
    >>> pieces("cats sat").tolist()
    [1, 2, 3]

    Source: https://reference.wolfram.com/language/ref/netencoder/SubwordTokens.html; Sennrich et
    al. 2016, Kudo and Richardson 2018.
    """

    kind = "SubwordTokens"
    vocabulary: Vocabulary
    output_form: str = "Index"
    _: KW_ONLY
    method: str = "BPE"
    scores: tuple[float, ...] | None = None
    whitespace_padding: str | None = None
    combine_whitespace: bool = False
    include_terminal_tokens: bool = False
    ignore_case: bool = False
    unicode_normalization: str | None = None
    target_length: int | Symbol = ALL

    def __post_init__(self) -> None:
        where = self.title
        faults = choice_faults(
            where,
            output_form=(self.output_form, FORMS),
            include_terminal_tokens=(self.include_terminal_tokens, (True, False)),
        )
        length = as_target_length(self.target_length, where)
        faults += [length] if isinstance(length, Fault) else []
        found = read_subwords(self, faults)
        ends = [end for end in (START_OF_STRING, END_OF_STRING) if end not in found.get(
            "vocabulary", (START_OF_STRING, END_OF_STRING))]  # fmt: skip
        if ends and self.include_terminal_tokens is True:
            what = "a vocabulary without the tokens that are to frame a text"
            given = ", ".join(map(repr, ends))
            faults.append(Fault(what, at=where, given=f"no {given}", fix="put them into it"))
        if faults:
            raise fail(OptionError, faults)
        known = codes_of(found["vocabulary"])
        scores = found.get("scores", self.scores) or (0.0,) * known.total
        sizes = sorted({len(token) for token in known.places}, reverse=True)
        chances = {token: scores[code - 1] for token, code in known.places.items()}
        self._set(**found, target_length=length, known=known, sizes=sizes, chances=chances)

    @property
    def count(self) -> int:
        return self.known.total

    @property
    def padding(self) -> int:
        return self.known.total if self.known.end is None else self.known.end

    def codes(self, item: Any, where: str, index: int) -> list[int]:
        text = as_text(item, where, index)
        known, found = self.known, list[int]()
        was_known = True
        for piece in self.pieces(text):
            code = known.places.get(piece)
            if code is None and known.other is None:
                what = "no token covers a part of the text"
                fix = "ANY in the vocabulary gives all other characters a code"
                raise refuse(where, index, what, given=f"{piece!r} in {brief(text)}", fix=fix)
            if code is None and (was_known or self.method == "WordPiece"):
                found.append(known.other)  # type: ignore[arg-type]
            elif code is not None:
                found.append(code)
            was_known = code is not None
        return [*known.framed(found)] if self.include_terminal_tokens else found

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text, of which some may be no tokens.

        >>> SubwordTokensEncoder([" cat", "s"], method="WordPiece").pieces("cats dogs")
        [' cat', 's', ' dogs']
        """
        if self.unicode_normalization is not None:
            text = unicodedata.normalize(self.unicode_normalization, text)  # type: ignore[arg-type]
        if self.ignore_case:
            text = text.lower()
        if self.method == "WordPiece":
            return longest(text.split(), self.known.places, self.sizes)
        if self.combine_whitespace:
            text = re.sub(r"\s+", " ", text.strip())
        if text and self.whitespace_padding is not None:
            text = f" {text}" if self.whitespace_padding == "Left" else f"{text} "
        if self.method == "Unigram":
            return likeliest(text, self.chances, self.sizes)
        return merged(text, self.known.places)
