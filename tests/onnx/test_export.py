"""ONNX files say what nets say: every primitive, every layer, nets of all kinds, for any batch."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import EXAMPLES, OPERATORS, Case, filled
from tests.exported import answers, assert_same, referred, run, session
from tests.primitive_cases import CASES, Real, graph_of
from tests.primitive_cases import Case as PrimitiveCase
from tests.random_nets import attempt, columns_of
from tests.strategies import SIZE, build, trees
from tests.test_rooms import python
from wlnet.core.errors import OptionError
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.graph.maps import MAPS
from wlnet.graph.primitives import PRIMITIVES
from wlnet.graph.reference import run_graph
from wlnet.graph.scans import scan
from wlnet.io.keys import is_beside, key_of
from wlnet.lowering.operations import operations
from wlnet.onnx.exporting.maps import MAP_TRANSLATIONS
from wlnet.onnx.exporting.model import IR_VERSION, OPSET, model
from wlnet.onnx.exporting.table import CODE, GRADIENTS_ALONE, rows, write_calls
from wlnet.onnx.exporting.writer import Tensor, Writer

EXPORTABLE = [
    case
    for case in [*EXAMPLES, *OPERATORS]
    if not (case.layer.kind == "RandomArrayLayer" or getattr(case.layer, "holds_code", False))
]
FORWARD = [case for case in CASES if case.primitive in rows() and not case.lanes]
FIRST_EXAMPLES = list({case.layer.kind: case for case in EXPORTABLE[::-1]}.values())


# The table


def test_every_primitive_of_an_answer_has_a_row() -> None:
    random = {name for name, row in PRIMITIVES.items() if row.random}
    assert set(rows()) == set(PRIMITIVES) - GRADIENTS_ALONE - CODE - random
    assert set(MAP_TRANSLATIONS) == set(MAPS)


def test_no_layer_comes_down_to_a_primitive_of_gradients_alone() -> None:
    used = {row[0] for case in EXPORTABLE for row in operations(case.net)}
    assert used.isdisjoint(GRADIENTS_ALONE)


def of_one_call(case: PrimitiveCase, real: Any = np.float32) -> onnx.ModelProto:
    """A file of one primitive."""
    graph, w = graph_of(case), Writer(real)
    inputs = [Tensor(w.names.new(n), v.shape, v.element) for n, v in graph.inputs.items()]
    known = dict(zip(graph.inputs.values(), inputs, strict=True))
    write_calls(w, graph, known)
    outputs = {f"out{name}": known[value] for name, value in graph.outputs.items()}
    return model(onnx, w, inputs, {}, outputs, {})


@pytest.mark.parametrize("case", FORWARD, ids=str)
def test_a_primitive_alone_gives_what_its_reference_gives(case: PrimitiveCase) -> None:
    inputs = case.draw(np.float32)
    given = run(of_one_call(case).SerializeToString(), dict(zip("01234567", inputs, strict=False)))
    expected = {f"out{i}": x for i, x in enumerate(case.expected(inputs))}
    assert_same(given, expected)


WIDE = {
    "ExpMinusOne": [-30, -1, -1e-7, 0, 1e-7, 20],
    "LogOnePlus": [-0.999, -0.5, -1e-7, 0, 1e-7, 0.5, 1e6],
    "SoftRamp": [-50, 0, 50],
    "Gamma": [-3.5, -0.5, 0.01, 0.5, 1, 2, 10, 30],
    "LogGamma": [-3.5, -0.5, 0.01, 0.5, 1, 1.5, 2, 10, 1e6],
    "DiGamma": [-3.7, -0.5, 0.01, 0.5, 1, 10, 1e6],
    "TriGamma": [-3.7, -0.5, 0.01, 0.5, 1, 10, 1e4],
    "Csch": [-50, -1, -1e-7, 1e-7, 1, 20],
    "CubeRoot": [-1e30, -8, -1e-30, 0, 1e-7, 2],
    "Erfc": [-8, -1, 0, 0.3, 1, 3, 9],
    "InverseErf": [-1, -0.9999999, -0.5, -1e-7, 0, 1e-20, 0.00999, 0.0101, 0.7],
    "NormalCDF": [-8, -1, 0, 1, 8],
    "Round": [-1.5, -0.5, 0.5, 1.5, 2.5],
}


@pytest.mark.parametrize("function", WIDE)
def test_what_onnx_lacks_is_composed_so_that_each_value_keeps_its_figures(function: str) -> None:
    case = PrimitiveCase("map", (Real((len(WIDE[function]),)),), {"function": function})
    x = np.array(WIDE[function], np.float32)
    given = run(of_one_call(case).SerializeToString(), {"0": x})["out0"]
    expected = case.expected([x])[0]
    near_zero = 1e-6 if function in ("NormalCDF", "SoftRamp", "LogGamma") else 0
    np.testing.assert_allclose(given, expected, rtol=3e-6, atol=near_zero)


def test_the_reflected_gamma_functions_know_the_poles() -> None:
    case = PrimitiveCase("map", (Real((3,)),), {"function": "LogGamma"})
    given = run(of_one_call(case).SerializeToString(), {"0": np.array([0, -1, -2], np.float32)})
    assert np.isposinf(given["out0"]).all() and np.isposinf(scipy.special.gammaln(-1.0))


def test_places_in_order_have_what_is_no_number_last() -> None:
    case = PrimitiveCase("ordering", (Real((2, 4)),), {})
    x = np.array([[2, np.nan, 1, 2], [np.nan, 3, -np.inf, np.nan]], np.float32)
    given = run(of_one_call(case).SerializeToString(), {"0": x})["out0"]
    np.testing.assert_array_equal(given, [[3, 1, 4, 2], [3, 2, 1, 4]])


def test_a_body_may_read_what_is_also_an_output(tmp_path: Path) -> None:
    graph = Graph()
    g, x = Builder(graph), graph.new_value((4, 2))
    graph.inputs["x"] = x
    twice, begun = g.add(x, x), g.fill(0.0, (2,))

    def step(b: Builder, carried: Any, rows: Any, constants: Any) -> Any:
        return [b.add(carried[0], b.multiply(rows[0], b.sum_to(constants[0], (2,))))], []

    found = scan(g, step, [begun], [x], [twice])
    graph.outputs |= {"twice": twice, "sums": found.tables[0]}
    w, numbers = Writer(np.float32), np.arange(8.0).reshape(4, 2)
    given = Tensor(w.names.new("x"), x.shape)
    known = {x: given}
    write_calls(w, graph, known)
    outputs = {name: known[value] for name, value in graph.outputs.items()}
    made = model(onnx, w, [given], {}, outputs, {})
    expected = run_graph(graph, {"x": numbers}, {})
    assert_same(
        run(made.SerializeToString(), {"x": numbers}),
        {name: expected[value] for name, value in graph.outputs.items()},
    )


def test_weights_of_attention_are_multiplied_as_they_are(tmp_path: Path) -> None:
    for mask in (None, "Causal", ("Causal", 2)):
        net = wl.AttentionLayer("Dot", mask=mask, key=(3, 2), value=(3, 2), query=(3, 2))
        made = onnx.load(wl.onnx.export_net(net, tmp_path / "net.onnx"))
        kinds = [node.op_type for node in made.graph.node]
        assert kinds[kinds.index("Softmax") + 1 :] == ["MatMul"]
    product = PrimitiveCase(
        "causal_product", (Real((3, 3)), Real((3, 2))), {"part": "Past", "window": 2}
    )
    assert "Where" in [node.op_type for node in of_one_call(product).graph.node]


NORMALIZATIONS = {
    "layer": (wl.NormalizationLayer(wl.ALL, "Same"), (3, 4), ["LayerNormalization"]),
    "last level": (wl.NormalizationLayer(-1, "Same", biases=None), (3, 4), ["LayerNormalization"]),
    "biases alone": (wl.NormalizationLayer(2, 2, scaling=None), (3, 4), ["LayerNormalization"]),
    "nothing learned": (
        wl.NormalizationLayer(2, scaling=None, biases=None), (3, 4), ["LayerNormalization"],
    ),
    "instance": (wl.NormalizationLayer(), (3, 4, 5), ["InstanceNormalization"]),
    "groups": (
        wl.NormalizationLayer(wl.ALL, 1, group_number=(2, 1)), (4, 3),
        ["Reshape", "LayerNormalization", "Reshape", "Reshape", "Mul", "Reshape", "Add"],
    ),
    "other numbers": (
        wl.NormalizationLayer(2, wl.ALL), (3, 4),
        ["LayerNormalization", "Reshape", "Mul", "Reshape", "Add"],
    ),
    "open space": (wl.NormalizationLayer(), (3, "Varying"), ["InstanceNormalization"]),
    "channels last": (wl.NormalizationLayer((1, 2)), (3, 4, 5), None),
    "unbiased": (wl.NormalizationLayer(unbiased=True), (3, 4, 5), None),
    "mean squares": (wl.NormalizationLayer(wl.ALL, "Same", method="RMS"), (3, 4), None),
}  # fmt: skip
"""What a normalization is written as; None: by many nodes, none of which has that name."""


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_a_normalization_is_one_node_where_onnx_has_it(name: str, tmp_path: Path) -> None:
    layer, shape, kinds = NORMALIZATIONS[name]
    net = filled(
        wl.NetChain({"norm": layer}, input=tuple(3 if n == "Varying" else n for n in shape))
    )
    x = 5 + np.random.default_rng(1).normal(size=(2, *net.ports["Input"].shape))
    if "Varying" in shape:
        net = wl.NetChain({"norm": net["norm"]}, input=shape)
    file = wl.onnx.export_net(net, tmp_path / "net.onnx")
    written = [node.op_type for node in onnx.load(file).graph.node]
    if kinds is None:
        assert not any("Normalization" in each for each in written)
    else:
        assert written == kinds
    assert_same(run(file, {"Input": x}), answers(net, {"Input": x}))
    if kinds and len(kinds) == 1:
        again = wl.onnx.import_net(file)
        assert [node.kind for node in again.nodes.values()] == ["NormalizationLayer"]
        arrays, others = (wl.information(each, "Arrays") for each in (net, again))
        assert {key: x.shape for key, x in arrays.items()} == {
            k: x.shape for k, x in others.items()
        }


@pytest.mark.parametrize(
    ("axes", "told", "operators"),
    [([2], ["y"], ["LayerNormalization"]), ([2], ["y", "root"], []), ([1], ["y"], [])],
)
def test_only_what_is_a_normalization_as_a_whole_is_written_as_one(
    axes: list[int], told: list[str], operators: list[str]
) -> None:
    graph = Graph()
    g, x = Builder(graph), graph.new_value((4, 3, 2))
    graph.inputs["x"] = x
    centred = g.subtract(x, g.mean(x, [2]))
    root = g.map("Sqrt", g.add(g.mean(g.map("Square", centred), axes), 0.1))
    y = g.multiply(centred, g.divide(1.0, root))
    graph.outputs |= {name: {"y": y, "root": root}[name] for name in told}
    w, numbers = Writer(np.float32), np.random.default_rng(0).normal(size=x.shape)
    given = Tensor(w.names.new("x"), x.shape)
    known = {x: given}
    write_calls(w, graph, known)
    found = [node.operator for node in w.nodes if "Normalization" in node.operator]
    assert found == operators
    outputs = {name: known[value] for name, value in graph.outputs.items()}
    made = model(onnx, w, [given], {}, outputs, {})
    expected = run_graph(graph, {"x": numbers}, {})
    wanted = {name: expected[value] for name, value in graph.outputs.items()}
    assert_same(run(made.SerializeToString(), {"x": numbers}), wanted)


# Layers and nets


@pytest.mark.parametrize("case", EXPORTABLE, ids=str)
def test_a_layer_in_a_file_gives_what_it_gives_here_for_batches_of_one_and_three(
    case: Case, tmp_path: Path
) -> None:
    net = case.net
    made = session(wl.onnx.export_net(net, tmp_path / "layer.onnx"))
    for count in (1, 3):
        columns = case.data(count=count)
        assert_same(run(made, columns), answers(net, columns))
    assert [port.name for port in made.get_inputs()] == list(net.input_names)
    assert [port.name for port in made.get_outputs()] == list(net.output_names)
    assert all(port.shape[0] == "batch" for port in (*made.get_inputs(), *made.get_outputs())
               if net.input_names)  # fmt: skip


@pytest.mark.parametrize("function", ["Max", "Mean", "Total"])
def test_a_window_as_wide_as_all_there_is_goes_on_over_the_padding(
    function: str, tmp_path: Path
) -> None:
    net = wl.PoolingLayer(2, function=function, padding_size=1, input=(3, 2))
    x = {"Input": np.random.default_rng(0).normal(size=(2, 3, 2))}
    given = run(wl.onnx.export_net(net, tmp_path / "net.onnx"), x)
    assert given["Output"].shape == (2, 3, 3)
    assert_same(given, answers(net, x))


@pytest.mark.parametrize("seed", range(60))
def test_a_net_of_any_layers_in_a_file_gives_what_it_gives_here(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    net = attempt(rng)
    columns = None if net is None else columns_of(net, 3, rng)
    if columns is None:
        return
    net = wl.net_initialize(net, random_seeding=seed)
    if any(row[0].startswith("random") for row in operations(net)):
        with pytest.raises(OptionError, match="drawn at random"):
            wl.onnx.export_net(net, tmp_path / "net.onnx")
        return
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    for count in (3, 1):
        some = {name: column[:count] for name, column in columns.items()}
        expected = answers(net, some)
        # What is read from no place is NaN here, and an error there.
        if not any(np.isnan(x).any() for x in expected.values()):
            assert_same(run(made, some), expected)


@settings(max_examples=30)
@given(data=st.data(), rank=st.integers(1, 3), seed=st.integers(0, 2**32 - 1))
def test_a_net_of_nets_with_shared_arrays_in_a_file_has_their_names_and_says_the_same(
    data: st.DataObject, rank: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tree, shape = data.draw(trees(rank=rank)), (SIZE,) * rank
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.RuleWarning)
        net = wl.net_initialize(wl.NetChain([build(tree)], input=shape), random_seeding=seed)
    file = wl.onnx.export_net(net, tmp_path_factory.mktemp("trees") / "net.onnx")
    columns = {"Input": np.random.default_rng(seed).normal(size=(3, *shape)).astype(np.float32)}
    assert_same(run(file, columns), answers(net, columns))
    arrays = {key_of(key): array for key, array in wl.information(net, "Arrays").items()}
    for held in onnx.load(file).graph.initializer:
        if not is_beside(held.name):
            np.testing.assert_array_equal(onnx.numpy_helper.to_array(held), arrays.pop(held.name))
    assert arrays == {}


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("case", FIRST_EXAMPLES, ids=str)
def test_the_reference_of_onnx_says_the_same_in_both_precisions(
    case: Case, precision: str, tmp_path: Path
) -> None:
    if case.layer.kind == "SpatialTransformationLayer":
        pytest.skip("the reference knows GridSample by the words of version 20 alone")
    net, columns = case.net, case.data()
    file = wl.onnx.export_net(net, tmp_path / "layer.onnx", working_precision=precision)
    expected = answers(net, columns, working_precision=precision)
    most = 1e-5 if precision == "Real32" else 1e-11
    assert_same(referred(file, columns), expected, most)


def test_lenet_in_a_file_takes_bytes_and_tells_digits(tmp_path: Path) -> None:
    net = wl.net_model("LeNet")
    made = session(wl.onnx.export_net(net, tmp_path / "lenet.onnx", encoders=True))
    pictures = np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.uint8)
    for count in (3, 1):
        given = run(made, {"Input": pictures[:count]})
        assert_same(given, answers(net, {"Input": pictures[:count]}))
    labels = json.loads(made.get_modelmeta().custom_metadata_map["labels of Output"])
    assert labels == list(range(10))
    likeliest = [labels[place] for place in given["Output"].argmax(-1)]
    assert likeliest == [net(pictures[0])]


# Names


def test_arrays_are_named_by_their_paths_and_a_shared_one_stands_once(tmp_path: Path) -> None:
    shared = wl.LinearLayer(2, weights=wl.NetSharedArray("w"))
    net = wl.NetChain({"a/b": shared, "act": "Tanh", "2": [shared, "Ramp"]}, input=2)
    net = wl.net_initialize(net)
    held = onnx.load(wl.onnx.export_net(net, tmp_path / "net.onnx")).graph.initializer
    found = {each.name: onnx.numpy_helper.to_array(each) for each in held}
    arrays = {key_of(key): array for key, array in wl.information(net, "Arrays").items()}
    assert set(arrays) == {"a~2f;b/Biases", "~shared/w", "~32;/1/Biases"}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_an_output_that_is_an_input_or_another_output_has_its_own_name(tmp_path: Path) -> None:
    port = wl.NetPort
    edges = [(port("x"), port("same")), (port("x"), "a"), ("a", port("y")), ("a", port("z"))]
    net = wl.net_initialize(wl.NetGraph({"a": 3}, edges, ports={"x": 2}))
    x = {"x": np.ones((2, 2), np.float32)}
    assert_same(run(wl.onnx.export_net(net, tmp_path / "net.onnx"), x), answers(net, x))


def test_what_would_have_the_name_of_another_is_refused(tmp_path: Path) -> None:
    port = wl.NetPort
    same = wl.NetGraph({"a": 2}, [(port("x"), "a"), ("a", port("x"))], ports={"x": 2})
    path = wl.NetGraph({"a": 2}, [(port("a/Biases"), "a")], ports={"a/Biases": 2})
    for net in (same, path):
        with pytest.raises(OptionError, match="two things have one name"):
            wl.onnx.export_net(wl.net_initialize(net), tmp_path / "net.onnx")


def test_a_file_tells_who_made_it_and_old_runtimes_read_it(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.NetChain([3], input=2))
    made = onnx.load(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    assert (made.producer_name, made.producer_version) == ("wlnet", wl.__version__)
    assert [(each.domain, each.version) for each in made.opset_import] == [("", OPSET)]
    assert (made.ir_version, OPSET, IR_VERSION) == (IR_VERSION, 17, 8)


def test_the_same_net_gives_the_same_bytes(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.NetChain([wl.LongShortTermMemoryLayer(3), 2], input=(4, 2)))
    first, second = (wl.onnx.export_net(net, tmp_path / name) for name in ("a.onnx", "b.onnx"))
    assert first.read_bytes() == second.read_bytes()


def test_inputs_of_gates_are_weights_of_the_operator_lstm(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.LongShortTermMemoryLayer(3, input=(4, 2)))
    nodes = onnx.load(wl.onnx.export_net(net, tmp_path / "net.onnx")).graph.node
    kinds = [node.op_type for node in nodes]
    assert kinds.count("LSTM") == 1 and "MatMul" not in kinds


def test_the_room_is_opened_when_it_is_asked_for_and_onnx_when_it_is_used() -> None:
    found = python(
        "import sys, wlnet as wl; assert 'wlnet.onnx' not in sys.modules and 'onnx' in dir(wl); "
        "wl.onnx.export_net; assert 'wlnet.onnx' in sys.modules and 'onnx' not in sys.modules"
    )
    assert found.returncode == 0, found.stderr
