"""Where boxes stand and how lines run: laws of every graph."""

from __future__ import annotations

import random
import time
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.thoroughness import share
from wlnet.plot.layout.columns import bottlenecks, strips
from wlnet.plot.layout.frames import laid_out
from wlnet.plot.layout.graphs import Graph, Layout, Link, Node, Place, Spacing
from wlnet.plot.layout.ranks import ranks_of

FINE = 1e-6
BOX = Node(100, 50)


def graph(draw: random.Random, depth: int = 2, around: bool = False) -> Graph:
    """Any graph: boxes of any size with any ports, and frames; open to what is around it or not."""
    count = draw.randint(1, 9)
    nodes: dict[Any, Node] = {}
    for i in range(count):
        inlets = tuple(map(str, range(draw.randint(1, 3))))
        outlets = tuple(map(str, range(draw.randint(1, 2))))
        inside = graph(draw, depth - 1, True) if depth and draw.random() < 0.2 else None
        size = draw.uniform(5, 200), draw.uniform(5, 120)
        header = draw.uniform(10, 40) if inside else 0.0
        nodes[f"n{i}"] = Node(*size, inlets, outlets, inside, header)
    links = []
    for _ in range(draw.randint(0, 2 * count)):
        a, b = sorted(draw.sample(range(-1, count + 1), 2)) if around else (
            sorted(draw.sample(range(count), 2)) if count > 1 else (0, 0))  # fmt: skip
        if a == b:
            continue
        source, target = (None if a == -1 else f"n{a}"), (None if b == count else f"n{b}")
        outlet = draw.choice(nodes[source].outlets if source else ("0", "1"))
        inlet = draw.choice(nodes[target].inlets if target else ("0", "1"))
        links.append(Link(source, target, outlet, inlet))
    return Graph(nodes, list(dict.fromkeys(links)))


graphs = st.builds(graph, st.randoms(use_true_random=False), st.just(2), st.booleans())
spacings = st.builds(Spacing, tallest=st.sampled_from([None, 200.0, 1300.0]))


def corners(place: Place, at: Any = (0.0, 0.0)) -> tuple[float, float, float, float]:
    x, y = place.x + at[0], place.y + at[1]
    return x, y, x + place.width, y + place.height


def all_places(layout: Layout, at: Any = (0.0, 0.0), path: Any = ()) -> Any:
    """Every box, those in frames too: its path, its place, and where the corner of the graph that
    it is in stands."""
    for key, place in layout.places.items():
        yield (*path, key), place, at
        if place.inside is not None:
            corner = (at[0] + place.inner[0], at[1] + place.inner[1])
            yield from all_places(place.inside, corner, (*path, key))


def levels(layout: Layout, of: Graph) -> Any:
    """Every graph of a layout with its layout."""
    yield layout, of
    for key, place in layout.places.items():
        if place.inside is not None:
            yield from levels(place.inside, of.nodes[key].inside)


def meets(a: Any, b: Any, box: Any) -> bool:
    """Whether a straight piece of a line has a point inside a box."""
    (x1, y1), (x2, y2) = a, b
    begin, end = 0.0, 1.0
    for from_, to, low, high in ((x1, x2, box[0], box[2]), (y1, y2, box[1], box[3])):
        low, high = low + FINE, high - FINE
        if abs(to - from_) < 1e-12:
            if not low < from_ < high:
                return False
            continue
        one, other = (low - from_) / (to - from_), (high - from_) / (to - from_)
        begin, end = max(begin, min(one, other)), min(end, max(one, other))
    return begin < end


@share(50)
@given(graphs, spacings)
def test_no_two_boxes_overlap_and_all_is_inside(of: Graph, spacing: Spacing) -> None:
    for layout, _ in levels(laid_out(of, spacing), of):
        boxes = [corners(place) for place in layout.places.values()]
        for x1, y1, x2, y2 in boxes:
            assert x1 >= -FINE and y1 >= -FINE
            assert x2 <= layout.width + FINE and y2 <= layout.height + FINE
        for a, b in combinations(boxes, 2):
            apart_x = max(a[0], b[0]) - min(a[2], b[2])
            apart_y = max(a[1], b[1]) - min(a[3], b[3])
            assert max(apart_x, apart_y) > 1
        for route in layout.routes:
            for x, y in route.points:
                assert -FINE <= x <= layout.width + FINE
                assert -FINE <= y <= layout.height + FINE


@share(50)
@given(graphs, spacings)
def test_no_line_crosses_a_box(of: Graph, spacing: Spacing) -> None:
    # Not even those where it begins or ends: it stays outside of them.
    for layout, _ in levels(laid_out(of, spacing), of):
        boxes = [corners(place) for place in layout.places.values()]
        for route in layout.routes:
            for a, b in pairwise(route.points):
                assert not any(meets(a, b, box) for box in boxes)


@share(50)
@given(graphs)
def test_lines_go_down(of: Graph) -> None:
    for layout, _ in levels(laid_out(of, Spacing(tallest=None)), of):
        for route in layout.routes:
            assert all(b[1] >= a[1] for a, b in pairwise(route.points))
            if route.has_tip:
                (x1, y1), (x2, y2) = route.points[-2:]
                assert x1 == x2
                assert y2 - y1 >= 8


def ends(layout: Layout) -> Any:
    """Where lines may begin, and where they may end, by box and port."""
    begins = {(key, name): (x, p.y + p.height)
              for key, p in layout.places.items() for name, x in p.outlets.items()}  # fmt: skip
    begins |= {(None, name): (x, 0.0) for name, x in layout.inlets.items()}
    stops = {(key, name): (x, p.y)
             for key, p in layout.places.items() for name, x in p.inlets.items()}  # fmt: skip
    stops |= {(None, name): (x, layout.height) for name, x in layout.outlets.items()}
    return begins, stops


@share(50)
@given(graphs, spacings)
def test_every_link_is_a_line_from_its_outlet_to_its_inlet(of: Graph, spacing: Spacing) -> None:
    for layout, level in levels(laid_out(of, spacing), of):
        begins, stops = ends(layout)

        def near(a: Any, b: Any) -> bool:
            return abs(a[0] - b[0]) < 1e-3 and abs(a[1] - b[1]) < 1e-3

        for link in level.links:
            start, stop = begins[link.source, link.outlet], stops[link.target, link.inlet]
            reached, waiting = [], [start]
            while waiting:
                at = waiting.pop()
                reached.append(at)
                waiting += [r.points[-1] for r in layout.routes if near(r.points[0], at)]
            assert any(near(at, stop) for at in reached), link
        # And nothing else: each line ends at a box that something leads to, or goes on.
        wanted = {link.target for link in level.links}
        assert {r.target for r in layout.routes if r.has_tip} == wanted - {None}


@share(50)
@given(graphs, spacings)
def test_a_frame_holds_what_is_inside_and_nothing_else(of: Graph, spacing: Spacing) -> None:
    layout = laid_out(of, spacing)
    boxes = {path: corners(place, at) for path, place, at in all_places(layout)}
    for path, box in boxes.items():
        for other, frame in boxes.items():
            is_inside = path[: len(other)] == other and path != other
            within = (box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2]
                      and box[3] <= frame[3])  # fmt: skip
            assert within == (is_inside or path == other)
            if is_inside:
                assert min(box[0] - frame[0], frame[2] - box[2]) >= spacing.padding - FINE


@share(50)
@given(graphs, spacings)
def test_lines_go_on_from_frames_to_what_is_inside(of: Graph, spacing: Spacing) -> None:
    for layout, _ in levels(laid_out(of, spacing), of):
        for place in layout.places.values():
            if place.inside is None:
                continue
            for name, x in place.inside.inlets.items():
                assert abs(place.inlets.get(name, place.inner[0] + x) - place.inner[0] - x) < FINE
            for name, x in place.inside.outlets.items():
                assert abs(place.outlets.get(name, place.inner[0] + x) - place.inner[0] - x) < FINE


@share(50)
@given(graphs, spacings)
def test_the_same_graph_gives_the_same_layout(of: Graph, spacing: Spacing) -> None:
    assert laid_out(of, spacing) == laid_out(Graph(dict(of.nodes), list(of.links)), spacing)


@given(st.integers(1, 40), st.integers(0, 5))
def test_a_chain_is_a_straight_column(count: int, skips: int) -> None:
    # What passes beside it does not bend it.
    links = [Link(i, i + 1) for i in range(count)]
    links += [Link(i, i + 2 + skips, inlet="2") for i in range(0, count - skips - 1, skips + 3)]
    sizes = {i: Node(40 + 13 * (i % 7), 30, ("", "2")) for i in range(count + 1)}
    layout = laid_out(Graph(sizes, links), Spacing(tallest=None))
    middles = {round(p.x + p.width / 2, 6) for p in layout.places.values()}
    assert len(middles) == 1
    for route in layout.routes:
        straight = len({round(x, 6) for x, _ in route.points}) == 1
        assert straight == (route.target == route.source + 1)


@given(st.integers(1, 12))
def test_what_passes_boxes_is_seen_beside_them(count: int) -> None:
    links = [Link(i, i + 1) for i in range(count + 1)] + [Link(0, count + 1, inlet="2")]
    nodes = {i: Node(100, 50, ("", "2")) for i in range(count + 2)}
    layout = laid_out(Graph(nodes, links), Spacing(tallest=None))
    (skip,) = [r for r in layout.routes if r.source == 0 and r.target == count + 1]
    right = max(p.x + p.width for p in layout.places.values())
    assert max(x for x, _ in skip.points) >= right + 15


def test_parts_of_a_graph_that_is_the_same_on_both_sides_stand_in_its_middle() -> None:
    links = [Link("in", "a"), Link("in", "b"), Link("a", "c"), Link("b", "c", inlet="2")]
    nodes = {key: Node(80, 30, ("", "2")) for key in ("in", "a", "b", "c")}
    places = laid_out(Graph(nodes, links)).places
    middle = (places["a"].x + places["b"].x) / 2
    assert places["in"].x == pytest.approx(middle)
    assert places["c"].x == pytest.approx(middle)


def test_a_source_stands_just_above_what_it_leads_to() -> None:
    links = [Link(i, i + 1) for i in range(6)] + [Link("late", 6, inlet="2")]
    nodes = {key: Node(80, 30, ("", "2")) for key in (*range(7), "late")}
    places = laid_out(Graph(nodes, links)).places
    assert places["late"].y == places[5].y


@given(st.randoms(use_true_random=False))
def test_trees_have_no_crossing(draw: random.Random) -> None:
    count = draw.randint(2, 25)
    parents = {i: draw.randrange(i) for i in range(1, count)}
    names = list(range(count))
    draw.shuffle(names)
    links = [Link(names[p], names[i]) for i, p in parents.items()]
    layout = laid_out(Graph(dict.fromkeys(range(count), BOX), links), Spacing(tallest=None))
    assert crossings(layout, links) == 0


def crossings(layout: Layout, links: list[Link]) -> int:
    """How many lines cross, where all go from a row to the next."""
    by_row: dict[float, list[Any]] = {}
    for link in links:
        a, b = layout.places[link.source], layout.places[link.target]
        by_row.setdefault(a.y, []).append((a.x, b.x))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in by_row.values()
        for (a, b), (c, d) in combinations(pairs, 2)
    )


def test_lines_that_need_not_cross_seldom_do() -> None:
    free = 0
    for seed in range(60):
        draw = random.Random(seed)
        rows = [[f"{letter}{i}" for i in range(4)] for letter in "abc"]
        links = []
        for above, below in pairwise(rows):
            i = j = 0
            links.append(Link(above[0], below[0]))
            while (i, j) != (3, 3):
                i, j = (i + 1, j) if j == 3 or (i < 3 and draw.random() < 0.5) else (i, j + 1)
                links.append(Link(above[i], below[j]))
        names = [name for row in rows for name in row]
        draw.shuffle(names)
        draw.shuffle(links)
        free += not crossings(laid_out(Graph(dict.fromkeys(names, BOX), links)), links)
    assert free >= 54


def test_the_longest_way_is_straight_whatever_crosses_it() -> None:
    found = 0
    for seed in range(300):
        draw = random.Random(seed)
        ends = [sorted(draw.sample(range(8), 2)) for _ in range(12)]
        links = list(dict.fromkeys(Link(i, i + 1) for i in range(0, 7, 1) if draw.random() < 0.8))
        links += [Link(a, b) for a, b in ends if Link(a, b) not in links]
        links = list(dict.fromkeys(links))
        ways: dict[int, list[list[Link]]] = {}
        for node in range(8):
            into = [[*way, link] for link in links if link.target == node
                    for way in ways[link.source]]  # type: ignore[index]  # fmt: skip
            ways[node] = into or [[]]
        longest = max(len(way) for found_ways in ways.values() for way in found_ways)
        best = [way for found_ways in ways.values() for way in found_ways if len(way) == longest]
        if len(best) > 1:
            continue
        found += 1
        places = laid_out(Graph(dict.fromkeys(range(8), BOX), links)).places
        for link in best[0]:
            (begin,) = places[link.source].outlets.values()
            (end,) = places[link.target].inlets.values()
            assert begin == pytest.approx(end)
    assert found > 50


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        laid_out(Graph({1: BOX, 2: BOX}, [Link(1, 2), Link(2, 1)]))


def test_a_tall_graph_is_put_into_columns_of_about_one_height() -> None:
    links = [Link(i, i + 1) for i in range(59)]
    layout = laid_out(Graph(dict.fromkeys(range(60), BOX), links), Spacing(tallest=1300))
    assert layout.height < 1400
    columns: dict[float, int] = {}
    for place in layout.places.values():
        columns[place.x] = columns.get(place.x, 0) + 1
    assert len(columns) == 4
    assert max(columns.values()) - min(columns.values()) <= 2
    # Where lines have no bottleneck there is nothing to cut.
    passing = [Link(i, i + 2, inlet="2") for i in range(58)]
    whole = laid_out(
        Graph(dict.fromkeys(range(60), BOX), [*links, *passing]), Spacing(tallest=1300)
    )
    assert whole.height > 4000


@share(50)
@given(graphs)
def test_strips_hold_every_box_once_and_meet_at_one_port(of: Graph) -> None:
    rank = ranks_of(of)
    cuts = bottlenecks(of, rank)
    parts = strips(of, rank, cuts)
    assert [key for part in parts for key in part.nodes] == sorted(
        of.nodes, key=lambda key: rank[key]
    ) or sorted(k for p in parts for k in p.nodes) == sorted(of.nodes)
    assert len(parts) == len(cuts) + 1
    for above, below in pairwise(parts):
        assert sum(1 for link in above.links if link.target is None and link.inlet == "cut") == 1
        assert any(link.source is None and link.outlet == "cut" for link in below.links)


def test_an_empty_graph_is_nothing() -> None:
    layout = laid_out(Graph({}, []))
    assert (layout.width, layout.places, layout.routes) == (0.0, {}, [])


@pytest.mark.parametrize("skips", [0, 1, 3])
def test_five_hundred_boxes_are_laid_out_at_once(skips: int) -> None:
    links = [Link(i, i + 1) for i in range(499)]
    links += [Link(i, j, inlet="2") for i in range(skips) for j in range(i + 2, 500, 12)]
    nodes = {i: Node(100, 50, ("", "2")) for i in range(500)}
    began = time.process_time()
    laid_out(Graph(nodes, links))
    assert time.process_time() - began < 5
