"""Trainings at once on one machine: each takes its part of the cores, whoever runs the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from wlnet import ALL, NetChain, net_initialize, net_train
from wlnet.engine import resources, sharing
from wlnet.engine.program import Program
from wlnet.engine.sharing import MOST, at_work, fair_share

WORKS = """
import sys
from wlnet.engine.sharing import at_work
with at_work():
    print("at work", flush=True)
    sys.stdin.read()
"""
needs_locks = pytest.mark.skipif(sharing.fcntl is None, reason="files are not locked here")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of 8 cores, whose other trainings are those of the test; answers are never old."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(sharing, "_files", {})
    monkeypatch.setattr(sharing, "FRESH", -1.0)
    for room in (sharing, resources):
        monkeypatch.setattr(room, "available_cores", lambda: 8)


@pytest.fixture
def another() -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a process in which a training is at work until its input ends."""
    with ExitStack() as started:

        def start() -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", WORKS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            started.enter_context(process)
            started.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "at work\n"
            return process

        yield start


@pytest.mark.parametrize(("trainings", "share"), [(0, 8), (1, 8), (2, 4), (3, 2), (8, 1), (20, 1)])
def test_trainings_of_one_process_share_its_cores(trainings: int, share: int) -> None:
    with ExitStack() as all_of_them:
        for _ in range(trainings):
            all_of_them.enter_context(at_work())
        assert fair_share() == share
    assert fair_share() == 8


def test_there_may_be_more_trainings_than_bytes() -> None:
    with ExitStack() as all_of_them:
        for _ in range(MOST + 3):
            all_of_them.enter_context(at_work())
        assert fair_share() == 1
    assert fair_share() == 8


@needs_locks
def test_trainings_of_other_processes_count_until_they_end(
    another: Callable[[], subprocess.Popen[str]],
) -> None:
    first = another()
    assert fair_share() == 4
    with at_work():
        assert fair_share() == 4
        second = another()
        assert fair_share() == 2
        with at_work():
            assert fair_share() == 2
    second.communicate()
    assert fair_share() == 4
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert fair_share() == 8


def asked_by_a_child(*before: Callable[[], None]) -> int:
    """What a forked child finds its share to be, once the parent has done something meanwhile."""
    (hear, tell), (answer, give) = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.read(hear, 1)
        os.write(give, bytes([fair_share()]))
        os._exit(0)
    for step in before:
        step()
    os.write(tell, b"!")
    (found,) = os.read(answer, 1)
    os.waitpid(child, 0)
    for end in (hear, tell, answer, give):
        os.close(end)
    return found


@needs_locks
def test_a_forked_child_is_a_process_of_its_own(
    another: Callable[[], subprocess.Popen[str]],
) -> None:
    assert asked_by_a_child() == 8
    another()
    with ExitStack() as training:
        training.enter_context(at_work())
        assert asked_by_a_child() == 2
        # What the parent had when it forked is not the child's.
        assert asked_by_a_child(training.close) == 4
    assert asked_by_a_child() == 4


@needs_locks
def test_only_processes_on_the_same_cores_share_them(
    another: Callable[[], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    another()
    assert fair_share() == 4
    monkeypatch.setattr(sharing, "_cores", lambda: "others")
    assert fair_share() == 8


def test_where_nothing_can_be_written_there_are_the_trainings_of_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gettempdir() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", gettempdir)
    with at_work(), at_work():
        assert fair_share() == 4


@pytest.mark.parametrize("place", ["missing", "another"])
def test_where_no_file_can_be_locked_there_are_the_trainings_of_this_process(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    if place == "another":
        # Not through a link that somebody else may have laid.
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        name = f"wlnet-{os.getuid()}-{sharing._cores()}.cores"
        (tmp_path / name).symlink_to(tmp_path / "target")
    with at_work(), at_work():
        assert fair_share() == 4
    assert not (tmp_path / "target").exists()


# What trainings make of it

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((512, 600)), RNG.standard_normal((512, 1))
NET = net_initialize(NetChain([400, "Ramp", 1], input=600))


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """On how many workers programs are run."""
    found: list[int] = []
    run = Program.run

    def watched(self: Program, **options: Any) -> int:
        start = self._start

        def counted(apart: bool, count: int | None) -> int:
            found.append(self.workers if count is None else count)
            return start(apart, count)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self, "_start", counted)
            return run(self, **options)

    monkeypatch.setattr(Program, "run", watched)
    return found


def test_a_training_leaves_cores_to_others_unless_it_is_told_how_many_workers(
    counts: list[int],
) -> None:
    options = {"max_training_rounds": 2, "batch_size": 256}
    net_train(NET, (X, Y), **options)
    assert max(counts) == 8
    counts.clear()
    with at_work():
        net_train(NET, (X, Y), **options, validation_set=(X, Y))
        with at_work():
            NET(X)
    assert max(counts) == 4
    counts.clear()
    with at_work():
        net_train(NET, (X, Y), **options, workers=8)
    assert max(counts) == 8


def test_trainings_in_two_threads_give_the_bits_of_each_alone(counts: list[int]) -> None:
    meeting = Barrier(2)

    def trained(waits: bool) -> list[float]:
        def meets(state: object) -> None:
            if waits:
                meeting.wait(60)

        options = {"max_training_rounds": 3, "training_progress_function": meets}
        return net_train(NET, (X, Y), ALL, **options)["BatchLossList"]  # type: ignore[no-any-return]

    alone = trained(False)
    counts.clear()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(trained, [True, True])) == [alone, alone]
    assert 4 in counts
    assert fair_share() == 8
