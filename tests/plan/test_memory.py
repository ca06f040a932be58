"""Where values lie, and where workers wait: beside a plain reference that looks at every pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlnet.engine.blueprint import LINE, Step, View
from wlnet.kernels.elementwise.arithmetic import fill
from wlnet.plan.memory.lifetimes import Life, lives, offsets, waits

NUMBER = 4  # bytes of a number
FEW = 250


def view(slot: int, start: int = 0, count: int = 4) -> View:
    """Numbers one after another."""
    return View(slot, start * NUMBER, (count,), (NUMBER,))


def step(
    reads: Sequence[View] = (),
    writes: Sequence[View] = (),
    own: Sequence[View] = (),
    share: Any = (8, 1),
) -> Step:
    return Step("fill", fill, (), tuple(reads), tuple(writes), share=share, own=frozenset(own))


def waiting(steps: Sequence[Step], places: Any) -> list[bool]:
    """Before which steps workers wait; all else of them stays as it is."""
    found = waits(steps, places)
    plain = [(each.reads, each.writes, each.own, each.share) for each in steps]
    assert [(each.reads, each.writes, each.own, each.share) for each in found] == plain
    return [each.wait for each in found]


# Waits

x, y, z = view(0), view(1), view(2)
APART: Any = {0: ("arena", 0), 1: ("arena", 64), 2: ("arena", 128)}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(step(writes=[x]), step(reads=[x]), id="read what was written"),
        pytest.param(step(writes=[x]), step(writes=[x]), id="write what was written"),
        pytest.param(step(reads=[x]), step(writes=[x]), id="write what was read"),
        pytest.param(step(writes=[x]), step(reads=[view(0, 3, 9)]), id="read a part of it"),
        pytest.param(
            step(writes=[x], own=[x]),
            step(reads=[x], own=[x], share=(8, 2)),
            id="divided otherwise",
        ),
        pytest.param(step(writes=[x], own=[x]), step(reads=[x]), id="divided by the first alone"),
        pytest.param(
            step(writes=[x], own=[x]),
            step(reads=[view(0, 1)], own=[view(0, 1)]),
            id="divided alike, of another range",
        ),
        pytest.param(
            step(writes=[x], own=[x], share=None),
            step(reads=[x], own=[x], share=None),
            id="not divided",
        ),
    ],
)
def test_workers_wait_before_they_meet(first: Step, then: Step) -> None:
    assert waiting([first, then], APART) == [False, True]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(step(reads=[x]), step(reads=[x]), id="both read"),
        pytest.param(step(writes=[x]), step(writes=[y]), id="elsewhere"),
        pytest.param(step(writes=[x]), step(writes=[view(0, 4)]), id="right after it"),
        pytest.param(step(writes=[view(0, 4)]), step(writes=[x]), id="right before it"),
        pytest.param(step(writes=[x], own=[x]), step(reads=[x], own=[x]), id="their own rows"),
        pytest.param(step(reads=[x], writes=[x]), step(reads=[y]), id="one step with itself"),
    ],
)
def test_workers_that_do_not_meet_do_not_wait(first: Step, then: Step) -> None:
    assert waiting([first, then], APART) == [False, False]


def test_the_same_bytes_of_other_memory_are_not_waited_for() -> None:
    places: Any = {0: ("arena", 0), 1: ((1, "Weights"), 0)}
    assert waiting([step(writes=[x]), step(writes=[y])], places) == [False, False]


def test_slots_at_the_same_place_are_the_same_memory() -> None:
    places: Any = {0: ("arena", 64), 1: ("arena", 64)}
    assert waiting([step(writes=[x]), step(reads=[y])], places) == [False, True]


def test_a_wait_is_for_all_that_came_before() -> None:
    steps = [step(writes=[x]), step(writes=[y]), step(reads=[x]), step(reads=[y])]
    assert waiting(steps, APART) == [False, False, True, False]


@pytest.mark.parametrize(
    "between",
    [view(0, 3), view(0, 1, 2), view(0, 2, 12)],
    ids=["over their end", "inside them", "from inside them over others"],
)
def test_rows_are_nobodys_own_if_another_range_between_reaches_into_them(between: View) -> None:
    reads = [step(reads=[each], own=[each]) for each in (x, view(0, 5))]
    write = step(writes=[x], own=[x])
    assert waiting([*reads, write], APART) == [False, False, False]
    reads.append(step(reads=[between], own=[between]))
    assert waiting([*reads, write], APART) == [False, False, False, True]


def touches(step: Step, places: Any) -> list[tuple[bool, Any, range, Any]]:
    """Whether a step writes, and which bytes of which memory, divided how."""
    found = []
    for written, views in ((False, step.reads), (True, step.writes)):
        for each in views:
            memory, at = places[each.slot]
            start = at + each.offset
            bytes_ = range(start, start + NUMBER * each.shape[0])
            found.append((written, memory, bytes_, step.share if each in step.own else None))
    return found


def meet(one: Any, other: Any) -> bool:
    if not (one[0] or other[0]) or one[1] != other[1] or set(one[2]).isdisjoint(other[2]):
        return False
    return one[1:] != other[1:] or one[3] is None


def waits_pair_by_pair(steps: Sequence[Step], places: Any) -> list[bool]:
    """Every touch beside every other since the last wait, byte by byte."""
    found: list[bool] = []
    since: list[Any] = []
    for each in steps:
        now = touches(each, places)
        found.append(any(meet(one, other) for one in now for other in since))
        since = now if found[-1] else since + now
    return found


MEMORIES = "arena", (1, "Weights"), (2, "Weights")
some_views = st.lists(
    st.builds(view, st.integers(0, 3), st.integers(0, 12), st.integers(2, 6)), max_size=3
)


@st.composite
def some_steps(draw: st.DrawFn) -> list[Step]:
    """Steps over few places, so that equal ranges and overlaps of all kinds come up."""
    found = []
    for _ in range(draw(st.integers(0, 15))):
        reads, writes = draw(some_views), draw(some_views) if draw(st.booleans()) else []
        own = [each for each in (*reads, *writes) if draw(st.booleans())]
        found.append(step(reads, writes, own, draw(st.sampled_from([None, (8, 1), (8, 2)]))))
    return found


@given(
    some_steps(),
    st.lists(st.tuples(st.sampled_from(MEMORIES), st.integers(0, 12)), min_size=4, max_size=4),
)
def test_waits_are_those_found_pair_by_pair(steps: list[Step], drawn: list[Any]) -> None:
    places = {slot: (memory, NUMBER * at) for slot, (memory, at) in enumerate(drawn)}
    assert waiting(steps, places) == waits_pair_by_pair(steps, places)


@given(st.data())
def test_waits_of_rows_divided_alike_are_those_found_pair_by_pair(data: st.DataObject) -> None:
    # Hardly any wait, so that much is kept.
    whole = [view(0, 4 * number) for number in range(6)]
    any_range = st.builds(view, st.just(0), st.integers(0, 20), st.integers(2, 9))
    steps = []
    for _ in range(data.draw(st.integers(0, 30))):
        reads = data.draw(st.lists(st.sampled_from(whole), max_size=2))
        if data.draw(st.integers(0, 9)) == 0:
            reads.append(data.draw(any_range))
        writes = data.draw(st.lists(st.sampled_from(whole), max_size=1))
        steps.append(step(reads, writes, [*reads, *writes]))
    assert waiting(steps, APART) == waits_pair_by_pair(steps, APART)


# Offsets


@st.composite
def some_lives(draw: st.DrawFn) -> dict[int, Life]:
    found = {}
    for slot in draw(st.permutations(range(draw(st.integers(0, 25))))):
        born = draw(st.integers(0, 12))
        size = draw(st.one_of(st.integers(0, 5 * LINE), st.sampled_from([64, 128, 640])))
        found[slot] = Life(size, born, born + draw(st.integers(0, 6)))
    return found


def bytes_of(life: Life) -> int:
    return LINE * max(1, (life.bytes + LINE - 1) // LINE)


def offsets_pair_by_pair(lives: dict[int, Life], reuse: bool) -> dict[int, int]:
    """Each lies as low as it can between all that are still needed at its birth."""
    found: dict[int, int] = {}
    for slot, life in sorted(lives.items(), key=lambda item: item[1].born):
        others = [other for other in found if not reuse or lives[other].died >= life.born]
        at = 0
        for other in sorted(others, key=found.__getitem__):
            if found[other] - at >= bytes_of(life):
                break
            at = found[other] + bytes_of(lives[other])
        found[slot] = at
    return found


@given(some_lives(), st.booleans())
def test_offsets_are_those_found_pair_by_pair(lives: dict[int, Life], reuse: bool) -> None:
    found, top = offsets(lives, reuse=reuse)
    assert found == offsets_pair_by_pair(lives, reuse)
    assert list(found) == sorted(lives, key=lambda slot: lives[slot].born)
    assert top == max((at + bytes_of(lives[slot]) for slot, at in found.items()), default=0)


@given(some_lives())
def test_values_that_are_needed_at_the_same_time_lie_apart(lives: dict[int, Life]) -> None:
    found, _ = offsets(lives)
    for one, at in found.items():
        for other, there in found.items():
            together = lives[one].born <= lives[other].died and lives[other].born <= lives[one].died
            if one < other and together:
                apart = at + lives[one].bytes <= there or there + lives[other].bytes <= at
                assert apart


def test_a_value_takes_the_place_of_one_that_died_before_it() -> None:
    ends = {1: Life(64, 0, 1), 2: Life(64, 0, 3), 3: Life(64, 1, 3), 4: Life(64, 2, 3)}
    assert offsets(ends) == ({1: 0, 2: 64, 3: 128, 4: 0}, 192)
    assert offsets(ends, reuse=False) == ({1: 0, 2: 64, 3: 128, 4: 192}, 256)


def test_a_life_is_from_the_first_touch_to_the_last_unless_it_is_kept() -> None:
    steps = [step(writes=[x]), step(reads=[x], writes=[y]), step(reads=[x, z])]
    assert lives({0: 4, 1: 8, 2: 4, 3: 4}, steps, {2}) == {
        0: Life(4, 0, 2),
        1: Life(8, 1, 1),
        2: Life(4, 0, 3),
        3: Life(4, 0, 3),
    }


# Many


class Counted(int):
    """A number that counts how often one like it is compared."""

    compared = 0

    def __add__(self, other: int) -> Counted:
        return Counted(int(self) + other)

    def __lt__(self, other: int) -> bool:
        Counted.compared += 1
        return int(self) < int(other)

    def __gt__(self, other: int) -> bool:
        Counted.compared += 1
        return int(self) > int(other)


def comparisons_of_waits(count: int) -> int:
    """Each step reads and writes what no other touches, as where weights are packed."""
    places: Any = {slot: ("arena", Counted(64 * slot)) for slot in range(2 * count)}
    steps = [step([view(2 * slot)], [view(2 * slot + 1)]) for slot in range(count)]
    Counted.compared = 0
    assert not any(waiting(steps, places))
    return Counted.compared


def comparisons_of_offsets(count: int) -> int:
    """Each value is needed once more on the way back."""
    pairs = {n: Life(64, Counted(n), Counted(2 * count - n)) for n in range(count)}
    pairs |= {n: Life(64, Counted(n), Counted(n)) for n in range(count, 2 * count)}
    Counted.compared = 0
    assert offsets(pairs)[1] == 64 * (count + 1)
    return Counted.compared


@pytest.mark.parametrize("comparisons", [comparisons_of_waits, comparisons_of_offsets])
def test_four_times_as_many_need_little_more_than_four_times_as_many_comparisons(
    comparisons: Callable[[int], int],
) -> None:
    # Each beside each would be sixteen times as many.
    assert 0 < comparisons(4 * FEW) < 6 * comparisons(FEW)
