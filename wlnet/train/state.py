"""What progress functions, stopping criteria and generators are told: where a training stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wlnet.core.errors import Fault, PartError, fail
from wlnet.core.net import Net
from wlnet.core.norms import root_mean_square
from wlnet.core.properties import PropertyTable
from wlnet.core.rules import ArrayKey
from wlnet.evaluate.holding import Array
from wlnet.nets.arrays import arrays_of
from wlnet.results.class_table import Shown
from wlnet.train.history import Extent, History, Series
from wlnet.train.looking import Look, Looks, Over, Slopes, flat
from wlnet.train.plan import Plan


class Inside(NamedTuple):
    """What only a training that runs can tell.

    trained: the arrays that learn. look: gives a look at what was trained last.
    """

    trained: tuple[ArrayKey, ...]
    look: Looks


@dataclass(frozen=True, eq=False, repr=False)
class TrainingState(Mapping[str, Any]):
    """Where a training stands after a batch, by name; nobody can change it.

    It speaks of the moment at which it was made, and may be kept. Lists and measurements are built
    anew whenever they are asked for, as they were then. What comes of the arrays of now or of the
    last batch is made when first asked for, which must be during the call that is given the state:
    later, when the training has gone on, it is a PartError, as are unknown names. That is "Net",
    and

    * "Weights", "WeightsRMS": the arrays that learn by key, and the root mean square of each;
      "WeightsVector": all their numbers in one.
    * "BatchData": the examples of the last batch by port, as the net reads them; "BatchIndices":
      their numbers in the data, from 1, None of a function's examples.
    * "ExampleLosses": the loss of each of them at the net of now, its weight in it; "Gradients":
      those of their mean by the arrays that learn, without clipping and regularization, by key;
      "GradientsRMS"; "GradientsVector". Random numbers, as of dropout, are those that the batch was
      trained with.

    All of these are None before the first batch of a call, the weights in what a generator is told
    that is asked for its first batch; and read-only. "Event" is what the function is called for,
    None of a generator. "ProgressFraction", from 0 to 1, and "TimeRemaining", seconds at the mean
    speed, are about this call; "TotalRounds" and "TotalBatches" are the numbers of its last ones.
    All are None where nothing limits it. Speeds are means since the start, "TimeElapsed" is the
    time of all calls. dict(state) is all of it at once, nets, gradients and lists included.

    >>> from wlnet.layers import LinearLayer
    >>> plan = Plan(64, 10, 5, 0.001, "ADAM")
    >>> state = TrainingState(plan, History(), lambda: LinearLayer(2), (1, 0, 0), 0.001)
    >>> state["Round"], state["TotalBatches"], state["RoundLossList"], state["ValidationLoss"]
    (1, 50, [], None)

    Wolfram Language: NetTrain (TrainingProgressFunction).
    """

    _plan: Plan
    _history: History
    _build: Callable[[], Net]
    """Builds the net of now."""
    _place: tuple[int, int, int]
    """The round, and how many batches there were since the start, and in this round."""
    _learning_rate: float
    _seconds: float = 0.0
    _event: str | None = None
    _inside: Inside | None = None
    _files: tuple[str, ...] = ()
    """The checkpoints there were."""
    _extent: Extent = field(init=False)
    _built: dict[str, Any] = field(init=False, default_factory=dict)
    """What was made of the arrays of now, by name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_extent", self._history.extent())

    def __getitem__(self, name: str) -> Any:
        return STATE.ask(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(STATE.rows)

    def __len__(self) -> int:
        return len(STATE.rows)

    def __contains__(self, name: object) -> bool:
        return name in STATE.rows

    def get(self, name: str, default: object = None) -> Any:
        """The value of a name, or a default for an unknown one."""
        return STATE.ask(self, name) if name in STATE.rows else default

    def __repr__(self) -> str:
        return f"TrainingState(round {self._place[0]}, batch {self._place[1]})"

    def _of_now(self, name: str, build: Callable[[], Any], asked: str) -> Any:
        """What is made of the arrays of now, once, and kept by a name. asked: what was asked for.
        Raises PartError where they are gone."""
        if name not in self._built:
            if self._history.extent().batches != self._extent.batches:
                raise self._gone(asked)
            self._built[name] = build()
        return self._built[name]

    def _gone(self, name: str) -> PartError:
        what = "the net of this state is gone" if name == "Net" else f"{name} of this state is gone"
        return fail(
            PartError,
            Fault(
                f"{what}, the training went on",
                at=f"batch {self._place[1]}",
                fix=f"ask for state[{name!r}] inside the function that is given the state",
            ),
        )

    def _net(self, asked: str = "Net") -> Net:
        net: Net = self._of_now("Net", self._build, asked)
        return net

    def _weights(self, asked: str) -> dict[ArrayKey, Array] | None:
        if self._inside is None:
            return None
        arrays = arrays_of(self._net(asked))
        return {key: arrays[key] for key in self._inside.trained}

    def _look(self, name: str, ask: Callable[[Look], Any], what: str = "") -> Any:
        """What a look at the training tells; None before its first batch. what: the name that it is
        kept by, where it tells several things."""

        def looked() -> Any:
            try:
                look = self._inside and self._inside.look()
            except Over:
                raise self._gone(name) from None
            return look and ask(look)

        return self._of_now(what or name, looked, name)

    def _slopes(self, name: str) -> Slopes | None:
        slopes: Slopes | None = self._look(name, Look.slopes, "losses and gradients")
        return slopes

    def _example_losses(self) -> Array | None:
        slopes = self._slopes("ExampleLosses")
        return None if slopes is None else slopes.losses

    def _gradients(self, asked: str) -> dict[ArrayKey, Array] | None:
        slopes = self._slopes(asked)
        return None if slopes is None else dict(slopes.gradients)

    def _per_second(self) -> float:
        return self._extent.examples / self._seconds if self._seconds else 0.0

    def _batches_per_second(self) -> float:
        return self._extent.batches / self._seconds if self._seconds else 0.0


STATE = PropertyTable("the state of a training")
_row = STATE.row

_row("AbsoluteBatch")(lambda s: s._place[1])
_row("Batch")(lambda s: s._place[2])
_row("Round")(lambda s: s._place[0])
_row("TotalBatches")(lambda s: s._plan.last_batch)
_row("TotalRounds")(lambda s: s._plan.last_round)
_row("BatchSize")(lambda s: s._plan.batch_size)
_row("Rank")(lambda s: s._plan.rank)
_row("Ranks")(lambda s: s._plan.ranks)
_row("BatchesPerRound")(lambda s: s._plan.batches_per_round)


def _series(
    group: str, series: Callable[[History], Series], count: Callable[[Extent], int]
) -> None:
    """The rows of one series: its last loss, all of them, its last measurements."""

    def last(state: TrainingState) -> dict[str, Shown]:
        history = state._history
        told = series(history).at(count(state._extent))
        return {name: history.shown(name, value) for name, value in told.items()}

    def losses(state: TrainingState) -> list[float]:
        return series(state._history).losses[: count(state._extent)]

    def lists(state: TrainingState) -> dict[str, list[Shown]]:
        history = state._history
        told = series(history).up_to(count(state._extent))
        return {name: [history.shown(name, each) for each in of] for name, of in told.items()}

    _row(f"{group}Loss")(lambda s: series(s._history).loss_at(count(s._extent)))
    _row(f"{group}LossList")(losses)
    _row(f"{group}Measurements")(last)
    _row(f"{group}MeasurementsLists")(lists)


_series("Batch", lambda h: h.batches, lambda e: e.batches)
_series("Round", lambda h: h.rounds, lambda e: e.rounds)
_series("Validation", lambda h: h.validations, lambda e: e.validations)

_row("BestValidationRound")(lambda s: s._extent.best_round)
_row("LearningRate")(lambda s: s._learning_rate)
_row("InitialLearningRate")(lambda s: s._plan.learning_rate)
_row("ExamplesProcessed")(lambda s: s._extent.examples)
_row("ExamplesPerSecond")(TrainingState._per_second)
_row("MeanExamplesPerSecond")(TrainingState._per_second)
_row("BatchesPerSecond")(TrainingState._batches_per_second)
_row("MeanBatchesPerSecond")(TrainingState._batches_per_second)
_row("OptimizationMethod")(lambda s: s._plan.method)
_row("TargetDevice")(lambda s: "CPU")
_row("TimeElapsed")(lambda s: s._seconds)
_row("Net")(TrainingState._net)
_row("ProgressFraction")(lambda s: s._plan.fraction(s._place[1], s._seconds))
_row("TimeRemaining")(lambda s: s._plan.remaining(s._place[1], s._seconds))
_row("Event")(lambda s: s._event)
_row("CheckpointingFiles")(lambda s: list(s._files))
_row("BatchData")(lambda s: _copied(s._look("BatchData", Look.data)))
_row("BatchIndices")(lambda s: _copied(s._look("BatchIndices", Look.numbers)))
_row("ExampleLosses")(
    lambda s: None if (slopes := s._slopes("ExampleLosses")) is None else slopes.losses
)


def _copied(found: Any) -> Any:
    """A dict or list that the caller may change."""
    return found if found is None else found.copy()


def _arrays(
    group: str, arrays: Callable[[TrainingState, str], dict[ArrayKey, Array] | None]
) -> None:
    """The rows of arrays by key: themselves, the root mean square of each, all in one vector."""

    @_row(f"{group}RMS")
    def _(state: TrainingState) -> dict[ArrayKey, float | None] | None:
        found = arrays(state, f"{group}RMS")
        if found is None:
            return None
        return {key: root_mean_square(array) for key, array in found.items()}

    @_row(f"{group}Vector")
    def _(state: TrainingState) -> Array | None:
        found = arrays(state, f"{group}Vector")
        return None if found is None else flat(found)

    _row(group)(lambda state: arrays(state, group))


_arrays("Weights", TrainingState._weights)
_arrays("Gradients", TrainingState._gradients)
