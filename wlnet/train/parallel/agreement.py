"""What ranks decide alike though a clock, a function or a user decides it: as rank 0 does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

from wlnet.train.interrupts import interrupts
from wlnet.train.parallel.exchange import Exchange

T = TypeVar("T")


class BrokenOff(KeyboardInterrupt):
    """A rank was interrupted: all end the training at the same step."""

    def __init__(self, rank: int) -> None:
        super().__init__(f"rank {rank} was interrupted")


def other(every: Sequence[object]) -> int | None:
    """The first rank that says another thing than rank 0; None for none."""
    return next((rank for rank, each in enumerate(every) if each != every[0]), None)


def agreed(exchange: Exchange, mine: T) -> T:
    """What rank 0 has to say; every rank asks. Raises BrokenOff where one was interrupted."""
    if exchange.ranks == 1:
        return mine
    found = exchange.gather((mine, interrupts().is_waiting), "what is next")
    broken = [rank for rank, (_, is_broken) in enumerate(found) if is_broken]
    if broken:
        raise BrokenOff(broken[0])
    return cast(T, found[0][0])
