"""Kernels to addresses: from this process, from the cache on disk, or from the compiler."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from typing import Any

from llvmlite import binding as llvm

from wlnet.kernels import cache
from wlnet.kernels.language import ITEM, KERNELS, Kernel, Precision, Target
from wlnet.kernels.locks import new_lock

_addresses: dict[tuple[Kernel, str], int] = {}
_engines: list[Any] = []
_lock = new_lock()


WIDTHS = 16, 32, 64
"""Bytes of the vectors that there are kernels for."""


@functools.cache
def vector_width() -> int:
    """How many bytes a vector has: 64, 32 or 16, as the CPU has it.

    WLNET_VECTOR_BYTES asks for shorter ones, so that sums are made as on a CPU that has those.
    """
    features = llvm.get_host_cpu_features()
    widest = 64 if features.get("avx512f") else 32 if features.get("avx2") else 16
    asked = os.environ.get("WLNET_VECTOR_BYTES")
    if not asked:
        return widest
    if asked not in map(str, WIDTHS):
        raise ValueError(f"WLNET_VECTOR_BYTES is 16, 32 or 64, not {asked!r}")
    return min(widest, int(asked))


def lanes_of(precision: Precision) -> int:
    """How many real numbers a vector of this CPU has."""
    return vector_width() // ITEM[precision]


def address(kernel: Kernel, precision: Precision) -> int:
    """Where the machine code of a kernel lies; made, or read from disk, when first asked for."""
    key = kernel, precision
    with _lock:
        if key not in _addresses:
            _addresses[key] = _loaded(kernel, precision)
        return _addresses[key]


MANY = 8
"""So many kernels take about as long to compile as another process takes to start."""


def prepare(kernels: Iterable[Kernel], precision: Precision, cores: int) -> None:
    """See to it that kernels can be loaded from the cache: many are compiled on several cores.

    Does nothing where that cannot be, or would not pay: then `address` compiles them one by one.
    """
    wanted = [
        kernel
        for kernel in dict.fromkeys(kernels)
        if (kernel, precision) not in _addresses
        and KERNELS.get(kernel.name) is kernel
        and not cache.has(file_name(kernel, precision))
    ]
    if len(wanted) < 2 * MANY or cache.folder() is None:
        return
    from wlnet.kernels.precompiling import idle, processes_wanted, share

    processes = processes_wanted(idle(cores))
    if processes > 1:
        share([(kernel, precision) for kernel in wanted], processes)


def file_name(kernel: Kernel, precision: Precision) -> str:
    """What the machine code of a kernel is called in the cache."""
    return f"{kernel.name}-{precision}-{vector_width()}.o"


def make(kernel: Kernel, precision: Precision) -> tuple[bytes, str]:
    """Compile a kernel into the cache: its object file, and the name of its function in it."""
    from wlnet.kernels.compiling import compiled

    code, function = compiled(kernel, Target(precision, vector_width()))
    cache.write(file_name(kernel, precision), function.encode() + b"\n" + code)
    return code, function


def _loaded(kernel: Kernel, precision: Precision) -> int:
    kept = cache.read(file_name(kernel, precision))
    if kept is not None:
        symbol, _, code = kept.partition(b"\n")
        try:
            return _link(code, symbol.decode())
        except (OSError, RuntimeError):  # not of this machine
            pass
    return _link(*make(kernel, precision))


def _link(code: bytes, symbol: str) -> int:
    machine = _machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    found = int(engine.get_function_address(symbol))
    if not found:
        raise OSError(f"the kernel {symbol} is not in its file")
    # The code lives as long as its engine.
    _engines.append(engine)
    return found


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(jit=True)
