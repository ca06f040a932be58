"""From a kernel to the address of its machine code in this process.

What is not there yet is read from the cache on disk, else compiled, and linked into this process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from llvmlite import binding as llvm

from wlnet.kernels.jit import cache
from wlnet.kernels.jit.apart import apart
from wlnet.kernels.jit.locks import TURN
from wlnet.kernels.jit.notices import say_once
from wlnet.kernels.jit.objects import is_object
from wlnet.kernels.jit.storing import MANY, can_compile, file_name, make
from wlnet.kernels.language import KERNELS, Kernel, Precision

_addresses: dict[tuple[Kernel, str], int] = {}
_engines: list[Any] = []
SILENCE = 1.0
"""Seconds after which a user is told that something is compiled."""


def address(kernel: Kernel, precision: Precision) -> int:
    """Where the machine code of a kernel lies; read from disk, or made, when first asked for."""
    key = kernel, precision
    # In a child that was forked while this loaded, it was not done: load again.
    while (found := _addresses.get(key)) is None:
        _load([key], 1)
    return found


def prepare(kernels: Iterable[Kernel], precision: Precision, cores: int) -> None:
    """Load kernels, from the cache or else by compiling them: many of these on several cores."""
    _load([(kernel, precision) for kernel in dict.fromkeys(kernels)], cores)


def _load(jobs: list[tuple[Kernel, Precision]], cores: int) -> None:
    """Find the addresses of kernels, in a thread that no signal reaches: see apart.py."""
    wanted = [job for job in jobs if job not in _addresses]
    if not wanted:
        return
    waiting = Waiting()

    def work(is_wanted: Callable[[], bool]) -> None:
        _share(wanted, cores, waiting, is_wanted)
        for job in wanted:
            if not is_wanted():
                return
            with TURN:
                if job not in _addresses:
                    _addresses[job] = _loaded(*job, waiting)

    apart(work, waiting.tell)


def _share(
    jobs: list[tuple[Kernel, Precision]],
    cores: int,
    waiting: Waiting,
    is_wanted: Callable[[], bool],
) -> None:
    """Compile into the cache, in several processes, the kernels that it lacks.

    Only where that pays, and can be: there are many of them, another process can find them by name,
    and there is a cache through which they come back.
    """
    absent = [
        job for job in jobs if KERNELS.get(job[0].name) is job[0] and not cache.has(file_name(*job))
    ]
    if len(absent) < 2 * MANY or not cache.can_keep() or not can_compile():
        return
    from wlnet.kernels.jit.precompiling import idle, processes_wanted, share

    processes = processes_wanted(idle(cores))
    if processes > 1:
        waiting.begin()
        share(absent, processes, is_wanted=is_wanted)


class Waiting:
    """What is said to a user who waits for the compiler."""

    def __init__(self) -> None:
        self._begun: float | None = None

    def begin(self) -> None:
        """Something is compiled from now on."""
        if self._begun is None:
            self._begun = time.monotonic()

    def tell(self) -> None:
        """Say what is done, if it takes long; once a process."""
        if self._begun is None or time.monotonic() - self._begun < SILENCE:
            return
        place = cache.folder()
        if place is None or not cache.can_keep():
            say_once(
                "compiling",
                "compiling kernels, for this process alone, as machine code cannot be kept "
                f"({cache.why_none()}): {cache.REPAIR}, and `python -m wlnet precompile` "
                "compiles all of them once",
            )
        else:
            say_once(
                "compiling",
                f"compiling kernels that were not used before, into {place.parent}; "
                "`python -m wlnet precompile` does it for all of them beforehand",
            )


def _loaded(kernel: Kernel, precision: Precision, waiting: Waiting) -> int:
    """The address of a kernel that is not in this process yet: from the cache, else compiled."""
    kept = cache.read(file_name(kernel, precision))
    if kept is not None:
        symbol, _, code = kept.partition(b"\n")
        try:
            return _link(code, symbol)
        except (OSError, RuntimeError):  # no code for this machine: compiled anew
            pass
    waiting.begin()
    code, function = make(kernel, precision)
    return _link(code, function.encode())


def _link(code: bytes, symbol: bytes) -> int:
    machine = _machine()
    # Given anything but an object file of this machine, the linker ends the process.
    if not is_object(code, str(machine.triple)) or not symbol or symbol not in code:
        raise OSError("this is no machine code")
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    found = int(engine.get_function_address(symbol.decode()))
    if not found:
        raise OSError(f"the kernel {symbol!r} is not in its file")
    # The code lives as long as its engine.
    _engines.append(engine)
    return found


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(jit=True)
