"""Tables on the command line: a net that takes rows by the names of their columns, from CSV and
Parquet, without a line of Python."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas
import pytest

import wlnet as wl
from tests.cli.conftest import Command

LAYERS = ("hidden=4", "bend=Tanh", "read=LinearLayer")
NEW = ("new", "people.csv", *LAYERS, "--target", "pay", "--ignore", "name")


@pytest.fixture
def people(folder: Path) -> pandas.DataFrame:
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {
            "name": [f"p{number}" for number in range(40)],
            "age": np.where(np.arange(40) % 7 == 3, np.nan, rng.integers(20, 60, 40)),
            "zip": rng.choice(["01", "02", "13"], 40),
            "fit": rng.random(40) < 0.5,
        }
    )
    frame["pay"] = frame["age"].fillna(40) * 0.1 + (frame["zip"] == "02")
    frame.to_csv("people.csv", index=False)
    frame.to_parquet("people.parquet")
    return frame


@pytest.fixture
def trained(people: pandas.DataFrame, wlnet: Command) -> Command:
    assert wlnet(*NEW, "-o", "new.wlnet").status == 0
    words = ("--target", "pay", "--max-training-rounds", "2", "-q", "-o", "trained.wlnet")
    assert wlnet("train", "new.wlnet", "people.csv", *words).status == 0
    return wlnet


def test_new_makes_the_net_that_a_table_makes(people: pandas.DataFrame, wlnet: Command) -> None:
    said = wlnet(*NEW, "-o", "new.wlnet")
    assert said.status == 0
    layers = {"hidden": 4, "bend": "Tanh", "read": wl.LinearLayer()}
    table = wl.data.table("people.csv", "pay", ignore="name")
    assert wl.load("new.wlnet") == wl.net_initialize(table.net(layers))
    assert repr(table) in said.out


def test_new_takes_the_options_of_a_table(people: pandas.DataFrame, wlnet: Command) -> None:
    words = ("--type", "fit=Nominal", "--type", "zip=Nominal", "--missing", "Mean")
    more = ("--embeddings", "{zip = 2}", "--random-seeding", "5", "-o", "new.wlnet", "--json")
    told = wlnet("new", "people.csv", *LAYERS[:2], "LinearLayer", *words, "--target", "pay").status
    assert told == 2
    said = wlnet(*NEW, *words, *more)
    assert said.value["Columns"] == ["age", "zip", "fit"]
    net = wl.load("new.wlnet")
    assert net["columns", "zip embedding", "Weights"].shape == (3, 2)
    assert net == wl.net_initialize(net, random_seeding=5, all=True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("4", "Tahn", "SoftmaxLayr"), "2 faults"),
        (("4", "Tahn"), "did you mean"),
        (("a=4", "Tanh"), "either all layers have a name"),
        (("a=4", "a=Tanh"), "either all layers have a name"),
        (("PartLayer",), "by its name alone"),
    ],
)
@pytest.mark.usefixtures("people")
def test_what_is_no_layer_is_told(wlnet: Command, words: tuple[str, ...], told: str) -> None:
    said = wlnet(
        "new", "people.csv", *words, "--target", "pay", "--ignore", "name", "-o", "a.wlnet"
    )
    assert said.status == 1
    assert told in said.err


def test_a_training_is_that_of_the_table(trained: Command) -> None:
    table = wl.data.table("people.csv", "pay", ignore="name")
    net = wl.net_train(wl.load("new.wlnet"), table.data, max_training_rounds=2)
    assert wl.load("trained.wlnet") == net
    words = ("trained.receipt.json", "new.wlnet", "people.csv", "--target", "pay")
    assert trained("verify", *words).status == 0


@pytest.mark.parametrize("name", ["people.csv", "people.parquet", "turned.csv"])
def test_rows_are_taken_by_the_names_of_columns(
    trained: Command, people: pandas.DataFrame, name: str
) -> None:
    people[["fit", "zip", "age"]].to_csv("turned.csv", index=False)
    rows = csv.DictReader(io.StringIO(trained("predict", "trained.wlnet", name).out))
    net = wl.load("trained.wlnet")
    frame = people[["age", "zip", "fit"]]
    expected = net({name: list(frame[name]) for name in frame})
    np.testing.assert_allclose([float(row["pay"]) for row in rows], expected, rtol=1e-6)


def test_standard_input_may_hold_a_table(
    trained: Command, people: pandas.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained("predict", "trained.wlnet", "people.csv").out
    for name in ("people.csv", "people.parquet"):
        content = io.BytesIO(Path(name).read_bytes())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
        assert trained("predict", "trained.wlnet", "-").out == expected


def test_a_column_that_is_not_there_is_told_by_its_name(
    trained: Command, people: pandas.DataFrame
) -> None:
    people.rename(columns={"zip": "zap"}).to_csv("other.csv", index=False)
    said = trained("predict", "trained.wlnet", "other.csv")
    assert said.status == 1
    assert "zip" in said.err and "did you mean 'zap'" in said.err
    people.assign(zip="99").to_csv("other.csv", index=False)
    assert "port zip" in trained("predict", "trained.wlnet", "other.csv").err


def test_labels_that_look_like_numbers_are_text_where_the_net_says_so(
    trained: Command, people: pandas.DataFrame
) -> None:
    people[people["zip"] == "13"].to_csv("thirteen.csv", index=False)
    said = trained("predict", "trained.wlnet", "thirteen.csv")
    assert (said.status, said.err) == (0, "")
    decoder = wl.NetDecoder("Class", ["1", "2"])
    net = wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()], input=1, output=decoder)
    wl.save(wl.net_initialize(net), "classes.wlnet")
    Path("classes.csv").write_text("a,kind\n1,1\n4,2\n5,2\n")
    for words in (("--target", "kind"), ("--target", "Output=kind")):
        assert trained("measure", "classes.wlnet", "classes.csv", *words).status == 0


def test_the_only_column_of_a_net_is_not_filled_with_another_one(wlnet: Command) -> None:
    Path("one.csv").write_text("age,pay\n1,2\n3,5\n4,4.5\n")
    assert wlnet("new", "one.csv", "LinearLayer", "--target", "pay", "-o", "one.wlnet").status == 0
    Path("other.csv").write_text("size\n1\n2\n")
    said = wlnet("predict", "one.wlnet", "other.csv")
    assert said.status == 1
    assert "there is no column for an input" in said.err


@pytest.mark.usefixtures("people")
def test_missing_numbers_are_told_by_their_column_where_no_net_takes_them(wlnet: Command) -> None:
    wl.save(wl.net_initialize(wl.NetChain([1], input=2)), "plain.wlnet")
    Path("plain.csv").write_text("a,b,c\n1,2,3\n4,,6\n")
    words = ("plain.csv", "--target", "c", "-o", "a.wlnet")
    said = wlnet("train", "plain.wlnet", *words)
    assert said.status == 1
    assert "column b, example 2" in said.err
