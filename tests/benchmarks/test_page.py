"""A page that says what was measured, on which machine, and what is below its goal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import page
from tests.benchmarks.cases import GOALS, WIDE
from tests.benchmarks.figures import (
    amount,
    share,
    told,
)
from tests.benchmarks.growth import SERIES, Series
from tests.benchmarks.kernels import Figure
from tests.benchmarks.limits import Allowed
from tests.benchmarks.rehearsal import CASE, CASES, MACHINE, PRODUCTS, grown, outcome, rows
from tests.benchmarks.results import Results
from tests.benchmarks.summary import LINES


def test_the_page_shows_ratio_and_goals_beside_one_another() -> None:
    results = Results()
    case = next(case for case in GOALS if case.name == "mlp_64")
    ran = outcome(wlnet=[0.5], torch_fused=[2.25], jax_scan=[0.6])
    ran.busy_starts = 2
    results.add(case, ran, 1, MACHINE)
    text = page.page(results)
    torch, jax = (row[:-3] for row in rows(text, f"| {case.title}"))
    per_second = amount(case.amount / 0.5, "examples/s")
    assert torch[1:3] == ["PyTorch", per_second]
    assert torch[4:] == ["fused", "**4.5**", "4", "5", "must reached", ""]
    assert jax[4:] == ["scan", "**1.2**", "1.4", "1.8", "**below must**", ""]
    assert "a small one" in text and "wlnet 0" in text and "| 2 of 3 |" in text


def test_a_line_at_the_top_tells_the_best_variant_and_the_goal_it_misses() -> None:
    results = Results()
    ran = outcome(wlnet=[1.0], torch_eager=[9.0], torch_jit=[1.05], onnx_1_thread=[2.0])
    results.add(CASE["infer_mlp_32"], ran, 1, MACHINE)
    ran = outcome(wlnet=[1.0], torch_fused=[2.0], torch_fused_update=[0.5])
    results.add(CASE["adam_10m"], ran, 1, MACHINE)
    text, words = page.page(results), {line.case: line.words for line in LINES}
    (row,) = rows(text, f"| {words['infer_mlp_32']}")
    assert row[2:-1] == ["**1.05**, goal 1.1", "", "", "2"]
    (row,) = rows(text, f"| {words['adam_10m']}")
    assert row[2:-1] == ["2", "", "", ""], "a peer that is given part of the work is left out"


def test_lines_at_the_top_name_cases_and_say_different_things() -> None:
    assert {line.case for line in LINES} <= CASE.keys()
    assert len({line.words for line in LINES}) == len(LINES)
    for line in LINES:
        assert set(line.without) <= {peer.label for peer in CASE[line.case].peers}


def test_a_wide_net_stands_beside_what_the_machine_allows() -> None:
    case = WIDE[0]
    results, machine = Results(), Allowed(fma=400.0, memory=100.0)
    least = machine.seconds(case.work)
    ran = outcome(wlnet=[least / 0.5], torch_fused=[8 * least], jax_scan=[8 * least])
    limit = {"fma": machine.fma, "memory": machine.memory}
    results.add(case, ran, 1, MACHINE, allowed=limit)
    entry = results.of(case.name)[0]
    assert share(case, entry) == pytest.approx((least, 0.5), rel=1e-4)
    (row, _) = rows(page.page(results), f"| {case.title} |")
    assert row[-4] == f"{told(case, entry, least)}, 50% reached, **below 70%**"
    entry["amount"] = case.amount // 4
    assert share(case, entry) == pytest.approx((least / 4, 0.125), rel=1e-4), "a shorter run"
    entry["seconds"]["wlnet"] = [least / 4 / 0.75]
    (row, _) = rows(page.page(results), f"| {case.title} |")
    assert row[-4].endswith(", 75% reached")
    entry["allowed"] = None
    assert share(case, entry) is None


def test_the_page_tells_what_freezing_is_worth() -> None:
    results = Results()
    results.add(CASE["deep_all"], outcome(wlnet=[8.0], torch_fused=[6.0]), 1, MACHINE)
    results.add(CASE["deep_last"], outcome(wlnet=[1.0], torch_fused=[2.0]), 1, MACHINE)
    text = page.page(results)
    assert [row[3] for row in (*rows(text, "| wlnet |"), *rows(text, "| torch fused |"))] == [
        "**8**",
        "**3**",
    ]


@pytest.mark.parametrize("series", SERIES, ids=[series.name for series in SERIES])
def test_the_growth_of_cost_is_told_for_a_step_without_what_is_done_once(series: Series) -> None:
    case, results = series.cases[-1], Results()
    assert case in CASES
    results.add(case, grown(case, 0.7, 5e-6), 3, MACHINE)
    (row,) = rows(page.page(results), f"| {series.sizes[-1]} |")
    assert row[:-3] == [str(series.sizes[-1]), "5 µs", "15 µs", "**3**", "700 ms"]


def test_a_row_without_longer_runs_tells_no_step() -> None:
    case, results = SERIES[0].cases[0], Results()
    results.add(case, outcome(wlnet=[1.0], torch_fused=[2.0]), 1, MACHINE)
    del results.of(case.name)[0]["longer"]
    (row,) = rows(page.page(results), f"| {SERIES[0].sizes[0]} |")
    assert row[1:-3] == ["not measured", "", "", ""]


def test_growth_within_the_spread_is_called_so() -> None:
    case, results = SERIES[0].cases[0], Results()
    ran = grown(case, 0.1, 5e-6)
    ran.longer["torch fused"][0] = ran.seconds["torch fused"][0] + case.work.more_steps * 4e-6
    results.add(case, ran, 3, MACHINE)
    (row,) = rows(page.page(results), f"| {SERIES[0].sizes[0]} |")
    assert row[3] == "**3**, within the spread"


def test_every_row_tells_runs_date_and_commit_or_that_they_were_not_kept() -> None:
    results = Results()
    for name, commit in (("mlp_64", "abc1234"), ("mlp_16", None), ("lenet_64", None)):
        results.add(CASE[name], outcome(wlnet=[0.5], torch_fused=[2.0]), 7, MACHINE, commit)
    (mlp_64,), (mlp_16,), (lenet_64,) = map(results.of, ("mlp_64", "mlp_16", "lenet_64"))
    mlp_64["date"], mlp_16["date"], lenet_64["rounds"] = "2026-01-02", "2026-01-03", 1
    del lenet_64["date"], lenet_64["commit"]
    text = page.page(results)
    for name, stamp in (
        ("mlp_64", ["7", "2026-01-02, abc1234"]),
        ("mlp_16", ["7", "2026-01-03, no commit"]),
        ("lenet_64", ["**1**", "no date, no commit"]),
    ):
        title = next(case.title for case in CASES if case.name == name)
        for row in (*rows(text, f"| {title} |"), *rows(text, f"| `{name}` |")):
            assert row[-2:] == stamp


def test_the_page_tells_which_variants_were_run() -> None:
    results = Results()
    results.add(CASE["mlp_64"], outcome(wlnet=[1.0], torch_fused=[2.0], jax_step=[2.0]), 1, MACHINE)
    results.add(CASE["deep_all"], outcome(wlnet=[1.0], torch_fused=[2.0]), 1, MACHINE)
    text = page.page(results)
    assert rows(text, "| PyTorch | fused |") == [["PyTorch", "fused", "`mlp_64` `deep_all`"]]
    assert rows(text, "| JAX | step |") == [["JAX", "step", "`mlp_64`"]]


def test_a_run_replaces_its_rows_and_keeps_the_others(tmp_path: Path) -> None:
    file, other = tmp_path / "results.json", {"CPU": "another", "cores used": 4}
    results = Results()
    for name in ("mlp_64", "mlp_16"):
        results.add(CASE[name], outcome(wlnet=[1.0]), 1, MACHINE)
    results.add_kernels(PRODUCTS, MACHINE)
    results.write(file)
    again = Results.read(file)
    again.add(CASE["mlp_64"], outcome(wlnet=[2.0]), 1, other)
    again.add_kernels(PRODUCTS, other)
    again.write(file)
    kept = Results.read(file)

    def found() -> dict[str, list[tuple[int, list[float]]]]:
        return {
            name: [(entry["machine"], entry["seconds"]["wlnet"]) for entry in kept.of(name)]
            for name in kept.cases
        }

    assert found() == {"mlp_64": [(0, [1.0]), (1, [2.0])], "mlp_16": [(0, [1.0])]}
    kept.add(CASE["mlp_64"], outcome(wlnet=[3.0]), 1, MACHINE)
    assert found() == {"mlp_64": [(0, [3.0]), (1, [2.0])], "mlp_16": [(0, [1.0])]}
    assert [entry["machine"] for entry in kept.kernels] == [0, 1]
    kept.forget(0)
    kept.write(file)
    kept = Results.read(file)
    assert kept.machines == [other], "no result stands for the first one any more"
    assert found() == {"mlp_64": [(0, [2.0])]}
    assert [entry["machine"] for entry in kept.kernels] == [0]


def test_a_row_belongs_to_one_machine() -> None:
    results, case = Results(), CASE["mlp_64"]
    results.add(case, outcome(wlnet=[1.0], torch_fused=[6.0]), 1, MACHINE)
    other = {**MACHINE, "CPU": "Other(R) Processor (x)"}
    results.add(case, outcome(wlnet=[2.0], torch_fused=[6.0], jax_scan=[1.0]), 1, other)
    text = page.page(results)
    assert [(row[1], row[5], row[-3]) for row in rows(text, f"| {case.title} |")] == [
        ("PyTorch", "**6**", "1"), ("PyTorch", "**3**", "2"), ("JAX", "**0.5**", "2"),
    ]  # fmt: skip
    assert [(row[2], row[-3]) for row in rows(text, "| `mlp_64` | torch")] == [
        (told(case, {"amount": case.amount}, 6), "1"), (told(case, {"amount": case.amount}, 6), "2")
    ]  # fmt: skip
    assert rows(text, "| CPU") == [["CPU", "a small one", "Other(R) Processor (x)"]]
    words = next(line.words for line in LINES if line.case == "mlp_64")
    assert [row[2:] for row in rows(text, f"| {words}")] == [
        ["6", "", "", "", "1: a small one"],
        ["**3**, goal 4", "**0.5**, goal 1.4", "", "", "2: Other"],
    ]


def test_freezing_and_growth_are_told_machine_by_machine() -> None:
    results, other = Results(), {**MACHINE, "CPU": "another"}
    series = SERIES[0]
    for machine, factor in ((MACHINE, 1), (other, 2)):
        results.add(CASE["deep_all"], outcome(wlnet=[8.0]), 1, machine)
        results.add(series.cases[0], grown(series.cases[0], 0.7, factor * 5e-6), 3, machine)
    results.add(CASE["deep_last"], outcome(wlnet=[1.0]), 1, other)
    text = page.page(results)
    assert [(row[3], row[4]) for row in rows(text, "| wlnet |")] == [("**8**", "2")]
    steps = [(row[1], row[5]) for row in rows(text, f"| {series.sizes[0]} |")]
    assert steps == [("5 µs", "1"), ("10 µs", "2")]


def test_a_row_tells_figures_by_the_work_that_was_done_then() -> None:
    results, case = Results(), CASE["mlp_64"]
    results.add(case, outcome(wlnet=[1.0], torch_fused=[6.0]), 1, MACHINE)
    results.of("mlp_64")[0]["amount"] = 500
    assert rows(page.page(results), "| `mlp_64` | wlnet")[0][2] == "500 examples/s"


def test_a_kernel_stands_beside_its_limit() -> None:
    results = Results()
    results.add_kernels([Figure("a window", 150.0, "GF/s", limit=200.0)], MACHINE, "abc1234")
    text = page.page(results)
    assert rows(text, "| a window") == [["a window", "150 GF/s", "75%"]]
    assert f"Measured {results.kernels[0]['date']}, abc1234." in text


def test_products_and_windows_stand_in_a_row_for_their_sizes_and_a_column_for_their_form() -> None:
    results = Results()
    results.add_kernels(PRODUCTS, MACHINE)
    text = page.page(results)
    assert rows(text, "| products |") == [["products", "x w", "dᵀ x"]]
    assert rows(text, "| (1, 2)") == [["(1, 2) by (2, 3)", "150 (75%)", "**20 (51%)**"]]
    assert rows(text, "| (4, 5)") == [["(4, 5) by (5, 6)", "", "**100 (50%)**"]]
    assert rows(text, "| windows |") == [["windows", "by input"]]
    assert rows(text, "| 3 channels") == [["3 channels", "60 (30%)"]]
    assert rows(text, "| an update") == [["an update", "150 GB/s", "75%"]]


def test_the_page_in_docs_is_the_one_that_the_results_give() -> None:
    assert page.FILE.read_text("utf-8") == page.page(Results.read()), (
        "python -m tests.benchmarks --page writes it"
    )
