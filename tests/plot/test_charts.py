"""Charts: what is drawn stands where its numbers say, and the text is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from wlnet.plot.charts import BOTTOM, LEFT, RIGHT, SIZE, TICKS, TOP, Chart, Curve, Mark, ticks
from wlnet.results.learning_rate_range import LearningRateRange

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: Any) -> Any:
    return ElementTree.fromstring(chart.to_svg())


def points(line: Any) -> Any:
    pairs = [pair.split(",") for pair in line.get("points").split()]
    return np.array(pairs, float).reshape(-1, 2)


def test_a_point_stands_where_its_numbers_say() -> None:
    chart = Chart([Curve([1e-4, 1e-2, 1], [0, 5, 10], "a <b>")], [Mark(1e-2, "here")], "x", "y",
                  (0.0, 10.0))  # fmt: skip
    (line,) = drawn(chart).iter(f"{SVG}polyline")
    right, bottom = SIZE[0] - RIGHT, SIZE[1] - BOTTOM
    middle = (LEFT + right) / 2, (TOP + bottom) / 2
    np.testing.assert_allclose(points(line), [(LEFT, bottom), middle, (right, TOP)], atol=0.1)
    dashed = [e for e in drawn(chart).iter(f"{SVG}line") if e.get("stroke-dasharray")]
    assert {float(e.get("x1")) for e in dashed} & {middle[0]}
    words = [e.text for e in drawn(chart).iter(f"{SVG}text")]
    assert {"a <b>", "here", "x", "y", "1e-4", "1e0", "0", "10"} <= {*words}


@given(st.floats(-1e6, 1e6), st.floats(1e-11, 1e6))
@example(1e5, 1e-11)
def test_ticks_are_round_few_and_inside(low: float, size: float) -> None:
    high = low + size
    assume(high > low)
    found = ticks(low, high)
    assert len(found) <= TICKS + 1
    slack = 1e-6 * max(abs(low), abs(high), size)
    assert all(low - slack <= each <= high + slack for each in found)
    assert found == sorted(set(found))


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
    raw, smooth = drawn(chart).iter(f"{SVG}polyline")
    for line in (raw, smooth):
        places = points(line)
        assert len(places) == len(losses)
        assert np.isfinite(places).all()
        assert np.abs(places).max(initial=0) < 1e4
    chart.save(tmp_path / "range.svg")
    assert (tmp_path / "range.svg").read_text("utf-8") == chart.to_svg() == chart._repr_svg_()


def test_the_picture_tells_the_rates_that_are_read_off_it() -> None:
    seen = LearningRateRange(np.geomspace(1e-4, 1, 5), np.array([3, 2.5, 1, 0.5, 9]), 0.0, "Risen")
    words = " ".join(e.text or "" for e in drawn(seen.plot()).iter(f"{SVG}text"))
    assert f"suggestion {seen.suggestion:.2g}" in words
    assert f"steepest {seen.steepest:.2g}" in words
    assert "smoothed loss" in words
