"""The machine: what the figures depend on."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm


def threads() -> int:
    """How many cores this process may use: every contender gets as many threads."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _first_line("/sys/fs/cgroup/cpu.max").split()
    if len(quota) == 2 and quota[0].isdecimal():
        available = min(available or 1, max(1, int(quota[0]) // int(quota[1])))
    return available or 1


def lanes() -> int:
    """How many float32 numbers are in a vector register."""
    features = llvm.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx2") else 4


def description() -> dict[str, Any]:
    """CPU, cores, caches, lanes, memory, system, Python."""
    return {
        "CPU": f"{_cpu_name()} ({llvm.get_host_cpu_name()})",
        "cores used": threads(),
        "lanes (float32)": lanes(),
        "caches": _caches(),
        "memory": f"{_memory() / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }


def idle_share(seconds: float = 0.1) -> float:
    """Which part of all cores' time was idle just now; 1 where the system does not tell."""
    before = _times()
    if not before:
        return 1.0
    time.sleep(seconds)
    passed = [after - first for first, after in zip(before, _times(), strict=True)]
    return (passed[3] + passed[4]) / max(1, sum(passed))


def _times() -> list[int]:
    return [int(ticks) for ticks in _first_line("/proc/stat").split()[1:9]]


def _first_line(file: str | Path) -> str:
    try:
        return Path(file).read_text("utf-8").split("\n", 1)[0]
    except OSError:  # another system, or an older one
        return ""


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown"


def _caches() -> str:
    """Level, kind and size of each cache that the first core sees."""
    found = []
    for place in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        kind = {"Data": "d", "Instruction": "i"}.get(_first_line(place / "type"), "")
        found.append(f"L{_first_line(place / 'level')}{kind} {_first_line(place / 'size')}")
    return ", ".join(found) or "unknown"


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
