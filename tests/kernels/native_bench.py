"""The bench for native kernels: call one by the names of its fields, in memory that has guards.

Three ways to see an access outside of the arrays:

* always: arrays made by `guarded` lie between borders. A write into a border is seen after the
  call; what is read there, NaN or a huge index, spoils the results.
* WLNET_GUARD=pages: each call is tried twice before, in a process of its own, with all arrays
  between pages that may not be touched: once flush with the page before, once with the one behind.
* plain=True, or WLNET_PLAIN=1 for all kernels that can: Python itself runs the body, element by
  element, and every access is checked; see native_plain.py.
"""

from __future__ import annotations

import ctypes
import faulthandler
import mmap
import os
import signal
import struct
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.kernels import native_plain
from wlnet.kernels.jit import loading, target
from wlnet.kernels.language import Kernel, Precision, Target

BORDER = 1024
PAGE = mmap.PAGESIZE
REALS: dict[Precision, Any] = {"Real32": np.float32, "Real64": np.float64}

# No computation makes a NaN of these bits, and no array has so many elements.
_GUARDS: dict[np.dtype[Any], bytes] = {
    np.dtype(np.float32): struct.pack("<I", 0x7FC5_A5A5),
    np.dtype(np.float64): struct.pack("<Q", 0x7FF8_A5A5_5A5A_A5A5),
    np.dtype(np.int32): struct.pack("<i", 0x7FF0_5A5A),
    np.dtype(np.int64): struct.pack("<q", 0x7FF0_5A5A_A5A5_5A5A),
    np.dtype(np.uint8): b"\xa5",
}


_ENDS = "before", "behind"
_made: dict[tuple[Kernel, Precision], int] = {}


def guard_pages() -> bool:
    """Whether calls are tried between forbidden pages first."""
    return os.environ.get("WLNET_GUARD") == "pages"


class Bordered(np.ndarray):
    """The bytes of an array and of its borders."""

    inside: tuple[int, int]
    guard: bytes


def guarded(shape: Any, dtype: Any, fill: Any = np.nan) -> Any:
    """An array between borders, filled; with WLNET_GUARD=pages there is a forbidden page behind."""
    kind = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    size = count * kind.itemsize
    if guard_pages():
        pages = -(-(size + BORDER) // PAGE)
        _, whole = _fenced(pages)
        start = pages * PAGE - size
    else:
        # Whole vectors begin at multiples of 64 bytes in memory that the engine hands out.
        raw = np.empty(BORDER + size + BORDER + 64, np.uint8)
        shift = -raw.ctypes.data % 64
        whole, start = raw[shift : shift + BORDER + size + BORDER], BORDER
    owner = whole.view(Bordered)
    owner.inside, owner.guard = (start, start + size), _GUARDS[kind]
    for border in _borders(owner):
        border[:] = _pattern(owner.guard, border.size)
    array = owner[start : start + size].view(np.ndarray).view(kind).reshape(shape)
    array[...] = 0 if kind.kind in "iu" and fill is np.nan else fill
    return array


def like(values: Any, dtype: Any = None) -> Any:
    """A guarded copy."""
    values = np.asarray(values, dtype)
    array = guarded(values.shape, values.dtype, 0)
    array[...] = values
    return array


def borders_stand(array: Any) -> bool:
    """Whether nothing was written beside the guarded array that this one is part of."""
    owner = _owner(array)
    if owner is None:
        raise ValueError("the array is not guarded")
    return all(
        border.tobytes() == _pattern(owner.guard, border.size).tobytes()
        for border in _borders(owner)
    )


def call(
    kernel: Kernel,
    precision: Precision,
    workers: int = 1,
    scratch_bytes: int = 0,
    step: int = 0,
    plain: bool | None = None,
    memory: Sequence[Any] = (),
    **fields: Any,
) -> None:
    """Call a kernel for every worker in turn, the last one first.

    fields: integers, floats (their bits as float64), arrays (their address), kernels (theirs), None
    (0). memory: arrays that are reached through an address inside of a table.
    """
    if plain is None:
        plain = os.environ.get("WLNET_PLAIN") == "1" and native_plain.can(kernel, fields)
    if set(fields) != set(kernel.fields):
        odd = sorted(set(fields) ^ set(kernel.fields))
        raise TypeError(f"{kernel.name}: fields too many or missing: {', '.join(odd)}")
    arrays = [value for value in fields.values() if isinstance(value, np.ndarray)]
    inner = [value for value in fields.values() if isinstance(value, Kernel)]
    if plain:
        native_plain.run(
            kernel, precision, workers, scratch_bytes, step, record(kernel, precision, **fields),
            [*arrays, *memory], {address(each, precision): each for each in inner},
        )  # fmt: skip
    else:
        _load(kernel, precision, fields)
        if guard_pages():
            _try_between_pages(kernel, precision, workers, scratch_bytes, step, fields)
        _run(kernel, precision, workers, scratch_bytes, step, fields)
    for array in (*arrays, *memory):
        if _owner(array) is not None:
            assert borders_stand(array), f"{kernel.name} wrote outside of an array"


def record(kernel: Kernel, precision: Precision, **fields: Any) -> Any:
    """The words of a record; kernels must be loaded."""
    return np.array([_word(fields[name], precision) for name in kernel.fields], np.int64)


def address(kernel: Kernel, precision: Precision) -> int:
    """Where a kernel lies; those that tests declare are kept nowhere."""
    if kernel.function.__module__.startswith("wlnet."):
        return loading.address(kernel, precision)
    if (kernel, precision) not in _made:
        from wlnet.kernels.jit.compiling import compiled

        code, symbol = compiled(kernel, Target(precision, target.vector_width()))
        _made[kernel, precision] = loading._link(code, symbol.encode())
    return _made[kernel, precision]


def best_time(
    kernel: Kernel, precision: Precision, rounds: int = 30, scratch_bytes: int = 0, **fields: Any
) -> float:
    """Seconds of the fastest of some calls by one worker."""
    _load(kernel, precision, fields)
    function, words = _function(kernel, precision), record(kernel, precision, **fields)
    own = np.zeros(scratch_bytes + 64, np.uint8)
    context, places = np.array([0, 1, own.ctypes.data, 0]), np.zeros(2, np.int64)
    at = places.ctypes.data, places.ctypes.data + 8, words.ctypes.data, context.ctypes.data
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        function(*at)
        best = min(best, time.perf_counter() - start)
    return best


def _word(value: Any, precision: Precision) -> int:
    if value is None:
        return 0
    if isinstance(value, np.ndarray):
        return int(value.ctypes.data)
    if isinstance(value, (float, np.floating)):
        return int(struct.unpack("<q", struct.pack("<d", float(value)))[0])
    if isinstance(value, Kernel):
        return address(value, precision)
    return int(value)


def _load(kernel: Kernel, precision: Precision, fields: dict[str, Any]) -> None:
    for each in (kernel, *fields.values()):
        if isinstance(each, Kernel):
            address(each, precision)


def _function(kernel: Kernel, precision: Precision) -> Callable[..., int]:
    kind = ctypes.CFUNCTYPE(
        ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
    )
    return kind(address(kernel, precision))


def _run(
    kernel: Kernel,
    precision: Precision,
    workers: int,
    scratch_bytes: int,
    step: int,
    fields: dict[str, Any],
) -> None:
    function, words = _function(kernel, precision), record(kernel, precision, **fields)
    places = np.zeros(2, np.int64)
    for worker in reversed(range(workers)):
        own = guarded(-(-scratch_bytes // 8), np.float64)
        context = np.array([worker, workers, own.ctypes.data, step], np.int64)
        before = words.copy(), context.copy()
        function(places.ctypes.data, places.ctypes.data + 8, words.ctypes.data, context.ctypes.data)
        assert borders_stand(own), f"{kernel.name} wrote outside of its scratch memory"
        assert (words == before[0]).all() and (context == before[1]).all()


# Borders and pages


def _owner(array: Any) -> Bordered | None:
    while array is not None and not isinstance(array, Bordered):
        array = getattr(array, "base", None)
    while array is not None and not hasattr(array, "inside"):
        array = array.base
    return array


def _borders(owner: Bordered) -> tuple[Any, Any]:
    start, stop = owner.inside
    return np.asarray(owner[:start]), np.asarray(owner[stop:])


def _pattern(guard: bytes, size: int) -> Any:
    return np.frombuffer(guard * (size // len(guard) + 1), np.uint8)[:size]


def _fenced(pages: int) -> tuple[mmap.mmap, Any]:
    """Memory of some pages between two that may not be touched, as bytes."""
    memory = mmap.mmap(-1, (pages + 2) * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    inside = np.frombuffer(memory, np.uint8, pages * PAGE, PAGE)
    libc = ctypes.CDLL(None, use_errno=True)
    for place in (inside.ctypes.data - PAGE, inside.ctypes.data + pages * PAGE):
        if libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(PAGE), 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    return memory, inside


def _try_between_pages(kernel: Kernel, *arguments: Any) -> None:
    """Run on copies, in a process of its own, so that a fault there is a failure here."""
    *rest, fields = arguments
    reached = mmap.mmap(-1, 1)
    with warnings.catch_warnings():
        # The threads that NumPy's matrix library holds are not used in the child.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        faulthandler.disable()
        code = 1
        try:
            for i, end in enumerate(_ENDS):
                reached[0] = i
                held, moved = _moved(fields, end)
                _run(kernel, *rest, moved)
                held.clear()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    end = _ENDS[reached[0]]
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise AssertionError(f"{kernel.name} leaves an array: {name}, the page lies {end} it")
    assert os.WEXITSTATUS(status) == 0, f"{kernel.name} failed with the page {end} its arrays"


def _moved(fields: dict[str, Any], end: str) -> tuple[list[Any], dict[str, Any]]:
    """The arrays copied, flush with a forbidden page; those that overlap stay together."""
    spans = sorted(
        np.lib.array_utils.byte_bounds(value)
        for value in fields.values()
        if isinstance(value, np.ndarray) and value.size
    )
    blocks: list[list[int]] = []
    for low, high in spans:
        if blocks and low < blocks[-1][1]:
            blocks[-1][1] = max(blocks[-1][1], high)
        else:
            blocks.append([low, high])
    held: list[Any] = [fields]
    distance = {}
    for low, high in blocks:
        pages = -(-(high - low) // PAGE)
        memory, whole = _fenced(pages)
        start = 0 if end == "before" else pages * PAGE - (high - low)
        whole[start : start + high - low] = np.frombuffer(
            (ctypes.c_ubyte * (high - low)).from_address(low), np.uint8
        )
        held.append(memory)
        distance[low, high] = whole.ctypes.data + start - low
    moved = dict(fields)
    for name, value in fields.items():
        if isinstance(value, np.ndarray) and value.size:
            at = value.ctypes.data
            moved[name] = at + next(d for (low, high), d in distance.items() if low <= at < high)
    return held, moved
