"""The benchmarks: a table that makes sense, workers that run, a page that says what was measured.

No test here depends on how fast anything is, and no peer needs to be installed.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

import llvmlite.binding as llvm
import pytest

import wlnet as wl
from tests.benchmarks import page, product_rows
from tests.benchmarks.__main__ import report, wanted
from tests.benchmarks.cases import GOALS, GROUPS, OTHERS, WIDE, Case, Limit, Peer
from tests.benchmarks.contenders import wlnet_nets
from tests.benchmarks.data import examples
from tests.benchmarks.figures import (
    Span,
    amount,
    best_of,
    ratio,
    set_up,
    share,
    steps_alone,
    told,
    verdict,
    verdict_on_seconds,
)
from tests.benchmarks.growth import SERIES, Series, all_cases
from tests.benchmarks.kernels import Figure, fma_code, fma_loop, shown
from tests.benchmarks.limits import Allowed, allowed, numbers, operations
from tests.benchmarks.machine import description, lanes
from tests.benchmarks.product_rows import Sizes
from tests.benchmarks.race import Outcome, race
from tests.benchmarks.results import Results
from tests.benchmarks.revision import CHANGED, revision
from tests.benchmarks.summary import LINES
from tests.benchmarks.work import Net, Task, Work
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph

CASES = all_cases()
NAMES = [case.name for case in CASES]
CASE = {case.name: case for case in CASES}
TINY_NETS = [
    Net("mlp", (4, 3, 2)),
    Net("lenet", (16,)),
    Net("residual", (4, 8)),
    Net("attention", (5, 4)),
    *(Net(kind, (5, 4, 2)) for kind in ("heads", "causal")),
    *(Net(kind, (5, 4, 3)) for kind in ("lstm", "gru")),
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
    assert not work.longer or work.longer > work.rounds


def test_every_net_of_the_goals_is_compared_with_somebody() -> None:
    assert all(case.peers for case in CASES)
    assert all(any(peer.must for peer in case.peers) or case.limits for case in GOALS[:6])


def test_there_is_a_tiny_net_of_every_kind() -> None:
    assert {net.kind for net in TINY_NETS} == set(get_args(get_type_hints(Net)["kind"]))


@pytest.mark.parametrize("net", TINY_NETS, ids=[net.kind for net in TINY_NETS])
@pytest.mark.parametrize("task", ["train", "evaluate"])
def test_wlnet_runs_every_kind_of_net(net: Net, task: Task, monkeypatch: Any) -> None:
    monkeypatch.setenv("THREADS", "2")
    result = wlnet_nets.prepare(Work(net, task=task, batch=4, examples=8), "")(2)
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
    work = Work(Net("mlp", (4, 3, 2)), batch=8, examples=16, longer=4)
    ran = race(work, ["wlnet"], 2, python_of=lambda _: sys.executable, patience=0)
    assert not ran.failed
    for lengths in (ran.seconds["wlnet"], ran.longer["wlnet"]):
        assert len(lengths) == 2 and min(lengths) > 0
    assert ran.memory["wlnet"] > 2**20
    assert ran.versions["wlnet"] == wl.__version__

    results = Results()
    results.add(case, ran, 2, description(), "abc1234")
    results.write(tmp_path / "results.json")
    text = page.page(Results.read(tmp_path / "results.json"))
    ((_, contender, *_, machine, runs, measured),) = rows(text, f"| `{case.name}`")
    assert (contender, machine, runs) == ("wlnet", "1", "2") and measured.endswith(", abc1234")


def test_a_contender_that_fails_says_why_and_the_others_go_on() -> None:
    work = Work(Net("mlp", (4, 3, 2)), batch=8, examples=16)
    ran = race(work, ["nobody", "wlnet"], 1, python_of=lambda _: sys.executable, patience=0)
    assert list(ran.failed) == ["nobody"]
    assert "nobody_nets" in ran.failed["nobody"]
    assert list(ran.seconds) == ["wlnet"] and not ran.longer


def test_the_screen_tells_of_those_who_were_there_and_who_failed(capsys: Any) -> None:
    ran = outcome(wlnet=[1.0])
    ran.failed["jax step"] = "not installed"
    report(GOALS[0], ran)
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split("  ")[1] for line in lines] == ["wlnet", "jax step"]
    assert lines[1].endswith("failed: not installed")


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


def test_a_line_at_the_top_tells_the_best_way_to_use_a_library_and_the_goal_that_it_misses() -> (
    None
):
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


def test_cases_are_chosen_by_name_by_pattern_and_by_group() -> None:
    assert not GROUPS.keys() & {*NAMES, "kernels"}
    assert all(case in CASES for group in GROUPS.values() for case in group)
    assert wanted("*") == (list(CASES), True)
    assert wanted("mlp_64") == ([CASE["mlp_64"]], False)
    cases, with_kernels = wanted("mlp_64,wide,kern*,mlp_6x*,infer_lenet_*")
    names = [case.name for case in cases]
    assert with_kernels and names == [name for name in NAMES if name in names], "in their order"
    lenets = {name for name in NAMES if name.startswith("infer_lenet_")}
    assert set(names) == {"mlp_64", *(case.name for case in WIDE), *lenets}
    with pytest.raises(SystemExit, match="no case is named 'nobody'"):
        wanted("mlp_64,nobody")


def test_the_page_tells_what_freezing_is_worth() -> None:
    results = Results()
    results.add(CASE["deep_all"], outcome(wlnet=[8.0], torch_fused=[6.0]), 1, MACHINE)
    results.add(CASE["deep_last"], outcome(wlnet=[1.0], torch_fused=[2.0]), 1, MACHINE)
    text = page.page(results)
    assert [row[3] for row in (*rows(text, "| wlnet |"), *rows(text, "| torch fused |"))] == [
        "**8**",
        "**3**",
    ]


def grown(case: Case, once: float, step: float) -> Outcome:
    """A race in which wlnet does something once a call; a step of the peer takes thrice as long."""
    ran = outcome()
    for name, before, each in (("wlnet", once, step), ("torch fused", 0.0, 3 * step)):
        short = before + case.work.steps * each
        ran.seconds[name] = [short] * 3
        ran.longer[name] = [short + case.work.more_steps * each] * 3
    return ran


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


def test_a_longer_run_that_took_no_longer_tells_no_step() -> None:
    case = SERIES[0].cases[0]
    entry = {"seconds": {"wlnet": [1.0, 1.0]}, "longer": {"wlnet": [2.0, 0.9]}}
    assert steps_alone(case, entry)["seconds"] == {}
    assert set_up(case, entry, "wlnet") is None


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


def test_a_compiled_variant_is_there_for_all_other_nets() -> None:
    for case in OTHERS:
        assert any("compile" in name for name in case.contenders), case.name


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "wlnet").mkdir()
    (tmp_path / "wlnet" / "code.py").write_text("1")
    (tmp_path / "tests" / "benchmarks").mkdir(parents=True)
    who = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    return tmp_path


def test_a_commit_is_told_and_whether_the_code_is_another(repository: Path) -> None:
    commit = revision(repository)
    assert commit and commit.isalnum()
    (repository / "tests" / "benchmarks" / "results.json").write_text("{}")
    assert revision(repository) == commit, "what a run writes is no other code"
    (repository / "wlnet" / "code.py").write_text("2")
    assert revision(repository) == commit + CHANGED


def test_no_commit_is_told_where_there_is_none(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert revision(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert revision(tmp_path) is None


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


PRODUCTS = [
    Figure("a window", 150.0, "GF/s", limit=200.0),
    Figure("(1, 2) by (2, 3)", 150.0, "GF/s", limit=200.0, form="x w"),
    Figure("(1, 2) by (2, 3)", 20.4, "GF/s", limit=40.0, form="dᵀ x"),
    Figure("(4, 5) by (5, 6)", 100.0, "GF/s", limit=200.0, form="dᵀ x"),
]


def test_products_stand_in_a_row_for_their_sizes_and_a_column_for_their_form() -> None:
    results = Results()
    results.add_kernels(PRODUCTS, MACHINE)
    text = page.page(results)
    assert rows(text, "|  | x w") == [["", "x w", "dᵀ x"]]
    assert rows(text, "| (1, 2)") == [["(1, 2) by (2, 3)", "150 (75%)", "**20 (51%)**"]]
    assert rows(text, "| (4, 5)") == [["(4, 5) by (5, 6)", "", "**100 (50%)**"]]


def test_the_screen_shows_the_same_figures() -> None:
    lines = [line.split() for line in shown(PRODUCTS)]
    assert ["a", "window", "150.0", "GF/s", "75%"] in lines
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


def test_the_page_in_docs_is_the_one_that_the_results_give() -> None:
    assert page.FILE.read_text("utf-8") == page.page(Results.read()), (
        "python -m tests.benchmarks --page writes it"
    )


def test_residual_nets_come_in_four_widths_and_two_image_sizes() -> None:
    found = {case.name for case in OTHERS}
    assert {
        f"residual_{channels}_{size}" for channels in (32, 64, 128, 256) for size in (16, 32)
    } <= found
