"""Packed matrices: packing and unpacking changes nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.engine.packed import packed, packed_shape, unpacked
from wlnet.kernels.copies.lane_blocks import from_lanes
from wlnet.kernels.jit.target import lanes_of

sizes = st.integers(1, 50)
precisions = st.sampled_from(list(REALS))


def matrix(rows: int, columns: int) -> np.ndarray:
    return np.arange(1.0, rows * columns + 1).reshape(rows, columns)


@given(rows=sizes, columns=sizes, lanes=st.sampled_from([4, 8, 16]))
def test_what_is_packed_is_found_again(rows: int, columns: int, lanes: int) -> None:
    array = matrix(rows, columns)
    memory = packed(array, lanes)
    assert memory.flags.c_contiguous and not np.shares_memory(memory, array)
    again = unpacked(memory, rows)
    assert again.flags.c_contiguous and not np.shares_memory(again, memory)
    assert np.array_equal(again, array)


@given(rows=sizes, columns=sizes, lanes=st.sampled_from([4, 8, 16]))
def test_packed_numbers_lie_row_beside_row(rows: int, columns: int, lanes: int) -> None:
    array = matrix(rows, columns)
    memory = packed(array, lanes)
    assert memory.shape == packed_shape(array.shape, lanes)
    for (block, column, lane), number in np.ndenumerate(memory):
        row = block * lanes + lane
        assert number == (array[row, column] if row < rows else 0)


@given(rows=sizes, columns=sizes, precision=precisions, workers=st.integers(1, 3))
def test_kernels_read_packed_arrays(rows: int, columns: int, precision: str, workers: int) -> None:
    lanes, real = lanes_of(precision), REALS[precision]
    array = matrix(rows, columns).astype(real)
    memory = like(packed(array, lanes))
    plain = guarded(array.shape, real)
    call(
        from_lanes, precision, workers, examples=rows, values=columns, x=memory,
        x_block=memory.strides[0], y=plain, y_example=plain.strides[0],
    )  # fmt: skip
    assert np.array_equal(plain, array)
