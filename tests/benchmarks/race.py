"""An interleaved run: one process a contender, all warmed up, then A B C A B C ... in turn."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import idle_share, threads
from tests.benchmarks.work import Work

ROOT = Path(__file__).parents[2]
LIMIT = 300
"""Seconds after which a contender that says nothing is given up: compiling takes a minute."""

THREAD_VARIABLES = ("OMP", "OPENBLAS", "MKL", "NUMBA")


@dataclass
class Outcome:
    """What came of a race: seconds of every run, bytes of memory at most, who failed and why.

    longer: the seconds of the runs with more rounds, where the work asks for them.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    longer: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    busy_starts: int = 0


class Failed(Exception):
    """A contender that ended or fell silent; its last words."""


class Contender:
    """A worker process."""

    def __init__(self, name: str, work: Work, python: str) -> None:
        environment = dict(os.environ, THREADS=str(threads()), TF_CPP_MIN_LOG_LEVEL="3")
        environment |= {f"{name}_NUM_THREADS": str(threads()) for name in THREAD_VARIABLES}
        self.name = name
        self._words = tempfile.TemporaryFile("w+")  # noqa: SIM115  # see close()
        self._process = subprocess.Popen(
            [python, "-m", "tests.benchmarks.worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        self._send(work.to_json())

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.communicate()
        self._words.close()

    def warm(self) -> dict[str, str]:
        """Wait until it is ready; returns the versions of what it uses."""
        versions: dict[str, str] = self._answer()
        self._answer()
        return versions

    def run(self) -> list[float]:
        """The seconds of each run of a turn."""
        self._send("run")
        seconds: list[float] = self._answer()
        return seconds

    def memory(self) -> int:
        """End it; returns the most bytes it ever had."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None
        most: int = self._answer()
        return most

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            print(line, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise Failed(self._last_words()) from None

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        guard = threading.Timer(LIMIT, self._process.kill)
        guard.start()
        try:
            line = self._process.stdout.readline()
        finally:
            guard.cancel()
        try:
            return json.loads(line)
        except json.JSONDecodeError:
            raise Failed(self._last_words()) from None

    def _last_words(self) -> str:
        """The last line it wrote, without the folders of this machine."""
        self._words.seek(0)
        lines = self._words.read().strip().splitlines() or ["ended without a word"]
        return re.sub(r"(/[\w.~-]+)+/", "", lines[-1])[:200]


def race(
    work: Work,
    contenders: Iterable[str],
    rounds: int,
    *,
    python_of: Callable[[str], str],
    patience: float,
) -> Outcome:
    """Run all contenders in turn; before each run wait for a quiet machine, up to `patience` s."""
    outcome = Outcome()
    running = [Contender(name, work, python_of(name)) for name in contenders]

    def those_who_can(act: Callable[[Contender], None]) -> None:
        for contender in list(running):
            try:
                act(contender)
            except Failed as last_words:
                outcome.failed[contender.name] = str(last_words)
                outcome.seconds.pop(contender.name, None)
                outcome.longer.pop(contender.name, None)
                running.remove(contender)
                contender.close()

    def warm(contender: Contender) -> None:
        outcome.versions |= contender.warm()

    def run(contender: Contender) -> None:
        outcome.busy_starts += not quiet(patience)
        for kept, seconds in zip((outcome.seconds, outcome.longer), contender.run(), strict=False):
            kept.setdefault(contender.name, []).append(seconds)

    def end(contender: Contender) -> None:
        outcome.memory[contender.name] = contender.memory()

    try:
        those_who_can(warm)
        for _ in range(rounds):
            those_who_can(run)
        those_who_can(end)
    finally:
        for contender in running:
            contender.close()
    return outcome


def quiet(patience: float) -> bool:
    """Wait until the machine has little else to do; says whether that came in time."""
    end = time.monotonic() + patience
    while True:
        if idle_share() > 0.85:
            return True
        if time.monotonic() >= end:
            return False
