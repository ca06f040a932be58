"""What `@kernel` promises: NaN stays NaN, one type in a loop, a cache that is never in the way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest

from wlnet.kernels import cache, update
from wlnet.kernels.kernel import FASTMATH, kernel

ROOT = Path(__file__).parents[2]
compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")

SOURCE = """
from wlnet.kernels.kernel import kernel

@kernel
def doubled(values):
    for i in range(values.size):
        values[i] *= 2
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder of its own for one test."""
    monkeypatch.setenv("WLNET_CACHE_DIR", str(tmp_path / "cache"))
    cache.folder.cache_clear()
    yield tmp_path
    cache.folder.cache_clear()


def fresh(place: Path, source: str = SOURCE) -> Any:
    """The kernel `doubled` of a module that was just imported from a file."""
    file = place / "doubling.py"
    file.write_text(source)
    cache._file_digest.cache_clear()
    module = ModuleType("doubling")
    exec(compile(source, str(file), "exec"), vars(module))
    return module.doubled


def results(function: Any) -> list[float]:
    values = np.array([1.5, -2.0], np.float32)
    function(values)
    return values.tolist()


def hits(function: Any) -> int:
    return sum(function.stats.cache_hits.values())


def kept(place: Path) -> list[Path]:
    return sorted((place / "cache").rglob("*.nbc"))


@compiled_only
def test_the_policy_is_nogil_with_a_fastmath_that_keeps_nan() -> None:
    assert update.adam.targetoptions["nogil"]
    assert update.adam.targetoptions["error_model"] == "numpy"
    assert update.adam.targetoptions["fastmath"] == set(FASTMATH) == {"contract", "reassoc", "nsz"}


def test_a_test_for_nan_inside_a_kernel_works() -> None:
    @kernel
    def count(values: Any) -> int:
        n = 0
        for i in range(values.size):
            if np.isnan(values[i]):
                n += 1
        return n

    assert count(np.array([1.0, np.nan, np.inf, np.nan])) == 2


@compiled_only
@pytest.mark.parametrize(
    ("name", "arrays", "scalars"),
    [
        ("adam", 4, 7),
        ("rmsprop", 5, 7),
        ("sgd", 2, 4),
        ("sgd_momentum", 3, 5),
        ("sign_sgd", 2, 3),
        ("sign_sgd_momentum", 3, 5),
    ],
)
def test_the_loop_over_float32_never_widens_to_float64(
    name: str, arrays: int, scalars: int
) -> None:
    # Compiled apart from the cache: code from the cache cannot be looked at.
    compiled = numba.njit(getattr(update, name).py_func, fastmath=set(FASTMATH))
    compiled.compile((numba.float32[::1],) * arrays + (numba.float64,) * scalars)
    (code,) = compiled.inspect_llvm().values()
    assert "fptrunc" in code  # the numbers of the call, before the loop
    assert "fpext" not in code


@compiled_only
def test_machine_code_is_kept_in_a_private_folder_and_found_again(place: Path) -> None:
    first = fresh(place)
    assert results(first) == [3.0, -4.0]
    assert hits(first) == 0
    (file,) = kept(place)
    assert file.parent == cache.folder() == place / "cache" / cache.kernels_hash()
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    again = fresh(place)
    assert results(again) == [3.0, -4.0]
    assert hits(again) == 1


@compiled_only
@pytest.mark.parametrize("damage", ["cut", "emptied", "changed", "foreign", "a folder"])
def test_a_cache_file_that_cannot_be_used_is_made_again(place: Path, damage: str) -> None:
    results(fresh(place))
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
    function = fresh(place)
    assert results(function) == [3.0, -4.0]
    assert hits(function) == 0
    if damage != "a folder":
        last = fresh(place)
        assert results(last) == [3.0, -4.0]
        assert hits(last) == 1
    assert not list((place / "cache").rglob(".new-*"))


@compiled_only
def test_a_kernel_whose_file_changed_is_compiled_again(place: Path) -> None:
    results(fresh(place))
    changed = fresh(place, SOURCE.replace("*= 2", "*= 3"))
    assert results(changed) == [4.5, -6.0]


@compiled_only
def test_kernels_that_close_over_different_values_are_kept_apart(place: Path) -> None:
    source = """
from wlnet.kernels.kernel import kernel

def times(by):
    @kernel
    def multiplied(values):
        for i in range(values.size):
            values[i] *= by
    return multiplied

doubled = times
"""
    for by in (2, 3, 2, 3):
        assert results(fresh(place, source)(by)) == [1.5 * by, -2.0 * by]
    assert len(kept(place)) == 2
    again = fresh(place, source)(3)
    assert results(again) == [4.5, -6.0]
    assert hits(again) == 1


@compiled_only
def test_the_name_of_the_folder_follows_every_kernel_source_and_the_bounds_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = cache.kernels_hash()
    for file in Path(cache.__file__).parent.glob("*.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    assert cache.kernels_hash() == own
    other = 0 if numba.config.BOUNDSCHECK else 1
    monkeypatch.setattr(numba.config, "BOUNDSCHECK", other)
    assert cache.kernels_hash() != own
    monkeypatch.undo()
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    (tmp_path / "update.py").write_bytes(b"# another\n")
    assert cache.kernels_hash() != own


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


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


STEP = """
import numpy as np
from wlnet.methods import SGD
w = np.zeros(3)
SGD(momentum=0).step(w, np.ones(3), (), 1, 0.5)
print(w.tolist())
"""


def test_where_no_folder_can_be_made_there_is_none(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "file").touch()
    monkeypatch.setenv("WLNET_CACHE_DIR", str(place / "file" / "cache"))
    assert cache.folder() is None


def test_without_a_folder_that_can_be_written_kernels_run_all_the_same() -> None:
    found = python(STEP, WLNET_CACHE_DIR=os.devnull + "/cache")
    assert (found.stdout, found.stderr) == ("[-0.5, -0.5, -0.5]\n", "")


def test_without_compiling_a_kernel_is_the_function_itself(tmp_path: Path) -> None:
    code = STEP + "from wlnet.kernels import update; print(type(update.sgd).__name__)"
    found = python(code, NUMBA_DISABLE_JIT="1", WLNET_CACHE_DIR=str(tmp_path / "cache"))
    assert (found.stdout, found.stderr) == ("[-0.5, -0.5, -0.5]\nfunction\n", "")
    assert not (tmp_path / "cache").exists()


@compiled_only
def test_others_who_use_numba_in_the_process_keep_their_own_settings(tmp_path: Path) -> None:
    code = """
import os, numba
before = dict(os.environ), {n: getattr(numba.config, n) for n in dir(numba.config) if n.isupper()}
import numpy as np
from wlnet.kernels.update import sgd
sgd(np.zeros(3), np.zeros(3), 0.1, 0.0, 1.0, 1.0)
after = dict(os.environ), {n: getattr(numba.config, n) for n in dir(numba.config) if n.isupper()}
assert before == after
from numba.core.caching import FunctionCache
from numba.core.dispatcher import FunctionCache as used
assert used is FunctionCache
"""
    found = python(code, WLNET_CACHE_DIR=str(tmp_path))
    assert found.returncode == 0, found.stderr
