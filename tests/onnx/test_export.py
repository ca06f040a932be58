"""ONNX files say what nets say: every primitive, every layer, nets of all kinds, any batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import wlnet as wl
from tests.bench import EXAMPLES, OPERATORS, Case
from tests.exported import answers, assert_same, run, session
from tests.primitive_cases import CASES, graph_of
from tests.primitive_cases import Case as PrimitiveCase
from tests.random_nets import attempt, columns_of
from wlnet.core.errors import OptionError
from wlnet.graph.maps import MAPS
from wlnet.graph.primitives import PRIMITIVES
from wlnet.lowering.operations import operations
from wlnet.onnx.exporting.maps import MAP_TRANSLATIONS
from wlnet.onnx.exporting.model import model
from wlnet.onnx.exporting.table import GRADIENTS_ALONE, rows, write_calls
from wlnet.onnx.exporting.writer import Tensor, Writer

EXPORTABLE = [case for case in [*EXAMPLES, *OPERATORS] if case.layer.kind != "RandomArrayLayer"]
FORWARD = [case for case in CASES if case.primitive in rows() and not case.lanes]


# The table


def test_every_primitive_of_an_answer_has_a_row() -> None:
    random = {name for name, row in PRIMITIVES.items() if row.random}
    assert set(rows()) == set(PRIMITIVES) - GRADIENTS_ALONE - random
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


@pytest.mark.parametrize("seed", range(60))
def test_a_net_of_any_layers_in_a_file_gives_what_it_gives_here(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    net = attempt(rng)
    columns = columns_of(net, 3, rng)
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
        assert_same(run(made, some), answers(net, some))
