"""Imports that are made when they are needed, and forks: a child never finds one half done.

The thread that imports is not in the child, and its import would never end there. So a fork waits
for it.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Final

PACKAGES: Final = frozenset({"wlnet", "numba", "llvmlite", "numpy", "scipy"})
"""Whose modules are imported late."""
PATIENCE: Final = 10.0
"""Seconds that a fork waits at most: an import may itself wait for whoever forks."""


def imports_of_others() -> Iterator[str]:
    """The modules of these packages that other threads are in the middle of importing."""
    # Python tells of its locks in no other way; where it has none of this name, nobody is waited
    # for.
    locks = getattr(importlib._bootstrap, "_module_locks", {})
    for name, reference in list(locks.items()):
        owner = getattr(reference(), "owner", None)
        if owner not in (None, threading.get_ident()) and name.partition(".")[0] in PACKAGES:
            yield name


def _wait() -> None:
    deadline = time.monotonic() + PATIENCE
    while any(imports_of_others()) and time.monotonic() < deadline:
        time.sleep(0.001)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait)
