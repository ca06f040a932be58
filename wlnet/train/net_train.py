"""net_train: the public function."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wlnet.core.errors import (
    Fault,
    NothingToTrainError,
    OptionError,
    TrainingWarning,
    brief,
    fail,
    warn,
)
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_by
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net
from wlnet.core.scaled import Scaled
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.nets.initialize import net_initialize
from wlnet.results import NetTrainResults, TrainingRecord
from wlnet.results.results import PROPERTIES
from wlnet.train.divergence import Diverged, warn_diverged
from wlnet.train.doubts import warn_of_losses
from wlnet.train.input_form import input_form
from wlnet.train.learners import Rates, read_rates
from wlnet.train.loop import Trainer
from wlnet.train.losses import TrainingNet, attach, training_net
from wlnet.train.measurement_names import check_fit
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options, read_options
from wlnet.train.preparation import Prepared, asks_functions, prepare
from wlnet.train.progress import Printer, asked, reporter
from wlnet.train.sources import ArraySource, Source
from wlnet.train.state import TrainingState
from wlnet.train.stopping import Stopper, check_measured, sign_of


def net_train(
    net: Any,
    data: Any,
    prop: Any = "TrainedNet",
    *,
    loss_function: Any = AUTOMATIC,
    learning_rate: Any = AUTOMATIC,
    learning_rate_multipliers: Any = AUTOMATIC,
    method: Any = "ADAM",
    batch_size: Any = AUTOMATIC,
    max_training_rounds: Any = AUTOMATIC,
    time_goal: Any = None,
    validation_set: Any = None,
    random_seeding: Any = 1234,
    training_progress_measurements: Any = AUTOMATIC,
    training_progress_function: Any = None,
    training_progress_reporting: Any = AUTOMATIC,
    training_progress_checkpointing: Any = None,
    training_stopping_criterion: Any = None,
    training_update_schedule: Any = AUTOMATIC,
    working_precision: Any = "Real32",
    target_device: Any = "CPU",
    workers: Any = AUTOMATIC,
    frozen_prefix_bytes: Any = AUTOMATIC,
) -> Any:
    """Train a net on data, every array at its own rate; the net given is never changed.

    data: (inputs, outputs), [(x, y), ...], {"port": column, ...}, a list of dicts, or a function
    that gives or yields batches, f or (f, {"RoundLength": n}); it takes the state, or nothing.
    Without RoundLength a round is one pass of what yields, or one batch.
    prop: "TrainedNet", another property, a list of properties, or ALL for a NetTrainResults.
    learning_rate_multipliers: {part: rate, ...} or [(part, rate), ...] in order, the first match
    wins; 0 or None freezes, a negative rate climbs; one number is for all.
    method: "ADAM", "RMSProp", "SGD", "SignSGD", (name, {option: value}), or a value such as
    Adam(beta1=0.95).
    batch_size: AUTOMATIC is min(64, examples). max_training_rounds: AUTOMATIC is
    ceil(10000 / batches per round) within 10..10000, without a limit where there is a time_goal:
    seconds of training, in which compiling is not counted.
    loss_function: AUTOMATIC goes by the last layer; a loss, (port, loss), (port, AUTOMATIC), a port
    that is itself minimised, any with Scaled(r), a list of these, or ALL when every output is a
    loss. The total is minimised and told as "Loss"; single losses are told unscaled.
    validation_set: data, or Scaled(f) of the examples; the net of the best validation is returned.
    training_stopping_criterion: "Loss", a measurement ("ErrorRate", ("ErrorRate", 2)), a function,
    or {"Criterion": ..., "Patience": n, ...}. Functions given here, as progress function or as
    generator are told where the training stands by a mapping (wlnet.train.state.TrainingState).
    workers: threads at most, AUTOMATIC for the cores there are, 256 if more are given; a single one
        where that is faster. The numbers are the same for any.
    frozen_prefix_bytes: what frozen layers at the beginning of the net make of the examples, then
    of those of the validation set, is computed once and kept when it fits, AUTOMATIC in a quarter
    of the memory available, 0 never; the numbers are the same. A generator's examples are not kept.

    Raises OptionError, RuleError, DataError, ShapeError; NothingToTrainError when everything is
    frozen and a property other than "TrainedNet" is asked for. Warns (TrainingWarning) of numbers
    that are no longer finite: the last finite arrays come back.

    >>> from wlnet.nets.chain import NetChain
    >>> trained = net_train(NetChain([1]), ([[1.0], [2.0]], [[2.0], [4.0]]), max_training_rounds=3)
    >>> trained.kind
    'NetChain'

    Wolfram Language: NetTrain.
    """
    given = dict(locals())
    call = _read(given, Gathered())
    names = call.names
    facts: dict[str, Any] = {"Properties": PROPERTIES.names()}
    if call.prepared is not None:
        facts["TrainingNet"] = call.prepared.training.net
    if set(names) <= facts.keys():
        return _answer(prop, names, facts)
    assert call.prepared is not None
    assert call.rates is not None
    prepared, rates, options = call.prepared, call.rates, call.options
    ready = net_initialize(prepared.net, random_seeding=options.seed)
    if not any(map(rates.groups.ever_moves, rates.table.trained_keys())):
        _warn_of_nothing(rates.table, names)
        return _answer(prop, names, {"TrainedNet": prepared.opened(ready)})
    warn_of_losses(prepared.net, prepared.training)
    record = _train(ready, prepared, rates, options)
    results = NetTrainResults(replace(record, input_form=input_form(net_train, given)))
    return results if prop is ALL else _answer(prop, names, results)


@dataclass(frozen=True)
class _Call:
    """A call of net_train, read and checked as far as can be without training.

    Without rates and prepared data where only names of properties are asked for.
    """

    names: list[str]
    options: Options
    rates: Rates | None = None
    prepared: Prepared | None = None


def _read(given: Mapping[str, Any], gathered: Gathered) -> _Call:
    """All arguments of a call. Raises what is wrong with any of them at once."""
    net = given["net"]
    names = gathered.attempt(lambda: _properties(given["prop"]))
    options, faults = read_options(given, usual_options())
    if faults:
        gathered.errors.append(fail(OptionError, faults))
    if not isinstance(net, Net):
        fault = Fault("net_train takes a net", given=brief(net))
        gathered.errors.append(fail(OptionError, fault))
        gathered.tell()
    if names == ["Properties"]:
        gathered.tell()
        return _Call(names, options)
    rates = gathered.attempt(lambda: read_rates(net, options))
    draft = gathered.attempt(lambda: training_net(net, options.loss_function))
    prepared = None
    if draft is not None:
        gathered.attempt(lambda: _check_measurements(draft, options))
        # What the user's functions give is asked for only by a call that goes on.
        if not (gathered.errors and asks_functions(given["data"])):
            prepared = gathered.attempt(lambda: prepare(net, given["data"], options, draft))
    gathered.tell()
    assert names is not None
    return _Call(names, options, rates, prepared)


def _check_measurements(training: TrainingNet, options: Options) -> None:
    """Raise OptionError for measurements that do not suit the targets, or a criterion that is not
    measured.
    """
    measurements = measurements_of(training, options)
    check_measured(options.stopping, measurements, len(training.targets))


def _check_rest(gathered: Gathered, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """The faults of a call besides its unknown keywords."""
    bound = inspect.signature(net_train).bind(*args, **options)
    bound.apply_defaults()
    _read(bound.arguments, gathered)


checked_by(_check_rest)(net_train)


@functools.cache
def usual_options() -> Mapping[str, Any]:
    """The options of net_train with their defaults, as its signature says."""
    rows = inspect.signature(net_train).parameters.values()
    return {row.name: row.default for row in rows if row.kind is row.KEYWORD_ONLY}


def _properties(prop: Any) -> list[str]:
    if prop is ALL:
        return PROPERTIES.names()
    names = (
        [prop] if isinstance(prop, str) else list(prop) if isinstance(prop, (list, tuple)) else None
    )
    if names is None:
        raise fail(
            OptionError,
            Fault(
                "what net_train shall return",
                given=brief(prop),
                expected='a property such as "TrainedNet", a list of these, or ALL',
                fix="inputs and outputs are one argument: net_train(net, (inputs, outputs))"
                if hasattr(prop, "__array__")
                else None,
            ),
        )
    return PROPERTIES.check_all(names)


def _answer(prop: Any, names: list[str], facts: Any) -> Any:
    """One value for one name, a list for a list."""
    return facts[names[0]] if isinstance(prop, str) else [facts[name] for name in names]


def _warn_of_nothing(table: MultiplierTable, names: list[str]) -> None:
    """Warn that nothing can learn.

    Raises NothingToTrainError where more is asked for than the net.
    """
    learnable = [row for row in table if not row.statistic]
    if not len(table):
        why = "the net has no arrays"
    elif not learnable:
        why = "the net has only running statistics, which no gradient moves"
    elif table.trained_keys():
        why = "training_update_schedule has no step for an array that learns"
    elif any(row.multiplier != 0 for row in table):
        why = "every array is frozen but running statistics, which no gradient moves"
    else:
        why = "every array is frozen"
    if table.trained_keys():
        given = f"{len(table.trained_keys())} arrays that learn, none of them in a group"
    else:
        given = f"{len(table)} arrays, none that a gradient may move"
    fault = Fault(
        f"nothing to train: {why}",
        given=given,
        fix='information(net, "ArraysLearningRateMultiplierSources") says which rule froze what'
        if learnable
        else "a net with a layer that learns, such as LinearLayer",
    )
    if set(names) != {"TrainedNet"}:
        raise fail(NothingToTrainError, fault)
    warn(TrainingWarning, fault)


def measurements_of(training: TrainingNet, options: Options) -> tuple[Measurement, ...]:
    """What is measured: as asked for, else the error rate of a net that learns classes."""
    at = "training_progress_measurements"
    if options.measurements is not AUTOMATIC:
        check_fit(options.measurements, training.forms, at)
        found: tuple[Measurement, ...] = options.measurements
        return found
    only = training.terms[0] if len(training.terms) == 1 else None
    is_entropy = (
        only is not None and only.loss is not None and only.loss.kind == "CrossEntropyLossLayer"
    )
    return (Measurement("ErrorRate"),) if is_entropy else ()


def _train(net: Net, prepared: Prepared, rates: Rates, options: Options) -> TrainingRecord:
    training = attach(net, prepared.training.terms)
    # A loss that is a net of its own may have arrays: they get their first numbers, and keep them.
    training = replace(training, net=net_initialize(training.net, random_seeding=options.seed))
    measurements = measurements_of(training, options)
    source, validation = prepared.source, prepared.validation
    if options.stopping is not None and validation is None:
        warn(
            TrainingWarning,
            Fault(
                "a stopping criterion without a validation set looks at the training values",
                fix="validation_set=Scaled(0.1)",
            ),
        )
    net = prepared.opened(net)
    trainer = Trainer(net, training, rates, options, source, validation, measurements)
    reason, message = _run(trainer, options)
    trained = replace_arrays(net, trainer.trained())
    h = trainer.history
    return TrainingRecord(
        trained_net=trained,
        training_net=training.net,
        multipliers=rates.table,
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
        batch_permutation=_last_batches(source, trainer.round),
        initial_learning_rate=options.learning_rate,
        final_learning_rate=trainer.stepper.rate,
        reason=reason,
        message=message,
        seconds=trainer.seconds,
        arrays=arrays_of(trained),
    )


def _last_batches(source: Source, number: int) -> tuple[tuple[int, ...], ...] | None:
    """The numbers of the examples in each batch of the last round; a generator has no examples."""
    if not isinstance(source, ArraySource) or not number:
        return None
    return tuple(tuple(batch.tolist()) for batch in source.batches(number))


def _held_out(validation: ArraySource | None, options: Options) -> tuple[int, ...] | None:
    """The numbers of the examples that Scaled(f) held out; None where it held out none."""
    if validation is None or not isinstance(options.validation_set, Scaled):
        return None
    return tuple(validation.numbers.tolist())


def _run(trainer: Trainer, options: Options) -> tuple[str, str | None]:
    """Train until something ends it; returns what did, and a message."""
    tell = reporter(options.reporting, trainer.source.unit)
    within = functools.partial(tell.within, trainer.state) if isinstance(tell, Printer) else None
    stopper = Stopper(options.stopping) if options.stopping is not None else None
    try:
        for ended in trainer.rounds(within):
            state = trainer.state()
            if tell is not None:
                tell(state)
            answer = asked(options.progress_function, state)
            if answer is not None:
                return answer, "the progress function said so"
            # First the clock: a round that it cut short has no values for a criterion to look at.
            if ended is not None:
                return ended, None
            if stopper is not None and _has_stalled(stopper, trainer, state):
                return "StoppingCriterion", None
    except Diverged as end:
        warn_diverged(str(end))
        return "WeightsDiverged", str(end)
    except KeyboardInterrupt:
        # An update is done or taken back, so the arrays are whole; the next interrupt is not caught
        # here.
        print("training stopped by the user; interrupt again to end the program", file=sys.stderr)
        trainer.settle()
        return "ManualStop", "interrupted"
    return "MaxTrainingRounds", None


def _has_stalled(stopper: Stopper, trainer: Trainer, state: TrainingState) -> bool:
    name = stopper.criterion.criterion
    if not isinstance(name, str):
        return stopper.asks(state)
    return stopper.fails(sign_of(name) * trainer.criterion_value(name))
