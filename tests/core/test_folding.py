"""Long tables about nets are folded by part: no row is lost, and none says what it did not say."""

from __future__ import annotations

from collections.abc import Hashable

from hypothesis import given
from hypothesis import strategies as st

from wlnet.core.folding import Line, fold
from wlnet.core.parts import Path


def told(lines: list[Line], says: list[int], most: int) -> dict[str, int]:
    folds = fold(lines, lambda row, at: says[row], most)
    return {"/".join(each.label): len(each.rows) for each in folds}


def layers(*paths: Path, names: tuple[str, ...] = ("Weights", "Biases")) -> list[Line]:
    return [Line(path, name) for path in paths for name in names]


STEPS = st.one_of(st.integers(1, 6), st.sampled_from(["a", "b", "read"]))
LINES = st.lists(
    st.builds(
        Line,
        st.lists(STEPS, max_size=4).map(tuple),
        st.sampled_from(["Weights", "Biases", None]),
    ),
    max_size=60,
)


@given(LINES, st.lists(st.integers(0, 2), min_size=60, max_size=60), st.integers(1, 70))
def test_every_row_is_in_one_folded_row_and_says_what_that_says(
    lines: list[Line], says: list[int], most: int
) -> None:
    folds = fold(lines, lambda row, at: says[row], most)
    assert sorted(row for each in folds for row in each.rows) == list(range(len(lines)))
    for each in folds:
        assert len({says[row] for row in each.rows}) == 1
    assert len(folds) <= len(lines)
    if len(lines) <= most:
        assert all(len(each.rows) == 1 for each in folds)


@given(LINES, st.lists(st.integers(0, 2), min_size=60, max_size=60))
def test_who_allows_more_rows_gets_as_many_or_more(lines: list[Line], says: list[int]) -> None:
    counts = [len(fold(lines, lambda row, at: says[row], most)) for most in (1, 5, 20, 60)]
    assert counts == sorted(counts)


@given(LINES, st.lists(st.integers(0, 2), min_size=60, max_size=60))
def test_a_row_alone_keeps_its_path(lines: list[Line], says: list[int]) -> None:
    for each in fold(lines, lambda row, at: says[row], 10):
        if len(each.rows) == 1:
            path, name = lines[each.rows[0]]
            assert each.label == (*map(str, path), *([] if name is None else [name]))


def test_a_part_that_says_the_same_throughout_is_one_row() -> None:
    lines = layers(("block", 1), ("block", 2), ("read",))
    inner = {"block/1": 2, "block/2": 2, "read/Weights": 1, "read/Biases": 1}
    assert told(lines, [0, 0, 0, 0, 1, 1], 5) == inner
    assert told(lines, [0, 0, 0, 0, 1, 1], 2) == {"block": 4, "read": 2}


def test_it_is_folded_no_further_than_it_takes() -> None:
    lines = layers(*((f"block{n}", m) for n in range(3) for m in range(4)))
    says = [0] * len(lines)
    assert len(told(lines, says, 24)) == 24
    assert len(told(lines, says, 23)) == 12
    assert told(lines, says, 11) == {f"block{n}": 8 for n in range(3)}
    assert told(lines, says, 2) == {"block0;;block2": 24}


def test_layers_with_frozen_biases_are_two_rows() -> None:
    lines = layers(*((n,) for n in range(1, 61)))
    assert told(lines, [0, 1] * 60, 40) == {"1;;60/Weights": 60, "1;;60/Biases": 60}


def test_of_several_depths_the_one_that_tells_most_is_folded() -> None:
    lines = layers(*((f"stage{n}", m) for n in (1, 2) for m in range(1, 31)))
    assert told(lines, [0, 1] * 60, 40) == {
        "stage1/1;;30/Weights": 30,
        "stage1/1;;30/Biases": 30,
        "stage2/1;;30/Weights": 30,
        "stage2/1;;30/Biases": 30,
    }
    assert told(lines, [0, 1] * 60, 3) == {
        "stage1;;stage2/1;;30/Weights": 60,
        "stage1;;stage2/1;;30/Biases": 60,
    }


def test_layers_that_take_turns_are_a_row_each() -> None:
    lines = [Line((n,)) for n in range(1, 120)]
    assert told(lines, [n % 2 for n in range(119)], 40) == {"1;;119": 60, "2;;118": 59}


def test_parts_that_differ_in_one_thing_are_not_put_together() -> None:
    lines = layers(*((n,) for n in range(1, 61)))
    says = [0, 1] * 60
    says[2 * 29] = 2
    assert told(lines, says, 40) == {
        "1;;29/Weights": 29,
        "1;;29/Biases": 29,
        "30/Weights": 1,
        "30/Biases": 1,
        "31;;60/Weights": 30,
        "31;;60/Biases": 30,
    }


def test_what_each_part_says_of_itself_is_seen_from_it() -> None:
    lines = layers(*((n,) for n in range(1, 61)))

    def says(row: int, at: Path) -> Hashable:
        place = lines[row].path
        return "itself" if place == at else place

    assert [each.label for each in fold(lines, says, 40)] == [("1;;60",)]


def test_what_can_not_be_folded_stays() -> None:
    lines = layers(*((n,) for n in range(1, 51)))
    assert len(told(lines, list(range(100)), 40)) == 100
