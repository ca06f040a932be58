"""Intersection over union, beside a count of the cells of a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet.train.measurements import named

corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
boxes = st.lists(st.tuples(corner, corner, corner, corner), min_size=2, max_size=5)


def cells(one: Any, other: Any) -> set[tuple[int, int]]:
    """The unit cells of the box between two corners."""
    (x1, y1), (x2, y2) = one, other
    return {
        (x, y) for x in range(min(x1, x2), max(x1, x2)) for y in range(min(y1, y2), max(y1, y2))
    }


def shared(a: Any, b: Any, c: Any, d: Any) -> float:
    one, other = cells(a, b), cells(c, d)
    return len(one & other) / len(one | other) if one | other else 0.0


@given(drawn=boxes)
@pytest.mark.parametrize("shape", [(4,), (2, 2)])
def test_it_is_the_share_of_cells_in_both_boxes(shape: Any, drawn: Any) -> None:
    outputs = np.array([[a, b] for a, b, _, _ in drawn], np.float32).reshape(-1, *shape)
    targets = np.array([[c, d] for _, _, c, d in drawn], np.float32).reshape(-1, *shape)
    of = named("IntersectionOverUnion")
    found = of.value(
        of.tally(outputs[:1], targets[:1], "Square") + of.tally(outputs[1:], targets[1:], "Square")
    )
    assert found == pytest.approx(np.mean([shared(*each) for each in drawn]))


def test_only_outputs_that_can_be_boxes_are_measured() -> None:
    def linear(n: int) -> Any:
        return wl.net_initialize(wl.LinearLayer(n, input=2))

    x = np.eye(2)
    assert "IntersectionOverUnion" in wl.net_measurements(linear(4), (x, np.eye(2, 4)), wl.ALL)
    assert "IntersectionOverUnion" not in wl.net_measurements(linear(3), (x, np.eye(2, 3)), wl.ALL)
    with pytest.raises(wl.OptionError, match="is about boxes"):
        wl.net_measurements(linear(3), (x, np.eye(2, 3)), "IntersectionOverUnion")
    with pytest.raises(wl.OptionError, match="is about boxes"):
        wl.net_train(
            wl.LinearLayer(),
            (x, np.eye(2, 3)),
            training_progress_measurements="IntersectionOverUnion",
            max_training_rounds=1,
        )
