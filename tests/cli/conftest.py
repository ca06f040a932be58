"""A folder with a net and data, and the command line in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import wlnet as wl
from wlnet.cli.command import main


class Said(NamedTuple):
    """What a command said: on standard output, on standard error, and by its status."""

    out: str
    err: str
    status: int

    @property
    def value(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


def training_of(count: int = 40) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 2)).astype(np.float32)
    return {"Input": x, "Output": np.array(["low", "high"])[(x.sum(axis=1) > 0).astype(int)]}


@pytest.fixture(scope="session")
def small_net() -> wl.NetChain:
    layers = {"hidden": 4, "bend": "Tanh", "read": 2, "shares": wl.SoftmaxLayer()}
    output = wl.NetDecoder("Class", ["low", "high"])
    return wl.net_initialize(wl.NetChain(layers, input=2, output=output))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_net: wl.NetChain) -> Path:
    monkeypatch.chdir(tmp_path)
    wl.save(small_net, "net.wlnet")
    np.savez("data.npz", **training_of())
    return tmp_path


@pytest.fixture
def wlnet(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in that folder, in this process."""

    def run(*words: str) -> Said:
        capsys.readouterr()
        try:
            status = main(words)
        except SystemExit as left:
            status = int(left.code or 0)
        return Said(*capsys.readouterr(), status)

    return run
