"""Sequences of several lengths beside PyTorch: packed, and filled up with zeros.

python -m tests.benchmarks.lengths PYTHON [FOLDER] [--times N]: PYTHON has torch; FOLDER holds the
data, from packages (JapaneseVowels_TRAIN.ts and _TEST.ts of sktime, dist.female.first and
dist.male.first of names); the measured ways take turns. Same layers, batch size, method and number
of rounds for all; wlnet's batches hold one length each, the others' any.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS = {"vowels": 60, "names": 10}
BATCH = {"vowels": 16, "names": 64}
RATE = 0.005
WAYS = ("wlnet", "packed", "padded")
Data = tuple[list[Any], Any]


def vowels(folder: Path) -> tuple[Data, Data]:
    """12 coefficients of the sound of two vowels, 7 to 29 steps, by 9 speakers (UCI)."""

    def part(name: str) -> Data:
        text = (folder / f"JapaneseVowels_{name}.ts").read_text()
        x, y = [], []
        for line in text.lower().partition("@data")[2].split():
            *rows, label = line.split(":")
            table = np.array([[float(v) for v in row.split(",")] for row in rows], np.float32)
            x.append(np.ascontiguousarray(table.T))
            y.append(int(label))
        return x, np.array(y)

    return part("TRAIN"), part("TEST")


def names(folder: Path) -> tuple[Data, Data]:
    """First names by their letters, as indices from 1; two classes (US census)."""
    found: dict[str, set[int]] = {}
    for number, kind in enumerate(("female", "male"), 1):
        for line in (folder / f"dist.{kind}.first").read_text().split("\n"):
            if line.strip():
                found.setdefault(line.split()[0].lower(), set()).add(number)
    one = sorted((name, *kinds) for name, kinds in found.items() if len(kinds) == 1)
    order = np.random.default_rng(0).permutation(len(one))
    x = [np.array([ord(letter) - 96 for letter in one[i][0]]) for i in order]
    y = np.array([one[i][1] for i in order])
    held = len(one) // 5
    return (x[held:], y[held:]), (x[:held], y[:held])


def with_wlnet(name: str, train: Data, test: Data) -> dict[str, float]:
    import wlnet as wl

    first = [wl.EmbeddingLayer(16, 26)] if name == "names" else []
    classes = int(train[1].max())
    layers = [*first, wl.GatedRecurrentLayer(32), wl.SequenceLastLayer(), classes]
    net = wl.NetChain([*layers, wl.SoftmaxLayer()],
                      input=("Varying", "Integer") if first else ("Varying", 12))  # fmt: skip
    options: dict[str, Any] = {"batch_size": BATCH[name], "learning_rate": RATE}
    options |= {"training_progress_reporting": None}
    wl.net_train(net, (train[0][:40], train[1][:40]), max_training_rounds=1, **options)
    begun = time.perf_counter()
    results = wl.net_train(net, train, wl.ALL, max_training_rounds=ROUNDS[name], **options)
    seconds = time.perf_counter() - begun
    accuracy = wl.net_measurements(results["TrainedNet"], test, "Accuracy")
    return {
        "seconds": seconds,
        "training": results["TotalTrainingTime"],
        "batches": results["BatchesPerRound"],
        "accuracy": accuracy,
    }


def with_torch(name: str, train: Data, test: Data, way: str) -> dict[str, float]:
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_sequence, pad_sequence

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(27, 16) if name == "names" else nn.Identity()
            self.gru = nn.GRU(16 if name == "names" else 12, 32, batch_first=True)
            self.read = nn.Linear(32, int(train[1].max()))

        def forward(self, rows: Any) -> Any:
            if way == "packed":
                packed = pack_sequence(rows, enforce_sorted=False)
                packed = packed._replace(data=self.embed(packed.data))
                return self.read(self.gru(packed)[1][0])
            lengths = torch.tensor([len(row) for row in rows])
            out = self.gru(self.embed(pad_sequence(rows, batch_first=True)))[0]
            return self.read(out[torch.arange(len(rows)), lengths - 1])

    torch.manual_seed(0)
    x, y = [torch.tensor(each) for each in train[0]], torch.tensor(train[1]) - 1

    def fit(rounds: int) -> tuple[Net, float]:
        net = Net()
        adam, loss = torch.optim.Adam(net.parameters(), lr=RATE), nn.CrossEntropyLoss()
        begun = time.perf_counter()
        for _ in range(rounds):
            for rows in torch.randperm(len(x)).split(BATCH[name]):
                adam.zero_grad()
                loss(net([x[i] for i in rows.tolist()]), y[rows]).backward()
                adam.step()
        return net, time.perf_counter() - begun

    fit(1)
    net, seconds = fit(ROUNDS[name])
    with torch.no_grad():
        made = net([torch.tensor(each) for each in test[0]]).argmax(1).numpy() + 1
    return {
        "seconds": seconds,
        "training": seconds,
        "batches": -(-len(x) // BATCH[name]),
        "accuracy": float(np.mean(made == test[1])),
    }


def measured(way: str, name: str, folder: Path) -> dict[str, float]:
    train, test = {"vowels": vowels, "names": names}[name](folder)
    if way == "wlnet":
        return with_wlnet(name, train, test)
    return with_torch(name, train, test, way)


def main(python: str, folder: str, times: int) -> None:
    for name in ROUNDS:
        found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(times):
            for way in WAYS:
                program = sys.executable if way == "wlnet" else python
                command = [program, __file__, "--one", way, name, folder]
                run = subprocess.run(command, capture_output=True, text=True, check=True)
                found[way].append(json.loads(run.stdout.splitlines()[-1]))
        print(f"{name}: {ROUNDS[name]} rounds, batches of up to {BATCH[name]}, medians of {times}")
        print("way     seconds  of training  batches  accuracy")
        for way, each in found.items():
            row = {key: float(np.median([one[key] for one in each])) for key in each[0]}
            print(f"{way:7} {row['seconds']:7.2f}  {row['training']:11.2f}  {row['batches']:7.0f}"
                  f"  {row['accuracy']:8.3f}")  # fmt: skip


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[0] == "--one":
        print(json.dumps(measured(arguments[1], arguments[2], Path(arguments[3]))))
    else:
        count = int(arguments[arguments.index("--times") + 1]) if "--times" in arguments else 3
        main(arguments[0], arguments[1], count)
