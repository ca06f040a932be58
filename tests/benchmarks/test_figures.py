"""From seconds to figures; the limits of a machine, and products beside them."""

from __future__ import annotations

from itertools import pairwise

import llvmlite.binding as llvm
import pytest

import wlnet as wl
from tests.benchmarks import product_rows
from tests.benchmarks.cases import GOALS, Case
from tests.benchmarks.contenders import wlnet_nets
from tests.benchmarks.figures import (
    Span,
    amount,
    best_of,
    ratio,
    set_up,
    steps_alone,
    verdict,
    verdict_on_seconds,
)
from tests.benchmarks.growth import SERIES
from tests.benchmarks.kernels import fma_code, fma_loop, shown
from tests.benchmarks.limits import Allowed, allowed, numbers, operations
from tests.benchmarks.machine import lanes
from tests.benchmarks.product_rows import Sizes, Timed
from tests.benchmarks.rehearsal import CASES, PRODUCTS
from tests.benchmarks.work import Net, Work
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph


def test_a_ratio_is_that_of_the_medians_against_the_best_variant_of_a_peer() -> None:
    case, peer = GOALS[0], GOALS[0].peers[0]
    entry = {
        "seconds": {
            "wlnet": [9.0, 1.0, 2.0],
            "wlnet 1 worker": [0.1],
            "torch fused": [8.0, 7.0, 60.0],
            "torch fused compile": [6.0],
        }
    }
    assert best_of(entry, peer) == (6.0, "torch fused compile")
    assert ratio(case, entry, peer) == Span(6 / 9, 3.0, 6.0)
    assert ratio(case, {"seconds": {"wlnet": [1.0]}}, peer) is None


@pytest.mark.parametrize(
    ("reached", "words"), [(5, "aim reached"), (4, "must reached"), (3.9, "**below must**")]
)
def test_a_goal_is_reached_or_not(reached: float, words: str) -> None:
    assert verdict(Span(reached, reached, reached), 4, 5) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(4, 4.5, 6), "must reached"),
        (Span(3.9, 4.5, 6), "must reached, within the spread"),
        (Span(3, 3.9, 4), "**below must**, within the spread"),
        (Span(4.9, 5, 6), "aim reached, within the spread"),
    ],
)
def test_a_goal_that_single_runs_miss_or_reach_is_within_the_spread(span: Span, words: str) -> None:
    assert verdict(span, 4, 5) == words


def test_what_has_no_goals_has_no_verdict() -> None:
    assert verdict(Span(0.5, 1, 2), None, None) == ""


def test_fewer_seconds_are_better() -> None:
    assert verdict_on_seconds([4], 10, 5) == "aim reached"
    assert verdict_on_seconds([7], 10, 5) == "must reached"
    assert verdict_on_seconds([11], 10, 5) == "**below must**"
    assert verdict_on_seconds([1], None, 0.8) == "below aim"
    assert verdict_on_seconds([0.7, 0.9, 1], None, 0.8) == "below aim, within the spread"


def test_figures_have_three_digits() -> None:
    assert [amount(x, "s") for x in (265_432, 1.2345, 0.01234)] == [
        "265,000 s",
        "1.23 s",
        "0.0123 s",
    ]


@pytest.mark.parametrize("case", [case for case in CASES if case.share], ids=lambda c: c.name)
def test_the_work_of_a_step_is_that_of_its_products(case: Case) -> None:
    forward = by_weights = by_inputs = 0
    arrays = 0
    for i, (inputs, outputs) in enumerate(pairwise(case.work.net.sizes)):
        forward += 2 * case.work.batch * inputs * outputs
        by_weights += 2 * case.work.batch * inputs * outputs
        by_inputs += 2 * case.work.batch * inputs * outputs if i else 0
        arrays += inputs * outputs + outputs
    assert operations(case.work) == forward + by_weights + by_inputs
    net, _ = wlnet_nets.build(case.work.net)
    assert numbers(case.work) == 3 * arrays
    assert arrays == sum(array.size for array in wl.information(net, "Arrays").values())


def test_the_least_time_is_that_of_operations_and_then_of_memory() -> None:
    work = Work(Net("mlp", (10, 20)), batch=5, examples=10, rounds=3)
    # Six steps, each of 2 x 2 x 5 x 200 operations, and of 3 x 220 numbers there and back.
    assert Allowed(fma=2e-6, memory=1e-6).seconds(work) == pytest.approx(6 * (2 + 5.28))


def test_what_a_machine_allows_is_measured() -> None:
    found = allowed(Work(Net("mlp", (10, 20)), batch=5, examples=10))
    assert found.keys() == {"fma", "memory"} and min(found.values()) > 0.01


def test_a_longer_run_that_took_no_longer_tells_no_step() -> None:
    case = SERIES[0].cases[0]
    entry = {"seconds": {"wlnet": [1.0, 1.0]}, "longer": {"wlnet": [2.0, 0.9]}}
    assert steps_alone(case, entry)["seconds"] == {}
    assert set_up(case, entry, "wlnet") is None


def test_the_screen_shows_the_same_figures() -> None:
    lines = [line.split() for line in shown(PRODUCTS)]
    assert ["an", "update", "150.0", "GB/s", "75%"] in lines
    assert ["3", "channels", "60", "30%"] in lines and ["a:", "by", "input"] in lines
    assert ["a:", "x", "w"] in lines and ["b:", "dᵀ", "x"] in lines
    assert ["(1,", "2)", "by", "(2,", "3)", "150", "75%", "20", "51%"] in lines
    assert ["(4,", "5)", "by", "(5,", "6)", "100", "50%"] in lines


@pytest.mark.parametrize("form", product_rows.FORMS)
def test_a_form_of_products_is_one_call_that_multiplies(form: str) -> None:
    sizes = Sizes(9, 17, 33)
    (step,) = product_rows.FORMS[form](sizes, Builder(Graph())).steps
    assert "product" in step.what
    of_update = 12 * sizes.k * sizes.n if form in product_rows.UPDATING else 0
    assert step.work == sizes.work + of_update
    assert ("gate" in step.what) == form.startswith("gated")
    assert ("bias + Ramp" in step.what) == ("bias and Ramp" in form)
    assert ("update" in step.what) == (form in product_rows.UPDATING)
    product_rows.program(form, sizes)(2)


def test_an_update_is_limited_by_memory_too() -> None:
    sizes = Sizes(1, 1000, 1000)
    assert product_rows.limit("x w", sizes, 200, 10) == 200
    # 2 MF and 24 MB: a hundredth of a millisecond, and 2.4 milliseconds.
    assert product_rows.limit("dᵀ x with Adam", sizes, 200, 10) == pytest.approx(2e-3 / 2.41e-3)


@pytest.mark.parametrize("width", [4, 8, 16])
def test_the_loop_that_finds_the_peak_is_valid_for_all_widths(width: int) -> None:
    llvm.parse_assembly(fma_code(width)).verify()
    assert fma_code(width).count("call") == 12


def test_the_peak_is_found() -> None:
    assert lanes() in (4, 8, 16)
    assert fma_loop()() > 0.1


def test_the_fastest_turn_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    paces = iter([0.5, 0.0035, 0.1, 0.003, 0.2])

    def run(steps: int) -> None:
        clock[0] += steps * next(paces)

    monkeypatch.setattr(product_rows.time, "perf_counter", lambda: clock[0])
    timed = Timed(run)
    assert timed.steps == 5, "so many as fill the time of a turn, by the second try"
    for expected in (0.0035, 0.003, 0.003):
        timed.turn()
        assert timed.seconds == pytest.approx(expected)
