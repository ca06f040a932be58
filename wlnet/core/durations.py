"""How long something takes, in words."""

from __future__ import annotations

import math


def time_text(seconds: float) -> str:
    """
    >>> [time_text(s) for s in (0.0312, 4.24, 83, 7384, 200_000)]
    ['0.03 s', '4.2 s', '1:23', '2:03:04', '2 d 7 h']
    """
    if not math.isfinite(seconds):
        return "?"
    if seconds < 9.95:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, hours = whole // 60, whole // 3600
    if whole < 60:
        return f"{whole} s"
    if hours < 1:
        return f"{minutes}:{whole % 60:02}"
    if hours < 48:
        return f"{hours}:{minutes % 60:02}:{whole % 60:02}"
    return f"{hours // 24} d {hours % 24} h"
