"""A file of another program is told by its first bytes, and what reads it is named."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import onnx
import pytest
import safetensors.numpy

import wlnet as wl

ONES = np.ones((2, 3), np.float32)
NET = wl.net_initialize(wl.NetChain([2], input=3))


def _hdf5(file: Path) -> None:
    with h5py.File(file, "w") as opened:
        opened["Version"] = "1"


def _onnx(file: Path) -> None:
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    ends = [onnx.helper.make_tensor_value_info(name, 1, [3]) for name in "xy"]
    graph = onnx.helper.make_graph([node], "graph", ends[:1], ends[1:])
    onnx.save(onnx.helper.make_model(graph), file)


def _bytes(write: Callable[[io.BytesIO], object]) -> Callable[[Path], None]:
    def written(file: Path) -> None:
        into = io.BytesIO()
        write(into)
        file.write_bytes(into.getvalue())

    return written


OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "WXF": (lambda file: wl.wolfram.write_wxf(NET, file), "wlnet.wolfram.read_net"),
    "HDF5": (_hdf5, "wlnet.wolfram.read_net"),
    "ONNX": (_onnx, "wlnet.onnx.import_net"),
    "ONNX of wlnet": (lambda file: wl.onnx.export_net(NET, file), "wlnet.onnx.import_net"),
    ".npz": (_bytes(lambda into: np.savez(into, w=ONES)), "wlnet.net_import_arrays"),
    "empty .npz": (_bytes(lambda into: np.savez(into)), "wlnet.net_import_arrays"),
    ".npy": (_bytes(lambda into: np.save(into, ONES)), "wlnet.net_import_arrays"),
    ".safetensors": (lambda file: safetensors.numpy.save_file({"w": ONES}, file),
                     "wlnet.net_import_arrays"),
    **{f"pickle {n}": (_bytes(lambda into, n=n: pickle.dump({"w": ONES}, into, n)), "wlnet.save")
       for n in (2, 3, 4, 5)},
    "small pickle": (_bytes(lambda into: pickle.dump(1, into, 2)), "wlnet.save"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_what_reads_a_file_of_another_program_is_named(kind: str, tmp_path: Path) -> None:
    write, name = OTHERS[kind]
    suffix = {"WXF": "wxf", "ONNX of wlnet": "onnx"}.get(kind, "wlnet")
    write(tmp_path / f"file.{suffix}")
    with pytest.raises(wl.FormatError) as told:
        wl.load(tmp_path / f"file.{suffix}")
    message = str(told.value)
    assert "fix:" in message and name in message.split("fix:")[1]
    assert "a header of" not in message
    if kind not in ("WXF", "HDF5"):
        with pytest.raises(wl.FormatError) as told:
            wl.wolfram.read_net(tmp_path / f"file.{suffix}")
        assert kind == ".safetensors" or name in str(told.value)


def test_bytes_that_nobody_knows_are_said_to_be_cut_or_no_net(tmp_path: Path) -> None:
    file = tmp_path / "file.wlnet"
    file.write_bytes(b"Once upon a time, there was a file.")
    with pytest.raises(wl.FormatError, match="the file is cut, or no net"):
        wl.load(file)
    file.write_bytes(b"Once")
    with pytest.raises(wl.FormatError, match="too short"):
        wl.load(file)
