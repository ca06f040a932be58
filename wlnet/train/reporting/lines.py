"""Who has the last line of the terminal, where there are several trainings at once."""

from __future__ import annotations

import threading

from wlnet.train.reporting.displays import Display


class Lines:
    """The displays that want the last line of the terminal: the one that came last has it."""

    def __init__(self) -> None:
        self._displays: list[Display] = []
        self._lock = threading.Lock()

    def enter(self, display: Display) -> None:
        with self._lock:
            self._displays.append(display)

    def leave(self, display: Display) -> None:
        with self._lock:
            self._displays = [each for each in self._displays if each is not display]

    def has(self, display: Display) -> bool:
        """Whether a display has the line."""
        with self._lock:
            return bool(self._displays) and self._displays[-1] is display

    def rest(self) -> None:
        """Somebody else is about to write: whoever has the line steps aside."""
        displays = self._displays
        if displays:
            displays[-1].rest()

    @property
    def are_taken(self) -> bool:
        """Whether any display is there."""
        return bool(self._displays)


LINES = Lines()
