"""net_train: the public function."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.errors import (
    DataError,
    Fault,
    NothingToTrainError,
    OptionError,
    TrainingWarning,
    fail,
    warn,
)
from wlnet.core.multipliers import MultiplierTable, multiplier_table
from wlnet.core.net import Net
from wlnet.core.scaled import Scaled
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.evaluate.columns import Array, encode
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.nets.inference import inference, inferred_port
from wlnet.nets.initialize import net_initialize
from wlnet.results import NetTrainResults, TrainingRecord
from wlnet.results.results import PROPERTIES
from wlnet.train.data import Generator, read_data
from wlnet.train.fitting import fit
from wlnet.train.loop import Diverged, Trainer, warn_diverged
from wlnet.train.losses import TrainingNet, attach, loss_terms
from wlnet.train.measurements import Measurement
from wlnet.train.options import BATCH, Options, automatic_rounds, read_options
from wlnet.train.progress import reporter
from wlnet.train.sources import ArraySource, GeneratorSource, Source
from wlnet.train.stopping import Stopper


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
) -> Any:
    """Train a net on data, every array at its own rate; the net given is never changed.

    data: (inputs, outputs), [(x, y), ...], {"port": column, ...}, a list of dicts, or a function giving batches.
    prop: "TrainedNet", another property, a list of properties, or ALL for a NetTrainResults.
    learning_rate_multipliers: {part: rate, ...} or [(part, rate), ...] in order, the first match wins; 0 or None
    freezes, a negative rate climbs; one number is for all.
    method: "ADAM", "RMSProp", "SGD", "SignSGD", (name, {option: value}), or a value such as Adam(beta1=0.95).
    batch_size: AUTOMATIC is min(64, examples). max_training_rounds: AUTOMATIC is ceil(10000 / batches per round)
    within 10..10000. validation_set: data, or Scaled(f) of the examples.

    Raises OptionError, RuleError, DataError, ShapeError; NothingToTrainError when everything is frozen and a
    property other than "TrainedNet" is asked for.

    >>> from wlnet.nets.chain import NetChain
    >>> trained = net_train(NetChain([1]), ([[1.0], [2.0]], [[2.0], [4.0]]), max_training_rounds=3)
    >>> trained.kind
    'NetChain'

    Wolfram Language: NetTrain.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_train takes a net", given=repr(net)[:80]))
    asked = _properties(prop)
    options = read_options(
        loss_function=loss_function, learning_rate=learning_rate,
        learning_rate_multipliers=learning_rate_multipliers, method=method, batch_size=batch_size,
        max_training_rounds=max_training_rounds, time_goal=time_goal, validation_set=validation_set,
        random_seeding=random_seeding, training_progress_measurements=training_progress_measurements,
        training_progress_function=training_progress_function,
        training_progress_reporting=training_progress_reporting,
        training_progress_checkpointing=training_progress_checkpointing,
        training_stopping_criterion=training_stopping_criterion,
        training_update_schedule=training_update_schedule, working_precision=working_precision,
        target_device=target_device, workers=workers,
    )
    if asked == ["Properties"]:
        return PROPERTIES.names()
    table = multiplier_table(net, options.rules)
    net, training, source, validation = _prepare(net, data, options)
    if asked == ["TrainingNet"]:
        return training.net
    net = net_initialize(net, random_seeding=options.seed)
    if not table.trained_keys():
        return _nothing_to_train(net, table, asked)
    training = attach(net, loss_terms(net, options.loss_function))
    record = _train(net, training, table, options, source, validation)
    results = NetTrainResults(record)
    if prop is ALL:
        return results
    if isinstance(prop, str):
        return results[prop]
    return [results[name] for name in asked]


def _properties(prop: Any) -> list[str]:
    if prop is ALL:
        return PROPERTIES.names()
    names = [prop] if isinstance(prop, str) else list(prop) if isinstance(prop, (list, tuple)) else None
    if names is None:
        raise fail(OptionError, Fault("what net_train shall return", given=repr(prop)[:60],
                                      expected='a property such as "TrainedNet", a list of these, or ALL'))
    return [PROPERTIES.check(name) for name in names]


def _nothing_to_train(net: Net, table: MultiplierTable, asked: list[str]) -> Any:
    why = "every array is frozen" if len(table) else "the net has no arrays"
    fault = Fault(f"nothing to train: {why}", given=f"{len(table)} arrays, none with a rate other than 0",
                  fix='information(net, "ArraysLearningRateMultiplierSources") says which rule froze what')
    if asked != ["TrainedNet"]:
        raise fail(NothingToTrainError, fault)
    warn(TrainingWarning, fault)
    return net


def _prepare(net: Net, data: Any, options: Options) -> tuple[Net, TrainingNet, Source, ArraySource | None]:
    """The net fitted to its data, and encoded examples to train and to validate on."""
    draft = attach(net, loss_terms(net, options.loss_function))
    found = read_data(data, draft.columns, net.input_names)
    size = options.batch_size
    if isinstance(found, Generator):
        return _prepare_generator(net, found, draft, options)
    net, training = fit(net, found, options.loss_function)
    net = _with_data_shapes(net, training, found)
    training = attach(net, loss_terms(net, options.loss_function))
    columns = _encode(training, found, options)
    count = len(next(iter(columns.values())))
    batch = min(BATCH, count) if size is AUTOMATIC else min(size, count)
    source = ArraySource(columns, batch, options.seed)
    validation = None
    if isinstance(options.validation_set, Scaled):
        source, validation = source.split(options.validation_set.factor)
    elif options.validation_set is not None:
        validation = _validation(options.validation_set, net, training, batch, options)
    return net, training, source, validation


def _validation(given: Any, net: Net, training: TrainingNet, batch: int, options: Options) -> ArraySource:
    held = read_data(given, training.columns, net.input_names, "validation_set")
    if isinstance(held, Generator):
        raise fail(DataError, Fault("a validation set is data, not a generator", at="validation_set"))
    return ArraySource(_encode(training, held, options), batch, options.seed)


def _prepare_generator(
    net: Net, found: Generator, draft: TrainingNet, options: Options
) -> tuple[Net, TrainingNet, Source, ArraySource | None]:
    size = BATCH if options.batch_size is AUTOMATIC else options.batch_size
    if isinstance(options.validation_set, Scaled):
        raise fail(DataError, Fault("Scaled needs examples to hold out, a generator has none", at="validation_set"))
    first = found.function({"BatchSize": size, "Round": 1, "AbsoluteBatch": 0, "Net": net})
    columns = read_data(first, draft.columns, net.input_names, "the generator's batch")
    if isinstance(columns, Generator):
        raise fail(DataError, Fault("a generator gives examples, not a function"))
    net, training = fit(net, columns, options.loss_function)
    net = _with_data_shapes(net, training, columns)
    training = attach(net, loss_terms(net, options.loss_function))

    def encoded(batch: Any) -> Mapping[str, Array]:
        got = read_data(batch, training.columns, net.input_names, "the generator's batch")
        assert not isinstance(got, Generator)
        return _encode(training, got, options)

    source = GeneratorSource(found.function, encoded, size, found.round_length)
    validation = None
    if options.validation_set is not None:
        validation = _validation(options.validation_set, net, training, size, options)
    return net, training, source, validation


def _with_data_shapes(net: Net, training: TrainingNet, columns: Mapping[str, Any]) -> Net:
    """Indices and partly open shapes that only the examples themselves decide."""
    ports = dict(net.ports)
    for name in net.input_names:
        port = inferred_port(net, name)
        if name in columns and port.coder is None and (port.shape is None or None in port.shape):
            shape = tuple(np.shape(columns[name])[1:])
            inference(net, {name: shape})
            ports[name] = type(port)(shape, net.ports[name].element, None)
    return net if ports == dict(net.ports) else net._with(ports=ports)


def _encode(training: TrainingNet, columns: Mapping[str, Any], options: Options) -> dict[str, Array]:
    dtype = np.float64 if options.precision == "Real64" else np.float32
    solution = inference(training.net)
    encoded = {}
    for name in training.columns:
        port = inferred_port(training.net, name)
        array = encode(port, name, columns[name], solution.ports[(), name].below)
        encoded[name] = array if array.dtype.kind == "i" else array.astype(dtype, copy=False)
    return encoded


def _measurements(training: TrainingNet, options: Options) -> tuple[Measurement, ...]:
    if options.measurements is not AUTOMATIC:
        chosen: tuple[Measurement, ...] = options.measurements
        if chosen and not training.targets:
            raise fail(OptionError, Fault("measurements need outputs with targets", at="training_progress_measurements",
                                          given=", ".join(m.name for m in chosen)))
        return chosen
    only = training.terms[0] if len(training.terms) == 1 else None
    is_entropy = only is not None and only.loss is not None and only.loss.kind == "CrossEntropyLossLayer"
    return (Measurement("ErrorRate"),) if is_entropy else ()


def _train(
    net: Net, training: TrainingNet, table: MultiplierTable, options: Options,
    source: Source, validation: ArraySource | None,
) -> TrainingRecord:
    if options.stopping is not None and validation is None:
        warn(TrainingWarning, Fault("a stopping criterion without a validation set looks at the training values",
                                    fix="validation_set=Scaled(0.1)"))
    started = time.perf_counter()
    trainer = Trainer(net, training, table, options, source, validation, _measurements(training, options))
    total = automatic_rounds(source.batches_per_round) if options.max_rounds is AUTOMATIC else options.max_rounds
    reason, message = _run(trainer, total, options)
    arrays = trainer.best if trainer.best is not None else trainer.moved()
    trained = replace_arrays(net, arrays)
    h = trainer.history

    def others(values: dict[str, list[float]]) -> dict[str, tuple[float, ...]]:
        return {name: tuple(column) for name, column in values.items() if name != "Loss"}

    return TrainingRecord(
        trained_net=trained, training_net=training.net, multipliers=table,
        method=(options.method.name, {**options.method.options(), "LearningRate": options.learning_rate}),
        batch_size=source.batch_size, batches_per_round=source.batches_per_round,
        batch_losses=tuple(h.batches["Loss"]), batch_measurements=others(h.batches),
        round_losses=tuple(h.rounds["Loss"]), round_measurements=others(h.rounds),
        validation_losses=tuple(h.validations["Loss"]), validation_measurements=others(h.validations),
        validation_positions=tuple(h.validation_positions), best_validation_round=h.best_round,
        examples_processed=h.examples, training_examples=source.examples,
        validation_examples=validation.examples if validation else None,
        initial_learning_rate=options.learning_rate, final_learning_rate=trainer.rate,
        reason=reason, message=message, seconds=time.perf_counter() - started,
        notes={"arrays": arrays_of(trained)},
    )


def _run(trainer: Trainer, total: int, options: Options) -> tuple[str, str | None]:
    """Train until something ends it; returns what did, and a message."""
    tell = reporter(options.reporting)
    stopper = Stopper(options.stopping) if options.stopping is not None else None
    try:
        for _ in trainer.rounds(total):
            state = trainer.state()
            if tell is not None:
                tell(state)
            answer = _ask(trainer, options, state)
            if answer == "StopTraining":
                return "ManualStop", "the progress function said so"
            if answer == "AbortTraining":
                return "Aborted", "the progress function said so"
            if stopper is not None and stopper.should_stop(state, trainer.criterion_value(stopper)):
                return "StoppingCriterion", None
            if trainer.late:
                return "TimeGoal", None
    except Diverged as end:
        warn_diverged(str(end))
        return "WeightsDiverged", str(end)
    except KeyboardInterrupt:
        # The arrays are whole: an update is never left half done for long, and the next interrupt ends it all.
        with contextlib.suppress(BrokenPipeError):
            print("training stopped by the user; interrupt again to end the program")
        return "ManualStop", "interrupted"
    return "MaxTrainingRounds", None


def _ask(trainer: Trainer, options: Options, state: dict[str, Any]) -> Any:
    if options.progress_function is None:
        return None
    return options.progress_function({**state, "Net": replace_arrays(trainer.net, trainer.moved())})
