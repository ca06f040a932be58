"""NetArray in all its forms: a name, numbers under a name, and names that nobody else has."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetArray, NetChain, NetSharedArray
from wlnet.core.errors import OptionError, PartError, ShapeError

W = np.arange(4.0).reshape(2, 2)


def test_a_name_is_a_shared_array_of_this_name() -> None:
    assert NetArray("w") == NetSharedArray("w") == NetArray({"Name": "w"})
    with pytest.raises(PartError, match="a shared array needs a name"):
        NetArray("")


@pytest.mark.parametrize(
    "given", [{"Name": "w", "Array": W}, {"Name": "w", "Array": W, "Dimensions": (2, 2)}], ids=str
)
def test_numbers_come_into_the_table_of_whatever_net_the_layer_is_in(given: Any) -> None:
    layer = wl.LinearLayer(weights=NetArray(given), biases=None)
    assert layer.weights == NetSharedArray("w") and type(layer.weights) is NetSharedArray
    net = NetChain([layer, "Tanh", wl.LinearLayer(weights=NetArray("w"), biases=None)])
    arrays = wl.information(net, "Arrays")
    assert list(arrays) == [NetSharedArray("w")]
    np.testing.assert_array_equal(arrays[NetSharedArray("w")], W)
    x = np.ones(2, np.float32)
    np.testing.assert_allclose(net(x), np.float32(W) @ np.tanh(np.float32(W) @ x), rtol=1e-6)
    assert wl.net_initialize(net) == net
    trained = wl.net_train(net, (np.ones((4, 2)), np.zeros((4, 2))), max_training_rounds=2)
    assert trained[1, "Weights"].tobytes() == trained[3, "Weights"].tobytes() != W.tobytes()


def test_a_number_fills_dimensions_and_sizes_tell_those_of_the_layer() -> None:
    begun = NetArray({"Name": "w", "Array": 0.5, "Dimensions": [2, 3]})
    net = NetChain([wl.LinearLayer(weights=begun)], input=3)
    assert net[1, "Weights"].tolist() == [[0.5] * 3] * 2
    with pytest.raises(ShapeError):
        wl.LinearLayer(4, weights=begun)
    with pytest.raises(ShapeError):
        NetChain([wl.LinearLayer(weights=begun)], input=5)


def test_names_of_their_own_are_all_different_in_every_process() -> None:
    own, other = NetArray(), NetArray(wl.AUTOMATIC)
    assert own != other and own.name.startswith("NetArray")
    twice = NetChain([wl.LinearLayer(2, weights=own), wl.LinearLayer(2, weights=own)], input=2)
    assert wl.information(twice, "SharedArraysCount") == 1
    code = "import wlnet as wl; print(*[wl.NetArray().name for _ in range(3)])"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            for _ in range(2)]  # fmt: skip
    assert len({name for run in runs for name in run.stdout.split()} | {own.name, other.name}) == 8
    alone = NetArray(W)
    assert wl.LinearLayer(weights=alone)["Weights"].tolist() == W.tolist()


def test_numbers_come_in_by_replacement_and_never_over_others() -> None:
    net = wl.net_initialize(NetChain([2, 2], input=2))
    begun = NetArray({"Name": "w", "Array": W})
    tied = wl.net_replace_part(net, {(1, "Weights"): begun, (2, "Weights"): NetArray("w")})
    assert tied[2, "Weights"].tolist() == W.tolist() == tied[1, "Weights"].tolist()
    assert wl.net_replace_part(tied, {(2, "Weights"): begun}) == tied
    with pytest.raises(OptionError, match="is there, with other numbers"):
        wl.net_replace_part(tied, {(2, "Weights"): NetArray({"Name": "w", "Array": W + 1})})
    with pytest.raises(OptionError, match="two different arrays are called 'w'"):
        NetChain([wl.LinearLayer(weights=NetArray({"Name": "w", "Array": a})) for a in (W, W + 1)])
    with pytest.raises(OptionError, match="two different arrays have one name"):
        wl.LongShortTermMemoryLayer(
            2, input_gate_state_weights=begun,
            output_gate_state_weights=NetArray({"Name": "w", "Array": W + 1}),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Nmae": "w"}, "no such property"), ({3: 4}, "no such property"),
        ({"Dimensions": (2, 2)}, "leave both out"), ({"Array": "Xavier"}, "leave both out"),
        ({"Array": W, "Dimensions": (2, 3)}, "do not fit one another"),
        ({"Array": W, "Dimensions": (2, 0)}, "are sizes"), ({"Array": [np.nan]}, "not finite"),
        ({"Array": [1, "a"]}, "array of numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(given: Any, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        NetArray(given)
    with pytest.raises(OptionError, match="cannot be shared"):
        wl.BatchNormalizationLayer(moving_mean=NetArray({"Name": "m", "Array": [1.0]}))
