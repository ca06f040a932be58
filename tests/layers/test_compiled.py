"""CompiledLayer: functions of Python as machine code, held against Python itself."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numba
import numpy as np
import pytest

import wlnet as wl
from wlnet import CompiledLayer, NetChain, NetPortGradient, OptionError

X = np.random.default_rng(0).normal(size=(50, 7))


def collatz(x: float) -> float:
    """How often a loop turns is told by the number alone."""
    n, count = abs(int(x * 1000)) + 1, 0
    while n != 1:
        n, count = (n // 2 if n % 2 == 0 else 3 * n + 1), count + 1
    return count


def guarded_root(x: float) -> float:
    if x < 0:
        raise ValueError("no root")
    return math.sqrt(x)


def half(x: float) -> float:
    return 0.5 * x


def _half() -> Any:
    def half(x: float) -> float:
        return 0.5 * x + 1

    return half


@numba.njit
def root(x: float) -> float:
    return x**0.5 if x > 0 else 0.0


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("function", [collatz, half, root, round], ids=lambda f: f.__name__)
def test_it_gives_what_python_gives_on_any_number_of_workers(function: Any, precision: Any) -> None:
    function = (lambda x: round(x)) if function is round else function
    layer = CompiledLayer(function)
    given = X.astype(np.float32 if precision == "Real32" else np.float64)
    python = getattr(function, "py_func", function)
    expected = np.array([python(float(x)) for x in given.ravel()]).reshape(X.shape)
    many = np.tile(given, (40, 9))
    found = [layer(many, working_precision=precision, workers=n) for n in (1, 2, 3)]
    np.testing.assert_allclose(found[0], np.tile(expected, (40, 9)), rtol=1e-6)
    assert {each.tobytes() for each in found} == {found[0].tobytes()}


def test_what_a_function_raises_is_not_a_number() -> None:
    found = CompiledLayer(guarded_root)([4, -1, 9])
    assert found[0] == 2 and np.isnan(found[1]) and found[2] == 3


def test_functions_of_one_name_are_not_taken_for_each_other() -> None:
    """Beside each other in one program, too."""
    both = NetChain([CompiledLayer(half), CompiledLayer(_half()), CompiledLayer(_half())])
    assert both([4, 8]).tolist() == [2, 2.5]
    net = wl.NetGraph(
        {"one": CompiledLayer(half), "other": CompiledLayer(_half()), "sum": "Plus"},
        [("one", wl.NetPort("sum", "1")), ("other", wl.NetPort("sum", "2"))],
    )
    assert net([4, 8]).tolist() == [5, 9]
    assert CompiledLayer(half) == CompiledLayer(half) != CompiledLayer(_half())


def test_arguments_are_ports_by_their_names() -> None:
    layer = CompiledLayer(lambda height, width: height * width)
    assert layer.input_names == ("Height", "Width")
    assert layer({"Height": [2, 3], "Width": [4, 5]}).tolist() == [8, 15]


def test_what_lies_before_a_function_without_a_derivative_cannot_learn() -> None:
    net = NetChain([4, CompiledLayer(half), 1], input=7)
    data = X, X[:, :1]
    with pytest.raises(OptionError, match=r"without a derivative.*\n.*at: +2\n.*half"):
        wl.net_train(net, data, max_training_rounds=1)
    frozen = {1: None, wl.ANY: 1}
    wl.net_train(net, data, max_training_rounds=1, learning_rate_multipliers=frozen)
    with pytest.raises(OptionError, match="without a derivative"):
        CompiledLayer(half)([1.0], NetPortGradient("Input"))


def test_it_learns_as_the_formula_of_its_function_does() -> None:
    layers = [
        CompiledLayer(lambda x: math.tanh(x), lambda x: 1 - math.tanh(x) ** 2),
        wl.ElementwiseLayer("Tanh"),
    ]
    trained = [
        wl.net_train(
            NetChain([5, layer, 1], input=7), (X, X[:, :1]), max_training_rounds=20,
            working_precision="Real64",
        )
        for layer in layers
    ]  # fmt: skip
    one, other = (wl.information(net, "Arrays") for net in trained)
    for key, array in one.items():
        np.testing.assert_allclose(array, other[key], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: CompiledLayer(3), "1 to 4 numbers"),
        (lambda: CompiledLayer(math.sin), "1 to 4 numbers"),
        (lambda: CompiledLayer(lambda *x: 1), "1 to 4 numbers"),
        (lambda: CompiledLayer(lambda a, b, c, d, e: a), "1 to 4 numbers"),
        (lambda: CompiledLayer(lambda: 1), "1 to 4 numbers"),
        (lambda: CompiledLayer(lambda output, x: x), "other names than output"),
        (lambda: CompiledLayer(half, lambda a, b: a), "of the same arguments"),
        (lambda: CompiledLayer(lambda a, b: a, half), "of the same arguments"),
        (lambda: CompiledLayer(lambda x: x.name)([1.0]), "cannot compile"),
        (lambda: CompiledLayer(lambda x: "one")([1.0]), "not a real number"),
        (lambda: CompiledLayer(lambda x: (x, x))([1.0]), "not a real number"),
        (lambda: CompiledLayer(lambda x: 1j * x)([1.0]), "not a real number"),
    ],
)
def test_what_cannot_be_compiled_is_told(made: Any, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        made()


def test_a_file_holds_no_code(tmp_path: Any) -> None:
    net = NetChain([2, CompiledLayer(half)], input=3)
    with pytest.raises(wl.FormatError, match=r"2, Function\n.*\n.*PlaceholderLayer"):
        wl.save(net, tmp_path / "net.wlnet")
    whole = wl.net_initialize(net)
    with pytest.raises(OptionError, match="code, as of a CompiledLayer"):
        wl.onnx.export_net(whole, tmp_path / "net.onnx")
    with pytest.raises(wl.FormatError, match="CompiledLayer"):
        wl.wolfram.write_wxf(whole, tmp_path / "net.wxf")
    assert list(tmp_path.iterdir()) == []
    again = pickle.loads(pickle.dumps(whole))
    assert again == whole and np.array_equal(again(X[0, :3]), whole(X[0, :3]))
