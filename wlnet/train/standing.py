"""Where a training stands: all that outlives its phases, and what is told of it."""

from __future__ import annotations

import math
import weakref
from typing import NamedTuple, TypeVar

from wlnet.core.errors import Fault, PartError, fail
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net
from wlnet.kernels.jit.target import vector_width
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.results.moment import CallRecord, Moment, Parts, PhaseRecord
from wlnet.train.array_series import ByKey, Watch
from wlnet.train.digests import NO_DIGESTS, Digests
from wlnet.train.generated import GeneratorSource
from wlnet.train.history import LOSS, Tallies, number
from wlnet.train.intervals import Due
from wlnet.train.judged import Best, Judged, judged_before
from wlnet.train.learners import TrainingRules
from wlnet.train.listeners import ROUND_COMPLETE
from wlnet.train.looking import Look, Looks, Over
from wlnet.train.measurement_names import measured
from wlnet.train.measurements import Measurement
from wlnet.train.memory import Arrays, Memory
from wlnet.train.options import Options
from wlnet.train.pace import Clock
from wlnet.train.parallel.agreement import agreed
from wlnet.train.phase import Phase
from wlnet.train.plan import plan_from, total_of
from wlnet.train.sources import ArraySource, Batches, Source
from wlnet.train.start import NEW, Start
from wlnet.train.state import Inside, TrainingState
from wlnet.train.stepping import Stepper
from wlnet.train.stopping import Failures, Stopper, sign_of
from wlnet.train.training_net import TrainingNet
from wlnet.version import VERSION

T = TypeVar("T")


class Round(NamedTuple):
    """The round that the last step was in: how many rounds and batches there were before it."""

    over: int
    began: int


class End(NamedTuple):
    """What there was before the end of a round was noted: the validations, what a stopping
    criterion has counted, and numbers of arrays."""

    judged: Judged
    failures: Failures | None
    arrays: dict[str, ByKey]


class Standing:
    """All that a training has and knows, from its start to its end.

    What steps need, of one phase (`phase`, `stepper`), is there once the first round has begun.
    """

    def __init__(
        self,
        net: Net,
        training: TrainingNet,
        rules: TrainingRules,
        options: Options,
        source: Source,
        validation: ArraySource | None,
        measurements: tuple[Measurement, ...],
        start: Start = NEW,
        digests: Digests = NO_DIGESTS,
    ) -> None:
        self.net, self.training, self.rules, self.options = net, training, rules, options
        self.source, self.validation, self.measurements = source, validation, measurements
        self.start, self.digests = start, digests
        self.plan = plan_from(options, source.batch_size, source.batches_per_round, start)
        self.total = total_of(options, self.plan)
        self.history = start.history(training.labels)
        self.memory = Memory(
            net, rules.tables().values(), options.method, options.precision, start.moment
        )
        self.watch = Watch(options.arrays_measured, net, self.memory)
        self.clock = Clock(start.seconds)
        self.judged = judged_before(start)
        self.history.best_round = self.best.number if self.best else None
        self.stopper = _stopper(options, start)
        self.round = start.round
        self._under_way = Round(len(self.history.round_positions), start.batch)
        self.phases = list(start.phases)
        self._note_phase(start.round + 1)
        self.appointments: list[Due] = []
        """What is due at times: steps are cut there."""
        self.alarm = math.inf
        """When a display wants to be told next, as `time.perf_counter` counts: looked at between
        two goes of steps, at no cost."""
        self.files = start.record.checkpointing_files if start.record else ()
        """The checkpoints there are."""
        self.last: Batches | None = None
        """The batch of the last step of the rounds before."""
        self._told: tuple[object, TrainingState] | None = None
        """The last state that was given out: whoever asks for the same is given it again."""
        self._before_end: End | None = None
        """Of a round whose end is being noted."""
        self._phase: Phase | None = None
        self._stepper: Stepper | None = None
        self._before = Tallies()
        """What the batches of the round add up to that were run before there was a stepper."""
        if start.moment is not None and start.moment.in_round:
            losses = dict.fromkeys((LOSS, *training.told_losses.values()))
            known = {each.key: each.measurement for each in measured(measurements, training)}
            self._before = Tallies.of(start.moment.seen, {**losses, **known})
            self._before.squares = self.watch.take_up(start.moment.seen)
            self._under_way = Round(self._under_way.over, self.batch - start.moment.in_round)

    def _note_phase(self, number: int) -> None:
        """Note for the record that a phase begins, if other multipliers rule from a round on."""
        _, rules = self.rules.phase(number - self.plan.first_round)
        if not self.phases or self.phases[-1].table != rules.table:
            updates = dict(self.memory.updates)
            self.phases.append(PhaseRecord(number, self.batch + 1, rules.table, updates))

    def agree(self, mine: T) -> T:
        """What rank 0 has to say; every rank asks. Raises BrokenOff where one was interrupted."""
        return agreed(self.options.exchange, mine)

    @property
    def phase(self) -> Phase:
        """The phase of the round under way."""
        assert self._phase is not None
        return self._phase

    @property
    def stepper(self) -> Stepper:
        """What runs its steps."""
        assert self._stepper is not None
        return self._stepper

    @property
    def batch(self) -> int:
        """How many steps are recorded."""
        return len(self.history.batches.losses)

    @property
    def seen(self) -> Tallies:
        """What the batches of the round under way add up to."""
        return self._before if self._stepper is None else self._stepper.seen

    @property
    def in_round(self) -> int:
        """How many batches of the round that the last one was in were run, if it is not over."""
        over, first = self._under_way
        return self.batch - first if over == len(self.history.round_positions) else 0

    @property
    def learning_rate(self) -> float:
        """The learning rate of the last step."""
        if self._stepper is not None:
            return self._stepper.learning_rate
        return self.start.learning_rate(self.options.learning_rate)

    @property
    def table(self) -> MultiplierTable:
        """The multipliers of the phase under way."""
        return self.phases[-1].table

    @property
    def best(self) -> Best | None:
        """The best validation so far."""
        return self.judged.best

    @property
    def seconds(self) -> float:
        """How long it has been training: to compile is not."""
        return self.clock.seconds

    def trained(self, now: Arrays) -> Arrays:
        """The arrays to return: those of the best validation, without one those of now."""
        return now if self.best is None else self.best.arrays

    def settle(self) -> None:
        """After an interrupt, wherever it came: what is recorded is what was done."""
        if self._stepper is not None:
            self._stepper.settle()
        if self.in_round and self._before_end is not None:
            self.judged, failures, self.history.arrays.lists = self._before_end
            if self.stopper is not None and failures is not None:
                self.stopper.standing = failures
        if len(self.phases) > 1 and self.phases[-1].first_batch > self.batch:
            # Nothing was done in it.
            self.phases.pop()
        history, (count, best) = self.history, self.judged
        history.rounds.cut(len(history.round_positions))
        history.validations.cut(count)
        del history.validation_positions[count:]
        history.best_round = best.number if best else None

    def state(self, event: str | None = ROUND_COMPLETE) -> TrainingState:
        """What progress functions, stopping criteria and generators are given; costs nothing."""
        place = self.round, self.batch, self.batch - self._under_way.began
        key = event, place, self.history.extent(), self.files
        if self._told is None or self._told[0] != key:
            # Not bound to self: a state that is kept must not keep the programs alive.
            net, memory = self.net, self.memory
            state = TrainingState(
                self.plan,
                self.history,
                lambda: replace_arrays(net, memory.plain_arrays()),
                place,
                self.learning_rate,
                self.seconds,
                event,
                Inside(tuple(self.table.trained_keys()), _looks(weakref.ref(self))),
                self.files,
            )
            self._told = key, state
        return self._told[1]

    def look(self) -> Look | None:
        """A look at what was trained last; None before the first batch of this call."""
        last = self._stepper.last if self._stepper is not None else None
        if last is None:
            return None
        if last.is_share:
            what = "a rank has only a share of the last batch to look at"
            fix = "all examples on every rank, without Shard"
            raise fail(PartError, Fault(what, at=f"batch {self.batch}", fix=fix))
        over, began = self._under_way
        place = over + 1, self.batch - began - 1
        if place[1] < 0:
            place = over, -1
        return Look(
            self.phase.programs, self.source, last, place, self.batch - 1, self.options.seed
        )

    def sign_of(self, name: str) -> int:
        """1 for what is better when smaller, a loss or a measurement by its key, -1 for others."""
        return sign_of(name, self.phase.programs.measured)

    def moment(self, now: Arrays, is_last: bool) -> Moment:
        """Where the training stands, after a step. now: the arrays that move, plain. is_last:
        whether no step is to come."""
        in_round = self.in_round
        return Moment(
            {**arrays_of(self.net), **now},
            self.memory.last_states() if is_last else self.memory.plain_states(),
            dict(self.memory.updates),
            len(self.history.round_positions),
            self.batch,
            in_round,
            self._in_pass(in_round),
            self._kept_of_round() if in_round else {},
            self.best.rank if self.best else None,
            self.best.updates if self.best else {},
            self.stopper.standing if self.stopper else None,
        )

    def call(self) -> CallRecord:
        """The call that is under way, for the record."""
        start, resumed = self.start, self.start.resumed
        return CallRecord(
            self.options.given,
            self.options.seed,
            tuple(self.phases),
            start.first_round,
            start.first_batch,
            resumed.seconds if resumed else start.seconds,
            self.digests.data,
            self.digests.validation,
            VERSION,
            vector_width(),
            dict(self.memory.updates),
        )

    def _kept_of_round(self) -> dict[str, tuple[str, Parts]]:
        """What is kept of a round that is not over."""
        return {**self.seen.plain(), **self.watch.seen(self.seen.squares)}

    def _in_pass(self, in_round: int) -> int:
        """How many batches were taken of the pass of a generator that is not over."""
        if not isinstance(self.source, GeneratorSource):
            return 0
        return self.source.in_pass(self.batch, in_round)

    def criterion_value(self, name: str) -> float:
        """The value that a stopping criterion looks at: of validation, else of training."""
        seen = self.history.validations if self.validation is not None else self.history.rounds
        return float(number({name: seen.lists[name][-1]}, name))


def _looks(standing: weakref.ref[Standing]) -> Looks:
    """Gives looks at a training, and does not keep it alive."""

    def look() -> Look | None:
        found = standing()
        if found is None:
            raise Over
        return found.look()

    return look


def _stopper(options: Options, start: Start) -> Stopper | None:
    """What counts failures to improve, going on where the training before stood."""
    if options.stopping is None:
        return None
    stopper = Stopper(options.stopping)
    if start.moment is not None and start.moment.failures is not None:
        stopper.standing = start.moment.failures
    return stopper
