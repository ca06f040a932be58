"""What it costs to watch a training: python -m tests.benchmarks.watching [pairs].

The same training with a display and without any, in turns, many times; what is told is the median
of the ratios of neighbours, by the clock and by the time of the processor, with the middle half of
them. The terminal is one of the system's own (a pseudo terminal); the notebook is one that writes
what it is shown into JSON, as the real one does.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl

WAYS = ("line", "Print", "File", "ProgressIndicator", "panel", "block")


@contextmanager
def terminal() -> Iterator[None]:
    """Standard error is a terminal that somebody reads."""
    here, there = os.openpty()
    os.set_inheritable(there, False)
    reader = threading.Thread(target=_drain, args=(here,), daemon=True)
    reader.start()
    before = sys.stderr
    with os.fdopen(there, "w", encoding="utf-8") as stream:
        sys.stderr = stream
        try:
            yield
        finally:
            sys.stderr = before
    reader.join(1)
    os.close(here)


def _drain(file: int) -> None:
    try:
        while os.read(file, 65536):
            pass
    except OSError:
        return


@contextmanager
def notebook() -> Iterator[None]:
    """IPython runs, with a kernel."""

    class Handle:
        def update(self, shown: Any) -> None:
            json.dumps({"text/html": shown._repr_html_(), "text/plain": repr(shown)})

    def display(shown: Any, display_id: bool) -> Handle:
        Handle().update(shown)
        return Handle()

    shell = types.SimpleNamespace(kernel=True)
    names = {
        "IPython": types.SimpleNamespace(get_ipython=lambda: shell),
        "IPython.display": types.SimpleNamespace(display=display),
    }
    sys.modules.update(names)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def cases() -> dict[str, Callable[[Any], object]]:
    """Trainings of about a second, each told how to report."""
    (x, y), _ = wl.data.digits()
    encoder = wl.NetEncoder("Image", (8, 8), color_space="Grayscale")
    chance = wl.SoftmaxLayer()
    lenet = wl.net_initialize(
        wl.NetChain(
            [wl.ConvolutionLayer(16, 3), "Ramp", wl.PoolingLayer(2, 2), wl.FlattenLayer(),
             64, "Ramp", 10, chance], input=encoder)
    )  # fmt: skip
    tiny = wl.net_initialize(wl.NetChain([4, "Tanh", 1], input=2))
    rng = np.random.default_rng(0)
    points = rng.standard_normal((40_000, 2)).astype(np.float32)
    column = np.sin(points[:, :1]).astype(np.float32)
    few = points[:8], column[:8]

    def batches() -> Any:
        return few

    usual: dict[str, Any] = {"workers": 1}
    return {
        "LeNet, digits": lambda how: wl.net_train(
            lenet, (x, y), max_training_rounds=120, validation_set=wl.Scaled(0.2),
            training_progress_reporting=how, **usual),
        "tiny net, batches of 1": lambda how: wl.net_train(
            tiny, (points, column), batch_size=1, max_training_rounds=30,
            training_progress_reporting=how, **usual),
        "tiny net, rounds of one batch": lambda how: wl.net_train(
            tiny, few, max_training_rounds=5000,
            training_progress_reporting=how, **usual),
        "tiny net, batches of a function": lambda how: wl.net_train(
            tiny, (batches, {"RoundLength": 24_000}), batch_size=8, max_training_rounds=2,
            training_progress_reporting=how, **usual),
    }  # fmt: skip


def measured(train: Callable[[Any], object], how: Any) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    train(how)
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(train: Callable[[Any], object], way: str, pairs: int) -> list[tuple[float, float]]:
    """The ratios of neighbours."""
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "line": wl.AUTOMATIC, "panel": "Panel", "block": "Panel",
            "File": ("File", Path(folder) / "run.log"),
        }.get(way, way)  # fmt: skip
        found = []
        for number in range(pairs):
            times = {}
            for how in (None, given) if number % 2 else (given, None):
                with notebook() if way == "panel" else terminal():
                    times[how is None] = measured(train, how)
            found.append(tuple(a / b for a, b in zip(times[False], times[True], strict=True)))
    return found  # type: ignore[return-value]


def main(pairs: int = 40, only: str = "") -> None:
    """Print the table."""
    print(f"{'training':34} {'display':18} {'clock':>22} {'processor':>22}")
    for name, train in cases().items():
        train(None)
        for way in WAYS:
            if only and only not in (name, way):
                continue
            ratios = compare(train, way, pairs)
            told = []
            for column in zip(*ratios, strict=True):
                low, middle, high = statistics.quantiles(column, n=4)
                told.append(f"{middle - 1:+.2%} ({low - 1:+.1%} {high - 1:+.1%})")
            print(f"{name:34} {way:18} {told[0]:>22} {told[1]:>22}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:3])
