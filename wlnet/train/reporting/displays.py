"""What every display can do, and how often it is shown."""

from __future__ import annotations

from abc import ABC, abstractmethod

from wlnet.results.progress import Progress

LIVE = 0.1
"""Seconds between two pictures of a live display, at least."""


class Display(ABC):
    """Shows where a training stands.

    by_round, within: how many seconds pass between what it shows at the ends of rounds, and before
    it shows something within a round.
    """

    by_round = LIVE
    within = LIVE
    is_live = True
    """Whether it replaces what it has shown, so that nothing is lost by showing it less often."""

    rests = False
    """Whether it stepped aside, and can be shown again."""
    has_curves = True
    """Whether it shows curves."""

    @property
    def where(self) -> str:
        """The file that it writes to, if that has a name."""
        return ""

    @abstractmethod
    def show(self, now: Progress) -> None:
        """Show where the training stands."""

    @abstractmethod
    def end(self, last: Progress) -> None:
        """Show how it ended; this stays."""

    def rest(self) -> None:  # noqa: B027 - most have nothing to do
        """Somebody else is about to write: step aside."""

    def resume(self) -> None:  # noqa: B027 - most have nothing to do
        """They have written: show again what was shown."""

    def close(self) -> None:  # noqa: B027 - most have nothing to do
        """Leave everything as it was found; `end` may not have been called, or been broken off."""
