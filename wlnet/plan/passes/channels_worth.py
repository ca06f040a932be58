"""Which windows are computed with channels side by side, and in which of the ways of channels.py.

Shapes decide, and how many images a whole batch has: not what is trained, or kept.
"""

from __future__ import annotations

import math
from fractions import Fraction
from math import ceil

import numpy as np

from wlnet.graph.graph import Call, Value
from wlnet.plan.calls import shifted_fields, winograd_channel_fields, winograd_fields
from wlnet.plan.passes.winograd import operands

FILLED = Fraction(4, 5)
"""The share of the lanes that images fill from which on they need not be turned."""
PLENTY, WIDE = 8, 2
"""Channels from which on windows with longer strides are faster so for few images; vectors of them
for any number."""
SHORT = 4
"""Vectors of places from which on a single vector of channels is slower than places side by side,
where windows have a stride of 1."""
USUAL = ("stride", 1), ("padding", 0), ("groups", 1)


def is_worth(call: Call, lanes: int, few: Fraction) -> bool:
    """Whether a convolution, or its gradient, is faster with channels side by side.

    few: as `put_in_channels` takes it.
    """
    at = call.attributes
    x, w, y = operands(call)
    are_few = filled(x, lanes, few) < FILLED
    fewest = min(w.shape[1], w.shape[0] // int(at["groups"]))
    if is_depthwise(call):
        return w.shape[0] >= (lanes / 4 if are_few else WIDE * lanes)
    if is_fast(call, lanes, few):
        return True
    if fewest >= WIDE * lanes:
        return are_few or not has_formula(call)
    if not are_few or not shifted_fields.is_possible(call.attributes["stride"]):
        return are_few and fewest >= PLENTY
    is_short = math.prod(y.shape[2:]) < SHORT * lanes
    return fewest >= lanes and (is_short or is_pointwise(call))


def has_formula(call: Call) -> bool:
    """Whether Winograd's formula is there for a convolution."""
    at, (_, w, _) = call.attributes, operands(call)
    return winograd_fields.is_possible(w.shape[2:], at["stride"], at["dilation"], at["groups"])


def is_fast(call: Call, lanes: int, few: Fraction) -> bool:
    """Whether Winograd's formula, with channels side by side, is the fastest way."""
    x, w, y = operands(call)
    images = _images(x, lanes, few)
    if not has_formula(call):
        return False
    return winograd_channel_fields.is_worth(images, w.shape, y.shape, lanes)


def filled(x: Value, lanes: int, few: Fraction) -> Fraction:
    """The share of the lanes that images fill, or those of a whole batch."""
    images = _images(x, lanes, few)
    return images / (lanes * ceil(images / lanes))


def _images(x: Value, lanes: int, few: Fraction) -> Fraction:
    """How many there are, or how many a whole batch has."""
    return Fraction(x.shape[0]) * (lanes // 2) / few if few else Fraction(x.shape[0])


def is_depthwise(call: Call) -> bool:
    """Whether each channel has a kernel of its own."""
    x, w, _ = operands(call)
    return bool(1 < call.attributes["groups"] == w.shape[0] == x.shape[1])


def is_pointwise(call: Call) -> bool:
    """Whether the windows of a convolution are single pixels, one beside the other."""
    at = call.attributes
    _, w, _ = operands(call)
    is_plain = all(all(n == usual for n in np.ravel(at[name])) for name, usual in USUAL)
    return is_plain and math.prod(w.shape[2:]) == 1
