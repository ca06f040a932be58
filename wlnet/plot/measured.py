"""Measurements of classes to look at: a confusion matrix, and ROC curves.

Wolfram Language: NetMeasurements ("ConfusionMatrixPlot", "ROCCurvePlot").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wlnet.plot.charts import Chart, Curve
from wlnet.plot.svg import FRAME, Picture, svg, text
from wlnet.results.class_table import Array, ClassTable, Kept

SIDE, EDGE = 44, 70
"""Of a cell, and of the margins."""
ROOM = 20
"""Of the margins without words."""
MOST = 40
"""Classes whose cells hold their numbers: those of more are too small to read."""
COLORS = ("#2b6cb0", "#c05621", "#2f855a", "#6b46c1", "#b83280", "#718096")


@dataclass(frozen=True, eq=False, repr=False)
class MatrixChart(Picture):
    """A confusion matrix: a row for each true class, a column for each predicted one, counted from
    1; a cell is the darker the larger its share of the row."""

    matrix: Array

    def __repr__(self) -> str:
        return f"MatrixChart({len(self.matrix)} classes)"

    def to_svg(self) -> str:
        """The chart as the text of an SVG file."""
        count = len(self.matrix)
        side = SIDE if count <= MOST else max(SIDE * MOST / count, 1.0)
        whole = self.matrix.sum(axis=1, keepdims=True)
        shares = self.matrix / np.where(whole == 0, 1, whole)
        parts = [
            cell
            for i in range(count)
            for j in range(count)
            for cell in self._cell(i, j, side, float(shares[i, j]))
        ]
        step = max(count // MOST, 1)
        for i in range(0, count, step):
            at = EDGE + (i + 0.5) * side
            parts += [text(EDGE - 8, at + 4, str(i + 1), "end"),
                      text(at, EDGE - 8, str(i + 1), "middle")]  # fmt: skip
        middle, size = EDGE + count * side / 2, EDGE + count * side + ROOM
        turned = f'transform="rotate(-90 20 {middle:.1f})"'
        parts += [text(middle, 24, "predicted class", "middle"),
                  text(20, middle, "true class", "middle", more=turned)]  # fmt: skip
        return svg(size, size, "".join(parts))

    def _cell(self, i: int, j: int, side: float, share: float) -> list[str]:
        x, y = EDGE + j * side, EDGE + i * side
        box = (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" '
            f'fill="#2b6cb0" fill-opacity="{share:.3f}" stroke="#ddd" stroke-width="0.5"/>'
        )
        if len(self.matrix) > MOST or not self.matrix[i, j]:
            return [box]
        ink = "white" if share > 0.5 else "#333"
        number = f"{self.matrix[i, j]:.4g}"
        return [box, text(x + side / 2, y + side / 2 + 4, number, "middle", ink=ink)]


def draw_measured(kept: Kept) -> Picture:
    """A confusion matrix, a ROC curve, or one a class, as a picture."""
    if isinstance(kept, ClassTable):
        return MatrixChart(kept.matrix())
    curves = kept if isinstance(kept, tuple) else (np.asarray(kept),)
    names = [f"class {n}" for n in range(1, len(curves) + 1)] if len(curves) > 1 else ["ROC curve"]
    lines = [
        Curve(curve[:, 0], curve[:, 1], name, COLORS[i % len(COLORS)])
        for i, (curve, name) in enumerate(zip(curves, names, strict=True))
    ]
    chance = Curve([0, 1], [0, 1], "by chance", FRAME, 1.0)
    axes = "false positive rate", "true positive rate"
    return Chart([chance, *lines], [], *axes, (0.0, 1.0), (0.0, 1.0))
