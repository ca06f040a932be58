"""Vocabularies: which tokens there are, and the code of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.coders.alphabet import SYMBOLS, Codes, Member, numbered_codes
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.symbols import Symbol

Vocabulary = tuple[Member, ...]
EXPECTED = "a list of strings, in which START_OF_STRING, END_OF_STRING and ANY may stand too"


def codes_of(vocabulary: Vocabulary) -> Codes:
    """The code of each token, counted from 1."""
    return numbered_codes([(token,) for token in vocabulary])


def as_vocabulary(given: Any, where: str, *, ignore_case: bool) -> Vocabulary:
    """The tokens in order. Raises OptionError for what is no vocabulary, and for equal tokens.

    ignore_case: whether letters are made small.

    >>> as_vocabulary(["A", "dog"], "", ignore_case=True)
    ('a', 'dog')
    """
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, (list, tuple)) or not given:
        fix = "text.split()" if isinstance(given, str) else None
        what = "this is no vocabulary"
        fault = Fault(what, at=where, given=brief(given), expected=EXPECTED, fix=fix)
        raise fail(OptionError, fault)
    faults: list[Fault] = []
    seen: dict[Member, tuple[int, Member]] = {}
    for place, token in enumerate(given, 1):
        if not isinstance(token, str) and not (isinstance(token, Symbol) and token in SYMBOLS):
            what, at = "this is no token", f"{where}, token {place}"
            faults.append(Fault(what, at=at, given=brief(token), expected=EXPECTED))
            continue
        low = str(token.lower() if ignore_case else token) if isinstance(token, str) else token
        if low in seen:
            before, other = seen[low]
            faults.append(
                Fault(
                    "two tokens are equal",
                    at=f"{where}, tokens {before} and {place}",
                    given=f"{other!r} and {token!r}",
                    fix="ignore_case=False" if other != token else None,
                )
            )
        else:
            seen[low] = place, token
    if faults:
        raise fail(OptionError, faults)
    return tuple(seen)
