"""The whole record of a training as JSON and tensors, and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from wlnet.core.errors import FormatError
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net
from wlnet.core.records import Json, Table, refused, shown
from wlnet.io import rebuild, record
from wlnet.io.canonical import dumped
from wlnet.io.checks import list_of, maybe, pairs_of, table_of, text_of, whole_of
from wlnet.io.files import TRAINING
from wlnet.io.keys import beside_key, is_beside
from wlnet.io.record import Tensors
from wlnet.nets.arrays import array_keys, arrays_of
from wlnet.nets.inference import inferred_port
from wlnet.results.results import NetTrainResults, TrainingRecord
from wlnet.train.measurement_items import PLOT_TYPES
from wlnet.train.saving import calls, moments, series, values
from wlnet.train.saving.store import Reader, Writer, same_bytes

BEFORE, TRAINING_NET = "before", "training"
ENTRIES = {
    "Before", "ByArray", "Calls", "Facts", "Moment", "Nets", "Series", "TrainingNet",
}  # fmt: skip
SERIES = "batch", "round", "validation"
WHOLES = {
    "BatchSize": "batch_size",
    "BatchesPerRound": "batches_per_round",
    "ExamplesProcessed": "examples_processed",
    "TrainingExamples": "training_examples",
    "ValidationExamples": "validation_examples",
    "BestValidationRound": "best_validation_round",
}
"""Facts that are whole numbers, or None."""
OPEN = {"BatchesPerRound", "BestValidationRound", "TrainingExamples", "ValidationExamples"}
"""Those that may be None."""
REALS = {
    "InitialLearningRate": "initial_learning_rate",
    "FinalLearningRate": "final_learning_rate",
    "Seconds": "seconds",
}
TEXTS = {"Reason": "reason", "Message": "message", "TargetDevice": "target_device"}
FACTS = {
    *WHOLES, *REALS, *TEXTS, "HeldOut", "InputForm", "Files", "Method", "Permutation", "PlotTypes",
}  # fmt: skip


def written(results: NetTrainResults) -> tuple[Table, Tensors]:
    """The record of a file of these results, and its tensors.

    Raises FormatError for what no file holds, and for a record that would come back as another.
    """
    found = written_record(results.record)
    _check(results.record, found)
    return found


def written_record(r: TrainingRecord) -> tuple[Table, Tensors]:
    """The same of a record, not looked at again."""
    table, tensors = record.written(r.trained_net)
    store, keys = Writer(tensors), array_keys(r.trained_net)
    nets = calls.NetWriter(store)
    told: Table = {
        "Facts": _facts(r, store),
        "Series": {name: _put_series(r, name, store) for name in SERIES},
        "ByArray": series.put_by_array(store, r.by_array),
        "Moment": moments.written(r.moment, keys, store),
        "Before": moments.put_arrays(BEFORE, r.before, keys, store, (moments.NOW,)),
        "TrainingNet": _put_training_net(r.training_net, store),
        "Calls": [calls.written(call, keys, nets) for call in r.calls],
        "Nets": nets.rows,
    }
    table[TRAINING] = told
    return table, tensors


def rebuilt(table: Table, tensors: Tensors) -> NetTrainResults:
    """The results of a file. Raises FormatError."""
    try:
        return NetTrainResults(_record(table, tensors))
    except FormatError:
        raise
    except Exception as error:
        # The checks of constructors raise errors about arguments. Here the file is to blame.
        raise refused(f"no training can be told from this: {error}"[:1000]) from error


def _record(table: Table, tensors: Tensors) -> TrainingRecord:
    own = {key: array for key, array in tensors.items() if not is_beside(key)}
    net = rebuild.rebuilt({key: each for key, each in table.items() if key != TRAINING}, own)
    told = table_of(table[TRAINING], ENTRIES, "the training")
    store, keys = Reader(tensors), array_keys(net)
    facts = table_of(told["Facts"], FACTS, "the facts")
    moment = moments.read(told["Moment"], keys, store)
    before = moments.get_arrays(BEFORE, told["Before"], keys, store, (moments.NOW,))
    for arrays in (moment.arrays, before):
        _check_shapes(net, arrays)
    numbered, tables = calls.read_nets(told["Nets"], store), calls.Tables(net)
    made = tuple(calls.read(row, keys, numbered, tables) for row in list_of(told["Calls"], "Calls"))
    lists = _get_series(told["Series"], net, store)
    rounds = len(lists["round_losses"])
    training = _get_training_net(told["TrainingNet"], store)
    found = TrainingRecord(
        trained_net=net,
        training_net=training,
        multipliers=_last_table(made),
        arrays=arrays_of(net),
        before=before,
        moment=moment,
        by_array=series.get_by_array(store, told["ByArray"], keys, rounds),
        calls=made,
        **lists,
        **_read_facts(facts, store),
    )
    store.end()
    best = found.best_validation_round
    if best is not None and best not in found.validation_rounds:
        raise refused("the best validation is none", given=shown(best))
    return found


def _last_table(made: Sequence[Any]) -> MultiplierTable:
    phases = [phase for call in made for phase in call.phases]
    if not phases:
        raise refused("a training without a phase", at="Calls")
    found: MultiplierTable = phases[-1].table
    return found


def _check_shapes(net: Net, found: Any) -> None:
    for key, array in arrays_of(net).items():
        if key in found and found[key].shape != array.shape:
            raise refused("an array of another shape than that of the net", at=shown(str(key)))


def _check(r: TrainingRecord, found: tuple[Table, Tensors]) -> None:
    """What could not be read back is not written: better to know it now."""
    again = rebuilt(*found).record
    other, tensors = written_record(again)
    fits = again.trained_net == r.trained_net and again.training_net == r.training_net
    fits = fits and dumped(other) == dumped(found[0]) and tensors.keys() == found[1].keys()
    if not fits or not all(same_bytes(tensors[key], array) for key, array in found[1].items()):
        what = "this record would come back from a file as another one"
        raise refused(what, fix='save(results["TrainedNet"], "net.wlnet")')
    for call, back in zip(r.calls, again.calls, strict=True):
        calls.check_tables(call, back)
    if again.multipliers != r.multipliers:
        raise refused("the multipliers would come back from a file as others")


# Facts


def _facts(r: TrainingRecord, store: Writer) -> Table:
    series.put_wholes(store, series.key("held"), r.held_out or ())
    batches = r.batch_permutation or ()
    series.put_wholes(store, series.key("permutation"), [n for batch in batches for n in batch])
    name, options = r.method
    return {
        **{entry: getattr(r, field) for entry, field in WHOLES.items()},
        **{entry: values.real_written(getattr(r, field)) for entry, field in REALS.items()},
        **{entry: getattr(r, field) for entry, field in TEXTS.items()},
        "HeldOut": r.held_out is not None,
        "Permutation": None if r.batch_permutation is None else [len(batch) for batch in batches],
        "InputForm": [*r.input_form],
        "Files": [*r.checkpointing_files],
        "Method": values.written("method", (name, options), _no_net),
        "PlotTypes": [[key, kind] for key, kind in r.plot_types.items()],
    }


def _no_net(net: Any) -> Any:
    raise refused("a method holds no net")


def _read_facts(facts: Table, store: Reader) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry, field in WHOLES.items():
        told = facts[entry]
        is_open = told is None and entry in OPEN
        found[field] = None if is_open else whole_of(told, entry, entry != "ExamplesProcessed")
    for entry, field in REALS.items():
        found[field] = float(values.real_of(facts[entry]))
    for entry, field in TEXTS.items():
        is_open = facts[entry] is None and entry == "Message"
        found[field] = None if is_open else text_of(facts[entry], entry)
    if type(facts["HeldOut"]) is not bool:
        raise refused("a truth value was expected", at="HeldOut")
    held = series.get_wholes(store, series.key("held"), 1)
    numbers = iter(series.get_wholes(store, series.key("permutation"), 1))
    sizes = maybe(facts["Permutation"], lambda told: list_of(told, "Permutation"))
    found["held_out"] = held if facts["HeldOut"] else None
    found["batch_permutation"] = (
        None
        if sizes is None
        else tuple(
            tuple(next(numbers) for _ in range(whole_of(size, "Permutation", 1))) for size in sizes
        )
    )
    if next(numbers, None) is not None or (held and not facts["HeldOut"]):
        raise refused("numbers of examples that are in no batch")
    words = list_of(facts["InputForm"], "InputForm")
    files = list_of(facts["Files"], "Files")
    found["checkpointing_files"] = tuple(text_of(file, "Files") for file in files)
    found["input_form"] = tuple(text_of(word, "InputForm") for word in words)
    found["plot_types"] = {}
    for key, kind in pairs_of(facts["PlotTypes"], "PlotTypes"):
        if kind not in PLOT_TYPES:
            raise refused("this is no axis", at="PlotTypes", given=shown(kind))
        found["plot_types"][text_of(key, "PlotTypes")] = kind
    method = values.read("method", facts["Method"], _no_net)
    match method:
        case (str(name), dict(options)) if all(type(each) is str for each in options):
            found["method"] = name, options
        case _:
            raise refused("this is no method", given=shown(facts["Method"]))
    return found


# Series


def _put_series(r: TrainingRecord, name: str, store: Writer) -> Json:
    series.put_numbers(store, series.key(name), getattr(r, f"{name}_losses"))
    if name == "batch":
        series.put_numbers(store, series.key(name, "rates"), r.learning_rates)
    else:
        series.put_wholes(store, series.key(name, "at"), getattr(r, f"{name}_positions"))
    return series.put_measurements(store, name, getattr(r, f"{name}_measurements"))


def _get_series(told: Json, net: Net, store: Reader) -> dict[str, Any]:
    row = table_of(told, set(SERIES), "the series")
    most = _most_classes(net)
    found: dict[str, Any] = {}
    for name in SERIES:
        losses = series.get_numbers(store, series.key(name))
        found[f"{name}_losses"] = losses
        found[f"{name}_measurements"] = series.get_measurements(
            store, name, row[name], len(losses), most
        )
    rates = series.get_numbers(store, series.key("batch", "rates"))
    if len(rates) != len(found["batch_losses"]) or any(not 0 <= rate < math.inf for rate in rates):
        raise refused("learning rates that are not those of the batches")
    found["learning_rates"] = rates
    for name in ("round", "validation"):
        places = series.get_wholes(store, series.key(name, "at"))
        in_order = all(a <= b for a, b in itertools.pairwise(places))
        fits = len(places) == len(found[f"{name}_losses"]) and in_order
        if not fits or (places and places[-1] > len(found["batch_losses"])):
            raise refused("rounds that do not lie in the batches", at=name)
        found[f"{name}_positions"] = places
    return found


def _most_classes(net: Net) -> int:
    """No output of a net tells more classes apart."""
    shapes = [inferred_port(net, name).shape or () for name in net.output_names]
    return max([2, *(size for shape in shapes for size in shape if size is not None)])


# The training net


def _put_training_net(net: Net, store: Writer) -> Json:
    """Its record, and where each tensor of it stands: most are those of the net before training."""
    table, tensors = record.written(net)
    places: list[Json] = []
    for key, array in sorted(tensors.items()):
        own = beside_key(TRAINING_NET, key)
        found = store.put(own, array, _elsewhere(key))
        places.append([key, None if found == own else found])
    return [table, places]


def _elsewhere(key: str) -> list[str]:
    """Where an array of the training net may stand already."""
    users = key.removeprefix("Net/")
    return [users, beside_key(BEFORE, users), beside_key(moments.NOW, users)]


def _get_training_net(told: Json, store: Reader) -> Net:
    table, places = list_of(told, "TrainingNet", 2)
    tensors = {}
    for name, place in pairs_of(places, "TrainingNet"):
        key = text_of(name, "TrainingNet")
        if place is not None and place not in _elsewhere(key):
            raise refused("an array of the training net stands nowhere", given=shown(place))
        own = beside_key(TRAINING_NET, key)
        tensors[key] = store.get(own if place is None else text_of(place, "TrainingNet"))
    return rebuild.rebuilt(table, tensors)
