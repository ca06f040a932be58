"""Machine code kept on disk: a private folder, one file a kernel and signature, checked when read.

Numba's own cache is not used: it raises at import when no folder can be written, fails for ever on
a file that was cut, does not see that a kernel called from another file changed, and its folder is
set for the whole process. Here a file that cannot be used is as good as none: the kernel is
compiled again. The folder can be deleted at any time.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import sys
import tempfile
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import numba  # type: ignore[import-untyped,unused-ignore]
from llvmlite import binding as llvm  # type: ignore[import-untyped,unused-ignore]
from numba.core.caching import NullCache  # type: ignore[import-untyped,unused-ignore]
from numba.core.compiler import CompileResult  # type: ignore[import-untyped,unused-ignore]
from numba.core.serialize import dumps  # type: ignore[import-untyped,unused-ignore]

_dumps: Any = dumps
_FLAGS: Final = ("BOUNDSCHECK", "OPT", "DEBUGINFO_DEFAULT", "LOOP_VECTORIZE", "SLP_VECTORIZE")
_DIGEST: Final = hashlib.sha256().digest_size
_SIMPLE: Final = (bool, int, float, str, bytes, type(None), type)


def keep(compiled: Any) -> None:
    """Keep on disk what a Numba dispatcher compiles, if its function can be told from others."""
    identity = _identity(compiled.py_func)
    if identity is not None:
        compiled._cache = KernelCache(compiled.py_func.__qualname__, identity)


def kernels_hash() -> str:
    """Names the folder: every kernel source, Numba, Python, the CPU, and what steers the compiler.

    A kernel is compiled into its callers, so that a change in one file makes all of them stale.
    """
    seal = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        content = file.read_bytes()
        seal.update(f"{file.name} {len(content)}\n".encode() + content)
    cpu = getattr(numba.config, "CPU_NAME", None) or llvm.get_host_cpu_name()
    flags = [str(getattr(numba.config, flag, None)) for flag in _FLAGS]
    seal.update(repr((numba.__version__, sys.implementation.cache_tag, cpu, flags)).encode())
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
        if hasattr(os, "getuid"):
            if place.stat().st_uid != os.getuid():
                return None
            place.chmod(0o700)
        tempfile.TemporaryFile(dir=place).close()
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    return place


class KernelCache(NullCache):  # type: ignore[misc,unused-ignore]
    """The cache of one kernel, in the form that Numba's dispatcher asks for."""

    def __init__(self, name: str, identity: str) -> None:
        self._name = "".join(letter for letter in name if letter.isalnum() or letter in "._")
        self._identity = identity

    @property
    def cache_path(self) -> str | None:
        """Where the files are, or None."""
        place = folder()
        return None if place is None else str(place)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel for a signature, or None: then it is compiled."""
        try:
            file = self._file(sig, target_context.codegen())
            if file is None or not file.exists():
                return None
            content = file.read_bytes()
            if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
                return None
            target_context.refresh()
            rebuild: Any = CompileResult._rebuild
            return rebuild(target_context, *pickle.loads(content[_DIGEST:]))
        except Exception:  # a cache may be slow, it must not be the reason that nothing runs
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled kernel; when that is not possible, it is compiled again next time."""
        try:
            file = self._file(sig, data.codegen)
            if file is None or data.lifted or data.library.has_dynamic_globals:
                return
            content: bytes = _dumps(data._reduce())
            handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(hashlib.sha256(content).digest() + content)
                os.replace(temporary, file)
            except BaseException:
                os.unlink(temporary)
                raise
        except Exception:  # a full disk, a folder gone: see load_overload
            return

    def _file(self, sig: Any, codegen: Any) -> Path | None:
        place = folder()
        key = repr((self._identity, sig, codegen.magic_tuple()))
        if place is None or " at 0x" in key:  # an address: another one in the next process
            return None
        return place / f"{self._name}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.nbc"


def _identity(function: FunctionType) -> str | None:
    """What tells a function from every other: its source file, line, and what it closes over."""
    source = _file_digest(function.__code__.co_filename)
    if source is None:
        return None
    held = [_value_identity(cell.cell_contents) for cell in function.__closure__ or ()]
    if None in held:
        return None
    return repr((source, function.__qualname__, function.__code__.co_firstlineno, held))


def _value_identity(value: Any) -> str | None:
    if isinstance(value, _SIMPLE):
        return repr(value)
    if isinstance(value, tuple):
        parts = [_value_identity(part) for part in value]
        return None if None in parts else repr(parts)
    function = getattr(value, "py_func", value)
    return _identity(function) if isinstance(function, FunctionType) else None


@functools.cache
def _file_digest(name: str) -> str | None:
    try:
        return hashlib.sha256(Path(name).read_bytes()).hexdigest()
    except OSError:  # typed at a prompt, or made from a string
        return None
