"""What this process may use: cores, memory and caches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from wlnet.core.errors import Fault, ShapeError, WlnetError, fail

NOTICED = 2**26
"""Bytes from which it is asked whether there are so many."""
_PROCESSES = Path("/proc")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_USUAL_CACHES = 2**15, 2**19
"""The bytes that the first two levels have at least on most CPUs: taken where nobody tells."""
_GROUPS = Path("/sys/fs/cgroup")
_TIMES = "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"
_MEMORY = "memory.max", "memory.limit_in_bytes", "memory.current", "memory.usage_in_bytes"
"""What may be taken, and what is: in version 2 of control groups, or in version 1."""


def available_cores() -> int:
    """How many cores this process may use: by affinity, by the limits of its control groups, and by
    OMP_NUM_THREADS.

    Whoever starts several processes to share a machine (joblib, Dask, batch systems) tells each how
    many threads it may have by that variable, which most libraries of numbers go by.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    for group in _groups("cpu"):
        match _numbers(group, *_TIMES):
            case [int(quota), int(period)] if period > 0:
                cores = min(cores, round(quota / period))
    told = _number(os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip())
    return max(min(cores, told or cores), 1)


def available_memory() -> int | None:
    """How many bytes this process may still take; None where nobody tells."""
    free = _table(_PROCESSES / "meminfo").get("MemAvailable:")
    found = [] if free is None else [free * 1024]
    for group in _groups("memory"):
        match _numbers(group, *_MEMORY):
            case [int(limit), int(used)]:
                found.append(max(limit - max(used - _idle_files(group), 0), 0))
    return min(found, default=None)


@cache
def cache_bytes() -> tuple[int, int]:
    """The bytes of the first two levels of a core's cache, for data."""
    found = dict(enumerate(_USUAL_CACHES, 1))
    for place in _CACHES.glob("index*"):
        level, size = _number(_text(place / "level").strip()), _text(place / "size").strip()
        kibibytes = _number(size.removesuffix("K"))
        is_for_data = _text(place / "type").strip() in ("Data", "Unified")
        if level in found and kibibytes and size.endswith("K") and is_for_data:
            found[level] = kibibytes * 1024
    return found[1], found[2]


def check_memory(
    size: int, what: str, kind: type[WlnetError] = ShapeError, fix: str | None = None
) -> None:
    """Raise an error rather than take more memory than there is. size: in bytes."""
    if size < NOTICED:
        return
    available = available_memory()
    if available is not None and size > available:
        fault = Fault(
            "this takes more memory than there is",
            at=what,
            given=bytes_text(size),
            expected=f"at most {bytes_text(available)}, which are free",
            fix=fix,
        )
        raise fail(kind, fault)


def bytes_text(size: int) -> str:
    """
    >>> bytes_text(3 * 2**40), bytes_text(5 * 10**8), bytes_text(2**300)
    ('3.0 TB', '477 MB', 'over 1,000,000 TB')
    """
    if size >= 2**60:
        return "over 1,000,000 TB"
    for unit, name in ((2**40, "TB"), (2**30, "GB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size / 2**20:.0f} MB"


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
