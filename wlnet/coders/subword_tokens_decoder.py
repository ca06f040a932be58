"""The "SubwordTokens" decoder: a sequence of probability vectors becomes a text of subwords."""

from __future__ import annotations

from dataclasses import KW_ONLY

from wlnet.coders.alphabet import Member
from wlnet.coders.coder import coder
from wlnet.coders.subword_tokens_encoder import SubwordTokensEncoder
from wlnet.coders.subwords import read_subwords
from wlnet.coders.text_decoder import TextDecoder
from wlnet.coders.vocabulary import Vocabulary
from wlnet.core.errors import Fault, OptionError, fail


@coder
class SubwordTokensDecoder(TextDecoder):
    """`NetDecoder("SubwordTokens", vocabulary)`: reads sequences of probability vectors of shape
    (None, number of tokens), and answers with a string: the tokens one after the other.

    The parameters are those of `NetEncoder("SubwordTokens", ...)`, whose converse it is, but for
    include_terminal_tokens and target_length: targets are texts of any length without their ends. A
    net that is to learn where texts end gets an encoder with these as the target of its loss:
    CrossEntropyLossLayer("Index", target=encoder). The space that whitespace_padding puts before or
    behind a text, and "WordPiece" before it, is taken off again. START_OF_STRING and END_OF_STRING
    are left out, and ANY is told as the replacement character U+FFFD. The properties are those of
    `NetDecoder("Characters", ...)`.

    >>> from wlnet import NetDecoder, NetEncoder
    >>> encoder = NetEncoder("SubwordTokens", [" cat", "s", " sat"], method="WordPiece")
    >>> decoder = NetDecoder(encoder)
    >>> decoder(encoder.replace("OutputForm", "UnitVector")("cats sat"))
    'cats sat'

    Source: https://reference.wolfram.com/language/ref/netdecoder/SubwordTokens.html
    """

    kind = "SubwordTokens"
    vocabulary: Vocabulary
    _: KW_ONLY
    method: str = "BPE"
    scores: tuple[float, ...] | None = None
    whitespace_padding: str | None = None
    combine_whitespace: bool = False
    ignore_case: bool = False
    unicode_normalization: str | None = None

    def __post_init__(self) -> None:
        faults: list[Fault] = []
        found = read_subwords(self, faults)
        if faults:
            raise fail(OptionError, faults)
        self._set(**found)

    @property
    def labels(self) -> tuple[Member, ...]:  # type: ignore[override]
        return self.vocabulary

    def target_encoder(self) -> SubwordTokensEncoder:
        encoder: SubwordTokensEncoder = SubwordTokensEncoder(
            self.vocabulary,
            method=self.method,
            scores=self.scores,
            whitespace_padding=self.whitespace_padding,
            combine_whitespace=self.combine_whitespace,
            ignore_case=self.ignore_case,
            unicode_normalization=self.unicode_normalization,
        )
        return encoder

    def _text(self, members: list[Member]) -> str:
        text = super()._text(members)
        if self.whitespace_padding == "Right":
            return text.removesuffix(" ")
        is_led = self.whitespace_padding == "Left" or self.method == "WordPiece"
        return text.removeprefix(" ") if is_led else text
