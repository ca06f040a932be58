"""How fast a training reads its examples from files: beside the same array in memory, interleaved.

python -m tests.stream_speed [HIDDEN [TURNS]]

It counts seconds of the processor, those of threads that read ahead among them, in one worker: so
it tells what reading costs where no core is to spare. Where one is, it reads while others compute.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl

EXAMPLES, WIDTH, FILES, BATCH = 60_000, 784, 4, 64


def columns(folder: Path) -> dict[str, Any]:
    """The same examples, as they may lie."""
    x = np.random.default_rng(0).standard_normal((EXAMPLES, WIDTH)).astype(np.float32)
    for number, part in enumerate(np.split(x, FILES)):
        np.save(folder / f"x-{number}.npy", part)
    np.save(folder / "whole.npy", x)
    names = f"{folder}/x-*.npy"
    return {
        "in memory": x,
        "a memory map": wl.data.array_files(folder / "whole.npy"),
        f"{FILES} files": wl.data.array_files(names),
        f"{FILES} files, by blocks": wl.data.array_files(names, "Blocks"),
    }


def seconds(net: Any, x: Any, y: Any) -> float:
    """Of the processor, for the best round behind the first."""
    ends: list[float] = []

    def note(state: Any) -> None:
        ends.append(time.process_time())

    wl.net_train(
        net,
        (x, y),
        batch_size=BATCH,
        max_training_rounds=4,
        workers=1,
        training_progress_reporting=None,
        training_progress_function=(note, {"Event": "RoundComplete"}),
    )
    return float(np.diff(ends).min())


def main(hidden: int = 256, turns: int = 3) -> None:
    """Print a line for each way to lie."""
    layers = [hidden, "Ramp", hidden, "Ramp", 1]
    net = wl.net_initialize(wl.NetChain(layers, input=WIDTH))
    y = np.zeros((EXAMPLES, 1), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        every = columns(Path(folder))
        found: dict[str, list[float]] = {name: [] for name in every}
        for _ in range(turns):
            for name, column in every.items():
                found[name].append(seconds(net, column, y))
    best = min(found["in memory"])
    for name, times in found.items():
        rate = EXAMPLES / min(times)
        print(f"{name:20} {rate:10,.0f} examples/s of a core  {best / min(times):.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
