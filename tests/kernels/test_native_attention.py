"""Attention compiled as kernels, in one and step by step, beside NumPy in float64: what is not seen
is not read, no bit depends on it, and both ways have the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.kernels.attention.attend import attend, attend_back, attend_scratch
from wlnet.kernels.attention.attention_weights import (
    attention_weights,
    attention_weights_input,
    weights_scratch,
)
from wlnet.kernels.attention.causal_products import FUTURE, PAST, causal_entries, causal_sums
from wlnet.kernels.attention.score_columns import TOGETHER
from wlnet.kernels.elementwise.exponentials import falling_exp
from wlnet.kernels.emit.lanes import run
from wlnet.kernels.jit.target import vector_width
from wlnet.kernels.language import Target, native

both_precisions = pytest.mark.parametrize("precision", ["Real32", "Real64"])
counts = st.one_of(st.integers(1, 12), st.integers(1, 70))
ROUNDING = {"Real32": 1e-5, "Real64": 1e-13}


def seen(count: int, window: int) -> Any:
    """Whether the one of a row sees that of a column."""
    i, j = np.indices((count, count))
    return (j <= i) & (j > i - window)


def numbers(precision: Any, *shape: int) -> Any:
    return like(np.random.default_rng(len(shape)).normal(size=shape), REALS[precision])


def together(precision: Any) -> int:
    """How many queries are worked on together."""
    return TOGETHER.of(Target(precision, vector_width()))


def made(
    kernel: Any, precision: Any, shape: Any, fields: dict[str, Any], result: str, scratch: int = 0
) -> Any:
    """The result, which has the same bits for one, two, three and seven workers. scratch: in
    numbers."""
    found = []
    for workers in (1, 2, 3, 7):
        y = guarded(shape, REALS[precision])
        scratch_bytes = scratch * y.itemsize
        call(kernel, precision, workers, scratch_bytes, **fields, **{result: y})
        found.append(y)
    for other in found[1:]:
        assert other.tobytes() == found[0].tobytes()
    return found[0]


def product(kernel: Any, precision: Any, a: Any, b: Any, **fields: Any) -> Any:
    lead, count = a.shape[:2]
    shape = (lead, count, b.shape[-1])
    item = a.itemsize
    common = {
        "lead": lead, "a_lead": a.strides[0], "b_lead": b.strides[0], "count": count,
        "c_lead": count * shape[2] * item, "a": a, "a_row": a.strides[1], "a_depth": a.strides[2],
        "b": b, "b_depth": b.strides[1], "c_row": shape[2] * item,
    }  # fmt: skip
    return made(kernel, precision, shape, {**common, **fields}, "c")


@both_precisions
@settings(max_examples=40)
@given(lead=st.integers(0, 3), count=counts, columns=counts, window=counts, way=st.booleans())
@example(lead=1, count=64, columns=33, window=64, way=False)
@example(lead=1, count=20, columns=1, window=3, way=True)
def test_sums_have_what_a_row_sees_or_what_sees_it(
    precision: Any, lead: int, count: int, columns: int, window: int, way: bool
) -> None:
    mask = seen(count, window).T if way else seen(count, window)
    a, b = numbers(precision, lead, count, count), numbers(precision, lead, count, columns)
    exact = np.where(mask, a.astype(float), 0) @ b.astype(float)
    a[:, ~mask] = np.nan
    fields = {"columns": columns, "window": window, "way": FUTURE if way else PAST}
    c = product(causal_sums, precision, a, b, **fields)
    np.testing.assert_allclose(c, exact, rtol=0, atol=ROUNDING[precision] * count)


@both_precisions
@settings(max_examples=40)
@given(lead=st.integers(0, 3), count=counts, depth=counts, window=counts)
@example(lead=1, count=70, depth=5, window=70)
def test_entries_are_those_that_are_seen_and_else_zero(
    precision: Any, lead: int, count: int, depth: int, window: int
) -> None:
    a, b = numbers(precision, lead, count, depth), numbers(precision, lead, depth, count)
    exact = np.where(seen(count, window), a.astype(float) @ b.astype(float), 0)
    c = product(causal_entries, precision, a, b, depth=depth, window=window)
    np.testing.assert_allclose(c, exact, rtol=0, atol=ROUNDING[precision] * depth)
    assert not c[:, ~seen(count, window)].any()


@both_precisions
@settings(max_examples=40)
@given(lead=st.integers(0, 3), count=counts, window=counts, scale=st.sampled_from([1.0, 0.25, 3.0]))
def test_weights_are_a_softmax_of_what_is_seen_whatever_stands_elsewhere(
    precision: Any, lead: int, count: int, window: int, scale: float
) -> None:
    mask, x = seen(count, window), numbers(precision, lead, count, count)
    e = np.where(mask, np.exp(scale * x.astype(float)), 0)
    exact = e / e.sum(-1, keepdims=True)
    x[:, ~mask] = np.nan
    fields = {"matrices": lead, "rows": count, "n": count, "window": window, "scale": scale}
    scratch = weights_scratch(count, together(precision))
    y = made(attention_weights, precision, x.shape, {**fields, "x": x}, "y", scratch)
    np.testing.assert_allclose(y, exact, atol=ROUNDING[precision])
    assert not y[:, ~mask].any()
    d = numbers(precision, lead, count, count) * 2
    slope = (d - (exact * d).sum(-1, keepdims=True)) * exact * scale
    d[:, ~mask] = np.nan
    given = {**fields, "d": d, "y": y}
    dx = made(attention_weights_input, precision, x.shape, given, "dx", scratch)
    np.testing.assert_allclose(dx, slope, atol=10 * ROUNDING[precision])
    assert not dx[:, ~mask].any()


@both_precisions
@pytest.mark.parametrize("n", [1, 7, 64, 257])
def test_without_a_window_every_row_sees_all(precision: Any, n: int) -> None:
    x = numbers(precision, 5, n)
    e = np.exp(0.5 * x.astype(float))
    fields = {"matrices": 1, "rows": 5, "n": n, "window": 0, "scale": 0.5, "x": x}
    scratch = weights_scratch(n, together(precision))
    y = made(attention_weights, precision, x.shape, fields, "y", scratch)
    np.testing.assert_allclose(y, e / e.sum(-1, keepdims=True), atol=ROUNDING[precision])


@both_precisions
def test_bits_of_a_row_depend_on_nothing_behind_it(precision: Any) -> None:
    """On no number, and not on how many there are."""
    a, b = numbers(precision, 1, 40, 40), numbers(precision, 1, 40, 9)
    for count in range(1, 40):
        for window in (3, 40):
            fields = {"columns": 9, "window": window, "way": PAST}
            whole = product(causal_sums, precision, a, b, **fields)
            part = product(
                causal_sums, precision, a[:, :count, :count].copy(), b[:, :count].copy(), **fields
            )
            assert whole[:, :count].tobytes() == part.tobytes()


# All of it at once


SIZES = ("batch", "heads", "queries", "keys", "depth", "columns")


def parts(rng: Any, precision: Any, batch: int, heads: int, length: int, size: int) -> Any:
    """Numbers (batch, heads, length, size), as a layer leaves them: heads beside each other."""
    return like(rng.normal(size=(batch, length, heads, size)), REALS[precision]).swapaxes(1, 2)


def places(**values: Any) -> dict[str, Any]:
    """Fields of a kernel: where values lie, and their distances; None: nowhere."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        strides = (0, 0, 0) if value is None else value.strides[:3]
        of = (f"{name}_batch", f"{name}_head", f"{name}_row")
        found |= {name: value, **dict(zip(of, strides, strict=True))}
    return found


def attended(
    precision: Any,
    sizes: dict[str, int],
    window: int,
    scale: float,
    given: dict[str, Any],
    workers: int = 1,
    keeps: bool = True,
    wanted: str = "qkv",
) -> dict[str, Any]:
    """The result and the gradients by the names of their fields."""  # fmt: skip
    dtype, columns = REALS[precision], together(precision)
    batch, heads, queries, keys, depth, values = (sizes[name] for name in SIZES)
    common = {**sizes, "window": window, "scale": scale}

    def empty(length: int, size: int) -> Any:
        return guarded((batch, length, heads, size), dtype).swapaxes(1, 2)

    blocks = -(-queries // columns)
    weights = guarded((batch * heads, blocks, keys, columns), dtype) if keeps else None
    y = empty(queries, values)
    scratch = y.itemsize * attend_scratch(keys, depth, columns)
    qkv = places(**{name: given[name] for name in "qkv"})
    call(attend, precision, workers, scratch, **common, **qkv, **places(y=y), weights=weights)
    found = {"y": y}
    if keeps:
        shapes = {"dq": (queries, depth), "dk": (keys, depth), "dv": (keys, values)}
        for name, shape in shapes.items():
            found[name] = empty(*shape) if name[1] in wanted else None
        scratch = y.itemsize * attend_scratch(keys, values, columns)
        to = {name: found[name] for name in shapes}
        more = {**qkv, **places(d=given["d"], **to), "weights": weights}
        call(attend_back, precision, workers, scratch, **common, **more)
    return found


def in_numpy(given: dict[str, Any], window: int, scale: float) -> dict[str, Any]:
    q, k, v, d = (given[name].astype(float) for name in "qkvd")
    scores = scale * q @ k.swapaxes(2, 3)
    if window:
        scores[..., ~seen(q.shape[2], window)] = -np.inf
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    w = powers / powers.sum(-1, keepdims=True)
    dw = d @ v.swapaxes(2, 3)
    ds = (dw - (dw * w).sum(-1, keepdims=True)) * w * scale
    return {"y": w @ v, "dq": ds @ k, "dk": ds.swapaxes(2, 3) @ q, "dv": w.swapaxes(2, 3) @ d}


sizes_of_attention = st.fixed_dictionaries(
    {
        "batch": st.integers(0, 2), "heads": st.integers(1, 3), "queries": counts, "keys": counts,
        "depth": st.integers(1, 40), "columns": st.integers(1, 40),
    }
)  # fmt: skip


@both_precisions
@settings(max_examples=60, deadline=None)
@given(sizes=sizes_of_attention, window=st.one_of(st.just(0), counts), seed=st.integers(0, 99))
@example(sizes=dict(zip(SIZES, (1, 2, 64, 64, 32, 32), strict=True)), window=64, seed=0)
@example(sizes=dict(zip(SIZES, (1, 1, 70, 70, 9, 40), strict=True)), window=5, seed=0)
@example(sizes=dict(zip(SIZES, (2, 3, 61, 61, 20, 33), strict=True)), window=0, seed=0)
def test_attention_and_its_gradients_are_those_of_numpy_for_any_number_of_workers(
    precision: Any, sizes: dict[str, int], window: int, seed: int
) -> None:
    if window:
        sizes = {**sizes, "queries": sizes["keys"]}
        window = min(window, sizes["keys"])
    batch, heads, queries, keys, depth, columns = (sizes[name] for name in SIZES)
    rng = np.random.default_rng(seed)
    shapes = {"q": (queries, depth), "k": (keys, depth), "v": (keys, columns),
              "d": (queries, columns)}  # fmt: skip
    given = {n: parts(rng, precision, batch, heads, *shape) for n, shape in shapes.items()}
    scale = depth**-0.5
    found = attended(precision, sizes, window, scale, given)
    for name, exact in in_numpy(given, window, scale).items():
        tolerance = ROUNDING[precision] * 3
        np.testing.assert_allclose(found[name], exact, rtol=0, atol=tolerance, err_msg=name)
    for workers in (2, 3, 7):
        others = attended(precision, sizes, window, scale, given, workers)
        assert all(others[name].tobytes() == found[name].tobytes() for name in found)
    alone = attended(precision, sizes, window, scale, given, keeps=False)
    assert alone["y"].tobytes() == found["y"].tobytes()
    for wanted in ("q", "k", "v", "qv"):
        some = attended(precision, sizes, window, scale, given, wanted=wanted)
        for name in wanted:
            assert some[f"d{name}"].tobytes() == found[f"d{name}"].tobytes()


@both_precisions
@pytest.mark.parametrize("window", [50, 7])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_seen_changes_no_bit_be_it_infinite_or_nan(
    precision: Any, window: int, wrong: float
) -> None:
    sizes = dict(zip(SIZES, (1, 2, 50, 50, 9, 20), strict=True))
    rng = np.random.default_rng(0)
    given = {n: parts(rng, precision, 1, 2, 50, 9 if n in "qk" else 20) for n in "qkvd"}
    before = attended(precision, sizes, window, 0.3, given)
    for spoilt in (0, 1, 8, 31, 49):
        see = [i for i in range(50) if spoilt <= i < spoilt + window]
        blind = [i for i in range(50) if i not in see]
        for name in "kv":
            other = {**given, name: like(given[name].swapaxes(1, 2)).swapaxes(1, 2)}
            other[name][:, :, spoilt] = wrong
            after = attended(precision, sizes, window, 0.3, other)
            for result in ("y", "dq"):
                assert np.array_equal(after[result][:, :, blind], before[result][:, :, blind])
            assert not np.isfinite(after["y"][:, :, see]).all()


@pytest.mark.parametrize(
    ("precision", "window"),
    # NumPy has no numbers in which a product of two float64 is exact, for sums of all.
    [("Real32", 0), ("Real32", 45), ("Real32", 6), ("Real64", 45), ("Real64", 6)],
)
def test_attention_in_one_has_the_bits_of_attention_step_by_step(
    precision: Any, window: int
) -> None:
    n, depth, columns, scale = 45, 10, 20, 0.4
    sizes = dict(zip(SIZES, (1, 1, n, n, depth, columns), strict=True))
    rng = np.random.default_rng(0)
    given = {m: parts(rng, precision, 1, 1, n, depth if m in "qk" else columns) for m in "qkvd"}
    found = attended(precision, sizes, window, scale, given)
    q, k, v, d = (given[name][0, 0][None] for name in "qkvd")
    band = {"window": window or n}

    def turned(x: Any) -> Any:
        return like(x.swapaxes(1, 2))

    def entries(a: Any, b: Any) -> Any:
        if window:
            return product(causal_entries, precision, a, turned(b), depth=a.shape[2], **band)
        return rounded(a, turned(b))

    def sums(way: int, a: Any, b: Any) -> Any:
        if window:
            return product(causal_sums, precision, a, b, columns=b.shape[2], way=way, **band)
        return rounded(a, b)

    def rounded(a: Any, b: Any) -> Any:
        """Sums with one rounding for each term, in the order of terms."""
        total = np.zeros((1, a.shape[1], b.shape[2]), np.float32)
        for term in range(a.shape[2]):
            exact = a[:, :, term, None].astype(float) * b[:, None, term].astype(float)
            total = (total + exact).astype(np.float32)
        return like(total)

    fields = {"matrices": 1, "rows": n, "n": n, "window": window, "scale": scale}
    scratch = weights_scratch(n, together(precision))
    x = entries(q, k)
    w = made(attention_weights, precision, x.shape, {**fields, "x": x}, "y", scratch)
    dw = {**fields, "d": entries(d, v), "y": w}
    ds = made(attention_weights_input, precision, x.shape, dw, "dx", scratch)
    steps = {"y": sums(PAST, w, v), "dq": sums(PAST, ds, k), "dk": sums(FUTURE, turned(ds), q),
             "dv": sums(FUTURE, turned(w), d)}  # fmt: skip
    for name, value in steps.items():
        assert value[0].tobytes() == found[name][0, 0].tobytes(), name


run_of_exp = run(falling_exp)


@native
def falling(context, count, x, y):  # type: ignore[no-untyped-def]
    """y = exp(x) for numbers that are not positive."""
    run_of_exp(count, x, y)


@pytest.mark.parametrize(("precision", "units", "far"), [("Real32", 1, 86), ("Real64", 3, 707)])
def test_powers_of_what_is_not_positive_are_exact_to_a_few_units_and_never_denormal(
    precision: Any, units: float, far: float
) -> None:
    dtype = REALS[precision]
    x = like(np.concatenate([np.linspace(-far, 0, 20001), [-0.0, -far - 2, -1e4, -np.inf, np.nan]]),
             dtype)  # fmt: skip
    y = guarded(x.shape, dtype)
    call(falling, precision, count=x.size, x=x, y=y)
    exact = np.exp(x[:20001].astype(np.longdouble))
    assert (np.abs(y[:20001] - exact) <= units * np.spacing(exact.astype(dtype))).all()
    assert y[20001:-1].tolist() == [1, 0, 0, 0] and np.isnan(y[-1])
