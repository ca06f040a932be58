"""The command `precompile`: all kernels into the cache."""

from __future__ import annotations

import sys
import time
from typing import Any

from wlnet.kernels.language import ITEM

BOTH = "both"
NO_FOLDER = """nothing was compiled: there is no folder to keep machine code in ({}).
Set WLNET_CACHE_DIR to one that belongs to this user and can be written.
Until then every process compiles what it needs."""


def precompile(precision: str) -> int:
    """Compile all kernels into the cache, telling how far it is; the exit status.

    It is 0 where all of them are in the cache afterwards. wlnet does without a cache, but whoever
    asks for one, as in the image of a container, has to hear that there is none.
    """
    # lazy: --version and --help need no kernels
    from wlnet.core.machine import available_cores
    from wlnet.kernels.jit import cache
    from wlnet.kernels.jit.apart import apart
    from wlnet.kernels.jit.precompiling import every_kernel, missing, processes_wanted, share

    folder = cache.folder()
    if folder is None:
        print(NO_FOLDER.format(cache.why_none()), file=sys.stderr)
        return 1
    wanted = tuple(ITEM) if precision == BOTH else (precision,)
    jobs: list[Any] = [(kernel, each) for kernel in every_kernel().values() for each in wanted]
    todo = missing(jobs)
    if not todo:
        print(f"all {len(jobs)} kernels are there already\n{folder}")
        return 0
    begun, live = time.monotonic(), sys.stdout.isatty()
    if not live:
        print(f"compiling {len(todo)} kernels", flush=True)

    def tell(number: int) -> None:
        if live:
            print(f"\rcompiling {number + 1} of {len(todo)} kernels", end="", flush=True)

    processes = processes_wanted(available_cores())
    apart(lambda is_wanted: share(todo, processes, tell, is_wanted))
    left = missing(todo)
    begin, seconds = "\r" if live else "", time.monotonic() - begun
    print(f"{begin}compiled {len(todo) - len(left)} of {len(jobs)} kernels in {seconds:.0f} s, "
          f"{len(jobs) - len(todo)} were there\n{folder}")  # fmt: skip
    if left:
        names = ", ".join(f"{kernel.name} ({each})" for kernel, each in left)
        print(f"not kept: {names}; is the disk full?", file=sys.stderr)
    return 1 if left else 0
