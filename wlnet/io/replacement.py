"""Writing a file so that at every moment the old content or the new one is there, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Any, Final

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed
    fcntl = None

_PART: Final = re.compile(r"\.[0-9a-f]{16}\.part")


def replace_file(path: Path, data: bytes) -> None:
    """Put data into a file: written beside it, made safe on disk, then renamed over it.

    A link is followed. A file that was there keeps its permissions; a new one has the usual ones.
    When anything fails the old file is as it was and nothing is left beside it; what a process
    left that was killed is removed by the next one that writes into the folder. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    _clear(target.parent)
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mode = None
    while not _is_put(target, data, mode):
        pass
    _settle_name(target.parent)


def _is_put(target: Path, data: bytes, mode: int | None) -> bool:
    """Put data into a file by way of another one; whether nobody took that away meanwhile."""
    # A short name of its own: the target's may already be as long as a name can be.
    beside = target.parent / f".{secrets.token_hex(8)}.part"
    # Whenever an interrupt comes: its name is known before it is there, and Python closes it.
    try:
        with open(beside, "xb") as file:
            # Locked, so that another process sees that somebody is at work; it may have cleared it
            # between the two calls.
            if _locked(file.fileno()) is False or not os.fstat(file.fileno()).st_nlink:
                return False
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:  # the file stays locked until it has its name
                _put(beside, target, mode)
        if fcntl is None:
            _put(beside, target, mode)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    return True


def _put(beside: Path, target: Path, mode: int | None) -> None:
    if mode is not None:
        os.chmod(beside, mode)
    os.replace(beside, target)


def _clear(folder: Path) -> None:
    """Remove what saves left that were killed: parts that nobody holds a lock on."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if _PART.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _clear_one(entry.path)


def _clear_one(path: str) -> None:
    if fcntl is None:
        os.unlink(path)  # the system refuses where it is open
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if _locked(descriptor):
            os.unlink(path)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool | None:
    """Whether this process has the lock of a file now; None where the file system has no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _settle_name(folder: Path) -> None:
    # The file is whole by now; this settles which of the two a power cut leaves. Not every file
    # system can.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
