"""Many kernels are compiled by several processes, none of which is needed for the result."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
import wlnet.kernels
from wlnet.cli.command import main
from wlnet.engine import program as engine_program
from wlnet.kernels import language
from wlnet.kernels.elementwise.maps import MAPS
from wlnet.kernels.jit import cache, loading, precompiling
from wlnet.kernels.jit.loading import prepare
from wlnet.kernels.jit.precompiling import every_kernel, missing, processes_wanted, share
from wlnet.kernels.jit.storing import MANY, file_name
from wlnet.kernels.language import KERNELS, Kernel, native

NAMES = """Negate Abs Square Sqrt Floor Ceiling Ramp UnitStep Sign Round Tan ArcSin ArcCos ArcTan
ArcSinh ArcCosh ArcTanh"""
SMALL = [MAPS[name] for name in NAMES.split()]
JOBS: list[precompiling.Job] = [(kernel, "Real32") for kernel in SMALL]
assert len(JOBS) >= 2 * MANY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and nothing loaded."""
    monkeypatch.setenv("WLNET_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("WLNET_COMPILE_PROCESSES", raising=False)
    monkeypatch.setattr(loading, "_addresses", {})
    cache.folder.cache_clear()
    place = cache.folder()
    assert place is not None
    yield place
    cache.folder.cache_clear()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that were started; all have ended and been waited for when the test has."""
    found: list[subprocess.Popen[bytes]] = []

    class Spy(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", Spy)
    yield found
    assert all(process.returncode is not None for process in found)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Kernel]:
    """What this process compiles; nothing is compiled in truth."""
    found: list[Kernel] = []
    monkeypatch.setattr(precompiling, "make", lambda kernel, precision: found.append(kernel))
    return found


def helpers_run(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(precompiling, "_START", code)


# The list of kernels


def test_every_kernel_of_every_module_is_listed_under_its_name() -> None:
    listed = every_kernel()
    assert all(name == kernel.name for name, kernel in listed.items())
    found: set[Kernel] = set()
    for module in pkgutil.walk_packages(wlnet.kernels.__path__, "wlnet.kernels."):
        values = list(vars(importlib.import_module(module.name)).values())
        values += [item for value in values if isinstance(value, dict) for item in value.values()]
        found |= {value for value in values if isinstance(value, Kernel)}
    assert found == set(listed.values())
    assert {"running.run", "products.product", "flat_updates.adam"} <= set(listed)


def test_two_kernels_never_have_one_name_as_it_names_their_machine_code() -> None:
    def negate(context, count, x, y):  # type: ignore[no-untyped-def]
        pass

    negate.__module__ = MAPS["Negate"].function.__module__
    with pytest.raises(ValueError, match=r"two kernels maps\.negate"):
        native(negate)
    assert KERNELS["maps.negate"] is MAPS["Negate"]


def test_kernels_of_others_are_not_listed() -> None:
    def of_a_test(context):  # type: ignore[no-untyped-def]
        pass

    assert native(of_a_test) not in language.KERNELS.values()


# What is missing


@pytest.mark.parametrize("content", [b"", b"machine code", b"\0" * 32], ids=["empty", "cut", "nil"])
def test_a_damaged_file_is_missing_and_made_again(
    folder: Path, started: list[Any], content: bytes
) -> None:
    job = JOBS[0]
    assert missing([job]) == [job]
    share([job], 1)
    assert missing([job]) == []
    (folder / file_name(*job)).write_bytes(content)
    assert missing([job]) == [job]
    share([job], 1)
    assert missing([job]) == []


def test_the_command_mends_a_damaged_cache(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernels = {kernel.name: kernel for kernel in SMALL[:3]}
    monkeypatch.setattr(precompiling, "every_kernel", lambda: kernels)
    for kernel in kernels.values():
        (folder / file_name(kernel, "Real32")).touch()
    assert main(["precompile", "--precision", "Real32"]) == 0
    assert "compiled 3 of 3 kernels" in capsys.readouterr().out
    assert main(["precompile", "--precision", "Real32"]) == 0
    assert "all 3 kernels are there already" in capsys.readouterr().out


def test_the_command_fails_where_there_is_no_folder_and_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").touch()
    monkeypatch.setenv("WLNET_CACHE_DIR", str(folder / "file" / "cache"))
    cache.folder.cache_clear()
    assert main(["precompile", "--precision", "Real32"]) == 1
    told = capsys.readouterr()
    assert "nothing was compiled" in told.err and "Set WLNET_CACHE_DIR" in told.err
    assert told.out == ""


# Sharing


def test_another_process_compiles_what_this_one_can_use(
    folder: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def wait_for_the_other(kernel: Kernel, precision: str) -> None:
        taken.append(kernel)
        deadline = time.monotonic() + 60
        while len(missing(JOBS)) == len(JOBS) and time.monotonic() < deadline:
            time.sleep(0.01)

    monkeypatch.setattr(precompiling, "make", wait_for_the_other)
    share(JOBS, 2)
    assert len(started) == 1
    theirs = [kernel for kernel in SMALL if kernel not in taken]
    assert theirs, "the other process took nothing"
    assert {kernel for kernel, _ in missing(JOBS)} == set(taken)
    loads = [loading.address(kernel, "Real32") for kernel in theirs]
    assert all(loads)


def test_the_heaviest_come_first_and_each_comes_once(folder: Path, made: list[Kernel]) -> None:
    jobs = [*JOBS, (KERNELS["products.product"], "Real32"), (KERNELS["running.run"], "Real32")]
    told: list[int] = []
    share(jobs, 1, told.append)
    assert made[0].name == "products.product"
    assert sorted(kernel.name for kernel in made) == sorted(kernel.name for kernel, _ in jobs)
    assert told == list(range(len(jobs)))


def test_more_jobs_than_a_pipe_may_hold_are_all_done(
    made: list[Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precompiling, "MOST", 5)
    share(JOBS, 1)
    assert set(made) == set(SMALL) and len(made) == len(SMALL)


def test_there_is_a_process_for_every_core_but_none_without_work(
    folder: Path, made: list[Kernel], started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers_run(monkeypatch, "")
    share(JOBS, 1)
    share(JOBS[: 2 * MANY - 1], 8)
    assert started == []
    share(JOBS * 2, 3)
    assert len(started) == 2
    share(JOBS, 8)
    assert len(started) == 3


@pytest.mark.parametrize("way", ["raises", "cannot be started", "is another program", "is frozen"])
def test_without_help_this_process_does_all(
    folder: Path, made: list[Kernel], started: list[Any], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "raises":
        helpers_run(monkeypatch, "raise SystemExit(1)")
    elif way == "is frozen":
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    else:
        name = "python-of-nobody" if way == "cannot be started" else "server"
        monkeypatch.setattr(sys, "executable", str(folder / name))
    share(JOBS, 2)
    assert set(made) == set(SMALL)
    assert len(started) == (way == "raises")


def test_a_process_that_ends_with_a_job_leaves_it_to_whoever_needs_it(
    folder: Path, started: list[Any], made: list[Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers_run(monkeypatch, "import os; os.read(0, 2); os._exit(3)")

    def slow(kernel: Kernel, precision: str) -> None:
        time.sleep(0.1)
        made.append(kernel)

    monkeypatch.setattr(precompiling, "make", slow)
    share(JOBS, 2)
    assert len(made) == len(set(made)) == len(JOBS) - 1
    (left,) = set(SMALL) - set(made)
    assert loading.address(left, "Real32")


def test_a_process_that_hangs_is_ended(
    folder: Path, made: list[Kernel], started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers_run(monkeypatch, "import time; time.sleep(600)")
    monkeypatch.setattr(precompiling, "PATIENCE", 0.1)
    begun = time.monotonic()
    share(JOBS, 2)
    assert time.monotonic() - begun < 30
    assert set(made) == set(SMALL)
    assert started[0].returncode not in (None, 0)


def test_an_interrupt_ends_all_of_them(
    folder: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers_run(monkeypatch, "import time; time.sleep(600)")

    def interrupted(kernel: Kernel, precision: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(precompiling, "make", interrupted)
    with pytest.raises(KeyboardInterrupt):
        share(JOBS, 2)
    assert len(started) == 1


def test_a_kernel_that_cannot_be_compiled_stops_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def make(kernel: Kernel, precision: str) -> None:
        if kernel is MAPS["Abs"]:
            raise RuntimeError("no code for this")
        done.append(kernel)

    monkeypatch.setattr(precompiling, "make", make)
    share(JOBS, 1)
    assert set(done) == set(SMALL) - {MAPS["Abs"]}


def test_a_helper_of_another_version_does_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(precompiling, "_work", lambda *args, **_: read.append(args[0]))
    precompiling.help_out(str(folder) + "x", 0, [])
    assert read == []


@pytest.mark.parametrize(
    ("given", "wanted"), [(None, 4), ("1", 1), ("3", 3), ("0", 1), ("many", 1), ("-2", 1)]
)
def test_the_environment_says_how_many_processes_compile(
    monkeypatch: pytest.MonkeyPatch, given: str | None, wanted: int
) -> None:
    monkeypatch.delenv("WLNET_COMPILE_PROCESSES", raising=False)
    if given is not None:
        monkeypatch.setenv("WLNET_COMPILE_PROCESSES", given)
    assert processes_wanted(4) == wanted


# What a program prepares


@pytest.fixture
def shared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[set[Kernel], int]]:
    """What would be shared among how many processes; nothing is loaded in truth."""
    found: list[tuple[set[Kernel], int]] = []
    monkeypatch.setattr(os, "getloadavg", lambda: (0.9, 9.0, 9.0), raising=False)

    def record(
        jobs: list[precompiling.Job], processes: int, *, is_wanted: Callable[[], bool]
    ) -> None:
        assert is_wanted()
        found.append(({kernel for kernel, _ in jobs}, processes))

    class Loaded(dict[Any, Any]):
        def __setitem__(self, job: Any, where: int | None) -> None:
            if where is not None:
                super().__setitem__(job, where)

    monkeypatch.setattr(loading, "_addresses", Loaded())
    monkeypatch.setattr(loading, "_loaded", lambda kernel, precision, waiting: None)

    monkeypatch.setattr(precompiling, "share", record)
    return found


def test_many_kernels_that_are_nowhere_are_shared(folder: Path, shared: list[Any]) -> None:
    prepare([*SMALL, SMALL[0]], "Real32", 2)
    assert shared == [(set(SMALL), 2)]


def test_what_is_loaded_or_kept_is_not_compiled_again(folder: Path, shared: list[Any]) -> None:
    more = [KERNELS["products.product"], MAPS["Negate"]]
    loading._addresses[more[0], "Real32"] = 1
    cache.write(file_name(more[1], "Real32"), b"")
    rest = [MAPS["Exp"], *SMALL[1:]]
    prepare([*more, *rest], "Real32", 2)
    prepare([*more, *rest], "Real64", 2)
    assert shared == [(set(rest), 2), ({*more, *rest}, 2)]


def test_nothing_is_shared_where_it_would_not_pay(
    folder: Path, shared: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(SMALL[: 2 * MANY - 1], "Real32", 2)
    prepare(SMALL, "Real32", 1)
    monkeypatch.setenv("WLNET_COMPILE_PROCESSES", "1")
    prepare(SMALL, "Real32", 2)
    assert shared == []


@pytest.fixture
def load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, not there yet, that tells what runs now, where two threads ran for a minute."""
    monkeypatch.setattr(precompiling, "_LOAD", folder / "loadavg")
    monkeypatch.setattr(os, "getloadavg", lambda: (2.1, 0.0, 0.0))
    return folder / "loadavg"


def test_a_crowded_machine_is_spared(
    shared: list[Any], load: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(SMALL, "Real32", 3)
    assert shared == []
    prepare(SMALL, "Real32", 4)
    monkeypatch.setenv("WLNET_COMPILE_PROCESSES", "3")
    prepare(SMALL, "Real32", 2)
    monkeypatch.delenv("WLNET_COMPILE_PROCESSES")
    monkeypatch.delattr(os, "getloadavg")
    prepare(SMALL, "Real32", 5)
    assert [processes for _, processes in shared] == [2, 3, 5]


def test_a_machine_that_has_just_become_idle_is_not_crowded(shared: list[Any], load: Path) -> None:
    for text, wanted in (
        ("2.10 1.0 0.5 1/78 4", 3),
        ("2.10 1.0 0.5 2/78 4", 2),
        ("2.10", None),
        ("2.10 0 0 0/0 0", 3),
    ):
        load.write_text(text)
        shared.clear()
        prepare(SMALL, "Real32", 3)
        assert [processes for _, processes in shared] == ([wanted] if wanted else [])


def test_nothing_is_shared_without_a_folder(
    shared: list[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WLNET_CACHE_DIR", "/proc/nowhere")
    cache.folder.cache_clear()
    prepare(SMALL, "Real32", 2)
    assert shared == []


def test_kernels_that_have_no_place_in_the_list_are_not_shared(
    folder: Path, shared: list[Any]
) -> None:
    own = [Kernel(kernel.function) for kernel in SMALL]
    prepare(own, "Real32", 2)
    assert shared == []


def test_a_program_prepares_all_kernels_that_it_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[str]] = []
    monkeypatch.setattr(
        engine_program,
        "prepare",
        lambda kernels, precision, cores: asked.append({kernel.name for kernel in kernels}),
    )
    wl.net_train(wl.NetChain([2]), (np.ones((4, 3)), np.ones((4, 2))), max_training_rounds=1)
    needed = {"running.run", "updates.product_update", "flat_updates.adam", "rows.gather_batch"}
    assert needed <= set.union(*asked)
