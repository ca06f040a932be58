"""Dropout inside of recurrent layers: its kinds, how they are given, and their masks.

"VariationalWeights": weights of the state are dropped, the same ones at every element and for all
examples (Wan et al. 2013; Merity et al. 2017, AWD-LSTM). "VariationalInput", "VariationalState":
numbers of what comes in, or of the state on its way to the gates, the same ones at every element,
others for each example (Gal and Ghahramani 2016). "StateUpdate": numbers of what is added to the
state, others at every element (Semeniuta et al. 2016). What stays is divided by the chance to stay.
"""

from __future__ import annotations

from collections.abc import Mapping

from wlnet.core.errors import brief
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import Check, real

WEIGHTS, INPUT, STATE = "VariationalWeights", "VariationalInput", "VariationalState"
UPDATE = "StateUpdate"
KINDS = WEIGHTS, INPUT, STATE, UPDATE
Dropout = float | tuple[tuple[str, float], ...] | None
"""How it is kept: one number is that of "VariationalWeights"."""
_probability = real(0, 1, open_high=True)


def _number(value: object) -> float:
    number = _probability(value)
    assert isinstance(number, float)
    return number


def dropout_of(*kinds: str) -> Check:
    """None, a probability, or a dict from kinds to probabilities."""
    expected = f"None, a number >= 0 and < 1, or a dict of such by {', '.join(map(repr, kinds))}"

    def check(value: object) -> Dropout:
        if value is None:
            return None
        if not isinstance(value, (Mapping, tuple, list)):
            return _number(value)
        pairs = value.items() if isinstance(value, Mapping) else value
        found: dict[str, float] = {}
        for pair in pairs:
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ValueError(expected)
            kind, chance = pair
            if kind == UPDATE and UPDATE not in kinds:
                raise ValueError(f"{expected}: nothing is added to this state, it is made anew")
            if kind not in kinds or kind in found:
                raise ValueError(f"{expected}, and not {brief(kind)}")
            found[kind] = _number(chance)
        if not found:
            raise ValueError(expected)
        return tuple((kind, found[kind]) for kind in kinds if kind in found)

    return check


def chance(given: Dropout, kind: str) -> float:
    """With what probability a kind drops."""
    by_kind = {WEIGHTS: given} if isinstance(given, float) else dict(given or ())
    return by_kind.get(kind, 0.0)


def kept(g: Builder, given: Dropout, kind: str, shape: tuple[int, ...]) -> Value | None:
    """A mask of a kind, 0 for what is dropped; None where nothing is: then no number is drawn."""
    keep = 1 - chance(given, kind)
    if not g.training or keep == 1:
        return None
    return g.multiply(g.random_mask(shape, keep, by_example=kind != WEIGHTS), 1 / keep)


def dropped(
    g: Builder, x: Value, given: Dropout, kind: str, shape: tuple[int, ...] | None = None
) -> Value:
    """What a kind leaves of numbers. shape: of the mask, if it is not theirs."""
    return masked(g, x, kept(g, given, kind, shape or x.shape))


def masked(g: Builder, x: Value, mask: Value | None) -> Value:
    """What is left of numbers behind a mask."""
    return x if mask is None else g.multiply(x, mask)
