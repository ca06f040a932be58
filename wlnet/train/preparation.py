"""From what the user gives to what the loop runs on: a fitted net and encoded batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.batches import BATCH
from wlnet.core.errors import WlnetError
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.scaled import Scaled
from wlnet.core.shard import Shard
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.class_weights import ClassWeights
from wlnet.train.data import Generator
from wlnet.train.doubts import check_targets, warn_of_small_batches
from wlnet.train.drawn import drawn
from wlnet.train.encoding import class_columns
from wlnet.train.examples import WeightsAsked
from wlnet.train.fitting import fitted_to, sized_to
from wlnet.train.generated import place
from wlnet.train.open_sizes import ports_after
from wlnet.train.options import Options, option_names
from wlnet.train.parallel.shards import check_shard, sharded
from wlnet.train.reading import (
    VALIDATION,
    asks_functions,
    first_batch,
    generated,
    read,
    size_of,
    source_of,
)
from wlnet.train.sources import ArraySource, Source
from wlnet.train.start import NEW, Start
from wlnet.train.training_net import TrainingNet, checked
from wlnet.train.validation import check_validation, has_data, held_source
from wlnet.train.weights import (
    check_comes_with_batches,
    check_name,
    weigher_of,
    weighted,
    weights_of,
)


@dataclass(frozen=True)
class Prepared:
    """A net with its open ports filled, its training net, and where its batches come from.

    ports: those of the net that comes back; what was open to several sizes is so again.
    """

    training: TrainingNet
    source: Source
    validation: ArraySource | None
    ports: Mapping[str, PortType]

    @property
    def net(self) -> Net:
        return self.training.user

    def opened(self, net: Net) -> Net:
        """The net with numbers, which takes all the sizes that it took before it was fitted."""
        return net if dict(net.ports) == self.ports else net._with(ports=dict(self.ports))


def prepare(
    data: object, options: Options, draft: TrainingNet, start: Start = NEW, *, asks: bool = True
) -> Prepared:
    """A net fitted to its data, and examples to train and to validate on.

    draft: the net as it was given, with its losses. start: where the training begins. asks:
    whether functions are asked for what to validate on, which a call that cannot go on does not do.
    Raises DataError, ShapeError; OptionError for a port as a loss that the data bring a target for.
    """
    if asks_functions(data):
        checked(draft)
    try:
        return _all_of_it(data, options, draft, start, asks)
    except WlnetError:
        # A loss that does not fit the net is told first, and alone.
        checked(draft)
        raise


def _all_of_it(
    data: object, options: Options, draft: TrainingNet, start: Start, asks: bool
) -> Prepared:
    """Raises what is wrong with data and with a validation set at once."""
    if options.loss_function is not AUTOMATIC:
        check_targets(draft, data)
    gathered = Gathered()
    prepared = gathered.attempt(lambda: _prepared(data, options, draft, start, asks))
    if prepared is None and has_data(options.validation_set):
        # What can be said of it without a net that is fitted to the examples.
        gathered.attempt(lambda: check_validation(draft, options))
    gathered.tell()
    assert prepared is not None
    return prepared


def _prepared(
    data: object, options: Options, draft: TrainingNet, start: Start, asks: bool
) -> Prepared:
    check_name(options.example_weights, draft)
    asked = WeightsAsked(options.example_weights)
    is_share = isinstance(data, Shard)
    data = data.data if isinstance(data, Shard) else data
    found = read(data, draft, "data", options.precision, option_names(), asked)
    check_shard(is_share, options)
    if isinstance(found, Generator):
        at = place(1, 1)
        first, is_next = first_batch(found, draft, options, at, start)
    else:
        at, first = "data", found
    fitted = fitted_to(first.columns, draft, options.precision, at)
    gathered = Gathered()
    beside = gathered.attempt(
        lambda: weighted(fitted, options.class_weights, options.example_weights)
    )
    source: Source
    validation = None
    if isinstance(found, Generator):
        gathered.tell()
        assert beside is not None
        weigher = weigher_of(beside, options.precision, None, None)
        source = generated(found, first, is_next, weigher, options, start, is_share)
    else:
        own = gathered.attempt(lambda: weights_of(found, asked, "data"))
        every = gathered.attempt(
            lambda: source_of(
                found, fitted, options.precision, size_of(options), options.seed, "data"
            )
        )
        gathered.tell()
        assert beside is not None
        assert every is not None
        source = every
        warn_of_small_batches(every, size_of(options))
        if isinstance(options.validation_set, Scaled):
            kinds = class_columns(fitted, every.columns)
            source, validation = every.split(options.validation_set.factor, kinds)
        weigher = weigher_of(beside, options.precision, source, own)
        source = weigher.added(source, own, asked.place("data"))
        if validation is not None:
            # Examples that are held out keep their own weights; classes have none there.
            validation = weigher.of_examples().added(validation, own, asked.place(VALIDATION))
    if is_share and isinstance(source, ArraySource):
        source = sharded(source, options)
    if has_data(options.validation_set) and (asks or not asks_functions(options.validation_set)):
        validation = held_source(weigher, options, source.batch_size)
    training = weigher.training
    return Prepared(training, source, validation, ports_after(draft.user, training.user))


def examples_of(
    data: object,
    training: TrainingNet,
    options: Options,
    names: Sequence[str],
    classes: ClassWeights | None = None,
) -> tuple[TrainingNet, ArraySource]:
    """Data to measure a net on, and the training net that takes them: of their sizes where its own
    are open, and weighted, if weights of classes or examples are asked for. Raises DataError,
    ShapeError; OptionError for wrong weights.

    options: those of a training, as far as they are about data. names: options that a column may
    have been meant for.
    """
    examples, precision = options.example_weights, options.precision
    check_name(examples, training)
    asked = WeightsAsked(examples)
    found = read(data, training, "data", precision, names, asked)
    if isinstance(found, Generator):
        check_comes_with_batches(examples)
        training, source, own = drawn(
            found, training, options, BATCH, "data", asked, is_sized=False
        )
    else:
        training = sized_to(found.columns, training, "data")
        source = source_of(found, training, precision, BATCH, 0, "data")
        own = weights_of(found, asked, "data")
    weigher = weigher_of(weighted(training, classes, examples), precision, source, own)
    return weigher.training, weigher.added(source, own, asked.place("data"))
