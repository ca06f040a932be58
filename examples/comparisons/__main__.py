"""Measures all comparisons, and writes their tables into docs/frozen-elsewhere.md.

python examples/comparisons
"""

import importlib
import re
import subprocess
import sys
from pathlib import Path

from setting import MODULES

PAGE = Path(__file__).parents[2] / "docs" / "frozen-elsewhere.md"
TABLE = re.compile(r"(<!-- (\w+)\.py -->\n)((?:\|.*\n)*)")
VERSIONS = re.compile(r"(<!-- versions -->\n)(.*\n)")


def measured(name: str) -> str:
    """The table of a script, as it is measured now, in a process of its own."""
    script = Path(__file__).with_name(f"{name}.py")
    return subprocess.check_output([sys.executable, script], encoding="utf-8")


def versions() -> str:
    """What it was measured with."""
    found = {name: importlib.import_module(module) for name, module in MODULES.items()}
    told = [f"{name} {module.__version__.partition('+')[0]}" for name, module in found.items()
            if name != "wlnet"]  # fmt: skip
    jax = importlib.import_module("jax").__version__
    return f"Measured with {', '.join(told)} and JAX {jax}; Keras on PyTorch; on a CPU.\n"


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    text = VERSIONS.sub(lambda found: found[1] + versions(), text)
    text = TABLE.sub(lambda found: found[1] + measured(found[2]), text)
    PAGE.write_text(text, "utf-8")
    print(PAGE)
