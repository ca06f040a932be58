"""The package as a new user gets it: built, and installed from a package index into clean places.

    python -m tests.package_trial                       everything
    python -m tests.package_trial --extras onnx,plot --pythons python3.12,python3.13

Needs a network. Tells each step, and ends with status 1 at the first that fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from wlnet.core.extras import EXTRAS

ROOT = Path(__file__).parents[1]
TRIAL = ROOT / "tests" / "installed_trial.py"
TYPED = ROOT / "tests" / "typing" / "user_script.py"
LEAN = "numpy", "safetensors", "llvmlite"
"""All that a net needs to answer, where its machine code is there: docs/how-to/deploy.md."""
ANSWER = "import sys, wlnet; net = wlnet.load(sys.argv[1], precompile=True); print(net([1, 2, 3]))"
MAKE = """
import sys, wlnet as wl
wl.save(wl.net_initialize(wl.NetChain([4, "Tanh", 2, wl.SoftmaxLayer()], input=3)), sys.argv[1])
"""
USUAL = {name: word for name, word in os.environ.items() if name != "PYTHONPATH"}
"""A checkout on the path would be taken for the installed package."""


class Place:
    """A clean environment, and what is run in it."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)

    def install(self, *what: str) -> None:
        """Install from a package index."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet"]
        subprocess.run([*pip, "--disable-pip-version-check", *what], check=True, env=USUAL)

    def run(self, *what: str, **variables: str) -> str:
        """What a command of this Python prints, started far from the checkout."""
        done = subprocess.run(
            [str(self.python), *what], cwd=self.folder, env={**USUAL, **variables},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"{' '.join(what)[:200]}\n{done.stdout}{done.stderr}")
        return done.stdout

    @property
    def packages(self) -> Path:
        """Where what is installed lies."""
        return next(self.folder.glob("lib/python*/site-packages"))

    def sizes(self) -> dict[str, float]:
        """MB of each package, with the libraries that lie beside it; scripts and notes left out."""
        found: dict[str, float] = {}
        for place in self.packages.iterdir():
            if place.suffix == ".dist-info" or place.name == "__pycache__":
                continue
            name = place.name.removesuffix(".libs").removesuffix(".py")
            files = place.rglob("*") if place.is_dir() else [place]
            size = sum(file.stat().st_size for file in files if file.is_file())
            found[name] = found.get(name, 0) + size / 1e6
        return {name: size for name, size in sorted(found.items()) if size > 0.1}


def built(tools: Place, folder: Path) -> Path:
    """The wheel, of a source distribution that the checks of the index take."""
    tools.install("build", "twine", "trove-classifiers")
    tools.run("-m", "build", "--outdir", str(folder), str(ROOT))
    print(tools.run("-m", "twine", "check", "--strict", *map(str, folder.iterdir())).strip())
    (wheel,) = folder.glob("*.whl")
    code = """
import sys, zipfile, email, trove_classifiers as known
archive = zipfile.ZipFile(sys.argv[1])
(name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
told = email.message_from_bytes(archive.read(name)).get_all("Classifier")
unknown = set(told) - known.classifiers
print(f"{len(told)} classifiers, all known" if not unknown else sys.exit(f"unknown: {unknown}"))
"""
    print(tools.run("-c", code, str(wheel)).strip())
    return wheel


def lean(folder: Path, wheel: Path, whole: Place) -> None:
    """What is compiled beforehand answers where neither Numba nor SciPy is installed."""
    net, cache = folder / "net.wlnet", folder / "cache"
    whole.run("-c", MAKE, str(net))
    expected = whole.run("-c", ANSWER, str(net), WLNET_CACHE_DIR=str(cache))
    place = Place(folder / "lean")
    place.install("--no-deps", str(wheel), *LEAN)
    told = place.run("-c", ANSWER, str(net), WLNET_CACHE_DIR=str(cache))
    assert told == expected, (told, expected)
    for name, each in (("whole", whole), ("lean", place)):
        sizes = each.sizes()
        listed = ", ".join(f"{package} {size:.0f}" for package, size in sizes.items())
        print(f"{name}: {sum(sizes.values()):.0f} MB: {listed}")


class Image:
    """What a recipe of a container does, done in a folder: its files, and its Python.

    Users are left out, as only root can be another one.
    """

    def __init__(self, folder: Path, wheels: Path, files: Path) -> None:
        self.folder, self.files = folder, files
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        path = f"{folder / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.variables = {**USUAL, "PATH": path, "PIP_FIND_LINKS": str(wheels), "PIP_QUIET": "1"}
        for name in ("opt", "app"):
            (folder / name).mkdir()

    def own(self, text: str) -> str:
        """A line with the folders of this image for those of a container."""
        return re.sub(r"(?<![\w.])/(opt|app)\b", rf"{self.folder}/\1", text)

    def do(self, line: str, others: Mapping[str, Image]) -> None:
        """Do a line of the recipe."""
        word, _, rest = line.partition(" ")
        if word == "RUN" and not rest.startswith("useradd"):
            subprocess.run(["sh", "-ec", self.own(rest)], env=self.variables, check=True)
        if word == "ENV":
            name, _, value = rest.partition("=")
            self.variables[name] = self.own(value)
        if word == "COPY":
            words = [each for each in rest.split() if not each.startswith("--")]
            found = re.search(r"--from=(\w+)", rest)
            for source in words[:-1]:
                start = others[found[1]].own(source) if found else str(self.files / source)
                subprocess.run(["cp", "-r", start, self.own(words[-1])], check=True)

    def answer(self, command: list[str], body: bytes) -> object:
        """What the server of the image answers."""
        ports = ["--host", "127.0.0.1", "--port", "0"]
        words = [self.own(each) for each in command[: command.index("--host")]] + ports
        with subprocess.Popen(
            words, env=self.variables, executable=self.folder / "venv/bin/python",
            stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            where = process.stdout.readline().rpartition(" ")[2].strip()
            try:
                with urllib.request.urlopen(f"{where}/predict", body) as found:
                    return json.load(found)
            finally:
                process.terminate()
                process.communicate()


def recipes(folder: Path, wheels: Path, whole: Place) -> None:
    """The recipes of docs/how-to/deploy.md, line by line, and what their servers answer."""
    files = folder / "files"
    files.mkdir()
    shutil.copy(ROOT / "examples" / "serve.py", files)
    whole.run("-c", MAKE, str(files / "net.wlnet"))
    expected = whole.run("-c", ANSWER, str(files / "net.wlnet"))
    page = (ROOT / "docs" / "how-to" / "deploy.md").read_text("utf-8")
    for number, recipe in enumerate(re.findall(r"```text\n(FROM .*?)```", page, re.DOTALL)):
        images: dict[str, Image] = {}
        for stage in re.split(r"^FROM ", recipe, flags=re.MULTILINE)[1:]:
            head, *lines = stage.strip().split("\n")
            name = head.partition(" AS ")[2]
            image = images[name] = Image(folder / f"image-{number}-{name}", wheels, files)
            for line in lines:
                image.do(line, images)
        told = image.answer(json.loads(lines[-1].partition(" ")[2]), b'{"inputs": [1, 2, 3]}')
        assert isinstance(told, dict)
        answers = np.array(told["outputs"], np.float32)
        assert str(answers) == expected.strip(), (answers, expected)
        print(f"recipe {number + 1}: {len(recipe.splitlines())} lines, the server answers")


def typed(tools: Place, whole: Place) -> None:
    """A user's script, as its types are checked where the package is installed."""
    tools.install("pyright")
    asked = ["--pythonpath", str(whole.python), "--level", "warning", str(TYPED)]
    print("pyright:", tools.run("-m", "pyright", *asked).strip().splitlines()[-1])


def main() -> None:
    """Do all that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extras", default=",".join(sorted({*EXTRAS.values(), "all"})))
    parser.add_argument("--pythons", default="", help="other Pythons, with commas")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tools = Place(folder / "tools")
        wheel = built(tools, folder / "dist")
        whole = Place(folder / "whole")
        whole.install(str(wheel))
        print("without extras:", whole.run(str(TRIAL), str(whole.folder)).strip())
        lean(folder, wheel, whole)
        recipes(folder, wheel.parent, whole)
        typed(tools, whole)
        for python in filter(None, given.pythons.split(",")):
            other = Place(folder / Path(python).name, python)
            other.install(str(wheel))
            print(f"{python}:", other.run(str(TRIAL), str(other.folder)).strip())
        for extra in filter(None, given.extras.split(",")):
            one = Place(folder / f"extra-{extra}")
            one.install(f"{wheel}[{extra}]")
            modules = [name for name, own in EXTRAS.items() if extra in (own, "all")]
            one.run("-c", f"import {', '.join(modules)}")
            told = one.run(str(TRIAL), str(one.folder)).strip()
            print(f"wlnet[{extra}]: {', '.join(modules)}: {told}", flush=True)


if __name__ == "__main__":
    main()
