"""The "Characters" decoder: a sequence of probability vectors becomes a text."""

from __future__ import annotations

from dataclasses import KW_ONLY

from wlnet.coders.alphabet import PRINTABLE, Alphabet, Member, as_alphabet, entries
from wlnet.coders.characters_encoder import CharactersEncoder
from wlnet.coders.coder import coder
from wlnet.coders.parameters import choice_faults
from wlnet.coders.text_decoder import TextDecoder
from wlnet.core.errors import OptionError, fail


@coder
class CharactersDecoder(TextDecoder):
    """`NetDecoder("Characters", alphabet)`: reads sequences of probability vectors of shape (None,
    number of codes), and answers with a string.

    alphabet and ignore_case are those of `NetEncoder("Characters", ...)`. START_OF_STRING and
    END_OF_STRING are left out of the text, which goes on behind them; several characters of one
    code are told as the first of them, and ANY as the replacement character U+FFFD. Properties:

    * "Decision" (the default): the text of the likeliest characters
    * "RandomSample": a text whose characters are drawn with these probabilities
    * `("TopDecisions", n)`, "Probabilities", "TopProbabilities", `("TopProbabilities", n)`,
      `("Probability", character)`, "Entropy": a list of what NetDecoder("Class", ...) tells of the
      vector at each place

    >>> from wlnet import END_OF_STRING, NetDecoder
    >>> decoder = NetDecoder("Characters", ["ab", END_OF_STRING])
    >>> p = [[0.1, 0.9, 0.0], [0.5, 0.3, 0.2], [0.0, 0.2, 0.8]]
    >>> decoder(p), decoder(p, ("TopDecisions", 2))
    ('ba', [['b', 'a'], ['a', 'b'], [END_OF_STRING, 'b']])

    Source: https://reference.wolfram.com/language/ref/netdecoder/Characters.html
    """

    kind = "Characters"
    alphabet: Alphabet = PRINTABLE
    _: KW_ONLY
    ignore_case: bool = False

    def __post_init__(self) -> None:
        faults = choice_faults(self.title, ignore_case=(self.ignore_case, (True, False)))
        if faults:
            raise fail(OptionError, faults)
        low = self.ignore_case
        self._set(alphabet=as_alphabet(self.alphabet, self.title, ignore_case=low))

    @property
    def labels(self) -> tuple[Member, ...]:  # type: ignore[override]
        return tuple(entry[0] for entry in entries(self.alphabet))

    def target_encoder(self) -> CharactersEncoder:
        encoder: CharactersEncoder = CharactersEncoder(self.alphabet, ignore_case=self.ignore_case)
        return encoder
