"""The benchmarks: a table that makes sense, and workers that run.

No test here depends on how fast anything is, and no peer needs to be installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import wlnet as wl
from tests.benchmarks import page
from tests.benchmarks.__main__ import report
from tests.benchmarks.cases import GOALS, OTHERS, WIDE, Case, Limit, Peer
from tests.benchmarks.choice import GROUPS, wanted
from tests.benchmarks.contenders import wlnet_nets
from tests.benchmarks.data import examples
from tests.benchmarks.machine import description
from tests.benchmarks.race import race
from tests.benchmarks.rehearsal import CASE, CASES, NAMES, outcome, rows
from tests.benchmarks.results import Results
from tests.benchmarks.revision import CHANGED, revision
from tests.benchmarks.work import Net, Task, Work

TINY_NETS = [
    Net("mlp", (4, 3, 2)),
    Net("lenet", (16,)),
    Net("residual", (4, 8)),
    Net("attention", (5, 4)),
    *(Net(kind, (5, 4, 2)) for kind in ("heads", "causal")),
    *(Net(kind, (5, 4, 3)) for kind in ("lstm", "gru")),
    Net("beside", (3, 4, 5)),
]


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


def test_cases_are_chosen_by_name_by_pattern_and_by_group() -> None:
    assert not GROUPS.keys() & {*NAMES, "kernels"}
    assert {name for group in GROUPS.values() for name in group} <= set(NAMES)
    assert wanted("*") == (list(CASES), True)
    assert wanted("mlp_64") == ([CASE["mlp_64"]], False)
    cases, with_kernels = wanted("mlp_64,wide,kern*,mlp_6x*,infer_lenet_*")
    names = [case.name for case in cases]
    assert with_kernels and names == [name for name in NAMES if name in names], "in their order"
    lenets = {name for name in NAMES if name.startswith("infer_lenet_")}
    assert set(names) == {"mlp_64", *(case.name for case in WIDE), *lenets}
    with pytest.raises(SystemExit, match="no case is named 'nobody'"):
        wanted("mlp_64,nobody")


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


def test_residual_nets_come_in_four_widths_and_two_image_sizes() -> None:
    found = {case.name for case in OTHERS}
    assert {
        f"residual_{channels}_{size}" for channels in (32, 64, 128, 256) for size in (16, 32)
    } <= found
