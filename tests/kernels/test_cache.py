"""The cache gives back only what this user put there, and as it was put there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wlnet.kernels import cache

NAME = "maps.negate-Real32-16.o"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache."""
    monkeypatch.setenv("WLNET_CACHE_DIR", str(tmp_path))
    cache.folder.cache_clear()
    place = cache.folder()
    assert place is not None
    yield place
    cache.folder.cache_clear()


@pytest.mark.parametrize("content", [b"", b"machine code", bytes(70000)], ids=len)
def test_what_is_written_is_read(folder: Path, content: bytes) -> None:
    assert cache.read(NAME) is None
    cache.write(NAME, content)
    assert cache.read(NAME) == content


@pytest.mark.parametrize(
    "damage", [lambda kept: b"", lambda kept: kept[:-1], lambda kept: kept + b"x"]
)
def test_a_damaged_file_is_as_good_as_none(folder: Path, damage: Any) -> None:
    cache.write(NAME, b"machine code")
    file = folder / NAME
    file.write_bytes(damage(file.read_bytes()))
    assert cache.has(NAME)
    assert cache.read(NAME) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners here")
def test_a_file_of_another_user_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write(NAME, b"theirs")
    theirs = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: theirs + 1)
    assert cache.folder() == folder
    assert cache.read(NAME) is None


@pytest.mark.skipif(getattr(os, "getuid", lambda: 1)() != 0, reason="only root gives files away")
def test_a_file_given_to_another_user_is_made_again(folder: Path) -> None:
    cache.write(NAME, b"theirs")
    os.chown(folder / NAME, 12345, -1)
    assert cache.read(NAME) is None
    cache.write(NAME, b"mine")
    assert cache.read(NAME) == b"mine"


def test_systems_without_owners_read_what_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write(NAME, b"machine code")
    monkeypatch.delattr(os, "getuid", raising=False)
    assert cache.read(NAME) == b"machine code"
