"""What will run, as a value to read and to ask: calls, bytes and operations (FLOPs)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wlnet.core.batches import BATCH
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.table import Sheet, Table
from wlnet.core.table_cells import Column
from wlnet.engine.blueprint import Blueprint, Step, times_of
from wlnet.graph.keys import GradientKey, NewKey, SlotKey, StateKey
from wlnet.kernels.language import Precision
from wlnet.nets.arrays import arrays_of
from wlnet.plan.call_rows import CallRow, When
from wlnet.plan.compile import Steps, forward_blueprint
from wlnet.plan.timing import Timing
from wlnet.plan.traffic import Traffic, table_of
from wlnet.plan.ways import Way, touched, ways

HEADINGS: Mapping[When, str] = {
    "Once": "once, when the program is made",
    "Prefix": "frozen prefix, once a training where its results fit in memory",
    "Step": "for every batch",
    "Update": "for every batch, by the sum over its parts: each rank its slice",
}
OF_A_PART = "for every part of a batch"

CALLS = (
    Column("layer", "part"),
    Column("what is done"),
    Column("kernel"),
    Column("writes", "shapes"),
    Column("operations", "count", folded="sum"),
)
TIMES = (
    Column("µs", "amount", folded="sum"),
    Column("waiting", "share", folded="range"),
    Column("GF/s", "amount", folded="range"),
    Column("GB/s", "amount", folded="range"),
)
"""Of a program that was measured."""
FIGURES = Column("figure"), Column("value", "amount")
SPARED = Column("layer", "part"), Column("calls", "texts")
LEFT_OUT = "left out, as nothing that learns needs it:"


@dataclass(frozen=True, repr=False)
class ProgramReport:
    """What will run for a net and a batch; shown as a table.

    calls: in the order they run. left_out: what the program of the same net with everything trained
    has besides. array_bytes: all arrays that are read, as they lie in memory; state_bytes: what the
    method keeps beside those that learn. prefix_bytes_per_example: what is kept of the frozen
    prefix. The operations are those for every batch, without the frozen prefix. timing: what was
    measured, None where nothing was. Where a batch has parts (batch_parts), the steps are those of
    one of them, and the bytes; traffic: what ranks send one another, by how many there are.

    Examples: see net_program.
    """

    purpose: Literal["Evaluation", "Training"]
    batch_size: int
    precision: Precision
    calls: tuple[CallRow, ...]
    left_out: tuple[CallRow, ...]
    arena_bytes: int
    array_bytes: int
    state_bytes: int
    prefix_bytes_per_example: int
    operations_per_example: int
    prefix_operations_per_example: int
    operations_with_all_trained: int
    timing: Timing | None = None
    batch_parts: int = 1
    traffic: tuple[Traffic, ...] = ()

    @property
    def once(self) -> tuple[CallRow, ...]:
        """What depends on constants alone: computed when the program is made."""
        return self._those("Once")

    @property
    def prefix(self) -> tuple[CallRow, ...]:
        """What depends on the examples and on frozen arrays alone: computed once a training."""
        return self._those("Prefix")

    @property
    def steps(self) -> tuple[CallRow, ...]:
        """What runs for every batch, or for every part of it."""
        return self._those("Step")

    @property
    def updates(self) -> tuple[CallRow, ...]:
        """What runs for every batch that has parts, when their gradients are added up."""
        return self._those("Update")

    @property
    def left_out_by_layer(self) -> dict[Path, tuple[str, ...]]:
        """What freezing spares each layer."""
        found: dict[Path, tuple[str, ...]] = {}
        for row in self.left_out:
            found[row.layer] = (*found.get(row.layer, ()), row.what)
        return found

    def _those(self, when: When) -> tuple[CallRow, ...]:
        return tuple(row for row in self.calls if row.when == when)

    @property
    def sheet(self) -> Sheet:
        """All of it as tables: the calls, the figures, and what is left out."""
        what = "a step of training" if self.purpose == "Training" else "evaluation"
        parts = f" in {self.batch_parts} parts" if self.batch_parts > 1 else ""
        title = f"Program for {what}, batches of {self.batch_size}{parts}, {self.precision}"
        tables = [self.table]
        if self.timing is not None:
            tables.append(self.timing.layer_table)
        tables.append(Table(FIGURES, self._figures(), is_headless=True))
        if self.traffic:
            tables.append(table_of(self.traffic))
        if self.left_out:
            rows = tuple((path, calls) for path, calls in self.left_out_by_layer.items())
            tables.append(Table(SPARED, rows, LEFT_OUT, noun="layers", by=0))
        return Sheet(title, tuple(tables))

    @property
    def table(self) -> Table:
        """The calls as a table."""
        first = {when: i for i, when in reversed([*enumerate(row.when for row in self.calls)])}
        is_timed = self.timing is not None
        rows = tuple(
            (row.layer, _done(row), row.kernel, row.shapes, row.operations)
            + (_times(row) if is_timed else ())
            for row in self.calls
        )
        headings = {**HEADINGS, "Step": OF_A_PART} if self.batch_parts > 1 else HEADINGS
        sections = tuple((i, headings[when]) for when, i in first.items())
        columns = CALLS + TIMES if is_timed else CALLS
        return Table(columns, rows, noun="calls", by=0, sections=sections)

    def __repr__(self) -> str:
        return str(self.sheet)

    def _repr_html_(self) -> str:
        return self.sheet._repr_html_()

    def _figures(self) -> tuple[tuple[str, Any], ...]:
        figures: dict[str, Any] = {}
        if self.timing is not None:
            figures |= self.timing.figures(self.batch_size)
        figures["operations an example"] = self.operations_per_example
        if self.purpose == "Training":
            if self.prefix:
                figures["  and once a training"] = self.prefix_operations_per_example
            if self.left_out or self.prefix:
                figures["  with everything trained"] = self.operations_with_all_trained
        figures["bytes of the arena"] = self.arena_bytes
        figures["bytes of arrays"] = self.array_bytes
        if self.purpose == "Training":
            figures["bytes of the method"] = self.state_bytes
        if self.prefix:
            figures["bytes kept an example"] = self.prefix_bytes_per_example
        return tuple(figures.items())


def evaluation_report(
    net: Net, batch: int = BATCH, precision: Precision = "Real32"
) -> ProgramReport:
    """What evaluates a net on a batch. Raises NotInitializedError where a shape is not known."""
    blueprint = forward_blueprint(
        net, batch, precision=precision, constants=arrays_of(net), checked=True
    )
    work = _operations(blueprint, batch)
    return ProgramReport(
        purpose="Evaluation",
        batch_size=batch,
        precision=precision,
        calls=tuple(_rows(Steps(blueprint))),
        left_out=(),
        prefix_bytes_per_example=0,
        operations_per_example=work,
        prefix_operations_per_example=0,
        operations_with_all_trained=work,
        **_bytes(Steps(blueprint)),
    )


class Parted(NamedTuple):
    """A batch in parts: its examples, how many parts there are, the update that follows them, and
    what ranks send one another."""

    batch_size: int
    parts: int
    update: Blueprint
    traffic: tuple[Traffic, ...]


def training_report(
    batch: int, made: Steps, full: Steps, parted: Parted | None = None
) -> ProgramReport:
    """What a step of training does; full: the same with everything trained. parted: where they are
    those of a part of a batch."""
    calls = tuple(_rows(made) + ([] if parted is None else rows_of(parted.update, "Update")))
    by_step = _rows(made, by_step=True)
    kept = made.prefix.tables.values() if made.prefix is not None else ()
    return ProgramReport(
        purpose="Training",
        batch_size=batch if parted is None else parted.batch_size,
        precision=made.step.precision,
        calls=calls,
        left_out=without_counterpart(by_step, _rows(full, by_step=True)),
        prefix_bytes_per_example=sum(view.bytes for view in kept) // batch,
        operations_per_example=_operations(made.step, batch),
        prefix_operations_per_example=_operations(made.prefix, batch),
        operations_with_all_trained=_operations(full.step, batch) + _operations(full.prefix, batch),
        batch_parts=1 if parted is None else parted.parts,
        traffic=() if parted is None else parted.traffic,
        **_bytes(made, *([] if parted is None else [parted.update])),
    )


def _rows(steps: Steps, by_step: bool = False) -> list[CallRow]:
    """The calls of programs. by_step: with a row for each step of a chain, as which of them are
    chained depends on what else there is."""
    programs = [program for program in (steps.prefix, steps.step) if program is not None]
    found = [
        _row("Once", step, each, times_of(i, each.once_loops), "Forward")
        for each in programs
        for i, step in enumerate(each.once)
    ]
    if steps.prefix is not None:
        found += rows_of(steps.prefix, "Prefix", by_step)
    return found + rows_of(steps.step, "Step", by_step)


def rows_of(blueprint: Blueprint, when: When = "Step", by_step: bool = False) -> list[CallRow]:
    """A row for each step of a program, or also for each of a chain."""
    return [
        _row(when, part, blueprint, blueprint.times(i), way)
        for i, (step, way) in enumerate(zip(blueprint.steps, ways(blueprint), strict=True))
        for part in ((by_step and step.chained) or (step,))
    ]


def _done(row: CallRow) -> str:
    return row.what if row.times == 1 else f"{row.what}, {row.times:,} times"


def _times(row: CallRow) -> tuple[float | None, ...]:
    share = row.waiting / row.microseconds if row.waiting is not None and row.microseconds else None
    return row.microseconds, share, row.gf_per_second, row.gb_per_second


def _row(when: When, step: Step, blueprint: Blueprint, times: int, way: Way) -> CallRow:
    # What is written to a table from outside has the shape of what is read.
    made = [view for view in step.writes if blueprint.slots[view.slot].kind != "outside"]
    shapes = dict.fromkeys(view.shape for view in made or step.reads)
    return CallRow(
        when,
        step.what,
        step.kernel.name,
        step.origin,
        tuple(shapes),
        step.work * times,
        times,
        sum(touched(view, blueprint) for view in (*step.reads, *step.writes)) * times,
        way,
    )


MOVING = "arithmetic.fill", "copies.", "lane_blocks."
"""Kernels that only lay numbers out for others: which there are differs by program."""


def without_counterpart(calls: Iterable[CallRow], full: Iterable[CallRow]) -> tuple[CallRow, ...]:
    """The calls of `full` that have no counterpart, whatever was fused with what.

    Of those that compute or keep something: numbers may be laid out in another way as well.
    """
    here = Counter((row.layer, part) for row in calls for part in row.parts)
    found = []
    for row in full:
        wanted = Counter((row.layer, part) for part in row.parts)
        if all(here[part] >= count for part, count in wanted.items()):
            here.subtract(wanted)
        elif not row.kernel.startswith(MOVING):
            found.append(row)
    return tuple(found)


BETWEEN = GradientKey, NewKey
"""What one program leaves for another one."""


def _operations(blueprint: Blueprint | None, batch: int) -> int:
    return 0 if blueprint is None else round(blueprint.work / batch)


def _bytes(steps: Steps, *more: Blueprint) -> dict[str, Any]:
    slots: dict[SlotKey, int] = {}
    for each in (steps.prefix, steps.step, *more):
        if each is not None:
            slots |= {slot.where: slot.bytes for slot in each.slots if slot.kind == "array"}
    slots = {key: size for key, size in slots.items() if not isinstance(key, BETWEEN)}
    states = {key for key in slots if isinstance(key, StateKey)}
    return {
        "arena_bytes": steps.step.arena_bytes,
        "array_bytes": sum(size for key, size in slots.items() if key not in states),
        "state_bytes": sum(slots[key] for key in states),
    }
