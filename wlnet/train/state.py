"""What progress functions, stopping criteria and generators are told: where a training stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wlnet.core.errors import Fault, PartError, fail
from wlnet.core.net import Net
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.tables import PropertyTable
from wlnet.results.class_table import Shown
from wlnet.train.history import Extent, History, Series
from wlnet.train.options import Options, automatic_rounds
from wlnet.train.start import Start


@dataclass(frozen=True)
class Plan:
    """What is known of a training before it starts."""

    batch_size: int
    batches_per_round: int | None
    """None until a generator without RoundLength has ended its first pass."""
    rounds: int | None
    """How many this call runs at most; None for no limit that is known."""
    learning_rate: float
    method: str
    first_round: int = 0
    """How many rounds were over when this call began."""
    first_batch: int = 0
    """How many batches were over when it began."""

    @property
    def batches(self) -> int | None:
        """How many batches this call runs at most, where that is known."""
        known = self.rounds is not None and self.batches_per_round is not None
        return self.rounds * self.batches_per_round if known else None  # type: ignore[operator]

    @property
    def last_round(self) -> int | None:
        """The number of the last round, where that is known."""
        return None if self.rounds is None else self.first_round + self.rounds

    @property
    def last_batch(self) -> int | None:
        """The number of the last batch, where that is known."""
        return None if self.batches is None else self.first_batch + self.batches


def rounds_of(options: Options, batches_per_round: int | None) -> int | None:
    """How many rounds there will be at most; None where nothing tells yet."""
    if options.max_rounds is not AUTOMATIC:
        return int(options.max_rounds)
    # Whoever sets a time means to have it used.
    is_open = batches_per_round is None or options.time_goal is not None
    return None if is_open else automatic_rounds(batches_per_round or 1)


def plan_of(options: Options, batch_size: int, batches_per_round: int | None, start: Start) -> Plan:
    """The plan of a training on batches of this size, and this many of them a round."""
    return Plan(
        batch_size,
        batches_per_round,
        rounds_of(options, batches_per_round),
        options.learning_rate,
        options.method.name,
        start.first_round,
        start.first_batch,
    )


@dataclass(frozen=True, eq=False, repr=False)
class TrainingState(Mapping[str, Any]):
    """Where a training stands after a batch, by name; nobody can change it.

    It speaks of the moment at which it was made, and may be kept. Lists and measurements are built
    anew whenever they are asked for, as they were then. "Net" is built when first asked for, which
    must be during the call that is given the state: later, when the arrays have moved on, it is a
    PartError, as are unknown names. "TotalRounds" and "TotalBatches" are None where nothing limits
    them. dict(state) is all of it at once, nets and lists included.

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
    _extent: Extent = field(init=False)
    _built: list[Net] = field(init=False, default_factory=list)

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

    def _net(self) -> Net:
        if not self._built:
            if self._history.extent().batches != self._extent.batches:
                raise fail(
                    PartError,
                    Fault(
                        "the net of this state is gone, the training went on",
                        at=f"batch {self._place[1]}",
                        fix="ask for state['Net'] inside the function that is given the state",
                    ),
                )
            self._built.append(self._build())
        return self._built[0]

    def _per_second(self) -> float:
        return self._extent.examples / self._seconds if self._seconds else 0.0


STATE = PropertyTable("the state of a training")
_row = STATE.row

_row("AbsoluteBatch")(lambda s: s._place[1])
_row("Batch")(lambda s: s._place[2])
_row("Round")(lambda s: s._place[0])
_row("TotalBatches")(lambda s: s._plan.last_batch)
_row("TotalRounds")(lambda s: s._plan.last_round)
_row("BatchSize")(lambda s: s._plan.batch_size)
_row("BatchesPerRound")(lambda s: s._plan.batches_per_round)


def _series(
    group: str, series: Callable[[History], Series], count: Callable[[Extent], int]
) -> None:
    """The rows of one series: its last loss, all of them, its last measurements."""

    def last(state: TrainingState) -> dict[str, Shown]:
        return series(state._history).at(count(state._extent))

    def losses(state: TrainingState) -> list[float]:
        return series(state._history).losses[: count(state._extent)]

    _row(f"{group}Loss")(lambda s: series(s._history).loss_at(count(s._extent)))
    _row(f"{group}LossList")(losses)
    _row(f"{group}Measurements")(last)


_series("Batch", lambda h: h.batches, lambda e: e.batches)
_series("Round", lambda h: h.rounds, lambda e: e.rounds)
_series("Validation", lambda h: h.validations, lambda e: e.validations)

_row("BestValidationRound")(lambda s: s._extent.best_round)
_row("LearningRate")(lambda s: s._learning_rate)
_row("InitialLearningRate")(lambda s: s._plan.learning_rate)
_row("ExamplesProcessed")(lambda s: s._extent.examples)
_row("ExamplesPerSecond")(TrainingState._per_second)
_row("OptimizationMethod")(lambda s: s._plan.method)
_row("TargetDevice")(lambda s: "CPU")
_row("TimeElapsed")(lambda s: s._seconds)
_row("Net")(TrainingState._net)
