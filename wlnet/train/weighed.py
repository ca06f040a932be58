"""Measurements by weights: each example, or each of its decisions, counts as its weight says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from wlnet.evaluate.holding import Array
from wlnet.train.measurement_names import Measured
from wlnet.train.measurements import Measurement, Named, Tally
from wlnet.train.training_net import TrainingNet


def may_weigh(measurement: Measurement) -> bool:
    """Whether a measurement can count by weights."""
    return isinstance(measurement, Named)


def weights_column(each: Measured, training: TrainingNet) -> str | None:
    """The column of the weights that a measurement counts by, if it does and there is one."""
    return training.weights_of_port(each.port) if each.measurement.weighted else None


def columns_of(measured: Sequence[Measured], training: TrainingNet) -> list[str]:
    """The columns that measurements look at, each once: targets, and weights where these count."""
    found = [each.column for each in measured]
    found += [weights_column(each, training) or "" for each in measured]
    return [name for name in dict.fromkeys(found) if name]


def weighed_tallies(
    measurement: Measurement, outputs: Array, targets: Array, form: str, weights: Array
) -> Iterable[Tally]:
    """The tallies of several batches, stacked in a first axis, by the weights of each."""
    assert isinstance(measurement, Named)
    tally, top = measurement.row.tally, measurement.top
    weigh: Callable[..., Tally] = tally
    rows = zip(outputs, targets, weights, strict=True)
    return (weigh(output, target, form, top, own) for output, target, own in rows)
