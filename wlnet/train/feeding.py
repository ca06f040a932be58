"""Examples given to programs, and tables for what these keep of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.engine.blueprint import dtype_of
from wlnet.engine.program import Program
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Group
from wlnet.train.parallel.exchange import ALONE, Exchange
from wlnet.train.parallel.tree import join_rows
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
    program: Program, source: ArraySource, group: Group, size: int, exchange: Exchange = ALONE
) -> dict[Any, Array]:
    """What the program of a frozen prefix keeps of all examples of a group: a column for each
    output. exchange: of the ranks that share the examples, each of which has all of them."""
    count = len(group.rows)
    ends = [count * rank // exchange.ranks for rank in range(exchange.ranks + 1)]
    first, last = ends[exchange.rank : exchange.rank + 2]
    steps = -(-(last - first) // size)
    # The last batch is filled up with the last example.
    order = np.minimum(np.arange(first, first + steps * size, dtype=np.int64), count - 1)
    found = {
        name: np.empty(
            (count, *view.shape[1:]), dtype_of(view.element, program.blueprint.precision)
        )
        for name, view in program.blueprint.tables.items()
    }
    for batches in source.taken(group, order, size) if steps else ():
        tables = feed(program, batches)
        program.run(steps=batches.count)
        stop = min(first + batches.count * size, last)
        for name, table in tables.items():
            found[name][first:stop] = table.reshape(-1, *table.shape[2:])[: stop - first]
        first = stop
    for table in found.values():
        join_rows(exchange, table, ends)
    return found
