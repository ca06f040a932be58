"""From callables to formulas, and formulas in files."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.bench import Bench
from wlnet.core.errors import OptionError
from wlnet.graph.expression import DEEPEST, LARGEST, Expression
from wlnet.graph.tracing import trace
from wlnet.layers import ElementwiseLayer, ThreadingLayer

NUMBERS = np.linspace(0.1, 0.9, 9)

CALLABLES = [
    lambda x: x * np.tanh(x),
    lambda x: 1 / (1 + np.exp(-x)) - 2**x,
    lambda x: abs(x - 0.5) ** 1.5 + (+x),
    lambda x: np.clip(x, 0.2, 0.7) + np.round(4 * x) + round(x) + math.floor(3 * x) - math.ceil(x),
    lambda x: np.maximum(x, 0.3) - np.minimum(0.4, x) + np.fmax(x, 0),
    lambda x: np.sqrt(x) + np.square(x) + x**2 + x**0.5 + x**-1,
    lambda x: np.cbrt(x) * scipy.special.erfc(x) + scipy.special.erfinv(np.tanh(x)),
    lambda x: scipy.special.erf(x) * scipy.special.expit(x) + scipy.special.gammaln(x),
    lambda x: scipy.special.gamma(1 + x),
    lambda x: np.log1p(np.exp(x)) + np.log1p(x) + np.logaddexp(x, 0.5) + np.expm1(x),
    lambda x: np.where(x > 0.5, np.log(x - 0.4), x**2) + np.where(x > 2, 1, 0) * x,
    lambda x: np.where((x > 0.2) & ~(x == 0.5) | (x != x), -x, np.where(x <= 0.1, 3, x / 2)),
    lambda x: np.where(x, x, 1) + np.where(np.logical_xor(x >= 0.5, x < 0.7), 0, x) + (x > 0.3) * x,
    lambda x: np.select([x < 0.3, x < 0.6], [x, 2 * x], -1) + np.clip(x, None, 0.5) + x.clip(0.4),
    lambda x: (x < 0.7) * (x > 0.2) + ((x < 0.2) + (x < 0.3)) * 2.0 + np.where(True, x, 1 / x),
    lambda x: scipy.special.ndtr(x) + scipy.special.log_expit(x) + x**0,
    lambda x: (x > 0.2).astype(float) + (x > 0.6).astype(int) + x.astype(np.float32) * (x == 0.5),
    lambda x: scipy.special.softplus(x) + np.log(1 + x) + np.log(np.exp(x) + 1) + np.exp(x) - 1,
    lambda x: np.log2(x) + np.log10(x) + np.exp2(x) + np.reciprocal(x),
    lambda x: np.float64(2) * x + np.float32(0.5) - np.array(3.0) / x,
    lambda x: np.sin(np.cos(np.tan(np.arcsin(np.arccos(np.arctan(x)) / 2)))),
    lambda x: np.sinh(x) + np.cosh(x) + np.arcsinh(x) + np.arccosh(1 + x) + np.arctanh(x),
    lambda x: np.sign(x) + np.floor(3 * x) + np.ceil(3 * x) + np.rint(x) + np.positive(x),
]


@pytest.mark.parametrize("function", CALLABLES)
def test_a_formula_computes_what_its_callable_computes(function):
    formula = trace(function)
    with np.errstate(all="ignore"):  # NumPy computes sides that are not taken
        want = np.array([function(x) for x in NUMBERS], float)
        np.testing.assert_allclose(formula.evaluate(NUMBERS), want, rtol=1e-13)
    bench = Bench()
    x = bench.input("Input", NUMBERS[:, None])
    y = bench.lower(ElementwiseLayer(function), Input=x)
    np.testing.assert_allclose(bench.value(y)[:, 0], want, rtol=1e-12)


def _conditions(inner):
    names = "Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "Unequal"
    simple = st.tuples(st.sampled_from(names), st.just("#1"), inner)
    both = st.tuples(st.sampled_from(["And", "Or"]), simple, simple)
    return st.one_of(simple, both, st.tuples(st.just("Not"), simple))


def _formulas():
    leaves = st.sampled_from(["#1", "#2", 2.0, -0.5])
    grown = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["Tanh", "Sin", "Negate", "Ramp", "Mish"]), inner),
            st.tuples(st.sampled_from(["Plus", "Times", "Subtract", "Max"]), inner, inner),
            st.tuples(st.just("If"), _conditions(inner), inner, inner),
            _conditions(inner),
        ),
        max_leaves=12,
    )
    return grown.filter(_depends).map(_folded).map(Expression)


def _depends(tree):
    return "#" in str(tree)


def _folded(tree):
    """Drop the parts that are numbers alone: a formula writes the number itself."""
    if not isinstance(tree, tuple):
        return tree
    return (tree[0], *(_folded(part) if _depends(part) else 1.5 for part in tree[1:]))


@given(_formulas())
def test_every_formula_survives_json_pickle_and_repr(formula):
    assert Expression.from_record(json.loads(json.dumps(formula.to_record()))) == formula
    assert pickle.loads(pickle.dumps(formula)) == formula
    assert eval(repr(formula), {"Expression": Expression}) == formula
    assert hash(Expression(formula.tree)) == hash(formula)


@given(_formulas())
def test_a_lowered_formula_computes_what_the_formula_computes(formula):
    arrays = [np.array([[-1.5], [0.25]]), np.array([[0.75], [2.0]])][: formula.arity]
    bench = Bench()
    inputs = [bench.input(str(i), array) for i, array in enumerate(arrays, 1)]
    y = bench.lower(ThreadingLayer(formula), *inputs)
    np.testing.assert_allclose(bench.value(y), formula.evaluate(*arrays), rtol=1e-12, atol=1e-12)


def test_the_slope_of_a_formula_is_exact():
    bench = Bench()
    x = bench.input("Input", NUMBERS[:, None])
    y = bench.lower(ElementwiseLayer(lambda x: x * np.tanh(x)), Input=x)
    want = np.tanh(NUMBERS) + NUMBERS / np.cosh(NUMBERS) ** 2
    np.testing.assert_allclose(bench.gradient(y, x)[:, 0], want, rtol=1e-14)


def test_powers_have_slopes_below_zero_too():
    bench = Bench()
    x = bench.input("Input", [[-2.0], [0.5]])
    y = bench.lower(ElementwiseLayer(lambda x: 1 + x**2 + x**3 - x**-1), Input=x)
    assert bench.gradient(y, x).tolist() == [[-4.0 + 12 + 0.25], [1 + 0.75 + 4]]


def test_parts_that_are_written_twice_are_computed_once():
    bench = Bench()
    x = bench.input("Input", [[1.0]])

    def function(x):
        y = np.exp(x)
        return y * y + y

    bench.lower(ElementwiseLayer(function), Input=x)
    assert [call.primitive for call in bench.graph.calls].count("map") == 1


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (np.tanh, "Tanh"),
        (lambda x: np.maximum(x, 0), "Ramp"),
        (lambda x: np.maximum(0, x), "Ramp"),
        (lambda x: np.logaddexp(0, x), "SoftRamp"),
        (lambda x: np.logaddexp(x, 0), "SoftRamp"),
        (lambda x: np.log1p(np.exp(x)), "SoftRamp"),
        (lambda x: np.log(1 + np.exp(x)), "SoftRamp"),
        (lambda x: np.log(np.exp(x) + 1), "SoftRamp"),
        (lambda x: 1 / (1 + np.exp(-x)), "LogisticSigmoid"),
        (scipy.special.expit, "LogisticSigmoid"),
        (lambda x: np.exp(x) / (1 + np.exp(x)), "LogisticSigmoid"),
        (lambda x: 1 / (1 + 1 / np.exp(x)), "LogisticSigmoid"),
        (lambda x: 1 / (1 + np.e**-x), "LogisticSigmoid"),
        (lambda x: 1 - 1 / (1 + np.exp(x)), "LogisticSigmoid"),
        (lambda x: -np.log(1 - scipy.special.expit(x)), "SoftRamp"),
        (lambda x: 1 / np.exp(-x), "Exp"),
        (lambda x: np.clip(x, 0, np.inf), "Ramp"),
        (lambda x: np.clip(np.logaddexp(-np.inf, x), -np.inf, np.inf), "Identity"),
        (lambda x: x**1, "Identity"),
        (lambda x: np.sqrt(x * x), "Abs"),
        (lambda x: (x**2) ** 0.5, "Abs"),
        (lambda x: x, "Identity"),
        (lambda x: x**2, "Square"),
        (lambda x: x**0.5, "Sqrt"),
        (Expression(("Sin", "#1")), "Sin"),
    ],
)
def test_a_formula_that_is_one_named_function_is_kept_by_its_name(function, name):
    assert ElementwiseLayer(function).function == name
    assert ElementwiseLayer(function) == ElementwiseLayer(name)


def test_a_condition_reads_as_it_is_written():
    formula = trace(lambda x: np.where((x > 0) & ~(x == 1), x, 0.1 * x))
    assert str(formula) == "If[((#1 > 0) && Not[(#1 == 1)]), #1, (0.1 * #1)]"
    assert Expression.from_record(json.loads(json.dumps(formula.to_record()))) == formula


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.where(x > 0, np.log(x), 0.0 * x),
        lambda x: np.where(x <= 0, 0, np.log(x) * np.sqrt(x)),
        lambda x: np.where(x > 0, 1 / x, x),
        lambda x: np.where(np.abs(x) < 1, x, np.exp(x * x)),
        lambda x: np.where(x > 0, np.where(x > 1, np.arccosh(x), 0), 1),
    ],
)
def test_the_side_that_is_not_taken_leaves_no_trace(function):
    bench = Bench()
    x = bench.input("Input", [[-1e200], [-0.5], [0.0], [0.25], [0.75]])
    y = bench.lower(ElementwiseLayer(function), Input=x)
    with np.errstate(all="ignore"):
        slopes = bench.gradient(y, x)[:, 0]
    at = bench.inputs["Input"][:, 0]
    with np.errstate(all="ignore"):
        differences = (function(at + 1e-7) - function(at - 1e-7)) / 2e-7
    inside = np.abs(at) < 1e9
    smooth = inside & (at != 0)
    np.testing.assert_allclose(slopes[smooth], differences[smooth], rtol=1e-4)
    assert np.isfinite(slopes[inside]).all()


@pytest.mark.parametrize(
    ("function", "gates"),
    [
        (lambda x: np.where(x > 0, x, 0.1 * x), 0),
        (lambda x: np.where(x > 0, 2 - abs(x) / 3, np.maximum(x, -1)), 0),
        (lambda x: np.where(x > 0, x * x, 1), 1),
        (lambda x: np.where(x > 0, 1 / x, np.exp(x)), 2),
        (lambda x: np.where(x > 0, x, 2 / abs(x)), 1),
    ],
)
def test_straight_sides_need_no_gates(function, gates):
    bench = Bench()
    bench.lower(ElementwiseLayer(function), Input=bench.input("Input", [[1.0]]))
    # Each choice masks two sides.
    masked = [call.primitive for call in bench.graph.calls].count("masked")
    assert masked == 2 * (1 + gates)


def test_layers_with_the_same_formula_are_equal():
    one, two = ElementwiseLayer(lambda x: 2 * x), ElementwiseLayer(lambda z: 2 * z)
    assert one == two
    assert one != ElementwiseLayer(lambda x: x * 2)


def set_below_zero(x):
    x[x < 0] = 0
    return x


def in_place(x):
    kept = x
    x += 1
    x *= x
    x -= 1
    x /= 2
    x **= 3
    return x - kept


@pytest.mark.parametrize("flag", [True, False, np.True_, np.False_])
@pytest.mark.parametrize(
    "function",
    [
        lambda x, flag: np.where((x > 0.4) & flag, x, 2 * x),
        lambda x, flag: np.where(flag | (x > 0.4), x, 2 * x),
        lambda x, flag: np.where((x > 0.4) ^ flag, x, 2 * x),
        lambda x, flag: x + (flag + (x > 0.4)) + (flag * (x > 0.4)),
        lambda x, flag: np.exp(np.where(flag, x, 1) + 0.5) / (1 + np.where(flag, 2, x)),
        lambda x, flag: np.where(np.where(flag, 1.0, x) > 0.5, x, x * x),
        lambda x, flag: np.where(np.logical_and(x, flag), x, 3 * x) + in_place(+x),
    ],
)
def test_what_is_known_beforehand_is_worked_out_beforehand(function, flag):
    formula = trace(lambda x: function(x, flag))
    want = [function(x, flag) for x in NUMBERS]
    np.testing.assert_allclose(formula.evaluate(NUMBERS), want, rtol=1e-13)


def function_of_math(x):
    return math.tanh(x) + np.exp(x)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (function_of_math, "np.tanh in place of math.tanh"),
        (math.tanh, "np.tanh in place of math.tanh"),
        (lambda x: math.lgamma(x), "scipy.special.gammaln in place of math.lgamma"),
        (lambda x: x if x > 0 else 0, "np.where(x > 0, x, 0) in place of x if x > 0 else 0"),
        (lambda x: 1 if x == 0 else x, "np.where(x > 0, x, 0) in place of x if x > 0 else 0"),
        (lambda x: max(x, 0), "np.maximum and np.minimum in place of max and min"),
        (lambda x: np.where(0 < x < 1, x, 0), "(a < x) & (x < b) in place of a < x < b"),
        (lambda x: x or 1, "np.where(x > 0, x, 0)"),
        (lambda x: np.where(x > 0), "a condition and two sides"),
        (lambda x: np.where(np.array([True, False]), x, 0), "a NetArrayLayer"),
        (lambda x: np.where([True, False], x, 0), "an array of shape (2,)"),
        (lambda x: (x > 0) - (x < 0), "true or false, no numbers"),
        (lambda x: x & 1, "np.bitwise_and"),
        (lambda x: np.sum([x, x]), "one number, not an array"),
        (lambda x: np.asarray(x) * 2, "one number, not an array"),
        (scipy.special.softmax, "one number, not an array"),
        (set_below_zero, "np.where(x < 0, 0, x) in place of x[x < 0] = 0"),
        (lambda x: np.where(x > 0, x, -np.inf), "a finite number, not -inf"),
        (lambda x: np.sum(x), "np.sum"),
        (lambda x: x / np.sum(x), "a FunctionLayer takes functions of arrays"),
        (lambda x: x.astype(int), "only Reals"),
        (lambda x: np.where(x > 0, x, np.inf), "a finite number"),
        (lambda x: 3.0, "does not depend on its arguments"),
        (lambda x: [x], "does not depend on its arguments"),
        (lambda x: np.array([1, 2]) * x, "a NetArrayLayer brings an array into a net"),
        (lambda x: np.add.reduce(x), "np.add.reduce"),
        (lambda x: np.exp(x, out=x), "np.exp with out"),
        (lambda x: np.frompyfunc(lambda y: y, 1, 1)(x), "no place in a formula"),
        (lambda x: x // 2, "np.floor_divide"),
        (lambda x: x * float("nan"), "a finite number"),
        (lambda x: x * 10**400, "OverflowError"),
        (lambda x: undefined + x, "NameError"),  # noqa: F821
        (lambda x, y: x + y, "missing 1 required positional argument"),
        (lambda x: endless(x), "calls itself without end"),
    ],
)
def test_a_callable_that_cannot_be_written_down_says_why_and_what_to_write(function, said):
    with pytest.raises(OptionError) as caught:
        ElementwiseLayer(function)
    assert said in str(caught.value)


def endless(x):
    return endless(x)


def test_math_is_not_blamed_for_what_numpy_does():
    with pytest.raises(OptionError) as caught:
        trace(function_of_math)
    assert "exp" not in str(caught.value).rpartition("fix:")[2]


def test_a_formula_that_grows_without_measure_is_refused():
    def doubling(x):
        for _ in range(64):
            x = x * x + x
        return x

    def nested(x):
        for _ in range(DEEPEST + 1):
            x = np.tanh(x)
        return x

    for function in (doubling, nested):
        with pytest.raises(OptionError, match=f"{LARGEST}"):
            trace(function)


def _deep(depth):
    tree = "#1"
    for _ in range(depth):
        tree = ["Sin", tree]
    return tree


@pytest.mark.parametrize(
    "record",
    [
        None, True, {}, [], "", "#", "#0", "#01", "#1x", "#-1", "#١", "#999", 1.0, "Sin",
        ["Sin"], ["Sin", "#1", "#1"], ["Sinus", "#1"], ["__import__", "#1"], [["Sin"], "#1"],
        ["Plus", "#1"], ["Divide", "#1", "#1", "#1"], ["Plus", "#1", True], ["Plus", "#1", None],
        ["Plus", "#1", float("nan")], ["Plus", "#1", float("inf")], ["Plus", "#1", 10**400],
        ["Sin", 1.0], ["Plus", 1, 2], ["Plus", "#1", ["Sin", 2.0]], [1, "#1"], ["Sin", b"#1"],
        ["If", "#1", "#1"], ["If", "#1", "#1", 1], ["If", 1, "#1", 2], ["And", "#1", "#1"],
        ["Not", "#1"], ["Or", ["Greater", "#1", 0], "#1"], ["If", ["If", "#1", 1, 0], "#1", 2],
 ["Greater", "#1", "#1", "#1"], ["Not", "#1", "#1"], ["If", 1, 2, 3],
        ["Plus", *["#1"] * (LARGEST + 1)], _deep(DEEPEST + 1), _deep(50_000),
    ],
)  # fmt: skip
def test_what_is_not_a_formula_is_refused(record):
    with pytest.raises(ValueError, match=r"."):
        Expression.from_record(record)


def test_a_formula_without_an_argument_is_refused_as_such():
    with pytest.raises(ValueError, match="depends on an argument"):
        Expression(1.0)


def test_a_formula_never_changes():
    formula = Expression("#1")
    with pytest.raises(AttributeError):
        formula.tree = "#2"
    with pytest.raises(AttributeError):
        del formula.arity


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda a, b: a, "uses all its 2 arguments"),
        (lambda *a: a[0], "a fixed number of arguments"),
        ("plus", "did you mean 'Plus'"),
        (3, "a callable of several arguments"),
    ],
)
def test_a_function_that_cannot_be_threaded_says_why(function, said):
    with pytest.raises(OptionError) as caught:
        ThreadingLayer(function)
    assert said in str(caught.value)


def test_a_callable_of_several_numbers_is_told_the_layer_that_takes_them() -> None:
    with pytest.raises(OptionError, match=r"fix: +ThreadingLayer\(f\)"):
        ElementwiseLayer(lambda a, b: a + b)
    with pytest.raises(OptionError) as caught:
        ThreadingLayer(lambda a, b: math.erfc(a) + b)
    assert "ThreadingLayer" not in str(caught.value.faults[0].fix)
    assert ElementwiseLayer(lambda a, b=2: a * b) is not None
