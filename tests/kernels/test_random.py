"""The random mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.primitive_cases import Run

both_precisions = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def mask(keep: float, dtype: Any, seed: int = 1, shape: Any = (100, 300)) -> Any:
    rng = np.random.default_rng(seed)
    attributes = {"shape": shape, "keep": keep, "rng": rng}
    return Run("random_mask", (), attributes, dtype).outputs[0]


@both_precisions
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_mask_keeps_the_share_it_is_told(keep: float, dtype: Any) -> None:
    drawn = mask(keep, dtype)
    assert drawn.dtype == dtype
    assert set(np.unique(drawn)) == {0.0, 1.0}
    five_deviations = 5 * np.sqrt(keep * (1 - keep) / drawn.size)
    assert abs(drawn.mean(dtype=float) - keep) < five_deviations


@both_precisions
def test_a_mask_that_keeps_all_or_nothing_does_so(dtype: Any) -> None:
    assert np.all(mask(1.0, dtype) == 1)
    assert np.all(mask(0.0, dtype) == 0)


@both_precisions
def test_the_same_stream_gives_the_same_mask_and_another_one_another(dtype: Any) -> None:
    assert mask(0.5, dtype).tobytes() == mask(0.5, dtype).tobytes()
    assert mask(0.5, dtype).tobytes() != mask(0.5, dtype, seed=2).tobytes()


@both_precisions
def test_a_stream_goes_on_from_one_mask_to_the_next(dtype: Any) -> None:
    rng = np.random.default_rng(1)
    attributes = {"shape": (50,), "keep": 0.5, "rng": rng}
    one, two = (Run("random_mask", (), attributes, dtype).outputs[0] for _ in range(2))
    assert one.tobytes() != two.tobytes()
