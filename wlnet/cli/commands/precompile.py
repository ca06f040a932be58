"""Compile all kernels into the cache: $WLNET_CACHE_DIR, else the folder wlnet of the user's cache.

What is there already is left alone. It is what the image of a container should do.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from wlnet.cli.answer import FAILED, Answer
from wlnet.kernels.language import ITEM

BOTH = "both"
NO_FOLDER = """nothing was compiled: there is no folder to keep machine code in ({}).
Set WLNET_CACHE_DIR to one that belongs to this user and can be written.
Until then every process compiles what it needs."""
NO_COMPILER = """nothing was compiled: Numba, which compiles kernels, is not installed.
pip install numba"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument(
        "--precision", choices=(*ITEM, BOTH), default=BOTH, help="of which numbers (default: both)"
    )


def run(asked: argparse.Namespace) -> Answer:
    """Compile all kernels into the cache, telling how far it is.

    It worked where all of them are in the cache afterwards. wlnet does without a cache, but whoever
    asks for one, as in the image of a container, has to hear that there is none.
    """
    # lazy: --version and --help need no kernels
    from wlnet.core.machine import available_cores
    from wlnet.kernels.jit import cache
    from wlnet.kernels.jit.apart import apart
    from wlnet.kernels.jit.precompiling import every_kernel, missing, processes_wanted, share
    from wlnet.kernels.jit.storing import can_compile

    folder = cache.folder()
    if folder is None:
        return Answer(status=FAILED, note=NO_FOLDER.format(cache.why_none()))
    wanted = tuple(ITEM) if asked.precision == BOTH else (asked.precision,)
    jobs: list[Any] = [(kernel, each) for kernel in every_kernel().values() for each in wanted]
    todo = missing(jobs)
    found: dict[str, object] = {"Folder": str(folder), "Kernels": len(jobs)}
    if not todo:
        told = f"all {len(jobs)} kernels are there already\n{folder}"
        return Answer(told, {**found, "Compiled": 0, "NotKept": []})
    if not cache.can_keep():
        return Answer(status=FAILED, note=NO_FOLDER.format(cache.why_none()))
    if not can_compile():
        return Answer(status=FAILED, note=NO_COMPILER)
    stream = sys.stderr if getattr(asked, "json", False) else sys.stdout
    begun, live = time.monotonic(), stream.isatty()
    if not live:
        print(f"compiling {len(todo)} kernels", flush=True, file=stream)

    def tell(number: int) -> None:
        if live:
            words = f"\rcompiling {number + 1} of {len(todo)} kernels"
            print(words, end="", flush=True, file=stream)

    processes = processes_wanted(available_cores())
    apart(lambda is_wanted: share(todo, processes, tell, is_wanted))
    left = missing(todo)
    begin, seconds = "\r" if live else "", time.monotonic() - begun
    told = (
        f"{begin}compiled {len(todo) - len(left)} of {len(jobs)} kernels in {seconds:.0f} s, "
        f"{len(jobs) - len(todo)} were there\n{folder}"
    )
    names = [f"{kernel.name} ({each})" for kernel, each in left]
    note = f"not kept: {', '.join(names)}; is the disk full?" if left else ""
    value = {**found, "Compiled": len(todo) - len(left), "NotKept": names}
    return Answer(told, value, FAILED if left else 0, note)
