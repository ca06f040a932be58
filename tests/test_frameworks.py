"""docs/from-other-frameworks.md names what is there.

Of wlnet here; of PyTorch and Keras, and that rows give the same numbers, in tests/peers/.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

import wlnet as wl
from tests.frameworks import NONE, PAGE, TABLES
from wlnet.layers.declaring.layer import LAYERS

ROWS = [row for rows in TABLES.values() for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["wlnet"])
def test_what_the_page_calls_by_a_name_of_wlnet_is_there(row: dict[str, str]) -> None:
    assert eval(row["wlnet"], {"wl": wl}) is not None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["wlnet"])
def test_a_layer_has_the_name_that_it_has_in_the_wolfram_language(row: dict[str, str]) -> None:
    made: Any = eval(row["wlnet"], {"wl": wl})
    if type(made).__name__ in LAYERS and row["Wolfram Language"] != NONE:
        assert row["Wolfram Language"].partition("[")[0] == made.kind


def test_every_kind_of_loss_activation_and_array_layer_has_a_row() -> None:
    told = PAGE.read_text("utf-8")
    special = {"WeightedLossLayer"}  # there is nothing like it elsewhere
    with_arrays = {name for name, kind in LAYERS.items() if kind.declared_arrays}
    losses = {name for name in LAYERS if name.endswith("LossLayer")}
    public = {*wl.__all__} & (with_arrays | losses) - special
    assert not [name for name in sorted(public) if f"`wl.{name}(" not in told]


def test_options_of_the_page_are_options_of_net_train() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)=` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) >= 12
    for wolfram, own in rows:
        assert own in inspect.signature(wl.net_train).parameters
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", wolfram).lower() == own


def test_every_row_has_something_beside_wlnet() -> None:
    assert all(any(row[name] != NONE for name in row if name != "wlnet") for row in ROWS)
