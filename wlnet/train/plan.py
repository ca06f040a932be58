"""What is known of a training before it starts: how long it is, so how far some moment is in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wlnet.core.errors import OptionError, fail
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.options import Options, automatic_rounds, endless_schedule
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
    first_second: float = 0.0
    """What the clock showed then."""
    time_goal: float | None = None
    """How many seconds it runs at most."""
    rank: int = 0
    ranks: int = 1

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

    def fraction(self, batch: int, seconds: float) -> float | None:
        """How much of this call is over, by batches or by the clock, whichever is nearer to its
        end; None where the end is not known.

        >>> plan = Plan(64, 10, 5, 0.001, "ADAM", time_goal=8.0)
        >>> plan.fraction(25, 2.0), plan.fraction(10, 6.0)
        (0.5, 0.75)
        """
        shares = []
        if self.batches is not None:
            shares.append((batch - self.first_batch) / self.batches)
        if self.time_goal is not None:
            shares.append((seconds - self.first_second) / self.time_goal)
        return min(max(shares), 1.0) if shares else None

    def remaining(self, batch: int, seconds: float) -> float | None:
        """About how many seconds are left, at the mean speed; None where nothing tells.

        >>> Plan(64, 10, 5, 0.001, "ADAM").remaining(40, 2.0)
        0.5
        """
        taken, done = seconds - self.first_second, batch - self.first_batch
        left = []
        if self.batches is not None and done:
            left.append(taken / done * (self.batches - done))
        if self.time_goal is not None:
            left.append(self.time_goal - taken)
        return max(min(left), 0.0) if left else None


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
        start.first_second,
        options.time_goal,
        options.exchange.rank,
        options.exchange.ranks,
    )


def plan_from(
    options: Options, batch_size: int, batches_per_round: int | None, start: Start
) -> Plan:
    """The plan of a training, which may have been broken off: of rounds that are passes of a
    generator, the first pass of the call has told how many there are."""
    if batches_per_round is not None or not start.passes:
        return plan_of(options, batch_size, batches_per_round, start)
    plan = plan_of(options, batch_size, start.passes[0], start)
    is_even = len(set(start.passes)) == 1
    return plan if is_even else replace(plan, batches_per_round=None)


def total_of(options: Options, plan: Plan) -> int:
    """How many updates a schedule is told that there will be.

    Raises OptionError where nobody knows, and the schedule goes by it.
    """
    if plan.batches is not None:
        return plan.batches
    given = "rounds that are passes of a generator"
    faults = endless_schedule(options.method, given, '(batches, {"RoundLength": examples})')
    if faults:
        raise fail(OptionError, faults)
    return 0
