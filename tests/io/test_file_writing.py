"""Writing: the old file or the new one, whole, whatever happens; and what cannot be written."""

from __future__ import annotations

import builtins
import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pytest

import wlnet as wl
from wlnet.core import machine
from wlnet.io import replacement

NET = wl.NetChain([3, "Ramp", 1], input=2)
OLD = wl.NetChain([1], input=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with another net in it."""
    return wl.save(OLD, tmp_path / "net.wlnet")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("as_given", [str, Path])
def test_a_path_is_a_string_or_a_path_object(as_given: Any, tmp_path: Path) -> None:
    file = as_given(tmp_path / "net.wlnet")
    assert wl.save(NET, file) == Path(file)
    assert wl.load(file) == NET


def test_saving_over_a_file_replaces_it(file: Path) -> None:
    wl.save(NET, file)
    assert wl.load(file) == NET
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("call", ["open", "write", "fsync", "chmod", "replace"])
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "no space"), KeyboardInterrupt()])
def test_a_failure_at_any_step_leaves_the_old_file_untouched(
    call: str, failure: BaseException, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def fails(*args: Any, **options: Any) -> Any:
        raise failure

    if call == "write":
        # The file object that writes has no name in the module: one that is full stands in for it.
        usual = open
        monkeypatch.setattr("builtins.open", lambda *given: Full(usual(*given), failure))
    else:
        monkeypatch.setattr(builtins if call == "open" else os, call, fails)
    with pytest.raises(type(failure)):
        wl.save(NET, file)
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


class Full:
    """An open file on a full disk: half of the data fits."""

    def __init__(self, file: BinaryIO, failure: BaseException) -> None:
        self.file, self.failure = file, failure
        self.fileno = file.fileno

    def __enter__(self) -> Full:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, data: bytes) -> None:
        self.file.write(data[: len(data) // 2])
        raise self.failure


@pytest.mark.parametrize("where", ["opened", "locked"])
def test_an_interrupt_right_after_a_part_is_there_leaves_none(
    where: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = open

    def opened(path: Path, mode: str) -> Any:
        usual(path, mode).close()
        raise KeyboardInterrupt

    def locked(descriptor: int) -> Any:
        raise KeyboardInterrupt

    if where == "opened":
        monkeypatch.setattr("builtins.open", opened)
    else:
        monkeypatch.setattr(replacement, "_locked", locked)
    with pytest.raises(KeyboardInterrupt):
        wl.save(NET, file)
    monkeypatch.undo()
    assert list(file.parent.iterdir()) == [file]


def test_the_data_are_on_disk_before_the_name_points_to_them(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)

        def noted(*args: Any, name: str = name, real: Any = real) -> Any:
            steps.append(name)
            return real(*args)

        monkeypatch.setattr(os, name, noted)
    wl.save(NET, file)
    assert steps == ["fsync", "replace", "fsync"]


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    assert mode(wl.save(NET, tmp_path / "net.wlnet")) == mode(usual)


@pytest.mark.parametrize("bits", [0o600, 0o644, 0o664])
def test_a_replaced_file_keeps_its_permissions(bits: int, file: Path) -> None:
    file.chmod(bits)
    wl.save(NET, file)
    assert mode(file) == bits


def test_a_link_stays_a_link_to_the_new_file(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.wlnet"
    link.symlink_to(file)
    wl.save(NET, link)
    assert link.is_symlink()
    assert wl.load(file) == NET


def test_a_name_as_long_as_a_name_can_be_is_written(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 249 + ".wlnet")
    assert wl.load(wl.save(NET, file)) == NET


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        wl.save(NET, tmp_path / "nowhere" / "net.wlnet")


@pytest.mark.parametrize("name", ["net", "net.safetensors", "net.WLNET", ".wlnet", ""])
def test_another_suffix_is_refused_with_the_right_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(wl.OptionError, match=r"ends in \.wlnet[^\0]*fix: .*\.wlnet'"):
        wl.save(NET, tmp_path / name if name else "")
    assert not list(tmp_path.iterdir())


def test_what_is_no_net_or_no_path_is_refused_at_once() -> None:
    with pytest.raises(wl.OptionError, match=r"2 faults[^\0]*takes a net[^\0]*a str or a path"):
        wl.save([3, "Ramp"], 7)
    with pytest.raises(wl.OptionError, match="a str or a path"):
        wl.load(None)


def test_a_function_encoder_is_refused_before_the_file_is_touched(file: Path) -> None:
    before = file.read_bytes()
    net = wl.NetChain([1], input=wl.NetEncoder("Function", lambda word: [len(word)], 1))
    with pytest.raises(wl.FormatError, match="a file holds no code"):
        wl.save(net, file)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def nested(depth: int) -> Any:
    net: Any = wl.LinearLayer(2)
    for _ in range(depth):
        net = wl.NetChain([net])
    return net


def test_the_deepest_nets_are_written(file: Path) -> None:
    assert wl.load(wl.save(nested(50), file)) == nested(50)


def test_a_net_of_more_memory_than_is_left_is_refused_before_it_is_taken(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()
    net = wl.net_initialize(wl.NetChain([500], input=1))
    monkeypatch.setattr(machine, "NOTICED", 0)
    monkeypatch.setattr(machine, "available_memory", lambda: 4000)
    with pytest.raises(wl.FormatError, match="more memory than there is"):
        wl.save(net, file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["a\0b", "a\0b.wlnet", "\ud800.wlnet"])
def test_a_name_that_no_file_can_have_is_an_option_error(name: str) -> None:
    for call in (wl.load, lambda file: wl.save(wl.NetChain([1]), file)):
        with pytest.raises(wl.OptionError, match="no file can have this name"):
            call(name)


def test_the_deepest_formula_in_the_deepest_net_is_written(file: Path) -> None:
    def formula(x: Any) -> Any:
        for _ in range(99):
            x = 1 + x**2
        return x

    net: Any = wl.ElementwiseLayer(formula)
    for _ in range(50):
        net = wl.NetChain([net])
    assert wl.load(wl.save(net, file)) == net


def test_a_name_of_more_letters_than_a_file_holds_is_refused(file: Path) -> None:
    wl.save(wl.NetChain({"n" * 200: 1}), file)
    with pytest.raises(wl.FormatError, match="numbered from 1, or have different names"):
        wl.save(wl.NetChain({"n" * 201: 1}), file)


def test_saving_changes_nothing_in_the_net(file: Path) -> None:
    net, twin = wl.net_initialize(NET), wl.net_initialize(NET)
    wl.save(net, file)
    assert net == twin


KILLED = """
import os, signal, sys
import wlnet as wl
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
wl.save(wl.NetChain([1], input=1), sys.argv[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="a process is killed")
def test_what_a_killed_save_left_is_removed_by_the_next_one(file: Path) -> None:
    before = file.read_bytes()
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    (left,) = set(file.parent.iterdir()) - {file}
    assert left.name.endswith(".part") and file.read_bytes() == before
    wl.save(NET, file.with_name("other.wlnet"))
    assert not left.exists() and file.read_bytes() == before


def test_what_another_save_is_writing_is_left_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, put = file.with_name("other.wlnet"), os.replace

    def meanwhile(beside: Any, target: Any) -> None:
        monkeypatch.setattr(os, "replace", put)
        wl.save(NET, other)  # its clearing meets the part of the first
        put(beside, target)

    monkeypatch.setattr(os, "replace", meanwhile)
    wl.save(NET, file)
    assert wl.load(file) == wl.load(other) == NET
    assert set(file.parent.iterdir()) == {file, other}


def test_a_part_that_was_cleared_before_it_was_locked_is_begun_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, calls = replacement._locked, []

    def late(descriptor: int) -> Any:
        calls.append(descriptor)
        if len(calls) == 1:
            next(file.parent.glob(".*.part")).unlink()
        return locked(descriptor)

    monkeypatch.setattr(replacement, "_locked", late)
    wl.save(NET, file)
    assert len(calls) == 2 and wl.load(file) == NET


def test_only_parts_are_cleared(file: Path) -> None:
    others = [file.with_name(name) for name in (".0123.part", "a.part", ".0123456789abcdeg.part")]
    link = file.with_name(".0123456789abcdef.part")
    for other in others:
        other.touch()
    link.symlink_to(file)
    wl.save(NET, file)
    assert all(other.exists() for other in (*others, link))
