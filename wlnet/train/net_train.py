"""net_train: the public function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wlnet.core.errors import (
    Fault,
    NothingToTrainError,
    TrainingWarning,
    fail,
    warn,
)
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_by, checked_keywords
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.properties import Asked
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.nets.initialize import net_initialize
from wlnet.results import NetTrainResults, TrainingRecord
from wlnet.results.results import PROPERTIES
from wlnet.train.calls import Call, properties, read_call
from wlnet.train.course import trained
from wlnet.train.doubts import warn_of_losses
from wlnet.train.going_on import warn_of_schedule
from wlnet.train.input_form import input_form
from wlnet.train.interrupts import breaks_off
from wlnet.train.measurement_names import warn_of_top
from wlnet.train.parallel.alike import check_alike
from wlnet.train.parallel.options import takes_part


@breaks_off
@takes_part
@checked_keywords
def net_train(
    net: Any,
    data: Any,
    prop: Any = "TrainedNet",
    *,
    loss_function: Any = AUTOMATIC,
    class_weights: Any = None,
    example_weights: Any = None,
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
    batch_parts: Any = 1,
    communicator: Any = None,
) -> Any:
    """Train a net on data, every array at its own rate; the net given is never changed.

    net: a net, or the record of a training, which goes on where it stands.
    data: (inputs, outputs), [(x, y), ...], {"port": column, ...}, a list of dicts, or a function
    that gives or yields batches, f or (f, {"RoundLength": n}); it takes the state, or nothing.
    Without RoundLength a round is one pass of what yields, or one batch.
    prop: "TrainedNet", another property, a list of properties, or ALL for a NetTrainResults. A dict
    asks for what is measured: {"Property": "Loss" or a measurement, "Form": "List",
    "TransposedList" or "Plot", "Interval": "Round" or "Batch"}.
    learning_rate_multipliers: {part: rate, ...} or [(part, rate), ...] in order, the first match
    wins; 0 or None freezes, a negative rate climbs; one number is for all. Phases({round: rules})
    are others as time goes on.
    method: "ADAM", "RMSProp", "SGD", "SignSGD", (name, {option: value}), or a value such as
    Adam(beta1=0.95).
    batch_size: AUTOMATIC is min(64, examples), those of the most frequent length where there are
    several. max_training_rounds: AUTOMATIC is ceil(10000 / batches per round) within 10..10000,
    without a limit where there is a time_goal: seconds of training, in which compiling is not
    counted.
    loss_function: AUTOMATIC goes by the last layer; a loss, (port, loss), (port, AUTOMATIC), a port
    that is itself minimised, any with Scaled(r), a list of these, or ALL when every output is a
    loss. The total is minimised and told as "Loss"; single losses are told unscaled.
    class_weights: "Balanced", n / (k count) for each of the k classes, or {label: weight}, where
    others count 1; {port: either} for several outputs. example_weights: a column of numbers from 0
    on, or its name in the data. Both are multiplied; the loss of a batch is sum(weight loss) /
    (number of its examples). Validation goes by example_weights alone: of examples held out, and of
    a validation_set that has a column of that name.
    validation_set: data, a function that is asked once, before training, or Scaled(f) of the
    examples; with (..., {"Interval": n}) every n rounds and after the last one. The net of the best
    validation is returned.
    training_progress_measurements: what is measured of every batch, round and validation, as
    net_measurements names it; AUTOMATIC, the error rate of a net that learns classes. In a dict
    around it, "Key" is what the record calls it, "Interval": "Round" leaves single batches out, and
    "Direction": "Increasing" or "Decreasing" says what is better, so that a port or a function can
    be a stopping criterion; "Weighted": True counts examples and decisions as their weights say, in
    validation as its losses do, where each counts once otherwise. ROC curves and functions hold the
    outputs of a round in memory.
    "GradientsRMS", "UpdatesRMS" and "WeightsRMS" are told of every array by round, as properties.
    training_progress_function: f, (f, {"Interval": n rounds or (n, unit), "MinimumInterval":
    seconds, "Event": names}), or a list of these; an answer of "StopTraining" or "AbortTraining"
    ends the training. training_progress_checkpointing: ("File", "run.wlnet") or ("Directory",
    "runs"), each with {"Interval": ..., "Keep": n or "Best"}, or a list; net_resume goes on from
    there.
    training_progress_reporting: AUTOMATIC, a panel in a notebook, one live line in a terminal, else
    a line now and then; "Panel", "Print", "ProgressIndicator", ("File", "run.log"), an open file,
    f, None; each with options as a progress function, or a list of these.
    training_stopping_criterion: "Loss", a measurement ("ErrorRate", ("ErrorRate", 2)), with several
    outputs "<port>Loss" or "<port>/ErrorRate", a function, or {"Criterion": ..., "Patience": n,
    ...}. Functions given here, as progress function or as
    generator are told where the training stands by a mapping (wlnet.train.state.TrainingState).
    workers: threads at most, 256 if more are given; AUTOMATIC for the cores there are, which
        trainings at once share, OMP_NUM_THREADS at most; a single one where that is faster. The
        numbers are the same for any.
    frozen_prefix_bytes: what frozen layers at the beginning of the net make of the examples, then
    of those of the validation set, is computed once and kept when it fits, AUTOMATIC in a quarter
    of the memory available, 0 never; the numbers are the same. A generator's examples are not kept.
    batch_parts: into how many parts every batch is divided, a power of two; gradients are added up
    over them in a binary tree, so the number decides the last bits. communicator: of mpi4py, such
    as MPI.COMM_WORLD; its ranks, 1, 2, 4, ..., at most as many as there are parts, share them, and
    the numbers are the same for any. Every rank makes the same call, on the same data or on its
    Shard of them, and is given the same net; files, displays and functions are those of rank 0.

    Raises OptionError, RuleError, DataError, ShapeError; NothingToTrainError when everything is
    frozen and a property other than "TrainedNet" is asked for; RankError where another rank has
    ended the training, or stands still. Warns (TrainingWarning) of numbers that are no longer
    finite: the last finite arrays come back.

    >>> from wlnet.nets.chain import NetChain
    >>> trained = net_train(NetChain([1]), ([[1.0], [2.0]], [[2.0], [4.0]]), max_training_rounds=3)
    >>> trained.kind
    'NetChain'

    Wolfram Language: NetTrain.
    """
    given = dict(locals())
    call = read_call(Gathered(), given, usual_options())
    return carried_out(call, prop, input_form(net_train, given))


def carried_out(call: Call, prop: Any, words: tuple[str, ...]) -> Any:
    """What a call that was read asks for. words: those of the call, for the record."""
    names = call.names
    facts: dict[str, Any] = {"Properties": PROPERTIES.names()}
    if call.prepared is not None:
        facts["TrainingNet"] = call.prepared.training.net
    if set(names) <= facts.keys():
        return _answer(prop, names, facts)
    assert call.prepared is not None
    assert call.rules is not None
    prepared, rules, options = call.prepared, call.rules, call.options
    ready = net_initialize(prepared.net, random_seeding=options.seed)
    if not rules.ever_trains():
        _warn_of_nothing(rules.last.table, names)
        return _answer(prop, names, {"TrainedNet": prepared.opened(ready)})
    warn_of_losses(prepared.training)
    warn_of_schedule(prepared.source, options, call.start)
    if options.measurements is not AUTOMATIC:
        warn_of_top(options.measurements, prepared.training, "training_progress_measurements")
    check_alike(ready, options, call.digests)
    options = replace(options, input_form=words)

    def answered(record: TrainingRecord) -> Any:
        return answered_by(record, prop)

    return trained(ready, prepared, rules, options, call.start, call.digests, answered)


def answered_by(record: TrainingRecord, prop: Any) -> Any:
    """What is asked for of a record."""
    results = NetTrainResults(record)
    return results if prop is ALL else _answer(prop, properties(prop), results)


@functools.cache
def usual_options() -> Mapping[str, object]:
    """The options of net_train with their defaults, as its signature says."""
    rows = inspect.signature(net_train).parameters.values()
    return {row.name: row.default for row in rows if row.kind is row.KEYWORD_ONLY}


checked_by(lambda gathered, given: read_call(gathered, given, usual_options()))(
    inspect.unwrap(net_train)
)


def _answer(prop: Any, names: list[Asked], facts: Any) -> Any:
    """One value for one name, a list for a list."""
    return facts[names[0]] if isinstance(prop, (str, Mapping)) else [facts[name] for name in names]


def _warn_of_nothing(table: MultiplierTable, names: list[Asked]) -> None:
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
