"""Random masks compiled as kernels: the words of NumPy's Philox, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded
from wlnet.kernels.elementwise.masks import random_mask, random_uniform

ALL = {"times": 1, "first": 0, "each": 0, "whole": 1}
"""All numbers of a batch."""
key_words = st.integers(0, 2**64 - 1)


def signed(x: int) -> int:
    """A word of 64 bits as the integer that a record holds."""
    return x - 2**64 if x >= 2**63 else x


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@settings(max_examples=60)
@given(
    count=st.one_of(st.integers(0, 70), st.sampled_from([128, 1000])),
    kept=st.one_of(st.floats(0, 1), st.sampled_from([0.5, 0.8, 2.0**-53, 1 - 2.0**-53])),
    key0=key_words,
    key1=key_words,
    step0=st.integers(0, 2**40),
    step=st.integers(0, 5),
    workers=st.integers(1, 3),
)
@example(count=100, kept=0.5, key0=2**64 - 1, key1=2**63, step0=0, step=0, workers=2)
def test_a_mask_is_drawn_from_the_words_of_philox(
    precision: Any, count: int, kept: float, key0: int, key1: int, step0: int, step: int,
    workers: int,
) -> None:  # fmt: skip
    y = guarded(count, REALS[precision])
    call(random_mask, precision, workers, step=step, count=count, y=y, kept=float(kept),
         key0=signed(key0), key1=signed(key1), step0=step0, **ALL)  # fmt: skip
    key, counter = np.array([key0, key1], np.uint64), [0, step0 + step, 0, 0]
    words = np.random.Philox(key=key, counter=counter).random_raw(count)
    np.testing.assert_array_equal(y, (words >> np.uint64(11)) * 2.0**-53 < kept)


@pytest.mark.parametrize("kept", [0.0, 0.25, 1.0])
def test_the_share_of_ones_is_the_probability(kept: float) -> None:
    y = guarded(100_000, np.float32)
    call(random_mask, "Real32", count=y.size, y=y, kept=kept, key0=1, key1=2, step0=0, **ALL)
    assert y.mean() == pytest.approx(kept, abs=0.01 if 0 < kept < 1 else 0)


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@settings(max_examples=30)
@given(
    count=st.one_of(st.integers(0, 70), st.sampled_from([128, 1000])),
    key0=key_words,
    key1=key_words,
    step=st.integers(0, 5),
    workers=st.integers(1, 3),
)
def test_numbers_between_0_and_1_are_the_middles_of_bins_in_which_words_fall(
    precision: Any, count: int, key0: int, key1: int, step: int, workers: int
) -> None:
    y = guarded(count, REALS[precision])
    call(random_uniform, precision, workers, step=step, count=count, y=y, key0=signed(key0),
         key1=signed(key1), step0=2, **ALL)  # fmt: skip
    key, counter = np.array([key0, key1], np.uint64), [0, 2 + step, 0, 0]
    words = np.random.Philox(key=key, counter=counter).random_raw(count)
    expected = (words >> np.uint64(12)) * 2.0**-52 + 2.0**-53
    np.testing.assert_array_equal(y, expected.astype(y.dtype))
    assert ((y > 0) & (y <= 1)).all()


@pytest.mark.parametrize("kernel", [random_mask, random_uniform])
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    each=st.one_of(st.integers(1, 40), st.just(64)),
    times=st.integers(1, 3),
    workers=st.integers(1, 3),
)
def test_a_part_of_a_batch_draws_what_its_examples_draw_in_the_whole(
    kernel: Any, precision: Any, sizes: list[int], each: int, times: int, workers: int
) -> None:
    whole = sum(sizes)
    more = {"kept": 0.5} if kernel is random_mask else {}

    def drawn(first: int, size: int) -> Any:
        y = guarded(times * size * each, REALS[precision])
        call(kernel, precision, workers, count=size * each, times=times, y=y, key0=5, key1=6,
             step0=7, first=first, each=each, whole=whole, scratch_bytes=512, **more)  # fmt: skip
        return y.reshape(times, size * each)

    all_of_them = drawn(0, whole)
    flat = guarded(times * whole * each, REALS[precision])
    call(kernel, precision, count=flat.size, y=flat, key0=5, key1=6, step0=7, **ALL, **more)
    np.testing.assert_array_equal(all_of_them, flat.reshape(all_of_them.shape))
    firsts = np.cumsum([0, *sizes[:-1]]).tolist()
    parts = [drawn(first, size) for first, size in zip(firsts, sizes, strict=True)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), all_of_them)
