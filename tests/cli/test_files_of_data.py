"""Data of a command: files to columns, columns to ports; hostile files are refused."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import wlnet as wl
from wlnet.cli.data_files import columns_in, read_file
from wlnet.cli.data_ports import input_data, training_data
from wlnet.core import machine
from wlnet.nets.inference import inferred_port

NET = wl.NetChain([3, "Tanh", 1], input=2)
X = np.arange(8, dtype=np.float32).reshape(4, 2)
Y = np.arange(4, dtype=np.float32)[:, None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    np.save("y.npy", Y[:, 0])
    np.savez("ports.npz", Input=X, Output=Y)
    np.savez_compressed("columns.npz", a=X[:, 0], b=X[:, 1], kind=Y[:, 0])
    return tmp_path


def training(*words: str, targets: tuple[str, ...] = (), weights: object = None) -> object:
    return training_data(NET, columns_in(words), targets, weights)


def same(found: object, inputs: np.ndarray, outputs: np.ndarray, net: wl.NetChain = NET) -> None:
    x, y = found if isinstance(found, tuple) else (found["Input"], found["Output"])
    np.testing.assert_array_equal(x, inputs)
    np.testing.assert_array_equal(y, outputs)
    # Single numbers are vectors of one, where the net has these.
    assert y.shape[1:] == inferred_port(net, "Output").shape


@pytest.mark.usefixtures("folder")
def test_two_arrays_are_inputs_and_targets() -> None:
    same(training("x.npy", "y.npy"), X, Y)


@pytest.mark.usefixtures("folder")
def test_an_array_may_be_said_to_be_for_a_port() -> None:
    same(training("Output=y.npy", "Input=x.npy"), X, Y)


@pytest.mark.usefixtures("folder")
def test_columns_named_like_ports_are_for_them() -> None:
    same(training("ports.npz"), X, Y)


@pytest.mark.usefixtures("folder")
def test_columns_beside_the_target_stand_side_by_side() -> None:
    same(training("columns.npz", targets=("kind",)), X, Y)
    same(training("columns.npz", targets=("Output=kind",)), X, Y)


@pytest.mark.usefixtures("folder")
def test_several_targets_of_one_port_stand_side_by_side() -> None:
    net = wl.NetChain([2], input=1)
    found = training_data(net, columns_in(["columns.npz"]), ["b", "a"], None)
    same(found, Y, X[:, ::-1], net)


@pytest.mark.usefixtures("folder")
def test_a_column_of_weights_stays_one() -> None:
    np.savez("weighted.npz", a=X[:, 0], b=X[:, 1], kind=Y[:, 0], w=Y[:, 0])
    found = training("weighted.npz", targets=("kind",), weights="w")
    same(found, X, Y)
    np.testing.assert_array_equal(found["w"], Y[:, 0])


@pytest.mark.usefixtures("folder")
def test_a_prediction_leaves_targets_out() -> None:
    for words, targets in ((["ports.npz"], ()), (["columns.npz"], ("kind",)), (["x.npy"], ())):
        found = input_data(NET, columns_in(words), targets)
        assert list(found) == ["Input"]
        np.testing.assert_array_equal(found["Input"], X)


@pytest.mark.usefixtures("folder")
def test_files_of_mnist_are_read_plain_and_compressed() -> None:
    content = bytes((0, 0, 8, 2)) + struct.pack(">2I", 2, 3) + bytes(range(6))
    Path("train-images-idx3-ubyte").write_bytes(content)
    Path("t10k-labels.idx1-ubyte.gz").write_bytes(gzip.compress(content))
    for name in ("train-images-idx3-ubyte", "t10k-labels.idx1-ubyte.gz"):
        np.testing.assert_array_equal(read_file(name), np.arange(6).reshape(2, 3))


@pytest.mark.usefixtures("folder")
def test_standard_input_holds_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("x.npy", "ports.npz"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(name).read_bytes())))
        found = read_file("-")
        np.testing.assert_array_equal(found["Input"] if isinstance(found, dict) else found, X)


@pytest.mark.parametrize(
    ("words", "targets", "told"),
    [
        (["x.npy", "y.npy", "x.npy"], (), "nothing tells which array is whose"),
        (["x.npy", "ports.npz"], (), "fix: +Input=x.npy"),
        (["columns.npz"], ("kid",), "did you mean 'kind'"),
        (["Input=columns.npz"], (), "several columns"),
        (["ports.npz", "ports.npz"], (), "there already"),
        (["x.npy", "text.doc"], (), "kind that is not known"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_meant_is_told(
    words: list[str], targets: tuple[str, ...], told: str
) -> None:
    Path("text.doc").write_text("")
    with pytest.raises(wl.DataError, match=told):
        training(*words, targets=targets)


@pytest.mark.usefixtures("folder")
def test_integers_with_gaps_do_not_stand_side_by_side_for_the_gaps() -> None:
    pq.write_table(pa.table({"a": [1, None, 3], "b": [1.5, 2.5, 3.5]}), "gaps.parquet")
    with pytest.raises(wl.DataError, match=r"missing values\n.*column a, example 2"):
        input_data(NET, columns_in(["gaps.parquet"]), ())


@pytest.mark.usefixtures("folder")
def test_columns_of_text_do_not_stand_side_by_side() -> None:
    np.savez("text.npz", a=X[:, 0], b=np.array(list("abcd")), kind=Y[:, 0])
    with pytest.raises(wl.DataError, match="no single numbers"):
        training("text.npz", targets=("kind",))


def cut(content: bytes) -> bytes:
    return content[:-3]


def npy(array: np.ndarray, pickled: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=pickled)
    return file.getvalue()


def zipped(member: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", member)
    return file.getvalue()


def headed(descr: str, shape: str) -> bytes:
    """An NPY file with such a header, and little behind it."""
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00v\x00" + text.encode().ljust(117) + b"\n" + bytes(64)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        cut(npy(X)),
        headed("<f4", "(99999999999, 9)"),
        headed("<f4", f"({10**40}, 2)"),
        headed("<f4", "(-4, -4)"),
        headed("<f4", "(-1, 16)"),
        npy(np.array([{"a": 1}, None]), pickled=True),
        npy(X)[:40],
        b"\x93NUMPY\x09\x00" + npy(X)[8:],
    ],
    ids=[
        "empty",
        "text",
        "cut",
        "huge",
        "huger",
        "below 0",
        "a size below 0",
        "objects",
        "half a header",
        "another version",
    ],
)
def test_a_file_that_is_no_array_is_refused(content: bytes, tmp_path: Path) -> None:
    for name, given in (("a.npy", content), ("a.npz", zipped(content)), ("b.npz", content)):
        file = tmp_path / name
        file.write_bytes(given)
        with pytest.raises(wl.DataError):
            read_file(str(file))


def test_a_file_of_no_examples_is_read(tmp_path: Path) -> None:
    file = tmp_path / "none.npy"
    np.save(file, np.zeros((0, 3)))
    assert read_file(str(file)).shape == (0, 3)


def test_a_zip_that_unpacks_to_more_than_there_is_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "available_memory", lambda: 2**30)
    content = bytearray(zipped(npy(X)))
    at = content.rindex(b"PK\x01\x02")
    # The size that the directory tells of what is packed.
    content[at + 24 : at + 28] = struct.pack("<I", 2**31)
    file = tmp_path / "bomb.npz"
    file.write_bytes(bytes(content))
    with pytest.raises(wl.DataError, match="more memory than there is"):
        read_file(str(file))


def test_an_idx_file_of_other_numbers_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\0\0\x0d\1" + bytes(8), b"\0\0\x08\0"):
        file = tmp_path / "train-labels-idx1-ubyte"
        file.write_bytes(content)
        with pytest.raises(wl.DataError, match="IDX"):
            read_file(str(file))
