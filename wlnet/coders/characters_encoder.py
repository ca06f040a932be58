"""The "Characters" encoder: a text becomes the codes of its characters."""

from __future__ import annotations

import unicodedata
from dataclasses import KW_ONLY
from typing import Any

from wlnet.coders.alphabet import PRINTABLE, Alphabet, Codes, as_alphabet, codes_of, small
from wlnet.coders.coder import coder
from wlnet.coders.encoder import refuse
from wlnet.coders.lengths import as_target_length
from wlnet.coders.parameters import choice_faults
from wlnet.coders.text_encoder import FORMS, TextEncoder, as_text
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.symbols import ALL, Symbol


@coder
class CharactersEncoder(TextEncoder):
    """`NetEncoder("Characters", alphabet)`: text to the codes of its characters; shape `(None,)`,
    "Integer".

    alphabet: a string, whose characters have the codes 1, 2, ...; or a list, whose parts have the
    next codes: a string, START_OF_STRING and END_OF_STRING, which every text is then framed by,
    ANY, which stands for all other characters, and tuples of these, for all of which there is one
    code. By default the 97 characters of English text: `string.printable` but for its last three.
    output_form: "Index", or "UnitVector" for a vector of a one and zeros for each character; shape
    `(None, codes)`.
    ignore_case: whether large letters count as small ones; the alphabet has only these then.
    target_length: n cuts all texts behind n codes, and pads them there with the code of
    END_OF_STRING, or the last code where there is none; ALL leaves each as long as it is.

    A character is a code point of Unicode. Nothing is normalized: "é" of one code point and that of
    two are different texts. Arrays of codes pass through.

    Errors: OptionError for an impossible alphabet; DataError, naming example and character, for a
    character that has no code, and for texts of several lengths in one batch.

    >>> from wlnet import END_OF_STRING, START_OF_STRING, NetEncoder
    >>> NetEncoder("Characters", "abc").encode(["cab"])
    array([[3, 1, 2]])
    >>> framed = NetEncoder("Characters", ["abc", START_OF_STRING, END_OF_STRING], target_length=6)
    >>> framed.encode(["cab", "abcabc"])
    array([[4, 3, 1, 2, 5, 5],
           [4, 1, 2, 3, 1, 2]])

    Source: https://reference.wolfram.com/language/ref/netencoder/Characters.html
    """

    kind = "Characters"
    alphabet: Alphabet = PRINTABLE
    output_form: str = "Index"
    _: KW_ONLY
    ignore_case: bool = False
    target_length: int | Symbol = ALL

    def __post_init__(self) -> None:
        where = self.title
        faults = choice_faults(
            where,
            output_form=(self.output_form, FORMS),
            ignore_case=(self.ignore_case, (True, False)),
        )
        length = as_target_length(self.target_length, where)
        faults += [length] if isinstance(length, Fault) else []
        alphabet: Alphabet = ""
        try:
            low = self.ignore_case is True
            alphabet = as_alphabet(self.alphabet, where, ignore_case=low)
        except OptionError as error:
            faults += error.faults
        if faults:
            raise fail(OptionError, faults)
        self._set(alphabet=alphabet, target_length=length, known=codes_of(alphabet))

    @property
    def count(self) -> int:
        return self.known.total

    @property
    def padding(self) -> int:
        return self.known.total if self.known.end is None else self.known.end

    def codes(self, item: Any, where: str, index: int) -> list[int]:
        text = as_text(item, where, index)
        known = self.known
        if self.ignore_case:
            text = small(text)
        places = known.places
        found = [places.get(each, known.other) for each in text]
        if None in found:
            raise self._unknown(text, found.index(None), known, where, index)
        return known.framed(found)

    def _unknown(self, text: str, place: int, known: Codes, where: str, index: int) -> DataError:
        each = text[place]
        fix = "ANY in the alphabet gives all other characters a code"
        if not self.ignore_case and small(each) in known.places:
            fix = "ignore_case=True"
        elif all(part in known.places for part in unicodedata.normalize("NFC", text)):
            fix = 'unicodedata.normalize("NFC", text) has the characters of this alphabet'
        return refuse(
            where,
            index,
            f"character {place + 1} is not in the alphabet",
            given=f"{each!r} (U+{ord(each):04X}) in {brief(text)}",
            fix=fix,
        )
