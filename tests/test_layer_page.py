"""docs/how-to/a-layer-of-your-own.md, followed by the letter in a copy of the package."""

from __future__ import annotations

import inspect
import re
from inspect import signature
from pathlib import Path

import pytest

from tests.followed_pages import check_style, copied, follow, laws, run
from tests.test_docs import ROOT
from wlnet.layers.declaring import fields

PAGE = (ROOT / "docs" / "how-to" / "a-layer-of-your-own.md").read_text("utf-8")
LAWS, LIST = "tests/test_every_layer.py", "tests/layers/test_doorplate.py"
FORMULAS = "tests/test_formulas.py"
FILE = "wlnet/layers/soft_threshold.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copied(tmp_path)


def test_who_follows_the_page_has_a_layer_that_keeps_all_laws(copy: Path) -> None:
    follow(PAGE, copy)
    told = laws(copy, "SoftThreshold or every_layer_ or soft_threshold", LAWS, LIST, FORMULAS, FILE)
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(r"\d{3} passed", told.stdout)
    check_style(copy)
    assert run(copy, "docs/reference.py").returncode == 0
    assert "| `SoftThresholdLayer(levels=(1,)," in (copy / "docs/reference.md").read_text("utf-8")


def test_who_writes_another_formula_is_told(copy: Path) -> None:
    right, wrong = "max(input[i] - threshold[i], 0)", "max(input[i] + threshold[i], 0)"
    assert right in PAGE
    follow(PAGE.replace(right, wrong), copy)
    told = laws(copy, "SoftThreshold", FORMULAS)
    assert told.returncode == 1
    assert "test_a_formula_is_what_the_layer_computes[SoftThresholdLayer]" in told.stdout


def test_who_mixes_up_levels_and_axes_is_told_by_a_law(copy: Path) -> None:
    right, wrong = "rank = input.rank - 1  # without the batch", "rank = input.rank"
    assert right in PAGE
    follow(PAGE.replace(right, wrong), copy)
    told = laws(copy, "SoftThreshold", LAWS)
    assert "1 failed" in told.stdout


def test_every_word_that_a_layer_is_declared_with_stands_on_the_page() -> None:
    made_here = {name: word for name, word in vars(fields).items() if inspect.isfunction(word)}
    words = [name for name, word in made_here.items() if word.__module__ == fields.__name__]
    words += [name for name in signature(fields.array).parameters if name != "pattern"]
    words += [name for name in signature(fields.port).parameters if name != "pattern"]
    assert {"array", "one_of", "start", "below"} <= {*words}
    hidden = [word for word in words if not re.search(rf"\b{word}\b", PAGE)]
    assert hidden == []


def test_the_laws_on_the_page_are_there() -> None:
    rows = [row for row in PAGE.partition("the law that fails")[2].split("\n") if row[:1] == "|"]
    named = [word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1])]
    told = [(ROOT / file).read_text("utf-8") for file in (LAWS, LIST)]
    there = [name for text in told for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)]
    assert len(named) > 15
    lost = [name for name in named if not any(name in law for law in [*there, LIST])]
    assert lost == []
