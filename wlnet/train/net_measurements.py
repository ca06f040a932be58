"""net_measurements: how good a net is on data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from wlnet.core.batches import BATCH
from wlnet.core.errors import Fault, NotInitializedError, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_by
from wlnet.core.net import Net
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.arguments import check_choice, check_count, check_workers
from wlnet.kernels.language import Precision
from wlnet.nets.arrays import arrays_of, is_initialized
from wlnet.nets.inference import check_known
from wlnet.results.class_labels import labels_at
from wlnet.results.class_table import Kept, Shown, shown
from wlnet.train.class_weights import ClassWeights, read_class_weights
from wlnet.train.doubts import check_targets, warn_of_losses
from wlnet.train.history import LOSS, Values, number
from wlnet.train.losses import loss_terms
from wlnet.train.measurement_names import (
    as_measurements,
    check_fit,
    measured,
    suits,
    warn_of_top,
)
from wlnet.train.measurements import DRAWN, TABLE, Measurement, named
from wlnet.train.net_train import usual_options
from wlnet.train.options import read_options
from wlnet.train.preparation import examples_of
from wlnet.train.programs import Programs
from wlnet.train.reading import asks_functions
from wlnet.train.sources import ArraySource
from wlnet.train.training_net import TrainingNet, checked
from wlnet.train.weighed import may_weigh
from wlnet.train.weights import read_example_weights


def net_measurements(
    net: Any,
    data: Any,
    measurements: Any,
    *,
    loss_function: Any = AUTOMATIC,
    class_weights: Any = None,
    example_weights: Any = None,
    working_precision: Any = "Real32",
    workers: Any = AUTOMATIC,
) -> Any:
    """How good a trained net is on data that were not used to train it.

    data: as net_train takes them; labels as the net's decoder knows them, or 1..n without one. A
    function is asked once, for a pass or for as many examples as its RoundLength. Sizes that a port
    leaves open are those of the data.
    measurements: one of the following, a list of these, or ALL for a dict of all that suit the net.

    * "Loss": the sum of all losses, scaled as loss_function says; of several or scaled ones each is
      told unscaled as well, as "<port>Loss".
    * A name: `wlnet.train.measurements.TABLE` has them. Of classes, agreement: Accuracy, ErrorRate
      (also of the top n: ("ErrorRate", n)), BalancedAccuracy, CohenKappa, ScottPi,
      MatthewsCorrelationCoefficient, ConfusionMatrix (rows are the true classes); probabilities:
      Entropy (in nats), Perplexity, AreaUnderROCCurve, ROCCurve (arrays of the shape (points, 2):
      false and true positive rate), and ConfusionMatrixPlot and ROCCurvePlot, the same as pictures
      (not in ALL); one class against the rest: Precision, Recall, Specificity,
      NegativePredictiveValue, F1Score, ("FScore", beta), Informedness, Markedness,
      FalseDiscoveryRate, FalseNegativeRate, FalseOmissionRate, FalsePositiveRate,
      TruePositiveNumber, TrueNegativeNumber, FalsePositiveNumber, FalseNegativeNumber. Of numbers:
      FractionVarianceUnexplained, MeanDeviation, MeanSquare, RSquared, StandardDeviation (of what
      is missed, from 0), of each number by itself, and then the mean over them;
      IntersectionOverUnion of boxes, outputs of the shape (..., 4) or (..., 2, 2). What is of one
      class is that of True where there are two states, else the mean over the classes that occur;
      0 of nothing is 0, and an area without members, or without others, NaN.
    * NetPort("layer", "Output"): the mean of what flows there, over examples and numbers.
    * A function of predictions and targets, read-only arrays with an example a row (classes as
      numbers from 1), that gives a number. It is called once, with all examples; of more than
      256 MB, batch by batch, and the mean by sizes is told, with a warning.
    * {"Measurement": one of these, ...} with "ClassAveraging": "Macro", "Micro" (of the sums of
      counts) or None (an array, by class); "Aggregation" of a port: "Mean", "RootMeanSquare",
      "StandardDeviation" or None (the mean over the examples, in the shape of the port); "Source":
      the only output to measure; and what only a training asks for (see net_train).

    class_weights, example_weights: as in net_train; "Balanced" goes by these data. Losses are then
    sum(weight loss) / examples, and measurements count as their examples or decisions weigh, as
    with sample_weight in scikit-learn; ports and functions have no weights. What shall count each
    decision once all the same: {"Measurement": ..., "Weighted": False}.
    working_precision: "Real32" or "Real64". workers: as in net_train.

    Gives the value, or a list for a list; for a net with several outputs that have targets, a
    dict in place of each value (not of ports), by the output ports that it says something about.
    Arrays are read-only. Raises
    OptionError for measurements that are unknown or suit no targets and for options that are
    wrong, DataError or ShapeError for data that do not fit, NotInitializedError for a net without
    numbers.

    >>> from wlnet.layers import LinearLayer
    >>> double = LinearLayer(1, weights=[[2]], biases=None)
    >>> net_measurements(double, ([[1], [2], [3]], [[2], [4], [7]]), ["MeanDeviation", "Loss"])
    [0.3333333333333333, 0.3333333333333333]

    Wolfram Language: NetMeasurements.
    """
    call = _read(Gathered(), dict(locals()))
    training, wanted = call.training, call.wanted
    if loss_function is not AUTOMATIC:
        warn_of_losses(training)
    # ALL asks for no top n.
    warn_of_top(
        [each for each in wanted if isinstance(each, Measurement)], training, "measurements"
    )
    count = None if workers is AUTOMATIC else check_count("workers", workers)
    # What is asked for twice is tallied once.
    asked = tuple(dict.fromkeys(each for each in wanted if isinstance(each, Measurement)))
    found = _values(training, call.source, asked, working_precision, count)
    values = [_value(each, training, found) for each in wanted]
    if measurements is ALL:
        return {
            each if isinstance(each, str) else each.key: value
            for each, value in zip(wanted, values, strict=True)
        }
    return values if isinstance(measurements, list) else values[0]


@dataclass(frozen=True)
class _Call:
    """A call of net_measurements, read and checked. wanted: measurements, and losses by name."""

    training: TrainingNet
    wanted: list[Measurement | str]
    source: ArraySource


def _read(gathered: Gathered, given: Mapping[str, object]) -> _Call:
    """All arguments of a call. Raises what is wrong with any of them at once."""
    net, loss_function, precision = (
        given[name] for name in ("net", "loss_function", "working_precision")
    )
    choices = tuple(DTYPES)
    gathered.attempt(lambda: check_choice("working_precision", precision, choices))
    gathered.attempt(lambda: check_workers(given["workers"]))
    gathered.attempt(lambda: _check_net(net))
    training = None
    if isinstance(net, Net):
        training = gathered.attempt(
            lambda: checked(TrainingNet(net, loss_terms(net, loss_function)))
        )
    wanted = gathered.attempt(lambda: _wanted(given["measurements"], training))
    if training is None:
        gathered.tell()
    assert training is not None
    if loss_function is not AUTOMATIC:
        gathered.attempt(lambda: check_targets(training, given["data"]))
    weights = gathered.attempt(lambda: _weights(given))
    classes, examples = weights or (None, None)
    if (classes is not None or examples is not None) and wanted is not None:
        asked = wanted
        wanted = gathered.attempt(lambda: _weighed(asked, given["measurements"]))
    found = None
    # What a function gives is asked for only by a call that goes on.
    if not (gathered.errors and asks_functions(given["data"])):
        asked_for = {"loss_function": loss_function, "example_weights": examples}
        if not gathered.errors:
            asked_for["working_precision"] = precision
        options, _ = read_options(asked_for, usual_options())
        found = gathered.attempt(
            lambda: examples_of(given["data"], training, options, [*given], classes)
        )
    gathered.tell()
    assert found is not None
    assert wanted is not None
    return _Call(found[0], wanted, found[1])


def _weights(given: Mapping[str, object]) -> tuple[ClassWeights | None, object]:
    """Weights of classes and of examples. Raises OptionError."""
    classes, faults = read_class_weights(given["class_weights"], "class_weights")
    examples, more = read_example_weights(given["example_weights"], "example_weights")
    if faults or more:
        raise fail(OptionError, [*faults, *more])
    return classes, examples


def _weighed(wanted: list[Measurement | str], given: object) -> list[Measurement | str]:
    """What can be measured with weights, and goes by them where nothing else was said. Raises
    OptionError for others that were asked for."""

    def may(each: Measurement | str) -> bool:
        return isinstance(each, str) or may_weigh(each) or each.weighted is False

    if given is not ALL and not all(map(may, wanted)):
        others = [each.key for each in wanted if isinstance(each, Measurement) and not may(each)]
        what = "measurements that have no weights"
        fix = '{"Measurement": ..., "Weighted": False}, or a measurement by its name'
        raise fail(OptionError, Fault(what, at="measurements", given=", ".join(others), fix=fix))
    return [
        each if isinstance(each, str) or each.weighted is not None else replace(each, weighted=True)
        for each in filter(may, wanted)
    ]


checked_by(_read)(net_measurements)


def _check_net(net: object) -> None:
    """Raise for what is no net, or a net without numbers."""
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_measurements takes a net", given=brief(net)))
    check_known(net)
    if not is_initialized(net):
        raise fail(
            NotInitializedError,
            Fault(
                "a net without numbers cannot be measured",
                at=net.kind,
                fix="net_initialize(net), or net_train(net, ...)",
            ),
        )


def _wanted(given: object, training: TrainingNet | None) -> list[Measurement | str]:
    """The measurements in the order asked for; a loss by its name. Raises OptionError.

    training: None where losses are not known, and so neither their names nor the targets.
    """
    losses = [LOSS, *(training.told_losses.values() if training else ())]
    if given is ALL:
        # Pictures show what others tell: who wants them asks for them.
        fitting = (named(name) for name in TABLE if name not in DRAWN)
        return [*losses, *(each for each in fitting if training and suits(each, training))]
    items = given if isinstance(given, list) else [given]
    if given is None or given is AUTOMATIC or not items:
        raise fail(
            OptionError,
            Fault(
                "what is to be measured",
                at="measurements",
                given=brief(given),
                known=[*losses, *TABLE],
            ),
        )

    def is_loss(each: object) -> TypeGuard[str]:
        return isinstance(each, str) and (
            each in losses or (training is None and each.endswith(LOSS))
        )

    as_measurements([each for each in items if not is_loss(each)], "measurements", losses)
    found: list[Measurement | str] = []
    for each in items:
        found += [each] if is_loss(each) else as_measurements(each, "measurements")
    if training is not None:
        check_fit(
            tuple(each for each in found if isinstance(each, Measurement)),
            training,
            "measurements",
        )
    return found


def _values(
    training: TrainingNet,
    source: ArraySource,
    asked: tuple[Measurement, ...],
    precision: Precision,
    workers: int | None,
) -> Values:
    arrays = arrays_of(training.user)
    constants = frozenset(arrays)
    programs = Programs(
        training,
        precision,
        0,
        BATCH,
        asked,
        constants=constants,
        workers=workers,
    )
    dtype = DTYPES[precision]
    programs.use({key: array.astype(dtype, copy=False) for key, array in arrays.items()}, {})
    return programs.test(source).values()


def _value(
    each: Measurement | str, training: TrainingNet, found: Values
) -> Shown | dict[str, Shown]:
    if isinstance(each, str):
        return number(found, each)
    places = measured([each], training)
    if len(training.targets) == 1 or not places[0].port:
        return _shown(found[each.key], training, places[0].port)
    return {place.port: _shown(found[place.key], training, place.port) for place in places}


def _shown(value: Kept, training: TrainingNet, port: str) -> Shown:
    return shown(value, lambda: labels_at(training.user, port))
