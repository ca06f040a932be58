"""Arrays of channels in other sizes, beside formulas written for themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.layers.bench import assert_follows, assert_refused
from wlnet.layers import ResizeLayer

X, Y = "Input", "Output"
sizes = st.integers(1, 12)


@given(now=sizes, size=sizes, scheme=st.sampled_from(["Point", "Bin"]))
def test_linear_resampling_is_interpolation_between_points_or_middles_of_bins(
    now: int, size: int, scheme: str
) -> None:
    x = np.random.default_rng(now).normal(size=(2, now))
    if scheme == "Point":
        at = np.linspace(0, now - 1, size)
    else:
        at = (np.arange(size) + 0.5) * now / size - 0.5
    expected = [np.interp(at, np.arange(now), row) for row in x]
    layer = ResizeLayer([size], scheme=scheme, input=(2, now))
    np.testing.assert_allclose(layer(x, working_precision="Real64"), expected, atol=1e-12)


@given(now=sizes, size=sizes)
def test_the_nearest_entry_is_that_of_the_bin_in_which_the_middle_falls(
    now: int, size: int
) -> None:
    x = np.arange(2 * now, dtype=np.float32).reshape(2, now)
    nearest = [(2 * i + 1) * now // (2 * size) for i in range(size)]
    layer = ResizeLayer([size], "Nearest", input=(2, now))
    np.testing.assert_array_equal(layer(x), x[:, nearest])


def test_levels_of_space_are_resized_one_after_the_other_and_channels_stay() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    both = ResizeLayer([7, 2])(x, working_precision="Real64")
    rows = ResizeLayer([7, wl.ALL])(x, working_precision="Real64")
    np.testing.assert_allclose(both, ResizeLayer([wl.ALL, 2])(rows, working_precision="Real64"))
    last = ResizeLayer([7, 2], interleaving=True)(x.transpose(1, 2, 0), working_precision="Real64")
    np.testing.assert_allclose(both, last.transpose(2, 0, 1))


FOLLOWS: list[Any] = [
    (ResizeLayer([7, wl.ALL]), {X: (3, None, 5)}, {Y: (3, 7, 5)}),
    (ResizeLayer([7, wl.ALL]), {Y: (3, None, 5)}, {X: (3, None, 5), Y: (3, 7, 5)}),
    (ResizeLayer([wl.Scaled(0.5)]), {X: (3, 5)}, {Y: (3, 3)}),
    (ResizeLayer([4], interleaving=True), {X: (3, 2)}, {Y: (4, 2)}),
]
REFUSED: list[Any] = [
    (ResizeLayer([4]), {X: (3,)}, "(3,) should be channels and 1 of space"),
    (ResizeLayer([4]), {X: (3, 2), Y: (3, 5)}, "size 5 is not 4"),
    (ResizeLayer([wl.Scaled(0.1)]), {X: (3, 2)}, "a size of 2 scaled by 0.1 leaves nothing"),
]


@pytest.mark.parametrize(("layer", "known", "found"), FOLLOWS, ids=repr)
def test_shapes_follow_from_one_another(layer: Any, known: Any, found: Any) -> None:
    assert_follows(layer, known, found)


@pytest.mark.parametrize(("layer", "known", "said"), REFUSED, ids=repr)
def test_shapes_that_cannot_be_say_why(layer: Any, known: Any, said: str) -> None:
    assert_refused(layer, known, said)


@pytest.mark.parametrize("wrong", [4, (), [0], [wl.Scaled(-1)], [2.5], ["Half"]])
def test_what_is_no_size_is_refused_with_what_may_be_said(wrong: Any) -> None:
    with pytest.raises(wl.OptionError, match=r"a size, ALL or Scaled\(factor\) for each level"):
        ResizeLayer(wrong)
