"""Rows and elements by index, counted from 1.

An index outside the table reads NaN and writes nothing: a kernel neither raises nor touches
memory that is not its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.kernels.kernel import kernel

Array = NDArray[Any]
Arrays = tuple[Array, ...]


def gather(outputs: Arrays, inputs: Arrays, scratch: Array | None = None) -> None:
    """Row index[...] of a table."""
    (y,), (table, index) = outputs, inputs
    rows = index.size
    gather_rows(y.reshape(rows, -1), table.reshape(len(table), -1), index.reshape(rows))


def scatter_add(
    outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, count: int
) -> None:
    """A table whose row i is the sum of the rows with index i, added in their order."""
    (table,), (rows, index) = outputs, inputs
    width = table[0].size
    add_rows(table.reshape(count, width), rows.reshape(-1, width), index.reshape(-1))


def pick(outputs: Arrays, inputs: Arrays, scratch: Array | None = None) -> None:
    """x[..., index[...]]."""
    (y,), (x, index) = outputs, inputs
    gather_elements(y.reshape(-1), x.reshape(-1, x.shape[-1]), index.reshape(-1))


def place(outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, count: int) -> None:
    """Zeros along a new last axis, but for x[...] at index[...]."""
    (y,), (x, index) = outputs, inputs
    set_elements(y.reshape(-1, count), x.reshape(-1), index.reshape(-1))


@kernel
def gather_rows(y: Array, table: Array, index: Array) -> None:
    """y (rows, width), table (count, width), index (rows)."""
    count, width = table.shape
    for row in range(index.size):
        at = int(index[row])
        if 1 <= at <= count:
            for i in range(width):
                y[row, i] = table[at - 1, i]
        else:
            for i in range(width):
                y[row, i] = np.nan


@kernel
def add_rows(table: Array, rows: Array, index: Array) -> None:
    """table (count, width), rows (rows, width), index (rows)."""
    count, width = table.shape
    for at in range(count):
        for i in range(width):
            table[at, i] = 0
    for row in range(index.size):
        at = int(index[row])
        if 1 <= at <= count:
            for i in range(width):
                table[at - 1, i] += rows[row, i]


@kernel
def gather_elements(y: Array, x: Array, index: Array) -> None:
    """y (rows), x (rows, count), index (rows)."""
    rows, count = x.shape
    for row in range(rows):
        at = int(index[row])
        y[row] = x[row, at - 1] if 1 <= at <= count else np.nan


@kernel
def set_elements(y: Array, x: Array, index: Array) -> None:
    """y (rows, count), x (rows), index (rows)."""
    rows, count = y.shape
    for row in range(rows):
        at = int(index[row])
        for i in range(count):
            y[row, i] = 0
        if 1 <= at <= count:
            y[row, at - 1] = x[row]
