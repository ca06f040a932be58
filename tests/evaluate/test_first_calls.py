"""load(file, precompile=...): the first call finds all that it needs, and answers as ever."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.evaluate import runner

ROOT = Path(__file__).parents[2]
NETS: dict[str, Callable[[], Any]] = {
    "a chain": lambda: wl.NetChain([3, "Ramp", 2], input=4),
    "one layer": lambda: wl.LinearLayer(2, input=4),
    "classes": lambda: wl.NetChain(
        [3, wl.SoftmaxLayer()], input=4, output=wl.NetDecoder("Class", ["a", "b", "c"])
    ),
    "two inputs": lambda: wl.NetGraph(
        [wl.CatenateLayer(), 2],
        [(wl.NetPort("One"), 1), (wl.NetPort("Two"), 1), (1, 2)],
        one=4,
        two=4,
    ),
    "images": lambda: wl.NetChain(
        [wl.ConvolutionLayer(2, 3), "Ramp", wl.FlattenLayer(), 2], input=(1, 8, 8)
    ),
    "words": lambda: wl.NetChain(
        [wl.EmbeddingLayer(3, 5), wl.LongShortTermMemoryLayer(2)], input=4
    ),
    "statistics": lambda: wl.NetChain([wl.BatchNormalizationLayer(), 2], input=4),
}


def given(net: Any, count: int) -> Any:
    """Examples for a net: whole numbers, which words are as well."""
    rng = np.random.default_rng(count)
    columns = {}
    for name in net.input_names:
        shape = tuple(16 if size is None else size for size in net_shape(net, name))
        columns[name] = rng.integers(1, 5, (count, *shape)).astype(np.float32)
    one = {name: column[0] if count == 1 else column for name, column in columns.items()}
    return one if len(one) > 1 else next(iter(one.values()))


def net_shape(net: Any, name: str) -> Any:
    from wlnet.nets.inference import inferred_port

    return inferred_port(net, name).shape


def saved(net: Any, folder: Path) -> Path:
    return wl.save(wl.net_initialize(net), folder / "net.wlnet")


def same(a: Any, b: Any) -> bool:
    return (
        bool(a == b)
        if isinstance(a, (str, list))
        else np.asarray(a).tobytes() == np.asarray(b).tobytes()
    )


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of batches that programs are planned for from now on."""
    made: list[int] = []
    usual = runner.forward_blueprint

    def plan(net: Any, batch: int, **options: Any) -> Any:
        made.append(batch)
        return usual(net, batch, **options)

    monkeypatch.setattr(runner, "forward_blueprint", plan)
    return made


@pytest.mark.parametrize("kind", NETS)
def test_a_first_call_plans_nothing_and_answers_the_same_to_the_last_bit(
    kind: str, tmp_path: Path, plans: list[int]
) -> None:
    file = saved(NETS[kind](), tmp_path)
    ready, plain = wl.load(file, precompile=True), wl.load(file)
    assert ready == plain
    assert plans, "nothing was planned beforehand"
    for count in (1, 64):
        plans.clear()
        answer = ready(given(ready, count))
        assert plans == []
        assert same(answer, plain(given(plain, count)))
        assert plans, "without it the first call plans"


@pytest.mark.parametrize(("sizes", "asked"), [(5, [5]), ([1, 100], [1, 100]), ((7,), [7])])
def test_the_sizes_of_batches_can_be_said(
    sizes: Any, asked: list[int], tmp_path: Path, plans: list[int]
) -> None:
    net = wl.load(saved(NETS["a chain"](), tmp_path), precompile=sizes)
    plans.clear()
    for count in asked:
        net(given(net, count))
    assert plans == []
    net(given(net, 3))
    assert plans == [3]


def test_without_the_option_nothing_is_planned(tmp_path: Path, plans: list[int]) -> None:
    file = saved(NETS["a chain"](), tmp_path)
    for nothing in (False, None):
        wl.load(file, precompile=nothing)
    assert plans == []


def test_of_a_record_it_is_the_trained_net(tmp_path: Path, plans: list[int]) -> None:
    data = np.ones((4, 3)), np.ones((4, 2))
    results = wl.net_train(wl.NetChain([2]), data, wl.ALL, max_training_rounds=1)
    found = wl.load(wl.save(results, tmp_path / "record.wlnet"), precompile=True)
    plans.clear()
    assert same(found["TrainedNet"](np.ones(3)), results["TrainedNet"](np.ones(3)))
    assert plans == [1], "that of the record at hand alone"


def test_of_an_open_length_the_machine_code_is_there(tmp_path: Path, plans: list[int]) -> None:
    net = wl.NetChain([wl.LongShortTermMemoryLayer(2), wl.SequenceLastLayer()], input=("n", 3))
    ready = wl.load(saved(net, tmp_path), precompile=True)
    plans.clear()
    ready(np.ones((16, 3)))
    assert plans == []
    ready(np.ones((9, 3)))
    assert plans == [1]


def test_open_sizes_that_cannot_be_16_are_told_with_the_file(tmp_path: Path) -> None:
    layers = [wl.ConvolutionLayer(1, 40), wl.AggregationLayer("Max")]
    file = saved(wl.NetChain(layers, input=(1, None, None)), tmp_path)
    with pytest.raises(wl.ShapeError, match="open sizes") as told:
        wl.load(file, precompile=True)
    assert str(file) in str(told.value) and "load(file), and then a call" in str(told.value)
    assert wl.load(file)(np.ones((1, 50, 50))).shape == (1,)


def test_a_net_without_numbers_is_told_with_the_file(tmp_path: Path) -> None:
    file = wl.save(wl.NetChain([2], input=3), tmp_path / "empty.wlnet")
    with pytest.raises(wl.NotInitializedError) as told:
        wl.load(file, precompile=True)
    assert str(file) in str(told.value)


@pytest.mark.parametrize("sizes", [0, -1, 1.5, "all", [], [1, 0], [True], {}, np.inf])
def test_what_is_no_size_is_told_with_all_else(sizes: Any) -> None:
    with pytest.raises(wl.OptionError, match="precompile is True, False, or how many") as told:
        wl.load(5, precompile=sizes)  # type: ignore[arg-type]
    assert len(told.value.faults) == 2


def answered(code: str) -> str:
    """What a process of its own prints after LeNet has answered there."""
    start = """
import sys, numpy as np, wlnet as wl
net = wl.load(sys.argv[1], precompile=True)
from wlnet.kernels.jit import loading
before, linked = set(sys.modules), len(loading._addresses)
net(np.ones((28, 28), np.float32)), net(np.ones((64, 28, 28), np.float32))
"""
    file = ROOT / "wlnet" / "models" / "lenet.wlnet"
    command = [sys.executable, "-c", start + code, str(file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_first_call_imports_nothing_and_links_nothing_and_little_is_imported_before() -> None:
    found = answered("""
print(sorted(set(sys.modules) - before), len(loading._addresses) - linked)
site = "site-packages"
print(*{name.partition(".")[0] for name, it in [*sys.modules.items()]
        if site in (getattr(it, "__file__", None) or "")})
""")
    late, early = found.splitlines()
    assert late == "[] 0"
    page = (ROOT / "docs" / "how-to" / "deploy.md").read_text("utf-8")
    section = page.partition("## Only what an answer needs")[2].partition("```")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    ways = ("_distutils", "__editable__", "_virtualenv")
    assert sorted(listed) == sorted(name for name in early.split() if not name.startswith(ways))
