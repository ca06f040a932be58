"""The commit that was measured, where git can tell."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHANGED = " changed"
"""Follows the hash where files of the package or of its benchmarks are not as in the commit."""
UNCHANGED = ("tests/benchmarks/results.json",)
"""What a run itself writes."""


def revision(root: Path = ROOT) -> str | None:
    """The short hash, with a word where the code that runs is not that of the commit; or None."""
    commit = _git(root, "rev-parse", "--short", "HEAD")
    if not commit:
        return None
    without = [f":(exclude){file}" for file in UNCHANGED]
    changed = _git(root, "status", "--porcelain", "--", "wlnet", "tests/benchmarks", *without)
    return commit + (CHANGED if changed else "")


def _git(root: Path, *words: str) -> str | None:
    """What git answers; None where there is no git, or no repository."""
    try:
        asked = ["git", "-C", str(root), *words]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
