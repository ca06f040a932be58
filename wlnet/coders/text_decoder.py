"""What decoders of text share: a sequence of probability vectors becomes a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.coders.alphabet import Member
from wlnet.coders.decoder import Property
from wlnet.coders.label_decoder import LabelDecoder
from wlnet.coders.parameters import is_automatic
from wlnet.core.shapes import Shape
from wlnet.core.symbols import ANY, AUTOMATIC

OTHER = "\N{REPLACEMENT CHARACTER}"
"""What stands in a text for a character or token that nobody knows."""


class TextDecoder(LabelDecoder):
    """The base of decoders of text. A kind says what its codes stand for, and what is between
    them in a text.

    The ends of a text are no part of it: they are left out. What stands for all that is not known
    is the replacement character.
    """

    between = ""

    @property
    def labels(self) -> tuple[Member, ...]:  # type: ignore[override]
        """What each code stands for: a string, or a symbol."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        return (None, len(self.labels))

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[Any]:
        told = super().decode(array, prop, rng=rng)
        is_text = is_automatic(prop) or self._property(prop)[0] in ("Decision", "RandomSample")
        return [self._text(each) for each in told] if is_text else told

    def _text(self, members: list[Member]) -> str:
        return self.between.join(
            OTHER if each is ANY else str(each)
            for each in members
            if each is ANY or isinstance(each, str)
        )
