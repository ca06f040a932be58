"""python -m wlnet: what it prints, and what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import wlnet as wl
from wlnet.cli.command import main
from wlnet.kernels.elementwise.maps import MAPS
from wlnet.kernels.jit import cache, precompiling

ROOT = Path(__file__).parents[1]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, in a house with two kernels."""
    kernels = {kernel.name: kernel for kernel in (MAPS["Negate"], MAPS["Abs"])}
    monkeypatch.setattr(precompiling, "every_kernel", lambda: kernels)
    monkeypatch.setenv("WLNET_CACHE_DIR", str(tmp_path))
    cache.folder.cache_clear()
    yield tmp_path
    cache.folder.cache_clear()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Whoever starts tests in the background has them ignore interrupts, and so their children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def files(folder: Path) -> list[str]:
    return sorted(file.name.split("-")[0] for file in folder.rglob("*.o"))


def test_info_prints_a_saved_net(tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "a.wlnet"
    wl.save(wl.net_initialize(wl.NetChain([2, "Ramp"], input=3)), file)
    assert main(["info", str(file)]) == 0
    assert "LinearLayer(2, weights=" in capsys.readouterr().out


def test_info_prints_a_training_and_its_net(tmp_path: Path, capsys: Output) -> None:
    net = wl.net_initialize(wl.NetChain([2], input=3))
    results = wl.net_train(net, (np.ones((4, 3)), np.ones((4, 2))), wl.ALL, max_training_rounds=1)
    assert main(["info", str(wl.save(results, tmp_path / "a.wlnet"))]) == 0
    told = capsys.readouterr().out
    assert "NetTrainResults(1 rounds" in told and "LinearLayer(2, weights=" in told


def test_info_says_what_is_wrong_with_a_file(tmp_path: Path, capsys: Output) -> None:
    assert main(["info", str(tmp_path / "none.wlnet")]) == 1
    assert "none.wlnet" in capsys.readouterr().err


def test_precompile_fills_the_cache_and_names_the_folder(folder: Path, capsys: Output) -> None:
    assert main(["precompile"]) == 0
    assert files(folder) == ["maps.abs", "maps.abs", "maps.negate", "maps.negate"]
    told = capsys.readouterr().out
    assert "compiled 4 of 4 kernels" in told
    assert str(cache.folder()) in told


def test_precompile_compiles_nothing_twice(folder: Path, capsys: Output) -> None:
    assert main(["precompile", "--precision", "Real32"]) == 0
    assert len(files(folder)) == 2
    assert main(["precompile", "--precision", "Real32"]) == 0
    assert "all 2 kernels are there already" in capsys.readouterr().out
    assert main(["precompile", "--precision", "both"]) == 0
    assert "compiled 2 of 4 kernels" in capsys.readouterr().out


def test_precompile_fails_where_nothing_can_be_kept(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WLNET_CACHE_DIR", "/proc/nowhere")
    cache.folder.cache_clear()
    assert main(["precompile"]) == 1
    assert "Set WLNET_CACHE_DIR" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lacking", "expected"), [("can_keep", "Set WLNET_CACHE_DIR"), ("numba", "pip install numba")]
)
def test_precompile_fails_at_once_where_nothing_can_be_compiled_or_kept(
    lacking: str, expected: str, folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lacking == "numba":
        monkeypatch.setitem(sys.modules, "numba", None)
    else:
        monkeypatch.setattr(cache, "can_keep", lambda: False)
    assert main(["precompile"]) == 1
    told = capsys.readouterr()
    assert expected in told.err and "compiling" not in told.out
    assert files(folder) == []


def test_precompile_names_what_could_not_be_kept(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "write", lambda name, content: None)
    assert main(["precompile", "--precision", "Real32"]) == 1
    assert "maps.negate (Real32)" in capsys.readouterr().err


def test_a_precision_that_there_is_not_is_refused(capsys: Output) -> None:
    with pytest.raises(SystemExit) as left:
        main(["precompile", "--precision", "Real16"])
    assert left.value.code == 2


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
def test_an_interrupt_ends_precompile_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wlnet", "precompile"]
    environment = {**os.environ, "WLNET_CACHE_DIR": str(tmp_path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("compiling")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        try:
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in told and "Exception ignored" not in told


@pytest.mark.usefixtures("interruptible")
def test_after_an_interrupt_no_kernel_is_begun(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def make(kernel: object, precision: str) -> None:
        begun.append(kernel)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    monkeypatch.setattr(precompiling, "make", make)
    assert main(["precompile"]) == 130
    time.sleep(1.5)
    assert len(begun) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
