"""What batches tell: losses and measurements, from the tables that programs fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wlnet.core.parts import Path
from wlnet.evaluate.holding import Array
from wlnet.nets.inference import inference
from wlnet.train.history import LOSS, Tallies, mean_tallies, means_of
from wlnet.train.measurement_names import Measured, measured
from wlnet.train.measurements import Measurement
from wlnet.train.sources import Batches
from wlnet.train.training_net import TrainingNet
from wlnet.train.weighed import columns_of, weighed_tallies, weights_column


class Telling:
    """Reads the tables of a training net: a row a batch."""

    def __init__(self, training: TrainingNet, measurements: Sequence[Measurement]) -> None:
        self.training, self.measured = training, measured(measurements, training)

    @property
    def inside(self) -> list[tuple[Path, str]]:
        """The output ports that are measured, of the net and of parts of it."""
        return list(dict.fromkeys(each.place for each in self.measured))

    def _levels(self, each: Measured, rank: int) -> tuple[int, ...]:
        """The levels of an output, of so many, that are those of places which a measurement looks
        at one by one, as examples differ in how many there are."""
        if not each.measurement.is_by_number or not self.training.open:
            return ()
        path, port = each.place
        shape = inference(self.training.net).port_shape((*self.training.home, *path), port)
        if shape is None:
            return tuple(range(rank))
        # What flows in a map has the levels that are mapped over before its own.
        above = rank - len(shape)
        own = (above + level for level, size in enumerate(shape) if size is None)
        return (*range(above), *own)

    def targets(self, batches: Batches) -> dict[str, Array]:
        """The targets of measured outputs, with a row for each batch."""
        shape = batches.count, batches.size
        return {
            name: batches.columns[name][batches.order].reshape(
                *shape, *batches.columns[name].shape[1:]
            )
            for name in columns_of(self.measured, self.training)
        }

    def by_example(self, tables: Mapping[object, Array]) -> dict[str, Array]:
        """All losses by name, the total first: an example a number, a batch a row."""
        factors, names = self.training.losses, self.training.told_losses
        losses = {port: _sum_inside(tables[port]) for port in factors}
        total = np.sum([losses[port] * factor for port, factor in factors.items()], axis=0)
        return {LOSS: total, **{name: losses[port] for port, name in names.items()}}

    @np.errstate(all="ignore")
    def losses(self, tables: Mapping[object, Array]) -> list[float]:
        """The loss of each batch, without asking what else is measured."""
        return means_of(mean_tallies(self.by_example(tables)[LOSS]))

    @np.errstate(all="ignore")
    def tallies(
        self,
        tables: Mapping[object, Array],
        targets: Mapping[str, Array],
        begun: Tallies | None = None,
        by_batch: bool = True,
    ) -> Tallies:
        """What batches tell (each by itself as well): tables of losses and outputs, and targets,
        with a row for each.

        begun: what batches before them tell, to which these are added.
        """
        found = Tallies(begun, by_batch)
        for name, values in self.by_example(tables).items():
            found.add(name, mean_tallies(values))
        for each in self.measured:
            levels = self._levels(each, tables[each.place].ndim - 2)
            outputs = by_place(tables[each.place], levels)
            compared = by_place(targets[each.column], levels) if each.column else outputs
            weights = weights_column(each, self.training)
            if weights is None:
                tallies = each.measurement.tallies(outputs, compared, each.form)
            else:
                own = targets[weights]
                tallies = weighed_tallies(each.measurement, outputs, compared, each.form, own)
            found.add(each.key, tallies, each.measurement)
        return found


def by_place(table: Array, levels: Sequence[int]) -> Array:
    """Numbers of batches, in which each place of some levels of an example counts as an example.

    >>> by_place(np.zeros((5, 2, 7, 3)), [0]).shape, by_place(np.zeros((5, 2, 3, 7)), [1]).shape
    ((5, 14, 3), (5, 14, 3))
    """
    if not levels:
        return table
    front = np.moveaxis(table, [2 + level for level in levels], range(2, 2 + len(levels)))
    return front.reshape(len(table), -1, *front.shape[2 + len(levels) :])


def _sum_inside(losses: Array) -> Array:
    """One number an example of each batch: where a loss gives more, they are added up."""
    total: Array = losses.reshape(*losses.shape[:2], -1).sum(axis=2, dtype=np.float64)
    return total
