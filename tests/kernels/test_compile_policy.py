"""What compiled kernels promise: NaN stays NaN, one type in a loop, a cache that is never in the
way."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wlnet.engine.team import call_alone
from wlnet.kernels.emit.instructions import real, reals, words
from wlnet.kernels.jit import cache, compiling, loading, notices, target
from wlnet.kernels.language import Kernel, Target, native
from wlnet.kernels.updates import flat_updates

ROOT = Path(__file__).parents[2]


@native
def doubled(context, count, values):  # type: ignore[no-untyped-def]
    """values[i] = 2 values[i]."""
    x = reals(values)
    for i in range(count):
        x[i] = x[i] + x[i]


@native
def nan_count(context, count, values, found):  # type: ignore[no-untyped-def]
    """How many values are NaN, and in found[1] how many are larger than 1 / 0."""
    x, there = reals(values), words(found)
    for i in range(count):
        if np.isnan(x[i]):
            there[0] += 1
        if x[i] >= real(1.0) / (x[i] - x[i]):
            there[1] += 1


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder of its own for one test."""
    monkeypatch.setenv("WLNET_CACHE_DIR", str(tmp_path / "cache"))
    cache.folder.cache_clear()
    yield tmp_path
    cache.folder.cache_clear()


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kernels that are compiled, in order."""
    seen: list[str] = []
    compiled = compiling.compiled

    def counted(kernel: Kernel, target: Target) -> Any:
        seen.append(kernel.name)
        return compiled(kernel, target)

    monkeypatch.setattr(compiling, "compiled", counted)
    return seen


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process starts with: no kernel is loaded."""
    monkeypatch.setattr(loading, "_addresses", {})


def results(dtype: Any = np.float32) -> list[float]:
    values = np.array([1.5, -2.0], dtype)
    precision: Any = "Real32" if dtype == np.float32 else "Real64"
    call_alone(doubled, precision, count=2, values=values)
    return values.tolist()


def kept(place: Path) -> list[Path]:
    return sorted((place / "cache").rglob("*.o"))


# What is compiled


def test_the_policy_is_nogil_with_a_fastmath_that_keeps_nan() -> None:
    assert compiling._OPTIONS["nogil"]
    assert compiling._OPTIONS["error_model"] == "numpy"
    fastmath = compiling._OPTIONS["fastmath"]
    assert fastmath == set(compiling.FASTMATH) == {"contract", "reassoc", "nsz"}


@pytest.mark.parametrize(("precision", "dtype"), [("Real32", np.float32), ("Real64", np.float64)])
def test_a_test_for_nan_inside_a_kernel_works_and_nothing_is_raised(
    precision: Any, dtype: Any
) -> None:
    values, found = np.array([1.0, np.nan, np.inf, np.nan], dtype), np.zeros(2, np.int64)
    call_alone(nan_count, precision, count=4, values=values, found=found)
    assert found.tolist() == [2, 0]


@pytest.mark.parametrize(
    "name", ["adam", "rmsprop", "sgd", "sgd_momentum", "sign_sgd", "sign_sgd_momentum"]
)
def test_the_loop_over_float32_never_widens_to_float64(name: str) -> None:
    from numba import types

    meaning = compiling._Meaning(Target("Real32", target.vector_width()))
    entry = compiling.jitted(compiling._entry(getattr(flat_updates, name), meaning))
    entry.compile((types.int64, types.int64))
    (code,) = entry.inspect_llvm().values()
    assert "fptrunc" in code  # the numbers of the call, before the loop
    assert "fpext" not in code


# The cache


def test_machine_code_is_kept_in_a_private_folder_and_found_again(
    place: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for expected in ([doubled.name], [doubled.name]):
        forget(monkeypatch)
        assert results() == [3.0, -4.0]
        assert compilations == expected
    (file,) = kept(place)
    assert file.parent == cache.folder() == place / "cache" / cache.kernels_hash()
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_each_precision_has_a_file_of_its_own(
    place: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    assert results(np.float32) == results(np.float64) == [3.0, -4.0]
    assert len(kept(place)) == len(compilations) == 2


def test_a_kernel_is_compiled_once_however_many_threads_ask_for_it(
    place: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(results())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[3.0, -4.0]] * 4
    assert compilations == [doubled.name]


DAMAGES = ["cut", "emptied", "changed", "foreign", "a folder"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_cache_file_that_cannot_be_used_is_made_again(
    place: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    forget(monkeypatch)
    results()
    (file,) = kept(place)
    content = file.read_bytes()
    file.unlink()
    if damage == "a folder":
        file.mkdir()
    else:
        half = len(content) // 2
        changed = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
        new = {"cut": content[:half], "emptied": b"", "changed": changed, "foreign": b"x" * 999}
        file.write_bytes(new[damage])
    forget(monkeypatch)
    assert results() == [3.0, -4.0]
    assert len(compilations) == 2
    if damage != "a folder":
        forget(monkeypatch)
        assert results() == [3.0, -4.0]
        assert len(compilations) == 2
    assert not list((place / "cache").rglob(".new-*"))


def test_the_name_of_the_folder_follows_every_kernel_source_the_compiler_and_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llvmlite import binding as llvm

    def now() -> str:
        cache.kernels_hash.cache_clear()
        return cache.kernels_hash()

    own = now()
    room = tmp_path / "kernels"
    shutil.copytree(Path(cache.__file__).parents[1], room)
    found = set()
    with monkeypatch.context() as patch:
        patch.setattr(cache, "__file__", str(room / "jit" / "cache.py"))
        patch.setenv("NUMBA_OPT", "1")  # changes nothing that is compiled
        assert now() == own
        for where, name, other in (
            (llvm, "get_host_cpu_name", lambda: "another"),
            (llvm, "llvm_version_info", (1, 2, 3)),
            (sys.implementation, "cache_tag", "cpython-399"),
            (importlib.metadata, "version", lambda name: "0.1"),
        ):
            with patch.context() as inner:
                inner.setattr(where, name, other)
                found.add(now())
        (room / "updates" / "updates.py").write_bytes(b"# another\n")
        found.add(now())
    assert len(found - {own}) == 5
    assert now() == own


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"WLNET_CACHE_DIR": "{}/a", "XDG_CACHE_HOME": "{}/b", "HOME": "{}/c"}, "a"),
        ({"XDG_CACHE_HOME": "{}/b", "HOME": "{}/c"}, "b/wlnet"),
        ({"WLNET_CACHE_DIR": "", "HOME": "{}/c"}, "c/.cache/wlnet"),
    ],
)
def test_the_folder_is_where_the_environment_says(
    place: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("WLNET_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(place))
    assert cache.folder() == place / expected / cache.kernels_hash()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners here")
def test_a_folder_of_somebody_else_is_not_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 123456)
    assert cache.folder() is None


def test_a_folder_that_others_could_write_is_made_private(place: Path) -> None:
    open_to_all = place / "cache" / cache.kernels_hash()
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    assert cache.folder() == open_to_all
    assert stat.S_IMODE(open_to_all.stat().st_mode) == 0o700


def test_where_no_folder_can_be_made_there_is_none_and_kernels_run_all_the_same(
    place: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "file").touch()
    monkeypatch.setenv("WLNET_CACHE_DIR", str(place / "file" / "cache"))
    assert cache.folder() is None
    for _ in range(2):
        forget(monkeypatch)
        assert results() == [3.0, -4.0]
    assert len(compilations) == 2


# Other processes


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def told(found: subprocess.CompletedProcess[str]) -> str:
    """What a process said on standard error, but for the line about what takes long."""
    lines = found.stderr.splitlines()
    return "\n".join(line for line in lines if not line.startswith("wlnet: compiling"))


STEP = """
import sys
import numpy as np
from wlnet.methods import SGD
w = np.zeros(3)
SGD(momentum=0).step(w, np.ones(3), (), 1, 0.5)
print(w.tolist(), "numba" in sys.modules)
"""


def test_without_a_folder_that_can_be_written_a_process_computes_the_same() -> None:
    found = python(STEP, WLNET_CACHE_DIR=os.devnull + "/cache")
    assert (found.stdout, told(found)) == ("[-0.5, -0.5, -0.5] True\n", "")


def test_what_is_in_the_cache_is_used_without_numba(tmp_path: Path) -> None:
    for compiles in (True, False):
        found = python(STEP, WLNET_CACHE_DIR=str(tmp_path))
        assert (found.stdout, told(found)) == (f"[-0.5, -0.5, -0.5] {compiles}\n", "")


def test_a_training_whose_kernels_are_there_runs_without_numba() -> None:
    code = """
import sys, numpy as np, wlnet as wl
net = wl.net_initialize(wl.NetChain([3, "Tanh", 2], input=2))
x = np.ones((4, 2))
net = wl.net_train(net, (x, x), max_training_rounds=2)
net(x)
print("numba" in sys.modules)
"""
    python(code)
    assert python(code).stdout == "False\n"


def test_to_import_and_build_a_net_compiles_nothing(tmp_path: Path) -> None:
    code = """
import sys, wlnet as wl
net = wl.net_initialize(wl.NetChain([3, "Tanh"], input=2))
assert "numba" not in sys.modules and "llvmlite" not in sys.modules
"""
    found = python(code, WLNET_CACHE_DIR=str(tmp_path / "cache"))
    assert found.returncode == 0, found.stderr
    assert not (tmp_path / "cache").exists()


def test_others_who_use_numba_in_the_process_keep_their_own_settings(tmp_path: Path) -> None:
    code = """
import os, numba
from numba.core.codegen import CPUCodeLibrary
def settings():
    flags = {n: getattr(numba.config, n) for n in dir(numba.config) if n.isupper()}
    return dict(os.environ), flags, dict(vars(CPUCodeLibrary))
before = settings()
import numpy as np
from wlnet.methods import SGD
w = np.zeros(3)
SGD(momentum=0).step(w, np.ones(3), (), 1, 0.5)
assert settings() == before
from numba.core.caching import FunctionCache
from numba.core.dispatcher import FunctionCache as used
assert used is FunctionCache
twice = numba.njit(lambda x: 2 * x)
assert twice(4) == 8 and twice(1.5) == 3.0
"""
    found = python(code, WLNET_CACHE_DIR=str(tmp_path))
    assert found.returncode == 0, found.stderr


def test_after_a_second_of_compiling_one_line_says_so_and_names_the_command(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loading, "_loaded", lambda kernel, precision, waiting: slow(waiting))
    monkeypatch.setattr(loading, "SILENCE", 0.1)

    def slow(waiting: loading.Waiting) -> int:
        waiting.begin()
        time.sleep(0.5)
        return 1

    for folder, expected in (("cache", str(place / "cache")), ("file/cache", "cannot be kept")):
        (place / "file").touch()
        monkeypatch.setenv("WLNET_CACHE_DIR", str(place / folder))
        cache.folder.cache_clear()
        monkeypatch.setattr(notices, "_said", set())
        for _ in range(2):
            forget(monkeypatch)
            assert loading.address(doubled, "Real32") == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert expected in line and "python -m wlnet precompile" in line


def test_without_a_home_that_can_be_written_it_runs(tmp_path: Path) -> None:
    # A home in a file, as root may write into what is read only.
    (tmp_path / "file").touch()
    found = python(STEP, WLNET_CACHE_DIR="", XDG_CACHE_HOME="", HOME=str(tmp_path / "file"))
    assert (found.stdout, told(found)) == ("[-0.5, -0.5, -0.5] True\n", "")
