"""The table of operators: for each, the function that says what it is in a net.

A row is called with the net that is being written, the node, and what its inputs stand for, and
gives what its outputs stand for. It raises Misfit for what no net can say. The rows stand in files
by families; `wlnet/onnx/importing/__init__.py` names them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ROWS: dict[tuple[str, str], Callable[..., Any]] = {}
"""(domain, operator) -> its row; the domain of ONNX's own operators is ""."""


def operator(*names: str, domain: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: the row of these operators."""

    def enter(row: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            assert (domain, name) not in ROWS, name
            ROWS[domain, name] = row
        return row

    return enter


def covered() -> list[str]:
    """The operators that are in the table, in alphabetical order."""
    return sorted(f"{domain}.{name}" if domain else name for domain, name in ROWS)
