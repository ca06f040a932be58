"""What this process may use: cores and memory."""

from __future__ import annotations

import os
from pathlib import Path

from wlnet.engine.blueprint import Blueprint

OPERATIONS, BYTES = 6e10, 1.5e10
"""What a core does in a second, about."""
MOST = 256
"""Workers, however many are wanted: each is a thread with memory of its own."""
_GROUP = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """How many cores this process may use: by affinity, and by the limit of its control group."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = _words(_GROUP / "cpu.max")
    if len(quota) == 2 and quota[0] != "max":
        cores = min(cores, round(int(quota[0]) / int(quota[1])))
    return max(cores, 1)


def available_memory() -> int | None:
    """How many bytes this process may still take; None where nobody tells."""
    found = []
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            found.append(int(line.split()[1]) * 1024)
    limit, used = _words(_GROUP / "memory.max"), _words(_GROUP / "memory.current")
    if limit and used and limit[0] != "max":
        found.append(max(int(limit[0]) - int(used[0]), 0))
    return min(found, default=None)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []


def _words(file: Path) -> list[str]:
    return [word for line in _lines(file) for word in line.split()]


def workers_for(blueprint: Blueprint, wanted: int | None, worth: float) -> int:
    """As many workers as wanted, MOST at most; for None the cores there are, or one where a step is
    short.

    worth: how many seconds a step must take for a second thread to bring more than it costs.
    """
    if wanted is not None:
        return min(wanted, MOST)
    touched = sum(view.bytes for step in blueprint.steps for view in step.writes)
    work = sum(step.work for step in blueprint.steps)
    return min(available_cores(), MOST) if work / OPERATIONS + touched / BYTES > worth else 1
