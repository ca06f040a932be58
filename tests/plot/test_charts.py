"""Charts: what is drawn stands where its numbers say, nothing seen is lost, and no word covers
another."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.plot.scenes import dots, lines, loose_words, overlaps, words
from tests.thoroughness import one_of
from wlnet.plot.charts.axes import LINEAR, LOG, Axis, axis_of, ticks, whole_axis
from wlnet.plot.charts.bars import Bar, BarChart
from wlnet.plot.charts.chart import Chart, Mark, Spot
from wlnet.plot.charts.curves import STYLES, Curve, Frame, curve_shapes, runs, styled, thinned
from wlnet.plot.charts.heat import HeatMap, HeatRow, Span
from wlnet.plot.charts.matrix import MatrixChart
from wlnet.plot.charts.numbers import short
from wlnet.plot.paint.marks import mark_of
from wlnet.plot.paint.shapes import Box
from wlnet.results.learning_rate_range import LearningRateRange

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1,
                max_size=90)  # fmt: skip


def chart_of(values: Any, kind: str | None = None) -> Chart:
    x_axis = whole_axis("round", 0, max(len(values), 1))
    curve = Curve("loss", range(1, len(values) + 1), values)
    return Chart([curve], x_axis, axis_of("loss", [values], kind))


def test_a_point_stands_where_its_numbers_say() -> None:
    axes = Axis("x", 1e-4, 1.0, LOG), Axis("y", 0.0, 10.0)
    chart = Chart([Curve("a <b>", [1e-4, 1e-2, 1], [0, 5, 10])], *axes, [Mark(1e-2, "here")],
                  [Spot(1.0, 10.0, "top")])  # fmt: skip
    box = chart.frame().box
    right, bottom, middle = box.x + box.width, box.y + box.height, box.x + box.width / 2
    (line,) = [each for each in lines(chart) if each.note == "a <b>"]
    points = [(box.x, bottom), (middle, box.y + box.height / 2), (right, box.y)]
    np.testing.assert_allclose(line.points, points)
    (upright,) = [each for each in lines(chart) if each.note == "here"][1:]
    np.testing.assert_allclose(upright.points, [(middle, bottom), (middle, box.y)])
    rings = [each for each in dots(chart) if each.fill is None]
    assert (rings[-1].x, rings[-1].y) == pytest.approx((right, box.y))
    told = words(chart)
    assert {"a <b>", "here", "x (log scale)", "y", "1e-4", "1", "0", "10", "top"} <= {*told}


@given(st.floats(-1e6, 1e6), st.floats(1e-11, 1e6), st.integers(1, 9))
@example(1e5, 1e-11, 5)
def test_ticks_are_round_few_and_inside(low: float, size: float, about: int) -> None:
    high = low + size
    assume(high > low)
    found = ticks(low, high, about)
    assert len(found) <= about + 1
    slack = 1e-6 * max(abs(low), abs(high), size)
    assert all(low - slack <= each <= high + slack for each in found)
    assert found == sorted(set(found))


@given(st.lists(NUMBERS, max_size=12), st.sampled_from([None, LINEAR, LOG]))
@example([1e308, -1e308], None)
@example([5e-324, 0.0, 1.0], LOG)
@example([7e8, 7e8 + 1e-6], None)
@example([1e300, 1.0], None)
def test_every_finite_number_has_a_place_on_its_axis(values: list[float], kind: Any) -> None:
    axis = axis_of("loss", [values], kind)
    shares = axis.shares(values)
    finite = np.isfinite(np.array(values, float))
    assert np.isfinite(shares[finite]).all()
    assert np.isnan(shares[~finite]).all()
    inside = finite & (np.abs(np.array(values, float)) <= 1e300)
    assert ((shares[inside] >= -1e-9) & (shares[inside] <= 1 + 1e-9)).all()
    order = np.argsort(np.array(values, float)[finite], kind="stable")
    assert (np.diff(shares[finite][order]) >= 0).all(), "larger ones stand higher"


@given(st.lists(NUMBERS, max_size=12), st.sampled_from([None, LINEAR, LOG]), st.booleans())
@example([7e8, 7e8 + 1e-6], None, True)
def test_numbers_at_an_axis_tell_where_they_stand(
    values: list[float], kind: Any, is_upright: bool
) -> None:
    axis = axis_of("loss", [values], kind)
    found = axis.ticks(240, 12, is_upright)
    assert found
    assert len({tick.words for tick in found}) == len(found), "no two say the same"
    for tick in found:
        value = float(tick.words.replace(",", "")) + axis.base
        assert axis.share(value) == pytest.approx(tick.share, abs=0.02)
    if axis.base:
        assert axis.words == f"loss {'−' if axis.base > 0 else '+'} {abs(axis.base):.15g}"


def test_losses_over_ten_orders_go_by_powers_and_the_axis_says_so() -> None:
    values = 10.0 ** -np.arange(10)
    axis = axis_of("loss", [values])
    assert axis.words == "loss (log scale)"
    assert np.diff(axis.shares(values)) == pytest.approx(np.diff(axis.shares(values))[0])
    assert axis_of("loss", [values], LINEAR).words == "loss"
    for even in ([2.3, 1.9, 1.0], [5.0, -1e-9], [0.0], [], [1.0, 0.9, 0.8, 1e-9]):
        assert axis_of("loss", [even]).kind == LINEAR, even


def test_pictures_are_equal_that_look_the_same() -> None:
    assert chart_of([1.0, 2.0, math.nan]) == chart_of(np.array([1.0, 2.0, math.nan]))
    assert len({chart_of([1.0, 2.0]), chart_of([1.0, 2.0]), chart_of([1.0, 3.0])}) == 2
    assert chart_of([1.0]) != BarChart([], "loss")


def test_what_an_axis_by_powers_cannot_show_is_told() -> None:
    chart = chart_of([1.0, 0.0, 1e-9, math.nan, -2.0], LOG)
    told = " ".join(words(chart))
    assert "1 of 5 not finite: gaps; 2 not above 0: at the lower edge" in told
    box = chart.frame().box
    assert chart.frame().down([0.0])[0] == pytest.approx(box.y + box.height)


@given(st.lists(st.one_of(st.floats(-1e3, 1e3), st.sampled_from([math.nan, math.inf])),
                min_size=1, max_size=400), st.floats(0.01, 3.0))  # fmt: skip
def test_thinning_keeps_every_minimum_and_maximum(values: list[float], apart: float) -> None:
    down = np.array(values)
    across = np.cumsum(np.full(len(down), apart))
    for first, end in runs(np.isfinite(down)):
        x, y = across[first:end], down[first:end]
        kept = thinned(x, y)
        assert (np.diff(kept) > 0).all(), "in their order, none twice"
        assert {0, len(x) - 1} <= {*kept.tolist()}
        for column in np.unique(np.floor(x)):
            here, there = np.floor(x) == column, np.floor(x[kept]) == column
            assert there.sum() <= 4
            assert (y[here].min(), y[here].max()) == (y[kept][there].min(), y[kept][there].max())


def test_a_curve_of_many_points_is_as_small_as_its_pixels() -> None:
    values = np.random.default_rng(0).random(100_000)
    chart = chart_of(values)
    (line,) = [each for each in lines(chart) if each.note == "loss"]
    assert len(line.points) <= 4 * (chart.width + 1)
    places = np.array(line.points)
    down = chart.frame().down(values)
    assert (places[:, 1].min(), places[:, 1].max()) == (down.min(), down.max())


@given(st.lists(st.sampled_from([1.0, 2.0, math.nan, math.inf, -math.inf]), max_size=30))
def test_a_gap_is_a_gap_and_a_lone_number_is_a_point(values: list[float]) -> None:
    chart = chart_of(values)
    frame = chart.frame()
    shapes = curve_shapes(chart.curves[0], frame)
    drawn = [each for each in shapes if hasattr(each, "points")]
    there = runs(np.isfinite(np.array(values, float)))
    assert len(drawn) == sum(end - first > 1 for first, end in there)
    marked = {round(each.x, 3) for each in shapes if not hasattr(each, "points")}
    expected = {round(float(frame.across([i + 1])[0]), 3)
                for first, end in there for i in range(first, end)}  # fmt: skip
    assert marked == expected


@pytest.mark.parametrize("is_faint", [True, False])
def test_a_lone_number_among_many_is_a_point_that_is_seen(is_faint: bool) -> None:
    values = np.ones(90)
    values[[40, 42]] = math.nan
    curve = Curve("loss", range(90), values, is_faint=is_faint)
    frame = chart_of(values).frame()
    (point,) = [each for each in curve_shapes(curve, frame) if not hasattr(each, "points")]
    assert point.x == pytest.approx(frame.across([41])[0])  # type: ignore[attr-defined]


def test_signs_of_marks_that_stand_close_leave_room_for_each_other() -> None:
    marks = [Mark(x / 10, sign=str(x)) for x in range(300)]
    chart = Chart([], whole_axis("round", 0, 30), Axis("loss", 0.0, 1.0), marks)
    keeps_words_apart(chart)
    assert len([each for each in lines(chart) if each.dashes]) == 300, "every line is there"
    assert len({*words(chart)} & {str(x) for x in range(300)}) > 10


def test_curves_are_told_apart_by_more_than_colour() -> None:
    many = [styled(i, "c", [0, 1], [0, 1]) for i in range(STYLES)]
    assert len({(curve.color, curve.dashes) for curve in many}) == STYLES
    by_color = {curve.color: [] for curve in many}  # type: ignore[var-annotated]
    for curve in many:
        by_color[curve.color].append((curve.dashes, curve.mark))
    assert all(len({*styles}) == len(styles) for styles in by_color.values())


# No word covers another, none leaves the picture, and none is lost


@given(st.lists(NAMES, max_size=12), st.lists(NAMES, max_size=4), st.lists(NUMBERS, max_size=6))
def test_words_of_a_chart_never_meet(names: list[str], more: list[str], values: Any) -> None:
    curves = [styled(i, name, range(len(values)), values) for i, name in enumerate(names)]
    marks = [Mark(i, name, sign=str(i)) for i, name in enumerate(more)]
    spots = [Spot(0.0, 1.0, name) for name in more]
    chart = Chart(curves, whole_axis("round", 0, 3), axis_of("loss", [values]), marks, spots, more)
    keeps_words_apart(chart)
    told = "".join(words(chart)).replace(" ", "")
    for name in more:
        assert name in told, "names are there whole"
    assert_named(chart)
    box = chart.frame().box
    for each in loose_words(chart):
        inside = box.x < each.x < box.x + box.width and box.y < each.y < box.y + box.height
        assert not inside or each.words == "no values", "nothing covers the curves"


def assert_named(chart: Chart) -> None:
    """The legend names the first curves whole, and counts the others."""
    told = "".join(words(chart)).replace(" ", "")
    count = len(chart.curves)
    rest = re.search(r"and(\d+)more:apagenameseachwhereonepointsatit", told)
    named = count - int(rest[1]) if rest else count
    assert named != count - 1
    assert all(curve.name in told for curve in chart.curves[:named])


@pytest.mark.parametrize("long", [1, 30, 300])
@pytest.mark.parametrize("count", [1, 2, 24, 25, 26, STYLES + 12, 200])
def test_a_legend_is_never_larger_than_its_curves(count: int, long: int) -> None:
    curves = [styled(i, f"{'m' * long}-{i + 1}", [0, 1], [0, 1]) for i in range(count)]
    chart = Chart(curves, Axis("x", 0.0, 1.0), Axis("y", 0.0, 1.0))
    keeps_words_apart(chart)
    frame = chart.frame().box
    assert frame.y <= frame.height + 40
    if long < 300:
        assert_named(chart)
    told = " ".join(words(chart))
    if long == 1:
        assert ("more: a page names each" in told) == (count > 25)
    notes = {each.note for each in lines(chart)}
    assert {curve.name for curve in curves} <= notes, "each curve tells its name"


def test_curves_that_no_legend_names_tell_what_is_not_drawn_of_them() -> None:
    curves = [styled(i, f"c{i}", [0, 1, 2], [1, math.nan, 2]) for i in range(60)]
    told = " ".join(words(Chart(curves, Axis("x", 0.0, 2.0), Axis("y", 0.0, 2.0))))
    rest = re.search(r"and (\d+) more: .*; (\d+) of them have points that are not drawn", told)
    assert rest
    assert rest[1] == rest[2]


def test_the_words_of_a_picture_are_one_short_line() -> None:
    curves = [styled(i, f"line\nbreak {i} " + "long " * 40, [0, 1], [0, 1]) for i in range(200)]
    told = repr(Chart(curves, Axis("x", 0.0, 1.0), Axis("y", 0.0, 1.0)))
    assert told.isprintable()
    assert told.startswith("Chart(line\\nbr")
    assert told.endswith("and 196 more)")
    assert len(told) < 130


@given(st.lists(st.tuples(NAMES, NUMBERS), max_size=40), st.sampled_from([1.0, 0.0, -2.0, 5.0]))
def test_words_of_bars_never_meet(rows: Any, rate: float) -> None:
    bars = [Bar(name, value, short(value), mark_of(rate)) for name, value in rows]
    chart = BarChart([*bars, Bar("a heading", is_heading=True)], "how far", ["a note"])
    keeps_words_apart(chart)
    assert len(loose_words(chart)) >= 2 * len(bars) + 1, "no row is dropped"


@given(st.lists(NAMES, min_size=1, max_size=20), st.lists(st.integers(1, 300), min_size=1,
                                                          max_size=40), st.data())  # fmt: skip
def test_words_of_a_heat_map_never_meet(names: list[str], longs: list[int], data: Any) -> None:
    ends = list(itertools.accumulate(longs, initial=0))
    spans = [Span(a + 1, b) for a, b in itertools.pairwise(ends)]
    rates = [data.draw(st.sampled_from([0.0, 0.125, 1.0, 3.0, -0.25])) for _ in longs]
    rows = [HeatRow(name, rates, [short(rate) for rate in rates]) for name in names]
    chart = HeatMap(rows, spans, "rates", notes=["a note"])
    keeps_words_apart(chart)
    boxes = [each for each in chart.scene().shapes if isinstance(each, Box) and each.note]
    assert len(boxes) == len(names) * len(spans), "a cell for each, with all it says"
    width, rights = chart.scene().width, [box.x + box.width for box in boxes]
    assert max(rights) <= width + 1e-6
    places = chart.columns(300)
    assert all(b[0] == pytest.approx(a[0] + a[1]) for a, b in itertools.pairwise(places))


@pytest.mark.parametrize(
    ("count", "largest"), one_of(3, [1, 2, 3, 10, 40, 41, 300], [1, 12345, 0.25])
)
def test_words_of_a_matrix_never_meet(count: int, largest: float) -> None:
    matrix = np.arange(count * count).reshape(count, count) % 3 * largest
    for labels in (None, [f"the kind {n} of things" for n in range(count)]):
        chart = MatrixChart(matrix, labels)
        keeps_words_apart(chart)
        cells = [each for each in chart.scene().shapes if isinstance(each, Box) and each.note]
        assert len(cells) == (matrix != 0).sum()


def keeps_words_apart(picture: Any) -> None:
    scene = picture.scene()
    for box in (each for each in loose_words(picture)):
        left, top, right, bottom = box.extent
        assert left >= -1e-6 and top >= -1e-6, box
        assert right <= scene.width + 1e-6 and bottom <= scene.height + 1e-6, box
    assert not overlaps(picture)


# Range tests


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [2.0],
        [2.0, 2.0, 2.0],
        [3.0, 1.0, 1e300],
        [-1.0, -2.0, 5.0],
        [1e-300, 0.0, 1.0],
        [0, 0],
        [5e-324, 0],
        [7e8, 7e8 + 1e-6],
        [1e308, -1e308, 1e308],
        [1e-323, 0.0, 1e-323],
    ],
    ids=str,
)
def test_every_range_has_a_picture(losses: list[float], tmp_path: Path) -> None:
    rates = np.geomspace(1e-5, 1, max(len(losses), 2))[: len(losses)]
    chart = LearningRateRange(rates, np.array(losses), 0.5, "Risen").plot()
    keeps_words_apart(chart)
    for name in ("loss", "smoothed loss"):
        curve = next(each for each in chart.curves if each.name == name)
        assert len(curve.values) == len(losses)
    frame: Frame = chart.frame()
    assert np.abs(frame.down(losses)).max(initial=0) < 1e4
    chart.save(tmp_path / "range.svg")
    assert (tmp_path / "range.svg").read_text("utf-8") == chart.to_svg() == chart._repr_svg_()
    seen = LearningRateRange(rates, np.array(losses), 0.5, "Risen")
    assert seen._repr_html_() == chart.to_svg()


def test_the_picture_tells_the_rates_that_are_read_off_it() -> None:
    seen = LearningRateRange(np.geomspace(1e-4, 1, 5), np.array([3, 2.5, 1, 0.5, 9]), 0.0, "Risen")
    told = " ".join(words(seen.plot()))
    assert seen.suggestion and seen.steepest
    assert f"suggestion {short(seen.suggestion, 2)}" in told
    assert f"steepest {short(seen.steepest, 2)}" in told
    assert "smoothed loss" in told
    assert "learning rate (log scale)" in told
