"""The cache gives back only what this user put there, and as it was put there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wlnet.kernels.elementwise.maps import MAPS
from wlnet.kernels.jit import cache, loading, notices, storing

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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "link to nothing", "endless"])
def test_what_is_no_plain_file_is_neither_waited_for_nor_followed(folder: Path, kind: str) -> None:
    cache.write("other", b"other")
    make: dict[str, Any] = {
        "pipe": os.mkfifo,
        "folder": os.mkdir,
        "link": lambda place: os.symlink(folder / "other", place),
        "link to nothing": lambda place: os.symlink("nothing", place),
        "endless": lambda place: os.symlink("/dev/zero", place),
    }
    make[kind](folder / NAME)
    assert not cache.has(NAME)
    assert cache.read(NAME) is None
    cache.write(NAME, b"machine code")
    assert cache.read(NAME) == (None if kind == "folder" else b"machine code")
    assert cache.read("other") == b"other"


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


# Whose folder it is


def a_place(monkeypatch: pytest.MonkeyPatch, above: Path) -> Path | None:
    monkeypatch.setenv("WLNET_CACHE_DIR", str(above))
    monkeypatch.setattr(notices, "_said", set())
    cache.folder.cache_clear()
    return cache.folder()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners here")
@pytest.mark.parametrize("whose", ["", "a", "a/b", "a/b/<hash>"])
def test_a_folder_that_another_user_owns_or_that_lies_in_one_is_said_and_not_used(
    folder: Path, whose: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    above = folder / "a" / "b"
    (above / cache.kernels_hash()).mkdir(parents=True)
    theirs = folder / whose.replace("<hash>", cache.kernels_hash())
    look = os.lstat

    def found(path: Any) -> Any:
        it = look(path)
        if Path(path) != theirs:
            return it
        return os.stat_result([*it[:4], 12345, *it[5:]])

    monkeypatch.setattr(os, "lstat", found)
    assert a_place(monkeypatch, above) is None
    assert a_place(monkeypatch, above) is None
    (line,) = set(capsys.readouterr().err.splitlines())
    assert f"{theirs} belongs to another user" in line and "WLNET_CACHE_DIR" in line
    assert cache.read(NAME) is None
    monkeypatch.undo()
    assert a_place(monkeypatch, above) is not None


def test_a_folder_that_is_a_link_is_said_and_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (folder / "real").mkdir()
    (folder / "link").symlink_to(folder / "real")
    assert a_place(monkeypatch, folder / "link") is None
    assert "is a link" in capsys.readouterr().err
    # Further above it may be one of this user, as where home folders lie on another disk.
    assert a_place(monkeypatch, folder / "link" / "own") is not None
    link = folder / "real" / cache.kernels_hash()
    link.symlink_to(folder)
    assert a_place(monkeypatch, folder / "real") is None


@pytest.mark.skipif(getattr(os, "getuid", lambda: 1)() != 0, reason="only root gives links away")
def test_a_link_above_that_another_user_made_or_that_leads_to_his_folder_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "real").mkdir()
    (folder / "link").symlink_to(folder / "real")
    os.chown(folder / "link", 12345, -1, follow_symlinks=False)
    assert a_place(monkeypatch, folder / "link" / "own") is None
    os.chown(folder / "link", 0, -1, follow_symlinks=False)
    os.chown(folder / "real", 12345, -1)
    assert a_place(monkeypatch, folder / "link" / "own") is None


# What is in a file


def test_a_file_under_the_name_of_another_kernel_or_in_another_folder_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write(NAME, b"machine code")
    for other in ("maps.abs-Real32-16.o", "maps.negate-Real64-16.o", "maps.negate-Real32-32.o"):
        (folder / other).write_bytes((folder / NAME).read_bytes())
        assert cache.read(other) is None
    monkeypatch.setattr(cache, "kernels_hash", lambda: "of another compiler")
    assert cache.read(NAME) is None


CODES: dict[str, Any] = {
    "nothing": lambda code: b"",
    "text": lambda code: b"x" * 5000,
    "zeros": lambda code: bytes(5000),
    "head": lambda code: code[:64],
    "half": lambda code: code[: len(code) // 2],
    "of another machine": lambda code: code[:18] + b"\x08\0" + code[20:],
    "a program": lambda code: code[:16] + b"\2\0" + code[18:],
    "without sections": lambda code: code[:60] + b"\0\0\0\0" + code[64:],
}


@pytest.mark.parametrize("kind", CODES)
def test_a_sealed_file_without_machine_code_is_made_again(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = MAPS["Negate"], "Real32"
    monkeypatch.setattr(loading, "_addresses", {})
    name = storing.file_name(*job)
    storing.make(*job)
    good = cache.read(name)
    assert good is not None
    symbol, _, code = good.partition(b"\n")
    if not code.startswith(b"\x7fELF"):
        pytest.skip("another format of object files")
    # The name of the function is there, so that only the code itself can tell.
    cache.write(name, symbol + b"\n" + CODES[kind](code) + symbol)
    assert loading.address(*job)
    made = cache.read(name)
    assert made is not None and abs(len(made) - len(good)) < 100  # but for a number in its name
