"""The house itself: who imports whom, how long files are, what `import wlnet` costs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from statistics import median

import pytest

from wlnet.core.extras import EXTRAS

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "wlnet").rglob("*.py"))
HEAVY = ("scipy.signal", "torch", *EXTRAS)
FOLDERS = {"wlnet", "tests", "examples", "docs"}
MADE_BY_TOOLS = ("__pycache__", "build", "dist", "*.egg-info")


def python(code: str) -> subprocess.CompletedProcess[str]:
    """The code, run by a fresh interpreter in the top folder."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def made_by_tools(file: Path) -> bool:
    return any(fnmatch(part, mask) for part in file.parts for mask in MADE_BY_TOOLS)


def text_files() -> Iterator[tuple[Path, str]]:
    """Every text file of the product: the four folders, .ci, and the files beside them."""
    places = [ROOT / folder for folder in sorted(FOLDERS | {".ci"})]
    files = [
        file for file in ROOT.iterdir() if file.is_file() and file.name not in (".coverage", ".git")
    ]
    files += [file for place in places for file in place.rglob("*") if file.is_file()]
    for file in sorted(files):
        data = file.read_bytes()
        if not made_by_tools(file.relative_to(ROOT)) and b"\0" not in data:
            yield file, data.decode("utf-8", errors="replace")


def layer_classes(file: Path) -> list[str]:
    """The layers that a file declares: classes that stand directly on Layer."""
    return [
        node.name
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Layer" for base in node.bases)
    ]


def test_every_room_imports_only_what_its_contract_allows() -> None:
    found = python("import importlinter.cli as c; raise SystemExit(c.lint_imports(no_cache=True))")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout, found.stdout


def imports_of_files() -> dict[str, set[str]]:
    """Module -> the modules of wlnet that it imports, anywhere in it."""
    names = {name(file).removesuffix(".py").replace("/", "."): file for file in MODULES}
    names = {module.removesuffix(".__init__"): file for module, file in names.items()}
    found: dict[str, set[str]] = {}
    for module, file in names.items():
        nodes = [n for n in ast.walk(ast.parse(file.read_bytes())) if isinstance(n, ast.ImportFrom)]
        told = {(n.module or "", alias.name) for n in nodes for alias in n.names}
        each = {f"{room}.{what}" if f"{room}.{what}" in names else room for room, what in told}
        found[module] = {other for other in each if other in names and other != module}
    return found


def circles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """Files that import each other, by way of others or straight away."""
    reach = {module: set(others) for module, others in graph.items()}
    for between in graph:
        for module in graph:
            if between in reach[module]:
                reach[module] |= reach[between]
    return {
        frozenset(other for other in reach[module] if module in reach[other])
        for module in graph if module in reach[module]
    }  # fmt: skip


def test_circles_of_imports_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str]()}
    assert circles(graph) == {frozenset({"b", "c"})}


def test_the_only_circle_of_imports_is_that_a_list_is_a_chain() -> None:
    # A chain is made of what may be written in short, and a list is short for a chain.
    rooms = {"wlnet.nets.chain", "wlnet.nets.reading", "wlnet.nets.shorthand"}
    assert circles(imports_of_files()) == {frozenset(rooms)}


def test_no_file_is_over_500_lines_and_the_median_is_under_120() -> None:
    lengths = {name(file): len(file.read_text("utf-8").splitlines()) for file in MODULES}
    long = {file: lines for file, lines in lengths.items() if lines > 500}
    longest = max(lengths, key=lengths.__getitem__)
    figures = f"median {median(lengths.values())}, longest {longest}: {lengths[longest]}"
    assert not long, f"over 500 lines: {long}; {figures}"
    assert median(lengths.values()) < 120, figures


def test_no_module_takes_a_lock_that_a_forked_child_would_wait_for() -> None:
    # A cached_property of Python 3.11 has a lock for all of its class, which nobody frees after a
    # fork: see kernels/jit/locks.py.
    assert [name(f) for f in MODULES if "@cached_property" in (t := f.read_text("utf-8")) or
            "functools.cached_property" in t or "import cached_property" in t] == []  # fmt: skip


def test_every_module_says_what_it_is() -> None:
    silent = [name(file) for file in MODULES if not ast.get_docstring(ast.parse(file.read_bytes()))]
    assert not silent, f"modules without a docstring: {silent}"


def test_import_wlnet_loads_nothing_heavy() -> None:
    found = python(
        f"import sys, wlnet\nprint(*(heavy for heavy in {HEAVY} if heavy in sys.modules))"
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    homes = re.compile(r"/(?:work|root|home|Users)/")
    files = list(text_files())
    assert ROOT / "setup.cfg" in dict(files)
    assert Path(__file__) in dict(files)
    named = [
        f"{name(file)}:{number}: {line.strip()}"
        for file, text in files
        for number, line in enumerate(text.splitlines(), 1)
        if homes.search(line)
    ]
    assert not named, "\n".join(named)


def test_every_layer_has_its_own_file_and_its_line_in_the_list_of_layers() -> None:
    folder = ROOT / "wlnet" / "layers"
    listed = re.findall(r"\w+", (folder / "__init__.py").read_text("utf-8"))
    declared = {file.name: layer_classes(file) for file in sorted(folder.glob("*.py"))}
    declared = {file: layers for file, layers in declared.items() if layers}
    crowded = {file: layers for file, layers in declared.items() if len(layers) > 1}
    known = [(layer, file) for file, layers in declared.items() for layer in layers]
    missing = [(layer, file) for layer, file in known if layer not in listed]
    assert "LinearLayer" in dict(known), known
    assert not crowded, f"one file a layer: {crowded}"
    assert not missing, f"not in wlnet/layers/__init__.py: {missing}"


def test_what_a_layer_is_declared_with_knows_no_layer() -> None:
    # No contract of imports can say so without a list of all layers.
    room = ROOT / "wlnet" / "layers" / "declaring"
    imports = [
        (file.name, node.module)
        for file in room.glob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wlnet.layers")
    ]
    assert ("layer.py", "wlnet.layers.declaring.fields") in imports
    assert [each for each in imports if not each[1].startswith("wlnet.layers.declaring")] == []


def test_the_top_folder_holds_four_folders() -> None:
    there = {
        place.name
        for place in ROOT.iterdir()
        if place.is_dir() and not place.name.startswith(".") and not made_by_tools(Path(place.name))
    }
    assert there == FOLDERS


@pytest.mark.parametrize("tool", ["setup.cfg", "pyproject.toml"])
def test_the_version_stands_in_one_place(tool: str) -> None:
    from wlnet.version import VERSION

    assert VERSION not in (ROOT / tool).read_text("utf-8")
