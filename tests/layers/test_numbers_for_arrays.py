"""A number where an array is expected fills it, as soon as its shape is known."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.names import field_name
from wlnet.layers.declaring.layer import LAYERS

CASES = [
    (kind, name)
    for kind, layer in LAYERS.items()
    for name in layer.declared_arrays
    if layer.declared_inputs
]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_every_array_of_every_layer_takes_a_number(kind, name, tmp_path):
    """Here, and in a chain that tells the shape later, in files, texts and trainings."""
    layer, shapes, *_ = next(
        case for case in LAYERS[kind].examples() if case[0].array_values[name] is not None
    )
    options = {
        field.name: layer.parameters[field.wolfram] for field in layer.declared_parameters.values()
    }
    (size,) = [shapes["Input"]]
    given = LAYERS[kind](**options, **{field_name(name): 0.25})
    element = ("Integer",) if layer.port_element("Input") == "Integer" else ()
    for net in (
        LAYERS[kind](**options, **{field_name(name): 0.25}, input=(*size, *element)),
        wl.NetChain([given], input=(*size, *element)),
        wl.NetGraph({"a": wl.NetChain([given])}, [], input=(*size, *element)),
        wl.net_replace_part(wl.NetChain([given]), {"Input": (*size, *element)}),
    ):
        started = wl.net_initialize(net)
        (array,) = [
            array for key, array in wl.information(started, "Arrays").items() if key[-1] == name
        ]
        assert array.dtype == np.float32
        assert (array == 0.25).all()
        assert not array.flags.writeable
        assert wl.net_initialize(started, all=True) == wl.net_initialize(
            wl.net_initialize(started, all=None)
        )
    again = wl.load(wl.save(given, tmp_path / "net.wlnet"))
    assert again == given
    assert eval(repr(given), vars(wl)) == given


def test_a_number_stands_until_the_shape_is_known():
    net = wl.NetChain([wl.ParametricRampLayer(slope=0.1), wl.LinearLayer(biases=np.float64(2))])
    assert net[1, "Slope"] == 0.1
    assert net[2, "Biases"] == 2.0
    with pytest.raises(wl.NotInitializedError):
        net([1.0, 2.0])
    trained = wl.net_train(net, (np.eye(3), np.eye(3)), max_training_rounds=1, learning_rate=1e-6)
    assert trained[1, "Slope"] == pytest.approx([0.1] * 3, abs=1e-4)
    assert trained[2, "Biases"] == pytest.approx([2.0] * 3, abs=1e-4)


def test_a_net_whose_arrays_are_all_given_needs_no_initialization():
    net = wl.NetChain(
        [wl.LinearLayer(2, weights=1, biases=0), wl.ConstantPlusLayer(biases=3)], input=4
    )
    assert net([1.0, 2, 3, 4]).tolist() == [13, 13]
    assert net == wl.NetChain(
        [
            wl.LinearLayer(2, weights=np.ones((2, 4)), biases=np.zeros(2)),
            wl.ConstantPlusLayer(biases=[3, 3]),
        ],
        input=4,
    )


def test_a_number_replaces_all_numbers_of_an_array():
    net = wl.net_initialize(wl.NetChain([3, "Ramp", 2], input=4))
    new = wl.net_replace_part(net, {(1, "Weights"): 0, (3, "Biases"): 1.5})
    assert new[1, "Weights"].tolist() == np.zeros((3, 4)).tolist()
    assert new[3, "Biases"].tolist() == [1.5, 1.5]
    shared = wl.net_insert_shared_arrays(net)
    name = next(iter(shared.shared))
    assert (wl.net_replace_part(shared, {wl.NetSharedArray(name): 2}).shared[name] == 2).all()


def test_a_source_without_a_shape_of_its_own_has_that_of_its_number():
    assert wl.NetArrayLayer(array=3.0)() == 3
    assert wl.NetArrayLayer(array=3.0, output=(2, 2))().tolist() == [[3, 3], [3, 3]]


@pytest.mark.parametrize("wrong", [float("nan"), 1e39, True, "0", 1j])
def test_what_is_no_finite_number_fills_nothing(wrong):
    with pytest.raises(wl.OptionError):
        wl.LinearLayer(3, biases=wrong)
