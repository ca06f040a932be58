"""What net_program tells of a batch in parts is what is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import wlnet as wl
from tests.parallel.nets import NETS, arrays, data_of, net_of
from tests.parallel.pretended import Pretended, together

PARTS, BATCH = 8, 16


def told(name: str, rules: Any = wl.AUTOMATIC) -> wl.ProgramReport:
    return wl.net_program(
        net_of(name), batch_size=BATCH, batch_parts=PARTS, learning_rate_multipliers=rules
    )


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("rules", [{wl.ANY: 1}, {-1: 1, wl.ANY: 0}], ids=["all", "last"])
def test_as_many_bytes_are_sent_as_it_says(name: str, rules: Any) -> None:
    x, y = data_of(name)

    def sent(each: Pretended, steps: int) -> int:
        before = each.sent
        wl.net_train(
            net_of(name), (x[: steps * BATCH], y[: steps * BATCH]), max_training_rounds=1,
            batch_size=BATCH, batch_parts=PARTS,
            learning_rate_multipliers=rules, communicator=each, training_progress_reporting=None,
            method="SGD", frozen_prefix_bytes=0,
        )  # fmt: skip
        return each.sent - before

    def run(each: Pretended) -> float:
        # What is sent at the end of a training is the same for any number of steps.
        return (sent(each, 5) - sent(each, 2)) / 3

    rows = told(name, rules).traffic
    assert [row.ranks for row in rows] == [1, 2, 4, 8]
    assert rows[0].bytes_sent == rows[0].messages == 0
    for row in rows[1:]:
        assert set(together(row.ranks, run)) == {row.bytes_sent}, row.ranks
        assert row.parts * row.ranks == PARTS and 2**row.depth == row.ranks


def test_freezing_sends_nothing_of_what_is_frozen() -> None:
    """And it is told what would be sent else."""
    rules = {-1: 1, wl.ANY: 0}
    some, all_of_it = told("images", rules).traffic[-1], told("images", {wl.ANY: 1}).traffic[-1]
    assert some.bytes_sent < all_of_it.bytes_sent == all_of_it.bytes_with_all_trained
    assert some.bytes_with_all_trained == all_of_it.bytes_sent
    frozen = told("normalized", {2: 0, 5: 0, wl.ANY: 1}).traffic[-1]
    assert frozen.bytes_of_meetings == 0 < told("normalized").traffic[-1].bytes_of_meetings


def test_the_report_says_what_a_part_does_and_what_follows() -> None:
    report = told("normalized")
    whole = wl.net_program(
        net_of("normalized"), batch_size=BATCH, learning_rate_multipliers=wl.AUTOMATIC
    )
    assert (report.batch_size, report.batch_parts) == (BATCH, PARTS)
    assert all(row.shapes[0][0] != BATCH for row in report.steps if row.shapes[0])
    assert {row.layer for row in report.updates} == {(1,), (2,), (4,), (5,), (6,)}
    assert report.array_bytes == whole.array_bytes
    assert report.state_bytes == whole.state_bytes > 0
    text = str(report)
    for words in ("in 8 parts", "for every part of a batch", "ranks", "sum over the parts"):
        assert words in text
    assert "ranks" not in str(whole)


@pytest.mark.parametrize("name", NETS)
def test_a_step_of_each_number_of_ranks_can_be_measured(name: str) -> None:
    """And what is measured stays as it is."""
    net = net_of(name)
    before = {key: array.tobytes() for key, array in arrays(net).items()}
    more: dict[str, Any] = {"batch_parts": 4, "learning_rate_multipliers": 1, "measured": True}
    report = wl.net_program(net, batch_size=BATCH, **more)
    plain = wl.net_program(net, batch_size=BATCH, **{**more, "measured": False})
    assert [replace(row, microseconds=None) for row in report.traffic] == [*plain.traffic]
    assert all(row.microseconds and row.microseconds > 0 for row in report.traffic)
    assert "µs" in str(report)
    assert "µs" not in str(plain)
    assert {key: array.tobytes() for key, array in arrays(net).items()} == before


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"batch_parts": 3, "learning_rate_multipliers": 1}, "a power of two"),
        ({"batch_parts": 4}, "only a training"),
    ],
)
def test_wrong_questions_are_errors(more: dict[str, Any], message: str) -> None:
    with pytest.raises(wl.OptionError, match=message):
        wl.net_program(net_of("linear"), **more)
