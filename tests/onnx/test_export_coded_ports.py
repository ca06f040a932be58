"""Encoders in ONNX files: their arithmetic, where it is asked, and what is an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import wlnet as wl
from tests.exported import answers, assert_same, run, session
from wlnet.core.errors import OptionError

LABELS = ["x", "y", "ü"]
CODED: list[tuple[str, list[Any], Any, Any, Any]] = [
    ("class", [wl.EmbeddingLayer(4)], wl.NetEncoder("Class", LABELS), ["ü", "x"], [3, 1]),
    ("set", [2], wl.NetEncoder("Class", LABELS, multilabel=True), [{"ü", "x"}, []],
     [[1, 0, 1], [0, 0, 0]]),
    ("vector", [2], wl.NetEncoder("Class", LABELS, "UnitVector"), ["ü", "x"], [3, 1]),
    ("classes", [wl.NetMapOperator(2)],
     wl.NetEncoder("Class", LABELS, "UnitVector", input_depth=2), [["ü", "x"]], [[3, 1]]),
    ("unit", [2], wl.NetEncoder("UnitVector", 4), [4, 1], [4, 1]),
    ("scalar", ["Tanh"], wl.NetEncoder("Scalar"), [4.0, 1.0], [4.0, 1.0]),
    ("boolean", ["Tanh"], wl.NetEncoder("Boolean"), [True, False], [True, False]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "layers", "encoder", "data", "fed"), CODED, ids=lambda x: x)
def test_the_arithmetic_of_an_encoder_is_in_the_file_where_that_is_asked(
    name: str, layers: Any, encoder: Any, data: Any, fed: Any, tmp_path: Path
) -> None:
    net = wl.net_initialize(wl.NetChain(layers, input=encoder))
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx", encoders=True))
    assert_same(run(made, {"Input": fed}), answers(net, {"Input": data}))
    told = made.get_modelmeta().custom_metadata_map
    assert told == ({"labels of Input": json.dumps(LABELS, ensure_ascii=False)}
                    if "class" in name or name in ("set", "vector") else {})  # fmt: skip
    plain = session(wl.onnx.export_net(net, tmp_path / "plain.onnx"))
    encoded = encoder.encode(data)
    assert_same(run(plain, {"Input": encoded}), answers(net, {"Input": data}))


STATISTICS: list[Any] = [
    {},
    {"mean_image": 0.5},
    {"mean_image": (0.1, 0.2, 0.3), "variance_image": 0.04},
    {"mean_image": np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)},
]


@pytest.mark.parametrize("color_space", ["RGB", "Grayscale"])
@pytest.mark.parametrize("statistics", STATISTICS, ids=lambda each: " ".join(each) or "none")
def test_pictures_are_normalised_in_the_file(
    color_space: str, statistics: Any, tmp_path: Path
) -> None:
    if color_space == "Grayscale" and isinstance(statistics.get("mean_image"), tuple):
        statistics = {"mean_image": (0.1,), "variance_image": (0.04,)}
    encoder = wl.NetEncoder("Image", (6, 4), color_space=color_space, **statistics)
    net = wl.net_initialize(wl.NetChain([wl.FlattenLayer(), 3], input=encoder))
    file = wl.onnx.export_net(net, tmp_path / "net.onnx", encoders=True)
    shape = (2, 4, 6, 3) if color_space == "RGB" else (2, 4, 6)
    pictures = {"Input": np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)}
    assert_same(run(file, pictures), answers(net, pictures))


def test_a_number_of_no_class_is_an_error_of_the_runtime(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.NetChain([2], input=wl.NetEncoder("UnitVector", 4)))
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx", encoders=True))
    for index in (0, 5):
        with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument):
            run(made, {"Input": [index]})


def test_encoders_that_are_more_than_arithmetic_are_refused_all_at_once(tmp_path: Path) -> None:
    ports = {"a": wl.NetEncoder("Characters", "abc"), "b": wl.NetEncoder("Tokens", ["x", "y"])}
    nodes = [wl.EmbeddingLayer(2), wl.EmbeddingLayer(2), wl.CatenateLayer()]
    edges = [(wl.NetPort("a"), 1), (wl.NetPort("b"), 2), ([1, 2], 3)]
    net = wl.net_initialize(wl.NetGraph(nodes, edges, ports=ports))
    with pytest.raises(OptionError, match="more than arithmetic") as caught:
        wl.onnx.export_net(net, tmp_path / "net.onnx", encoders=True)
    assert [fault.at for fault in caught.value.faults] == ["port a", "port b"]
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    columns = {"a": ["abc"], "b": ["x y"]}
    fed = {name: ports[name].encode(column) for name, column in columns.items()}
    assert_same(run(made, fed), answers(net, columns))


def test_an_index_that_is_no_place_is_an_error_of_the_runtime(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.EmbeddingLayer(2, 5, input=(3, "Integer")))
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    run(made, {"Input": [[1, 5, 2]]})
    for index in (0, -1, 6):
        with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument):
            run(made, {"Input": [[1, index, 2]]})
