"""What wlnet/layers/__init__.pyi says: constructors of layers, for those who read types.

`python docs/reference.py` writes it. A constructor follows from the declaration of its layer when
Python runs it, which editors and type checkers do not.
"""

import inspect
from pathlib import Path

import wlnet.layers
from wlnet.core.symbols import AUTOMATIC

FILE = Path(__file__).parents[1] / "wlnet" / "layers" / "__init__.pyi"
HEAD = '''"""Constructors of layers, by their declarations. Made by `python docs/reference.py`."""

from typing import Any

from wlnet.core.symbols import AUTOMATIC
'''


def default(value: object) -> str:
    """A default as it is written down; of what cannot be, that there is one."""
    if value is AUTOMATIC:
        return "AUTOMATIC"
    return repr(value) if isinstance(value, (int, float, str, tuple, type(None))) else "..."


def constructor(layer: type) -> str:
    """The line of a constructor."""
    words, is_starred = ["self"], False
    for each in inspect.signature(layer).parameters.values():
        if each.kind is each.KEYWORD_ONLY and not is_starred:
            words, is_starred = [*words, "*"], True
        is_starred |= each.kind is each.VAR_POSITIONAL
        mark = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        told = "" if each.default is each.empty else f" = {default(each.default)}"
        words.append(f"{mark}{each.name}: Any{told}")
    return f"    def __init__({', '.join(words)}) -> None: ..."


def stub() -> str:
    """The whole file."""
    layers = [getattr(wlnet.layers, name) for name in wlnet.layers.__all__]
    imports = [f"from {it.__module__} import {it.__name__} as _{it.__name__}" for it in layers]
    classes = [f"class {it.__name__}(_{it.__name__}):\n{constructor(it)}" for it in layers]
    names = "\n".join(f'    "{it.__name__}",' for it in layers)
    return "\n".join([HEAD + "\n".join(sorted(imports)), *classes, f"__all__ = [\n{names}\n]\n"])
