"""The list of layers."""

from __future__ import annotations

from pathlib import Path

import wlnet.layers
from wlnet.layers.declaring.layer import LAYERS

LINES = [
    line for line in Path(wlnet.layers.__file__).read_text().splitlines() if line.startswith("from")
]


def test_every_layer_has_a_line_in_order():
    assert sorted(LINES) == LINES
    assert {line.split()[-1] for line in LINES} == set(LAYERS)


def test_every_layer_file_is_on_the_list():
    folder = Path(wlnet.layers.__file__).parent
    files = {file.stem for file in folder.glob("*.py") if "(Layer):" in file.read_text()}
    assert files == {line.split()[1].rpartition(".")[2] for line in LINES}


def test_every_layer_has_examples_and_says_what_it_is_in_the_wolfram_language():
    for kind, layer in LAYERS.items():
        assert len(list(layer.examples())) >= 3 or layer.is_unknown, kind
        # Its name there, or that there is none.
        assert "Wolfram Language: " in (layer.__doc__ or ""), kind
