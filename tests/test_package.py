"""What is built from a checkout is whole, holds nothing else, and runs where it is installed."""

from __future__ import annotations

import configparser
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from wlnet.core.extras import CALLED, EXTRAS
from wlnet.version import VERSION

ROOT = Path(__file__).parents[1]
NEEDED = "LICENSE", "MANIFEST.in", "README.md", "CHANGELOG.md", "pyproject.toml", "setup.cfg"
FOR_DEVELOPERS = {"demo", "test", "docs", "dev"}
"""Extras that are not for users of the package."""
TRIAL = ROOT / "tests" / "installed_trial.py"


def build_tool() -> int:
    """The version of setuptools: before 77 it does not know what a licence expression is."""
    try:
        return int(importlib.metadata.version("setuptools").partition(".")[0])
    except importlib.metadata.PackageNotFoundError:
        return 0


def python(code: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


BUILD = "import setuptools.build_meta as b; b.{}(r'{}')"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source distribution, and the wheel that is built from it alone."""
    if build_tool() < 77:
        pytest.skip("pyproject.toml asks for setuptools 77 or newer")
    folder = tmp_path_factory.mktemp("package")
    checkout, made = folder / "checkout", folder / "dist"
    checkout.mkdir()
    made.mkdir()
    for name in ("wlnet", "tests", "examples"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
    for name in NEEDED:
        shutil.copy(ROOT / name, checkout)
    python(BUILD.format("build_sdist", made), checkout)
    (sdist,) = made.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        # Python 3.11 knows filters from 3.11.4 on.
        safe: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safe)
    python(BUILD.format("build_wheel", made), folder / f"wlnet-{VERSION}")
    (wheel,) = made.glob("*.whl")
    return sdist, wheel


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return Parser().parsestr(archive.read(f"wlnet-{VERSION}.dist-info/METADATA").decode())


def of_the_package() -> set[str]:
    """Every file of the package in the checkout."""
    files = (file for file in (ROOT / "wlnet").rglob("*") if file.is_file())
    return {f.relative_to(ROOT).as_posix() for f in files if "__pycache__" not in f.parts}


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(
    built: tuple[Path, Path],
) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert archive.read(f"wlnet-{VERSION}.dist-info/licenses/LICENSE")
    assert names == of_the_package()
    assert {"wlnet/py.typed", "wlnet/models/lenet.wlnet", "wlnet/data/digits.npz"} <= names


def test_the_source_distribution_holds_what_the_package_is_built_from_and_nothing_else(
    built: tuple[Path, Path],
) -> None:
    with tarfile.open(built[0]) as archive:
        names = {each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()}
    made_by_setuptools = {name for name in names if name.startswith("wlnet.egg-info/")}
    assert names - made_by_setuptools - {"PKG-INFO"} == {*of_the_package(), *NEEDED}


def test_what_it_says_of_itself(built: tuple[Path, Path]) -> None:
    told = metadata(built[1])
    assert told["Version"] == VERSION
    assert (told["License-Expression"], told["License-File"]) == ("MIT", "LICENSE")
    assert told["Requires-Python"] == ">=3.11"
    assert told["Description-Content-Type"] == "text/markdown"
    assert str(told.get_payload()).startswith("# wlnet")
    assert not told.get_all("Project-URL"), "there is no address that could be named"


def extras(wheel: Path) -> dict[str, set[str]]:
    """Each extra with the names of what it asks for; of wlnet itself with the extra."""
    told = metadata(wheel)
    found: dict[str, set[str]] = {name: set() for name in told.get_all("Provides-Extra") or ()}
    for line in told.get_all("Requires-Dist") or ():
        asked = re.match(r"([\w.-]+)(\[([\w,]+)\])?", line)
        extra = re.search(r'extra == "(\w+)"', line)
        if asked and extra:
            inner = [f"wlnet[{name}]" for name in asked[3].split(",")] if asked[3] else [asked[1]]
            found[extra[1]].update(inner)
    return found


def test_the_extra_all_has_every_extra_of_users(built: tuple[Path, Path]) -> None:
    found = extras(built[1])
    assert found["all"] == {f"wlnet[{name}]" for name in set(found) - FOR_DEVELOPERS - {"all"}}
    assert set(EXTRAS.values()) == set(found) - FOR_DEVELOPERS - {"all"}


@pytest.mark.parametrize("module", EXTRAS)
def test_the_extra_that_an_error_names_brings_the_module(
    module: str, built: tuple[Path, Path]
) -> None:
    found, seen = extras(built[1]), set[str]()
    waiting = [EXTRAS[module]]
    while waiting:
        asked = found[waiting.pop()]
        seen |= asked
        waiting += [name[6:-1] for name in asked if name.startswith("wlnet[")]
    # Dask comes with its scheduler.
    name = "distributed" if module == "dask" else CALLED.get(module, module).lower()
    assert name in {each.lower() for each in seen}


def test_the_installed_package_trains_saves_and_answers_without_the_checkout(
    built: tuple[Path, Path], tmp_path: Path
) -> None:
    target = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    paths = {"PYTHONPATH": str(target)}
    command += ["--no-compile", "--target", str(target), str(built[1])]
    subprocess.run(command, check=True)
    trial = shutil.copy(TRIAL, tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "error", trial, str(target)], cwd=tmp_path,
        env={**os.environ, **paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"wlnet {VERSION} works\n"


def test_the_versions_of_python_that_are_named_are_those_that_are_required() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    named = re.findall(r"Python :: 3\.(\d+)", setup["metadata"]["classifiers"])
    assert setup["options"]["python_requires"] == f">=3.{min(map(int, named))}"
    assert str(sys.version_info[1]) in named or sys.version_info[1] > max(map(int, named))
