"""docs/how-to/a-primitive-of-your-own.md, followed by the letter in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_docs import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "a-primitive-of-your-own.md"
HEAD = re.compile(r"# (?:new file: (?P<new>\S+)|(?P<file>\S+), (?:at the end|below: (?P<line>.+)))")
LAWS, KERNEL = "tests/test_every_primitive.py", "tests/kernels/test_native_running_sums.py"


def follow(page: str, copy: Path) -> None:
    """Put every block of a page at the place that its first line names."""
    for _, block in blocks(page, "text"):
        head, code = block.split("\n", 1)
        found = HEAD.fullmatch(head)
        assert found, f"no place: {head}"
        if found["new"]:
            assert not (copy / found["new"]).exists()
            (copy / found["new"]).write_text(code, "utf-8")
            continue
        file = copy / found["file"]
        lines = file.read_text("utf-8").split("\n")
        if found["line"]:
            (at,) = (i + 1 for i, line in enumerate(lines) if line.strip() == found["line"])
        else:
            at, code = len(lines) - 1, f"\n\n{code}"
        lines[at:at] = code.removesuffix("\n").split("\n")
        file.write_text("\n".join(lines), "utf-8")


def laws(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """What tests say of the new primitive there, up to the first that fails."""
    options = ("-p", "no:cacheprovider", "-q", "-x", "-k", "running_sum")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "WLNET_CACHE_DIR": str(copy / "cache")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its tests, to be changed."""
    for folder in ("wlnet", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_who_follows_the_page_has_a_primitive_that_keeps_all_laws(copy: Path) -> None:
    follow(PAGE.read_text("utf-8"), copy)
    told = laws(copy, LAWS, KERNEL)
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(r"\d{2,} passed", told.stdout)
    clean = [sys.executable, "-m", "ruff", "format", "--check", "."]
    formatted = subprocess.run(clean, cwd=copy, capture_output=True, text=True)
    assert formatted.returncode == 0, formatted.stdout + formatted.stderr


def test_who_forgets_a_place_is_told_which(copy: Path) -> None:
    page = PAGE.read_text("utf-8")
    start, stop = page.index("## 7."), page.index("## 8.")
    follow(page[:start] + page[stop:], copy)
    told = laws(copy, LAWS)
    assert "running_sum has no way to run" in told.stdout
    assert "a row in wlnet/plan/calls" in told.stdout
