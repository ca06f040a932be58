"""docs/frozen-elsewhere.md tells what is measured of every library, with the versions it names."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from tests.comparisons import PAGE, SCRIPTS, rows_of, script

PEERS = {"PyTorch": "torch", "Keras": "keras", "optax": "optax", "JAX": "jax"}
EXACT = [name for name in SCRIPTS if name != "time_saved"]


def near(told: str, found: str) -> bool:
    """Whether a cell is what was measured: numbers as far as the last digit may differ."""
    numbers = re.compile(r"\d+\.\d+(?:e-?\d+)?")
    if numbers.sub("", told) != numbers.sub("", found):
        return False
    pairs = zip(numbers.findall(told), numbers.findall(found), strict=True)
    return all(abs(float(a) - float(b)) <= 0.15 * float(a) for a, b in pairs)


@pytest.mark.parametrize("name", EXACT)
def test_the_page_tells_what_is_measured_of_all(name: str) -> None:
    found: list[tuple[str, ...]] = script(name).table.measured()
    told = rows_of(name)
    lost = [
        (row, other)
        for row, other in zip(told, found, strict=True)
        if not all(map(near, row, other))
    ]
    assert not lost


def test_the_page_names_the_versions_that_are_installed() -> None:
    line = next(
        line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("Measured")
    )
    for name, module in PEERS.items():
        version: Any = importlib.import_module(module).__version__
        assert f"{name} {version.partition('+')[0]}" in line


def test_the_page_tells_about_what_is_saved() -> None:
    told, found = rows_of("time_saved"), script("time_saved").table.measured()
    shares = [[int(row[2].removesuffix(" %")) for row in rows] for rows in (told, found)]
    assert all(abs(a - b) <= 20 for a, b in zip(*shares, strict=True)), shares
