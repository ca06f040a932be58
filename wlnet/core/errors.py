"""Errors and warnings. An error is a manual page: what, where, given, expected or known, repair.

>>> print(Fault("a rule selects nothing", at="rule 1", given="'enc'", fix="did you mean 'encode'?"))
a rule selects nothing
  at:       rule 1
  given:    'enc'
  fix:      did you mean 'encode'?
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar


class WlnetError(Exception):
    """The root of every error that wlnet raises on purpose. `faults` is its message in pieces."""

    faults: tuple[Fault, ...] = ()


class ShapeError(WlnetError, ValueError):
    """Shapes do not fit one another."""


class PartError(WlnetError, LookupError):
    """A part was asked for that is not there, or that cannot be a part."""


class RuleError(WlnetError, ValueError):
    """A rule list is faulty: a part that does not exist, or a value that is no rate."""


class OptionError(WlnetError, TypeError):
    """An option or argument is unknown, or has a value it cannot have."""


class DataError(WlnetError, ValueError):
    """Data that cannot be used: empty, not finite, of the wrong form, not found."""


class NotInitializedError(WlnetError):
    """A net without numbers, or without shapes, was asked to compute."""


class NothingToTrainError(WlnetError):
    """A property of a training was asked for that could not take place."""


class MissingNameError(WlnetError, AttributeError):
    """A name was asked of the package that it does not have, or not yet."""


class MissingExtraError(WlnetError, ImportError):
    """What was asked for needs a library that is not installed; the message names the command."""


class RankError(WlnetError, RuntimeError):
    """Another rank of a training on several has ended it, or stands still."""


class FormatError(WlnetError, ValueError):
    """A file is not what it should be: cut, changed, foreign, or not to be written."""


class RuleWarning(UserWarning):
    """A rule has no effect: hidden by earlier ones, or on a part without trainable arrays."""


class TrainingWarning(UserWarning):
    """A training did not do what was probably meant."""


@dataclass(frozen=True)
class Fault:
    """The wording of one fault. Every message of wlnet is worded here."""

    what: str
    at: str | None = None
    given: str | None = None
    expected: str | None = None
    known: Iterable[object] | None = None
    fix: str | None = None

    def __str__(self) -> str:
        known = None if self.known is None else _listed(self.known)
        rows = (
            ("at", self.at),
            ("given", self.given),
            ("expected", self.expected),
            ("known", known),
            ("fix", self.fix),
        )
        told = (f"  {name + ':':9} {_cut(text, LONGEST)}" for name, text in rows if text)
        return "\n".join([_cut(self.what, LONGEST), *told])


class Words(TypedDict, total=False):
    """What a fault may say besides what it is, and where."""

    given: str | None
    expected: str | None
    known: Iterable[object] | None
    fix: str | None


LONGEST = 800
"""Letters of a line of a fault: names are the user's, and may be of any length."""
MOST_TOLD = 4000
"""Letters of the faults of one error that its message tells; `faults` has them all."""
MOST = 80
"""How long the picture of a value in a message is."""
NAMES = 200
"""How long a list of names is, where the nearest one is told."""


def brief(value: object, most: int = MOST) -> str:
    """A short picture of a value for messages: what is large is never written out to be cut.

    >>> brief([1, "a", None]), brief(list(range(10**6)), 20)
    ("[1, 'a', None]", '[0, 1, 2, 3, 4, 5...')
    """
    return _cut(_picture(value, most, 0), most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _picture(value: object, most: int, depth: int) -> str:
    """At least the first `most` letters of a value's text, and not many more."""
    if isinstance(value, (str, bytes)):
        return repr(value[: most + 1])
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _pieces(value, most, depth)
    kind = type(value).__name__
    try:
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if isinstance(shape, tuple) and shape and all(type(size) is int for size in shape):
            what = "an array of" if kind == "ndarray" else f"a {kind},"
            with_dtype = f"{what} {dtype}, shape {shape}"
            return with_dtype if dtype is not None else f"{what} shape {shape}"
        return repr(value)
    except Exception:  # what is the user's own may raise, as do integers of thousands of digits
        return f"a {kind}"


_BRACKETS: dict[Any, Any] = {
    list: "[]",
    tuple: "()",
    set: "{}",
    dict: "{}",
    frozenset: ("frozenset({", "})"),
}


def _pieces(value: Collection[object], most: int, depth: int) -> str:
    kind = next(each for each in _BRACKETS if isinstance(value, each))
    first, last = _BRACKETS[kind]
    if not value or depth > 8:
        return repr(kind()) if not value else f"{first}...{last}"
    words: list[str] = []
    length = 0
    for item in kind.__iter__(value):
        word = _picture(item, most, depth + 1)
        if isinstance(value, dict):
            word += ": " + _picture(value[item], most, depth + 1)
        words.append(word)
        length += len(word) + 2
        if length > most:
            break
    comma = "," if kind is tuple and len(value) == 1 else ""
    return f"{first}{', '.join(words)}{comma}{last}"


def _listed(names: Iterable[object], most: int = 24) -> str:
    words = [name if isinstance(name, str) else brief(name) for name in names]
    rest = len(words) - most
    return ", ".join(words[:most]) + (f", and {rest} more" if rest > 0 else "") or "(none)"


Error = TypeVar("Error", bound=WlnetError)


def fail(kind: type[Error], faults: Fault | Sequence[Fault]) -> Error:
    """The error to raise for one fault, or for all faults of a call at once."""
    every = (faults,) if isinstance(faults, Fault) else tuple(faults)
    head = [f"{len(every)} faults"] if len(every) > 1 else []
    error = kind("\n".join([*head, *_told(every)]))
    error.faults = every
    return error


def _told(faults: Sequence[Fault]) -> list[str]:
    """The faults in words, as many as a message can hold."""
    words: list[str] = []
    length = 0
    for number, fault in enumerate(faults):
        words.append(str(fault))
        length += len(words[-1])
        if number and length > MOST_TOLD:
            return [*words[:-1], f"and {len(faults) - number} more, which error.faults tells"]
    return words


def warn(kind: type[UserWarning], fault: Fault, *, above: int = 2) -> None:
    """Warn at the line of the user that called into wlnet."""
    warnings.warn(str(fault), kind, stacklevel=above + _frames_inside())


def _frames_inside() -> int:
    """How many calls lie between the caller of `warn` and the user's own line."""
    depth = 0
    frame = sys._getframe(2)
    package = __name__.split(".", 1)[0]
    while (
        frame.f_back is not None and frame.f_globals.get("__name__", "").split(".", 1)[0] == package
    ):
        frame = frame.f_back
        depth += 1
    return depth
