"""Runs the notebooks of docs/notebooks/ and keeps what came of it, as little as there is to see.

python docs/execution.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("notebooks")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(file: Path) -> Any:
    """A notebook as it is when it has been run from its beginning. Raises CellExecutionError."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(file, 4)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id, cell.metadata = f"cell-{number}", {}
    options = {"record_timing": False, "coalesce_streams": True, "timeout": 300}
    NotebookClient(notebook, kernel_name="python3", **options).execute(cwd=str(file.parent))
    notebook.metadata = METADATA
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            # A picture is the same as both.
            if "image/svg+xml" in output.get("data", ()):
                output.data.pop("text/html", None)
    return notebook


if __name__ == "__main__":
    import nbformat

    for each in sorted(FOLDER.glob("*.ipynb")):
        if not sys.argv[1:] or each.stem in sys.argv[1:]:
            nbformat.write(executed(each), each)
            print(each)
