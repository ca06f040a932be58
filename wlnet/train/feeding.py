"""Examples given to programs, and tables for what these keep of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.engine.program import Program
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Group
from wlnet.train.sources import ArraySource, Batches


def feed(program: Program, batches: Batches) -> dict[Any, Array]:
    """Give a program the examples of its steps, and tables for what it keeps of them.

    The tables by name, a row a step. The caller holds on to them, and to the batches.
    """
    assert batches.order.flags.c_contiguous, batches.order.strides
    program.set("order", batches.order.ctypes.data)
    for name, column in batches.columns.items():
        program.set(("column", name), column.ctypes.data)
    return program.tables(batches.count)


def prefix_columns(
    program: Program, source: ArraySource, group: Group, size: int
) -> dict[Any, Array]:
    """What the program of a frozen prefix keeps of all examples of a group: a column for each
    output."""
    count = len(group.rows)
    steps = -(-count // size)
    # The last batch is filled up with the last example.
    order = np.minimum(np.arange(steps * size, dtype=np.int64), count - 1)
    found: list[dict[Any, Array]] = []
    for batches in source.taken(group, order, size):
        found.append(feed(program, batches))
        program.run(steps=batches.count)
    tables = {
        name: table if len(found) == 1 else np.concatenate([each[name] for each in found])
        for name, table in found[0].items()
    }
    return {name: table.reshape(-1, *table.shape[2:])[:count] for name, table in tables.items()}
