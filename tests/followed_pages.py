"""Pages that tell how to add something, followed by the letter in a copy of the package."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.test_docs import ROOT, blocks

HEAD = re.compile(r"# (?:new file: (?P<new>\S+)|(?P<file>\S+), (?:at the end|below: (?P<line>.+)))")


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


def run(copy: Path, *words: str, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python there, with its own package. cache: for kernels that are there alone."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    if cache is not None:
        environment["WLNET_CACHE_DIR"] = str(cache)
    return subprocess.run(
        [sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True
    )


def laws(
    copy: Path, name: str, *tests: str, cache: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """What tests say there of what is new, up to the first that fails."""
    words = ("-m", "pytest", "-p", "no:cacheprovider", "-q", "-x", "-k", name, *tests)
    return run(copy, *words, cache=cache)


def copied(folder: Path) -> Path:
    """The package, its tests and its documentation in a folder, to be changed."""
    for each in ("wlnet", "tests", "docs", "examples"):
        shutil.copytree(ROOT / each, folder / each)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def check_style(copy: Path) -> None:
    """Raise AssertionError where the linter or the formatter, if there is one, has something to say
    there."""
    if importlib.util.find_spec("ruff") is None:  # it comes with what developers install
        return
    for command in (("format", "--check"), ("check", "--no-cache")):
        told = run(copy, "-m", "ruff", *command, ".")
        assert told.returncode == 0, told.stdout + told.stderr
