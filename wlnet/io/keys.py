"""The names of tensors in a file: the paths of their arrays as text, no two alike."""

from __future__ import annotations

import re

from wlnet.core.parts import NetSharedArray, Path
from wlnet.core.rules import ArrayKey

# Also the signs that a header in UTF-8 could not hold, or not hold on one line.
_BESIDE = re.compile("~(?!shared/|coder/)[a-z]+/")
_MEASURED = "~series/", "~tally/", "~state/"
_CODE = re.compile("~([0-9a-f]{1,5});")
_SPECIAL = re.compile("[~/\x00-\x1f\x7f\ud800-\udfff]")


def tensor_key(path: Path) -> str:
    """A path as text. A position is its number; in a name, what could be misread is ~code;.

    >>> tensor_key((1, "a/b", "Weights")), tensor_key(("1", "Weights"))
    ('1/a~2f;b/Weights', '~31;/Weights')
    """
    return "/".join(str(step) if isinstance(step, int) else escaped(step) for step in path)


def shared_key(name: str) -> str:
    """The key of a shared array, unlike that of any path.

    >>> shared_key("w")
    '~shared/w'
    """
    return f"~shared/{escaped(name)}"


def coder_key(port: str, key: str) -> str:
    """The key of an array of a net that a coder at a port has: it is written with the net, and is
    no array of it.

    >>> coder_key("Input", "1/Weights"), is_beside("~coder/Input/1/Weights")
    ('~coder/Input/1/Weights', False)
    """
    return f"~coder/{escaped(port)}/{key}"


def beside_key(group: str, *path: str) -> str:
    """The key of a tensor that is no array of the net, unlike those of all that are: no escaped
    name begins so.

    >>> beside_key("state", tensor_key((1, "Weights")), "mean"), is_beside("~shared/w")
    ('~state/1/Weights/mean', False)
    """
    return "/".join((f"~{group}", *path))


def is_beside(key: str) -> bool:
    """Whether a key is one of a tensor that is no array of the net."""
    return _BESIDE.match(key) is not None


def is_measured(key: str) -> bool:
    """Whether the tensor of a key tells what was seen: its numbers may be any."""
    return key.startswith(_MEASURED)


def key_of(key: ArrayKey) -> str:
    """The key of the tensor of an array of a net.

    >>> key_of((1, "Weights")), key_of(NetSharedArray("w"))
    ('1/Weights', '~shared/w')
    """
    return shared_key(key.name) if isinstance(key, NetSharedArray) else tensor_key(key)


def escaped(name: str) -> str:
    """A name as a part of a key.

    >>> escaped("a/b")
    'a~2f;b'
    """
    text = _SPECIAL.sub(lambda match: _code(match[0]), name)
    # A name of digits alone would read as a position.
    return _code(name[0]) + name[1:] if name.isdecimal() else text


def steps_of(key: str) -> tuple[str, ...]:
    """The names in a key, as they were.

    >>> steps_of("1/a~2f;b/Weights"), steps_of("~31;/Weights")
    (('1', 'a/b', 'Weights'), ('1', 'Weights'))
    """
    return tuple(_CODE.sub(lambda match: chr(int(match[1], 16)), step) for step in key.split("/"))


def _code(sign: str) -> str:
    return f"~{ord(sign):x};"
