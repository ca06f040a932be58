"""Nets as diagrams: everything is told, in words that fit, and every line is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.nets.marks import quietly
from tests.plot.scenes import of_kind, words
from tests.random_nets import attempt
from wlnet import NetChain, NetGraph, NetPort, NetSharedArray
from wlnet.core.multipliers import multiplier_table
from wlnet.core.speeds import speed
from wlnet.nets.connections import layers_of
from wlnet.plot.diagrams.scenes import MEANING
from wlnet.plot.layout.frames import laid_out
from wlnet.plot.paint.letters import CUT, width_of
from wlnet.plot.paint.marks import MARKS
from wlnet.plot.paint.shapes import Box, Scene, Strokes, Words
from wlnet.plot.pictures import picture

FIVE = {
    (1, "Weights"): None, 1: 0.5, 4: 0, (8, "Biases"): -1, 8: 1, 10: 3,
}  # fmt: skip


def diagram(net: Any, name: str = "FullSummaryGraphic", **options: Any) -> Any:
    return picture(name, net, **options)


def extent(shape: Words) -> tuple[float, float, float, float]:
    wide = width_of(shape.words, shape.size, shape.bold)
    left = shape.x - {"start": 0.0, "middle": wide / 2, "end": wide}[shape.anchor]
    return left, shape.y - 0.75 * shape.size, left + wide, shape.y + 0.2 * shape.size


def legible(scene: Scene) -> None:
    """All words are in the picture, none lies over another, none is left by its box."""
    told = [(shape, extent(shape)) for shape in scene.shapes if isinstance(shape, Words)]
    boxes = [shape for shape in scene.shapes if isinstance(shape, Box) and shape.line]
    for shape, (x1, y1, x2, y2) in told:
        assert x1 >= 0 and y1 >= 0 and x2 <= scene.width and y2 <= scene.height, shape
        for box in boxes:
            right, low = box.x + box.width, box.y + box.height
            if box.x < (x1 + x2) / 2 < right and box.y < shape.y - 3 < low:
                assert x1 >= box.x and x2 <= right + 0.1, shape
                assert y1 >= box.y - 0.501 and y2 <= low + 0.501, shape
    for i, (one, a) in enumerate(told):
        for other, b in told[:i]:
            apart_x, apart_y = max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3])
            assert max(apart_x, apart_y) > -1.5, (one.words, other.words)


def random_net(seed: int) -> Any:
    net = quietly(attempt, np.random.default_rng(seed))
    if net is None or seed % 3:
        return net
    return NetChain([net]) if len(net.input_names) == len(net.output_names) == 1 else net


@given(st.integers(0, 2**32 - 1), st.sampled_from(["SummaryGraphic", "FullSummaryGraphic"]))
def test_diagrams_of_any_net_are_legible(seed: int, name: str) -> None:
    net = random_net(seed)
    if net is not None:
        legible(diagram(net, name).scene())


@given(st.integers(0, 2**32 - 1))
def test_every_layer_is_a_box_with_its_name(seed: int) -> None:
    net = random_net(seed)
    if net is None:
        return
    told = Counter(words(diagram(net)))
    for name, count in Counter(str(path[-1]) for path, _ in layers_of(net)).items():
        assert told[name] >= count
    for name in net.port_names:
        assert told[name] >= 1


def test_a_box_tells_kind_function_sizes_and_shape() -> None:
    told = words(diagram(wl.net_model("LeNet")))
    for each in ("Convolution", "20 channels, kernel 5×5", "→ 20×24×24", "Ramp", "Softmax",
                 "kernel 2×2, stride 2, Max", "Linear", "→ 500", "image 28×28, Grayscale",
                 "1×28×28", "class of 10"):  # fmt: skip
        assert each in told, each
    assert not any(CUT in each for each in told)


@pytest.mark.parametrize(
    ("layer", "fact"),
    [
        (wl.DropoutLayer(), "Probability 0.5"),
        (wl.PoolingLayer((2, 3), (2, 1), "Mean"), "kernel 2×3, stride 2×1, Mean"),
        (wl.ConvolutionLayer(4, 3, padding_size=1), "4 channels, kernel 3×3, padding 1"),
        (wl.ElementwiseLayer(lambda x: (x + 1) * (x - 1)), "(x + 1) * (x - 1)"),
        (wl.ElementwiseLayer(lambda x: x / 2 + 1), "(x / 2) + 1"),
        (wl.ThreadingLayer("Plus"), "Plus"),
        (wl.EmbeddingLayer(3, 50), "50 classes"),
        (wl.NetNestOperator(NetChain([2], input=2), 5), "5 times, each on its own result"),
        (wl.NetMapOperator(2), "for every element of the first level"),
    ],
)
def test_what_a_layer_does_is_told_in_words(layer: Any, fact: str) -> None:
    assert fact in words(diagram(layer))


def test_the_rates_of_a_box_are_told_by_mark_word_number_and_colour() -> None:
    net = wl.net_replace_part(wl.net_model("LeNet"), {"LearningRateMultipliers": FIVE})
    drawing = diagram(net)
    told = words(drawing)
    for each in ("0 frozen", "0.5 slowed", "1", "3 fast", "-1 climbing"):
        assert each in told
    assert set(MEANING.values()) <= set(told)
    boxes = Counter(box.fill for box in of_kind(drawing, Box))
    # 4 is frozen as a whole, 10 is fast; 1 and 8 have arrays of two rates.
    assert boxes["frozen-ground"] == boxes["fast-ground"] == 1
    assert not boxes["slowed-ground"] and not boxes["climbing-ground"]
    assert {strokes.line for strokes in of_kind(drawing, Strokes)} == {"frozen"}


def test_the_legend_has_the_marks_that_occur_and_no_others() -> None:
    def legend(net: Any) -> set[str]:
        return set(words(diagram(net))) & set(MEANING.values())

    assert legend(NetChain(["Ramp"], input=2)) == set()
    assert legend(NetChain([3], input=2)) == {MEANING["usual"]}
    assert legend(NetChain([3], input=2, learning_rate_multipliers=0)) == {MEANING["frozen"]}


@given(st.floats(-9, 9, allow_nan=False))
def test_a_drawing_shows_the_rates_of_the_table_that_it_is_given(rate: float) -> None:
    net = NetChain([3, "Ramp", 1], input=2)
    table = multiplier_table(net, {1: rate}, warnings=False)
    drawing = diagram(net, multipliers=table)
    grounds = [box.fill for box in of_kind(drawing, Box)]
    assert MARKS[speed(rate)].ground in grounds
    assert MEANING[speed(rate)] in words(drawing)


def siamese() -> Any:
    def tower() -> Any:
        return NetChain({"first": wl.LinearLayer(3, weights=NetSharedArray("w")), "ramp": "Ramp"})

    nodes = {"left": tower(), "right": tower(), "apart": wl.ThreadingLayer("Subtract")}
    edges = [(NetPort("Left"), "left"), (NetPort("Right"), "right"), (["left", "right"], "apart")]
    return NetGraph(nodes, edges, ports={"Left": 4, "Right": 4})


@pytest.mark.parametrize("name", ["SummaryGraphic", "FullSummaryGraphic"])
def test_a_shared_array_has_its_tag_in_every_box_that_holds_it(name: str) -> None:
    drawing = diagram(siamese(), name)
    assert words(drawing).count("w") == 2
    tags = {box.line for box in of_kind(drawing, Box) if box.note == "the shared array w"}
    assert len(tags) == 1


def test_closed_nets_tell_what_is_in_them_and_open_ones_show_it() -> None:
    inner = NetChain({"a": 3, "f": "Tanh", "b": 3}, learning_rate_multipliers={"b": 0})
    net = NetChain({"block": inner, "read": 2}, input=3)
    closed, opened = (
        words(diagram(net, name)) for name in ("SummaryGraphic", "FullSummaryGraphic")
    )
    assert "3 layers" in closed and "3 layers" in opened
    assert closed.count("2 arrays") == 2
    assert "Tanh" not in closed and "Tanh" in opened
    assert laid_out(diagram(net).graph).places["block"].inside is not None


def test_ports_are_named_where_a_box_has_several() -> None:
    told = words(diagram(wl.MeanSquaredLossLayer(input=3)))
    # As ports of the net, and at the box.
    assert told.count("Input") == told.count("Target") == 2
    told = words(diagram(NetChain([3], input=2)))
    assert told.count("Input") == 1


def test_what_is_not_known_is_a_question_mark() -> None:
    told = words(diagram(NetChain([wl.LinearLayer(), "Ramp"])))
    assert told.count("→ ?") == 2
    assert told.count("?") == 2


def test_long_names_are_shortened_and_told_whole_to_who_points_at_them() -> None:
    name = "a_layer_with_a_very_long_name_that_goes_on_and_on_until_nobody_reads_it"
    drawing = diagram(NetChain({name: 3, "слой": "Ramp", "隠れ層": 2}, input=2))
    legible(drawing.scene())
    (short,) = [each for each in of_kind(drawing, Words) if CUT in each.words]
    assert short.note == name
    assert {"слой", "隠れ層"} <= set(words(drawing))


def test_names_are_escaped() -> None:
    svg = diagram(NetChain({"<a>": 3, "b": ["Tanh"]}, input=2)).to_svg()
    assert "&lt;a&gt;" in svg
    assert "<a>" not in svg


def test_few_arrays_of_many_are_named() -> None:
    frozen = ["ForgetGateBiases", "ForgetGateInputWeights", "ForgetGateStateWeights",
              "MemoryGateBiases"]  # fmt: skip
    rules = {("recur", name): None for name in frozen}
    layer = wl.LongShortTermMemoryLayer(3)
    net = NetChain({"recur": layer}, input=(5, 2), learning_rate_multipliers=rules)
    told = " ".join(words(diagram(net)))
    assert "8 of 12 arrays" in told and "4 of 12 arrays" in told
    assert all(name in told for name in frozen)
    assert "OutputGateBiases" not in told


def test_a_skip_connection_is_seen_beside_what_it_passes() -> None:
    nodes = {"a": 3, "f": "Ramp", "b": 3, "add": wl.ThreadingLayer("Plus")}
    net = NetGraph(nodes, [("a", "f", "b"), (["b", "a"], "add")], ports={"Input": 3})
    drawing = diagram(net)
    layout = laid_out(drawing.graph)
    (skip,) = [r for r in layout.routes if r.source == "a" and r.target == "add"]
    passed = [layout.places[key] for key in ("f", "b")]
    assert max(x for x, _ in skip.points) >= max(p.x + p.width for p in passed) + 15


def test_the_operations_are_drawn_with_their_layers() -> None:
    told = words(wl.information(wl.net_model("LeNet"), "OperationGraphPlot"))
    assert Counter(told)["convolve"] == 2
    assert {"softmax", "pool_max", "11"} <= set(told)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_a_diagram_is_saved_as_its_name_says(suffix: str, tmp_path: Path) -> None:
    file = diagram(NetChain([3], input=2, learning_rate_multipliers=0)).save(
        tmp_path / f"x{suffix}"
    )
    assert file.stat().st_size > 1000


def test_the_same_net_gives_the_same_picture() -> None:
    assert diagram(siamese()).to_svg() == diagram(siamese()).to_svg()


def test_a_wide_diagram_is_moved_in_a_page_and_not_made_small() -> None:
    page = diagram(siamese())._repr_html_()
    assert re.search("overflow-x:auto.*max-width:none", page)
    assert "max-width:100%" not in page


def test_the_words_of_a_diagram_say_what_it_is_of() -> None:
    net = wl.NetChain([3, "Ramp", [2, "Tanh"]], input=2)
    assert repr(wl.information(net, "FullSummaryGraphic")) == "Diagram(NetChain, 4 layers)"
    assert repr(wl.information(wl.LinearLayer(2), "SummaryGraphic")) == "Diagram(LinearLayer)"
    told = repr(wl.information(wl.net_initialize(net), "OperationGraphPlot"))
    assert re.fullmatch(r"Diagram\(\d+ primitives\)", told)
    one, other = (wl.information(net, "FullSummaryGraphic") for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
