"""Every layer that PyTorch has too gives what PyTorch gave, and learns as it learns there.

`make parity` says the same of 100 configurations of each, where PyTorch is installed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.parity.__main__ import ACCOUNT, COUNT
from tests.parity.draws import DRAWS
from tests.parity.questions import MOST, asked, compared
from tests.parity.vectors import FILE, digest, read, unpacked
from wlnet.kernels.language import Precision
from wlnet.layers.declaring.layer import LAYERS

KEPT = read()
ALONE = {
    "NetArrayLayer": "it gives the numbers that it has",
    "RandomArrayLayer": "what is drawn differs",
    "ImageAugmentationLayer": "pieces are drawn, and PyTorch itself has no pieces of the middle",
    "CompiledLayer": "it computes what a user says",
    "PlaceholderLayer": "it computes nothing",
}
"""Layers that are not held against PyTorch, and why."""


@pytest.mark.parametrize("precision", MOST)
@pytest.mark.parametrize(("kind", "number"), KEPT)
def test_a_layer_gives_and_learns_what_it_does_in_pytorch(
    kind: str, number: int, precision: Precision
) -> None:
    own, question = asked(kind, number, precision)
    said, numbers = KEPT[kind, number]
    again = "other numbers are drawn than were asked: python -m tests.parity.vectors makes new ones"
    assert digest(question) == said, again
    errors = compared(kind, own, unpacked(kind, own, numbers))
    assert max(error for error in errors if error is not None) <= MOST[precision]


def test_every_layer_is_held_against_pytorch_or_it_is_said_why_not() -> None:
    assert set(LAYERS) - set(DRAWS) == set(ALONE)
    assert {kind for kind, _ in KEPT} == set(DRAWS)
    assert FILE.stat().st_size < 300_000


def test_the_account_has_every_layer_and_no_error_that_rounding_does_not_explain() -> None:
    account: Any = json.loads(ACCOUNT.read_text())
    assert account["most"] == MOST and account["configurations"] == COUNT
    assert list(account["layers"]) == sorted(DRAWS)
    for errors in account["layers"].values():
        for precision, told in errors.items():
            assert all(x is None or 0 <= x <= MOST[precision] for x in told.values())
