"""NetBidirectionalOperator: a sequence read from both ends."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetBidirectionalOperator

X = np.random.default_rng(0).standard_normal((4, 5, 2)).astype(np.float32)


def test_what_comes_back_is_what_the_net_gives_of_the_turned_sequence() -> None:
    net = wl.net_initialize(NetBidirectionalOperator(wl.GatedRecurrentLayer(3), input=(5, 2)))
    there, back = (wl.net_extract(net, name) for name in ("Forward", "Backward"))
    expected = np.concatenate([there(X), back(X[:, ::-1])[:, ::-1]], 2)
    np.testing.assert_allclose(net(X), expected, atol=1e-6)


def test_both_ways_have_arrays_of_their_own_and_rates_of_their_own() -> None:
    net = wl.net_initialize(
        NetBidirectionalOperator(
            wl.BasicRecurrentLayer(3), input=(5, 2), learning_rate_multipliers={"Backward": None}
        )
    )
    y = np.ones((4, 5, 6))
    trained = wl.net_train(net, (X, y), max_training_rounds=2)
    for side, is_same in (("Forward", False), ("Backward", True)):
        before, after = (wl.net_extract(n, (side, "InputWeights")) for n in (net, trained))
        assert (before.tobytes() == after.tobytes()) == is_same
    assert not np.array_equal(*(wl.net_extract(trained, (side, "StateWeights"))
                                for side in ("Forward", "Backward")))  # fmt: skip


def test_two_nets_and_another_way_to_put_them_together(tmp_path: Any) -> None:
    two = wl.GatedRecurrentLayer(3), wl.LongShortTermMemoryLayer(3)
    for given in (two, dict(zip(("Forward", "Backward"), two, strict=True))):
        net = wl.net_initialize(NetBidirectionalOperator(given, wl.TotalLayer(), input=(5, 2)))
        expected = net["Forward"](X) + net["Backward"](X[:, ::-1])[:, ::-1]
        np.testing.assert_allclose(net(X), expected, atol=1e-6)
        assert wl.load(wl.save(net, tmp_path / "both.wlnet")) == net


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: NetBidirectionalOperator({"Forward": 3}), "known:    Forward, Backward"),
        (lambda: NetBidirectionalOperator((3, 3, 3)), "one net for both ways, or a pair"),
        (lambda: NetBidirectionalOperator(wl.TotalLayer()), "takes a sequence and gives one"),
        (lambda: NetBidirectionalOperator("Rump"), "Rump"),
        (lambda: NetBidirectionalOperator(wl.GatedRecurrentLayer(3), inputt=3), "inputt"),
    ],
)
def test_what_cannot_go_both_ways_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=re.escape(told)):
        make()
