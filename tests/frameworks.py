"""The tables of docs/from-other-frameworks.md, row by row."""

from __future__ import annotations

import re
from pathlib import Path

from docs.site.layers import FRAMEWORKS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "from-other-frameworks.md"
NONE = "—"
Row = dict[str, str]


def tables() -> dict[str, list[Row]]:
    """The rows of the tables whose columns are frameworks, by heading; a cell without its marks of
    code."""
    found: dict[str, list[Row]] = {}
    heading, columns = "", ()
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if not line.startswith("|"):
            columns = ()
        elif not columns:
            columns = cells
        elif columns == FRAMEWORKS and not re.fullmatch(r"-+", cells[0]):
            row = dict(zip(columns, (cell.strip("`") for cell in cells), strict=True))
            found.setdefault(heading, []).append(row)
    return found


TABLES = tables()
SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "ConvolutionLayer(2, (3,))": ((4, 6),),
    "ConvolutionLayer": ((3, 6, 7),),
    "DeconvolutionLayer": ((3, 4, 5),),
    "BatchNormalizationLayer": ((3, 4, 5),),
    "NormalizationLayer()": ((4, 3, 5),),
    "NormalizationLayer(wl.ALL, 1": ((4, 3, 5),),
    "BasicRecurrentLayer": ((5, 4),),
    "GatedRecurrentLayer": ((5, 4),),
    "LongShortTermMemoryLayer": ((5, 4),),
    "PoolingLayer": ((3, 4, 6),),
    "AggregationLayer": ((3, 4, 5),),
    "ResizeLayer": ((3, 4, 5),),
    "PaddingLayer": ((3, 4, 5),),
    "FlattenLayer": ((3, 4),),
    "ReshapeLayer": ((48,),),
    "TransposeLayer": ((3, 4),),
    "SequenceLastLayer": ((5, 4),),
    "SequenceReverseLayer": ((5, 4),),
    "PartLayer": ((5, 4),),
    "SummationLayer": ((5, 4),),
    "CatenateLayer": ((3, 4), (2, 4)),
    "DotLayer": ((3, 4), (4, 2)),
    "SpatialTransformationLayer": ((2, 4, 6), (6,)),
    "AttentionLayer": ((3, 4), (5, 2), (5, 4)),
}
"""What goes into a layer, where that is not four numbers: of the first key that it begins with."""
INDICES = {"EmbeddingLayer": 10, "UnitVectorLayer": 5}
"""Layers that take indices, and the largest."""


def shapes_of(expression: str, inputs: int) -> tuple[tuple[int, ...], ...]:
    """The shapes of what goes into the layer of an expression."""
    name = expression.removeprefix("wl.")
    return next((s for key, s in SHAPES.items() if name.startswith(key)), ((4,),) * inputs)
