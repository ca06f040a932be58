"""docs/frozen-elsewhere.md tells what the scripts of examples/comparisons/ measure.

Here of wlnet; of all libraries in tests/peers/test_comparisons.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.comparisons import PAGE, SCRIPTS, rows_of, script

EXACT = [name for name in SCRIPTS if name != "time_saved"]


@pytest.mark.parametrize("name", EXACT)
def test_the_page_tells_what_is_measured_of_wlnet(name: str) -> None:
    told = [row for row in rows_of(name) if row[0] == "wlnet"]
    assert told
    assert told == script(name).table.measured("wlnet")


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_page_has_every_row_of_a_script(name: str) -> None:
    table = script(name).table
    head, *rows = rows_of(name, with_head=True)
    assert head == table.columns
    assert [row[:2] for row in rows] == [(library, way) for library, way, _ in table.ways]


def test_the_page_has_every_script() -> None:
    folder = Path("examples") / "comparisons"
    there = {file.stem for file in (PAGE.parents[1] / folder).glob("[a-z]*.py")}
    assert there - {"setting"} == set(SCRIPTS)


def test_freezing_saves_most_of_the_operations_that_the_page_tells_the_time_of() -> None:
    import wlnet as wl

    net = wl.NetChain([512, "Tanh", 512, "Tanh", 10, wl.SoftmaxLayer()], input=256)
    program = wl.net_program(net, learning_rate_multipliers={1: 0, 3: 0}, batch_size=128)
    assert program.operations_per_example < program.operations_with_all_trained / 2


def test_a_script_says_what_moved_and_what_did_not() -> None:
    setting = script("setting")
    assert setting.moved([1.0, 2.0], [1.0, 2.0]) == "same bits"
    assert setting.moved([0.0], [-0.0]) == "moved by 0"
    assert setting.moved([1.0, 2.0], [1.0, 2.5]) == "moved by 0.5"


def test_a_script_hears_warnings_and_errors() -> None:
    said = script("setting").said
    assert said(lambda: None) == "nothing"
    assert said(lambda: int("x|")) == "error: invalid literal for int() with base 10: 'x/'"
    assert said(lambda: __import__("warnings").warn("so\nand so", stacklevel=1)) == "warning: so"
