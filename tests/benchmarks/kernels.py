"""Kernels alone, beside the limits of the machine: FMA peak of a thread, bandwidth of memory.

A new row is one function in `ROWS`: it times a kernel and returns a Figure with the limit that the
kernel is measured against. Products have a file of their own (product_rows.py).

    python -m tests.benchmarks.kernels           the products, in half a minute
    python -m tests.benchmarks.kernels --all     the memory, convolutions and the update besides

NumPy's own matrix library stands beside them where OPENBLAS_NUM_THREADS=1 makes it use one thread.
"""

from __future__ import annotations

import argparse
import ctypes
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Literal

import llvmlite.binding as llvm
import numpy as np

from tests.benchmarks import kernel_rows
from tests.benchmarks.machine import threads
from tests.benchmarks.product_rows import FLOAT, FORMS, NUMPY, SIZES, Timed, limit, prepared
from wlnet.kernels.jit.target import lanes_of

MEGABYTES: Final = 400
PASSES: Final = 6
"""How often each product has its turn."""
SUMS: Final = 12
"""Vectors that are added up beside one another: more than latency times units, fewer than the 16
registers of the smallest machines."""


@dataclass(frozen=True)
class Figure:
    """What was measured, and of which limit it is a part. form: its column in the table of products
    or windows, "" for what stands alone."""

    title: str
    value: float
    unit: str
    limit: float | None = None
    form: str = ""
    table: Literal["products", "windows", ""] = ""


def fma_code(width: int) -> str:
    """A loop in LLVM's language that does nothing but multiply and add in registers."""
    vector = f"<{width} x float>"

    def filled(number: float) -> str:
        return "<" + ", ".join([f"float {number:e}"] * width) + ">"

    names = range(SUMS)
    # Different first numbers: equal sums would be computed once.
    starts = "\n".join(
        f"  %s{k} = phi {vector} [ {filled(k)}, %start ], [ %t{k}, %loop ]" for k in names
    )
    steps = "\n".join(
        f"  %t{k} = call {vector} @llvm.fma.v{width}f32({vector} {filled(0.5)}, "
        f"{vector} %x, {vector} %s{k})"
        for k in names
    )
    totals = "\n".join(f"  %u{k + 1} = fadd {vector} %u{k}, %t{k + 1}" for k in range(1, SUMS - 1))
    return f"""
declare {vector} @llvm.fma.v{width}f32({vector}, {vector}, {vector})
define float @peak(i64 %rounds, float %number) {{
start:
  %one = insertelement {vector} undef, float %number, i32 0
  %x = shufflevector {vector} %one, {vector} undef, <{width} x i32> zeroinitializer
  br label %loop
loop:
  %i = phi i64 [ 0, %start ], [ %next, %loop ]
{starts}
{steps}
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %rounds
  br i1 %more, label %loop, label %end
end:
  %u1 = fadd {vector} %t0, %t1
{totals}
  %total = extractelement {vector} %u{SUMS - 1}, i32 0
  ret float %total
}}
"""


def fma_loop(workers: int = 1) -> Callable[[], float]:
    """A function that tells the operations a second of some threads together in GF/s, a
    multiplication with an addition counted as two; in vectors as wide as those of the kernels."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3
    )
    width, rounds = lanes_of("Real32"), 2_000_000 * workers
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(fma_code(width)), target)
    address = engine.get_function_address("peak")
    peak = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64, ctypes.c_float)(address)

    def measure(engine: object = engine) -> float:
        seconds = _together(workers, lambda _: peak(rounds, 1.0))
        return workers * 2 * SUMS * width * rounds / seconds / 1e9

    return measure


def copy_bandwidth(workers: int) -> Figure:
    """Bytes read and written a second when one large array is copied into another."""
    source = np.ones(MEGABYTES * 250_000, np.float32)
    target = np.zeros_like(source)
    return _bandwidth("copy", workers, lambda part: np.copyto(target[part], source[part]))


def update_bandwidth(workers: int) -> Figure:
    """Bytes read and written a second when a large array is changed in place."""
    numbers = np.ones(MEGABYTES * 250_000, np.float32)
    factor = np.float32(0.999)
    return _bandwidth(
        "update in place", workers, lambda part: np.multiply(numbers[part], factor, numbers[part])
    )


def changing_bandwidth(count: int, workers: int = 1) -> float:
    """GB/s read and written by some threads that change so many numbers in place, again and again:
    of a cache, if they fit in one."""
    numbers, factor = np.ones(count, np.float32), np.float32(0.999)
    parts = _parts(count, workers)
    turns = 1 + 2_000_000 * workers // count

    def change(number: int) -> None:
        part = numbers[parts[number]]
        for _ in range(turns):
            np.multiply(part, factor, part)

    return 2 * FLOAT * count * turns / _together(workers, change) / 1e9


def _bandwidth(what: str, workers: int, move: Callable[[slice], Any]) -> Figure:
    parts = _parts(MEGABYTES * 250_000, workers)
    seconds = _together(workers, lambda number: move(parts[number]))
    named = "one thread" if workers == 1 else f"{workers} threads"
    title = f"memory, {what} over {MEGABYTES} MB, {named}"
    return Figure(title, 2 * MEGABYTES / 1e3 / seconds, "GB/s")


def _parts(count: int, workers: int) -> list[slice]:
    return [slice(count * k // workers, count * (k + 1) // workers) for k in range(workers)]


def _together(workers: int, work: Callable[[int], object]) -> float:
    """The seconds in which some threads do their part each."""
    with ThreadPoolExecutor(workers) as pool:
        return best(lambda: list(pool.map(work, range(workers))))


def best(run: Callable[[], object], times: int = 7) -> float:
    """Seconds of the fastest of a few runs: a limit is what the machine can do."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


@dataclass(frozen=True)
class Limits:
    """What the rows are measured against: GF/s of one thread, GB/s of one and of all threads."""

    fma: float
    memory_one: float
    memory_all: float


def _window(
    kind: str, channels: int, size: int, batch: int, is_direct: bool
) -> Callable[[Limits], Figure]:
    images = f"{batch} images" if batch > 1 else "one image"
    title = f"{channels} channels at {size} x {size}, {images}"
    return lambda limits: Figure(
        title, kernel_rows.window(kind, channels, size, not is_direct, batch), "GF/s", limits.fma,
        f"{kind}, directly" if is_direct else kind, "windows",
    )  # fmt: skip


def _adam_one(limits: Limits) -> Figure:
    title = "Adam over 10M numbers, one thread"
    return Figure(title, kernel_rows.adam_bandwidth(1), "GB/s", limits.memory_one)


def _adam_all(limits: Limits) -> Figure:
    title = f"Adam over 10M numbers, {threads()} threads"
    return Figure(title, kernel_rows.adam_bandwidth(threads()), "GB/s", limits.memory_all)


WINDOWS: Final = (
    (32, 32, 16), (64, 32, 16), (128, 16, 16), (256, 16, 16), (48, 24, 5), (64, 16, 1), (13, 28, 1),
)  # fmt: skip
"""Channels, side of the image, images."""
ROWS: tuple[Callable[[Limits], Figure], ...] = (
    *(
        _window(kind, *window, is_direct)
        for window in WINDOWS
        for is_direct in (False, True)
        for kind in ("forward", "by input", "by weights")
    ),
    _adam_one,
    _adam_all,
)
"""The other kernels of wlnet, one function a row."""


def products() -> list[Figure]:
    """The peak of one thread, then every product in every form, and NumPy's.

    All take turns, several times over: a machine that others use too is now and then slower for
    some seconds, and then so are all of them.
    """
    measure, fma, memory = fma_loop(), 0.0, dict.fromkeys(SIZES, 0.0)
    made = ((form, sizes, prepared(form, sizes)) for sizes in SIZES for form in (*FORMS, NUMPY))
    rows = [(form, sizes, Timed(run)) for form, sizes, run in made if run]
    for _ in range(PASSES):
        for sizes in SIZES:
            fma = max(fma, measure())
            memory[sizes] = max(memory[sizes], changing_bandwidth(sizes.moved))
            for _, of, timed in rows:
                if of == sizes:
                    timed.turn()
    return [
        Figure("FMA peak, one thread", fma, "GF/s"),
        *(
            Figure(sizes.title, sizes.work / timed.seconds / 1e9, "GF/s",
                   limit(form, sizes, fma, memory[sizes]), form, "products")
            for form, sizes, timed in rows
        ),
    ]  # fmt: skip


def figures() -> list[Figure]:
    """The limits of the machine, then every product and every row."""
    counts = sorted({1, threads()})
    fma, *found = products()
    copies = [copy_bandwidth(count) for count in counts]
    updates = [update_bandwidth(count) for count in counts]
    limits = Limits(fma.value, updates[0].value, updates[-1].value)
    return [fma, *copies, *updates, *found, *(row(limits) for row in ROWS)]


def shown(found: list[Figure]) -> Iterator[str]:
    """Lines for the screen: what stands alone, then the tables, a letter for each column."""
    for figure in found:
        if not figure.table:
            yield f"{figure.title:60s}{figure.value:8.1f} {figure.unit} {_part(figure)}"
    for name in dict.fromkeys(figure.table for figure in found if figure.table):
        rows = [figure for figure in found if figure.table == name]
        forms = list(dict.fromkeys(figure.form for figure in rows))
        yield ""
        yield from (f"{chr(ord('a') + i)}: {form}" for i, form in enumerate(forms))
        letters = "".join(f"{chr(ord('a') + i):>11s}" for i in range(len(forms)))
        yield f"{name + ', GF/s, % of the limit':38s}{letters}"
        for title in dict.fromkeys(figure.title for figure in rows):
            of_title = {figure.form: figure for figure in rows if figure.title == title}
            cells = (f"{one.value:.0f} {_part(one)}" if one else "" for one in
                     map(of_title.get, forms))  # fmt: skip
            yield f"{title:38s}" + "".join(f"{cell:>11s}" for cell in cells)


def _part(figure: Figure) -> str:
    return f"{figure.value / figure.limit:4.0%}" if figure.limit else ""


def main() -> None:
    """The table on the screen."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.kernels", description=__doc__)
    parser.add_argument("--all", action="store_true", help="not the products alone")
    print("\n".join(shown(figures() if parser.parse_args().all else products())))


if __name__ == "__main__":
    main()
