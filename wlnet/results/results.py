"""NetTrainResults: what a training did, and with which multipliers.

Wolfram Language: NetTrainResultsObject.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net, Services
from wlnet.core.properties import PropertyTable
from wlnet.core.rules import ArrayKey
from wlnet.core.symbols import ALL
from wlnet.core.table import Table
from wlnet.nets.information import rates_table
from wlnet.results.class_labels import labels_of
from wlnet.results.class_table import Kept, Shown, arrays_in, shown
from wlnet.results.moment import CallRecord, Moment, PhaseRecord


@dataclass(frozen=True)
class TrainingRecord:
    """The plain facts of one training."""

    trained_net: Net
    training_net: Net
    multipliers: MultiplierTable
    method: tuple[str, dict[str, Any]]
    batch_size: int
    batches_per_round: int | None
    """None where no pass of a generator without RoundLength has ended."""
    batch_losses: tuple[float, ...]
    batch_measurements: dict[str, tuple[Kept, ...]]
    round_losses: tuple[float, ...]
    round_measurements: dict[str, tuple[Kept, ...]]
    round_positions: tuple[int, ...]
    validation_losses: tuple[float, ...]
    validation_measurements: dict[str, tuple[Kept, ...]]
    validation_positions: tuple[int, ...]
    best_validation_round: int | None
    examples_processed: int
    training_examples: int | None
    validation_examples: int | None
    initial_learning_rate: float
    final_learning_rate: float
    reason: str
    seconds: float
    message: str | None = None
    batch_permutation: tuple[tuple[int, ...], ...] | None = None
    held_out: tuple[int, ...] | None = None
    """Numbers of the examples that a share of the data was held out for validation, from 1."""
    input_form: tuple[str, ...] = ()
    """The words of the call: the function, then its arguments."""
    target_device: str = "CPU"
    arrays: dict[ArrayKey, np.ndarray] = field(default_factory=dict)
    """Of the trained net, by key."""
    checkpointing_files: tuple[str, ...] = ()
    """The checkpoints there are."""
    before: dict[ArrayKey, np.ndarray] = field(default_factory=dict)
    """Of the net before its training, by key."""
    moment: Moment = field(default_factory=Moment)
    """Where the training stood at its end: another may go on from there."""
    calls: tuple[CallRecord, ...] = ()
    """The calls that made the record: one, and one for every time that it went on."""
    by_array: dict[str, dict[ArrayKey, tuple[float | None, ...]]] = field(default_factory=dict)
    """By name what was asked about arrays, a number a round; None where there is none."""
    learning_rates: tuple[float, ...] = ()
    """Of each batch, as its schedule had it."""
    plot_types: dict[str, str] = field(default_factory=dict)
    """The axes that measurements are drawn over, "Linear" or "Log", where that was said."""

    @property
    def validation_rounds(self) -> list[int]:
        """The round that each validation was in, or after."""
        return [bisect_left(self.round_positions, at) + 1 for at in self.validation_positions]

    def shown(self, name: str, kept: Kept) -> Shown:
        """A measurement of a name as it is handed out."""
        return shown(kept, lambda: labels_of(self.trained_net, self.training_net, name))

    def all_arrays(self) -> Iterator[np.ndarray]:
        """Every array that the record holds itself."""
        yield from self.arrays.values()
        told = (self.batch_measurements, self.round_measurements, self.validation_measurements)
        for kept in itertools.chain.from_iterable(by_name.values() for by_name in told):
            for value in kept:
                yield from arrays_in(value)
        yield from self.before.values()
        yield from self.moment.all_arrays()

    @property
    def phases(self) -> tuple[PhaseRecord, ...]:
        """The phases of all calls, in their order; what goes on under the same table is one."""
        found: list[PhaseRecord] = []
        for phase in (phase for call in self.calls for phase in call.phases):
            if not found or found[-1].table != phase.table:
                found.append(phase)
        return tuple(found)


PROPERTIES = PropertyTable("NetTrainResults")
_row = PROPERTIES.row


class NetTrainResults:
    """The record of a training, asked by name.

    `results["TrainedNet"]`, a list of names, or ALL for a dict of everything.

    `results["Properties"]` lists the names. Raises PartError for unknown ones.

    Wolfram Language: NetTrainResultsObject.
    """

    __slots__ = ("_record",)
    _record: TrainingRecord

    def __init__(self, record: TrainingRecord) -> None:
        object.__setattr__(self, "_record", record)
        # Also where a copy is made of a record: numpy does not copy that an array is read-only.
        for array in record.all_arrays():
            array.flags.writeable = False

    @property
    def record(self) -> TrainingRecord:
        """The plain facts."""
        return self._record

    def __setattr__(self, name: str, value: object = None) -> None:
        raise AttributeError("a record of a training never changes")

    __delattr__ = __setattr__

    def __reduce__(self) -> tuple[type[NetTrainResults], tuple[TrainingRecord]]:
        return NetTrainResults, (self._record,)

    def __getitem__(self, name: object) -> Any:
        if name is ALL:
            return {each: PROPERTIES.ask(self._record, each) for each in PROPERTIES}
        if isinstance(name, (list, tuple)):
            return PROPERTIES.ask_all(self._record, name)
        return PROPERTIES.ask(self._record, name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in PROPERTIES.rows or name in PROPERTIES.aliases)

    def __iter__(self) -> Iterator[str]:
        return iter(PROPERTIES)

    def __dir__(self) -> list[str]:
        return ["_record"]

    def _repr_html_(self) -> str:
        assert Services.html is not None
        return Services.html(self)

    def __repr__(self) -> str:
        r = self._record
        loss = f"{r.round_losses[-1]:.4g}" if r.round_losses else "none"
        best = (
            f", best validation round {r.best_validation_round}" if r.best_validation_round else ""
        )
        each = f" of {r.batches_per_round} batches" if r.batches_per_round else ""
        frozen = sum(row.multiplier == 0 for row in r.multipliers)
        return (
            f"NetTrainResults({len(r.round_losses)} rounds{each}, "
            f"loss {loss}{best}, "
            f"{frozen} of {len(r.multipliers)} arrays frozen, {r.reason}, {r.seconds:.1f} s)"
        )


def _at_best(r: TrainingRecord, values: tuple[Kept, ...], name: str = "") -> Shown | None:
    if not values:
        return None
    best = r.best_validation_round
    return r.shown(name, values[-1 if best is None else r.validation_rounds.index(best)])


Told = dict[str, tuple[Kept, ...]]
"""Measurements by name: one after the other."""


def _lasts(r: TrainingRecord, measurements: Told) -> dict[str, Shown | None]:
    return {
        name: r.shown(name, values[-1]) if values else None for name, values in measurements.items()
    }


def _lists(r: TrainingRecord, measurements: Told) -> dict[str, list[Shown]]:
    return {name: [r.shown(name, each) for each in of] for name, of in measurements.items()}


_row("ArraysLearningRateMultipliers", "WeightsLearningRateMultipliers")(
    lambda r: r.multipliers.values_by_key()
)


_row("ArraysLearningRateMultipliersByPhase")(
    lambda r: {phase.first_round: phase.table.values_by_key() for phase in r.phases}
)


@_row("ArraysLearningRateMultiplierSources")
def _(r: TrainingRecord) -> Mapping[ArrayKey, object]:
    return r.multipliers.sources_by_key()


@_row("ArraysLearningRateMultipliersTable")
def _(r: TrainingRecord) -> Table:
    """The multipliers that were used, as a table."""
    return rates_table(r.trained_net, r.multipliers)


_row("BatchesPerRound")(lambda r: r.batches_per_round)
_row("BatchLearningRateList")(lambda r: list(r.learning_rates))
_row("BatchLossList")(lambda r: list(r.batch_losses))
_row("BatchMeasurements")(lambda r: _lasts(r, r.batch_measurements))
_row("BatchMeasurementsLists")(lambda r: _lists(r, r.batch_measurements))
_row("BatchPermutation")(lambda r: r.batch_permutation and [list(b) for b in r.batch_permutation])
_row("BatchSize")(lambda r: r.batch_size)
_row("BestValidationRound")(lambda r: r.best_validation_round)
_row("CheckpointingFiles")(lambda r: list(r.checkpointing_files))
_row("ExamplesProcessed", "TotalInputs")(lambda r: r.examples_processed)
_row("FinalLearningRate")(lambda r: r.final_learning_rate)
_row("InitialLearningRate")(lambda r: r.initial_learning_rate)
_row("MeanBatchesPerSecond")(lambda r: len(r.batch_losses) / r.seconds if r.seconds else 0.0)
_row("MeanExamplesPerSecond", "MeanInputsPerSecond")(
    lambda r: r.examples_processed / r.seconds if r.seconds else 0.0
)


@_row("NetTrainInputForm")
def _(r: TrainingRecord) -> str:
    """The call as an expression."""
    function, *words = r.input_form
    return f"{function}({', '.join(words)})"


_row("OptimizationMethod")(lambda r: (r.method[0], dict(r.method[1])))
_row("ReasonTrainingStopped")(lambda r: r.reason)
_row("ReasonMessage")(lambda r: r.message)
# Of the last batch of each.
_row("RoundLearningRateList")(lambda r: [r.learning_rates[at - 1] for at in r.round_positions])
_row("RoundLoss", "FinalRoundLoss")(lambda r: r.round_losses[-1] if r.round_losses else None)
_row("RoundLossList")(lambda r: list(r.round_losses))
_row("RoundMeasurements")(lambda r: _lasts(r, r.round_measurements))
_row("RoundMeasurementsLists")(lambda r: _lists(r, r.round_measurements))
_row("RoundPositions")(lambda r: list(r.round_positions))
# What cannot be encoded is an error that names the example: nothing is ever left out.
_row("SkippedTrainingData")(lambda r: [])
_row("TargetDevice")(lambda r: r.target_device)
_row("TotalBatches")(lambda r: len(r.batch_losses))
_row("TotalRounds")(lambda r: len(r.round_losses))
_row("TotalTrainingTime")(lambda r: r.seconds)
_row("TrainedNet")(lambda r: r.trained_net)
_row("TrainingExamples")(lambda r: r.training_examples)
_row("TrainingNet")(lambda r: r.training_net)
_row("ValidationExamples")(lambda r: r.validation_examples)
_row("ValidationExampleNumbers")(lambda r: r.held_out and list(r.held_out))
_row("ValidationLoss", "FinalValidationLoss")(lambda r: _at_best(r, r.validation_losses))
_row("ValidationLossList")(lambda r: list(r.validation_losses))
_row("ValidationMeasurements")(
    lambda r: {name: _at_best(r, of, name) for name, of in r.validation_measurements.items()}
)
_row("ValidationMeasurementsLists")(lambda r: _lists(r, r.validation_measurements))
_row("ValidationPositions")(lambda r: list(r.validation_positions))


@_row("FinalWeights")
def _(r: TrainingRecord) -> dict[ArrayKey, np.ndarray]:
    return dict(r.arrays)


_row("Properties")(lambda r: PROPERTIES.names())
