"""How fast an array learns, in a word: the five kinds of rates that tables and pictures tell apart.

Pictures give each a colour and a shape (`wlnet/plot/paint/marks.py`).
"""

from __future__ import annotations

FROZEN, SLOWED, USUAL, FAST, CLIMBING = "frozen", "slowed", "usual", "fast", "climbing"
SPEEDS = (FROZEN, SLOWED, USUAL, FAST, CLIMBING)
"""From standing still to going up: a negative rate climbs the loss."""


def speed(rate: float) -> str:
    """The kind of a rate.

    >>> [speed(rate) for rate in (0, 0.1, 1, 3, -1)]
    ['frozen', 'slowed', 'usual', 'fast', 'climbing']
    """
    if rate == 0:
        return FROZEN
    if rate < 0:
        return CLIMBING
    return USUAL if rate == 1 else SLOWED if rate < 1 else FAST


def rate_text(rate: float) -> str:
    """A rate, and its kind where that is not the usual one.

    >>> [rate_text(rate) for rate in (0, 0.5, 1, -2, 1.0000001)]
    ['0 frozen', '0.5 slowed', '1', '-2 climbing', '1.0000001 fast']
    """
    kind = speed(rate)
    return exact_text(rate) + ("" if kind == USUAL else f" {kind}")


def exact_text(rate: float) -> str:
    """A rate alone: in six digits where those are all of it, else in as many as it has.

    >>> [exact_text(rate) for rate in (0.1, 1e-7, -0.0, 1 / 3)]
    ['0.1', '1e-07', '0', '0.3333333333333333']
    """
    # Adding 0 makes a negative zero a zero.
    text = f"{rate + 0:g}"
    return text if float(text) == rate else repr(float(rate))
