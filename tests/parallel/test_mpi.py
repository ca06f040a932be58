"""Trainings by MPI, of real processes: the same bits, and an end within seconds where one fails."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.parallel.nets import NETS

HERE = Path(sys.executable).parent / "mpiexec"
MPIEXEC = str(HERE) if HERE.exists() else shutil.which("mpiexec")
pytestmark = pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None,
    reason="pip install mpi4py mpich",
)
LONG = 240
"""Seconds after which a test is held to hang."""
SOON = 40
"""Seconds in which everything has an end, on a crowded machine as well."""


def run(ranks: int, *words: str) -> tuple[int, str, float]:
    """The exit status, what was printed, and the seconds it took."""
    begun = time.monotonic()
    done = subprocess.run(
        [str(MPIEXEC), "-n", str(ranks), sys.executable, "-m", "tests.parallel.mpi_script", *words],
        capture_output=True, text=True, timeout=LONG, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr, time.monotonic() - begun


@pytest.mark.parametrize("ranks", [2, 4])
def test_the_bits_are_those_of_one_process(ranks: int) -> None:
    from tests.parallel.mpi_script import told

    status, printed, _ = run(ranks, "same", *NETS)
    assert status == 0, printed
    lines = [
        line.split() for line in printed.splitlines() if line.split()[:1] in [[n] for n in NETS]
    ]
    assert len(lines) == ranks * len(NETS), printed
    assert dict(lines) == {name: told(name) for name in NETS}


def test_after_an_error_the_next_training_goes_as_if_nothing_had_been() -> None:
    from tests.parallel.mpi_script import told

    names = ["linear", "normalized", "images"]
    status, printed, _ = run(4, "again", *names)
    assert status == 0, printed
    lines = printed.splitlines()
    assert [lines.count(f"{name} {told(name)}") for name in names] == [4] * 3, printed
    assert lines.count("failed ValueError") == 3 and lines.count("failed RankError") == 9, printed


def test_an_interrupt_of_one_rank_ends_all_at_the_same_step_with_a_record() -> None:
    status, printed, seconds = run(2, "SIGINT")
    assert status == 0, printed
    assert printed.count("rank 1 was interrupted") == 2, printed
    assert {"ended 0 ManualStop", "ended 1 ManualStop"} <= set(printed.splitlines()), printed
    assert seconds < SOON


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            "raise",
            "rank 1 of 2 has ended the training: ValueError: the schedule of this rank broke",
        ),
        ("data", "the ranks of a training were given different data"),
        ("SIGKILL", "EXIT CODE: 9"),  # MPI itself tells of it
        ("SIGSTOP", "rank 1 of 2 has given no sign"),
    ],
)
def test_a_rank_that_fails_ends_all_and_is_named(what: str, message: str) -> None:
    status, printed, seconds = run(2, what)
    assert status != 0
    assert message in printed, printed
    assert seconds < SOON
