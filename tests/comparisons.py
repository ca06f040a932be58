"""The scripts of examples/comparisons/, and what docs/frozen-elsewhere.md tells of them."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "frozen-elsewhere.md"
TABLE = re.compile(r"<!-- (\w+)\.py -->\n((?:\|.*\n)+)")
TABLES: dict[str, str] = dict(TABLE.findall(PAGE.read_text("utf-8")))
SCRIPTS = sorted(TABLES)


def script(name: str) -> Any:
    """A script as a module: its folder is where it finds what the scripts have in common."""
    folder = str(ROOT / "examples" / "comparisons")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)


def rows_of(name: str, *, with_head: bool = False) -> list[tuple[str, ...]]:
    """The rows that the page tells of a script."""
    head, _, *lines = TABLES[name].splitlines()
    rows = [head, *lines] if with_head else lines
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows]
