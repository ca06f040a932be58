"""Misspelt keywords: an OptionError that lists the known ones, not Python's bare TypeError."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.spelling import suggestion

P = ParamSpec("P")
R = TypeVar("R")


def checked_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """A function that refuses keywords it does not know, all at once, with what was probably meant.

    >>> @checked_keywords
    ... def area(*, width=1, height=1):
    ...     return width * height
    >>> area(width=2, heigth=3)
    Traceback (most recent call last):
        ...
    wlnet.core.errors.OptionError: area has no option 'heigth'
      given:    3
      known:    width, height
      fix:      did you mean 'height'?
    """
    if hasattr(function, "__wrapped__"):
        return function
    rows = inspect.signature(function).parameters.values()
    if any(row.kind is row.VAR_KEYWORD for row in rows):
        raise TypeError(f"{function.__qualname__} takes any keyword")
    known = [row.name for row in rows if row.kind in (row.KEYWORD_ONLY, row.POSITIONAL_OR_KEYWORD)]
    known = [name for name in known if name != "self"]
    title = function.__qualname__.removesuffix(".__init__")
    title = "a net" if title == "evaluate" else title

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        faults = [
            Fault(
                f"{title} has no option {name!r}",
                given=brief(value),
                known=known,
                fix=suggestion(name, known),
            )
            for name, value in options.items()
            if name not in known
        ]
        if faults:
            raise fail(OptionError, faults)
        return function(*args, **options)

    return call
