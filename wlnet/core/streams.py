"""Random numbers from counter-based streams (Philox), keyed by what they are for, never by when.

Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
"""

from __future__ import annotations

import hashlib
import secrets

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_whole
from wlnet.core.symbols import AUTOMATIC, Symbol

Seed = int | str


def as_seed(given: int | str | Symbol) -> Seed:
    """A seed as the user gave it; AUTOMATIC draws fresh entropy from the system."""
    if given is AUTOMATIC:
        return secrets.randbits(64)
    number = as_whole(given)
    if number is None and not isinstance(given, str):
        raise fail(
            OptionError,
            Fault(
                "random_seeding is not a seed",
                given=brief(given),
                expected="an int, a str, or AUTOMATIC for fresh entropy",
                fix="random_seeding=1234",
            ),
        )
    return str(given) if number is None else number


def stream(seed: Seed, purpose: str, *where: object) -> np.random.Generator:
    """The stream of one purpose at one place (a path, a step): the same numbers whenever asked.

    >>> a, b = stream(1, "start", (1, "Weights")), stream(1, "start", (1, "Weights"))
    >>> a.random() == b.random()
    True
    """
    return np.random.Generator(np.random.Philox(key=_key(seed, purpose, *where)))


def stream_key(seed: Seed, purpose: str, *where: object) -> tuple[int, int]:
    """The key of a stream as two signed words of 64 bits, the lower first."""
    key = _key(seed, purpose, *where)
    low, high = (each - (each >> 63 << 64) for each in (key & (2**64 - 1), key >> 64))
    return low, high


def _key(seed: Seed, purpose: str, *where: object) -> int:
    text = repr((seed, purpose, *where)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "little")
