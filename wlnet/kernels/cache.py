"""Machine code kept on disk: a private folder, one file a kernel and target, checked when read.

A file that cannot be used (cut short, from somebody else, of another machine) is as good as none:
the kernel is compiled again. A folder that cannot be written is done without. It can be deleted at
any time.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

_DIGEST: Final = hashlib.sha256().digest_size


@functools.cache
def kernels_hash() -> str:
    """Names the folder: every kernel source, the compiler, Python, the CPU.

    A routine is compiled into the kernels that call it, so that a change in one file makes all of
    them stale.
    """
    from llvmlite import binding as llvm

    seal = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        content = file.read_bytes()
        seal.update(f"{file.name} {len(content)}\n".encode() + content)
    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite")]
    steering = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
    cpu = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    seal.update(repr((versions, sys.implementation.cache_tag, cpu, steering)).encode())
    return seal.hexdigest()[:32]


@functools.cache
def folder() -> Path | None:
    """The private folder of this user, made if need be; None when there cannot be one.

    `$WLNET_CACHE_DIR/<hash>`, else `$XDG_CACHE_HOME/wlnet/<hash>`, else `~/.cache/wlnet/<hash>`.
    """
    try:
        own, shared = os.environ.get("WLNET_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME")
        above = Path(own) if own else Path(shared or Path.home() / ".cache") / "wlnet"
        place = above.absolute() / kernels_hash()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What is read from here is run: nobody else may be able to have written it.
        if not _is_own(place.stat()):
            return None
        if hasattr(os, "getuid"):
            place.chmod(0o700)
        tempfile.TemporaryFile(dir=place).close()
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    return place


def _is_own(found: os.stat_result) -> bool:
    """Whether something belongs to this user, and not to another one, be it root."""
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def has(name: str) -> bool:
    """Whether something is kept under a name; `read` tells whether it can be used."""
    place = folder()
    return place is not None and (place / name).is_file()


def read(name: str) -> bytes | None:
    """What is kept under a name; None for what is not there, or damaged, or of another user."""
    place = folder()
    if place is None:
        return None
    try:
        with open(place / name, "rb") as file:
            if not _is_own(os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
        return None
    return content[_DIGEST:]


def write(name: str, content: bytes) -> None:
    """Keep something under a name; when that is not possible, it is made again next time."""
    place = folder()
    if place is None:
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=place, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(hashlib.sha256(content).digest() + content)
            # Readers see the old file or the new one, never a part.
            os.replace(temporary, place / name)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError:  # a full disk, a folder gone
        return
