"""The pictures of README.md and docs/ are those that the code draws now."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.test_docs import PAGES, ROOT

FOLDER = ROOT / "docs" / "pictures"
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
FAR = 3.0
"""Pixels by which a curve may lie elsewhere: on other machines sums are rounded otherwise."""


def script() -> Any:
    return runpy.run_path(str(ROOT / "docs" / "pictures.py"))


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    found: dict[str, str] = script()["drawn"]()
    return found


def parts(text: str) -> Iterator[tuple[str, list[float]]]:
    """Every element, with its words, and its numbers apart. Names go by what is drawn."""
    for element in ElementTree.fromstring(text).iter():
        if element.tag.endswith("style"):
            continue
        said = f"{sorted(element.items())} {element.text or ''}"
        said = re.sub(r"wl[0-9a-f]{10}", "wl", said)
        yield element.tag + NUMBER.sub("#", said), [float(n) for n in NUMBER.findall(said)]


def assert_alike(text: str, other: str) -> None:
    one, two = list(parts(text)), list(parts(other))
    assert [words for words, _ in one] == [words for words, _ in two]
    for (words, numbers), (_, others) in zip(one, two, strict=True):
        for a, b in zip(numbers, others, strict=True):
            assert abs(a - b) <= max(FAR, 0.05 * abs(a)), words


def test_the_folder_has_the_pictures_that_are_drawn(drawn: dict[str, str]) -> None:
    assert {file.name for file in FOLDER.iterdir()} == {f"{name}.svg" for name in drawn}


def test_every_picture_is_up_to_date(drawn: dict[str, str]) -> None:
    """If not: make pictures, and look at them."""
    for name, text in drawn.items():
        assert_alike(text, (FOLDER / f"{name}.svg").read_text("utf-8"))


def test_what_is_drawn_otherwise_is_seen(drawn: dict[str, str]) -> None:
    text = drawn["loss"]
    for changed in (text.replace("loss", "lost"), text.replace("<circle", "<ellipse", 1),
                    re.sub(r'cy="(\d)', r'cy="9\1', text, count=1)):  # fmt: skip
        assert changed != text
        with pytest.raises((AssertionError, ElementTree.ParseError)):
            assert_alike(changed, text)


def test_every_picture_is_shown_on_a_page_and_told_in_words() -> None:
    shown = re.compile(r"!\[([^\]]*)\]\(([^)\s]+\.svg)\)")
    found: set[Path] = set()
    for page in PAGES:
        for words, link in shown.findall(page.read_text("utf-8")):
            assert len(words) > 10, f"{page}: what is to be seen on {link}"
            found.add((page.parent / link).resolve())
    assert found == set(FOLDER.iterdir())
