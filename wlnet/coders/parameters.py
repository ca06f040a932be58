"""Values of parameters of coders: what they can be, how they are compared, how they are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.coders.worth import worth
from wlnet.core.errors import Fault, brief
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC, Symbol


def choice_faults(where: str, **choices: tuple[Any, tuple[Any, ...]]) -> list[Fault]:
    """A fault for every option whose value is not among those it can have.

    choices: by the name of the option its value and the values allowed.
    """
    return [
        Fault(
            f"{name} has a value it cannot have",
            at=where,
            given=brief(value),
            expected=" or ".join(map(repr, allowed)),
            fix=suggestion(value, [word for word in allowed if isinstance(word, str)])
            if isinstance(value, str)
            else None,
        )
        for name, (value, allowed) in choices.items()
        if not any(type(value) is type(word) and value == word for word in allowed)
    ]


def identity(value: object) -> Any:
    """A hashable stand-in that tells 1 from 1.0 from True, and arrays by their bits.

    A member of an enum counts as its value, since a file keeps only that.
    """
    value = worth(value)
    if isinstance(value, dict):
        return tuple((key, identity(part)) for key, part in value.items())
    if isinstance(value, tuple):
        return ("tuple", *map(identity, value))
    if isinstance(value, np.ndarray):
        return ("array", value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, float):
        return ("float", value.hex())
    try:
        hash(value)
    except TypeError:
        return (type(value), id(value))
    return (type(value), value)


def shown(value: object) -> str:
    """Text for a repr, such as a user could type: arrays as nested lists, functions by their
    name."""
    if isinstance(value, np.ndarray):
        return repr(value.tolist())
    if callable(value) and hasattr(value, "__qualname__"):
        return str(value.__qualname__)
    return repr(value)


def unchanged(value: object) -> Any:
    """A parameter as it is."""
    return value


def is_same(value: object, default: object) -> bool:
    """Whether two values are one parameter."""
    return bool(identity(value) == identity(default))


def is_automatic(value: object) -> bool:
    """Whether a parameter is still to be worked out."""
    return isinstance(value, Symbol) and value is AUTOMATIC
