"""What is not installed with wlnet is told with the command that brings it."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

import pytest

from wlnet.core.extras import CALLED, EXTRAS, install, is_installed, needed

SETUP = configparser.ConfigParser()
SETUP.read(Path(__file__).parents[2] / "setup.cfg", encoding="utf-8")
WRITTEN = {extra: text.split("\n") for extra, text in SETUP["options.extras_require"].items()}


def distributions(extra: str) -> set[str]:
    """What an extra brings, that of others in it included."""
    found = set()
    for line in filter(None, WRITTEN[extra]):
        inner = re.fullmatch(r"wlnet\[(.*)\]", line)
        names = inner[1].split(",") if inner else []
        found |= set().union(*map(distributions, names)) if inner else {line.split()[0]}
    return found


@pytest.mark.parametrize("module", EXTRAS)
def test_every_module_is_brought_by_its_extra_and_by_all(module: str) -> None:
    distribution = {**CALLED, "dask": "distributed"}.get(module, module).lower()
    assert distribution in distributions(EXTRAS[module]) & distributions("all")


@pytest.mark.parametrize("module", EXTRAS)
def test_a_module_that_is_not_there_is_told_with_the_command(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert not is_installed(module)
    with pytest.raises(ImportError) as found:
        needed(module, "counting sheep")
    name = CALLED.get(module, module)
    assert str(found.value) == (
        f"counting sheep needs {name}, which is not installed\n  fix:      {install(module)}"
    )


def test_a_library_that_is_there_but_fails_is_told_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wolframclient.py").write_text("import onnx_of_another_world")
    monkeypatch.delitem(sys.modules, "wolframclient", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="fails") as found:
        needed("wolframclient", "writing WXF")
    assert "onnx_of_another_world" in str(found.value)


def test_what_is_there_is_imported() -> None:
    assert needed("PIL.Image", "a picture") is sys.modules["PIL.Image"]
