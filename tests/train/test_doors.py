"""The door of a room says what each of its files is for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import wlnet

HOUSE = Path(wlnet.__file__).parent


@pytest.mark.parametrize(
    "room", ["train", "train/saving", "train/receipts", "evaluate", "results", "methods"]
)
def test_the_door_names_every_file_of_the_room_and_no_other(room: str) -> None:
    door = ast.get_docstring(ast.parse((HOUSE / room / "__init__.py").read_text("utf-8"))) or ""
    words = {word.strip("().,;:*`") for word in door.split()}
    named = {word for word in words if word.endswith(".py") and "/" not in word}
    files = {file.name for file in (HOUSE / room).glob("*.py")} - {"__init__.py"}
    assert named == files
