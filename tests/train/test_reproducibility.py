"""Same seed, same bits: again, in a fresh process, on more workers, beside another training."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, digests

# Everything random at once: first numbers, batches, dropout, the validation split.
PROGRAM = """
import hashlib, sys
import numpy as np
import wlnet as wl
from wlnet.nets.arrays import arrays_of
rng = np.random.default_rng(0)
x = rng.standard_normal((30, 4)).astype(np.float32)
net = wl.NetChain([8, "Tanh", wl.DropoutLayer(0.3), 3, wl.SoftmaxLayer()])
trained = wl.net_train(net, (x, np.arange(30) % 3), batch_size=7, max_training_rounds=3,
                       validation_set=wl.Scaled(0.2), random_seeding=SEED)
print(hashlib.sha256(b"".join(a.tobytes() for a in arrays_of(trained).values())).hexdigest())
"""


def train(seed: Any = 1234, **options: Any) -> dict[Any, str]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 4)).astype(np.float32)
    net = wl.NetChain([8, "Tanh", wl.DropoutLayer(0.3), 3, wl.SoftmaxLayer()])
    return digests(
        wl.net_train(
            net,
            (x, np.arange(30) % 3),
            batch_size=7,
            max_training_rounds=3,
            validation_set=wl.Scaled(0.2),
            random_seeding=seed,
            **options,
        )
    )


@pytest.mark.parametrize("seed", [1234, 0, -5, "a text", np.int64(7)])
def test_the_same_seed_gives_the_same_bits(seed: Any) -> None:
    assert train(seed) == train(seed)


def test_another_seed_gives_other_bits() -> None:
    seeds = [1234, 1, "1234", "a", "b"]
    assert len({str(train(seed)) for seed in seeds}) == len(seeds)


def test_the_default_seed_is_1234() -> None:
    x, y = classes(20)
    net = wl.NetChain([5, "Tanh", 3, wl.SoftmaxLayer()])
    options: dict[str, Any] = {"batch_size": 6, "max_training_rounds": 2}
    assert wl.net_train(net, (x, y), **options) == wl.net_train(
        net, (x, y), random_seeding=1234, **options
    )


def test_automatic_draws_anew_every_time() -> None:
    assert train(wl.AUTOMATIC) != train(wl.AUTOMATIC)


def test_no_global_generator_is_read_or_moved() -> None:
    np.random.seed(1)  # noqa: NPY002  # the global state is what is looked at
    before = np.random.get_state()[1].tobytes()  # type: ignore[index,union-attr]  # noqa: NPY002
    first = train()
    assert np.random.get_state()[1].tobytes() == before  # type: ignore[index,union-attr]  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert train() == first


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_number_of_workers_changes_no_bit(workers: int) -> None:
    assert train(workers=workers) == train()


def test_a_fresh_process_gives_the_same_bits() -> None:
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("SEED", "42")],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    scope: dict[str, Any] = {}
    printed: list[str] = []
    exec(PROGRAM.replace("SEED", "42"), {"print": printed.append, **scope})
    assert found.stdout.split() == printed
    assert len(printed[0]) == len(hashlib.sha256().hexdigest())


def test_trainings_in_several_threads_give_the_same_bits_as_alone() -> None:
    seeds = [1, 2, 3, 4]
    alone = [train(seed) for seed in seeds]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(train, seeds))
    assert together == alone


def test_one_net_may_be_trained_and_evaluated_in_several_threads() -> None:
    x, y = classes(30)
    net = wl.net_initialize(wl.NetChain([8, "Tanh", 3, wl.SoftmaxLayer()], input=4))
    before, outputs = digests(net), net(x, None).tobytes()

    def work(number: int) -> Any:
        if number % 2:
            return net(x, None).tobytes()
        return digests(wl.net_train(net, (x, y), batch_size=7, max_training_rounds=3))

    alone = work(0)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(work, range(8)))
    assert found == [alone, outputs] * 4
    assert digests(net) == before


def test_the_way_through_a_training_is_the_same_however_long_it_goes_on() -> None:
    # Without a schedule nothing depends on the last round.
    x, y = classes(30)
    net = wl.NetChain([8, "Tanh", wl.DropoutLayer(), 3, wl.SoftmaxLayer()])
    short = wl.net_train(net, (x, y), "BatchLossList", batch_size=7, max_training_rounds=2)
    long = wl.net_train(net, (x, y), "BatchLossList", batch_size=7, max_training_rounds=5)
    assert long[: len(short)] == short


def test_dropout_is_drawn_anew_at_every_step() -> None:
    x = np.ones((4, 50), np.float32)
    net = wl.net_initialize(wl.NetChain([wl.DropoutLayer(), 1], input=50))
    losses = wl.net_train(
        net,
        (x, x[:, :1]),
        "BatchLossList",
        batch_size=4,
        max_training_rounds=5,
        learning_rate=1e-30,
    )
    assert len(set(losses)) == 5
