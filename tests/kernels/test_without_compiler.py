"""What is in the cache runs where Numba is not installed, and on a disk that is read only."""

from __future__ import annotations

import errno
import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wlnet.kernels.elementwise.maps import MAPS
from wlnet.kernels.jit import cache, loading, storing

NEGATE = MAPS["Negate"]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """All cores have nothing to do, so that other processes would be asked to help."""
    monkeypatch.setattr("wlnet.kernels.jit.precompiling.idle", lambda cores: cores)
    monkeypatch.delenv("WLNET_COMPILE_PROCESSES", raising=False)


@pytest.fixture
def above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and a process that has loaded nothing."""
    monkeypatch.setenv("WLNET_CACHE_DIR", str(tmp_path))
    forget(monkeypatch)
    yield tmp_path
    cache.kernels_hash.cache_clear()
    cache.folder.cache_clear()


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_addresses", {})
    cache.kernels_hash.cache_clear()
    cache.folder.cache_clear()


def uninstall_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = importlib.metadata.version

    def version(name: str) -> str:
        if name == "numba":
            raise importlib.metadata.PackageNotFoundError(name)
        return usual(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setitem(sys.modules, "numba", None)
    forget(monkeypatch)


def test_a_kernel_of_the_cache_is_linked_without_numba(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing.make(NEGATE, "Real32")
    with_numba = cache.folder()
    uninstall_numba(monkeypatch)
    assert loading.address(NEGATE, "Real32") != 0
    assert cache.folder() == with_numba
    assert [each.name for each in above.iterdir()] == [cache.kernels_hash()]


def test_of_several_versions_of_numba_the_folder_is_used_that_was_made_last(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _, version = cache.kernels_hash().partition("-")
    for number, name in enumerate([f"{own}-9.0", f"{own}-10.0", f"{own}-1.0", f"other-{version}"]):
        (above / name).mkdir()
        os.utime(above / name, (number % 3, number % 3))
    uninstall_numba(monkeypatch)
    assert cache.kernels_hash() == f"{own}-1.0"


def test_a_kernel_that_is_not_there_names_what_would_compile_it(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uninstall_numba(monkeypatch)
    monkeypatch.setattr(
        "wlnet.kernels.jit.precompiling.share", lambda *_: pytest.fail("no process can help")
    )
    with pytest.raises(ImportError, match="pip install numba") as told:
        loading.prepare(MAPS.values(), "Real32", cores=8)
    text = str(told.value)
    assert str(above) in text and "python -m wlnet precompile" in text and ".o" in text


# A disk that is read only


def make_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a disk does that is read only; root may write whatever else forbids it."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EROFS, "Read-only file system")

    for place, name in ((tempfile, "TemporaryFile"), (tempfile, "mkstemp"), (os, "chmod")):
        monkeypatch.setattr(place, name, refuse)
    monkeypatch.setattr(os, "access", lambda place, mode: mode != os.W_OK)
    forget(monkeypatch)


def test_what_lies_on_a_disk_that_is_read_only_is_read(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing.make(NEGATE, "Real32")
    make_read_only(monkeypatch)
    monkeypatch.setattr(storing, "make", lambda *_: pytest.fail("compiled again"))
    assert loading.address(NEGATE, "Real32") != 0
    assert not cache.can_keep()
    assert cache.why_none() == f"{above} cannot be written"


def test_what_it_lacks_is_compiled_for_the_process_alone(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing.make(NEGATE, "Real32")
    make_read_only(monkeypatch)
    monkeypatch.setattr(
        "wlnet.kernels.jit.precompiling.share", lambda *_: pytest.fail("it cannot come back")
    )
    monkeypatch.setattr(loading, "MANY", 0)
    loading.prepare([MAPS["Abs"]], "Real32", cores=8)
    assert loading.address(MAPS["Abs"], "Real32") != 0
    assert [each.name for each in above.rglob("*.o")] == [storing.file_name(NEGATE, "Real32")]


def test_an_empty_folder_that_cannot_be_written_is_none(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_read_only(monkeypatch)
    assert cache.folder() is None
    assert "Read-only file system" in cache.why_none()
