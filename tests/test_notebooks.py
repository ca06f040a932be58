"""The notebooks of docs/notebooks/ give what they show, when they are run from their beginning."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from docs.execution import FOLDER, METADATA, executed

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 60_000
"""Bytes of a notebook with all that came of it."""
every_notebook = pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)


def shown(notebook: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The code of every cell, and what came of it: words as they are, of a picture its kinds.

    Not what is told beside it, such as that kernels are compiled.
    """
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        told = []
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                continue
            data = output.get("data", {})
            words = "".join(output.get("text", data.get("text/plain", "")))
            told.append((" ".join([output["output_type"], *sorted(data)]), words))
        found.append(("".join(cell["source"]), told))
    return found


def test_there_are_a_first_net_a_transfer_and_rules() -> None:
    assert [file.stem for file in NOTEBOOKS] == ["first-net", "rules-explored", "transfer"]


@every_notebook
def test_a_notebook_gives_what_it_shows(file: Path) -> None:
    pytest.importorskip("ipykernel")
    told, found = shown(json.loads(file.read_text("utf-8"))), shown(executed(file))
    assert [code for code, _ in found] == [code for code, _ in told]
    for (code, now), (_, then) in zip(found, told, strict=True):
        assert [kind for kind, _ in now] == [kind for kind, _ in then], code
        for (_, words), (_, expected) in zip(now, then, strict=True):
            assert without_numbers(words) == without_numbers(expected)
            assert numbers(words) == pytest.approx(numbers(expected), rel=0.03)


NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def numbers(words: str) -> list[float]:
    """The numbers in a text. On another processor sums come out in another order: trainings agree
    to a few hundredths."""
    return [float(number) for number in NUMBER.findall(words)]


def without_numbers(words: str) -> str:
    """A text without its numbers, and without the room that is left for them in a table."""
    return re.sub(r"[ -]+", " ", NUMBER.sub("#", words))


@every_notebook
def test_a_notebook_is_small_and_keeps_nothing_of_who_ran_it(file: Path) -> None:
    notebook = json.loads(file.read_text("utf-8"))
    assert file.stat().st_size < LARGEST
    assert notebook["metadata"] == METADATA
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert all(output["output_type"] != "error" for output in outputs)
    assert all(output.get("name") != "stderr" for output in outputs)
    assert str(Path.home()) not in file.read_text("utf-8")


@every_notebook
def test_a_notebook_begins_with_a_heading_and_says_where_to_go_on(file: Path) -> None:
    words = [
        c for c in json.loads(file.read_text("utf-8"))["cells"] if c["cell_type"] == "markdown"
    ]
    assert "".join(words[0]["source"]).startswith("# ")
    assert "](" in "".join(words[-1]["source"])
