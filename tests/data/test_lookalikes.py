"""Fields of files that are no categories though they are no numbers: they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import wlnet as wl
from wlnet.data import table
from wlnet.data.columns import columns_of


def csv(folder: Path, text: str, **options: Any) -> Any:
    (folder / "a.csv").write_bytes(text.encode())
    return table(folder / "a.csv", **options)


def rows_of(*fields: str) -> str:
    return "x,y\n" + "".join(f"{field},{number}.5\n" for number, field in enumerate(fields))


AGES = [str(20 + number % 40) for number in range(100)]
LOOKALIKES: dict[str, tuple[list[str], str]] = {
    "an infinity among numbers": ([*AGES, "inf"], r"(?s)not finite\n.*column x, row 101"),
    "an infinity of another spelling": ([*AGES, "-Infinity"], r"(?s)not finite\n.*row 101"),
    "nothing but infinities": (["INF", "inf"], r"(?s)not finite\n.*row 1"),
    "a number beyond all floats": ([*AGES, "1e400"], r"(?s)not finite\n.*row 101"),
    "a mark among numbers": (
        [*AGES, "?"],
        r"(?s)some fields are none\n.*column x\n.*'\?' in row 101\n.*feature_types=\{'x': \"Nom",
    ),
    "many marks": (["1", "2", "3", "?"] * 5, r"row 4, '\?' in row 8, '\?' in row 12, and 2 more"),
    "a blank among numbers": ([*AGES, " "], r"' ' in row 101"),
    "decimal commas": (['"3,14"', '"2,5"', "7"] * 9, r"(?s)with commas.*'3,14' in row 1.*decimal="),
    "commas of thousands": (['"1,234,567"', "2"] * 9, "with commas"),
    "dates": (["2024-01-31", "2024-02-01"] * 9, r"(?s)of dates\n.*column x\n.*'2024-01-31'.*dayof"),
    "times": (["2024-01-31T10:00:00Z", "2024-02-01 10:00"] * 9, "a column of dates"),
    "dates of another spelling, and a gap": (["2024/1/31", "", "2024/02/01"] * 9, "of dates"),
}


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_what_only_looks_like_categories_is_told_with_its_rows(tmp_path: Path, kind: str) -> None:
    fields, told = LOOKALIKES[kind]
    with pytest.raises(wl.DataError, match=told):
        csv(tmp_path, rows_of(*fields), target="y")
    made = csv(tmp_path, rows_of(*fields), target="y", feature_types={"x": "Nominal"})
    assert made.features["x"].type == "Nominal"


def test_an_infinity_in_a_target_is_told(tmp_path: Path) -> None:
    text = "x,y\n" + "".join(f"{number}.5,{number % 3}.5\n" for number in range(60)) + "1,-inf\n"
    with pytest.raises(wl.DataError, match=r"(?s)not finite\n.*column y, row 61"):
        csv(tmp_path, text, target="y")


def test_frames_of_text_are_looked_at_too() -> None:
    for x in (["1", "2", "3", "?"], ["2024-01-31", "2024-02-01"]):
        with pytest.raises(wl.DataError, match=r"some fields are none|of dates"):
            table({"x": x * 5})
        assert len(table({"x": x * 5, "y": np.arange(5 * len(x))}, ignore="x")) == 5 * len(x)
        assert table(pd.DataFrame({"x": pd.Categorical(x * 5)})).features["x"].type == "Nominal"


@pytest.mark.parametrize(
    "fields",
    [
        ["01234", "98765", "98765"],
        ["0049-30", "12", "13"],
        ["S", "M", "38", "39"],
        ["inf", "sup"],
        ["1.2.3", "1.2.4"],
        ["12A", "12B", "7"],
    ],
)
def test_codes_and_words_are_categories(tmp_path: Path, fields: list[str]) -> None:
    made = csv(tmp_path, rows_of(*fields * 5), target="y")
    assert made.encoders["x"].labels == tuple(sorted(set(fields)))


@pytest.mark.parametrize("field", ["", "NA", "nan", "-nan", "NAN", "+NaN"])
def test_nan_of_any_spelling_is_missing(tmp_path: Path, field: str) -> None:
    made = csv(tmp_path, rows_of("1", field, "2.5"), target="y")
    assert np.array_equal(made.data["x"], [1, np.nan, 2.5], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("x\n1.5\n\n2.5\n", [1.5, np.nan, 2.5]),
        ("x\n\n1.5\n2.5\n\n", [np.nan, 1.5, 2.5]),
        ("x\r\n1.5\r\n\r\n\r\n2.5\r\n", [1.5, np.nan, np.nan, 2.5]),
        ("x\n1.5\n\n\n", [1.5, np.nan]),
        ('x\n1.5\n""\n', [1.5, np.nan]),
        ("x,y\n1.5,1\n\n2.5,2\n", [1.5, 2.5]),
    ],
)
def test_a_blank_line_is_a_gap_where_there_is_one_column(
    tmp_path: Path, text: str, rows: list[float]
) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode())
    columns = columns_of(tmp_path / "a.csv", (), "a.csv")
    assert np.array_equal(columns["x"].values, rows, equal_nan=True)
