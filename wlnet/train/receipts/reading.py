"""A receipt as it is given: a text, its statements, or the results themselves; in its form."""

from __future__ import annotations

import json
from collections.abc import Mapping

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.records import Json, Table, refused, shown
from wlnet.io.canonical import parsed
from wlnet.io.checks import list_of, sha256_of, table_of, text_of, whole_of
from wlnet.results.results import NetTrainResults
from wlnet.train.audience import LAST_EVENTS
from wlnet.train.checkpoints import REASON
from wlnet.train.options import option_names
from wlnet.train.receipts.writing import SCHEMA, receipt_text
from wlnet.train.saving.records import WHOLES
from wlnet.train.saving.values import real_of, seed_of

LONGEST = 2**28
"""Letters of a receipt: of a hundred thousand rounds there are fewer."""
AT = "the receipt"
ENTRIES = {
    "Schema", "Net", "Calls", "Facts", "Rounds", "UnfinishedRound", "Validations", "Reason",
    "After", "Last", "Seal",
}  # fmt: skip
OF_CALL = {
    "Options", "Nets", "Seed", "FirstRound", "FirstBatch", "ResumedAt", "Data", "Validation",
    "Phases", "Version", "VectorBytes",
}  # fmt: skip
OF_FACTS = {*WHOLES, "Method", "InitialLearningRate", "FinalLearningRate"}

REASONS = (*LAST_EVENTS, REASON, "Error")
"""Why a training ended; of what is in a checkpoint, that it went on, or that it raised."""


def read_receipt(given: object) -> Table:
    """The statements of a receipt.

    Raises FormatError for what is none, OptionError for what can be none.
    """
    if isinstance(given, NetTrainResults):
        given = receipt_text(given.record)
    if isinstance(given, Mapping):
        given = _text(given)
    if not isinstance(given, str):
        what = 'a receipt is the text results["Receipt"], the object of this JSON, or the results'
        fix = "net_train(net, data, ALL) gives results"
        raise fail(OptionError, Fault(what, at="receipt", given=brief(given), fix=fix))
    if len(given) > LONGEST:
        raise refused("too long for a receipt", at=AT, given=f"{len(given):,} letters")
    found = parsed(given, AT)
    if type(found) is not dict or found.get("Schema") != SCHEMA:
        schema = found.get("Schema") if type(found) is dict else None
        expected = f'"Schema": "{SCHEMA}"'
        raise refused("this is no receipt", at=AT, given=shown(schema or found), expected=expected)
    _check(table_of(found, ENTRIES, AT))
    return found


def _text(given: Mapping[object, object]) -> str:
    try:
        return json.dumps(dict(given), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise refused(f"this is not JSON: {error}"[:300], at=AT) from None


def _check(receipt: Table) -> None:
    """Raise FormatError for statements that are not of their form, whatever they say."""
    net = table_of(receipt["Net"], {"Structure", "Arrays"}, "Net")
    sha256_of(net["Structure"], "Net, Structure")
    digests_at(net["Arrays"], "Net, Arrays")
    calls = list_of(receipt["Calls"], "Calls")
    if not calls:
        raise refused("a training without a call", at="Calls")
    for number, call in enumerate(calls, 1):
        _check_call(call, f"call {number}")
    facts = table_of(receipt["Facts"], OF_FACTS, "Facts")
    for name in WHOLES:
        if facts[name] is not None:
            whole_of(facts[name], f"Facts, {name}")
    text_of(facts["Method"], "Facts, Method")
    for number, row in enumerate(list_of(receipt["Rounds"], "Rounds"), 1):
        at = f"round {number}"
        told = table_of(row, {"LastBatch", "Loss", "Measurements", "Batches"}, at)
        whole_of(told["LastBatch"], at)
        real_of(told["Loss"])
        sha256_of(told["Batches"], at)
        _table(told["Measurements"], at)
    if receipt["UnfinishedRound"] is not None:
        told = table_of(receipt["UnfinishedRound"], {"LastBatch", "Batches"}, "UnfinishedRound")
        whole_of(told["LastBatch"], "UnfinishedRound")
    for number, row in enumerate(list_of(receipt["Validations"], "Validations"), 1):
        at = f"validation {number}"
        told = table_of(row, {"Batch", "Loss", "Measurements"}, at)
        whole_of(told["Batch"], at)
        real_of(told["Loss"])
        _table(told["Measurements"], at)
    if text_of(receipt["Reason"], "Reason") not in REASONS:
        what = "no training stops for this reason"
        raise refused(what, at="Reason", given=shown(receipt["Reason"]), known=REASONS)
    digests_at(receipt["After"], "After")
    if receipt["Last"] is not None:
        digests_at(receipt["Last"], "Last")
    sha256_of(receipt["Seal"], "Seal")


def _check_call(call: Json, at: str) -> None:
    row = table_of(call, OF_CALL, at)
    table_of(row["Options"], set(option_names()), f"{at}, Options")
    list_of(row["Nets"], f"{at}, Nets")
    seed_of(row["Seed"], f"{at}, Seed")
    whole_of(row["FirstRound"], f"{at}, FirstRound")
    whole_of(row["FirstBatch"], f"{at}, FirstBatch")
    if row["ResumedAt"] is not None:
        whole_of(row["ResumedAt"], f"{at}, ResumedAt")
    digests_at(row["Data"], f"{at}, Data")
    digests_at(row["Validation"], f"{at}, Validation")
    text_of(row["Version"], f"{at}, Version")
    whole_of(row["VectorBytes"], f"{at}, VectorBytes")
    phases = list_of(row["Phases"], f"{at}, Phases")
    for number, phase in enumerate(phases, 1):
        place = f"{at}, phase {number}"
        told = table_of(phase, {"FirstRound", "FirstBatch", "Rules", "Arrays"}, place)
        whole_of(told["FirstRound"], place)
        whole_of(told["FirstBatch"], place)
        for name, rate in _table(told["Arrays"], place).items():
            where = f"{place}, {shown(name)}"
            real_of(table_of(rate, {"Rate", "Rule", "SetAt"}, where)["Rate"])


def digests_at(value: Json, at: str) -> dict[str, str]:
    """The value, if it is SHA-256s by name. Raises FormatError."""
    rows = _table(value, at).items()
    return {name: sha256_of(each, f"{at}, {shown(name)}") for name, each in rows}


def _table(value: Json, at: str) -> Table:
    if type(value) is not dict:
        raise refused("an object was expected", at=at, given=shown(value))
    return value
