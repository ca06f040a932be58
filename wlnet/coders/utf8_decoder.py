"""The "UTF8" decoder: a sequence of probability vectors becomes the text of its bytes."""

from __future__ import annotations

from typing import Any

from wlnet.coders.coder import coder
from wlnet.coders.text_decoder import TextDecoder
from wlnet.coders.utf8_encoder import CODES, UTF8Encoder


@coder
class UTF8Decoder(TextDecoder):
    """`NetDecoder("UTF8")`: reads sequences of probability vectors of shape (None, 248), one for
    each byte and one more, as `NetEncoder("UTF8")` counts them, and answers with a string.

    Bytes that are no text come as the replacement character U+FFFD. Bytes of value 0 at the end,
    which pad a text, are left out. The properties are those of `NetDecoder("Characters", ...)`,
    with the bytes, 0 to 247, for labels.

    wlnet's own: in the Wolfram Language this encoder has no converse.

    >>> from wlnet import NetDecoder, NetEncoder
    >>> encoder = NetEncoder("UTF8", "UnitVector", target_length=4)
    >>> NetDecoder(encoder)(encoder("né"))
    'né'
    """

    kind = "UTF8"

    @property
    def labels(self) -> tuple[Any, ...]:  # type: ignore[override]
        """The bytes."""
        return tuple(range(CODES))

    def target_encoder(self) -> UTF8Encoder:
        encoder: UTF8Encoder = UTF8Encoder()
        return encoder

    def _text(self, members: list[Any]) -> str:
        return bytes(members).rstrip(b"\0").decode("utf-8", "replace")
