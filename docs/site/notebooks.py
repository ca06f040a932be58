"""Notebooks as pages: their words, code, and what came of it when they were run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "notebooks"
KINDS = ("image/svg+xml", "text/html", "text/plain")
"""What is shown of an output: the first of these that it has."""


def notebooks() -> dict[str, str]:
    """Every notebook as a page, by the file it would stand in."""
    files = sorted(FOLDER.glob("*.ipynb"))
    return {
        f"notebooks/{file.stem}.md": page(json.loads(file.read_text("utf-8"))) for file in files
    }


def page(notebook: Any) -> str:
    """A notebook as Markdown."""
    return "\n\n".join(filter(None, map(cell, notebook["cells"])))


def cell(each: Any) -> str:
    """A cell: words as they are, code with its outputs below."""
    source = "".join(each["source"])
    if each["cell_type"] == "markdown":
        return as_pages(source)
    if not source.strip():
        return ""
    return "\n\n".join([f"```python\n{source}\n```", *map(output, each["outputs"])])


def as_pages(text: str) -> str:
    """Markdown whose links to notebooks lead to their pages."""
    return re.sub(r"\]\(([^)\s:]+)\.ipynb\)", r"](\1.md)", text)


def output(each: Any) -> str:
    """What came of a cell."""
    if each["output_type"] == "stream":
        return text("".join(each["text"]))
    data = each["data"]
    kind = next(kind for kind in KINDS if kind in data)
    said = "".join(data[kind])
    if kind == "text/plain":
        return text(said)
    body = "\n".join(line for line in said.splitlines() if line.strip())
    return f'<div class="wl-output">\n{body}\n</div>'


def text(said: str) -> str:
    """Plain words, as they came."""
    return f'<div class="wl-said">\n\n```text\n{said.rstrip()}\n```\n\n</div>'
