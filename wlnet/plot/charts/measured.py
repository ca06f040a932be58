"""Measurements of classes to look at: a confusion matrix, and ROC curves.

Wolfram Language: NetMeasurements ("ConfusionMatrixPlot", "ROCCurvePlot").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wlnet.plot.charts.axes import Axis
from wlnet.plot.charts.chart import Chart
from wlnet.plot.charts.curves import Curve, styled
from wlnet.plot.charts.matrix import MatrixChart
from wlnet.results.class_table import ClassTable, Drawn

SIDE = 400.0
"""Pixels of the frame of ROC curves, down; across it is as wide as a chart."""


def draw_measured(kept: Drawn, labels: Sequence[str] | None = None) -> Chart | MatrixChart:
    """A confusion matrix, a ROC curve, or one a class, as a picture. labels: of the classes."""
    if isinstance(kept, ClassTable):
        return MatrixChart(kept.matrix(), labels)
    curves = kept if isinstance(kept, tuple) else (np.asarray(kept),)
    names = ["ROC curve"]
    if len(curves) > 1:
        known = labels if labels is not None and len(labels) == len(curves) else None
        names = [str(each) for each in known or ()] or [
            f"class number {n}" for n in range(1, len(curves) + 1)
        ]
    lines = [
        styled(i, name, curve[:, 0], curve[:, 1])
        for i, (curve, name) in enumerate(zip(curves, names, strict=True))
    ]
    chance = Curve("by chance", [0, 1], [0, 1], "faint", (3, 3), is_faint=True)
    axes = Axis("false positive rate", 0.0, 1.0), Axis("true positive rate", 0.0, 1.0)
    return Chart([chance, *lines], *axes, title="ROC curves", height=SIDE)
