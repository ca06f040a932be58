"""The doors of rooms that nobody can see through at a glance have a map."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest


@pytest.mark.parametrize("room", ["coders", "core", "io", "layers.declaring"])
def test_the_map_at_the_door_has_every_file_of_the_room(room: str) -> None:
    door = importlib.import_module(f"wlnet.{room}")
    text, files = door.__doc__ or "", Path(str(door.__file__)).parent.glob("*.py")
    kinds = re.compile(r"_(en|de)coder$")  # those of coders stand in the table of their door
    names = [file.stem for file in files if not kinds.search(file.stem)]
    assert len(names) > 5
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == ["__init__"]
