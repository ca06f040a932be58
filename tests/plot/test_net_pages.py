"""What a notebook shows of a net: it reads from the top, and nested nets open and close."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.nets.marks import quietly
from tests.random_nets import attempt
from wlnet import NetChain, NetGraph, NetPort
from wlnet.core.walking import walk
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import layers_of
from wlnet.plot.diagrams import graphs
from wlnet.plot.diagrams.unfolding import centred
from wlnet.plot.layout.graphs import Layout
from wlnet.plot.paint.shapes import Line as Stroke

VOID = {"br", "wbr"}


class Page(HTMLParser):
    """The elements of a page. within: for each open element what it is in; texts: words with the
    depth of `<details>` that they are in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[int, str]] = []
        self.tags: list[str] = []
        self.names: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.names += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title") and data.strip():
            self.texts.append((self.open.count("details"), data.strip()))


def flow(page: str) -> str:
    """The diagram of a page, without what follows it."""
    return page.partition('<div class="wl-table">')[0].partition("<details><summary>as Python")[0]


def nested(depth: int, name: str = "") -> Any:
    if not depth:
        return wl.LinearLayer(3)
    return NetChain({f"{name}{i}": nested(depth - 1, f"{name}{i}") for i in "ab"})


def random_net(seed: int) -> Any:
    return quietly(attempt, np.random.default_rng(seed))


@given(st.integers(0, 2**32 - 1))
def test_pages_of_any_net_are_whole_and_name_every_layer(seed: int) -> None:
    net = random_net(seed)
    if net is None:
        return
    page = Page(net._repr_html_())
    told = {text for _, text in page.texts}
    assert {str(path[-1]) for path, _ in layers_of(net)} <= told
    assert set(net.port_names) <= told
    assert "script" not in page.tags


@given(st.integers(0, 2**32 - 1))
def test_every_nested_net_opens_and_closes(seed: int) -> None:
    net = random_net(seed)
    if net is None:
        return
    inside = sum(1 for path, node in walk(net) if not isinstance(node, Layer) and path)
    # An operator is a frame of its own where it stands alone.
    inside += net.addressing == "operator"
    page = flow(net._repr_html_())
    assert page.count("<details") == inside
    heads = re.findall("<summary><b>(.*?)</b> (.*?) ", page)
    nets = [(str(path[-1]), node.kind) for path, node in walk(net)
            if not isinstance(node, Layer) and path]  # fmt: skip
    assert sorted(head for head in heads if head[0]) == sorted(nets)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_layers_stand_in_the_frames_of_their_nets(depth: int) -> None:
    net = NetChain({"x": nested(depth), "y": 2}, input=3)
    page = Page(net._repr_html_())
    for path, _ in layers_of(net):
        depths = [at for at, text in page.texts if text == str(path[-1])]
        assert len(path) - 1 in depths


def test_a_small_net_is_shown_open_and_a_large_one_closed() -> None:
    assert "<details open>" in NetChain([nested(2)], input=3)._repr_html_()
    assert "<details open>" not in NetChain([nested(4)], input=3)._repr_html_()


def test_nets_side_by_side_follow_below_with_their_ports() -> None:
    nodes = {"left": [3], "right": [3], "apart": wl.ThreadingLayer("Subtract")}
    edges = [(NetPort("L"), "left"), (NetPort("R"), "right"), (["left", "right"], "apart")]
    page = Page(NetGraph(nodes, edges, ports={"L": 2, "R": 2})._repr_html_())
    told = [text for _, text in page.texts]
    assert told.index("inside the boxes above") > told.index("apart")
    assert [text for at, text in page.texts if at == 1 and text in ("Input", "Output")] == [
        "Input", "Output", "Input", "Output",
    ]  # fmt: skip


def test_the_first_line_says_what_the_net_is() -> None:
    def line(net: Any) -> str:
        (found,) = re.findall("<p>(.*?)</p>", net._repr_html_())
        return re.sub("<.*?>|&nbsp;", "", found)

    start, undrawn = "NetChain ", "numbers not drawn yet"
    net = NetChain({"a": 30, "f": "Ramp", "b": 2}, input=50, learning_rate_multipliers={"a": 0})
    assert (
        line(net) == f"{start} 3 layers, 4 arrays, 1,592 numbers, 6.37 kB, {undrawn}, 2 of 4 frozen"
    )
    assert (
        line(NetChain([3]))
        == f"{start} 1 layer, 2 arrays, shapes not known yet, {undrawn}, nothing frozen"
    )
    assert line(NetChain(["Ramp"], input=3)) == f"{start} 1 layer, 0 arrays"


def test_the_text_of_the_net_is_closed_at_the_end() -> None:
    net = NetChain({"<b>": 3}, input=2)
    page = net._repr_html_()
    assert re.search("<details><summary>as Python</summary><pre>NetChain.*</pre></details></div>$",
                     page, re.DOTALL)  # fmt: skip
    assert "&lt;b&gt;" in page
    assert "'<b>'" not in page


def test_names_read_from_right_to_left_stand_by_themselves_in_heads() -> None:
    (head,) = re.findall("<summary><b>(.*?)</b>", flow(NetChain({"שלום": [3]})._repr_html_()))
    assert head == "<bdi>שלום</bdi>"


def test_lines_come_and_go_in_the_middle_of_every_strip() -> None:
    # So that those of one piece meet those of the next.
    nodes = {"x": nested(1), "f": 3, "g": "Ramp", "add": wl.ThreadingLayer("Plus"), "y": nested(1)}
    edges = [("x", "f", "g"), (["g", "x"], "add"), ("add", "y")]
    strips = re.findall("<svg.*?</svg>", flow(NetGraph(nodes, edges, ports={"Input": 3})
                                              ._repr_html_()), re.DOTALL)  # fmt: skip
    found = 0
    for svg in strips:
        (width,) = re.findall(r'viewBox="0 0 ([\d.]+) ', svg)
        ends = re.findall(r'<path d="M([\d.]+),0', svg)
        found += len(ends)
        for way in re.findall(r'<path d="(.*?)"', svg):
            for x, _ in re.findall(r"([\d.-]+),([\d.-]+)", way):
                assert 0 <= float(x) <= float(width)
    assert found > 4


@given(st.floats(0, 100), st.floats(0, 100), st.floats(100, 300))
def test_what_goes_on_elsewhere_than_it_came_in_is_led_back(
    begin: float, end: float, width: float
) -> None:
    layout = Layout(width, 90.0, {}, [], {"cut": begin}, {"cut": end})
    scene = centred(layout, [Stroke(((begin, 0.0), (end, 90.0)), "edge")])
    lines = [shape.points for shape in scene.shapes if isinstance(shape, Stroke)]
    assert lines[0][0][0] == pytest.approx(scene.width / 2)
    assert lines[-1][-1] == pytest.approx((scene.width / 2, scene.height), abs=0.6)
    for before, after in pairwise(lines[:-1]):
        assert before[-1] == pytest.approx(after[0])
    if abs(begin - end) > 0.5:
        assert lines[-2][-1] == pytest.approx((scene.width / 2, scene.height))


def test_a_page_is_light_or_dark_as_its_reader_has_it() -> None:
    page = NetChain([3], input=2)._repr_html_()
    assert "prefers-color-scheme:dark" in page
    assert '[data-theme="dark"] .wl-net' in page
    (sheet,) = re.findall('^<div class="wl-net"><style>(.*?)</style>', page, re.DOTALL)
    used = set(re.findall(r"var\((--wl-[\w-]+)\)", page.split("</style>")[-1] + sheet))
    assert all(f"{name}:" in sheet for name in used)


def test_nothing_on_a_page_is_named_like_something_of_another() -> None:
    one, other = (Page(nested(2)._repr_html_()).names for _ in range(2))
    assert one == other
    assert len(set(one)) == len(one)


def test_the_lines_of_a_level_are_not_looked_through_for_each_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = graphs.links
    times = []

    class Seen(list):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            times.append(1)
            return super().__iter__()

    monkeypatch.setattr(graphs, "links", lambda net: Seen(found(net)))
    wl.NetChain([2] * 50, input=2)._repr_html_()
    assert 0 < len(times) < 10
