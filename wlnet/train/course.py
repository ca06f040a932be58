"""The course of a training: from a net with numbers to the record of what became of it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from wlnet.core.errors import Fault, TrainingWarning, warn
from wlnet.core.net import Net
from wlnet.core.scaled import Scaled
from wlnet.engine.sharing import at_work
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.results import TrainingRecord
from wlnet.train.audience import LAST_EVENTS, Audience
from wlnet.train.calls import measurements_of
from wlnet.train.digests import Digests
from wlnet.train.divergence import Diverged, warn_diverged
from wlnet.train.interrupts import Interrupts, interrupts
from wlnet.train.learners import TrainingRules
from wlnet.train.listeners import ROUND_COMPLETE
from wlnet.train.loop import Trainer
from wlnet.train.measurement_names import measured
from wlnet.train.options import Options
from wlnet.train.parallel.agreement import BrokenOff
from wlnet.train.preparation import Prepared
from wlnet.train.sources import ArraySource
from wlnet.train.start import Start

T = TypeVar("T")
ANSWERED = "the progress function said so"
STOPPED = "training stopped by the user; interrupt again to end the program"


def trained(
    net: Net,
    prepared: Prepared,
    rules: TrainingRules,
    options: Options,
    start: Start,
    digests: Digests,
    answered: Callable[[TrainingRecord], T],
) -> T:
    """Train a net with numbers, and answer by all that is known of it afterwards.

    From here on an interrupt breaks the training off, and there is an answer.
    """
    calls = interrupts()
    calls.hold()
    # A loss that is a net of its own may have arrays: they keep the numbers that they get here.
    training = prepared.training.initialized(net, options.seed)
    measurements = measurements_of(training, options)
    source, validation = prepared.source, prepared.validation
    if options.stopping is not None and options.stopping.is_named and validation is None:
        warn(
            TrainingWarning,
            Fault(
                "a stopping criterion without a validation set looks at the training values",
                fix="validation_set=Scaled(0.1)",
            ),
        )
    net = prepared.opened(net)
    trainer = Trainer(
        net, training, rules, options, source, validation, measurements, start, digests
    )
    audience = Audience(trainer, options, record_of)
    try:
        reason, message = _run(trainer, options, audience, calls)
        _once_more(lambda: audience.keep(reason, message), calls)
        _tell_last(audience, reason, message, calls)
    finally:
        audience.reporters.close()

    def answer() -> T:
        record = record_of(trainer, reason, message, is_last=True)
        return answered(replace(record, checkpointing_files=audience.files))

    return _once_more(answer, calls)


def record_of(
    trainer: Trainer, reason: str, message: str | None = None, is_last: bool = False
) -> TrainingRecord:
    """All that is known of a training as it stands. is_last: whether no step is to come."""
    options, source, start, h = trainer.options, trainer.source, trainer.start, trainer.history
    validation = trainer.validation
    now = trainer.memory.plain_arrays()
    after = replace_arrays(trainer.net, trainer.trained(now))
    return TrainingRecord(
        trained_net=after,
        training_net=_training_net(trainer),
        multipliers=trainer.table,
        method=(
            options.method.name,
            {**options.method.options(), "LearningRate": options.learning_rate},
        ),
        batch_size=source.batch_size,
        batches_per_round=trainer.plan.batches_per_round,
        round_positions=tuple(h.round_positions),
        batch_losses=tuple(h.batches.losses),
        batch_measurements=h.batches.frozen(),
        round_losses=tuple(h.rounds.losses),
        round_measurements=h.rounds.frozen(),
        validation_losses=tuple(h.validations.losses),
        validation_measurements=h.validations.frozen(),
        validation_positions=tuple(h.validation_positions),
        best_validation_round=h.best_round,
        examples_processed=h.examples,
        training_examples=source.examples,
        validation_examples=validation.examples if validation else None,
        held_out=_held_out(validation, options),
        batch_permutation=_last_batches(trainer),
        initial_learning_rate=options.learning_rate,
        final_learning_rate=trainer.learning_rate,
        reason=reason,
        message=message,
        seconds=trainer.seconds,
        arrays=arrays_of(after),
        before=start.record.before if start.record else arrays_of(trainer.net),
        moment=trainer.moment(now, is_last),
        calls=(*start.calls, trainer.call()),
        by_array=h.arrays.frozen(len(h.round_positions)),
        learning_rates=tuple(h.learning_rates),
        plot_types=_plot_types(trainer),
        input_form=options.input_form,
    )


def _training_net(trainer: Trainer) -> Net:
    """The net that is trained, as it was when the call began."""
    start = trainer.start
    if start.record is not None and start.resumed is not None and start.is_same:
        return start.record.training_net
    return trainer.training.net


def _plot_types(trainer: Trainer) -> dict[str, str]:
    """The axes that measurements are drawn over where that was said, in this call or before."""
    places = measured(trainer.measurements, trainer.training)
    said = {each.key: each.measurement.plot_type for each in places}
    before = trainer.start.record.plot_types if trainer.start.record else {}
    return before | {key: kind for key, kind in said.items() if kind is not None}


def _last_batches(trainer: Trainer) -> tuple[tuple[int, ...], ...] | None:
    """The numbers of the examples in each batch of the round that the last step was in.

    None without a step, and for a generator, which has no examples.
    """
    source = trainer.source
    if not isinstance(source, ArraySource) or not trainer.batch:
        return None
    number = len(trainer.history.round_positions) + (trainer.in_round > 0)
    return tuple(tuple(batch.tolist()) for batch in source.batches(number))


def _held_out(validation: ArraySource | None, options: Options) -> tuple[int, ...] | None:
    """The numbers of the examples that Scaled(f) held out; None where it held out none."""
    if validation is None or not isinstance(options.validation_set, Scaled):
        return None
    return tuple(validation.numbers.tolist())


def _run(
    trainer: Trainer, options: Options, audience: Audience, calls: Interrupts
) -> tuple[str, str | None]:
    """Train until something ends it; returns what did, and a message."""
    try:
        # An interrupt of one rank ends all of them at the same step: where they agree.
        is_shared = options.exchange.ranks > 1
        with at_work(), calls.held() if is_shared else calls.let():
            return _rounds(trainer, options, audience)
    except Diverged as end:
        audience.reporters.rest()
        warn_diverged(str(end), trainer.batch)
        return "WeightsDiverged", str(end)
    except KeyboardInterrupt as end:
        if options.exchange.ranks > 1 and not isinstance(end, BrokenOff):
            # It did not come where ranks agree: others may be anywhere, and are told.
            raise
        # An update is done or taken back, so the arrays are whole; the next interrupt is not caught
        # here.
        calls.hold()
        trainer.settle()
        calls.heed()
        audience.reporters.rest()
        with contextlib.suppress(OSError, ValueError):  # nobody may be there to read it
            print(_stopped_by(end), file=sys.stderr)
        return "ManualStop", str(end) or "interrupted"
    except (Exception, SystemExit) as error:
        # What a function of the user raises ends the call; what was trained is in the checkpoint.
        if options.exchange.ranks > 1:
            # Others may be anywhere: they are told, and nothing more is done together.
            audience.reporters.end("Error", type(error).__name__)
            raise
        trainer.settle()
        audience.keep("Error")
        audience.reporters.end("Error", type(error).__name__)
        raise


def _stopped_by(end: KeyboardInterrupt) -> str:
    return f"{end}: {STOPPED}" if isinstance(end, BrokenOff) else STOPPED


def _rounds(trainer: Trainer, options: Options, audience: Audience) -> tuple[str, str | None]:
    """All rounds, or those until somebody ends them; see `_run`."""
    answer = audience.hear("TrainingStarted")
    if answer is not None:
        return answer, ANSWERED
    if _was_stalled(trainer):
        return "StoppingCriterion", None
    for happening in trainer.rounds():
        is_end = happening.event == ROUND_COMPLETE and happening.is_whole
        # Whoever ends the training here: a function that is the criterion has looked at the round.
        has_stalled = is_end and _asks_to_stop(trainer, audience)
        answer = audience.hear(happening.event, happening.is_whole)
        if answer is not None:
            return _stopped(trainer, audience, answer)
        # First the clock: a round that it cut short has no values for a criterion to look at.
        if happening.ended is not None:
            return happening.ended, None
        if has_stalled:
            trainer.judge()
            return "StoppingCriterion", None
        answer = audience.keep_if_due(happening.event)
        if answer is not None:
            return _stopped(trainer, audience, answer)
    return "MaxTrainingRounds", None


def _stopped(trainer: Trainer, audience: Audience, answer: str) -> tuple[str, str | None]:
    """The end of a training that a function of the user ends between two steps."""
    is_judged = answer != "Aborted"
    trainer.finish_round(judges=is_judged)
    if is_judged:
        # Whoever takes it up again goes on as if nobody had stopped it to judge.
        audience.keep(answer, ANSWERED)
        trainer.judge()
    return answer, ANSWERED


def _asks_to_stop(trainer: Trainer, audience: Audience) -> bool:
    """Whether a function that is the stopping criterion ends the training after this round."""
    stopper = trainer.stopper
    if stopper is None or stopper.criterion.is_named:
        return False
    return audience.ask(stopper.asks)


def _was_stalled(trainer: Trainer) -> bool:
    """Whether the training that is taken up was broken off when its criterion had been met, before
    that ended it."""
    record, stopper = trainer.start.record, trainer.stopper
    if not trainer.start.resumed or record is None or stopper is None:
        return False
    return stopper.has_failed and record.reason != "StoppingCriterion"


def _tell_last(audience: Audience, reason: str, message: str | None, calls: Interrupts) -> None:
    """Tell of the end. It may take long, and an interrupt ends only that: nothing else is left."""
    if calls.has_come:
        calls.heed()
    is_first = not calls.is_heeded
    try:
        with calls.held() if audience.is_shared else calls.let():
            audience.hear(LAST_EVENTS[reason])
            audience.reporters.end(reason, message)
    except KeyboardInterrupt:
        calls.hold()
        if not is_first:
            raise
        calls.heed()


def _once_more(step: Callable[[], T], calls: Interrupts) -> T:
    """What a step gives that may be taken twice: a first interrupt that a handler of the user
    raised is passed over, as nothing is left that it could stop."""
    try:
        return step()
    except KeyboardInterrupt:
        if calls.has_come:
            raise
        return step()
