"""The "Boolean" decoder: a number of at least one half is True."""

from __future__ import annotations

import numpy as np

from wlnet.coders.boolean_encoder import BooleanEncoder
from wlnet.coders.coder import coder
from wlnet.coders.decoder import NetDecoder, Property
from wlnet.core.shapes import Shape
from wlnet.core.symbols import AUTOMATIC


@coder
class BooleanDecoder(NetDecoder):
    """`NetDecoder("Boolean")`: reads scalars; "Decision" is True for p >= 0.5.

    >>> NetDecoder("Boolean").decode(np.array([0.2, 0.5]))
    [False, True]

    Source: https://reference.wolfram.com/language/ref/netdecoder/Boolean.html
    """

    kind = "Boolean"
    properties = ("Decision",)

    @property
    def shape(self) -> Shape:
        return ()

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[object]:
        self.check_property(prop)
        return list((self._numbers(array) >= 0.5).tolist())

    def target_encoder(self) -> BooleanEncoder:
        encoder: BooleanEncoder = BooleanEncoder()
        return encoder
