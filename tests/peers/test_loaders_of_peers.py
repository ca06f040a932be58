"""The DataLoader of PyTorch itself, beside the same examples as columns."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl

torch = pytest.importorskip("torch")
from torch.utils.data import DataLoader, IterableDataset, TensorDataset  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(100, 5)).astype(np.float32)
Y = (X @ RNG.normal(size=(5, 1))).astype(np.float32)
NET = wl.NetChain([8, "Ramp", 1], input=5)


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield from zip(torch.from_numpy(X), torch.from_numpy(Y), strict=True)


def train(data, prop="TrainedNet", **options):
    return wl.net_train(NET, data, prop, **{"max_training_rounds": 3, **options})


def in_order(**options):
    return DataLoader(
        TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), batch_size=16, **options
    )


def test_a_data_loader_gives_the_batches_that_a_function_gives():
    def pairs():
        for start in range(0, 96, 16):
            yield X[start : start + 16], Y[start : start + 16]

    assert train(in_order(drop_last=True)) == train(pairs, batch_size=16)


@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"num_workers": 2}])
def test_a_pass_has_the_batches_that_the_loader_says(options):
    kept = X.copy(), Y.copy()
    results = train(in_order(**options), wl.ALL)
    assert results["BatchesPerRound"] == 7
    assert results["TotalBatches"] == 21
    assert np.array_equal(kept[0], X)
    assert np.array_equal(kept[1], Y)
    loader = in_order(**options)
    whole = wl.net_measurements(results["TrainedNet"], (X, Y), "MeanSquare")
    assert wl.net_measurements(results["TrainedNet"], loader, "MeanSquare") == pytest.approx(whole)


def test_a_loader_without_end_has_rounds_of_so_many_examples():
    results = train((DataLoader(Endless(), batch_size=10), {"RoundLength": 70}), wl.ALL)
    assert results["BatchesPerRound"] == 7


def test_labels_are_classes():
    labels = torch.from_numpy((Y[:, 0] > 0).astype(np.int64))
    net = wl.NetChain(
        [8, "Ramp", 2, wl.SoftmaxLayer()], input=5, output=wl.NetDecoder("Class", [0, 1])
    )
    loader = DataLoader(TensorDataset(torch.from_numpy(X), labels), batch_size=20, shuffle=True)
    net = wl.net_train(net, loader, learning_rate=0.02, max_training_rounds=60)
    assert wl.net_measurements(net, (X, labels), "Accuracy") > 0.9
