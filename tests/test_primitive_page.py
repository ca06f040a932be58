"""docs/how-to/a-primitive-of-your-own.md, followed by the letter in a copy of the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.followed_pages import check_style, copied, follow, laws
from tests.test_docs import ROOT

PAGE = ROOT / "docs" / "how-to" / "a-primitive-of-your-own.md"
LAWS, KERNEL = "tests/test_every_primitive.py", "tests/kernels/test_native_running_sums.py"
FILES = "tests/onnx/test_export.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copied(tmp_path)


def test_who_follows_the_page_has_a_primitive_that_keeps_all_laws(copy: Path) -> None:
    follow(PAGE.read_text("utf-8"), copy)
    told = laws(copy, "running_sum", LAWS, KERNEL, FILES, cache=copy / "cache")
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(r"\d{2,} passed", told.stdout)
    check_style(copy)


def test_who_forgets_a_place_is_told_which(copy: Path) -> None:
    page = PAGE.read_text("utf-8")
    start, stop = page.index("## 7."), page.index("## 8.")
    follow(page[:start] + page[stop:], copy)
    told = laws(copy, "running_sum", LAWS, cache=copy / "cache")
    assert "running_sum has no way to run" in told.stdout
    assert "a row in wlnet/plan/calls" in told.stdout
