"""The ports of a function of arrays, by the names of its arguments and outputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.names import field_name, wolfram_name


def ports_of(function: Callable[..., Any]) -> dict[str, str]:
    """The input ports of a function by the names of its arguments: one alone is "Input".

    Raises OptionError for a function whose arguments have no names, or any number.
    """
    what = "a function whose arguments have no names, one a port"
    fix = "lambda a, b: function(a, b)"
    if isinstance(function, np.ufunc) and function.nin == 1:
        return {"x": "Input"}
    try:
        rows = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise fail(OptionError, Fault(what, given=brief(function), fix=fix)) from None
    needed = [row for row in rows if row.default is row.empty]
    if not needed or any(row.kind in (row.VAR_POSITIONAL, row.VAR_KEYWORD) for row in needed):
        raise fail(OptionError, Fault(what, given=brief(function), fix=fix))
    names = [row.name for row in needed]
    if len(names) == 1:
        return {names[0]: "Input"}
    ports = {name: wolfram_name(name) for name in names}
    check_names(list(ports.values()), function)
    return ports


OWN = ("function", "ports")
"""What a FunctionLayer calls its own options."""


def check_names(names: Sequence[str], function: Callable[..., Any]) -> None:
    """Raise OptionError for names of ports that options of a layer cannot tell apart."""
    fields = [field_name(name) for name in names]
    taken = [n for n, field in zip(names, fields, strict=True) if field in OWN]
    odd = [name for name in names if not name.isidentifier() or len(name) > 200]
    if odd:
        what, fix = "an argument whose name makes no port", "a name that begins with a letter"
        at = getattr(function, "__name__", brief(function))
        raise fail(OptionError, Fault(what, at=at, given=brief(odd[0]), fix=fix))
    twice = [n for n, field in zip(names, fields, strict=True) if fields.count(field) > 1]
    if taken or twice:
        raise fail(OptionError, Fault(
            "two ports of one name" if twice else "a port that is called as an option is",
            at=getattr(function, "__name__", brief(function)), given=", ".join(twice or taken),
            expected="names that differ as options do: foo_bar is FooBar", fix="another name",
        ))  # fmt: skip


def only_by_name(function: Callable[..., Any]) -> list[str]:
    """The arguments of a function that are given by their names alone."""
    rows = inspect.signature(function).parameters.values()
    return [r.name for r in rows if r.kind is r.KEYWORD_ONLY and r.default is r.empty]
