"""What is drawn of a range test of learning rates."""

from __future__ import annotations

from wlnet.plot.charts.axes import LARGEST, LOG, Axis, Numbers, axis_of
from wlnet.plot.charts.chart import Chart, Mark
from wlnet.plot.charts.curves import Curve
from wlnet.plot.charts.numbers import short
from wlnet.results.learning_rate_range import LearningRateRange

ENDED = {
    "Highest": "It ended at the highest rate that was asked for.",
    "Risen": "It ended as the smoothed loss had risen.",
    "NotFinite": "It ended as numbers were no longer finite.",
}


def draw_range(seen: LearningRateRange) -> Chart:
    """A range test as a chart: the losses, their running mean, and the rates read off it."""
    more = " or more: the loss still falls" if seen.still_falls else ""
    named = (("steepest", seen.steepest, "faint"), ("suggestion", seen.suggestion, "orange"))
    low, high = _shown(seen.losses, seen.smoothed)
    return Chart(
        [
            Curve("loss", seen.rates, seen.losses, is_faint=True),
            Curve("smoothed loss", seen.rates, seen.smoothed),
        ],
        axis_of("learning rate", [seen.rates], LOG),
        Axis("loss", low, high),
        [Mark(rate, f"{name} {short(rate, 2)}{more}", color=c) for name, rate, c in named if rate],
        notes=[ENDED.get(seen.reason, "")] if len(seen.rates) else [],
        title="Losses at growing learning rates",
    )


def _shown(losses: Numbers, means: Numbers) -> tuple[float, float]:
    """The values to show: all of the valley, and of the rise behind it as much again."""
    if not len(losses):
        return 0.0, 1.0
    low = max(float(min(losses.min(), means.min())), -LARGEST)
    first, lowest, highest = (float(each) for each in (means[0], means.min(), means.max()))
    top = (
        min(highest, first + (first - lowest), LARGEST) if lowest < first else min(highest, LARGEST)
    )
    room = (top - low) / 10 or max(abs(low), 1.0) / 10
    return low - room, top + room
