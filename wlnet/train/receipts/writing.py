"""The receipt of a training: everything that decided the result, and the result, by digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.digests import digest
from wlnet.core.errors import FormatError
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net
from wlnet.core.phases import Phases
from wlnet.core.records import Json, Table
from wlnet.core.rules import ArrayKey
from wlnet.core.symbols import AUTOMATIC
from wlnet.io import record
from wlnet.io.canonical import dumped
from wlnet.io.keys import key_of
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.nets.information import information
from wlnet.results.moment import CallRecord
from wlnet.results.results import TrainingRecord
from wlnet.train.receipts.option_nets import OptionNets
from wlnet.train.receipts.rounds import rounds_told, unfinished_told, validations_told
from wlnet.train.saving import values
from wlnet.train.saving.calls import RULES
from wlnet.train.saving.records import WHOLES
from wlnet.train.saving.values import real_written, seed_written

SCHEMA = "wlnet receipt 1"


def receipt_text(r: TrainingRecord) -> str:
    """The receipt of a training as JSON, the same text for the same training."""
    return json.dumps(receipt_of(r), indent=1, allow_nan=False)


def receipt_of(r: TrainingRecord) -> Table:
    """The statements of the receipt of a training, with their seal."""
    after, last = digests_of(r.arrays), digests_of(r.moment.arrays)
    found: Table = {
        "Schema": SCHEMA,
        "Net": {"Structure": structure_digest(r.trained_net), "Arrays": digests_of(r.before)},
        "Calls": [_call(call) for call in r.calls],
        "Facts": {
            **{name: getattr(r, field) for name, field in WHOLES.items()},
            "Method": r.method[0],
            "InitialLearningRate": real_written(r.initial_learning_rate),
            "FinalLearningRate": real_written(r.final_learning_rate),
        },
        "Rounds": rounds_told(r),
        "UnfinishedRound": unfinished_told(r),
        "Validations": validations_told(r),
        "Reason": r.reason,
        "After": after,
        "Last": None if last == after else last,
    }
    return {**found, "Seal": seal_of(found)}


def seal_of(receipt: Table) -> str:
    """SHA-256 of all statements of a receipt but its seal, in the canonical spelling of JSON."""
    told = {name: value for name, value in receipt.items() if name != "Seal"}
    return hashlib.sha256(dumped(told).encode()).hexdigest()


def structure_digest(net: Net) -> str:
    """SHA-256 of what a net is besides its numbers: kinds, parameters, ports, edges, its rules.

    Of a net that no file can hold, as it holds a function of the user, it is that of its topology:
    what the function does shows in the data as the net reads them, or in the training.
    """
    empty = {
        key: np.zeros(value.shape, np.float32)
        for key, value in arrays_of(net).items()
        if isinstance(value, np.ndarray)
    }
    try:
        table, _ = record.written(replace_arrays(net, empty))
    except FormatError:
        topology: str = information(net, "TopologyHash")
        return topology
    return hashlib.sha256(dumped(table).encode()).hexdigest()


def digests_of(arrays: Mapping[ArrayKey, Any]) -> Any:
    """SHA-256 of each array, by the name that it has in files."""
    return {key_of(key): digest(array) for key, array in arrays.items()}


def _call(call: CallRecord) -> Table:
    nets = OptionNets()
    options: Table = {
        name: values.written(name, value, nets.keep) for name, value in call.options.items()
    }
    phases: list[Json] = []
    rules = call.options.get(RULES, AUTOMATIC)
    for phase in call.phases:
        own = rules
        if isinstance(rules, Phases):
            own = rules.at(phase.first_round - call.first_round)
        phases.append(
            {
                "FirstRound": phase.first_round,
                "FirstBatch": phase.first_batch,
                "Rules": values.written(RULES, own, nets.keep),
                "Arrays": _rates(phase.table),
            }
        )
    return {
        "Options": options,
        "Nets": nets.rows,
        "Seed": seed_written(call.seed),
        "FirstRound": call.first_round,
        "FirstBatch": call.first_batch,
        "ResumedAt": _resumed_at(call),
        "Data": {**call.data},
        "Validation": {**call.validation},
        "Phases": phases,
        "Version": call.version,
        "VectorBytes": call.vector_bytes,
    }


def _resumed_at(call: CallRecord) -> int | None:
    """How many batches were over when a call took up the one before, with the plan of that; None
    for one with a plan of its own."""
    began = call.phases[0].first_batch - 1
    return None if began == call.first_batch else began


def _rates(table: MultiplierTable) -> Table:
    """The rate of each array, and the rule that decided it, in words."""
    return {
        key_of(row.key): {
            "Rate": row.multiplier,
            "Rule": None if row.decided_by is None else str(row.decided_by.rule),
            "SetAt": row.source["SetAt"],
        }
        for row in table
    }
