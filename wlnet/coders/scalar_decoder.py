"""The "Scalar" decoder: a number of a net as a number of Python."""

from __future__ import annotations

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.decoder import NetDecoder, Property
from wlnet.coders.scalar_encoder import ScalarEncoder
from wlnet.core.shapes import Shape
from wlnet.core.symbols import AUTOMATIC


@coder
class ScalarDecoder(NetDecoder):
    """`NetDecoder("Scalar")`: reads scalars, and tells them as floats of Python.

    The only property is "Scalar". A float32 is told as the float of the same value.

    >>> NetDecoder("Scalar").decode(np.array([0.5, 2], np.float32))
    [0.5, 2.0]
    """

    kind = "Scalar"
    properties = ("Scalar",)

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
        return list(self._numbers(array).astype(np.float64).tolist())

    def target_encoder(self) -> ScalarEncoder:
        encoder: ScalarEncoder = ScalarEncoder()
        return encoder
