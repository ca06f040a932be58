"""What export_net writes, import_net reads: the same answers, and arrays under the same names."""

import numpy as np
import pytest

import wlnet as wl
from tests.bench import EXAMPLES, OPERATORS, Case
from tests.exported import answers, assert_same
from tests.random_nets import attempt, columns_of
from wlnet.lowering.operations import operations

WRITTEN = [*(case for case in EXAMPLES if not case.layer.holds_code), *OPERATORS]
FIRST = list({case.layer.kind: case for case in WRITTEN[::-1]}.values())
REFUSED = {
    "BasicRecurrentLayer": "Scan", "CTCLossLayer": "Scan",
    "CrossEntropyLossLayer": "GatherElements", "WeightedLossLayer": "GatherElements",
    "ExtractLayer": "GatherND", "NetFoldOperator": "Scan",
    "SpatialTransformationLayer": "GridSample",
    "NetArrayLayer": "an array that is known", "SequenceIndicesLayer": "an array that is known",
}  # fmt: skip
"""Kinds of layers that come down to what is not read, and what the error names."""


def renamed(columns, net):
    """Columns for a net with one input, which is called "Input" in a net from a file."""
    assert len(columns) == 1 or tuple(columns) == net.input_names
    return dict(zip(net.input_names, columns.values(), strict=True))


def same_again(net, columns, tmp_path):
    again = wl.onnx.import_net(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    for count in (3, 1):
        some = {name: column[:count] for name, column in columns.items()}
        given = answers(again, renamed(some, again))
        expected = answers(net, some)
        # What a file computes as integers is a number without a point here.
        kinds = [np.asarray(x).dtype for x in expected.values()]
        same = [np.asarray(x, kind) for x, kind in zip(given.values(), kinds, strict=True)]
        assert_same(dict(zip(expected, same, strict=True)), expected)
    return again


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_a_layer_comes_back_from_a_file_with_the_same_answers(case: Case, tmp_path):
    kind = case.layer.kind
    if kind == "RandomArrayLayer":
        return
    if kind in REFUSED:
        with pytest.raises(wl.FormatError, match=REFUSED[kind]):
            same_again(case.net, case.data(count=3), tmp_path)
        return
    same_again(case.net, case.data(count=3), tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_a_net_of_any_layers_comes_back_or_is_refused(seed, tmp_path):
    rng = np.random.default_rng(seed)
    net = attempt(rng)
    columns = None if net is None else columns_of(net, 3, rng)
    if columns is None:
        return
    net = wl.net_initialize(net, random_seeding=seed)
    if any(row[0].startswith("random") for row in operations(net)):
        return
    told = ""
    try:
        same_again(net, columns, tmp_path)
    except wl.FormatError as error:
        told = str(error)
    allowed = [*REFUSED.values(), "windows over, or beside"]
    assert not told or any(name in told for name in allowed)


def test_arrays_come_back_under_their_names(tmp_path):
    net = wl.net_initialize(wl.NetChain({
        "see": wl.NetChain({"conv": wl.ConvolutionLayer(2, 3), "bend": "Ramp"}),
        "flat": wl.FlattenLayer(), "hidden": 4, "bend": "Tanh", "read": 3,
    }, input=(1, 5, 5)))  # fmt: skip
    again = same_again(net, {"Input": np.ones((3, 1, 5, 5), np.float32)}, tmp_path)
    assert wl.information(net, "ArraysDimensions") == wl.information(again, "ArraysDimensions")
    assert isinstance(again, wl.NetChain)


def test_an_open_size_comes_back_under_its_name(tmp_path):
    net = wl.net_initialize(wl.NetChain(
        [wl.EmbeddingLayer(3, 9), wl.LongShortTermMemoryLayer(4), wl.AggregationLayer("Mean", 1)],
        input=("words", "Integer"),
    ))  # fmt: skip
    again = wl.onnx.import_net(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    for length in (1, 4, 7):
        x = np.random.default_rng(length).integers(1, 10, (2, length))
        assert np.abs(again(x) - net(x)).max() < 1e-6
    assert again.ports["Input"].lengths == net.ports["Input"].lengths
    with pytest.raises(wl.DataError, match="out of range"):
        again([0])


def test_a_folder_of_one_net_trains_as_the_net_that_was_written(tmp_path):
    rng = np.random.default_rng(0)
    net = wl.net_initialize(wl.NetChain({"hidden": 5, "bend": "Ramp", "read": 2}, input=3))
    again = wl.onnx.import_net(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    data = rng.standard_normal((16, 3)), rng.standard_normal((16, 2))
    options = {"max_training_rounds": 3, "learning_rate_multipliers": {"hidden": 0.1}}
    one, other = (wl.net_train(each, data, **options) for each in (net, again))
    for key, array in wl.information(one, "Arrays").items():
        assert np.array_equal(array, wl.information(other, "Arrays")[key]), key


LEARNING = {
    "GELU": ["GELU", wl.NormalizationLayer(wl.ALL, "Same")], "ELU": ["ELU"],
    "HardTanh": ["HardTanh"], "Swish": ["Swish"],
    "frozen": [wl.LinearLayer(6, learning_rate_multipliers=None), "Tanh"],
    "half frozen": [wl.LinearLayer(6, learning_rate_multipliers={"Biases": None}), "Tanh"],
    "frozen scaling": [wl.ConstantTimesLayer(learning_rate_multipliers=None)],
    "one number": [1, wl.ConstantPlusLayer(), wl.ConstantTimesLayer()],
}  # fmt: skip
"""Layers between two linear ones, by what could be taken for an array that learns, or for none."""


@pytest.mark.parametrize("name", LEARNING)
def test_the_same_learns_before_and_after_a_file(name, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((16, 4)), 3 * rng.standard_normal((16, 2))
    net = wl.net_initialize(wl.NetChain([6, *LEARNING[name], 2], input=4), random_seeding=1)
    again = wl.onnx.import_net(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    options = {
        "max_training_rounds": 5, "batch_size": 16, "random_seeding": 0,
        "method": wl.SGD(0.05, learning_rate_schedule=None),
    }  # fmt: skip
    one, other = (wl.net_train(each, (x, y), **options) for each in (net, again))
    assert np.abs(net(x) - one(x)).max() > 1e-2, "nothing has been learnt"
    assert np.abs(one(x) - other(x)).max() < 1e-5


def test_a_frozen_recurrent_layer_comes_back_frozen(tmp_path):
    frozen = wl.LongShortTermMemoryLayer(3, learning_rate_multipliers=None)
    net = wl.net_initialize(wl.NetChain({"rnn": frozen, "read": 2}, input=(4, 2)))
    again = wl.onnx.import_net(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    rates = wl.information(again, "ArraysLearningRateMultipliers")
    assert sorted(key[-1] for key, rate in rates.items() if rate) == ["Biases", "Weights"]
    assert len(rates) == 14


def test_running_statistics_rest_in_a_net_from_a_file(tmp_path):
    net = wl.net_initialize(wl.NetChain([4, wl.BatchNormalizationLayer(), 2], input=3))
    again = wl.onnx.import_net(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    rates = wl.information(again, "ArraysLearningRateMultipliers")
    moving = [key for key in rates if "Moving" in str(key)]
    assert all(rates[key] == 0 for key in moving)
    assert sum(rate == 1 for rate in rates.values()) == 6


NAMED = {
    "names like positions": {"0": 3, "1": "Tanh", "00": 3, "2": wl.NetChain({"0": 3, "1": "Ramp"})},
    "signs": {"x.y": 3, "a b": 2, "a/b": 2, "~a": 2, "p-q": 3, "ü": 2, "v:w::z": "Tanh"},
    "names of exporters": {"val_1": 3, "const": "Ramp", "t_1": 3, "weight": 2, "scalar": "Tanh"},
}


@pytest.mark.parametrize("parts", NAMED.values(), ids=NAMED)
def test_parts_come_back_under_whatever_names_they_had(parts, tmp_path):
    net = wl.net_initialize(wl.NetChain(parts, input=4))
    again = same_again(net, {"Input": np.ones((3, 4), np.float32)}, tmp_path)
    assert list(again.nodes) == list(net.nodes)
    assert list(wl.information(again, "Arrays")) == list(wl.information(net, "Arrays"))


def test_shared_arrays_come_back_under_their_names(tmp_path):
    def layer():
        return wl.LinearLayer(4, weights=wl.NetSharedArray("a/w"))

    parts = {"one": layer(), "bend": "Tanh", "two": layer()}
    net = wl.net_initialize(wl.NetChain(parts, input=4))
    again = same_again(net, {"Input": np.ones((3, 4), np.float32)}, tmp_path)
    keys = set(wl.information(net, "Arrays"))
    assert wl.NetSharedArray("a/w") in keys
    assert set(wl.information(again, "Arrays")) == keys


def test_the_last_entry_of_any_number_comes_back(tmp_path):
    layers = [wl.LongShortTermMemoryLayer(3), wl.SequenceLastLayer()]
    net = wl.net_initialize(wl.NetChain(layers, input=("n", 4)))
    again = wl.onnx.import_net(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    for length in (1, 2, 7):
        x = np.random.default_rng(length).standard_normal((2, length, 4))
        assert np.abs(again(x) - net(x)).max() < 1e-6
