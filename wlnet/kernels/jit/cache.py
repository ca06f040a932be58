"""Machine code kept on disk: a private folder, one file a kernel and target, checked when read.

A content-addressed compilation cache: sources, compiler and CPU make the key.

A file that cannot be used (cut short, from somebody else, of another kernel or machine) is as
good as none: the kernel is compiled again. A folder that others can write is done without; one that
nobody can write is read. It can be deleted at any time.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

from wlnet.kernels.jit.notices import say_once
from wlnet.kernels.jit.private_folder import NotPrivate, is_own, private_folder

_DIGEST: Final = hashlib.sha256().digest_size
REPAIR: Final = "set WLNET_CACHE_DIR to a folder of this user"


@functools.cache
def kernels_hash() -> str:
    """Names the folder: every kernel source, the compiler, Python, the CPU.

    A routine is compiled into the kernels that call it, so that a change in one file makes all of
    them stale. What steers the compiler is fixed in compiling.py, so that no variable counts.
    Where Numba is not installed, what another installation has compiled is used: the version of
    Numba stands last, and the folder is the one that was made last.
    """
    from llvmlite import binding as llvm

    seal = hashlib.sha256()
    room = Path(__file__).parents[1]
    for file in sorted(room.rglob("*.py")):
        content = file.read_bytes()
        seal.update(f"{file.relative_to(room).as_posix()} {len(content)}\n".encode() + content)
    cpu = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    linked_by = importlib.metadata.version("llvmlite"), llvm.llvm_version_info
    seal.update(repr((linked_by, sys.implementation.cache_tag, cpu)).encode())
    known = seal.hexdigest()[:32]
    try:
        return f"{known}-{importlib.metadata.version('numba')}"
    except importlib.metadata.PackageNotFoundError:
        return _made_last(known)


def _made_last(known: str) -> str:
    """The name of the folder that was made last for these kernels; `known` where there is none."""
    try:
        made = [each for each in os.scandir(_above()) if each.name.startswith(f"{known}-")]
        return max(made, key=lambda each: each.stat().st_mtime_ns).name
    except (OSError, RuntimeError, ValueError):
        return known


def _above() -> Path:
    own, shared = os.environ.get("WLNET_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME")
    above = Path(own) if own else Path(shared or Path.home() / ".cache") / "wlnet"
    return above.absolute()


@functools.cache
def folder() -> Path | None:
    """The private folder of this user, made if need be; None when there cannot be one.

    `$WLNET_CACHE_DIR/<hash>`, else `$XDG_CACHE_HOME/wlnet/<hash>`, else `~/.cache/wlnet/<hash>`.
    """
    found = _place()
    return found if isinstance(found, Path) else None


def why_none() -> str:
    """Why nothing can be kept; empty where it can."""
    found = _place()
    if isinstance(found, str):
        return found
    return "" if can_keep() else f"{found.parent} cannot be written"


def _place() -> Path | str:
    try:
        return private_folder(_above() / kernels_hash())
    except NotPrivate as error:
        # What lies there would be run. Whoever set this up, or was set up, has to know at once.
        say_once("folder", f"{error}; no machine code is read from there or kept: {REPAIR}")
        return str(error)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home folder
        return str(error)


def can_keep() -> bool:
    """Whether there is a folder that something can be put into."""
    where = folder()
    return where is not None and os.access(where, os.W_OK)


def has(name: str) -> bool:
    """Whether something is kept under a name; `read` tells whether it can be used."""
    where = folder()
    try:
        return where is not None and stat.S_ISREG(os.lstat(where / name).st_mode)
    except OSError:
        return False


def read(name: str) -> bytes | None:
    """What was kept under a name; None for what is not there, or damaged, or of another user, or
    was kept under another name or in another folder."""
    where = folder()
    if where is None:
        return None
    try:
        # Neither a link is followed nor a pipe waited for: only what `write` puts there is read.
        with open(where / name, "rb", opener=_opened) as file:
            found = os.fstat(file.fileno())
            if not is_own(found) or not stat.S_ISREG(found.st_mode):
                return None
            content = file.read()
    except OSError:
        return None
    kept = content[_DIGEST:]
    return kept if _digest(name, kept) == content[:_DIGEST] else None


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def write(name: str, content: bytes) -> None:
    """Keep something under a name; when that is not possible, it is made again next time."""
    where = folder()
    if where is None:
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=where, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(_digest(name, content) + content)
            # Readers see the old file or the new one, never a part.
            os.replace(temporary, where / name)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError:  # a full disk, a folder gone
        return


def _digest(name: str, content: bytes) -> bytes:
    """Seals content with what it is called, and with all that it was made from."""
    return hashlib.sha256(f"{kernels_hash()} {name}\n".encode() + content).digest()
