"""net(x) from many threads at once: every answer is the one that a single thread gets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.evaluate import runner

THREADS, ROUNDS = 8, 12


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Threads take turns a thousand times more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


def chain() -> Any:
    layers = [16, "Tanh", wl.BatchNormalizationLayer(), wl.DropoutLayer(), 4, wl.SoftmaxLayer()]
    decoder = wl.NetDecoder("Class", ["a", "b", "c", "d"])
    return wl.net_initialize(wl.NetChain(layers, input=6, output=decoder))


def sequences() -> Any:
    return wl.net_initialize(wl.NetChain([wl.GatedRecurrentLayer(5)], input=("n", 3)))


def bare() -> Any:
    return wl.net_initialize(wl.NetChain([32, "Ramp", 3], input=6))


Ask = Callable[[Any], Any]


def tasks(net: Any, width: int, *, has_lengths: bool) -> list[Ask]:
    """Different calls: one example, batches of many sizes, properties, options, faulty ones."""
    rng = np.random.default_rng(0)

    def examples(*shape: int) -> Any:
        return rng.normal(size=(*shape, width)).astype(np.float32)

    def asking(x: Any, *rest: Any, **options: Any) -> Ask:
        return lambda net: net(x, *rest, **options)

    if has_lengths:
        several = [examples(n) for n in (3, 1, 4)]
        return [*(asking(examples(n)) for n in (1, 2, 5, 9)), asking(several)]
    bad = examples(4)
    bad[2, 1] = np.nan
    return [
        *(asking(examples()) for _ in range(6)),
        *(asking(examples(n), None) for n in (1, 2, 3, 5, 8, 64, 65, 200)),
        asking(examples(7), None, working_precision="Real64"),
        asking(examples(7), None, net_evaluation_mode="Train"),
        asking(examples(7), None, workers=2),
        asking(examples(7), wl.NetPortGradient("Input")),
        asking(examples(3), wl.NetPort(1, "Output")),
        *(asking(wrong) for wrong in (bad, bad[2], bad[:, 1:])),
    ]


def outcome(ask: Ask, net: Any) -> object:
    """What comes of a call, to the last bit; of an error its words."""
    try:
        answer = ask(net)
    except wl.WlnetError as error:
        return type(error), str(error)
    rows = answer if isinstance(answer, list) else [answer]
    return [row.tobytes() if isinstance(row, np.ndarray) else row for row in rows]


NETS = {"a chain": (chain, 6, False), "bare": (bare, 6, False), "sequences": (sequences, 3, True)}


@pytest.mark.parametrize("kind", NETS)
def test_every_answer_and_every_error_is_that_of_a_single_thread(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, width, has_lengths = NETS[kind]
    asked = tasks(make(), width, has_lengths=has_lengths)
    alone = [outcome(ask, make()) for ask in asked]
    assert has_lengths or len({str(each) for each in alone}) > 10
    # Programs are dropped, and made again, while others run them.
    monkeypatch.setattr(runner, "KEPT", 3)
    monkeypatch.setattr(runner, "MOST", 0)
    net, start = make(), Barrier(THREADS)

    def work(seed: int) -> list[str]:
        rng = np.random.default_rng(seed)
        start.wait()  # the first calls of a net come at one time
        faults = []
        for number in rng.integers(0, len(asked), ROUNDS).tolist():
            found = outcome(asked[number], net)
            if found != alone[number]:
                faults.append(f"call {number}: {found}, alone {alone[number]}")
        return faults

    with ThreadPoolExecutor(THREADS) as pool:
        wrong = [fault for faults in pool.map(work, range(THREADS)) for fault in faults]
    assert not wrong, f"{len(wrong)} of {THREADS * ROUNDS}: {wrong[0]}"


def test_the_short_way_of_one_example_is_taken_by_one_thread_at_a_time() -> None:
    net = bare()
    xs = np.random.default_rng(1).normal(size=(200, 6)).astype(np.float32)
    alone = [net(x).tobytes() for x in xs]
    assert net.cached("quick", lambda: None) is not None, "there is no short way"

    def work(seed: int) -> int:
        order = np.random.default_rng(seed).permutation(len(xs)).tolist()
        return sum(net(xs[number]).tobytes() != alone[number] for number in order)

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(work, range(THREADS))) == 0
