"""How many cores a program may take, where several trainings of one user are at work on a machine.

Workers wait for each other. Where there are more of them than cores, they wait for one that waits
for a core, and two trainings at once take longer than one after the other. So whoever trains says
so: it holds a byte of a file, locked. Others see how many bytes are locked, and each takes its part
of the cores. The system frees what is held by a process that ends, however it ends.

Only processes that may use the same cores go by the same file. Where no file can be locked, there
are the trainings of this process alone.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wlnet.core.machine import available_cores
from wlnet.kernels.jit.locks import new_lock

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MOST = 64
"""Bytes of the file: from so many trainings on it makes no difference how many there are."""
FRESH = 0.25
"""Seconds that an answer is good for."""

_lock = new_lock()
_held: dict[int, int] = {}
"""The bytes of the trainings of this process -> how many of them have it (more than one, where all
bytes were taken)."""
_files: dict[Path, int] = {}
"""The file, once it is open. Closing it would free all that this process has locked."""
_seen: list[tuple[float, int, int]] = []
"""When somebody last looked: how many cores there were, and trainings of other processes."""


@contextmanager
def at_work() -> Iterator[None]:
    """A block in which a training takes its part of the cores."""
    mine: list[int] = []
    try:
        with _lock:
            mine.append(next((n for n in range(MOST) if n not in _held and _take(n)), MOST))
            _held[mine[0]] = _held.get(mine[0], 0) + 1
            _seen.clear()
        yield
    finally:
        with _lock:
            # None, if an interrupt came before there was one; and a forked child holds nothing.
            for byte in mine:
                _held[byte] = _held.get(byte, 1) - 1
                if not _held[byte]:
                    del _held[byte]
                    _give(byte, _file())
            _seen.clear()


def fair_share() -> int:
    """How many cores there are for whoever asks, beside the trainings of others."""
    with _lock:
        now = time.monotonic()
        if not _seen or now - _seen[0][0] > FRESH:
            cores = available_cores()
            file = _file()
            others = sum(_is_taken(n, file) for n in range(MOST)) if cores > 1 else 0
            _seen[:] = [(now, cores, others)]
        _, cores, others = _seen[0]
        return max(1, cores // (others + max(1, sum(_held.values()))))


def _file() -> int | None:
    """The file that is locked; None where there is none."""
    if fcntl is None:
        return None
    how = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        # Where nothing can be written there is no such folder.
        place = Path(tempfile.gettempdir()) / f"wlnet-{os.getuid()}-{_cores()}.cores"
        if place not in _files:
            _files[place] = os.open(place, how, 0o600)
    except OSError:  # no room, no right, or somebody else's
        return None
    return _files[place]


def _cores() -> str:
    """A short name of the cores that this process may use."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return hashlib.sha256(repr(cores).encode()).hexdigest()[:12]


def _take(byte: int) -> bool:
    """Lock a byte, if no other process has it."""
    return _locked(byte, _file(), exclusive=True)


def _give(byte: int, file: int | None) -> None:
    if file is not None and byte < MOST:
        with suppress(OSError):
            fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


def _is_taken(byte: int, file: int | None) -> bool:
    """Whether another process has a byte."""
    if byte in _held:
        return False
    # Several may look at the same time.
    is_free = _locked(byte, file, exclusive=False)
    if is_free:
        _give(byte, file)
    return not is_free


def _locked(byte: int, file: int | None, *, exclusive: bool) -> bool:
    """Whether a byte is locked now; it is not, where another process has it. Where nothing can be
    locked, there is nobody else."""
    if file is None:
        return True
    try:
        kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        fcntl.lockf(file, kind | fcntl.LOCK_NB, 1, byte)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _forget() -> None:
    _held.clear()
    _seen.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
