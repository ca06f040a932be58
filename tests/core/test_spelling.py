"""What was probably meant is found, and names of any length take no time."""

from __future__ import annotations

import difflib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlnet.core.spelling import edit_distance, nearest, suggestion

WORDS = st.text("abAB1", max_size=9)


@given(WORDS, st.lists(WORDS, max_size=6))
def test_leaving_out_what_cannot_be_near_changes_no_answer(word: str, known: list[str]) -> None:
    scored = []
    for name in dict.fromkeys(known):
        distance = edit_distance(word.lower(), name.lower())
        ratio = difflib.SequenceMatcher(None, word.lower(), name.lower()).ratio()
        if (distance <= 2 and distance < max(len(word), len(name))) or ratio >= 0.6:
            scored.append((distance, -ratio, name))
    assert nearest(word, known, 9) == [name for *_, name in sorted(scored)[:9]]


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("a" * 100_000, ["Weights", "a" * 99_999, "ab" * 50_000]),
        ("Weights", ["W" * 100_000]),
        ("layer", [f"a{i}" * 30 for i in range(16_384)]),
    ],
    ids=["long", "among long", "among many"],
)
def test_names_of_any_length_take_no_time(word: str, known: list[str]) -> None:
    begun = time.process_time()
    assert suggestion(word, known) is None
    assert time.process_time() - begun < 5  # letter by letter it is hours
