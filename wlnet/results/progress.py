"""Where a training stands, in plain values: what is shown of it, wherever that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wlnet.core.net import Services
from wlnet.core.speeds import FROZEN
from wlnet.results.learned import Learned

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Figure:
    """A loss or a measurement of the round under way, or of the last one; of the last validation;
    and of the best one. None where there is no value."""

    name: str
    training: float | None = None
    validation: float | None = None
    best: float | None = None
    is_share: bool = False
    """Whether it is told in per cent."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands. What nobody knows is None."""

    round: int
    """The round under way, or the last one."""
    rounds: int | None
    """The number of the last one."""
    batch: int
    """How many batches of the round are over."""
    batches: int | None
    """How many a round has."""
    fraction: float | None
    """How much of this call is over, from 0 to 1."""
    seconds: float
    """How long this call has trained."""
    left: float | None
    """About how many seconds are left."""
    figures: tuple[Figure, ...]
    """The loss first."""
    examples_per_second: float
    learning_rate: float
    rates: Mapping[str, int]
    """How many arrays learn at what kind of rate, by the words of `wlnet/core/speeds.py`."""
    best_round: int | None = None
    is_best: bool = False
    """Whether the last validation is the best one."""
    unit: str = ""
    """What a round is, where that is worth telling."""
    phase: int = 1
    phases: int = 1
    phase_words: str = ""
    """What the phase under way has changed."""
    training: Points = ()
    """The curve of the loss: how many rounds (or, where nobody knows how long these are, batches)
    were over, and the mean loss there."""
    validation: Points = ()
    best: tuple[float, float] | None = None
    """The point of the best validation."""
    by_batch: bool = False
    """Whether curves are by batches."""
    waits: str = ""
    """What takes time besides training."""
    ended: str | None = None
    """Why the training is over."""
    verdict: str = ""
    """How it ended, in words."""
    is_whole: bool = False
    """Whether the round has all its batches."""
    before: int = 0
    """How many rounds were over when this call began."""
    learned: Learned | None = None
    """How many arrays learned until the end, in all phases."""
    rates_of: str = ""
    """What the kinds of rates are of, where not of all that was trained."""

    @property
    def arrays(self) -> int:
        """How many arrays there are that could learn."""
        return sum(self.rates.values())

    @property
    def learning(self) -> int:
        """How many of them do; in the end, how many did."""
        if self.learned is not None:
            return self.learned.learned
        return self.arrays - self.rates.get(FROZEN, 0)

    def _repr_html_(self) -> str:
        assert Services.html is not None
        return Services.html(self)


@dataclass(frozen=True)
class ProgressBar:
    """How much of a training is over, and nothing else."""

    progress: Progress

    def _repr_html_(self) -> str:
        assert Services.html is not None
        return Services.html(self)
