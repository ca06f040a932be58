"""The call of net_train in words: what was asked for beyond the defaults, data by name alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from wlnet.core.errors import brief
from wlnet.core.gate import PLAIN

LONGEST = 200
MOST = 8
"""How many items of a list are described."""


def input_form(function: Callable[..., object], given: Mapping[str, object]) -> tuple[str, ...]:
    """The words of a call: the function, and its options that are not the defaults, in its order.

    The first two arguments stand by name. Nothing of the user's own is asked for its text: it may
    be long, slow, or fail.

    >>> def train(net, data, prop="net", *, rate=1, method="ADAM"): ...
    >>> input_form(train, {"net": 0, "data": 0, "prop": "net", "rate": 2, "method": "ADAM"})
    ('train', 'net', 'data', "'net'", 'rate=2')
    """
    words = [function.__name__]
    for name, row in inspect.signature(function).parameters.items():
        value = given[name]
        if row.kind is row.VAR_KEYWORD:
            assert isinstance(value, Mapping)
            words += [f"{option}={described(each)}" for option, each in value.items()]
        elif row.default is row.empty:
            words.append(name)
        elif row.kind is row.POSITIONAL_OR_KEYWORD:
            words.append(described(value))
        elif type(value) is not type(row.default) or described(value) != described(row.default):
            words.append(f"{name}={described(value)}")
    return tuple(words)


def described(value: object) -> str:
    """A short description of an option's value.

    >>> described({"Loss": 0.5}), described([1] * 100)
    ("{'Loss': 0.5}", 'a list of 100')
    """
    kind = type(value)
    if isinstance(value, (list, tuple, dict)):
        if len(value) > MOST:
            return f"a {kind.__name__} of {len(value)}"
        if isinstance(value, dict):
            return f"{{{', '.join(f'{described(k)}: {described(v)}' for k, v in value.items())}}}"
        inside = ", ".join(map(described, value))
        if kind is tuple:
            return f"({inside}{',' * (len(value) == 1)})"
        return f"[{inside}]" if kind is list else f"a {kind.__name__} of {len(value)}"
    if kind in PLAIN or kind.__module__.partition(".")[0] in ("wlnet", "numpy"):
        return brief(value, LONGEST)
    name = getattr(value, "__qualname__", None)
    return name if isinstance(name, str) else f"a {kind.__name__}"
