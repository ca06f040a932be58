"""Writing a file so that at every moment the old content or the new one is there, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Put data into a file: written beside it, made safe on disk, then renamed over it.

    A link is followed. A file that was there keeps its permissions; a new one has the usual ones.
    When anything fails the old file is as it was and nothing is left beside it. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    # A short name of its own: the target's may already be as long as a name can be.
    beside = target.parent / f".{secrets.token_hex(8)}.part"
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mode = None
    descriptor = os.open(
        beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
    )
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    _settle_name(target.parent)


def _settle_name(folder: Path) -> None:
    # The file is whole by now; this settles which of the two a power cut leaves. Not every file
    # system can.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
