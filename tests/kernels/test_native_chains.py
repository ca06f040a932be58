"""Flat kernels done block by block, beside the same kernels one after another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.kernels.elementwise.arithmetic import BINARY
from wlnet.kernels.elementwise.chains import BLOCK, CALL_WORDS, chain, scratch_bytes
from wlnet.kernels.elementwise.maps import MAPS
from wlnet.kernels.jit.loading import address
from wlnet.kernels.jit.target import vector_width
from wlnet.kernels.language import Target

WHOLE = BLOCK.of(Target("Real32", vector_width()))


class Chain:
    """The words of a chain: calls, and those of their words that point into buffers."""

    def __init__(self, precision: Any) -> None:
        self.precision = precision
        self.words: list[int] = []
        self.moves: list[int] = []

    def add(self, kernel: Any, *fields: Any) -> None:
        """A call. fields: in order; a string is the number of a buffer."""
        self.words.append(address(kernel, self.precision))
        for field in fields:
            if isinstance(field, str):
                self.moves += len(self.words), int(field)
                field = 0
            is_array = isinstance(field, np.ndarray)
            self.words.append(int(field.ctypes.data) if is_array else int(field))
        self.words += [0] * (-len(self.words) % CALL_WORDS)


def distances(*arrays: Any) -> Any:
    """Sizes, and distances of each array in the shape of the last."""
    seen = [np.broadcast_to(array, arrays[-1].shape) for array in arrays]
    return np.array([*arrays[-1].shape, *(step for each in seen for step in each.strides)])


@pytest.mark.parametrize("precision", REALS)
@settings(max_examples=30)
@given(rows=st.integers(0, 40), columns=st.integers(1, 300), seed=st.integers(0, 9))
@example(rows=1, columns=WHOLE, seed=0)
@example(rows=3, columns=WHOLE, seed=1)
@example(rows=7, columns=WHOLE // 3 + 1, seed=2)
@example(rows=2 * WHOLE + 1, columns=1, seed=3)
def test_a_chain_gives_the_bits_of_its_kernels_one_after_another(
    precision: Any, rows: int, columns: int, seed: int
) -> None:
    """What is read by rows, what is written for others and read again, and what lies in buffers."""
    dtype, rng = REALS[precision], np.random.default_rng(seed)
    x = like(rng.normal(size=(rows, columns)), dtype)
    x.flat[::7] = rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0], x.flat[::7].size)
    t = like(rng.normal(size=columns), dtype)
    count, by_rows, flat = x.size, distances(x, t, x), distances(*[x.reshape(-1)] * 3)

    def calls(sizes: Any, less: Any, bent: Any, side: Any, y: Any) -> list[tuple[Any, ...]]:
        return [
            (MAPS["Abs"], count, x, sizes),
            (BINARY["subtract"], 2, by_rows, sizes, t, less),
            (MAPS["Ramp"], count, less, bent),
            (MAPS["Sign"], count, x, side),
            (BINARY["multiply"], 1, flat, side, bent, y),
        ]

    # One after another.
    sizes, less, bent, side, y = (guarded(x.shape, dtype) for _ in range(5))
    for kernel, *fields in calls(sizes, less, bent, side, y):
        call(kernel, precision, **dict(zip(kernel.fields, fields, strict=True)))
    for workers in (1, 2, 3):
        again, result = (guarded(x.shape, dtype) for _ in range(2))
        made = Chain(precision)
        # A buffer may be written by the call that reads it last.
        for each in calls(again, "0", "0", "1", result):
            made.add(*each)
        call(
            chain, precision, workers, scratch_bytes(5, 2), plain=False, memory=[again, result, x],
            count=count, size=5, calls=np.array(made.words), moving=len(made.moves) // 2,
            moves=np.array(made.moves),
        )  # fmt: skip
        assert again.tobytes() == sizes.tobytes()
        assert result.tobytes() == y.tobytes()
