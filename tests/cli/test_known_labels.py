"""Labels that are known are found however a file or a frame writes them, in tables and commands."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import wlnet as wl
from tests.cli.conftest import Command
from wlnet.data import table

ENDS = [wl.LinearLayer(), wl.SoftmaxLayer()]
FORMS: dict[str, dict[str, list[Any]]] = {
    "integers": {"c": [1, 2, 10] * 4, "y": [0, 1, 0] * 4},
    "texts of integers": {"c": ["1", "2", "10"] * 4, "y": ["0", "1", "0"] * 4},
    "truth values": {"c": [True, False, True] * 4, "y": [False, True, False] * 4},
    "integers with gaps": {"c": [1, None, 10] * 4, "y": [3, 4, 3] * 4},
}
NOMINAL = {"c": "Nominal", "y": "Nominal"}


def files(folder: Path, form: str) -> dict[str, Any]:
    """The same rows as a frame and as files."""
    frame = pd.DataFrame(
        {name: pd.Series(each, dtype=object) for name, each in FORMS[form].items()}
    )
    frame.to_csv(folder / "a.csv", index=False)
    frame.astype({"c": float, "y": float}).to_csv(folder / "floats.csv", index=False)
    return {"frame": frame, "csv": folder / "a.csv", "csv of floats": folder / "floats.csv"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("first", ["frame", "csv"])
def test_further_rows_have_the_labels_of_the_first_table(
    tmp_path: Path, form: str, first: str
) -> None:
    sources = files(tmp_path, form)
    types = {} if form == "truth values" else NOMINAL
    train = table(sources[first], "y", feature_types=types)
    if isinstance(train.data["y"][0], str):
        sources.pop("csv of floats")  # codes in files are what is written
    for name, source in sources.items():
        test = table(source, like=train)
        for column in ("c", "y"):
            assert test.data[column].tolist() == train.data[column].tolist(), (name, column)
            kinds = set(map(type, test.data[column].tolist()))
            assert kinds == set(map(type, train.data[column].tolist())), (name, column)


def test_labels_that_are_not_known_stay_and_are_told_where_they_are_encoded() -> None:
    train = table({"c": ["01", "2", "01"], "y": ["a", "b", "a"]}, "y")
    test = table({"c": [1, 2, 3]}, like=train)
    assert test.data["c"].tolist() == [1, "2", 3]
    with pytest.raises(wl.DataError, match=r"(?s)not one of the labels.*example 1\n.*given: +1\n"):
        test.encoders["c"](test.data["c"])


def test_what_two_labels_are_written_like_is_neither() -> None:
    train = table({"c": ["1", 1, "1", 1], "y": ["a", "b", "a", "b"]}, "y", feature_types=NOMINAL)
    assert table({"c": [1.0, "1"]}, like=train).data["c"].tolist() == [1.0, "1"]
    assert table({"c": [True]}, like=train).data["c"].tolist() == [True]


@pytest.mark.parametrize("form", FORMS)
def test_commands_read_labels_as_tables_do(folder: Path, wlnet: Command, form: str) -> None:
    sources = files(folder, form)
    types = {} if form == "truth values" else NOMINAL
    train = table(sources["frame"], "y", feature_types=types)
    net = wl.net_train(train.net(ENDS), train.data, max_training_rounds=30, learning_rate=0.1)
    wl.save(net, "labels.wlnet")
    answers = [str(each) for each in net(train.inputs)]
    names = ["a.csv"] if form.startswith("texts") else ["a.csv", "floats.csv"]
    for name in names:
        said = wlnet("predict", "labels.wlnet", name)
        assert said.status == 0, said.err
        assert [row["y"] for row in csv.DictReader(io.StringIO(said.out))] == answers
        said = wlnet("measure", "labels.wlnet", name, "-m", "Accuracy", "--json")
        assert said.status == 0, said.err
        assert "1.0" in said.out
