"""A search on a Dask cluster, as the page tells it: a scheduler and workers that are processes of
their own, and a program that names the scheduler."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.test_docs import ROOT, blocks

PAGE = (ROOT / "docs" / "how-to" / "search-on-a-cluster.md").read_text("utf-8")
(PROGRAM,) = (code for _, code in blocks(PAGE, "text") if code.startswith("# search.py"))
NAMED = "tcp://scheduler:8786"
OF_PAGE = 'with Client("tcp://scheduler:8786"), parallel_backend("dask"):'


def environment(folder: Path) -> dict[str, str]:
    """Of a process of the cluster: the package is found, and files of Dask lie in a folder."""
    found = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    return {**found, "PYTHONPATH": str(ROOT), "DASK_TEMPORARY_DIRECTORY": str(folder)}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler with two workers."""
    with ExitStack() as started:

        def start(*words: str) -> None:
            command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
            process = subprocess.Popen(
                command,
                env=environment(tmp_path),
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            started.enter_context(process)
            started.callback(process.terminate)

        place = tmp_path / "scheduler.json"
        start("scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(place))
        start("worker", "--scheduler-file", str(place), "--nworkers", "2", "--nthreads", "1")
        yield str(place)


def run(code: str, folder: Path) -> list[str]:
    """The lines that a program prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment(folder), timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_program_of_the_page_finds_on_a_cluster_what_it_finds_alone(
    cluster: str, tmp_path: Path
) -> None:
    assert OF_PAGE in PROGRAM
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(PROGRAM.replace(OF_PAGE, "if True:"), {})
    there = f"Client(scheduler_file={cluster!r})"
    asking = f"""
with {there} as client:
    modules = client.run(lambda: "wlnet.train.net_train" in __import__("sys").modules)
    cores = client.run(lambda: __import__("wlnet.core.machine").core.machine.available_cores())
print(list(modules.values()), list(cores.values()))
"""
    waiting = f"with {there} as client:\n    client.wait_for_workers(2)\nwith "
    program = PROGRAM.replace("\nwith ", f"\n{waiting}").replace(f'Client("{NAMED}")', there)
    *found, told = run(program + asking, tmp_path)
    assert found == here.getvalue().splitlines()
    # Both have trained, and each has been told that one core is its own.
    assert told == "[True, True] [1, 1]"
