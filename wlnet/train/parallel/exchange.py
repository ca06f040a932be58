"""What the ranks of a training send one another: the protocol, and that of a single rank."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from wlnet.evaluate.holding import Array


class Exchange(ABC):
    """Ranks 0, 1, ..., ranks - 1, each of which runs the same training.

    All of them call `swap` and `gather` in the same order. Whatever waits ends with an error that
    names the rank where another one has ended or stands still.
    """

    rank: int
    ranks: int

    @abstractmethod
    def swap(self, partner: int, out: Sequence[Array], into: Sequence[Array]) -> None:
        """Send arrays to a partner, and receive as many from it, of the same sizes."""

    @abstractmethod
    def gather(self, mine: Any, at: str) -> list[Any]:
        """What every rank gives, by rank: small things. at: where in the training this rank is.
        Raises RankError where another one is elsewhere."""

    def enter(self) -> None:  # noqa: B027 - of ranks that need not be waited for
        """This rank begins a training; it waits for the others."""

    @abstractmethod
    def leave(self, error: BaseException | None) -> None:
        """This rank ends the training; the others are told why, if by an error."""


class Alone(Exchange):
    """A single rank."""

    rank, ranks = 0, 1

    def swap(self, partner: int, out: Sequence[Array], into: Sequence[Array]) -> None:
        raise AssertionError("a single rank has no partner")

    def gather(self, mine: Any, at: str) -> list[Any]:
        return [mine]

    def leave(self, error: BaseException | None) -> None:
        pass


ALONE = Alone()
