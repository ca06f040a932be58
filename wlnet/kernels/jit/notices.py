"""Lines on standard error about what takes long and what could be done: each once a process."""

from __future__ import annotations

import contextlib
import sys
from typing import Final

_said: Final[set[str]] = set()


def say_once(topic: str, line: str) -> None:
    """Say something about a topic, if nothing was said about it before."""
    if topic in _said:
        return
    _said.add(topic)
    with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or there is none
        print(f"wlnet: {line}", file=sys.stderr, flush=True)
