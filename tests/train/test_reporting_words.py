"""Words about a training that fit their line, whatever it is called and however it goes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.terminals import Terminal
from wlnet.core.terminal import width_of
from wlnet.plot.panel import progress_page
from wlnet.results.progress import Figure, Progress
from wlnet.train.reporting import line, printed
from wlnet.train.reporting.curves import Means
from wlnet.train.reporting.fitted import APART, Item, fitted, plain
from wlnet.train.reporting.plotted import plotted

numbers = st.floats(allow_nan=True, allow_infinity=True)
positive = st.floats(0, 1e12)
points = st.lists(st.tuples(st.floats(0, 1e7), numbers), max_size=150).map(
    lambda found: tuple(sorted(found, key=lambda point: point[0]))
)
maybe = st.none() | numbers
figures = st.lists(
    st.builds(Figure, st.text(max_size=30), maybe, maybe, maybe, st.booleans()), max_size=8
).map(tuple)
counts = st.integers(0, 10**7)
progresses = st.builds(
    Progress, counts, st.none() | counts, counts, st.none() | counts, st.none() | st.floats(0, 1),
    positive, st.none() | positive, figures, positive, st.floats(1e-300, 1e300),
    st.dictionaries(st.sampled_from(["frozen", "slowed", "usual", "fast", "climbing"]), counts),
    st.none() | counts, st.booleans(), st.sampled_from(["", "one pass"]), st.integers(1, 9),
    st.integers(1, 9), st.text(max_size=200), points, points,
    st.none() | st.tuples(positive, st.floats(-1e9, 1e9)), st.booleans(),
    st.sampled_from(["", "compiling"]), st.none(), st.just(""),
)  # fmt: skip
ended = st.builds(
    lambda p, reason: Progress(**{**vars(p), "ended": reason, "verdict": "3 rounds in 2 s"}),
    progresses,
    st.sampled_from(["MaxTrainingRounds", "WeightsDiverged", "TimeGoal"]),
)


@given(progresses, st.integers(20, 200), st.booleans())
def test_no_line_is_wider_than_the_terminal(p: Progress, width: int, letters: bool) -> None:
    for items in (line.items_of(p, letters), printed.items_of(p)):
        text, taken = line.line_of(items, width)
        assert width_of(text) == taken <= width
        assert text.isprintable()
        colored, same = line.line_of(items, width, colors=True)
        assert same == taken and (not colored or colored.replace("\x1b", "").isprintable())


@given(ended, st.integers(20, 200))
def test_the_last_line_tells_how_it_ended_however_narrow(p: Progress, width: int) -> None:
    assert line.line_of(line.last_items(p), width)[0].startswith("3 rounds in 2 s")


@given(progresses, st.integers(30, 100), st.booleans())
def test_curves_fit_and_fill_their_rows(p: Progress, width: int, letters: bool) -> None:
    rows = plotted(p, width, letters)
    assert all(width_of(row) <= width and row.isprintable() for row in rows)
    assert not rows or len(rows) == 8
    if not letters:
        assert all(row.isascii() for row in rows)


@given(progresses | ended)
def test_a_page_holds_whatever_it_is_told(p: Progress) -> None:
    page = progress_page(p)
    assert page.count("<div") == page.count("</div>")


@given(st.lists(st.floats(-1e6, 1e6), max_size=600), st.integers(2, 40), st.data())
def test_means_are_those_of_all_values_however_these_come(
    values: list[float], most: int, data: Any
) -> None:
    means = Means(most)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4)))
    for end in (*cuts, len(values)):
        found = means.points(values[:end])
    assert found == Means(most).points(values)
    assert len(found) <= most + 1
    whole = [mean for _, mean in found]
    places = [x for x, _ in found]
    assert places == sorted(places) and all(1 <= x <= len(values) for x in places)
    if values:
        assert min(values) - 1e-6 <= min(whole) and max(whole) <= max(values) + 1e-6


def test_means_of_a_series_that_was_cut_begin_anew() -> None:
    means = Means(4)
    means.points([1.0] * 50)
    assert means.points([2.0, 2.0, 2.0]) == [(1.0, 2.0), (2.0, 2.0), (3.0, 2.0)]


forms = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=12), st.integers(0, 9)), min_size=1, max_size=3
)
items = st.lists(
    forms.map(
        lambda told: Item(
            tuple(text for text, _ in told),
            # Only the last form may be one that is never given up.
            (*sorted((rank + 1 for _, rank in told[1:]), reverse=True), min(told[0][1], 1)),
        )
    ),
    min_size=1,
    max_size=7,
)


@given(items, st.integers(1, 60))
def test_what_matters_least_goes_first_and_nothing_goes_needlessly(
    given_items: list[Item], width: int
) -> None:
    told = [words for words, _ in fitted(given_items, width)]
    wide = len(APART.join(told))
    if wide > width:
        # Only what is never given up is left.
        assert told == [each.forms[-1] for each in given_items if not each.ranks[-1]]
    if len(APART.join(each.forms[0] for each in given_items)) <= width:
        assert told == [each.forms[0] for each in given_items]


def test_a_name_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[2Jb\nc\r") == "a?[2Jb?c?"
    p = Progress(1, 2, 1, 2, 0.5, 1.0, 1.0, (Figure("Loss", 1.0), Figure("\x1b[2J", 2.0)), 1.0, 0.1,
                 {"usual": 1})  # fmt: skip
    assert "?[2J 2.000" in line.line_of(line.items_of(p, True), 200)[0]


@pytest.mark.parametrize("letters", [True, False])
def test_a_bar_of_an_end_that_nobody_knows_moves(letters: bool) -> None:
    from wlnet.train.reporting.words import bar

    drawn = [bar(None, 6, letters, beat) for beat in range(11)]
    assert len(set(drawn[:6])) == 6 and drawn[0] == drawn[10]
    assert {len(each) for each in drawn} == {6 if letters else 8}


def test_room_that_is_left_over_is_used_for_what_matters_most() -> None:
    one, other = Item(("a long word", "a"), (5, 0)), Item(("the other",), (4,))
    assert [words for words, _ in fitted([one, other], 12)] == ["a", "the other"]
    # Without the other there is room for the long one.
    assert [words for words, _ in fitted([one, other], 11)] == ["a long word"]


@given(st.integers(20, 60))
def test_a_verdict_that_is_too_long_is_cut_and_not_wrapped(width: int) -> None:
    verdict = "the time is up: 12,345 rounds and 678 batches in 12:34:56 (and 12 s of compiling)"
    p = Progress(1, 2, 0, 1, 1.0, 1.0, 0.0, (), 0.0, 0.1, {}, ended="TimeGoal", verdict=verdict)
    for colors in (False, True):
        text, taken = line.line_of(line.last_items(p), width, colors)
        assert taken <= width and "the time is up"[:width] in text


def test_between_validations_the_line_of_training_is_seen() -> None:
    many = tuple((float(n), 1.0 / n) for n in range(1, 101))
    p = Progress(99, 99, 1, 1, 1.0, 1.0, 0.0, (), 0.0, 0.1, {}, training=many, validation=many)
    rows = plotted(p, 80, True)[:-1]
    assert 10 < sum(row.count("o") for row in rows) <= 20


def test_names_are_no_html() -> None:
    name = "<script>alert(1)</script>"
    p = Progress(1, 2, 1, 2, 0.5, 1.0, 1.0, (Figure(name, 1.0),), 1.0, 0.1, {}, phases=2,
                 phase_words=name, waits=name, unit=name, verdict=name)  # fmt: skip
    assert "<script" not in progress_page(p)


def test_of_two_lines_the_one_that_began_last_is_drawn() -> None:
    p = Progress(1, 2, 1, 2, 0.5, 1.0, 1.0, (), 1.0, 0.1, {"usual": 1})
    stream = Terminal()
    one, other = line.Line(stream), line.Line(stream)
    one.show(p)
    assert stream.getvalue() == ""
    other.show(p)
    other.close()
    one.show(p)
    one.close()
    assert stream.getvalue().count("round 1 of 2") == 2
