"""How calls are cut into pieces: few programs, little waste, and the same answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.evaluate import runner
from wlnet.evaluate.pieces import even_pieces, exact_pieces, rows_for
from wlnet.evaluate.runner import Runner

COUNTS = range(1, 1001)


@pytest.mark.parametrize("most", [1, 7, 64, 256, 5000])
def test_pieces_are_all_examples_in_their_order(most: int) -> None:
    for count in COUNTS:
        for cut in (even_pieces, exact_pieces):
            pieces = cut(count, most)
            ends = [0, *(piece.stop for piece in pieces)]
            assert [piece.start for piece in pieces] == ends[:-1]
            assert ends[-1] == count
            assert all(piece.start < piece.stop <= piece.start + piece.rows for piece in pieces)
            assert not any(piece.is_filled_up for piece in pieces[:-1])
        assert not any(piece.is_filled_up for piece in pieces)


def test_at_most_an_eighth_is_filled_up_and_few_sizes_have_programs() -> None:
    assert all(count <= rows_for(count) <= 1.125 * count for count in COUNTS)
    assert all(rows_for(rows_for(count)) == rows_for(count) for count in COUNTS)
    assert len({rows_for(count) for count in COUNTS}) <= 64
    for most in (64, 256):
        rows = {piece.rows for count in COUNTS for piece in even_pieces(count, most)}
        assert len(rows) <= 48
        assert max(rows) <= most


NETS: dict[str, Any] = {
    "vectors": wl.NetChain([9, "Tanh", 3, wl.SoftmaxLayer()], input=5),
    "images": wl.NetChain(
        [
            wl.ConvolutionLayer(3, 3),
            wl.BatchNormalizationLayer(),
            "Ramp",
            wl.PoolingLayer(2, 2),
            4,
        ],
        input=(2, 8, 9),
    ),
    "sequences": wl.NetChain(
        [wl.LongShortTermMemoryLayer(4), wl.SequenceLastLayer()], input=(6, 5)
    ),
    "attention": wl.NetGraph(
        {"look": wl.AttentionLayer()},
        [([wl.NetPort("Input")] * 3, "look")],
        input=(6, 5),
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_copies_beside_an_example_change_no_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = wl.net_initialize(NETS[name], random_seeding=3)
    shape = net.ports["Input"].shape
    rng = np.random.default_rng(0)
    for count in (17, 35, 70, 131):
        x = rng.standard_normal((count, *shape), np.float32)
        # By a program of exactly so many rows.
        exact = net(x, batch_size=count)
        assert net(x).tobytes() == exact.tobytes()
        with monkeypatch.context() as small:
            small.setattr(runner, "NEAR", 1)
            pieces = Runner(wl.net_initialize(NETS[name], random_seeding=3))
            found = pieces.run({"Input": x}, count)["Output"]
        assert found.tobytes() == exact.tobytes()


def test_calls_of_any_size_have_few_programs() -> None:
    net = wl.net_initialize(NETS["vectors"])
    rng = np.random.default_rng(0)
    for count in rng.permutation(np.arange(1, 301)).tolist():
        net(np.ones((count, 5), np.float32))
    assert len(net.cached("programs", dict).programs) <= 16 + 5 * 8


def test_a_sum_over_all_examples_goes_by_how_many_there_are() -> None:
    net = wl.net_initialize(NETS["vectors"])
    x = np.random.default_rng(0).standard_normal((19, 5), np.float32)
    by = wl.NetPortGradient(1, "Weights")
    parts = sum(net(each[None], by) for each in x)
    assert np.allclose(net(x, by), parts, atol=1e-5)


def test_where_examples_meet_none_is_there_twice() -> None:
    net = wl.net_initialize(NETS["images"])
    x = np.random.default_rng(0).standard_normal((19, 2, 8, 9), np.float32)
    trained = net(x, net_evaluation_mode="Train")
    assert trained.tobytes() == net(x, net_evaluation_mode="Train", batch_size=19).tobytes()
