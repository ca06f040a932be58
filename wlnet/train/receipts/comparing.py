"""A receipt held against what is there: a net, data, and the receipt of a training made again."""

from __future__ import annotations

from typing import Any

from wlnet.core.errors import Fault
from wlnet.core.net import Net
from wlnet.core.records import Json, Table
from wlnet.core.scaled import Scaled
from wlnet.kernels.jit.target import vector_width
from wlnet.nets.arrays import arrays_of
from wlnet.results.results import TrainingRecord
from wlnet.train.calls import Call
from wlnet.train.digests import Digests
from wlnet.train.receipts.verification import ABSENT, SEAL, Checks
from wlnet.train.receipts.writing import digests_of, receipt_of, seal_of, structure_digest
from wlnet.version import VERSION

NET, DATA, RATES = "the net before", "data", "rates and rules"
ROUNDS, VALIDATIONS, AFTER, COURSE = "rounds", "validations", "arrays after", "the course"
MAY_BE_SPLIT = (
    ", or other examples are held out: Scaled(f) draws them by how many there are, by the seed, "
    "and by their classes"
)
BY_THEMSELVES = ("MaxTrainingRounds", "StoppingCriterion", "WeightsDiverged")
"""Reasons to stop that a repetition comes to by itself."""


def compare_seal(checks: Checks, receipt: Table) -> None:
    """Check that nobody edited the receipt who did not know how to seal it."""
    what = "the seal is not that of these statements: the receipt was edited"
    checks.same(SEAL, receipt["Seal"], seal_of(receipt), what, "Seal")


def compare_net(checks: Checks, receipt: Any, net: Net) -> None:
    """Check the net before its training, with all of its numbers."""
    told, what = receipt["Net"], "the net before its training has another structure"
    checks.same(NET, told["Structure"], structure_digest(net), what, "Net, Structure")
    what = "an array of the net before its training is another"
    checks.each(NET, told["Arrays"], digests_of(arrays_of(net)), what, "Net, Arrays")


def compare_data(checks: Checks, receipt: Any, number: int, call: Call) -> None:
    """Check the columns that a call reads."""
    row, digests = receipt["Calls"][number - 1], call.digests
    is_split = isinstance(call.options.validation_set, Scaled)
    for name, found in (("Data", digests.data), ("Validation", digests.validation)):
        at = f"call {number}, {name}"
        what = "a column is another" if name == "Data" else "a column to validate on is another"
        if is_split and _is_other_split(row, digests):
            what += MAY_BE_SPLIT
        checks.each(DATA, row[name], dict(found), what, at)
    if not row["Data"] and not digests.data:
        what = "batches that a function gives have no digest"
        checks.unverified.append(Fault(what, at=f"call {number}, Data"))


def _is_other_split(row: Any, digests: Digests) -> bool:
    """Whether a column is another on both sides, as it is where other examples are held out."""
    data, held = row["Data"], row["Validation"]
    return any(
        data[name] != digests.data.get(name) and held[name] != digests.validation.get(name)
        for name in data.keys() & held.keys()
    )


def compare_machine(checks: Checks, receipt: Any) -> None:
    """Tell of another version, and of vectors of another width: the numbers may differ by them."""
    for number, call in enumerate(receipt["Calls"], 1):
        at = f"call {number}"
        if call["Version"] != VERSION:
            what = "trained by another version of wlnet: its numbers may differ"
            checks.unverified.append(Fault(what, f"{at}, Version", VERSION, call["Version"]))
        if call["VectorBytes"] != vector_width():
            what = "trained with vectors of another width: sums are rounded in another order"
            fault = Fault(
                what,
                at=f"{at}, VectorBytes",
                given=f"{vector_width()} bytes",
                expected=f"{call['VectorBytes']} bytes",
                fix=f"WLNET_VECTOR_BYTES={min(call['VectorBytes'], vector_width())}",
            )
            checks.unverified.append(fault)


def compare_training(checks: Checks, receipt: Any, record: TrainingRecord) -> None:
    """Check what a training came to, against the same training made again."""
    found: Any = receipt_of(record)
    if receipt["Reason"] == "ManualStop":
        _cut_short(receipt, found)
    calls, others = receipt["Calls"], found["Calls"]
    checks.same(COURSE, len(calls), len(others), "another number of calls", "Calls")
    for number, (call, other) in enumerate(zip(calls, others, strict=False), 1):
        at = f"call {number}"
        for name in ("Seed", "FirstRound", "FirstBatch", "ResumedAt"):
            what = "the call was another"
            checks.same(COURSE, call[name], other[name], what, f"{at}, {name}")
        what = "nets that options were given are others"
        checks.same(COURSE, call["Nets"], other["Nets"], what, f"{at}, Nets")
        _compare_phases(checks, call["Phases"], other["Phases"], at)
    what = "another fact"
    checks.each(COURSE, receipt["Facts"], found["Facts"], what, "Facts")
    _compare_rows(checks, ROUNDS, receipt["Rounds"], found["Rounds"], "round")
    told, now = receipt["UnfinishedRound"], found["UnfinishedRound"]
    if told or now:
        what = "the round that was not finished is another"
        checks.each(ROUNDS, told or {}, now or {}, what, "UnfinishedRound")
    _compare_rows(checks, VALIDATIONS, receipt["Validations"], found["Validations"], "validation")
    what = "an array after the training is another"
    checks.each(AFTER, receipt["After"], found["After"], what, "After")
    told, now = receipt["Last"], found["Last"]
    if told is not None or now is not None:
        what = "an array after the last step is another"
        told = receipt["After"] if told is None else told
        now = found["After"] if now is None else now
        checks.each(AFTER, told, now, what, "Last")
    if receipt["Reason"] in BY_THEMSELVES:
        what = "the training stopped for another reason"
        checks.same(COURSE, receipt["Reason"], found["Reason"], what, "Reason")
    else:
        options = calls[-1]["Options"]
        if receipt["Reason"] == "TimeGoal" and options["time_goal"] is None:
            what = "no training without a time goal stops for that"
            checks.broken(COURSE, Fault(what, at="Reason", given="TimeGoal"))
        what = "whoever or whatever stopped the training cannot be asked again"
        checks.unverified.append(Fault(what, at="Reason", given=receipt["Reason"]))


def _cut_short(receipt: Any, found: Any) -> None:
    """Take out of a receipt the end of the last round, where the training was interrupted between
    the last batch and that."""
    told, rounds = receipt["UnfinishedRound"], found["Rounds"]
    if told and len(rounds) == len(receipt["Rounds"]) + 1:
        row = rounds.pop()
        found["UnfinishedRound"] = {name: row[name] for name in ("LastBatch", "Batches")}


def _compare_phases(checks: Checks, phases: Any, others: Any, at: str) -> None:
    what = "another number of phases"
    checks.same(RATES, len(phases), len(others), what, f"{at}, Phases")
    for number, (phase, other) in enumerate(zip(phases, others, strict=False), 1):
        place = f"{at}, phase {number}"
        for name in ("FirstRound", "FirstBatch"):
            checks.same(RATES, phase[name], other[name], "the phase begins elsewhere", place)
        checks.same(RATES, phase["Rules"], other["Rules"], "other rules", f"{place}, Rules")
        for key in dict.fromkeys((*phase["Arrays"], *other["Arrays"])):
            what = "the rate of an array, or the rule that decides it, is another"
            told, now = phase["Arrays"].get(key, {}), other["Arrays"].get(key, {})
            checks.each(RATES, told, now, what, f"{place}, {key}")


def _compare_rows(checks: Checks, section: str, told: Any, found: Any, word: str) -> None:
    """Check rows of numbers; of each number the first row is told that has another one."""
    wrong: dict[str, list[tuple[int, Json, Json]]] = {}
    for number, (row, other) in enumerate(zip(told, found, strict=False), 1):
        flat, now = _flat(row), _flat(other)
        for name in dict.fromkeys((*flat, *now)):
            one, two = flat.get(name, ABSENT), now.get(name, ABSENT)
            if one == two and type(one) is type(two):
                checks.count(section, True)
            else:
                wrong.setdefault(name, []).append((number, one, two))
    for name, rows in wrong.items():
        (number, one, two), others = rows[0], len(rows) - 1
        more = f", and of {others:,} later ones" if others else ""
        checks.same(section, one, two, f"{name} of a {word} is another{more}", f"{word} {number}")
        for _ in range(others):
            checks.count(section, False)
    what = f"another number of {word}s"
    checks.same(section, len(told), len(found), what, f"{word}s")


def _flat(row: Any) -> dict[str, Json]:
    """The numbers of a row by name, measurements among them."""
    found = {name: value for name, value in row.items() if name != "Measurements"}
    return {**found, **{f"measurement {name}": each for name, each in row["Measurements"].items()}}
