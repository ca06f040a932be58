"""The bench for native kernels sees what it is there to see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.native_bench import REALS, borders_stand, call, guarded, like
from tests.kernels.native_plain import Outside
from wlnet.kernels.emit.instructions import double, real, reals, start_of, stop_of, words
from wlnet.kernels.language import native


@native
def scaled(context, count, source, factor, to):  # type: ignore[no-untyped-def]
    """to = factor x source."""
    x, y, by = reals(source), reals(to), real(double(factor))
    for i in range(start_of(context, count, 1), stop_of(context, count, 1)):
        y[i] = by * x[i]


@native
def touched(context, source, i, to, j):  # type: ignore[no-untyped-def]
    """to[j] = source[i]."""
    x, y = reals(source), reals(to)
    y[j] = x[i]


@native
def told(context, to, value):  # type: ignore[no-untyped-def]
    """Every worker writes the same place."""
    words(to)[0] = value


ways = pytest.mark.parametrize("plain", [False, True], ids=["compiled", "plain"])
precisions = pytest.mark.parametrize("precision", REALS)


@ways
@precisions
def test_a_kernel_is_called_by_the_names_of_its_fields(precision: Any, plain: bool) -> None:
    x, y = like(np.arange(7), REALS[precision]), guarded(7, REALS[precision])
    call(scaled, precision, workers=3, plain=plain, to=y, source=x, factor=0.5, count=7)
    np.testing.assert_array_equal(y, x / 2)


@pytest.mark.parametrize(("odd", "named"), [({}, "i"), ({"i": 0, "k": 1}, "k")])
def test_fields_that_are_missing_or_unknown_are_named(odd: dict[str, int], named: str) -> None:
    with pytest.raises(TypeError, match=f"touched: fields too many or missing: {named}$"):
        call(touched, "Real64", source=None, to=None, j=0, **odd)


@pytest.mark.parametrize("j", [-1, 3])
@precisions
def test_a_write_outside_is_seen(precision: Any, j: int, monkeypatch: Any) -> None:
    monkeypatch.delenv("WLNET_GUARD", raising=False)
    x, y = guarded(3, REALS[precision], 1), guarded(3, REALS[precision])
    with pytest.raises(AssertionError, match="wrote outside"):
        call(touched, precision, plain=False, source=x, i=0, to=y, j=j)
    assert borders_stand(x)
    assert not borders_stand(y)
    assert not borders_stand(y[1:].reshape(2, 1))


@pytest.mark.parametrize("i", [-1, 3])
@precisions
def test_what_is_read_outside_is_not_a_number(precision: Any, i: int, monkeypatch: Any) -> None:
    monkeypatch.delenv("WLNET_GUARD", raising=False)
    x, y = guarded(3, REALS[precision], 1), guarded(1, REALS[precision], 0)
    call(touched, precision, plain=False, source=x, i=i, to=y, j=0)
    assert np.isnan(y).all()


@pytest.mark.parametrize(("i", "j"), [(-1, 0), (3, 0), (0, -1), (0, 3)])
@pytest.mark.parametrize("make", [np.ones, guarded], ids=["any array", "guarded"])
@precisions
def test_forbidden_pages_see_every_access_outside(
    precision: Any, make: Any, i: int, j: int, monkeypatch: Any
) -> None:
    monkeypatch.setenv("WLNET_GUARD", "pages")
    x, y = make(3, REALS[precision]), make(3, REALS[precision])
    with pytest.raises(AssertionError, match=r"touched leaves an array: SIG"):
        call(touched, precision, plain=False, source=x, i=i, to=y, j=j)


def test_between_forbidden_pages_a_right_kernel_does_the_same(monkeypatch: Any) -> None:
    monkeypatch.setenv("WLNET_GUARD", "pages")
    both = guarded(6, np.float64, 3)
    call(scaled, "Real64", plain=False, to=both[2:6], source=both[:4], factor=2.0, count=4)
    assert both[2] == 6 and both[0] == 3
    assert borders_stand(both)


@pytest.mark.parametrize(("i", "j"), [(-1, 0), (5, 0), (1, 0), (0, -1), (0, 3)])
def test_plain_runs_see_every_access_outside_also_between_the_elements(i: int, j: int) -> None:
    x, y = np.ones(6)[::2], np.ones(3)
    with pytest.raises(Outside, match="in no array"):
        call(touched, "Real64", plain=True, source=x, i=i, to=y, j=j)


def test_plain_runs_see_writes_into_read_only_arrays() -> None:
    x, y = np.ones(3), np.ones(3)
    y.flags.writeable = False
    with pytest.raises(Outside, match="read-only"):
        call(touched, "Real64", plain=True, source=x, i=0, to=y, j=0)


def test_plain_runs_see_two_workers_in_one_place() -> None:
    to = np.zeros(1, np.int64)
    call(told, "Real64", plain=True, to=to, value=3)
    with pytest.raises(Outside, match="worker 0 touches what worker 1 wrote"):
        call(told, "Real64", workers=2, plain=True, to=to, value=3)
    assert to[0] == 3


def test_plain_runs_compute_in_the_precision_of_the_kernel() -> None:
    x = like([0.1, 1 / 3], np.float32)
    results = []
    for plain in (False, True):
        y = guarded(2, np.float32)
        call(scaled, "Real32", plain=plain, source=x, to=y, count=2, factor=0.7)
        results.append(y.tobytes())
    assert results[0] == results[1]
