"""One gate for data: every entrance takes and refuses the same things, with the same words."""

from __future__ import annotations

import array
import itertools
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import scipy.sparse

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron

NET = wl.LinearLayer(3, weights=np.eye(3), biases=None, input=3)
# The first number needs more figures than float32 has.
X = np.array([[2**24 + 1, 1, 2], [3, 4, 5], [6, 7, 8], [1, 0, 1]], float)
Y = np.array([[2**24, 1, 2], [3, 4, 5], [6, 7, 9], [1, 0, 1]], float)
SMALL = X % 16


class OnlyArray:
    """An array only when asked."""

    def __init__(self, held: Any) -> None:
        self.held = np.asarray(held)
        self.shape = self.held.shape

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.held


class Parameter(OnlyArray):
    """An array that wants a gradient elsewhere, and is one when detached."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self) -> Any:
        return OnlyArray(self.held)


class OnAnotherDevice(OnlyArray):
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")


class OnlyDlpack:
    """An array that gives its memory alone."""

    def __init__(self, held: Any) -> None:
        self.held = np.ascontiguousarray(held)

    def __dlpack__(self, **options: Any) -> Any:
        return self.held.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.held.__dlpack_device__()


class OnlyInterface:
    """An array that describes its memory alone."""

    def __init__(self, held: Any) -> None:
        self.held = np.ascontiguousarray(held)
        self.__array_interface__ = self.held.__array_interface__


class Rows:
    """Examples with a length that are asked for by number, as a data set of another library is."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, number: int) -> Any:
        return self.held[number]


class Endless:
    asked = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        Endless.asked += 1
        return np.zeros(3)


class Streamed:
    """Something that can be iterated over, and does not tell how long."""

    def __iter__(self) -> Iterator[Any]:
        return (np.zeros(3) for _ in itertools.count())


def of_arrays(x: Any) -> Any:
    found = np.empty(len(x), object)
    found[:] = list(x)
    return found


def masked(x: Any, *, hidden: bool) -> Any:
    found = np.ma.array(x, mask=np.zeros(np.shape(x), bool))
    if hidden:
        found[2, 1] = np.ma.masked
    return found


GOOD: dict[str, Callable[[Any], Any]] = {
    "float64": lambda x: x,
    "int64": lambda x: x.astype(np.int64),
    "int32": lambda x: x.astype(np.int32),
    "uint64": lambda x: x.astype(np.uint64),
    "long double": lambda x: x.astype(np.longdouble),
    "foreign byte order": lambda x: x.astype(">f8"),
    "integers in foreign byte order": lambda x: x.astype(">i4"),
    "objects": lambda x: x.astype(int).astype(object),
    "objects, broken": lambda x: x.astype(object),
    "an array of arrays": of_arrays,
    "not contiguous": lambda x: np.repeat(np.asfortranarray(x), 2, axis=0)[::2],
    "lists of integers": lambda x: x.astype(int).tolist(),
    "lists": lambda x: x.tolist(),
    "tuples": lambda x: tuple(map(tuple, x.tolist())),
    "a list of arrays": list,
    "a list of numbers of NumPy": lambda x: [list(row) for row in x],
    "a mask that hides nothing": lambda x: masked(x, hidden=False),
    "a memoryview": memoryview,
    "a list of array.array": lambda x: [array.array("d", row) for row in x],
    "__array__": OnlyArray,
    "a list of __array__": lambda x: list(map(OnlyArray, x)),
    "lists of numbers with __array__": lambda x: [[OnlyArray(n) for n in row] for row in x],
    "what wants a gradient": Parameter,
    "a list of what wants a gradient": lambda x: list(map(Parameter, x)),
    "__dlpack__": OnlyDlpack,
    "a queue": deque,
    "a data set": Rows,
    "what can be read once": iter,
    "a map": lambda x: map(np.asarray, x),
    "fractions": lambda x: [list(map(Fraction, row)) for row in x.tolist()],
    "decimals": lambda x: [list(map(Decimal, row)) for row in x.tolist()],
    "__array_interface__": OnlyInterface,
}
ROUNDED: dict[str, Any] = {
    "float32": np.float32,
    "float16": np.float16,
    "uint8": np.uint8,
    "float32 in foreign byte order": ">f4",
}
Bad = tuple[Callable[[], Any], str]
NO_NUMBERS = "data that are not numbers"
BAD: dict[str, Bad] = {
    "a hidden number": (lambda: masked(X, hidden=True), "data with missing values"),
    "masked rows": (lambda: list(masked(X, hidden=True)), "data with missing values"),
    "a tuple of masked rows": (lambda: tuple(masked(X, hidden=True)), "data with missing values"),
    "the masked number": (
        lambda: [[1.0, 2.0, 3.0]] * 3 + [[1.0, np.ma.masked, 2.0]],
        "data with missing values",
    ),
    "words": (lambda: np.full((4, 3), "a"), NO_NUMBERS),
    "digits": (lambda: X.astype(str), NO_NUMBERS),
    "bytes": (lambda: X.astype("S"), NO_NUMBERS),
    "words of the new kind": (lambda: np.full((4, 3), "a", np.dtypes.StringDType()), NO_NUMBERS),
    "digits of the new kind": (
        lambda: X.astype(str).astype(np.dtypes.StringDType()),
        NO_NUMBERS,
    ),
    "rows of digits of the new kind": (
        lambda: list(X.astype(str).astype(np.dtypes.StringDType())),
        NO_NUMBERS,
    ),
    "complex numbers": (lambda: X.astype(complex), NO_NUMBERS),
    "dates": (lambda: X.astype(int).astype("M8[s]"), NO_NUMBERS),
    "None": (lambda: [*X[:3].tolist(), [1.0, None, 2.0]], NO_NUMBERS),
    "rows of several lengths": (lambda: [*X[:3].tolist(), [1.0]], "examples of different shapes"),
    "rows of several ranks": (lambda: [*X[:3].tolist(), [[1.0]]], "examples of different shapes"),
    "lists of several lengths in a row": (
        lambda: [*X[:3].tolist(), [[1.0], [2.0, 3.0]]],
        "an example whose lists differ in length",
    ),
    "a record": (lambda: np.zeros(4, "f8, f8, f8"), NO_NUMBERS),
    "width zero": (lambda: np.zeros((4, 0)), "examples without numbers"),
    "NaN": (lambda: np.where(X == 7, np.nan, X), "data that are not finite"),
    "infinity in long doubles": (
        lambda: np.where(X == 7, np.inf, X).astype(np.longdouble),
        "data that are not finite",
    ),
    "too large for any float": (
        lambda: [*X[:3].tolist(), [10**400, 0, 0]],
        "a number too large for Real64",
    ),
    "too wide": (lambda: np.c_[X, X], "data do not fit a port"),
}
# What cannot be taken apart into rows.
BAD_COLUMNS: dict[str, Bad] = {
    "a sparse matrix": (
        lambda: scipy.sparse.csr_matrix(X),
        "a sparse matrix is no array: every number of it would take its place in memory",
    ),
    "on another device": (lambda: OnAnotherDevice(X), "this cannot be read as an array"),
    "a set": (lambda: {1.0, 2.0, 3.0, 4.0}, "a column is a sequence of examples"),
}
ENDLESS: dict[str, Callable[[], Any]] = {
    "count": itertools.count,
    "cycle": lambda: itertools.cycle(list(X)),
    "repeat": lambda: itertools.repeat(X[0]),
    "a zip of them": lambda: zip(itertools.count(), itertools.cycle("ab")),
    "a map over them": lambda: map(float, itertools.count()),
    "a generator": lambda: (X[0] for _ in itertools.count()),
    "an iterator": Endless,
    "an iterable": Streamed,
}
K: dict[str, Any] = {"max_training_rounds": 1, "learning_rate": 1e-30}


def train(data: Any, prop: str, precision: str, **options: Any) -> Any:
    return wl.net_train(NET, data, prop, working_precision=precision, **{**K, **options})


def rows_of(x: Any, y: Any) -> Any:
    return [{"Input": a, "Output": b} for a, b in zip(x, y, strict=True)]


def yielding(x: Any, y: Any) -> Any:
    def batches() -> Any:
        yield x, y

    return batches


COLUMNS: dict[str, Callable[[Any, Any, str], Any]] = {
    "(inputs, outputs)": lambda x, y, p: train((x, y), "RoundLoss", p),
    "by port": lambda x, y, p: train({"Input": x, "Output": y}, "RoundLoss", p),
    "a pair of dicts": lambda x, y, p: train(({"Input": x}, {"Output": y}), "RoundLoss", p),
    "a function": lambda x, y, p: train(lambda: (x, y), "RoundLoss", p, batch_size=4),
    "a function that yields": lambda x, y, p: train(yielding(x, y), "RoundLoss", p, batch_size=4),
    "validation": lambda x, y, p: train((X, Y), "ValidationLoss", p, validation_set=(x, y)),
    "measurements": lambda x, y, p: wl.net_measurements(NET, (x, y), "Loss", working_precision=p),
}
BY_ROWS: dict[str, Callable[[Any, Any, str], Any]] = {
    "pairs": lambda x, y, p: train(list(zip(x, y, strict=True)), "RoundLoss", p),
    "a zip": lambda x, y, p: train(zip(x, y, strict=True), "RoundLoss", p),
    "rows by port": lambda x, y, p: train(rows_of(x, y), "RoundLoss", p),
    "rows to measure": lambda x, y, p: wl.net_measurements(
        NET, rows_of(x, y), "Loss", working_precision=p
    ),
}
EVALUATION: dict[str, Callable[[Any, Any, str], Any]] = {
    "net(x)": lambda x, y, p: NET(x, working_precision=p).tolist(),
    "net(dict)": lambda x, y, p: NET({"Input": x}, working_precision=p).tolist(),
    "net(rows)": lambda x, y, p: NET([{"Input": a} for a in x], working_precision=p).tolist(),
}
NO_ROWS = (
    *("__array__", "__dlpack__", "__array_interface__", "what wants a gradient", "a memoryview"),
)
"""What cannot be taken apart into rows."""
PLACES = {
    **dict.fromkeys(EVALUATION, "port "),
    "validation": "validation_set, port ",
    "a function": "the generator's batch 1 of round 1, port ",
    "a function that yields": "the generator's batch 1 of round 1, port ",
}
"""How a fault says where it is; that of data else."""
ENTRANCES = {**COLUMNS, **BY_ROWS, **EVALUATION}
PRECISIONS = "Real32", "Real64"
FAST = ("(inputs, outputs)", "net(x)")
WAYS = [
    pytest.param(
        entrance,
        precision,
        marks=() if precision == "Real64" or entrance in FAST else pytest.mark.thorough,
    )
    for entrance in ENTRANCES
    for precision in PRECISIONS
]


@pytest.mark.parametrize(("entrance", "precision"), WAYS)
def test_numbers_of_any_kind_are_the_same_numbers(entrance: str, precision: str) -> None:
    enter = ENTRANCES[entrance]
    want = enter(X, Y, precision)
    if precision == "Real64" and entrance not in EVALUATION:
        assert want == (1 + 1) / 12, "the numbers came in whole"
    for kind, make in GOOD.items():
        if entrance in ("net(rows)", *BY_ROWS) and kind in NO_ROWS:
            continue
        assert enter(make(X), Y, precision) == want, kind
        if entrance not in EVALUATION and kind != "what can be read once":
            assert enter(X, make(Y), precision) == want, f"targets: {kind}"
    rounded = enter(SMALL, Y, precision)
    for kind, dtype in ROUNDED.items():
        assert enter(SMALL.astype(dtype), Y, precision) == rounded, kind


@pytest.mark.parametrize(("entrance", "precision"), WAYS)
def test_what_is_no_data_is_refused_everywhere_in_the_same_words(
    entrance: str, precision: str
) -> None:
    enter = ENTRANCES[entrance]
    is_by_rows = entrance in BY_ROWS or entrance == "net(rows)"
    for kind, (make, what) in {**BAD, **({} if is_by_rows else BAD_COLUMNS)}.items():
        with pytest.raises((wl.DataError, wl.ShapeError)) as error:
            enter(make(), Y, precision)
        assert error.value.faults[0].what == what, kind
        place = PLACES.get(entrance, "data, port ")
        assert str(error.value.faults[0].at).startswith(f"{place}Input"), kind
        if entrance not in EVALUATION:
            with pytest.raises((wl.DataError, wl.ShapeError)) as error:
                enter(X, make(), precision)
            assert error.value.faults[0].what == what, f"targets: {kind}"
            at = str(error.value.faults[0].at)
            assert at.startswith(f"{place}Output"), f"targets: {kind}"


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_may_have_no_end_is_refused_before_it_is_read(kind: str) -> None:
    Endless.asked = 0
    make = ENDLESS[kind]
    words = "what tells no length may have no end|a generator that already runs"
    for enter in (
        lambda x: NET(x),
        lambda x: NET({"Input": x}),
        lambda x: train(x, "RoundLoss", "Real32"),
        lambda x: train({"Input": x, "Output": make()}, "RoundLoss", "Real32"),
        lambda x: train((X, Y), "RoundLoss", "Real32", validation_set=x),
        lambda x: wl.net_measurements(NET, x, "Loss"),
    ):
        with pytest.raises(wl.DataError, match=words):
            enter(make())
    # Beside a column that tells its length, one more is read than there can be.
    with pytest.raises(wl.DataError, match="columns of different length"):
        train((make(), Y), "RoundLoss", "Real32")
    assert Endless.asked <= len(Y) + 1


@pytest.mark.parametrize("kind", ["bfloat16", "float8_e5m2", "float8_e4m3fn", "int4"])
def test_numbers_of_types_that_numpy_lacks_are_numbers(kind: str) -> None:
    x, y = np.array([[1, 2, 3], [4, -5, 6]], float), np.array([[2.0, 1, 1], [0, 1, 1]])
    kind_of = np.dtype(getattr(ml_dtypes, kind))
    small, target = x.astype(kind_of), y.astype(kind_of)
    once = {"max_training_rounds": 2}
    trained = wl.net_train(NET, (x, y), **once)
    for form in (small, list(small), [list(row) for row in small]):
        assert wl.net_train(NET, (form, target), **once) == trained
        assert np.array_equal(NET(form), NET(x))
    assert np.array_equal(NET(small[0]), NET(x[0]))
    made = wl.data.table({"x": small[:, 0], "y": list(small[:, 1])})
    assert made.encoders == wl.data.column_encoders({"x": x[:, 0], "y": x[:, 1]})


def test_numbers_are_weights_as_they_are_data() -> None:
    for make in (OnlyArray, Parameter, OnlyDlpack, memoryview):
        assert wl.LinearLayer(3, weights=make(np.eye(3)), biases=None, input=3) == NET
    for bad in (masked(X, hidden=True), scipy.sparse.eye(3), np.eye(3).astype(str)):
        with pytest.raises(wl.OptionError, match="Weights of a LinearLayer"):
            wl.LinearLayer(3, weights=bad)


def test_small_numbers_are_no_fault_whatever_numpy_is_told() -> None:
    x = np.where(X == 1, 1e-45, X)
    want = {(name, p): enter(x, Y, p) for p in PRECISIONS for name, enter in ENTRANCES.items()}
    with np.errstate(all="raise"):
        for (name, p), value in want.items():
            assert ENTRANCES[name](x, Y, p) == value, name
        with pytest.raises(wl.DataError, match="a number too large for Real32"):
            NET(X * 1e39)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_encoders_compute_in_the_precision_of_the_net(precision: str) -> None:
    whole = 2**24 + (precision == "Real64")
    for port, x, want in (
        (wl.NetEncoder("Scalar"), 2**24 + 1, whole),
        (wl.NetEncoder("Function", lambda x: [x], 1), 2**24 + 1, whole),
        (wl.NetEncoder("UnitVector", 1), np.array([2**24 + 1.0]), whole),
    ):
        net = wl.NetChain([wl.ElementwiseLayer("Identity")], input=port)
        assert np.ravel(net(x, working_precision=precision)) == want
    picture = wl.NetEncoder("Image", (2, 1), color_space="Grayscale", mean_image=0.1)
    net = wl.NetChain([wl.FlattenLayer()], input=picture)
    given = np.array([[85, 0]], np.uint8)
    exact = np.float64(np.float32(85) / np.float32(255) - np.float32(0.1))
    want = 85 / 255 - 0.1 if precision == "Real64" else exact
    assert net(given, working_precision=precision)[0] == want


def test_a_function_of_the_user_gets_what_the_user_gave() -> None:
    seen: list[Any] = []
    encoder = wl.NetEncoder("Function", lambda x: seen.append(x) or [1.0, 2.0, 3.0], 3)
    items = [OnlyArray([1.0]), {"a": 1}, "text", None]
    net = wl.NetChain([wl.LinearLayer(3)], input=encoder)
    wl.net_train(net, (items, Y), max_training_rounds=1)
    wl.net_initialize(net)(items)
    assert [id(each) for each in seen] == [id(each) for each in items] * 2


def test_all_faulty_columns_are_told_at_once() -> None:
    nan, wide = np.where(X == 7, np.nan, X), np.c_[X, X]
    for data in ((nan, wide), {"Input": nan, "Output": wide}, rows_of(nan, wide)):
        with pytest.raises(wl.DataError) as error:
            train(data, "RoundLoss", "Real32")
        assert [fault.at for fault in error.value.faults] == [
            "data, port Input, example 3",
            "data, port Output",
        ]
    two = wl.NetGraph([wl.TotalLayer()], [(wl.NetPort("a"), 1), (wl.NetPort("b"), 1)], a=3, b=3)
    bad = [nan, X.astype(str), masked(X, hidden=True), None, [*X.tolist()[:3], [1.0]], X * 1e39]
    for a, b in itertools.product(bad, repeat=2):
        data = {"a": a, "b": b, "Output": wide}
        held = {"a": X, "b": b, "Output": a}
        with pytest.raises(wl.DataError) as error:
            wl.net_train(two, data, max_training_rounds=1, validation_set=held)
        told = [str(fault.at).partition(", example")[0] for fault in error.value.faults]
        columns = ["data, port a", "data, port b", "data, port Output"]
        assert set(told) >= {*columns, "validation_set, port b", "validation_set, port Output"}
        assert len(told) == 5
    with pytest.raises(wl.DataError) as error:
        two({"a": nan, "b": nan})
    assert len(error.value.faults) == 2


def test_labels_that_cannot_be_are_told_beside_inputs_that_cannot_be() -> None:
    x, y = classes(60)
    x[4, 0] = np.nan
    with pytest.raises(wl.DataError) as error:
        wl.net_train(classifier(), (x, y + 0.5), max_training_rounds=1)
    assert len(error.value.faults) == 2
    assert "port Input, example 5" in str(error.value)


LABELS: dict[str, Callable[[Any], Any]] = {
    "an array of words": np.array,
    "words of the new kind": lambda y: np.array(y, np.dtypes.StringDType()),
    "objects": lambda y: np.array(y, object),
    "a tuple": tuple,
    "words of NumPy": lambda y: list(np.array(y)),
    "__array__": OnlyArray,
    "a queue": deque,
    "a data set": Rows,
    "a mask that hides nothing": lambda y: masked(np.array(y), hidden=False),
}
NUMBERED: dict[str, Callable[[Any], Any]] = {
    "an array": np.array,
    "bytes": lambda y: np.array(y, np.uint8),
    "foreign byte order": lambda y: np.array(y, ">i2"),
    "numbers of NumPy": lambda y: list(np.array(y)),
    "numbers of another library": lambda y: list(map(OnlyArray, y)),
    "what wants a gradient": lambda y: Parameter(np.array(y)),
    "a memoryview": lambda y: memoryview(np.array(y)),
    "array.array": lambda y: array.array("q", y),
}


@pytest.mark.parametrize("kind", {**LABELS, **NUMBERED})
def test_labels_of_any_kind_are_the_same_labels(kind: str) -> None:
    x, y = classes(24)
    plain = y.tolist() if kind in NUMBERED else [["cat", "dog", "owl"][n] for n in y]
    given = {**LABELS, **NUMBERED}[kind](plain)
    net, options = classifier(), {"max_training_rounds": 2}
    trained = wl.net_train(net, (x, plain), **options)
    assert wl.net_train(net, (x, given), **options) == trained
    assert wl.net_measurements(trained, (x, given), "Loss") == wl.net_measurements(
        trained, (x, plain), "Loss"
    )
    coded = wl.NetChain(
        [wl.LinearLayer(2), "Tanh", 2], input=wl.NetEncoder("Class", ["cat", "owl"], "UnitVector")
    )
    # What only tells its length may be one label that the user made.
    if kind in LABELS and kind != "a data set":
        words = [word if word != "dog" else "owl" for word in plain]
        ready = wl.net_initialize(coded)
        assert ready(LABELS[kind](words)).tolist() == ready(words).tolist()


def test_columns_that_no_port_takes_are_told_with_what_they_were_meant_for() -> None:
    x, y = numbers(12)
    meant = {
        "Ouptut": "'Ouptut' is near the port 'Output'",
        "LearningRat": "'LearningRat' is near the option 'learning_rate'",
        "batchsize": "'batchsize': batch_size=64",
        "lr": "'lr': learning_rate=0.001",
        "Names of the examples": "leave them out",
    }
    for name, text in meant.items():
        for data in (
            {"Input": x, "Output": y, name: np.zeros(7)},
            [{"Input": a, "Output": b, name: 1} for a, b in zip(x, y, strict=True)],
        ):
            with pytest.warns(wl.TrainingWarning, match="no port takes") as heard:
                wl.net_train(perceptron(), data, **K)
            assert text in str(heard[0].message)
    data = {"Input": x, "Output": y, "More": x}
    with pytest.warns(wl.TrainingWarning, match="at: *validation_set"):
        wl.net_train(perceptron(), (x, y), validation_set=data, **K)
    with pytest.warns(wl.TrainingWarning, match="'More'"):
        wl.net_measurements(perceptron(), data, "Loss")
    with warnings.catch_warnings(record=True) as many:
        warnings.simplefilter("always")
        wl.net_train(perceptron(), (lambda: data, {"RoundLength": 48}), batch_size=12, **K)
    assert len(many) == 1, "told once, of the first batch"
    for given in ({"Input": x, "More": x}, [{"Input": row, "More": 1} for row in x]):
        with pytest.raises(wl.DataError, match="a port that is not there"):
            perceptron()(given)
