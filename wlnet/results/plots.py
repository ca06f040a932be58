"""What one sees of a record: its pictures, which a room above draws."""

from __future__ import annotations

from typing import Any

from wlnet.core.net import Services
from wlnet.results.results import PROPERTIES, TrainingRecord


@PROPERTIES.row("LossPlot", "LossEvolutionPlot")
def _(r: TrainingRecord) -> Any:
    """The losses of batches, rounds and validations as a picture."""
    assert Services.picture is not None
    return Services.picture("LossPlot", r)


@PROPERTIES.row("FinalPlots", "EvolutionPlots")
def _(r: TrainingRecord) -> dict[str, Any]:
    """All pictures, by name."""
    assert Services.picture is not None
    found: dict[str, Any] = Services.picture("FinalPlots", r)
    return found
