"""Arrays that nets hold, and what may be given for one."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import wlnet as wl


def held(net):
    return wl.net_extract(net, (1, "Weights"))


def nets():
    net = wl.NetChain([wl.LinearLayer(2, weights=[[1, 2], [3, 4]]), "Ramp", 1])
    ready = wl.net_initialize(net)
    trained = wl.net_train(ready, ([[1, 2]], [[1]]), max_training_rounds=1)
    frozen = wl.net_train(
        ready, ([[1, 2]], [[1]]), max_training_rounds=1, learning_rate_multipliers={1: None}
    )
    return {
        "given": net,
        "initialized": ready,
        "trained": trained,
        "frozen": frozen,
        "pickled": pickle.loads(pickle.dumps(ready)),
        "copied": copy.deepcopy(ready),
        "replaced": wl.net_replace_part(ready, {(1, "Weights"): np.ones((2, 2))}),
    }


@pytest.mark.parametrize("name", list(nets()))
def test_an_array_of_a_net_can_not_be_unlocked(name):
    array = held(nets()[name])
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 9
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.flags.writeable = True


def test_an_array_that_was_given_can_change_without_the_net():
    mine = np.ones((2, 2), np.float32)
    layer = wl.LinearLayer(2, weights=mine)
    mine[:] = 5
    assert layer.weights.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(
    "given",
    [
        [[1j]],
        [["1.5"]],
        [[True]],
        np.ma.masked_array([[1.0]], mask=[[True]]),
        [[1.0], [1.0, 2.0]],
        [[np.nan]],
        [[1e300]],
        [[None]],
        "x",
        {},
    ],
    ids=repr,
)
def test_what_is_no_array_of_finite_numbers_is_refused(given):
    with pytest.raises(wl.OptionError, match="Weights of a LinearLayer"):
        wl.LinearLayer(1, weights=given)


def test_a_net_trained_in_float64_keeps_its_precision_where_an_array_is_put_back():
    net = wl.NetChain([2], input=2)
    trained = wl.net_train(
        net, ([[1, 2]], [[1, 0]]), working_precision="Real64", max_training_rounds=2
    )
    assert held(trained).dtype == np.float64
    assert wl.net_replace_part(trained, {(1, "Weights"): held(trained)}) == trained


def test_rules_that_were_given_as_lists_can_not_be_changed_afterwards():
    part = [1, "Weights"]
    net = wl.NetChain([2, 1], input=2, learning_rate_multipliers=[(part, 0)])
    part[0] = 2
    net.learning_rate_multipliers[0][0]  # what is handed out is a copy
    assert net.learning_rate_multipliers == [((1, "Weights"), 0)]


def test_lengths_of_sequences_leave_nothing_behind_in_a_net():
    net = wl.net_initialize(wl.NetChain([wl.NetMapOperator([1])], input=("Varying", 2)))
    for length in range(1, 30):
        assert net(np.ones((length, 2))).shape == (length, 1)
    assert len(net._cache) < 10


def test_a_port_inside_a_map_gives_one_value_an_element():
    net = wl.net_initialize(
        wl.NetChain([wl.NetMapOperator([3, "Ramp"]), wl.FlattenLayer()], input=(4, 2))
    )
    x = np.random.default_rng(0).random((5, 4, 2))
    inner = net(x, wl.NetPort(1, "Net", 2, "Output"))
    assert inner.shape == (5, 4, 3)
    assert np.array_equal(inner.reshape(5, 12), net(x))


@pytest.mark.parametrize(
    "port",
    [
        wl.NetPort(),
        wl.NetPort(wl.ALL, "Output"),
        wl.NetPort(wl.Alternatives(1, 2), "Output"),
        wl.NetPort(1, "Weights", "Output"),
        wl.NetPort(1, "Ouput"),
    ],
    ids=repr,
)
def test_a_port_that_is_not_one_port_is_a_part_error(port):
    net = wl.net_initialize(wl.NetChain([2, 1], input=2))
    with pytest.raises(wl.PartError):
        net([1, 2], port)


def test_a_class_encoder_tells_an_embedding_how_many_classes_there_are():
    net = wl.NetChain([wl.EmbeddingLayer(2)], input=wl.NetEncoder("Class", ["a", "b", "c"]))
    assert wl.information(net, "ArraysDimensions") == {(1, "Weights"): (3, 2)}


def test_numbers_in_an_array_of_objects_are_numbers():
    net = wl.NetChain([wl.LinearLayer(1, weights=[[1, 1]], biases=[0])], input=2)
    assert net(np.array([1.5, 2], dtype=object)).tolist() == [3.5]
    with pytest.raises(wl.DataError, match="not numbers"):
        net(np.array(["1.5", 2], dtype=object))


def test_a_layer_without_arrays_has_automatic_rates_and_takes_no_others():
    net = wl.NetChain([2, "Tanh"], input=2)
    assert wl.net_extract(net, (2, "LearningRateMultipliers")) is wl.AUTOMATIC
    assert wl.net_replace_part(net, {(2, "LearningRateMultipliers"): wl.AUTOMATIC}) == net
    with pytest.raises(wl.OptionError, match="ElementwiseLayer has no arrays"):
        wl.net_replace_part(net, {(2, "LearningRateMultipliers"): 0})


def test_a_rule_takes_a_shared_array_among_alternatives():
    net = wl.NetChain([wl.LinearLayer(2, weights=wl.NetSharedArray("w"), input=2), 2, 2])
    either = wl.Alternatives(2, wl.NetSharedArray("w"))
    frozen = wl.net_replace_part(net, {"LearningRateMultipliers": [(either, 0)]})
    rates = wl.information(frozen, "ArraysLearningRateMultipliers")
    assert list(rates.values()) == [0, 1, 0, 0, 1, 1]


def test_rates_are_plain_numbers_whatever_they_were_given_as():
    layer = wl.LinearLayer(2, learning_rate_multipliers=np.float32(0.5))
    assert repr(layer) == "LinearLayer(2, learning_rate_multipliers=0.5)"
    net = wl.NetChain([2], input=2, learning_rate_multipliers={1: np.float64(0.5)})
    assert repr(net.learning_rate_multipliers) == "{1: 0.5}"
    with pytest.raises(wl.RuleError, match="finite"):
        wl.LinearLayer(2, learning_rate_multipliers=10**400)


def test_a_port_that_is_a_word_of_python_reads_back():
    edges = [(wl.NetPort("In"), 1), (1, 2), (2, wl.NetPort("Out"))]
    net = wl.NetGraph([3, "Ramp"], edges, ports={"In": 3})
    assert eval(repr(net), vars(wl).copy()) == net


def test_the_repair_of_an_open_size_names_what_is_open():
    inner = wl.NetChain([wl.LinearLayer(), "Tanh", 1], input=2)
    with pytest.raises(wl.NotInitializedError, match="give the sizes of these layers"):
        wl.net_initialize(inner)
    with pytest.raises(wl.NotInitializedError, match="say what goes in"):
        wl.net_initialize(wl.NetChain([2]))
