"""What information tells of particular nets. Semantics §6, §3.7, §9."""

from __future__ import annotations

import pytest

import wlnet as wl
from wlnet import AUTOMATIC, NetChain, NetGraph, NetPort, NetSharedArray, information

LENET = NetChain(
    [
        wl.ConvolutionLayer(20, 5),
        "Ramp",
        wl.PoolingLayer(2, 2),
        wl.ConvolutionLayer(50, 5),
        "Ramp",
        wl.PoolingLayer(2, 2),
        wl.FlattenLayer(),
        500,
        "Ramp",
        10,
        wl.SoftmaxLayer(),
    ],
    input=(1, 28, 28),
    output=wl.NetDecoder("Class", list(range(10))),
)


def test_lenet_has_the_arrays_that_its_page_tells() -> None:
    assert information(LENET, "ArraysDimensions") == {
        (1, "Weights"): (20, 1, 5, 5),
        (1, "Biases"): (20,),
        (4, "Weights"): (50, 20, 5, 5),
        (4, "Biases"): (50,),
        (8, "Weights"): (500, 800),
        (8, "Biases"): (500,),
        (10, "Weights"): (10, 500),
        (10, "Biases"): (10,),
    }
    assert information(LENET, "ArraysTotalElementCount") == 431_080
    assert information(LENET, "ArraysTotalByteCount") == 1_724_320
    assert information(LENET, "ArraysTotalSize") == "1.72 MB"
    assert information(LENET, "ArraysSizes")[1, "Biases"] == "80 B"
    assert information(LENET, "LayersCount") == 11
    assert information(LENET, "LayerTypeCounts") == {
        "ConvolutionLayer": 2,
        "ElementwiseLayer": 3,
        "PoolingLayer": 2,
        "FlattenLayer": 1,
        "LinearLayer": 2,
        "SoftmaxLayer": 1,
    }
    assert information(LENET, "InputPorts") == {"Input": (1, 28, 28)}
    assert information(LENET, "OutputPorts") == {"Output": wl.NetDecoder("Class", list(range(10)))}


def test_a_bare_layer_has_paths_of_one_step_and_counts_as_one() -> None:
    layer = wl.LinearLayer(3, input=2)
    assert information(layer, "ArraysPositionList") == [("Weights",), ("Biases",)]
    assert information(layer, "Layers") == {(): layer}
    assert information(layer, "LayersCount") == 1


def test_what_holds_layers_is_no_layer_itself() -> None:
    net = NetChain({"a": [3, "Ramp"], "m": wl.NetMapOperator([2])}, input=(4, 2))
    assert list(information(net, "Layers")) == [("a", 1), ("a", 2), ("m", "Net", 1)]
    assert information(net, "LayersCount") == 3


def test_paths_are_names_and_positions_and_go_through_operators() -> None:
    net = NetChain({"a": [3], "m": wl.NetNestOperator([3, "Tanh"], 2)}, input=2)
    assert information(net, "ArraysPositionList") == [
        ("a", 1, "Weights"),
        ("a", 1, "Biases"),
        ("m", "Net", 1, "Weights"),
        ("m", "Net", 1, "Biases"),
    ]


def test_a_shared_array_is_told_once_in_place_of_its_places() -> None:
    shared = wl.LinearLayer(3, weights=NetSharedArray("w"))
    net = NetChain([shared, "Ramp", shared], input=3)
    assert information(net, "ArraysPositionList") == [
        NetSharedArray("w"),
        (1, "Biases"),
        (3, "Biases"),
    ]
    assert information(net, "ArraysCount") == 3
    assert information(net, "SharedArraysCount") == 1
    assert information(net, "ArraysTotalElementCount") == 9 + 3 + 3


def test_absent_arrays_are_left_out_and_statistics_are_told() -> None:
    net = NetChain([wl.LinearLayer(2, biases=None), wl.BatchNormalizationLayer()], input=3)
    assert information(net, "ArraysPositionList") == [
        (1, "Weights"),
        (2, "Scaling"),
        (2, "Biases"),
        (2, "MovingMean"),
        (2, "MovingVariance"),
    ]


def test_arrays_not_drawn_yet_are_automatic_and_have_their_size_all_the_same() -> None:
    net = NetChain([3], input=2)
    assert information(net, "Arrays") == {(1, "Weights"): AUTOMATIC, (1, "Biases"): AUTOMATIC}
    assert information(net, "ArraysElementCounts") == {(1, "Weights"): 6, (1, "Biases"): 3}


def test_sizes_not_known_are_left_open() -> None:
    net = NetChain([3])
    assert information(net, "ArraysElementCounts")[1, "Weights"] is AUTOMATIC
    assert information(net, "ArraysSizes")[1, "Weights"] is AUTOMATIC
    # The three biases are known; a total without the weights would be none.
    for total in ("ArraysTotalElementCount", "ArraysTotalByteCount", "ArraysTotalSize"):
        assert information(net, total) is AUTOMATIC
        assert information(NetChain([3, 1]), total) is AUTOMATIC
        assert information(NetChain([3, 1], input=2), total) is not AUTOMATIC
    report = information(NetChain([3, 1]))
    assert report["ArraysTotalSize"] is AUTOMATIC
    assert report["ArraysCount"] == 4


def test_a_list_graph_is_told_by_the_numbers_of_the_user_in_their_order() -> None:
    net = NetGraph([1, "Tanh", 3], [(3, 2, 1)], input=2)
    assert information(net, "ArraysPositionList") == [
        (1, "Weights"),
        (1, "Biases"),
        (3, "Weights"),
        (3, "Biases"),
    ]
    assert set(information(net, "LayersGraph")) == {((3,), (2,)), ((2,), (1,))}


def test_the_graph_of_layers_goes_through_all_levels() -> None:
    inner = NetGraph({"a": 2, "b": 2}, [(NetPort("Input"), ["a", "b"])])
    net = NetGraph(
        {"first": ["Tanh"], "v": inner, "sum": wl.TotalLayer()},
        [("first", "v"), ([NetPort("v", "Output1"), NetPort("v", "Output2")], "sum")],
        input=2,
    )
    assert set(information(net, "LayersGraph")) == {
        (("first", 1), ("v", "a")),
        (("first", 1), ("v", "b")),
        (("v", "a"), ("sum",)),
        (("v", "b"), ("sum",)),
    }


def test_ports_are_told_with_their_coders_lengths_and_elements() -> None:
    loss = wl.CrossEntropyLossLayer("Index", input=3)
    assert information(loss, "InputPorts") == {"Input": (3,), "Target": "Integer"}
    sequence = wl.NetMapOperator(2, input=("Varying", 3))
    assert information(sequence, "InputPorts") == {"Input": ("Varying", 3)}
    assert information(sequence, "OutputPorts") == {"Output": ("Varying", 2)}
    assert information(NetChain([wl.NetArrayLayer(output=2)]), "InputPorts") == {}


def test_multipliers_are_those_of_the_net_itself() -> None:
    net = NetChain(
        {"a": wl.LinearLayer(2, learning_rate_multipliers=0), "b": 1},
        input=2,
        learning_rate_multipliers=[(("b", "Biases"), -2)],
    )
    assert information(net, "ArraysLearningRateMultipliers") == {
        ("a", "Weights"): 0.0,
        ("a", "Biases"): 0.0,
        ("b", "Weights"): 1.0,
        ("b", "Biases"): -2.0,
    }
    sources = information(net, "ArraysLearningRateMultiplierSources")
    assert sources["a", "Weights"]["SetAt"] == "a"
    assert sources["b", "Weights"]["SetAt"] == "default"
    assert sources["b", "Biases"]["SetAt"] == "the net"
    assert sources["b", "Biases"]["Rule"] == (("b", "Biases"), -2.0)


def test_the_table_for_people_has_a_row_for_every_array() -> None:
    net = NetChain([wl.LinearLayer(2, learning_rate_multipliers=0), 1], input=3)
    head, line, *rows = str(information(net, "ArraysLearningRateMultipliersTable")).splitlines()
    assert head.split()[:3] == ["array", "shape", "rate"]
    assert set(line) == {"-", " "}
    assert [row.split()[:3] for row in rows] == [
        ["1/Weights", "2x3", "0"],
        ["1/Biases", "2", "0"],
        ["2/Weights", "1x2", "1"],
        ["2/Biases", "1", "1"],
    ]
    assert ["frozen" in row for row in rows] == [True, True, False, False]


def test_what_a_rule_beats_is_told_with_its_place_where_that_is_another() -> None:
    layer = wl.LinearLayer(2, learning_rate_multipliers=0.5)
    rules = {("a", "Weights"): 3, "a": 2}
    net = NetChain({"a": layer, "b": 1}, input=3, learning_rate_multipliers=rules)
    weights, biases, *others = information(net, "ArraysLearningRateMultipliersTable")
    assert weights["beat"] == ("rule 2: 'a' -> 2.0", "0.5 for all (a)")
    assert (biases["set at"], biases["beat"]) == ("the net", ("0.5 for all (a)",))
    assert [(row["decided by"], row["set at"], row["beat"]) for row in others] == [
        ("the default", None, ())
    ] * 2


def test_the_hash_of_the_topology_knows_structure_and_no_numbers_or_names() -> None:
    def told(net: object) -> str:
        return str(information(net, "TopologyHash"))

    net = NetChain([3, "Ramp", 1], input=2)
    assert told(net) == told(wl.net_initialize(net))
    assert told(net) == told(NetChain({"x": 3, "y": "Ramp", "z": 1}, input=2))
    different = [
        NetChain([3, "Tanh", 1], input=2),
        NetChain([3, "Ramp", 1], input=3),
        NetChain([4, "Ramp", 1], input=2),
        NetChain([3, "Ramp", wl.LinearLayer(1, biases=None)], input=2),
        NetChain([3, "Ramp", 1, "Ramp"], input=2),
        NetChain([3, 1], input=2),
    ]
    assert len({told(each) for each in [net, *different]}) == 1 + len(different)


def test_the_hash_of_the_topology_knows_how_often_and_how_wide_something_is_applied() -> None:
    twice, thrice = (NetChain([wl.NetNestOperator(2, n)], input=2) for n in (2, 3))
    hashes = {information(net, "TopologyHash") for net in (twice, thrice, NetChain([2], input=2))}
    assert len(hashes) == 3
    shared = wl.LinearLayer(2, weights=NetSharedArray("w"))
    private, tied = NetChain([2, 2], input=2), NetChain([shared, shared], input=2)
    assert information(private, "TopologyHash") != information(tied, "TopologyHash")


def test_answers_are_the_users_own() -> None:
    net = wl.net_initialize(NetChain([3], input=2))
    information(net, "Arrays").clear()
    information(net, "LayersList").clear()
    assert information(net, "ArraysCount") == 2
    assert information(net, "LayersCount") == 1
    with pytest.raises(ValueError, match="read-only"):
        information(net, "ArraysList")[0][...] = 0


def test_the_operations_of_a_net_are_told_by_their_layers() -> None:
    rows = information(NetChain({"a": 3, "b": "Tanh"}, input=2), "MXNetNodeGraph")
    assert [(row[0], row[3]) for row in rows] == [
        ("transpose", "a"),
        ("matmul", "a"),
        ("add", "a"),
        ("map", "b"),
    ]
