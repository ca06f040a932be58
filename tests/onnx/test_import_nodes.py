"""Every operator of the table passes the cases that ONNX has for it, or refuses them with a reason:
the page of operators tells what is so."""

import pytest

from tests.onnx.node_cases import PAGE, cases, head, row
from wlnet.onnx.importing.table import ROWS, covered

LINES = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("name", cases())
def test_the_page_tells_what_became_of_the_cases_of_an_operator(name):
    assert row(name) in LINES, "run: python -m tests.onnx.node_cases"


def test_the_page_has_every_operator_that_has_cases_and_their_totals():
    assert [line.split("|")[1].strip() for line in LINES] == list(cases())
    assert PAGE.read_text("utf-8").startswith(head(LINES))
    without = {name for _, name in ROWS} - cases().keys()
    assert without == WITHOUT, sorted(without)
    assert len(covered()) == len(ROWS)


WITHOUT = {
    # of scikit-learn, which have their own tests
    "LinearClassifier", "LinearRegressor", "Normalizer", "Scaler", "ZipMap",
}  # fmt: skip
"""Operators that ONNX has no cases for."""
