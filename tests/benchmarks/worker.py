"""One contender in a process of its own: told the work in one line, then runs when it is told to.

`python -m tests.benchmarks.worker "torch fused"` reads the work as JSON, warms up, answers with a
line of JSON (the versions of what it uses), and then, for each line "run", with the seconds of each
run of a turn: one, or a second one with more rounds where the work asks for it. At the end of its
input it answers with the most memory it ever had. With `--once` it does the work a single time and
ends: that is a fresh process with its first step.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.work import Net, Work

SETTLING = 1.0
"""Runs up to so many seconds are preceded by one that is not timed: it brings back caches and
pages after the other contenders' turns."""


def library(contender: str) -> Any:
    """The module that runs a contender."""
    return importlib.import_module(f"tests.benchmarks.contenders.{contender.split()[0]}_nets")


def prepared(contender: str, work: Work) -> Callable[[int], object]:
    """The function that does so many rounds of the work."""
    run: Callable[[int], object] = library(contender).prepare(work, contender.partition(" ")[2])
    return run


def versions(module: Any) -> dict[str, str]:
    """What a contender is made of."""
    found = {name: importlib.metadata.version(name) for name in module.DISTRIBUTIONS}
    return found | ({"wlnet": module.VERSION} if module.VERSION else {})


@contextlib.contextmanager
def first_steps(contender: str, work: Work) -> Iterator[Callable[[int], object]]:
    """A function that starts a fresh process, which trains for one step and ends.

    "wlnet" finds its kernels cached, "wlnet empty cache" finds none, "wlnet new net" finds only
    those of another net.
    """
    name, _, cache = contender.partition(" ")
    variant = "" if name == "wlnet" else contender.partition(" ")[2]
    command = [sys.executable, "-m", "tests.benchmarks.worker", f"{name} {variant}".strip()]

    def start(work: Work, folder: Path) -> None:
        environment = {**os.environ, "WLNET_CACHE_DIR": str(folder)}
        subprocess.run(
            [*command, "--once"], input=work.to_json(), env=environment, text=True, check=True
        )

    with tempfile.TemporaryDirectory() as above:
        kept, fresh = Path(above, "kept"), Path(above, "fresh")
        if cache == "new net":
            start(Work(Net("mlp", (784, 256, 128, 10))), kept)

        def run(_: int) -> None:
            if cache == "new net":
                shutil.copytree(kept, fresh)
            start(work, fresh if cache in ("empty cache", "new net") else kept)
            shutil.rmtree(fresh, ignore_errors=True)

        yield run


def serve(contender: str, work: Work) -> None:
    """Warm up, then take a turn for every line of the input."""
    with contextlib.ExitStack() as stack:
        if work.task == "start":
            run = stack.enter_context(first_steps(contender, work))
            _say(versions(library(contender)))
        else:
            run = prepared(contender, work)
            _say(versions(library(contender)))
        seconds = [timed(run, work.rounds)]
        _say("warm")
        for _ in sys.stdin:
            if seconds[0] <= SETTLING and work.task != "start":
                run(work.rounds)
            seconds = [timed(run, rounds) for rounds in work.lengths]
            _say(seconds)
    who = resource.RUSAGE_CHILDREN if work.task == "start" else resource.RUSAGE_SELF
    _say(resource.getrusage(who).ru_maxrss * 1024)


def timed(run: Callable[[int], object], rounds: int) -> float:
    """The seconds of one run."""
    start = time.perf_counter()
    run(rounds)
    return time.perf_counter() - start


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def main() -> None:
    """What the process does."""
    contender, work = sys.argv[1], Work.from_json(sys.stdin.readline())
    if "--once" in sys.argv:
        prepared(contender, work)(work.rounds)
    else:
        serve(contender, work)


if __name__ == "__main__":
    main()
