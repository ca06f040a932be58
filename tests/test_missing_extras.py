"""Whatever wlnet imports is installed with it, or is told with the command that brings it."""

from __future__ import annotations

import ast
import configparser
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.errors import MissingExtraError
from wlnet.core.extras import EXTRAS, install

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
WITH_IT = {line.split()[0] for line in SETUP["options"]["install_requires"].split("\n") if line}
"""What is installed with wlnet."""
ASKED = {"needed", "is_installed", "import_module", "find_spec", "install"}
"""What takes the name of a module."""
GUESTS = {"IPython"}
"""What is there where it is asked for, as in a notebook, or does not matter."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module that the package imports or names to be imported, but its own and Python's."""
    for file in sorted((ROOT / "wlnet").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [str(node.module)]
            elif isinstance(node, ast.Call) and node.args:
                called = node.func
                name = getattr(called, "id", getattr(called, "attr", ""))
                first = node.args[0]
                if name in ASKED and isinstance(first, ast.Constant):
                    names = [str(first.value)]
            for name in names:
                top = name.partition(".")[0]
                if top and top != "wlnet" and top not in sys.stdlib_module_names:
                    yield top, file


FOUND: dict[str, set[str]] = {}
for top, file in modules():
    FOUND.setdefault(top, set()).add(file.name)


def test_imports_are_found_however_they_are_written() -> None:
    assert {"numpy", "llvmlite", "numba", "safetensors", "matplotlib", "PIL", "rich"} <= {*FOUND}


@pytest.mark.parametrize("module", sorted(FOUND))
def test_what_is_imported_comes_with_wlnet_or_with_an_extra(module: str) -> None:
    where = sorted(FOUND[module])
    assert module in {*WITH_IT, *EXTRAS, *GUESTS}, f"{module} in {where}: a row of EXTRAS"


def hide(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a module be as one that is not installed, whoever has imported it before."""
    for name in [*sys.modules]:
        if name.startswith((f"{module}.", f"wlnet.{module}.")) or name == f"wlnet.{module}":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)


def a_net() -> Any:
    return wl.net_initialize(wl.NetChain([2], input=3))


def a_file(folder: Path, name: str, start: bytes = b"") -> Path:
    """A file that is there: what is missing is told before it is read."""
    (folder / name).write_bytes(start.ljust(200, b"."))
    return folder / name


def a_panel(_: Path) -> object:
    """A training with a panel, in a terminal."""
    options = {"training_progress_reporting": "Panel", "max_training_rounds": 1}
    return wl.net_train(a_net(), (np.ones((2, 3)), np.ones((2, 2))), **options)


def frame(_: Path) -> object:
    """What another library says is a table of Arrow."""

    class Frame:
        __arrow_c_stream__ = None

    return wl.data.table(Frame(), "y")


def several_ranks(_: Path) -> object:
    """A training by a communicator of MPI."""
    communicator = type("Intracomm", (), {"__module__": "mpi4py.MPI"})()
    return wl.net_train(a_net(), (np.ones((2, 3)), np.ones((2, 2))), communicator=communicator)


HDF5 = b"\x89HDF\r\n\x1a\n"
ENTRIES: dict[str, list[Callable[[Path], object]]] = {
    "PIL": [
        lambda folder: wl.NetEncoder("Image", (2, 2))(str(a_file(folder, "a.png"))),
    ],
    "h5py": [
        lambda folder: wl.net_import_arrays(a_net(), a_file(folder, "a.weights.h5", HDF5)),
        lambda folder: wl.wolfram.read_net(a_file(folder, "a.wlnet", HDF5)),
    ],
    "matplotlib": [lambda folder: wl.information(a_net(), "SummaryGraphic").save(folder / "a.png")],
    "mpi4py": [several_ranks],
    "onnx": [
        lambda folder: wl.onnx.export_net(a_net(), folder / "a.onnx"),
        lambda folder: wl.onnx.import_net(a_file(folder, "a.onnx")),
    ],
    "pyarrow": [frame, lambda folder: wl.data.table(a_file(folder, "a.parquet"), "y")],
    "rich": [a_panel],
    "sklearn": [lambda folder: wl.sklearn],
    "wolframclient": [
        lambda folder: wl.wolfram.write_wxf(a_net(), folder / "a.wxf"),
        lambda folder: wl.wolfram.read_net(a_file(folder, "a.wxf", b"8:")),
    ],
}
"""What a user calls that needs a module. A module that is imported anywhere has a row here."""


def test_every_extra_that_is_used_has_a_way_to_it_here() -> None:
    assert sorted(ENTRIES) == sorted({*FOUND} & {*EXTRAS})


@pytest.mark.parametrize(
    ("module", "entry"), [(module, entry) for module in ENTRIES for entry in ENTRIES[module]]
)
def test_who_uses_it_without_its_extra_hears_the_command(
    module: str, entry: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wlnet.train.reporting.options.is_terminal", lambda stream: True)
    monkeypatch.delattr(wl, module, raising=False)
    hide(module, monkeypatch)
    before = sorted(tmp_path.iterdir())
    with pytest.raises((MissingExtraError, wl.OptionError)) as told:
        entry(tmp_path)
    assert install(module) in str(told.value)
    assert not [
        file for file in tmp_path.iterdir() if file not in before and file.stat().st_size != 200
    ]
