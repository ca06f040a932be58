"""Sizes that a net leaves open stay open in its ONNX file, or the file is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import EXAMPLES, Case, draws, with_inputs
from tests.exported import answers, assert_same, run, session
from wlnet.core.errors import NotInitializedError, OptionError, ShapeError

PORT = wl.NetPort


def attention(mask: Any = None, **options: Any) -> Any:
    nodes = {"k": wl.NetMapOperator(4), "v": wl.NetMapOperator(3), "q": wl.NetMapOperator(4),
             "attend": wl.AttentionLayer("Dot", mask=mask, **options)}  # fmt: skip
    ports = {"k": "Key", "v": "Value", "q": "Query"}
    edges = [(PORT("Input"), name, PORT("attend", port)) for name, port in ports.items()]
    return wl.NetGraph(nodes, edges, input=("Varying", 3))


def fold() -> Any:
    edges = [([PORT("Input"), PORT("State")], "both"), ("both", "sum", "bend")]
    cell = wl.NetGraph({"both": wl.CatenateLayer(), "sum": 3, "bend": "Tanh"}, edges)
    return wl.NetFoldOperator(cell, input=("Varying", 2))


def orders() -> Any:
    """A fold that gives indices."""
    edges = [([PORT("Input"), PORT("State")], "sum"), ("sum", PORT("State")), ("sum", "order")]
    cell = wl.NetGraph({"sum": "Plus", "order": wl.OrderingLayer()}, edges)
    return wl.NetFoldOperator(cell, input=("Varying", 4))


def asked() -> Any:
    ends = {"K": "Key", "V": "Value", "Q": "Query"}
    edges = [(PORT(end), PORT("attend", port)) for end, port in ends.items()]
    ports = {"K": ("words", 2), "V": ("words", 3), "Q": ("Varying", 4)}
    return wl.NetGraph({"attend": wl.AttentionLayer("Bilinear")}, edges, ports=ports)


def alignments() -> Any:
    """Steps that are said twice, so that any target has room."""
    nodes = {"twice": wl.CatenateLayer(), "chances": wl.SoftmaxLayer(), "loss": wl.CTCLossLayer()}
    edges = [([PORT("Input"), PORT("Input")], "twice", "chances", PORT("loss", "Input")),
             (PORT("Target"), PORT("loss", "Target")), ("loss", PORT("Loss"))]  # fmt: skip
    return wl.NetGraph(nodes, edges, ports={"Input": ("s", 9), "Target": ("n", "Integer")})


def two_kinds_of_windows() -> Any:
    """As many places, but for lengths that leave 3 when they are divided by 4."""
    nodes = {f"{size} wide": wl.NetChain([wl.ConvolutionLayer(2, size, stride=4),
             wl.AggregationLayer("Mean")]) for size in (3, 4)}  # fmt: skip
    edges = [(list(nodes), "sum")]
    return wl.NetGraph({**nodes, "sum": "Plus"}, edges, input=CHANNELS)


def chain(*layers: Any, **ports: Any) -> Callable[[], Any]:
    return lambda: wl.NetChain(list(layers), **ports)


LONG, CHANNELS = ("Varying", 3), (2, "Varying")
OPEN: dict[str, Callable[[], Any]] = {
    "map": chain(wl.NetMapOperator([3, "Tanh"]), input=LONG),
    "map of map": chain(wl.NetMapOperator(wl.NetMapOperator(3)), input=("Varying", "Varying", 4)),
    "LSTM": chain(wl.LongShortTermMemoryLayer(5), wl.SequenceLastLayer(), 2, input=LONG),
    "GRU": chain(wl.GatedRecurrentLayer(5), wl.SequenceReverseLayer(), input=LONG),
    "both ways": chain(wl.NetBidirectionalOperator(wl.LongShortTermMemoryLayer(2)), input=LONG),
    "fold": fold,
    "fold that gives indices": orders,
    "attention": attention,
    "causal attention": lambda: attention("Causal", score_rescaling="DimensionSqrt"),
    "attention in a window": lambda: attention(("Causal", 2)),
    "attention scaled by length": lambda: attention(score_rescaling="LengthSqrt"),
    "two lengths": asked,
    "alignments": alignments,
    "mean of tokens": chain(
        wl.EmbeddingLayer(4, 9), wl.AggregationLayer("Mean", 1), input=("Varying", "Integer")
    ),
    "total": chain(wl.SummationLayer(), input=("Varying",)),
    "part": chain(wl.SequenceRestLayer(), wl.PartLayer(-1), input=LONG),
    "padding": chain(wl.PaddingLayer([(1, 2), (0, 0)]), input=LONG),
    "softmax along it": chain(wl.SoftmaxLayer(1), input=LONG),
    "order": chain(wl.OrderingLayer(), input=("Varying",)),
    "windows": chain(wl.ConvolutionLayer(4, 3), wl.PoolingLayer(2), input=CHANNELS),
    "windows with strides": chain(wl.ConvolutionLayer(4, 3, stride=2), "Ramp", input=CHANNELS),
    "wide windows": chain(wl.ConvolutionLayer(2, 60), "Ramp", input=CHANNELS),
    "largest of pictures": chain(
        wl.ConvolutionLayer(4, 3, stride=2), wl.AggregationLayer("Max"),
        input=(2, "Varying", "Varying"),
    ),
    "mean of pictures": chain(
        wl.ConvolutionLayer(4, 3, stride=2), wl.PoolingLayer(2, stride=2),
        wl.AggregationLayer("Mean"), 3, input=(2, "Varying", "Varying"),
    ),
    "two kinds of windows": two_kinds_of_windows,
    "places of windows": chain(
        wl.ConvolutionLayer(3, 2, stride=3, interleaving=True), wl.NetMapOperator([2, "Tanh"]),
        wl.SequenceMostLayer(), wl.SequenceReverseLayer(), wl.GatedRecurrentLayer(2),
        input=("Varying", 2),
    ),
    "deviation of windows": chain(
        wl.ConvolutionLayer(3, 2, stride=3), wl.AggregationLayer("StandardDeviation", 2),
        input=CHANNELS,
    ),
    "batch normalization": chain(wl.BatchNormalizationLayer(), input=(3, "Varying")),
}  # fmt: skip


def drawn(port: Any, count: int, lengths: dict[str, int]) -> Any:
    shape = [count, *(size if isinstance(size, int) else lengths[size] for size in port.shape[1:])]
    rng = np.random.default_rng(3)
    return rng.integers(1, 9, shape) if "int" in port.type else rng.normal(size=shape)


@pytest.mark.parametrize("name", OPEN)
def test_a_file_takes_any_batch_and_any_length(name: str, tmp_path: Path) -> None:
    net = wl.net_initialize(OPEN[name]())
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    opened = {size for port in made.get_inputs() for size in port.shape} - {"batch"}
    names = sorted(size for size in opened if isinstance(size, str))
    assert names and all(port.shape[0] == "batch" for port in made.get_inputs())
    least = 60 if "wide" in name else 5 if "windows" in name or "pictures" in name else 1
    for count, length in ((3, least + 4), (1, least + 3), (3, least), (2, least + 41)):
        lengths = {size: length + i for i, size in enumerate(names, 1)}
        columns = {port.name: drawn(port, count, lengths) for port in made.get_inputs()}
        assert_same(run(made, columns), answers(net, columns))


CLOSED: dict[str, Callable[[], Any]] = {
    "indices up to a number": chain(wl.SequenceIndicesLayer(50), input=LONG),
    "indices up to a small number": chain(wl.SequenceIndicesLayer(5), input=LONG),
    "a window wider than any first size": lambda: attention(("Causal", 700)),
    "a window wider than what is large": lambda: attention(("Causal", 5000)),
    "scores scaled by what each sees": lambda: attention("Causal", score_rescaling="LengthSqrt"),
    "a picture of another size": chain(wl.ResizeLayer((6,)), input=CHANNELS),
    "padding by reflection": chain(
        wl.PaddingLayer([(0, 0), (3, 0)], padding="Reflected"), input=CHANNELS
    ),
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_does_something_else_for_other_lengths_is_refused_and_written_for_one(
    name: str, tmp_path: Path
) -> None:
    net = wl.net_initialize(CLOSED[name]())
    with pytest.raises(OptionError, match="cannot stay open") as caught:
        wl.onnx.export_net(net, tmp_path / "net.onnx")
    (fault,) = caught.value.faults
    assert fault.fix is not None and "shapes={'Input': (" in fault.fix
    shape = tuple(7 if size == "Varying" else size
                  for size in wl.information(net, "InputPorts")["Input"])  # fmt: skip
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx", shapes={"Input": shape}))
    assert made.get_inputs()[0].shape == ["batch", *shape]
    for count in (3, 1):
        columns = {"Input": np.random.default_rng(count).normal(size=(count, *shape))}
        assert_same(run(made, columns), answers(net, columns))


CASES = [case for case in EXAMPLES if case.layer.kind != "RandomArrayLayer"]
FEW = [*{case.layer.kind: case for case in CASES}.values()]
FEW += [case for case in CASES if case.layer.kind == "PartLayer"][:-1]


@pytest.mark.parametrize(
    "case", [*FEW, *(pytest.param(c, marks=pytest.mark.thorough) for c in CASES if c not in FEW)],
    ids=str,
)  # fmt: skip
def test_a_layer_with_an_open_size_has_a_file_that_is_right_for_all_that_it_takes_or_none(
    case: Case, tmp_path: Path
) -> None:
    for port, shape in case.shapes.items():
        for level, size in enumerate(shape if isinstance(shape, tuple) else ()):

            def sized(given: Any, port: str = port, shape: Any = shape, level: int = level) -> Any:
                told = (*shape[:level], given, *shape[level + 1 :])
                return with_inputs(case.layer, {**case.shapes, port: told})

            if isinstance(size, str):
                continue
            try:
                net = wl.net_initialize(sized("Varying"))
                made = session(wl.onnx.export_net(net, tmp_path / "layer.onnx"))
            except (NotInitializedError, OptionError, ShapeError):
                continue
            for length in (1, 2, 3, 5, 6, 20):
                try:
                    fixed = sized(length)
                    columns = draws(fixed, 2, 3, *case.span)
                    expected = answers(fixed, columns)
                except (NotInitializedError, OptionError, ShapeError):
                    continue
                assert_same(run(made, columns), expected)


def test_what_keeps_a_size_from_being_open_is_told_with_its_part(tmp_path: Path) -> None:
    pads = "look: padding of pool_max is no sum of products of open sizes"
    for layer, port, why in (
        (wl.PoolingLayer(3, 2, padding_size="Same"), CHANNELS, pads),
        (wl.ResizeLayer((6,)), CHANNELS, "look: values of constant, others for other sizes"),
        (wl.SequenceIndicesLayer(50), LONG, "look does something else for other sizes"),
        (
            wl.PaddingLayer(((1, 3), (0, 0)), "Reflected"),
            LONG,
            "something else is done for batch 1, input_length 1",
        ),
        (wl.SequenceIndicesLayer(5), LONG, "something else is done for batch 1, input_length 1"),
        (wl.AggregationLayer("Times", 2), CHANNELS, "look does something else for other sizes"),
        (wl.PartLayer("1;;-1;;2"), LONG, "look does something else for other sizes"),
    ):
        net = wl.NetChain({"first": "Tanh", "look": layer}, input=port)
        with pytest.raises(OptionError) as caught:
            wl.onnx.export_net(net, tmp_path / "net.onnx")
        (fault,) = caught.value.faults
        assert fault.given == why


def test_a_file_for_one_batch_says_so(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.NetChain([3], input=2))
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx", batch=4))
    assert made.get_inputs()[0].shape == [4, 2]
    assert made.get_outputs()[0].shape == [4, 3]
    x = {"Input": np.ones((4, 2))}
    assert_same(run(made, x), answers(net, x))


def test_shapes_may_leave_some_sizes_open(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.NetMapOperator(wl.NetMapOperator(3), input=("a", "b", 4)))
    made = session(
        wl.onnx.export_net(net, tmp_path / "n.onnx", shapes={"Input": ("Varying", 2, 4)})
    )
    assert made.get_inputs()[0].shape == ["batch", "a", 2, 4]


def test_sizes_of_a_net_that_are_those_it_is_looked_at_with_change_nothing(tmp_path: Path) -> None:
    for size in (7, 8, 11, 23):
        net = wl.net_initialize(wl.NetChain([size, wl.ReplicateLayer(size), size], input=size))
        made = session(wl.onnx.export_net(net, tmp_path / "net.onnx"))
        x = {"Input": np.random.default_rng(0).normal(size=(5, size))}
        assert_same(run(made, x), answers(net, x))


def test_a_port_of_unknown_levels_needs_a_shape(tmp_path: Path) -> None:
    net = wl.NetChain(["Tanh"])
    with pytest.raises(NotInitializedError, match="how many levels port Input has"):
        wl.onnx.export_net(net, tmp_path / "net.onnx")
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx", shapes={"Input": (2, 3)}))
    assert made.get_inputs()[0].shape == ["batch", 2, 3]


def test_a_net_without_inputs_answers_once(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.NetArrayLayer(output=3))
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx"))
    assert_same(run(made, {}), answers(net, {}))
