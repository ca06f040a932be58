"""net_insert_shared_arrays: every learnable array under a name."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import wlnet as wl
from tests.nets.marks import quietly
from tests.strategies import build, small_vectors_nets, trees
from wlnet import (
    ALL,
    BatchNormalizationLayer,
    LinearLayer,
    NetChain,
    NetGraph,
    NetPort,
    NetSharedArray,
    OptionError,
    RuleWarning,
    TotalLayer,
    net_extract,
    net_initialize,
    net_insert_shared_arrays,
)


def test_names_are_the_prefix_and_the_path() -> None:
    net = NetChain({"Linear": [LinearLayer(3), "Ramp"], "2": LinearLayer(1, biases=None)}, input=2)
    names = [key.name for key in net_extract(net_insert_shared_arrays(net), NetSharedArray(ALL))]
    assert names == ["Linear/1/Weights", "Linear/1/Biases", "2/Weights"]
    bare = net_insert_shared_arrays(LinearLayer(3, input=2), "enc.")
    assert bare == LinearLayer(
        3, weights=NetSharedArray("enc.Weights"), biases=NetSharedArray("enc.Biases"), input=2
    )
    assert net_insert_shared_arrays(net, None) == net_insert_shared_arrays(net, "")


@given(small_vectors_nets())
def test_the_net_computes_the_same_and_its_numbers_are_the_same_bits(net: Any) -> None:
    before = copy.deepcopy(net)
    tied = net_insert_shared_arrays(net, "p/")
    x = np.linspace(-1, 1, net_extract(net, "Input")[0])
    assert np.array_equal(tied(x), net(x))
    for path, value in wl.information(net, "Arrays").items():
        assert net_extract(tied, path).tobytes() == value.tobytes()
    assert net == before


@settings(max_examples=max(settings.default.max_examples // 2, 1))
@given(trees(depth=2))
def test_no_multiplier_changes_but_for_its_key(tree: Any) -> None:
    net = quietly(build, tree)
    tied = quietly(net_insert_shared_arrays, net, "p/")
    rates = wl.information(net, "ArraysLearningRateMultipliers")
    found = wl.information(tied, "ArraysLearningRateMultipliers")
    names = {
        key: NetSharedArray("p/" + "/".join(map(str, key))) if isinstance(key, tuple) else key
        for key in rates
    }
    assert found == {
        names[key] if names[key] in found else key: rate for key, rate in rates.items()
    }


def test_statistics_absent_and_shared_arrays_stay_as_they_are() -> None:
    w = NetSharedArray("w")
    net = NetChain([LinearLayer(2, weights=w, biases=None), BatchNormalizationLayer()], input=2)
    tied = net_insert_shared_arrays(net)
    layer, norm = tied.nodes[1].array_values, tied.nodes[2].array_values
    assert (layer["Weights"], layer["Biases"]) == (w, None)
    assert norm["Scaling"] == NetSharedArray("2/Scaling")
    assert norm["MovingMean"] is wl.AUTOMATIC


def test_a_net_that_stands_in_two_places_shares_its_arrays_after_this() -> None:
    part = net_initialize(LinearLayer(2, input=2))

    def twice(part: Any) -> Any:
        return NetGraph(
            {"a": part, "b": part, "s": TotalLayer()},
            [(NetPort("Input"), "a", "s"), (NetPort("Input"), "b", "s")],
        )

    assert wl.information(twice(part), "ArraysCount") == 4
    assert wl.information(twice(net_insert_shared_arrays(part)), "ArraysCount") == 2


def test_a_taken_name_is_refused_and_another_prefix_helps() -> None:
    net = NetChain([LinearLayer(2), LinearLayer(2, weights=NetSharedArray("1/Weights"))], input=2)
    with pytest.raises(
        OptionError, match=r"'1/Weights' already[\s\S]*1/Weights[\s\S]*another prefix"
    ):
        net_insert_shared_arrays(net)
    assert wl.information(net_insert_shared_arrays(net, "x/"), "SharedArraysCount") == 4
    double = NetChain({"a/b": 2, "a": {"b": 2}})
    with pytest.raises(OptionError, match=r"two arrays would have one name[\s\S]*a/b/Biases"):
        net_insert_shared_arrays(double)


@pytest.mark.parametrize(
    "net", [NetChain(["Ramp"]), LinearLayer(2, weights=NetSharedArray("w"), biases=None)]
)
def test_nothing_to_do_is_a_warning_and_the_same_net(net: Any) -> None:
    with pytest.warns(RuleWarning, match="no array can be shared") as caught:
        assert net_insert_shared_arrays(net) is net
    assert caught[0].filename == __file__


def test_what_is_no_prefix_or_no_net_is_refused() -> None:
    with pytest.raises(OptionError, match=r"prefix[\s\S]*3"):
        net_insert_shared_arrays(LinearLayer(2), 3)
    with pytest.raises(OptionError, match="takes a net"):
        net_insert_shared_arrays([2])
