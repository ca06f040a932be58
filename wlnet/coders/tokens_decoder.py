"""The "Tokens" decoder: a sequence of probability vectors becomes a text of words."""

from __future__ import annotations

from dataclasses import KW_ONLY

from wlnet.coders.alphabet import Member
from wlnet.coders.coder import coder
from wlnet.coders.parameters import choice_faults
from wlnet.coders.text_decoder import TextDecoder
from wlnet.coders.tokens_encoder import TokensEncoder
from wlnet.coders.vocabulary import Vocabulary, as_vocabulary
from wlnet.core.errors import OptionError, fail


@coder
class TokensDecoder(TextDecoder):
    """`NetDecoder("Tokens", vocabulary)`: reads sequences of probability vectors of shape (None,
    number of tokens), and answers with a string, in which spaces are between the tokens.

    With ignore_case=True, the default, tokens come in small letters. START_OF_STRING and
    END_OF_STRING are left out of the text, and ANY is told as the replacement character U+FFFD. The
    properties are those of `NetDecoder("Characters", ...)`.

    Targets that it is trained on are split at word boundaries; a word that is not in the vocabulary
    is a DataError, as there is no vector for it, unless ANY is in it.

    >>> from wlnet import NetDecoder
    >>> decoder = NetDecoder("Tokens", ["cat", "the"])
    >>> decoder([[0.1, 0.9], [0.8, 0.2]])
    'the cat'

    Source: https://reference.wolfram.com/language/ref/netdecoder/Tokens.html
    """

    kind = "Tokens"
    between = " "
    vocabulary: Vocabulary
    _: KW_ONLY
    ignore_case: bool = True

    def __post_init__(self) -> None:
        faults = choice_faults(self.title, ignore_case=(self.ignore_case, (True, False)))
        if faults:
            raise fail(OptionError, faults)
        low = self.ignore_case
        self._set(vocabulary=as_vocabulary(self.vocabulary, self.title, ignore_case=low))

    @property
    def labels(self) -> tuple[Member, ...]:  # type: ignore[override]
        return self.vocabulary

    def target_encoder(self) -> TokensEncoder:
        encoder: TokensEncoder = TokensEncoder(
            self.vocabulary, ignore_case=self.ignore_case, unknown_tokens="Error"
        )
        return encoder
