"""What this process may use: cores and memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from wlnet.engine.blueprint import Blueprint

OPERATIONS, BYTES = 6e10, 1.5e10
"""What a core does in a second, about."""
MOST = 256
"""Workers, however many are wanted: each is a thread with memory of its own."""
_PROCESSES = Path("/proc")
_GROUPS = Path("/sys/fs/cgroup")
_TIMES = "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"
_MEMORY = "memory.max", "memory.limit_in_bytes", "memory.current", "memory.usage_in_bytes"
"""What may be taken, and what is: in version 2 of control groups, or in version 1."""


def available_cores() -> int:
    """How many cores this process may use: by affinity, and by the limits of its control groups."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    for group in _groups("cpu"):
        match _numbers(group, *_TIMES):
            case [int(quota), int(period)] if period > 0:
                cores = min(cores, round(quota / period))
    return max(cores, 1)


def available_memory() -> int | None:
    """How many bytes this process may still take; None where nobody tells."""
    free = _table(_PROCESSES / "meminfo").get("MemAvailable:")
    found = [] if free is None else [free * 1024]
    for group in _groups("memory"):
        match _numbers(group, *_MEMORY):
            case [int(limit), int(used)]:
                found.append(max(limit - max(used - _idle_files(group), 0), 0))
    return min(found, default=None)


def _idle_files(group: Path) -> int:
    """Bytes of files that were read and are not in use: they make room for whoever needs it."""
    table = _table(group / "memory.stat")
    # Version 1 says it of a group alone, and of all below it too.
    return table.get("total_inactive_file") or table.get("inactive_file") or 0


def _groups(controller: str) -> Iterator[Path]:
    """The control groups that limit this process: its own, and those above it.

    Version 2 has one tree for all controllers, version 1 a tree for one or some. A container may
    see its own group at the top of a tree: a folder that is not there limits nothing.
    """
    for line in _text(_PROCESSES / "self" / "cgroup").splitlines() or ["0::/"]:
        names, _, path = line.partition(":")[2].partition(":")
        if names and controller not in names.split(","):
            continue
        group = Path(path.strip("/"))
        for tree in {names, controller} if names else {"", "unified"}:
            yield from (_GROUPS / tree / each for each in (group, *group.parents))


def _numbers(group: Path, *files: str) -> list[int | None]:
    """The words in files of a group, of which each version has some; None for what is no limit."""
    return [_number(word) for file in files for word in _text(group / file).split()]


def _table(file: Path) -> dict[str, int | None]:
    """What the lines of a file begin with -> the number after it."""
    rows = (line.split() for line in _text(file).splitlines())
    return {row[0]: _number(row[1]) for row in rows if len(row) > 1}


def _number(word: str) -> int | None:
    """A number that is not negative and that a machine can have, else None.

    A huge one is how version 1 says that there is no limit.
    """
    is_number = word.isascii() and word.isdigit() and len(word) < 20
    return int(word) if is_number and int(word) < 2**62 else None


def _text(file: Path) -> str:
    """What a file says; one that cannot be read says nothing."""
    try:
        return os.fsdecode(file.read_bytes())
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return ""


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
