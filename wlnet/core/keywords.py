"""Misspelt, foreign and missing arguments: an OptionError that lists the known ones and says what
was meant, not Python's bare TypeError."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from wlnet.core.elsewhere import counterpart
from wlnet.core.errors import Fault, OptionError, WlnetError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.names import wolfram_name
from wlnet.core.spelling import suggestion

P = ParamSpec("P")
R = TypeVar("R")


Check = Callable[[Gathered, Mapping[str, Any]], Any]
"""What gathers the faults of all other arguments of a call, by name, with their defaults where they
are not given; the call then does not take place."""
_CHECKS: dict[object, Check] = {}


def checked_by(check: Check) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Where a keyword is unknown, faults of the other arguments are told with it."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        _CHECKS[function] = check
        return function

    return mark


def unknown_option(
    of: str, name: str, value: object, known: Sequence[str], *, wolfram: bool = False
) -> Fault:
    """The fault of an option that is not there, with what was probably meant.

    known: the options there are, by their names in Python. wolfram: they are keys of a dict.
    """
    words = [wolfram_name(word) if wolfram else word for word in known]
    return Fault(
        f"{of} has no option {brief(name)}",
        given=brief(value),
        known=words,
        fix=counterpart(name, known, wolfram=wolfram) or suggestion(name, words),
    )


def checked_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """A function that refuses keywords it does not know, all at once, with what was probably meant,
    and calls with too few arguments or too many. What takes any keyword judges these itself.

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
    signature = inspect.signature(function)
    rows = signature.parameters.values()
    takes_any = any(row.kind is row.VAR_KEYWORD for row in rows)
    known = [row.name for row in rows if row.kind in (row.KEYWORD_ONLY, row.POSITIONAL_OR_KEYWORD)]
    known = [name for name in known if name != "self"]
    title = function.__qualname__.removesuffix(".__init__")
    title = "a net" if title == "evaluate" else title

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        rest = {name: value for name, value in options.items() if takes_any or name in known}
        if len(rest) < len(options):
            faults = [
                unknown_option(title, name, value, known)
                for name, value in options.items()
                if name not in known
            ]
            unbound = _unbound(title, signature, args, rest)
            gathered = Gathered([fail(OptionError, faults + unbound)])
            if function in _CHECKS and not unbound:
                bound = signature.bind(*args, **rest)
                bound.apply_defaults()
                _CHECKS[function](gathered, bound.arguments)
            gathered.tell()
        try:
            return function(*args, **options)
        except TypeError as error:
            unbound = (
                [] if isinstance(error, WlnetError) else _unbound(title, signature, args, rest)
            )
            if not unbound:
                raise
            raise fail(OptionError, unbound) from None

    return call


def _unbound(
    title: str, signature: inspect.Signature, args: tuple[Any, ...], options: dict[str, Any]
) -> list[Fault]:
    """What is wrong with the number of arguments of a call, if anything."""
    try:
        signature.bind(*args, **options)
    except TypeError as error:
        rows = signature.parameters.values()
        known = [row.name for row in rows if row.name != "self" and row.kind is not row.VAR_KEYWORD]
        return [Fault(f"{title}: {error}", known=known, fix=_LISTS.get(title))]
    return []


_LISTS = {
    "NetChain": "layers are one list: NetChain([64, 'Ramp', 10])",
    "NetGraph": "layers are one list, edges another: NetGraph([64, 'Ramp'], [(1, 2)])",
}
"""What takes a list, where one would give its items one by one."""
