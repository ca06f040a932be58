"""Compiling into the cache in several processes, as the compiler uses one core only.

The queue is a pipe: it holds the numbers of the jobs, heaviest first, and whoever is free takes the
next. Nobody depends on the others. What a process that ends early has taken stays undone, and is
compiled by whoever needs it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import wlnet.kernels
from wlnet.kernels.jit import cache
from wlnet.kernels.jit.storing import MANY, file_name, make
from wlnet.kernels.language import KERNELS, Kernel, Precision

Job = tuple[Kernel, Precision]
Tell = Callable[[int], None]
_NUMBER: Final = struct.Struct("<H")
MOST: Final = 1000
"""Jobs at a time: their numbers fit into any pipe."""
PATIENCE: Final = 60.0
"""Seconds that the others get for what they have begun, when the queue is empty."""
LOOK: Final = 0.01
"""Seconds between two looks at whether they have ended."""
_LOAD = Path("/proc/loadavg")
_START: Final = """
import json, signal, sys, types
# An interrupt is for whoever started this: he decides what becomes of it.
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path[:], rooms, work = json.loads(sys.argv[1])
# The kernels need nothing of the package, whose own modules take time to import.
sys.modules["wlnet"] = package = types.ModuleType("wlnet")
package.__path__ = rooms
from wlnet.kernels.jit.precompiling import help_out
help_out(*work)
"""


def every_kernel() -> Mapping[str, Kernel]:
    """All kernels there are, by name: the modules of all rooms of kernels are imported."""
    for module in pkgutil.walk_packages(wlnet.kernels.__path__, f"{wlnet.kernels.__name__}."):
        importlib.import_module(module.name)
    return KERNELS


def missing(jobs: Sequence[Job]) -> list[Job]:
    """What is not in the cache, or cannot be used as it lies there."""
    return [(kernel, precision) for kernel, precision in jobs
            if cache.read(file_name(kernel, precision)) is None]  # fmt: skip


def processes_wanted(cores: int) -> int:
    """How many processes compile: WLNET_COMPILE_PROCESSES, else one a core.

    What is no number counts as 1.
    """
    given = os.environ.get("WLNET_COMPILE_PROCESSES")
    if given is None:
        return cores
    return max(int(given), 1) if given.strip().isdigit() else 1


def idle(cores: int) -> int:
    """How many of so many cores have nothing to do, this one counted as idle.

    On a crowded machine more processes take longer than one, as each has to start. Crowded is where
    much has run for a while and still does: the average of a minute includes what has just ended.
    """
    try:
        busy = int(os.getloadavg()[0])
    except (AttributeError, OSError):  # nobody tells
        return cores
    return max(cores - min(busy, max(_running() - 1, 0)), 1)


def _running() -> int:
    """How many threads of all processes run now, this one included; many where nobody tells."""
    try:
        return int(_LOAD.read_text().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return MOST


def share(
    jobs: Sequence[Job],
    processes: int,
    tell: Tell | None = None,
    is_wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Compile jobs into the cache, in this process and in others beside it.

    tell: called with how many jobs of the queue are begun, whenever this process takes one.
    is_wanted: asked again and again; where it says no, all of them end soon. Raises nothing but
    what an interrupt raises: what could not be compiled is missing afterwards.
    """
    jobs = sorted(jobs, key=_weight, reverse=True)
    for start in range(0, len(jobs), MOST):
        _share(jobs[start : start + MOST], processes, tell, is_wanted)


def _share(
    jobs: Sequence[Job], processes: int, tell: Tell | None, is_wanted: Callable[[], bool]
) -> None:
    read, write = os.pipe()
    helpers: list[subprocess.Popen[bytes]] = []
    try:
        try:
            os.write(write, b"".join(_NUMBER.pack(number) for number in range(len(jobs))))
        finally:
            os.close(write)  # an empty queue ends when nobody can add to it
        for _ in range(min(processes, len(jobs) // MANY) - 1 if _can_start_python() else 0):
            helpers.append(_helper(jobs, read))
        _work(read, jobs, tell, is_wanted)
        deadline = time.monotonic() + PATIENCE
        while any(helper.poll() is None for helper in helpers):
            if not is_wanted() or time.monotonic() > deadline:
                break
            time.sleep(LOOK)
    except (OSError, subprocess.SubprocessError):
        # No process could be had.
        with contextlib.suppress(OSError):
            _work(read, jobs, tell, is_wanted)
    finally:
        os.close(read)
        for helper in helpers:
            helper.kill()
            helper.wait()


def _can_start_python() -> bool:
    """Whether there is a Python to start: inside of another program `sys.executable` is that."""
    name = os.path.basename(sys.executable or "").lower()
    return name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)


def _helper(jobs: Sequence[Job], queue: int) -> subprocess.Popen[bytes]:
    names = [(_module(kernel), kernel.name, precision) for kernel, precision in jobs]
    work = [str(cache.folder()), os.getpid(), names]
    rooms = [os.path.dirname(folder) for folder in wlnet.kernels.__path__]
    return subprocess.Popen(
        [sys.executable, "-c", _START, json.dumps([sys.path, rooms, work])],
        stdin=queue,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def help_out(folder: str, parent: int, names: Sequence[tuple[str, str, Precision]]) -> None:
    """What a process does that was started to help: the jobs whose numbers stand in its input."""
    if str(cache.folder()) != folder:
        return  # another version of the kernels, or of the compiler
    _work(sys.stdin.fileno(), [_found(*each) for each in names], is_wanted=_is_child_of(parent))


def _found(module: str, name: str, precision: Precision) -> Job:
    importlib.import_module(module)
    return KERNELS[name], precision


def _is_child_of(parent: int) -> Callable[[], bool]:
    return lambda: not hasattr(os, "getppid") or os.getppid() == parent


def _work(
    queue: int,
    jobs: Sequence[Job],
    tell: Tell | None = None,
    is_wanted: Callable[[], bool] = lambda: True,
) -> None:
    for number in _numbers(queue):
        if not is_wanted():
            return
        if tell is not None:
            tell(number)
        # Whoever needs this kernel meets the fault, and tells of it.
        with contextlib.suppress(Exception):
            make(*jobs[number])


def _numbers(queue: int) -> Iterator[int]:
    while len(taken := os.read(queue, _NUMBER.size)) == _NUMBER.size:
        yield _NUMBER.unpack(taken)[0]


def _module(kernel: Kernel) -> str:
    return str(kernel.function.__module__)


def _weight(job: Job) -> int:
    """About how long a kernel takes to compile: by how much code it and what it calls have."""
    seen: set[int] = set()

    def length(function: Any) -> int:
        if id(function) in seen or not hasattr(function, "__code__"):
            return 0
        seen.add(id(function))
        code = function.__code__
        named = (function.__globals__.get(name) for name in code.co_names)
        cells = (cell.cell_contents for cell in function.__closure__ or ())
        inner = (getattr(each, "function", None) or getattr(each, "generate", None)
                 for each in (*named, *cells))  # fmt: skip
        return len(code.co_code) + sum(map(length, inner))

    return length(job[0].function)
