"""The words of the house and those of the field: docs/why/words.md and the files agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "why" / "words.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `([^`|]+)` \|$", re.MULTILINE)
ROWS: list[tuple[str, str, str]] = ROW.findall(PAGE.read_text("utf-8"))


def words_of(text: str) -> str:
    """What can be searched for words: in small letters, without breaks of lines."""
    return re.sub(r"[\s#]+", " ", text).lower()


def stands_in(phrase: str, text: str) -> bool:
    """Whether a word, or words one after another, stand in a text, in the singular or plural. What
    a phrase says in parentheses is for the reader."""
    words = re.sub(r"\s*\([^)]*\)", "", phrase).strip().lower()
    return re.search(rf"(?<!\w){re.escape(words)}(s|es)?(?!\w)", words_of(text)) is not None


@pytest.mark.parametrize(("house", "field", "file"), ROWS, ids=[" = ".join(row) for row in ROWS])
def test_both_words_stand_in_the_file_that_a_row_names(house: str, field: str, file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert [word for word in (house, field) if not stands_in(word, text)] == []


def test_every_row_of_the_table_is_read_and_no_word_of_the_field_comes_twice_for_a_file() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    assert len(ROWS) == len(lines) - 2, "a row that is written in another way"
    assert len({(field, file) for _, field, file in ROWS}) == len(ROWS)


def test_a_word_is_found_across_lines_and_not_inside_of_another() -> None:
    assert stands_in("frozen prefix (a part)", "the Frozen\nprefix is")
    assert stands_in("tap", "which taps")
    assert not stands_in("tap", "a tape")


def test_no_message_puts_an_article_before_a_kind_without_looking_at_it() -> None:
    """An AttentionLayer, a NetChain: `wlnet.core.names.a` knows."""
    found = [
        f"{file.name}: {line.strip()}"
        for file in (ROOT / "wlnet").rglob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"\b[aA] \{[\w.\[\]]+\.kind\}", line)
    ]
    assert found == []
