"""The call of net_train as an expression: what was asked for beyond the defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 200


def input_form(function: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """A call with its options that are not the defaults, in the order of the function.

    The first two arguments stand by name; values that are long to write are cut.

    >>> def train(net, data, prop="net", *, rate=1, method="ADAM"): ...
    >>> input_form(train, {"net": 0, "data": 0, "prop": "net", "rate": 2, "method": "ADAM"})
    "train(net, data, 'net', rate=2)"
    """
    words = []
    for name, row in inspect.signature(function).parameters.items():
        text = repr(given[name])
        text = text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
        if row.default is row.empty:
            words.append(name)
        elif row.kind is row.POSITIONAL_OR_KEYWORD:
            words.append(text)
        elif text != repr(row.default):
            words.append(f"{name}={text}")
    return f"{function.__name__}({', '.join(words)})"
