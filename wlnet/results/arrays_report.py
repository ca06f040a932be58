"""What every array did in a training: the report, and the same as a table for people.

It is computed when it is read, so that it costs the training nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.digests import digest
from wlnet.core.multipliers import Row
from wlnet.core.norms import distance, norm
from wlnet.core.rules import ArrayKey
from wlnet.core.table import Table
from wlnet.core.table_cells import Column
from wlnet.results.learned import parts_of_record
from wlnet.results.results import PROPERTIES, TrainingRecord

GRADIENTS, UPDATES, WEIGHTS = "GradientsRMS", "UpdatesRMS", "WeightsRMS"
BY_ROUND = (GRADIENTS, UPDATES, WEIGHTS)
"""What is told of arrays by round where it was asked for before the training."""


@PROPERTIES.row("ArraysReport")
def arrays_report(r: TrainingRecord) -> dict[ArrayKey, dict[str, Any]]:
    """By array: rate, rule and steps (those of phases too), norms, the distance, digests; and by
    round what was asked for before the training.
    """
    parts = parts_of_record(r)
    rows = [{row.key: row for row in part.table} for part in parts]
    report = {}
    for row in r.multipliers:
        key, before, after = row.key, r.before[row.key], r.arrays[row.key]
        phases = [
            {
                "FirstRound": part.first_round,
                "Rate": of_part[key].multiplier,
                "Rule": of_part[key].source["Rule"],
                "Steps": _steps(row, part.steps),
            }
            for part, of_part in zip(parts, rows, strict=True)
        ]
        begun, moved = norm(before), distance(after, before)
        first, last = digest(before), digest(after)
        report[key] = {
            "Rate": row.multiplier,
            "Rule": row.source["Rule"],
            "Steps": None if row.statistic else sum(phase["Steps"] for phase in phases),
            "NormBefore": begun,
            "NormAfter": norm(after),
            "Moved": moved,
            "RelativeMoved": moved / begun if begun else None,
            "Changed": first != last,
            "DigestBefore": first,
            "DigestAfter": last,
            "Phases": phases,
            **{name: list(series[key]) for name, series in r.by_array.items()},
        }
    return report


def _steps(row: Row, steps: Mapping[ArrayKey, int]) -> int | None:
    """How many times a gradient moved an array; None of a running statistic, which none moves."""
    return None if row.statistic else steps.get(row.key, 0)


def _by_round(name: str) -> None:
    """The row of what is told by round: a list an array, none where it was not asked for."""

    @PROPERTIES.row(name)
    def _(r: TrainingRecord) -> dict[ArrayKey, list[float | None]]:
        return {key: list(series) for key, series in r.by_array.get(name, {}).items()}


for _name in BY_ROUND:
    _by_round(_name)

COLUMNS = (
    Column("array", "key"),
    Column("shape", "shape", folded="any"),
    Column("rate", "rates"),
    Column("rule"),
    Column("steps", "count", folded="range"),
    Column("norm", "number", folded="range"),
    Column("norm after", "number", folded="range"),
    Column("moved", "share", folded="range"),
    Column("bytes"),
)


@PROPERTIES.row("ArraysReportTable")
def arrays_report_table(r: TrainingRecord) -> Table:
    """The report as a table."""
    return table_of(r, arrays_report(r))


def table_of(r: TrainingRecord, report: Mapping[ArrayKey, Mapping[str, Any]]) -> Table:
    """A report that is there already as a table."""
    rows = []
    for row in r.multipliers:
        told, won = report[row.key], row.decided_by
        rates = [phase["Rate"] for phase in told["Phases"]]
        rows.append(
            (
                row.key,
                r.arrays[row.key].shape,
                tuple(rate for i, rate in enumerate(rates) if rates[i - 1 : i] != [rate]),
                "the default" if won is None else str(won.rule),
                told["Steps"],
                told["NormBefore"],
                told["NormAfter"],
                told["RelativeMoved"],
                "changed" if told["Changed"] else "same",
            )
        )
    return Table(COLUMNS, tuple(rows), noun="arrays", by=0)
