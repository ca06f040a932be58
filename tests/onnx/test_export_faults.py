"""What cannot be written to an ONNX file is told, all of it, and nothing is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.exported import assert_same, run
from wlnet.core.errors import MissingExtraError, NotInitializedError, OptionError


def test_all_that_is_wrong_with_a_call_is_told_at_once(tmp_path: Path) -> None:
    net = wl.NetChain([3], input=2)
    wrong: Any = {"batch": 0, "shapes": {"Inpt": 3}, "encoders": 1, "working_precision": "Real16"}
    with pytest.raises(OptionError) as caught:
        wl.onnx.export_net(net, tmp_path / "net.pt", **wrong)
    assert isinstance(caught.value, NotInitializedError)
    told = str(caught.value)
    words = ("ends in .onnx", "batch", "shapes is for inputs", "encoders is", "working_precision",
             "arrays without numbers")  # fmt: skip
    assert [word for word in words if word not in told] == []
    assert list(tmp_path.iterdir()) == []
    for other in (3, None, [net]):
        with pytest.raises(OptionError, match="export_net takes a net"):
            wl.onnx.export_net(other, tmp_path / "net.onnx")
    with pytest.raises(OptionError, match="has no option"):
        wl.onnx.export_net(net, tmp_path / "net.onnx", batchsize=3)


def test_what_is_drawn_at_random_is_refused_with_the_places_of_all_draws(tmp_path: Path) -> None:
    nodes = {"one": wl.RandomArrayLayer(output=3), "two": wl.RandomArrayLayer(output=3),
             "sum": wl.TotalLayer()}  # fmt: skip
    net = wl.NetGraph(nodes, [(["one", "two"], "sum")])
    with pytest.raises(OptionError, match="drawn at random") as caught:
        wl.onnx.export_net(net, tmp_path / "net.onnx")
    assert [fault.at for fault in caught.value.faults] == ["one", "two"]


def test_dropout_does_nothing_in_a_file(tmp_path: Path) -> None:
    net = wl.NetChain([wl.DropoutLayer(0.5)], input=3)
    x = {"Input": np.ones((2, 3), np.float32)}
    assert_same(run(wl.onnx.export_net(net, tmp_path / "net.onnx"), x), {"Output": x["Input"]})


def test_without_the_package_onnx_the_command_is_told_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    net = wl.net_initialize(wl.NetChain([3], input=2))
    with pytest.raises(MissingExtraError, match=r"pip install 'wlnet\[onnx\]'"):
        wl.onnx.export_net(net, tmp_path / "net.onnx")


def test_a_file_that_is_there_stays_whole_when_a_net_is_refused(tmp_path: Path) -> None:
    net = wl.net_initialize(wl.NetChain([3], input=2))
    file = wl.onnx.export_net(net, tmp_path / "net.onnx")
    before = file.read_bytes()
    with pytest.raises(OptionError):
        wl.onnx.export_net(wl.RandomArrayLayer(output=3), file)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_more_than_a_file_holds_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Three times two weights, and three biases, of four bytes.
    monkeypatch.setattr(sys.modules[wl.onnx.export_net.__module__], "MOST_BYTES", 35)
    net = wl.net_initialize(wl.NetChain([3], input=2))
    with pytest.raises(OptionError, match="less than 2 GB"):
        wl.onnx.export_net(net, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []
