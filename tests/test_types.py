"""What type checkers and editors read is what Python runs."""

from __future__ import annotations

import ast
import importlib.util
import inspect
from pathlib import Path

import wlnet
import wlnet.layers

ROOT = Path(__file__).parents[1]


def test_the_constructors_that_are_written_down_are_those_that_declarations_make() -> None:
    spec = importlib.util.spec_from_file_location("stubs", ROOT / "docs" / "stubs.py")
    assert spec is not None and spec.loader is not None
    stubs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stubs)
    written = stubs.FILE.read_text("utf-8")
    assert written == stubs.stub(), "run: python docs/reference.py"
    classes = {it.name: it for it in ast.parse(written).body if isinstance(it, ast.ClassDef)}
    assert sorted(classes) == wlnet.layers.__all__
    made = classes["ConvolutionLayer"].body[0]
    assert isinstance(made, ast.FunctionDef)
    names = [each.arg for each in (*made.args.args, *made.args.kwonlyargs)][1:]
    assert names == list(inspect.signature(wlnet.layers.ConvolutionLayer).parameters)


def test_names_that_are_opened_late_are_imported_for_those_who_read_types() -> None:
    tree = ast.parse((ROOT / "wlnet" / "__init__.py").read_bytes())
    (block,) = [
        node for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]  # fmt: skip
    told = {
        alias.asname: node.module
        for node in block.body if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }  # fmt: skip
    rooms = dict.fromkeys(wlnet._EXTRA_ROOMS, "wlnet")
    assert told == {**wlnet._LAZY, **rooms}
