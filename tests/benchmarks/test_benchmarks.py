"""The benchmarks: a table that makes sense, workers that run, a page that says what was measured.

No test here depends on how fast anything is, and no peer needs to be installed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import pytest

import wlnet as wl
from tests.benchmarks import page
from tests.benchmarks.cases import GOALS, OTHERS, Case, Limit, Peer
from tests.benchmarks.contenders import wlnet_nets
from tests.benchmarks.data import examples
from tests.benchmarks.figures import amount, best_of, ratio, verdict, verdict_on_seconds
from tests.benchmarks.growth import SERIES, Series
from tests.benchmarks.kernels import Figure, fma_code, fma_peak
from tests.benchmarks.machine import description, lanes
from tests.benchmarks.race import Outcome, race
from tests.benchmarks.results import Results
from tests.benchmarks.work import Net, Task, Work

CASES = page.all_cases()
NAMES = [case.name for case in CASES]
TINY_NETS = [
    Net("mlp", (4, 3, 2)),
    Net("lenet", (16,)),
    Net("residual", (4, 8)),
    Net("attention", (5, 4)),
    Net("beside", (3, 4, 5)),
]
MACHINE = {"CPU": "a small one", "cores used": 2}


def outcome(**seconds: list[float]) -> Outcome:
    """What a race would have given."""
    runs = {name.replace("_", " "): list(of_name) for name, of_name in seconds.items()}
    return Outcome(seconds=runs, memory=dict.fromkeys(runs, 2**20), versions={"wlnet": "0"})


def rows(text: str, start: str) -> list[list[str]]:
    """The cells of the lines of a page that start so."""
    lines = [line for line in text.splitlines() if line.startswith(start)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_case_has_a_name_of_its_own_that_make_can_pass_on() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert all(name.replace("_", "").isalnum() for name in NAMES)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_case_is_well_formed(case: Case) -> None:
    contenders = Path(wlnet_nets.__file__).parent
    libraries = {file.name.removesuffix("_nets.py") for file in contenders.glob("*_nets.py")}
    work = case.work
    assert case.own[0].startswith("wlnet")
    assert {name.split()[0] for name in case.contenders} <= libraries
    assert not any(variant.startswith("wlnet") for peer in case.peers for variant in peer.variants)
    assert case.amount >= 1
    if work.task != "evaluate":
        assert work.examples % work.batch == 0, "the peers leave no batch that is smaller"
        assert work.steps >= 1
    goals: tuple[Peer | Limit, ...] = (*case.peers, *case.limits)
    for goal in goals:
        if goal.must is not None and goal.aim is not None:
            harder = goal.aim > goal.must if isinstance(goal, Peer) else goal.aim < goal.must
            assert harder, goal
    assert Work.from_json(work.to_json()) == work


def test_every_net_of_the_goals_is_compared_with_somebody() -> None:
    assert all(case.peers for case in CASES)
    assert all(any(peer.must for peer in case.peers) or case.limits for case in GOALS[:6])


@pytest.mark.parametrize("net", TINY_NETS, ids=[net.kind for net in TINY_NETS])
@pytest.mark.parametrize("task", ["train", "evaluate"])
def test_wlnet_runs_every_kind_of_net(net: Net, task: Task, monkeypatch: Any) -> None:
    monkeypatch.setenv("THREADS", "2")
    result = wlnet_nets.prepare(Work(net, task=task, batch=4, examples=8, rounds=2), "")()
    if task == "evaluate":
        assert isinstance(result, list)
        assert [len(answer) for answer in result] == [4, 4]
    else:
        before, _ = wlnet_nets.build(net)
        arrays = wl.information(before, "Arrays")
        assert arrays.keys() == wl.information(result, "Arrays").keys()
        assert any((wl.net_extract(result, key) != arrays[key]).any() for key in arrays)


def test_only_the_last_layer_learns_where_a_case_says_so() -> None:
    work = Work(Net("mlp", (4, 3, 3, 2)), batch=4, examples=8, last=1)
    net, parts = wlnet_nets.build(work.net)
    results = wl.net_train(
        net,
        examples(work),
        wl.ALL,
        max_training_rounds=1,
        learning_rate_multipliers=wlnet_nets.rules(work, parts),
        training_progress_reporting=None,
    )
    rates = results["ArraysLearningRateMultipliers"]
    assert {key for key, rate in rates.items() if rate} == {(5, "Weights"), (5, "Biases")}


def test_the_first_layers_have_rates_of_their_own_where_a_case_says_so() -> None:
    work = Work(Net("beside", (3, 4, 5)), rates=3)
    _, parts = wlnet_nets.build(work.net)
    given = wlnet_nets.rules(work, parts)
    assert list(given) == ["array0", "array1", "array2"]
    assert len(set(given.values())) == 3


@pytest.mark.parametrize("kind", ["mlp", "lenet", "residual"])
def test_every_class_is_among_the_examples(kind: str) -> None:
    net = next(net for net in TINY_NETS if net.kind == kind)
    inputs, targets = examples(Work(net, examples=64))
    assert inputs.dtype == "float32"
    assert sorted(set(targets)) == list(range(2 if kind == "mlp" else 10))


def test_a_tiny_case_runs_from_the_worker_to_the_page(tmp_path: Path) -> None:
    case = GOALS[0]
    work = Work(Net("mlp", (4, 3, 2)), batch=8, examples=16)
    ran = race(work, ["wlnet"], 2, python_of=lambda _: sys.executable, patience=0)
    assert not ran.failed
    assert len(ran.seconds["wlnet"]) == 2 and min(ran.seconds["wlnet"]) > 0
    assert ran.memory["wlnet"] > 2**20
    assert ran.versions["wlnet"] == wl.__version__

    results = Results()
    results.add(case.name, ran, 2, description())
    results.write(tmp_path / "results.json")
    text = page.page(Results.read(tmp_path / "results.json"))
    assert [cells[1] for cells in rows(text, f"| `{case.name}`")] == ["wlnet"]


def test_a_contender_that_fails_says_why_and_the_others_go_on() -> None:
    work = Work(Net("mlp", (4, 3, 2)), batch=8, examples=16)
    ran = race(work, ["nobody", "wlnet"], 1, python_of=lambda _: sys.executable, patience=0)
    assert list(ran.failed) == ["nobody"]
    assert "nobody_nets" in ran.failed["nobody"]
    assert list(ran.seconds) == ["wlnet"]


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
    assert ratio(case, entry, peer) == 3.0
    assert ratio(case, {"seconds": {"wlnet": [1.0]}}, peer) is None


@pytest.mark.parametrize(
    ("reached", "words"), [(5, "aim reached"), (4, "must reached"), (3.9, "**below must**")]
)
def test_a_goal_is_reached_or_not(reached: float, words: str) -> None:
    assert verdict(reached, 4, 5) == words


def test_fewer_seconds_are_better() -> None:
    assert verdict_on_seconds(4, 10, 5) == "aim reached"
    assert verdict_on_seconds(7, 10, 5) == "must reached"
    assert verdict_on_seconds(11, 10, 5) == "**below must**"
    assert verdict_on_seconds(1, None, 0.8) == "below aim"


def test_figures_have_three_digits() -> None:
    assert [amount(x, "s") for x in (265_432, 1.2345, 0.01234)] == [
        "265,000 s",
        "1.23 s",
        "0.0123 s",
    ]


def test_the_page_shows_ratio_and_goals_beside_one_another() -> None:
    results = Results()
    case = next(case for case in GOALS if case.name == "mlp_64")
    ran = outcome(wlnet=[0.5], torch_fused=[2.25], jax_scan=[0.6])
    ran.busy_starts = 2
    results.add(case.name, ran, 1, MACHINE)
    text = page.page(results)
    torch, jax = rows(text, f"| {case.title}")
    per_second = amount(case.amount / 0.5, "examples/s")
    assert torch[1:3] == ["PyTorch", per_second]
    assert torch[4:] == ["fused", "**4.5**", "4", "5", "must reached"]
    assert jax[4:] == ["scan", "**1.2**", "1.4", "1.8", "**below must**"]
    assert "a small one" in text and "wlnet 0" in text and "| 2 of 3 |" in text


def test_the_page_tells_what_freezing_is_worth() -> None:
    results = Results()
    results.add("deep_all", outcome(wlnet=[8.0], torch_fused=[6.0]), 1, MACHINE)
    results.add("deep_last", outcome(wlnet=[1.0], torch_fused=[2.0]), 1, MACHINE)
    text = page.page(results)
    assert [row[-1] for row in (*rows(text, "| wlnet |"), *rows(text, "| torch fused |"))] == [
        "**8**",
        "**3**",
    ]


@pytest.mark.parametrize("series", SERIES, ids=[series.name for series in SERIES])
def test_the_growth_of_cost_is_told_for_one_step(series: Series) -> None:
    case, results = series.cases[-1], Results()
    assert case in CASES
    seconds = case.work.steps * 5e-6
    results.add(case.name, outcome(wlnet=[seconds], torch_fused=[3 * seconds]), 1, MACHINE)
    (row,) = rows(page.page(results), f"| {series.sizes[-1]} |")
    assert row == [str(series.sizes[-1]), "5 µs", "15 µs", "**3**"]


def test_a_run_replaces_its_rows_and_keeps_the_others(tmp_path: Path) -> None:
    file, other = tmp_path / "results.json", {"CPU": "another", "cores used": 4}
    results = Results()
    for name in ("mlp_64", "mlp_16"):
        results.add(name, outcome(wlnet=[1.0]), 1, MACHINE)
    results.write(file)
    again = Results.read(file)
    again.add("mlp_64", outcome(wlnet=[2.0]), 1, other)
    again.write(file)
    kept = Results.read(file)
    assert [entry["seconds"]["wlnet"] for entry in kept.cases.values()] == [[2.0], [1.0]]
    assert [entry["machine"] for entry in kept.cases.values()] == [1, 0]
    kept.add("mlp_16", outcome(wlnet=[3.0]), 1, other)
    kept.write(file)
    left = Results.read(file)
    assert left.machines == [other], "no result stands for the first one any more"
    assert [entry["machine"] for entry in left.cases.values()] == [0, 0]


def test_a_kernel_stands_beside_its_limit() -> None:
    results = Results()
    results.add_kernels([Figure("a product", 150.0, "GF/s", limit=200.0)], MACHINE)
    assert rows(page.page(results), "| a product") == [["a product", "150 GF/s", "75%"]]


@pytest.mark.parametrize("width", [4, 8, 16])
def test_the_loop_that_finds_the_peak_is_valid_for_all_widths(width: int) -> None:
    llvm.parse_assembly(fma_code(width)).verify()
    assert fma_code(width).count("call") == 12


def test_the_peak_is_found() -> None:
    found = fma_peak()
    assert lanes() in (4, 8, 16)
    assert found.value > 0.1 and found.unit == "GF/s"


def test_the_page_in_docs_is_the_one_that_the_results_give() -> None:
    assert page.FILE.read_text("utf-8") == page.page(Results.read()), "run make bench"


def test_residual_nets_come_in_four_widths_and_two_image_sizes() -> None:
    found = {case.name for case in OTHERS}
    assert {
        f"residual_{channels}_{size}" for channels in (32, 64, 128, 256) for size in (16, 32)
    } <= found
