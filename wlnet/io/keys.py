"""The names of tensors in a file: the paths of their arrays as text, no two alike."""

from __future__ import annotations

import re

from wlnet.core.parts import Path

# Also the signs that a header in UTF-8 could not hold, or not hold on one line.
_SPECIAL = re.compile("[~/\x00-\x1f\x7f\ud800-\udfff]")


def tensor_key(path: Path) -> str:
    """A path as text. A position is its number; in a name, what could be misread is ~code;.

    >>> tensor_key((1, "a/b", "Weights")), tensor_key(("1", "Weights"))
    ('1/a~2f;b/Weights', '~31;/Weights')
    """
    return "/".join(str(step) if isinstance(step, int) else _escaped(step) for step in path)


def shared_key(name: str) -> str:
    """The key of a shared array, unlike that of any path.

    >>> shared_key("w")
    '~shared/w'
    """
    return f"~shared/{_escaped(name)}"


def _escaped(name: str) -> str:
    text = _SPECIAL.sub(lambda match: _code(match[0]), name)
    # A name of digits alone would read as a position.
    return _code(name[0]) + name[1:] if name.isdecimal() else text


def _code(sign: str) -> str:
    return f"~{ord(sign):x};"
