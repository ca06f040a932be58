"""Tables: raw rows by the names of their columns, into nets that remember how to read them."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.datasets import load_wine

import wlnet as wl
from wlnet.data import column_encoders, table

ROWS = 60
RNG = np.random.default_rng(3)
AGE = RNG.integers(18, 80, ROWS).astype(float)
AGE[::7] = np.nan
CITY = RNG.choice(["Oslo", "Rome", "Bonn"], ROWS).astype(object)
CITY[5] = None
FIT = RNG.random(ROWS) < 0.5
PAY = np.where(np.isnan(AGE), 40, AGE) * 500 + 9000 * (CITY == "Oslo") + 3000 * FIT + 0.5
KIND = np.where(np.median(PAY) < PAY, "more", "less")
COLUMNS = {"age": AGE, "city": CITY, "fit": FIT, "pay": PAY, "kind": KIND}
FRAME = pd.DataFrame(COLUMNS)
HEAD = [4, "Ramp", wl.LinearLayer()]
ONCE = {"max_training_rounds": 1}


class ArrowStream:
    """What speaks the C interface of Arrow, and nothing else."""

    def __init__(self, held: pa.Table) -> None:
        self.held = held

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.held.__arrow_c_stream__(requested_schema)


def fields() -> np.ndarray:
    """The columns as an array with fields."""
    kinds = [("age", "f8"), ("city", object), ("fit", "?"), ("pay", "f8"), ("kind", "U4")]
    found = np.zeros(ROWS, kinds)
    for name, column in COLUMNS.items():
        found[name] = column
    return found


FORMS: dict[str, Callable[[], Any]] = {
    "a dict of arrays": lambda: COLUMNS,
    "a dict of lists": lambda: {name: list(column) for name, column in COLUMNS.items()},
    "a list of dicts": lambda: FRAME.to_dict("records"),
    "an array with fields": fields,
    "a frame of pandas with its own types": FRAME.convert_dtypes,
    "a frame of pandas with categories": lambda: FRAME.astype({"city": "category"}),
    "masked columns": lambda: {**COLUMNS, "age": np.ma.masked_invalid(AGE)},
    "a table of Arrow": lambda: pa.Table.from_pandas(FRAME),
    "a table of Arrow with a dictionary": lambda: pa.Table.from_pandas(
        FRAME.astype({"city": "category"})
    ),
    "what speaks Arrow": lambda: ArrowStream(pa.Table.from_pandas(FRAME)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_encoders_and_the_same_numbers(form: str) -> None:
    given, plain = table(FORMS[form](), "pay"), table(FRAME, "pay")
    assert given.encoders == plain.encoders
    assert given.decoders == plain.decoders
    for name, encoder in plain.encoders.items():
        assert np.array_equal(encoder(given.data[name]), encoder(plain.data[name])), name
    assert np.array_equal(given.data["pay"], PAY)


def test_files_of_csv_and_parquet_are_tables(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "people.csv", index=False)
    FRAME.to_csv(tmp_path / "people.tsv", index=False, sep="\t")
    FRAME.to_parquet(tmp_path / "people.parquet", row_group_size=7)
    plain = table(FRAME, "pay")
    for name in ("people.csv", "people.tsv", "people.parquet"):
        given = table(tmp_path / name, "pay")
        assert given.encoders == plain.encoders, name
        assert given.decoders == plain.decoders, name


def test_columns_are_what_is_in_them() -> None:
    found = column_encoders(FRAME, ignore=["pay", "kind"])
    known = AGE[~np.isnan(AGE)]
    assert found["age"].mean == pytest.approx(known.mean(), rel=1e-14)
    assert found["age"].deviation == pytest.approx(known.std(), rel=1e-14)
    assert found["age"].missing == "Indicator"
    assert found["city"] == wl.NetEncoder("Class", ["Bonn", "Oslo", "Rome", None], "UnitVector")
    assert found["fit"] == wl.NetEncoder("Class", [False, True], "UnitVector")


def test_nothing_that_is_given_is_changed_and_nothing_can_be_changed_through_a_table() -> None:
    own = {"x": np.arange(4.0), "y": np.array([1.5, 2.0, 1.0, 2.0])}
    made = table(own, "y")
    assert np.shares_memory(made.data["x"], own["x"])
    with pytest.raises(ValueError, match="read-only"):
        made.data["x"][0] = 7
    own["x"][0] = 7  # it is still the user's


# Nets


@pytest.fixture(scope="module")
def trained() -> Any:
    people = table(FRAME, "pay", ignore="kind")
    return wl.net_train(people.net(HEAD), people.data, learning_rate=0.02, max_training_rounds=200)


def test_a_net_answers_in_the_unit_of_its_target(trained: Any) -> None:
    answers = np.array(trained(FRAME[["age", "city", "fit"]]))
    assert np.corrcoef(answers, PAY)[0, 1] > 0.97
    assert abs(answers.mean() - PAY.mean()) < 0.05 * PAY.std()


def test_a_saved_net_takes_raw_rows_as_it_did_before(trained: Any, tmp_path: Path) -> None:
    wl.save(trained, tmp_path / "net.wlnet")
    again = wl.load(tmp_path / "net.wlnet")
    rows = FRAME[["age", "city", "fit"]]
    answers = trained(rows)
    assert again == trained
    assert again(rows) == answers
    for form in (
        rows[["fit", "age", "city"]],
        rows.convert_dtypes(),
        pa.Table.from_pandas(rows),
        rows.to_dict("records"),
        rows.to_dict("list"),
    ):
        assert again(form) == answers
    one = {"fit": FIT[3], "city": CITY[3], "age": AGE[3]}
    assert again(one) == pytest.approx(answers[3], rel=1e-6)
    assert (
        again({**one, "age": None}) == again({**one, "age": np.nan}) == again({**one, "age": pd.NA})
    )
    assert again(rows.iloc[:0]) == []


WRONG: dict[str, tuple[Any, str]] = {
    "a column that is misspelt": (
        {"aeg": 3, "city": "Rome", "fit": True},
        r"(?s)not there.*'aeg'.*did you mean 'age'.*no data for port 'age'",
    ),
    "a column that is missing": ({"age": 3, "city": "Rome"}, "no data for port 'fit'"),
    "a column too many": (
        FRAME[["age", "city", "fit", "pay"]],
        r"(?s)a port that is not there.*'pay'.*leave it out: it is what the net answers",
    ),
    "a frame of other columns": (
        FRAME[["pay", "kind"]],
        r"(?s)not there.*'pay'.*not there.*'kind'.*no data for port 'age'",
    ),
    "a category that was not seen": (
        {"age": [3, 4], "city": ["Rome", "Rmoe"], "fit": [True, False]},
        r"(?s)port city, example 2.*'Rmoe'.*did you mean 'Rome'",
    ),
    "a text for a number": (
        {"age": [3, "4"], "city": ["Rome", "Rome"], "fit": [True, False]},
        r"(?s)not a real number.*port age, example 2.*'4'",
    ),
    "several of these": (
        {"age": ["3", 4], "city": ["Rome", "Rome"], "fit": [True, "no"]},
        r"(?s)2 faults.*port age, example 1.*port fit, example 2",
    ),
    "a missing truth value where there was none": (
        {"age": 3, "city": "Rome", "fit": None},
        r"(?s)port fit, example 1.*None.*False, True",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_row_is_told_by_column_and_row(trained: Any, wrong: str) -> None:
    rows, told = WRONG[wrong]
    with pytest.raises(wl.DataError, match=told):
        trained(rows)


def test_classes_come_back_as_labels_and_frames_are_measured_by_names() -> None:
    wine = load_wine(as_frame=True)
    frame = wine.frame.assign(target=wine.target_names[wine.frame["target"]])
    train, test = table(frame, "target").split(0.25)
    net = train.net([8, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()])
    net = wl.net_train(net, train.data, batch_size=16, learning_rate=0.01, max_training_rounds=40)
    assert wl.net_measurements(net, test.data, "Accuracy") > 0.9
    rows = frame.sample(20, random_state=0)
    assert wl.net_measurements(net, rows, "Accuracy") > 0.9
    assert set(net(rows.drop(columns="target"))) <= {"class_0", "class_1", "class_2"}


def test_one_output_for_truth_values_is_their_probability() -> None:
    people = table(FRAME, "fit", ignore=["pay", "kind"])
    net = people.net([4, "Ramp", wl.LinearLayer(()), "Sigmoid"])
    net = wl.net_train(net, people.data, **ONCE)
    assert type(net({"age": 30, "city": "Oslo"})) is bool
    assert people.net([4, wl.LinearLayer(), wl.SoftmaxLayer()]).ports["fit"].coder.labels == (
        False,
        True,
    )


def test_several_targets_are_outputs_of_their_names() -> None:
    people = table(FRAME, ["pay", "kind"])
    body = wl.NetGraph(
        {"body": 4, "a": wl.LinearLayer(), "b": [wl.LinearLayer(), wl.SoftmaxLayer()]},
        [("body", "a", wl.NetPort("pay")), ("body", "b", wl.NetPort("kind"))],
    )
    net = wl.net_train(people.net(body), people.data, **ONCE)
    answer = net({"age": 30, "city": "Oslo", "fit": True})
    assert isinstance(answer["pay"], float)
    assert answer["kind"] in ("more", "less")
    with pytest.raises(wl.DataError, match=r"(?s)not called like the targets.*'pay', 'kind'"):
        people.net(HEAD)


def test_a_table_without_targets_is_a_front_alone() -> None:
    net = table(FRAME, ignore=["pay", "kind"]).net([3])
    assert net.output_names == ("Output",)


def test_categories_have_vectors_that_learn_at_their_own_rate() -> None:
    people = table(FRAME, "pay", ignore="kind", embeddings={"city": 2})
    net = wl.net_initialize(people.net(HEAD))
    part = ("columns", "city embedding", "Weights")
    trained = wl.net_train(net, people.data, learning_rate_multipliers={part: 0}, **ONCE)
    assert np.array_equal(net[part], trained[part])
    assert net[part].shape == (4, 2)
    assert not np.array_equal(net["net", 1, "Weights"], trained["net", 1, "Weights"])


def test_many_labels_have_vectors_and_few_have_unit_vectors() -> None:
    many = [f"street {number}" for number in range(20)] * 3
    found = table({"street": many, "city": CITY, "pay": PAY}, "pay")
    assert found.embeddings == {"street": 9}
    assert found.encoders["city"].output_form == "UnitVector"
    assert table({"street": many, "pay": PAY}, "pay", embeddings=None).embeddings == {}
    assert table({"street": many, "pay": PAY}, "pay", embeddings=3).embeddings == {"street": 3}


@pytest.mark.parametrize(
    "name", ["columns", "net", "vector", "Input", "Output", "a b [€]", "city embedding"]
)
def test_columns_may_be_called_as_they_like(name: str) -> None:
    made = table({name: [1.0, 2.0, 4.0], "city": list("aba"), "y": [1.5, 3.0, 2.0]}, "y",
                 embeddings=2)  # fmt: skip
    net = wl.net_train(made.net(HEAD), made.data, **ONCE)
    assert isinstance(net({name: 3, "city": "a"}), float)


# Statistics and splits


def test_a_split_takes_means_of_the_rows_to_train_on_alone() -> None:
    whole = table(FRAME, "kind")
    train, test = whole.split(0.3)
    assert (len(train), len(test)) == (42, 18)
    known = train.data["pay"]
    assert train.encoders["pay"].mean == pytest.approx(known.mean(), rel=1e-14)
    assert train.encoders["pay"].mean != whole.encoders["pay"].mean
    assert test.encoders == train.encoders
    assert test.decoders == train.decoders
    assert sorted([*train.data["pay"], *test.data["pay"]]) == sorted(PAY)


def test_rows_held_out_by_a_split_are_those_that_scaled_holds_out() -> None:
    made = table({"x": np.arange(30.0), "y": KIND[:30]}, "y")
    results = wl.net_train(
        made.net([wl.LinearLayer(), wl.SoftmaxLayer()]),
        made.data,
        wl.ALL,
        validation_set=wl.Scaled(0.2),
        **ONCE,
    )
    _, test = made.split(wl.Scaled(0.2))
    assert (test.data["x"] + 1).tolist() == results["ValidationExampleNumbers"]


def test_a_column_with_gaps_in_the_rows_held_out_alone_can_be_read() -> None:
    x = np.arange(10.0)
    whole = table({"x": x, "y": x + 0.5}, "y")
    _, held = whole.split(0.2)
    x[int(held.data["x"][0])] = np.nan
    train, test = table({"x": x, "y": np.arange(10.0) + 0.5}, "y").split(0.2)
    assert not np.isnan(train.data["x"]).any()
    assert test.encoders["x"](test.data["x"]).shape == (2, 2)


def test_another_table_is_read_with_the_encoders_of_the_first() -> None:
    train = table(FRAME[:40], "pay", ignore="kind")
    test = table(FRAME[40:], like=train)
    assert test.encoders == train.encoders
    assert test.data["pay"].tolist() == PAY[40:].tolist()
    assert table(FRAME[40:].drop(columns="pay"), like=train).outputs == {}
    some = table(FRAME[FRAME["city"] == "Oslo"], like=train)
    assert some.features["city"].labels == train.features["city"].labels
    with pytest.raises(
        wl.DataError, match=r"(?s)no column 'city'.*call it 'city' where it is 'cty'"
    ):
        table(FRAME.rename(columns={"city": "cty"}), like=train)


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=30), st.floats(1e-3, 1e3))
def test_standardised_columns_have_the_mean_0_and_the_deviation_1(x: list[float], scale: float):
    numbers = np.array(x) * scale
    assume(numbers.max() / 2 - numbers.min() / 2 > 1e-6 * np.abs(numbers).max())
    found = column_encoders({"x": numbers})["x"]
    coded = found.encode(numbers, dtype=np.float64)
    assert coded.mean() == pytest.approx(0, abs=1e-6)
    assert coded.std() == pytest.approx(1, rel=1e-6)


# What cannot be

CALLS: dict[str, tuple[Callable[[], object], str]] = {
    "no table": (lambda: table(3), r"(?s)no table.*a frame, a dict of columns"),
    "no such file": (lambda: table("nowhere.csv"), "no such file"),
    "a file of another kind": (lambda: table("people.xls"), r"(?s)kind of table.*\.csv"),
    "a target that is not there": (
        lambda: table(FRAME, "pya"),
        r"(?s)no column is called 'pya'.*did you mean 'pay'",
    ),
    "several options that are wrong": (
        lambda: table(FRAME, "pay", ignore="kid", feature_types={"agee": "Numeric"}),
        r"(?s)3 faults.*'kid'.*'kind'.*'agee'.*'age'.*did you mean 'Numerical'",
    ),
    "a policy that is not there": (lambda: table(FRAME, "pay", missing="Median"), "'Median'"),
    "a policy for a category": (
        lambda: table(FRAME, "pay", missing={"city": "Mean"}),
        "no column is called 'city'",
    ),
    "vectors for a number": (
        lambda: table(FRAME, "pay", embeddings={"age": 3}),
        "no column of categories is called 'age'",
    ),
    "vectors without entries": (lambda: table(FRAME, "pay", embeddings=0), "no length of vectors"),
    "nothing to learn from": (lambda: table(FRAME[["pay"]], "pay"), "no column is left"),
    "a target of whole numbers": (
        lambda: table({"x": [1.5, 2.5], "y": [1, 2]}, "y"),
        r"(?s)target y.*feature_types=\{'y': \"Nominal\"\}",
    ),
    "a target of floats that are whole": (
        lambda: table({"x": [1.5, 2.5, 3.5], "y": [0.0, 1.0, 0.0]}, "y"),
        r"(?s)target y.*2 different whole numbers in 3 rows",
    ),
    "a target of decimals that are whole": (
        lambda: table({"x": [1.5, 2.5], "y": [decimal.Decimal("1.0"), 2]}, "y"),
        "a target of whole numbers",
    ),
    "a target that is missing": (
        lambda: table(FRAME, "city"),
        r"(?s)a target is missing.*column city.*rows 6.*dropna",
    ),
    "columns of several lengths": (lambda: table({"x": [1], "y": [1, 2]}), "different length"),
    "no rows": (lambda: table(FRAME[:0]), "without rows"),
    "no columns": (lambda: table({}), "without columns"),
    "names that are numbers": (lambda: table(pd.DataFrame([[1, 2]])), "name of a column is a text"),
    "one name twice": (
        lambda: table(pd.DataFrame([[1, 2]], columns=["a", "a"])),
        "two columns have one name",
    ),
    "a column of dates": (
        lambda: table({"day": pd.to_datetime(["2020-01-01", "2020-01-02"])}),
        r"(?s)column day.*dayofyear",
    ),
    "a column of pictures": (lambda: table({"x": np.zeros((3, 2, 2))}), "one value a row"),
    "a column of several types": (lambda: table({"x": [1, "a"]}), r"(?s)several types.*1 and 'a'"),
    "categories that cannot be looked up": (
        lambda: table({"x": ["a", {1}, "a"]}, feature_types={"x": "Nominal"}),
        r"(?s)column x.*\{1\}, a set",
    ),
    "categories that have no order": (
        lambda: table({"x": [1j, 2j, 1j]}, feature_types={"x": "Nominal"}),
        r"(?s)column x.*1j, a complex",
    ),
    "a column of nothing": (lambda: table({"x": [None, None]}), r"(?s)missing.*ignore=\['x'\]"),
    "a column without end": (lambda: table({"x": [1.0, np.inf]}), r"(?s)not finite.*row 2"),
    "names of people": (
        lambda: table({"who": [f"person {n}" for n in range(50)]}),
        r"(?s)hardly repeat.*50 different",
    ),
    "other faults, all at once": (
        lambda: table({"x": [1, "a"], "y": [None, None], "z": [1.0, np.inf]}),
        r"(?s)3 faults.*column x.*column y.*column z",
    ),
    "a column like an output of the net": (
        lambda: table({"Output": [1.5, 2.5], "x": [1.5, 2.5]}).net([2]),
        r"(?s)called like an output of the net\n.*column Output\n.*rename",
    ),
    "a share of everything": (lambda: table(FRAME, "pay").split(1), "between 0 and 1"),
    "a share of nothing": (lambda: table(FRAME, "pay").split(0.001), "must leave one"),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_cannot_be_is_told_with_its_column(call: str) -> None:
    make, told = CALLS[call]
    with pytest.raises((wl.DataError, wl.OptionError), match=told):
        make()


def test_what_is_said_of_a_column_counts() -> None:
    codes = {"zip": [1, 2, 1, 3], "on": [0, 1, 1, 0], "y": [1, 0, 1, 0]}
    found = table(codes, "y", feature_types={"zip": "Nominal", "on": "Boolean", "y": "Numerical"})
    assert found.encoders["zip"].labels == (1, 2, 3)
    assert found.encoders["on"].labels == (False, True)
    assert found.decoders["y"] == wl.NetDecoder("Number", 0.5, 0.5)
    amounts = {"x": [decimal.Decimal("1.5"), decimal.Decimal("2.5"), None]}
    found = table(amounts, missing="Mean")
    assert found.encoders["x"] == wl.NetEncoder("Number", 2, 0.5, missing="Mean")


def test_columns_that_tell_nothing_are_warned_of() -> None:
    with pytest.warns(wl.TrainingWarning, match=r"(?s)one value in all rows.*'x', 'z'"):
        found = table({"x": [7, 7], "y": [1.5, 2.0], "z": ["a", "a"]}, "y")
    assert found.encoders["x"] == wl.NetEncoder("Number", 7, 1)


def test_a_gap_where_there_was_none_is_refused_in_later_rows() -> None:
    made = table({"x": [1.0, 2.0], "y": [1.5, 2.0]}, "y")
    net = wl.net_train(made.net([wl.LinearLayer()]), made.data, **ONCE)
    with pytest.raises(wl.DataError, match=r"(?s)missing.*port x, example 2"):
        net({"x": [1.0, None]})


# Integers with gaps

BIG = 2**53
IDS = [BIG + 1, None, BIG, BIG + 1, BIG]
INTEGERS: dict[str, Callable[[], Any]] = {
    "a table of Arrow": lambda: pa.table({"x": pa.array(IDS)}),
    "a dictionary of Arrow": lambda: pa.table({"x": pa.array(IDS).dictionary_encode()}),
    "what speaks Arrow": lambda: ArrowStream(pa.table({"x": pa.array(IDS)})),
    "nullable integers of pandas": lambda: pd.DataFrame({"x": pd.array(IDS, dtype="Int64")}),
    "integers of Arrow in pandas": lambda: pd.DataFrame(
        {"x": pd.array(IDS, dtype="int64[pyarrow]")}
    ),
    "categories of pandas": lambda: pd.DataFrame({"x": pd.Categorical(IDS)}),
    "a masked array": lambda: {
        "x": np.ma.array([BIG + 1, 0, BIG, BIG + 1, BIG], mask=[0, 1, 0, 0, 0])
    },
    "a list": lambda: {"x": IDS},
}


@pytest.mark.parametrize("form", INTEGERS)
def test_integers_with_gaps_are_the_same_integers_as_labels(form: str) -> None:
    made = table(INTEGERS[form](), feature_types={"x": "Nominal"})
    assert made.data["x"].tolist() == IDS
    assert set(made.encoders["x"].labels) == {BIG, BIG + 1, None}
    assert {type(label) for label in made.encoders["x"].labels} == {int, type(None)}


def test_integers_with_gaps_are_the_same_integers_in_a_file_of_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array(IDS)}), tmp_path / "a.parquet")
    made = table(tmp_path / "a.parquet", feature_types={"x": "Nominal"})
    assert made.encoders["x"].labels == (BIG, BIG + 1, None)


def test_integers_with_gaps_are_numbers_too() -> None:
    made = table(pd.DataFrame({"x": pd.array([1, None, 3], dtype="Int64")}))
    assert made.encoders["x"] == wl.NetEncoder("Number", 2, 1, missing="Indicator")
    assert np.array_equal(made.data["x"], [1, np.nan, 3], equal_nan=True)


@pytest.mark.parametrize("rooms", [[1, None, 2], [2, 1, 2], [None, None, None], [1, 2], [None]])
def test_labels_that_are_numbers_are_read_of_every_form(tmp_path: Path, rooms: list[Any]) -> None:
    """Where integers have gaps frames and files hold floats: as many as a unit vector has, too."""
    given = {"rooms": pd.Categorical([1, 2, None, 1] * 3), "y": list("abab") * 3}
    made = table(pd.DataFrame(given), "y")
    net = wl.net_train(made.net([wl.LinearLayer(), wl.SoftmaxLayer()]), made.data, **ONCE)
    floats = np.array([np.nan if each is None else each for each in rooms], float)
    answers = net({"rooms": rooms})
    for frame in (
        pd.DataFrame({"rooms": floats}),
        pd.DataFrame({"rooms": pd.array(rooms, dtype="Int64")}),
        {"rooms": floats},
        {"rooms": floats.astype(np.float32)},
    ):
        assert net(frame) == answers
    with pytest.raises(wl.DataError, match=r"(?s)not one of the labels.*rooms, example 3.*3\.0"):
        net({"rooms": np.array([1.0, np.nan, 3.0])})


def test_integers_beyond_all_floats_are_no_numbers() -> None:
    with pytest.raises(wl.DataError, match=r"(?s)not finite.*column x, row 2"):
        table({"x": [1, 10**400, 2]})


# Files of CSV


def csv(folder: Path, text: str, **options: Any) -> Any:
    (folder / "a.csv").write_bytes(text.encode())
    return table(folder / "a.csv", **options)


def test_fields_of_csv_are_numbers_truth_values_and_text(tmp_path: Path) -> None:
    made = csv(
        tmp_path,
        '\ufeffn,f,zip,ok,who\r\n1,2.5,01234,true,"a, b"\r\n-3,,09876,False,NA\r\n\r\n'
        '5,1e3,01234,TRUE,"c""d"\r\n',
    )
    assert made.data["n"].tolist() == [1, -3, 5]
    assert made.data["n"].dtype == np.int64
    assert np.array_equal(made.data["f"], [2.5, np.nan, 1000], equal_nan=True)
    assert made.data["zip"].tolist() == ["01234", "09876", "01234"]
    assert made.data["ok"].tolist() == [True, False, True]
    assert made.data["who"].tolist() == ["a, b", None, 'c"d']


def test_codes_of_csv_stay_as_they_are_written_where_they_are_categories(tmp_path: Path) -> None:
    made = csv(tmp_path, "code;y\n10;1.5\n20;2.5\n10;3.5\n", feature_types={"code": "Nominal"})
    assert made.encoders["code"].labels == ("10", "20")
    (tmp_path / "b.csv").write_text("y;code\n1.5;20\n")
    assert table(tmp_path / "b.csv", like=made).data["code"].tolist() == ["20"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "an empty CSV file"),
        ("a,b\n", "without rows"),
        ("a,a\n1,2\n", r"(?s)two columns have one name.*line 1"),
        ("a,\n1,2\n", "a column without a name"),
        ("a,b\n1,2\n1\n1,2,3\n", r"(?s)2 faults.*line 3.*1 fields.*line 4.*3 fields"),
        ('a,b\n1,"2\n', "cannot be read"),
    ],
)
def test_files_that_are_no_csv_are_told_with_their_line(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(wl.DataError, match=told):
        csv(tmp_path, text)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a,b\nß,ü\n".encode("latin-1"))
    with pytest.raises(wl.DataError, match="not UTF-8"):
        table(tmp_path / "a.csv")


def test_a_broken_file_of_parquet_is_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2, 3]}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    for cut in (b"", whole[:20], whole[:-9] + b"x" * 9):
        (tmp_path / "a.parquet").write_bytes(cut)
        with pytest.raises(wl.DataError, match="Parquet cannot be read"):
            table(tmp_path / "a.parquet")
