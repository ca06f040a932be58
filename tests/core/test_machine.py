"""What a process may use, as the affinity and the control groups of Linux tell it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wlnet.core import machine
from wlnet.core.errors import ShapeError
from wlnet.core.machine import available_cores, available_memory, check_memory

MIB = 2**20
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes files of a machine of 8 cores that tells nothing else yet."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(machine, "_PROCESSES", tmp_path / "proc")
    monkeypatch.setattr(machine, "_GROUPS", tmp_path / "groups")

    def write(file: str, text: str) -> None:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)

    return write


def test_where_nothing_tells_there_are_the_cores_of_the_affinity(write: Write) -> None:
    assert available_cores() == 8
    assert available_memory() is None


@pytest.mark.parametrize(
    ("told", "cores"),
    [
        ("3", 3),
        ("3,2", 3),
        (" 3 ", 3),
        ("1", 1),
        ("100", 8),
        ("0", 8),
        ("-2", 8),
        ("many", 8),
        ("", 8),
    ],
)
def test_no_more_cores_are_used_than_the_variable_for_threads_says(
    write: Write, monkeypatch: pytest.MonkeyPatch, told: str, cores: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert available_cores() == cores


# Version 2 of control groups


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("300000 100000\n", 3),
        ("max 100000\n", 8),
        ("10000 100000\n", 1),
        ("1600000 100000\n", 8),
        ("300000 0\n", 8),
        ("300000\n", 8),
        ("300000 100000 100000\n", 8),
    ],
)
def test_a_group_at_the_top_limits_the_cores(write: Write, text: str, cores: int) -> None:
    write("groups/cpu.max", text)
    assert available_cores() == cores
    write("proc/self/cgroup", "0::/\n")
    assert available_cores() == cores


@pytest.mark.parametrize("tree", ["groups", "groups/unified"])
@pytest.mark.parametrize("place", ["system.slice/net.service", "system.slice", "."])
def test_the_narrowest_of_a_group_and_those_above_it_counts(
    write: Write, place: str, tree: str
) -> None:
    write("proc/self/cgroup", "0::/system.slice/net.service\n")
    write("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n")
    for each in ("system.slice/net.service", "system.slice", "."):
        narrow = each == place
        write(f"{tree}/{each}/cpu.max", "200000 100000\n" if narrow else "500000 100000\n")
        write(f"{tree}/{each}/memory.max", "3000000\n" if narrow else "max\n")
        write(f"{tree}/{each}/memory.current", "1000000\n")
    assert available_cores() == 2
    assert available_memory() == 2000000


def test_groups_beside_and_below_limit_nothing(write: Write) -> None:
    write("proc/self/cgroup", "0::/mine\n")
    for other in ("other", "mine/below"):
        write(f"groups/{other}/cpu.max", "100000 100000\n")
        write(f"groups/{other}/memory.max", "1\n")
        write(f"groups/{other}/memory.current", "1\n")
    assert available_cores() == 8
    assert available_memory() is None


def test_the_machine_may_have_less_memory_than_the_group_may_take(write: Write) -> None:
    write("proc/self/cgroup", "0::/mine\n")
    write("proc/meminfo", "MemAvailable: 1024 kB\n")
    write("groups/mine/memory.max", str(8 * MIB))
    write("groups/mine/memory.current", str(MIB))
    assert available_memory() == MIB


@pytest.mark.parametrize(("idle", "free"), [(0, 0), (6, 6), (9, 8)])
def test_files_that_were_read_take_no_memory_away(write: Write, idle: int, free: int) -> None:
    write("groups/memory.max", str(8 * MIB))
    write("groups/memory.current", str(8 * MIB))
    write("groups/memory.stat", f"anon 4096\ninactive_file {idle * MIB}\nactive_file 4096\n")
    assert available_memory() == free * MIB


def test_a_group_that_takes_more_than_it_may_has_nothing_left(write: Write) -> None:
    write("groups/memory.max", str(MIB))
    write("groups/memory.current", str(2 * MIB))
    assert available_memory() == 0


# Version 1


FIRST = """9:name=systemd:/user
4:memory:/box/inner
3:cpuset:/
2:cpu,cpuacct:/box/inner
0::/
"""


@pytest.mark.parametrize("tree", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize("place", ["box/inner", "box", "."])
def test_the_cores_of_version_1(write: Write, tree: str, place: str) -> None:
    write("proc/self/cgroup", FIRST)
    for each in ("box/inner", "box", "."):
        write(f"groups/{tree}/{each}/cpu.cfs_quota_us", "300000\n" if each == place else "-1\n")
        write(f"groups/{tree}/{each}/cpu.cfs_period_us", "100000\n")
    assert available_cores() == 3


@pytest.mark.parametrize("place", ["box/inner", "box", "."])
def test_the_memory_of_version_1(write: Write, place: str) -> None:
    write("proc/self/cgroup", FIRST)
    for each in ("box/inner", "box", "."):
        limit = 8 * MIB if each == place else 9223372036854771712
        write(f"groups/memory/{each}/memory.limit_in_bytes", f"{limit}\n")
        write(f"groups/memory/{each}/memory.usage_in_bytes", f"{7 * MIB}\n")
        counts = f"inactive_file 4096\ntotal_inactive_file {2 * MIB}\n"
        write(f"groups/memory/{each}/memory.stat", counts)
    assert available_memory() == 3 * MIB


def test_a_huge_number_is_no_limit(write: Write) -> None:
    write("proc/self/cgroup", FIRST)
    write("groups/memory/memory.limit_in_bytes", "9223372036854771712\n")
    write("groups/memory/memory.usage_in_bytes", "4096\n")
    assert available_memory() is None


# What cannot be read


NONSENSE = [
    "",
    "\n",
    "max",
    "-1 100000",
    "0x10 0x20",
    "nan inf",
    "1e3 5",
    "9" * 5000,
    "\0 5",
]


@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: repr(text)[:20])
def test_malformed_files_are_as_good_as_none(write: Write, text: str) -> None:
    write("proc/self/cgroup", FIRST)
    write("proc/meminfo", f"MemAvailable: {text}\nMemAvailable:\n")
    for file in ("cpu.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"):
        write(f"groups/{file}", text)
    for file in ("memory.max", "memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"):
        write(f"groups/{file}", text)
    write("groups/memory.stat", f"inactive_file {text}\ninactive_file\n")
    assert available_cores() == 8
    assert available_memory() is None


@pytest.mark.parametrize("text", ["0", "0:", "0::", "0::/\0", "0::/" + "x" * 9000, "::::", "\n\n"])
def test_a_malformed_list_of_groups_is_as_good_as_none(write: Write, text: str) -> None:
    write("proc/self/cgroup", text)
    write("groups/cpu.max", "300000 100000\n")
    assert available_cores() in (3, 8)
    assert available_memory() is None


def test_unreadable_files_are_as_good_as_none(write: Write, tmp_path: Path) -> None:
    for file in ("cpu.max", "memory.max", "memory.current", "memory.stat"):
        (tmp_path / "groups" / file).mkdir(parents=True)
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_bytes(b"0::/\xff\xfe\n")
    (tmp_path / "proc" / "meminfo").write_bytes(b"MemAvailable: \xff kB\n")
    assert available_cores() == 8
    assert available_memory() is None


# More than there is


def test_more_memory_than_there_is_is_refused_in_words(write: Write) -> None:
    check_memory(2**80, "a net")  # nobody tells how much there is
    write("proc/meminfo", "MemAvailable: 1048576 kB\n")
    check_memory(2**30, "a net")
    with pytest.raises(ShapeError) as error:
        check_memory(2**40, "the arrays of a net", fix="smaller layers")
    for words in ("more memory than there is", "the arrays of a net", "1.0 TB", "1.0 GB",
                  "smaller layers"):  # fmt: skip
        assert words in str(error.value)
