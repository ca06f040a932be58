"""Learning rates and multipliers: over the rounds, and of every array."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wlnet.core.multipliers import Row
from wlnet.plot.charts.axes import axis_of
from wlnet.plot.charts.chart import Chart
from wlnet.plot.charts.curves import Curve
from wlnet.plot.charts.heat import HeatMap, HeatRow, Span
from wlnet.plot.charts.numbers import short
from wlnet.plot.training.parts import folded
from wlnet.plot.training.rounds import Rounds, phase_marks, phases_seen
from wlnet.results.results import TrainingRecord


def draw_learning_rate(r: TrainingRecord) -> Chart:
    """The learning rate of every batch."""
    rounds = Rounds.of(r)
    at = rounds.at(range(1, len(r.learning_rates) + 1))
    curve = Curve("learning rate", at, r.learning_rates, "green")
    marks, notes = phase_marks(r)
    axis = axis_of("learning rate", [r.learning_rates])
    return Chart([curve], rounds.axis(), axis, marks, (), notes, "Learning rate over the rounds")


def draw_multipliers(r: TrainingRecord) -> HeatMap:
    """The multiplier of every array, by phase."""
    told = "multipliers of the learning rate: every array over the rounds"
    return _map(r, told, lambda row, rate, at: short(rate, 3))


def draw_rates(r: TrainingRecord) -> HeatMap:
    """The learning rate times the multiplier of every array, by phase: from the first batch of the
    phase to its last."""
    rates = [_ends(r, first, end) for first, end in _batches(r)]

    def words(row: Row, rate: float, at: int) -> str:
        if row.statistic:
            return "runs" if rate else "0"
        ends = rates[at]
        if ends is None or rate == 0:
            return short(rate, 3) if rate == 0 else "none"
        first, last = (short(rate * end, 2) for end in ends)
        return first if first == last else f"{first} → {last}"

    told = "learning rate × multiplier: from the first batch of a phase → to its last"
    return _map(r, told, words)


def _batches(r: TrainingRecord) -> list[tuple[int, int]]:
    """By phase the numbers of its first batch and of that behind its last, from 0."""
    begins = [phase.first_batch - 1 for phase in phases_seen(r)]
    return list(zip(begins, [*begins[1:], len(r.batch_losses)], strict=True))


def _ends(r: TrainingRecord, first: int, end: int) -> tuple[float, float] | None:
    rates = r.learning_rates[first:end]
    return (rates[0], rates[-1]) if rates else None


def _map(r: TrainingRecord, name: str, words: Callable[[Row, float, int], str]) -> HeatMap:
    phases = phases_seen(r)
    begins = [phase.first_round for phase in phases]
    rounds = len(r.round_positions)
    last = rounds + (len(r.batch_losses) > (r.round_positions or (0,))[-1])
    ends = [*(begin - 1 for begin in begins[1:]), max(last, begins[-1])]
    spans = [Span(a, max(a, b)) for a, b in zip(begins, ends, strict=True)]
    tables = [{row.key: row for row in phase.table} for phase in phases]
    items = [[table[row.key] for table in tables] for row in phases[-1].table]

    def said(of: Sequence[Row]) -> object:
        return of[0].statistic, *(row.multiplier for row in of)

    rows = []
    for title, group in folded(items, lambda of: of[0].key, said):
        of = group[0]
        rates = [row.multiplier for row in of]
        told = [words(row, row.multiplier, i) for i, row in enumerate(of)]
        rows.append(HeatRow(f"{title}, running" if of[0].statistic else title, rates, told))
    notes = []
    if any(of[0].statistic for of in items):
        notes.append("Running statistics follow the data; no gradient moves them, so that a rate "
                     "only says whether they do.")  # fmt: skip
    return HeatMap(rows, spans, name, notes=notes)
