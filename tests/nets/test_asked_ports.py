"""What is asked for with NetPort needs nothing that it does not depend on, and is found as parts
are; numbers fill arrays as soon as a net knows their shapes, by whatever it comes to know them."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl

PORT = wl.NetPort
ONES = {("a", 1, "Weights"): 1, ("a", 1, "Biases"): 0}


def two(**ports) -> wl.NetGraph:
    parts = {"a": [3, "Ramp"], "b": wl.LinearLayer(3), "sum": wl.TotalLayer()}
    return wl.NetGraph(parts, [(PORT("x"), "a"), (PORT("y"), "b"), (["a", "b"], "sum")], **ports)


@pytest.mark.parametrize("ports", [{"x": 2, "y": 5}, {"x": 2}])
@pytest.mark.parametrize("options", [{}, {"working_precision": "Real64", "batch_size": 7}])
def test_arrays_that_are_not_needed_may_be_without_numbers_and_shapes(ports, options):
    net = wl.net_replace_part(two(**ports), ONES)
    assert net({"x": [1, 2]}, PORT("a", "Output"), **options).tolist() == [3, 3, 3]
    assert net({"x": np.ones((99, 2))}, [PORT("a", 1, "Output")], **options)[
        PORT("a", 1, "Output")
    ].shape == (99, 3)
    with pytest.raises(wl.NotInitializedError, match="b/Weights"):
        net({"x": [1, 2], "y": [1] * 5}, PORT("sum", "Output"), **options)


def test_the_repair_says_what_goes_in_where_that_is_what_lacks():
    layer = wl.LinearLayer(2, weights=1, biases=0)
    with pytest.raises(wl.NotInitializedError, match=r"input=4\); then net_initialize"):
        layer([1, 2, 3])
    assert wl.LinearLayer(2, weights=1, biases=0, input=3)([1, 2, 3]).tolist() == [6, 6]
    with pytest.raises(wl.NotInitializedError, match=r"fix:      net_initialize"):
        wl.LinearLayer(2, input=3)([1, 2, 3])


def test_a_part_without_the_name_of_a_port_means_its_only_output():
    net = wl.net_initialize(two(x=2, y=5))
    x = {"x": [1, -2]}
    assert np.array_equal(net(x, PORT("a", 1)), net(x, PORT("a", 1, "Output")))
    assert np.array_equal(net(x, PORT("a", -1)), net(x, PORT("a")))
    forks = wl.NetGraph({"p": 3, "q": 2}, input=2)
    held = wl.net_initialize(wl.NetChain({"forks": forks}))
    with pytest.raises(wl.OptionError, match=r"fix:      NetPort\('forks', 'Output1'\)"):
        held([1, 2], PORT("forks"))


def test_all_ports_that_are_not_there_are_told_at_once():
    with pytest.raises(wl.PartError, match="3 faults"):
        two(x=2)({"x": [1, 2]}, [PORT("q", "Output"), PORT("a", "Foo"), PORT("zz"), PORT("a")])


def test_a_number_fills_a_shared_array_whose_shape_is_known():
    shared = wl.NetSharedArray("w")
    net = wl.NetChain([wl.LinearLayer(2, weights=shared)], input=3)
    assert wl.net_replace_part(net, {shared: 0.5})[1, "Weights"].tolist() == [[0.5] * 3] * 2
    net = wl.NetChain([wl.LinearLayer(2, weights=shared)])
    assert wl.net_replace_part(net, {"Input": 1, shared: 2})[shared].tolist() == [[2], [2]]
    with pytest.raises(wl.ShapeError, match=r"whose shape is known[\s\S]*input=4"):
        wl.net_replace_part(net, {shared: 0.5})


def test_a_number_fills_as_soon_as_surgery_tells_the_shape():
    layer = wl.LinearLayer(2, weights=0.5)
    for net, key in ((layer, "Weights"), (wl.NetChain([layer]), (1, "Weights"))):
        assert net[key] == 0.5
        assert wl.net_replace_part(net, {"Input": 3})[key].tolist() == [[0.5] * 3] * 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: wl.LinearLayer(10**6, weights=1.0, input=10**9),
        lambda: wl.NetChain([wl.LinearLayer(10**9, weights=1.0)], input=10**9),
        lambda: wl.NetArrayLayer(array=1, output=(10**7, 10**9)),
        lambda: wl.EmbeddingLayer(10**6, 10**12, weights=1),
        lambda: wl.net_replace_part(wl.NetChain([10**6], input=10**9), {(1, "Weights"): 1.0}),
    ],
)
def test_a_number_that_would_fill_more_than_there_is_is_refused(make):
    with pytest.raises(wl.ShapeError, match="more memory than there is"):
        make()
