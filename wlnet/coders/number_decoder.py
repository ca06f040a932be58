"""The "Number" decoder: a standardised number becomes one in its own unit again."""

from __future__ import annotations

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.decoder import NetDecoder, Property
from wlnet.coders.number_encoder import NumberEncoder, statistics_faults
from wlnet.core.errors import OptionError, fail
from wlnet.core.shapes import Shape
from wlnet.core.symbols import AUTOMATIC


@coder
class NumberDecoder(NetDecoder):
    """`NetDecoder("Number", mean, deviation)`: reads vectors of one number, `z` to
    `z * deviation + mean`.

    Targets of such a port are numbers in their own unit, and the net learns them standardised; so
    losses and measurements of it are in deviations. The property None gives the vector.

    >>> NetDecoder("Number", 40, 10).decode(np.array([[-1.0], [0.5]]))
    [30.0, 45.0]
    """

    kind = "Number"
    properties = ("Number",)
    mean: float = 0.0
    deviation: float = 1.0

    def __post_init__(self) -> None:
        faults = statistics_faults(self)
        if faults:
            raise fail(OptionError, faults)
        self._set(mean=float(self.mean), deviation=float(self.deviation))

    @property
    def shape(self) -> Shape:
        return (1,)

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[object]:
        self.check_property(prop)
        numbers = self._numbers(array)[:, 0].astype(np.float64)
        return list((numbers * self.deviation + self.mean).tolist())

    def target_encoder(self) -> NumberEncoder:
        encoder: NumberEncoder = NumberEncoder(self.mean, self.deviation)
        return encoder
