"""What is saved comes back: every kind of net, option and bit; and always in the same bytes."""

from __future__ import annotations

import fractions
import itertools
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.strategies import build, small_vectors_nets, trees
from wlnet.core.parts import NetPort
from wlnet.graph.expression import Expression
from wlnet.io import load, plain, save
from wlnet.io.keys import shared_key, tensor_key
from wlnet.layers.declaring.layer import LAYERS
from wlnet.nets.arrays import replace_arrays

FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

EXAMPLES = [
    pytest.param(layer, id=f"{kind}-{number}")
    for kind, cls in sorted(LAYERS.items())
    for number, (layer, *_) in enumerate(cls.examples(), 1)
]
IMAGE = wl.NetEncoder("Image", (3, 2), mean_image=np.arange(6.0).reshape(2, 3) / 6)
SHARED = wl.NetSharedArray("w/~1")


def tied() -> Any:
    """Two layers that hold one array, one of them deep inside."""
    inner = wl.NetChain({"deep": wl.LinearLayer(3, weights=SHARED)})
    return wl.NetChain([wl.LinearLayer(3, weights=SHARED), "Tanh", inner], input=3)


def wired() -> Any:
    """A graph with ports of its own, branches, a variadic layer and an output left out."""
    vertices = {"a": 3, "b": wl.NetChain([3, "Ramp"]), "sum": wl.TotalLayer(), "off": "Tanh"}
    edges = [
        (NetPort("Query"), "a"),
        (NetPort("Key"), "b"),
        (["b", "a"], "sum"),
        ("sum", NetPort("Answer")),
        ("a", "off"),
        ("off", None),
    ]
    return wl.NetGraph(vertices, edges, ports={"Query": 2, "Key": 4})


def loss() -> Any:
    """A net with a target."""
    vertices = {"net": 2, "loss": wl.CrossEntropyLossLayer("Index")}
    return wl.NetGraph(vertices, [("net", NetPort("loss", "Input"))])


NETS = {
    "a bare layer": wl.LinearLayer((2, 3), input=4, learning_rate_multipliers={"Biases": 0}),
    "a layer without biases": wl.LinearLayer(2, biases=None),
    "a chain by position": wl.NetChain([3, "Ramp", 1], input=2),
    "a chain by name": wl.NetChain({"a/b": 3, "2": "Ramp", "~": 1, "é\ud800\n": 2}),
    "a chain without input": wl.NetChain([wl.NetArrayLayer(array=[1.0, 2.0]), "Tanh"]),
    "chains in chains": wl.NetChain([wl.NetChain([wl.NetChain({"x": [3, "Tanh"]})])]),
    "a graph by position": wl.NetGraph([3, "Ramp", 2], [(3, 2), (2, 1)]),
    "a graph by name": wired(),
    "a graph with a loss": loss(),
    "a map": wl.NetMapOperator(wl.NetChain([3, "Ramp"]), input=(5, 2)),
    "a nest": wl.NetNestOperator(2, 3, learning_rate_multipliers={"Net": 0.5}),
    "operators in operators": wl.NetMapOperator(wl.NetNestOperator(wl.NetMapOperator([2]), 2)),
    "shared arrays": tied(),
    "a class decoder": wl.NetChain(
        [3, wl.SoftmaxLayer()], output=wl.NetDecoder("Class", ["x", 1, False])
    ),
    "an image encoder": wl.NetChain([wl.FlattenLayer(), 2], input=IMAGE),
    "an index": wl.NetChain([wl.EmbeddingLayer(2, 5)], input="Integer"),
    "an unknown length": wl.NetChain(["Tanh"], input=(None, 3)),
    "a formula": wl.NetChain([wl.ElementwiseLayer(lambda x: 1 / (1 + x * x))]),
    "lenet": wl.net_model("LeNet", trained=False),
}
RULES = {
    "a number": 0.5,
    "zero": 0,
    "None": None,
    "a negative number": -1,
    "a NumPy number": np.float32(0.1),
    "a fraction": fractions.Fraction(1, 3),
    "a huge number": 10**30,
    "a dict": {1: None, "b": 2},
    "pairs": [(1, 0.5), ((2, "Biases"), None), (wl.ANY, 0.1)],
    "a list as a part": [([2, "Weights"], 3)],
    "spans": [(wl.Span(1, 2), 2), (wl.Span("a", -1), 1), (wl.Span(2), 3), (wl.Span(wl.ALL), 1)],
    "alternatives": {wl.Alternatives("a", wl.Span(2)): 0, (wl.Alternatives("b", -1), "Biases"): 2},
    "everything": {(wl.ALL, "Biases"): 0, wl.ALL: 1},
    "a NumPy position": [(np.int64(1), np.int64(2))],
    "a shared array": [(wl.NetSharedArray("w"), -0.5)],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.wlnet"


def quiet() -> Any:
    """Drawn rules may hide one another."""
    return warnings.catch_warnings(action="ignore", category=wl.RuleWarning)


def bits(net: Any) -> dict[Any, Any]:
    return {key: (a.dtype, a.tobytes()) for key, a in wl.information(net, "Arrays").items()}


def form(net: Any) -> Any:
    """How the rules were given: a dict, a list, None, AUTOMATIC, or a number."""
    given = net.learning_rate_multipliers
    words = dict, list, type(None), type(wl.AUTOMATIC)
    return type(given) if isinstance(given, words) else "number"


def comes_back(net: Any, file: Path) -> Any:
    """The net after a round trip, which is the same in everything that can be asked."""
    again = load(save(net, file))
    assert again == net
    assert again.learning_rate_rules.rules == net.learning_rate_rules.rules
    assert form(again) == form(net)
    first = file.read_bytes()
    assert save(again, file).read_bytes() == first
    return again


@pytest.mark.parametrize("layer", EXAMPLES)
def test_every_example_of_every_layer_comes_back(layer: Any, file: Path) -> None:
    if layer.kind == "CompiledLayer":
        with pytest.raises(wl.FormatError, match="a file holds no code"):
            save(layer, file)
        return
    comes_back(layer, file)


@pytest.mark.parametrize("name", NETS)
def test_every_form_of_net_comes_back_without_numbers(name: str, file: Path) -> None:
    comes_back(NETS[name], file)


@pytest.mark.parametrize(
    "name",
    [
        "a chain by position",
        "a graph by name",
        "a map",
        "shared arrays",
        "a bare layer",
        "operators in operators",
        "an image encoder",
    ],
)
def test_every_form_of_net_comes_back_with_numbers(name: str, file: Path) -> None:
    net = NETS[name]
    if name == "operators in operators":
        net = wl.net_replace_part(net, {"Input": (4, 3, 2)})
    net = wl.net_initialize(net)
    again = comes_back(net, file)
    assert bits(again) == bits(net)


def test_a_net_that_came_back_answers_with_the_same_bits(file: Path) -> None:
    net = wl.net_initialize(tied())
    again = load(save(net, file))
    assert again([1, 2, 3]).tobytes() == net([1, 2, 3]).tobytes()


def test_arrays_that_came_back_cannot_be_written(file: Path) -> None:
    again = load(save(wl.net_initialize(tied()), file))
    for array in wl.information(again, "Arrays").values():
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_double_precision_comes_back_bit_for_bit(file: Path) -> None:
    net = wl.net_initialize(wl.NetChain([3, "Ramp", 1], input=2))
    exact = np.array([1 / 3, 1e-300, -0.0])
    net = replace_arrays(net, {(1, "Biases"): exact})
    again = comes_back(net, file)
    assert again.nodes[1].biases.dtype == np.float64
    assert again.nodes[1].biases.tobytes() == exact.tobytes()
    assert again.nodes[1].weights.dtype == np.float32


def test_numbers_at_the_edge_come_back_bit_for_bit(file: Path) -> None:
    tiny, large = np.finfo(np.float32).smallest_subnormal, np.finfo(np.float32).max
    layer = wl.NetArrayLayer(array=[0.0, -0.0, tiny, -tiny, large, -large])
    comes_back(layer, file)


def test_a_scalar_array_comes_back_as_a_scalar(file: Path) -> None:
    layer = wl.NetArrayLayer(array=2.5)
    assert comes_back(layer, file).array.shape == ()


def test_arrays_in_another_order_of_memory_come_back_as_they_read(file: Path) -> None:
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    for view in (
        np.asfortranarray(rows),
        rows[:, ::-1],
        rows[::-1],
        np.arange(12, dtype="f4").reshape(2, 6)[:, ::2],
    ):
        layer = wl.LinearLayer(2, input=3)
        layer = layer._with(arrays={**layer.array_values, "Weights": view})
        again = load(save(layer, file))
        assert again.weights.tolist() == view.tolist()


@pytest.mark.parametrize("dtype", ["f2", ">f4", "i4", "c8"])
def test_arrays_of_another_type_are_refused(dtype: str, file: Path) -> None:
    layer = wl.NetArrayLayer(array=[1.0, 2.0])
    layer = layer._with(arrays={"Array": np.array([1, 2], dtype)})
    with pytest.raises(wl.FormatError, match="float32 or float64"):
        save(layer, file)
    assert not file.exists()


def test_arrays_that_are_not_finite_are_refused(file: Path) -> None:
    layer = wl.NetArrayLayer(array=[1.0, 2.0])
    layer = layer._with(arrays={"Array": np.array([1, np.nan], "f4")})
    with pytest.raises(wl.FormatError, match="not finite"):
        save(layer, file)
    assert not file.exists()


@pytest.mark.parametrize("name", RULES)
def test_every_form_of_rules_comes_back_as_it_was_given(name: str, file: Path) -> None:
    nodes = {"a": wl.LinearLayer(2, weights=wl.NetSharedArray("w")), "b": wl.LinearLayer(2)}
    with quiet():
        net = wl.NetChain(nodes, input=2, learning_rate_multipliers=RULES[name])
    again = comes_back(net, file)
    table = "ArraysLearningRateMultipliers"
    assert wl.information(again, table) == wl.information(net, table)


@FEW
@given(tree=trees(), numbers=st.booleans())
def test_every_drawn_net_with_its_rules_comes_back(
    tree: Any, numbers: bool, tmp_path_factory: Any
) -> None:
    with quiet():
        net = build(tree, marked=numbers)
    comes_back(net, tmp_path_factory.mktemp("drawn") / "net.wlnet")


@FEW
@given(net=small_vectors_nets())
def test_every_drawn_net_with_numbers_comes_back(net: Any, tmp_path_factory: Any) -> None:
    again = comes_back(net, tmp_path_factory.mktemp("drawn") / "net.wlnet")
    assert bits(again) == bits(net)


def test_a_trained_net_comes_back(file: Path) -> None:
    data = (np.eye(3), ["x", "y", "z"])
    net = wl.net_train(wl.NetChain([3, wl.SoftmaxLayer()]), data, max_training_rounds=3)
    again = comes_back(net, file)
    assert again(np.eye(3)) == net(np.eye(3))


# The same net, the same bytes


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys, wlnet as wl\n"
        "net = wl.NetChain({'a': wl.LinearLayer(3, weights=wl.NetSharedArray('w')), 'b': 'Ramp',\n"
        "                   'c': wl.LinearLayer(3, weights=wl.NetSharedArray('w'))}, input=3,\n"
        "                  learning_rate_multipliers={'a': 0.1, wl.ANY: None},\n"
        "                  output=wl.NetDecoder('Class', ['x', 'y', 'z']))\n"
        "wl.save(wl.net_initialize(net), sys.argv[1])\n"
    )
    files = [tmp_path / f"{number}.wlnet" for number in range(3)]
    for seed, path in enumerate(files):
        root = Path(__file__).parents[2]
        env = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(root)}
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, env=env)
    first, *others = [path.read_bytes() for path in files]
    assert all(other == first for other in others)


def test_nets_that_differ_in_one_option_differ_in_bytes(tmp_path: Path) -> None:
    nets = [
        wl.NetChain([3, "Ramp"]),
        wl.NetChain([3, "Tanh"]),
        wl.NetChain([3, "Ramp"], input=2),
        wl.NetChain([3, "Ramp"], learning_rate_multipliers=0),
        wl.NetChain([3, "Ramp"], learning_rate_multipliers=None),
        wl.NetChain([3, "Ramp"], learning_rate_multipliers={1: 0}),
        wl.NetChain([3, "Ramp"], learning_rate_multipliers=[(1, 0)]),
        wl.NetChain({"1": 3, "2": "Ramp"}),
    ]
    written = [save(net, tmp_path / "net.wlnet").read_bytes() for net in nets]
    assert len(set(written)) == len(nets)


# What a file looks like to others


def test_a_file_is_read_by_any_safetensors_reader(file: Path) -> None:
    net = wl.net_initialize(NETS["a chain by position"])
    tensors = safetensors.numpy.load_file(save(net, file))
    assert sorted(tensors) == ["1/Biases", "1/Weights", "3/Biases", "3/Weights"]
    assert tensors["1/Weights"].tobytes() == net.nodes[1].weights.tobytes()


def test_the_record_is_one_entry_of_canonical_json(file: Path) -> None:
    with safetensors.safe_open(save(NETS["a chain by name"], file), "np") as opened:
        metadata = opened.metadata()
    assert list(metadata) == ["wlnet"]
    text = metadata["wlnet"]
    assert text.isascii()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert json.loads(text)["Format"] == 1


def test_a_shared_array_stands_once(file: Path) -> None:
    tensors = safetensors.numpy.load_file(save(wl.net_initialize(tied()), file))
    assert sorted(tensors) == ["1/Biases", "3/deep/Biases", "~shared/w~2f;~7e;1"]


STEPS = st.integers(1, 99) | st.text("a1/~;é\n", min_size=1, max_size=4)


@given(st.lists(STEPS, min_size=1, max_size=3), st.lists(STEPS, min_size=1, max_size=3))
def test_different_paths_have_different_keys(one: list[Any], other: list[Any]) -> None:
    keys = tensor_key(tuple(one)), tensor_key(tuple(other))
    assert (keys[0] == keys[1]) == (one == other)
    assert shared_key(str(one[0])) != keys[1]


def test_keys_that_look_alike_are_told_apart() -> None:
    paths = [
        (1, "W"),
        ("1", "W"),
        ("1/W",),
        ("~31;", "W"),
        ("~shared", "W"),
        (1, "W", "W"),
        (11, "W"),
    ]
    keys = [tensor_key(path) for path in paths] + [shared_key("W")]
    assert len(set(keys)) == len(keys)
    for first, second in itertools.combinations(keys, 2):
        assert first != second


STEPS = st.text(min_size=1, max_size=3) | st.integers(1, 9) | st.integers(-9, -1)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from([wl.ALL, wl.ANY, wl.AUTOMATIC])
    | st.builds(wl.NetSharedArray, st.text(min_size=1, max_size=3))
    | st.just(Expression(("Plus", "#1", ("Tanh", "#2")))),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.builds(wl.Span, inner, inner)
        | st.lists(inner, max_size=3).map(lambda some: wl.Alternatives(*some))
        | st.lists(STEPS, min_size=1, max_size=3).map(lambda some: NetPort(*some))
    ),
    max_leaves=8,
)


@given(VALUES)
def test_every_value_comes_back_from_json_with_its_type(value: Any) -> None:
    again = plain.read(json.loads(json.dumps(plain.written(value, "here"))), "here")
    assert repr(again) == repr(value)
