"""What a scan means, in plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.graph.bodies import CARRIED, SEQUENCE, STACKED, names_of, numbers
from wlnet.graph.graph import Graph
from wlnet.graph.keys import BodyKey

Array = NDArray[Any]


def scan_arrays(
    run: Any, operands: tuple[Array, ...], body: Graph, times: int, reverse: bool
) -> tuple[Array, ...]:
    """The tables of what is carried, and what is stacked, after a loop in Python. run: runs a
    graph, and gives all its values."""
    named = dict(zip(names_of(body), operands, strict=True))
    tables = [[value] for name, value in named.items() if name.kind == CARRIED]
    stacked: list[list[Array]] = [[] for _ in range(numbers(body, STACKED))]
    for step in reversed(range(times)) if reverse else range(times):
        given = {name: x[step] if name.kind == SEQUENCE else x for name, x in named.items()}
        given |= {BodyKey(CARRIED, i): table[-1] for i, table in enumerate(tables)}
        values = run(body, given, {})
        for kind, lists in ((CARRIED, tables), (STACKED, stacked)):
            for i, rows in enumerate(lists):
                rows.append(values[body.outputs[BodyKey(kind, i)]])
    every = [*tables, *stacked]
    return tuple(np.array(rows[::-1] if reverse else rows) for rows in every)
