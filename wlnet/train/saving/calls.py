"""The calls that made a record, in a file: their options, phases, and proof of their data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wlnet.core.multipliers import MultiplierTable, array_places, multiplier_table
from wlnet.core.net import Net
from wlnet.core.phases import Phases
from wlnet.core.records import Json, Table, refused, shown
from wlnet.core.rules import ArrayKey
from wlnet.io import rebuild, record
from wlnet.io.canonical import dumped
from wlnet.io.checks import list_of, pairs_of, sha256_of, table_of, text_of, whole_of
from wlnet.io.keys import beside_key
from wlnet.results.moment import CallRecord, PhaseRecord
from wlnet.train.options import option_names
from wlnet.train.saving import values
from wlnet.train.saving.moments import counts, read_counts
from wlnet.train.saving.numbered import KeptNets, of_number
from wlnet.train.saving.store import Reader, Writer

ENTRIES = {
    "Options", "Seed", "Phases", "Updates", "FirstRound", "FirstBatch", "Seconds", "Data",
    "Validation", "Version", "VectorBytes",
}  # fmt: skip
RULES = "learning_rate_multipliers"
OF_A_TABLE = 20
"""What a table costs, in trials, however small it is."""
MOST_TRIALS = 2_000_000
"""Arrays of a net, times rules that may try them all, in all different rules of a record."""


class NetWriter(KeptNets):
    """Keeps the nets that options name, their arrays as tensors of the file."""

    def __init__(self, store: Writer) -> None:
        super().__init__()
        self._store = store

    def _row(self, net: Net, number: int) -> Json:
        told, tensors = record.written(net)
        for key, array in tensors.items():
            self._store.put(beside_key("option", str(number), key), array)
        return [told, [*sorted(tensors)]]


def read_nets(told: Json, store: Reader) -> Callable[[int], Net]:
    """The nets that options name, by number. Raises FormatError."""
    nets = []
    for number, (row, keys) in enumerate(pairs_of(told, "the nets of options")):
        names = [text_of(key, "the nets of options") for key in list_of(keys, "tensors")]
        tensors = {key: store.get(beside_key("option", str(number), key)) for key in names}
        nets.append(rebuild.rebuilt(row, tensors))

    def numbered(number: int) -> Net:
        return of_number(nets, number, "an option")

    return numbered


class Tables:
    """Tables of multipliers of a net, each made once, as long as rules are not too many."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.cost = len(array_places(net)) + OF_A_TABLE
        self.trials = 0
        self.made: dict[tuple[str, int], MultiplierTable] = {}

    def of_call(self, rules: Any, told: Json) -> Callable[[int], MultiplierTable]:
        """The tables of a call by the number of a round, from 1. told: the rules as JSON."""
        name = dumped(told)
        begins = [*rules] if isinstance(rules, Phases) else [1]

        def at(number: int) -> MultiplierTable:
            begun = begins[bisect_right(begins, number) - 1]
            if (name, begun) not in self.made:
                own = rules[begun] if isinstance(rules, Phases) else rules
                self.made[name, begun] = self._table(own)
            return self.made[name, begun]

        return at

    def _table(self, rules: Any) -> MultiplierTable:
        self.trials += self.cost * (1 + len(rules) if isinstance(rules, (dict, list)) else 2)
        if self.trials > MOST_TRIALS:
            raise refused("too many rules on too large a net for a file", at=RULES)
        return multiplier_table(self.net, rules, warnings=False)


# Calls


def written(call: CallRecord, keys: Sequence[ArrayKey], nets: NetWriter) -> Table:
    """The record of a call. keys: those of the arrays of the net."""
    options: list[Json] = [
        [name, values.written(name, each, nets.keep)] for name, each in call.options.items()
    ]
    return {
        "Options": options,
        "Seed": values.seed_written(call.seed),
        "Phases": [
            [phase.first_round, phase.first_batch, counts(phase.updates, keys)]
            for phase in call.phases
        ],
        "Updates": counts(call.updates, keys),
        "FirstRound": call.first_round,
        "FirstBatch": call.first_batch,
        "Seconds": values.real_written(call.seconds),
        "Data": [[name, digest] for name, digest in call.data.items()],
        "Validation": [[name, digest] for name, digest in call.validation.items()],
        "Version": call.version,
        "VectorBytes": call.vector_bytes,
    }


def read(
    told: Json, keys: Sequence[ArrayKey], numbered: values.Numbered, tables: Tables
) -> CallRecord:
    """The call of a record. Raises FormatError."""
    row = table_of(told, ENTRIES, "a call")
    pairs = pairs_of(row["Options"], "Options")
    given = {text_of(name, "Options"): value for name, value in pairs}
    if len(given) != len(pairs) or given.keys() != set(option_names()):
        what, names = "other options than net_train has", ", ".join(map(shown, given))
        raise refused(what, at="Options", given=names, known=option_names())
    options = {name: values.read(name, value, numbered) for name, value in given.items()}
    first_round = whole_of(row["FirstRound"], "FirstRound")
    table_at = tables.of_call(options[RULES], given[RULES])
    phases = []
    for phase in list_of(row["Phases"], "Phases"):
        first, batch, updates = list_of(phase, "Phases", 3)
        begins = whole_of(first, "Phases", first_round + 1)
        table = table_at(begins - first_round)
        batch = whole_of(batch, "Phases", 1)
        phases.append(PhaseRecord(begins, batch, table, read_counts(updates, keys)))
    return CallRecord(
        options,
        values.seed_of(row["Seed"]),
        tuple(phases),
        first_round,
        whole_of(row["FirstBatch"], "FirstBatch"),
        float(values.real_of(row["Seconds"])),
        _digests(row["Data"], "Data"),
        _digests(row["Validation"], "Validation"),
        text_of(row["Version"], "Version"),
        whole_of(row["VectorBytes"], "VectorBytes"),
        read_counts(row["Updates"], keys),
    )


def _digests(told: Json, at: str) -> Mapping[str, str]:
    pairs = pairs_of(told, at)
    found = {text_of(name, at): sha256_of(each, at) for name, each in pairs}
    if len(found) != len(pairs):
        raise refused("a column is told twice", at=at)
    return found


def check_tables(call: CallRecord, again: CallRecord) -> None:
    """Raise FormatError where rules as they were read decide otherwise than they did."""
    for phase, other in zip(call.phases, again.phases, strict=True):
        if phase.table != other.table:
            what = "these rules would come back from a file as others"
            raise refused(what, at=RULES, fix="give them as numbers and parts")
