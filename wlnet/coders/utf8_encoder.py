"""The "UTF8" encoder: a text becomes its bytes."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from wlnet.coders.coder import coder
from wlnet.coders.encoder import refuse
from wlnet.coders.lengths import as_target_length
from wlnet.coders.parameters import choice_faults
from wlnet.coders.text_encoder import FORMS, TextEncoder, as_text
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.symbols import ALL, Symbol

CODES = 248
"""Bytes of UTF-8 are below 248: those of today's Unicode below 245."""


@coder
class UTF8Encoder(TextEncoder):
    """`NetEncoder("UTF8")`: text to the bytes of its UTF-8 form plus 1, of 248; shape `(None,)`,
    "Integer".

    A character of ASCII is one byte, others are two to four. output_form: "Index", or "UnitVector"
    for a vector of a one and zeros for each byte; shape `(None, 248)`. target_length: n cuts all
    texts behind n bytes, be it in the middle of a character, and pads them there with 1, the code
    of the byte 0; ALL leaves each as long as it is. Arrays of codes pass through.

    Errors: DataError, naming the example, for half a surrogate pair, which has no bytes, and for
    texts of several lengths in one batch.

    >>> from wlnet import NetEncoder
    >>> NetEncoder("UTF8").encode(["né"])
    array([[111, 196, 170]])
    >>> NetEncoder("UTF8", target_length=4)("né").tolist()
    [111, 196, 170, 1]

    Source: https://reference.wolfram.com/language/ref/netencoder/UTF8.html
    """

    kind = "UTF8"
    output_form: str = "Index"
    _: KW_ONLY
    target_length: int | Symbol = ALL

    def __post_init__(self) -> None:
        faults = choice_faults(self.title, output_form=(self.output_form, FORMS))
        length = as_target_length(self.target_length, self.title)
        if isinstance(length, Fault):
            faults.append(length)
        if faults:
            raise fail(OptionError, faults)
        self._set(target_length=length)

    @property
    def count(self) -> int:
        return CODES

    @property
    def padding(self) -> int:
        return 1

    def codes(self, item: Any, where: str, index: int) -> list[int]:
        text = as_text(item, where, index)
        try:
            return [byte + 1 for byte in text.encode()]
        except UnicodeEncodeError as error:
            raise refuse(
                where,
                index,
                f"character {error.start + 1} is half a surrogate pair, and has no bytes",
                given=brief(text),
            ) from None
