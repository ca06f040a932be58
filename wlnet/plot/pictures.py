"""Every picture by its name: what a net, a record or a measurement is drawn as.

A new picture is a function that gives one, and a row here. Rooms that may not know this one ask for
it by `Services.picture(name, subject, **options)`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from wlnet.plot.charts.measured import draw_measured
from wlnet.plot.charts.ranges import draw_range
from wlnet.plot.diagrams.diagram import draw_net
from wlnet.plot.diagrams.operations import draw_operations
from wlnet.plot.training.losses import draw_loss
from wlnet.plot.training.plots import final_plots, history_plot

PICTURES: dict[str, Callable[..., Any]] = {
    "SummaryGraphic": partial(draw_net, expanded=False),
    "FullSummaryGraphic": partial(draw_net, expanded=True),
    "OperationGraphPlot": draw_operations,
    "LearningRateRangePlot": draw_range,
    "MeasurementPlot": draw_measured,
    "LossPlot": draw_loss,
    "FinalPlots": final_plots,
    "HistoryPlot": history_plot,
}


def picture(name: str, subject: object, **options: Any) -> Any:
    """The picture of a name, of what it is drawn of."""
    return PICTURES[name](subject, **options)
