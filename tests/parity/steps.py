"""The time of a step beside PyTorch: `python -m tests.parity.steps PYTHON_OF_THE_PEERS`.

One configuration of each layer, so large that its work shows, on one thread: forwards, and the
gradients by its arrays and inputs, of 64 examples, in 32 bits. Both libraries run in turns, so that
what else the machine does meets both; told are the medians of the turns. One configuration is no
more than that: tests/benchmarks measures whole nets, and with care. Kept in steps.json, of which
docs/catalogue.md tells.
"""

from __future__ import annotations

import datetime
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.bench import Run, draws, filled
from tests.benchmarks.machine import description
from tests.parity.questions import error, short
from tests.parity.step_cases import STEPS, Step

KEPT = Path(__file__).parent / "steps.json"
EXAMPLES = 64
TURNS = 11
TURN = 0.015
"""Seconds that a turn takes at least."""
DRAWN = "DropoutLayer"
"""Its numbers are drawn, and differ."""


def prepared(kind: str, step: Step) -> tuple[Run, dict[str, Any]]:
    """A configuration, ready to run here, and what the other library is told of it."""
    net = filled(step.net, 1, 0.2)
    data = draws(net, EXAMPLES, 1, *step.span)
    data |= {name: np.round(data[name]) for name in step.rounded}
    run = Run(net, data, step.mode, "Real32")
    run.run()
    factors = {n.removeprefix("factor "): x for n, x in run.data.items() if n.startswith("factor ")}
    narrow = {name: x.astype(np.float32 if x.dtype.kind == "f" else np.int64)
              for name, x in run.data.items() if not name.startswith("factor ")}  # fmt: skip
    return run, {
        "kind": kind, "words": step.words, "inputs": narrow,
        "arrays": {short(kind, key): np.array(x) for key, x in run.arrays.items()},
        "factors": {name: x.astype(np.float32) for name, x in factors.items()},
    }  # fmt: skip


class Other:
    """The process of the other library."""

    def __init__(self, python: str, questions: list[dict[str, Any]], folder: str) -> None:
        self.file = Path(folder) / "questions"
        self.file.write_bytes(pickle.dumps(questions))
        self.process = subprocess.Popen(
            [python, "-m", "tests.parity.torch_steps", str(self.file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )  # fmt: skip
        self.version = self._line()
        self.outputs: list[dict[str, Any]] = pickle.loads(self.file.read_bytes())

    def seconds(self, number: int, times: int) -> float:
        """Of so many steps."""
        print(number, times, file=self.process.stdin, flush=True)
        return float(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise SystemExit("the other process has ended")
        return line


def seconds_here(run: Run, times: int) -> float:
    """Of so many steps."""
    start = time.perf_counter()
    for step in range(times):
        run.program.run(seed=1, step=step)
    return time.perf_counter() - start


def times_of(seconds: Any) -> int:
    """How many steps make a turn."""
    times = 1
    while (taken := seconds(times)) < TURN:
        times = max(times + 1, min(10 * times, int(1.2 * times * TURN / max(taken, 1e-6))))
    return times


def main() -> None:
    made = [prepared(kind, step) for kind, step in STEPS.items()]
    kept: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        other = Other(sys.argv[1], [question for _, question in made], folder)
        for number, (kind, (run, _)) in enumerate(zip(STEPS, made, strict=True)):
            for name, expected in other.outputs[number].items():
                off = 0.0 if kind == DRAWN else error(run.outputs[name], expected)
                assert off < 1e-4, (kind, name, off)
            own = times_of(lambda times, run=run: seconds_here(run, times))
            others = times_of(lambda times, number=number: other.seconds(number, times))
            turns = [(seconds_here(run, own) / own, other.seconds(number, others) / others)
                     for _ in range(TURNS)]  # fmt: skip
            here, there = (1e6 * median(each) for each in zip(*turns, strict=True))
            kept[kind] = {"wlnet": round(here, 2), "PyTorch": round(there, 2)}
            print(f"{kind:<34}{here:>12.1f}{there:>12.1f}{here / there:>8.2f}", flush=True)
        other.process.stdin.close()  # type: ignore[union-attr]
        other.process.wait()
    machine = {n: x for n, x in description().items() if n != "cores used"} | {"threads": 1}
    account = {
        "library": other.version, "date": f"{datetime.date.today()}", "machine": machine,
        "examples": EXAMPLES, "turns": TURNS, "unit": "microseconds",
        "layers": dict(sorted(kept.items())),
    }  # fmt: skip
    KEPT.write_text(json.dumps(account, indent=1) + "\n")


if __name__ == "__main__":
    main()
