"""What will run, as a value to read and to ask: calls, bytes and operations (FLOPs)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from wlnet.core.batches import BATCH
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.engine.blueprint import Blueprint, Step
from wlnet.graph.keys import SlotKey, StateKey
from wlnet.kernels.language import Precision
from wlnet.nets.arrays import arrays_of
from wlnet.plan.compile import Steps, forward_blueprint

When = Literal["Once", "Prefix", "Step"]
HEADINGS: Mapping[When, str] = {
    "Once": "once, when the program is made",
    "Prefix": "frozen prefix, once a training where its results fit in memory",
    "Step": "for every batch",
}


@dataclass(frozen=True)
class CallRow:
    """A kernel call.

    when: "Once" (constants), "Prefix" (the frozen prefix) or "Step". what: what it does, with all
    that was fused into it. layer: the path of the layer that asked for it, () for none. shapes: of
    what it writes. operations: about how many it takes, on numbers with a floating point.
    """

    when: When
    what: str
    kernel: str
    layer: Path
    shapes: tuple[tuple[int, ...], ...]
    operations: int

    @property
    def parts(self) -> tuple[str, ...]:
        """What was fused."""
        return tuple(self.what.split(" + "))


@dataclass(frozen=True, repr=False)
class ProgramReport:
    """What will run for a net and a batch; shown as a table.

    calls: in the order they run. left_out: what the program of the same net with everything trained
    has besides. array_bytes: all arrays that are read, as they lie in memory; state_bytes: what the
    method keeps beside those that learn. prefix_bytes_per_example: what is kept of the frozen
    prefix. The operations are those for every batch, without the frozen prefix.

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
        """What runs for every batch."""
        return self._those("Step")

    @property
    def left_out_by_layer(self) -> dict[Path, tuple[str, ...]]:
        """What freezing spares each layer."""
        found: dict[Path, tuple[str, ...]] = {}
        for row in self.left_out:
            found[row.layer] = (*found.get(row.layer, ()), row.what)
        return found

    def _those(self, when: When) -> tuple[CallRow, ...]:
        return tuple(row for row in self.calls if row.when == when)

    def __repr__(self) -> str:
        return "\n".join([*self._table(), "", *self._figures()])

    def _table(self) -> list[str]:
        what = "a step of training" if self.purpose == "Training" else "evaluation"
        head = ("layer", "what is done", "kernel", "writes", "operations")
        rows = [_cells(row) for row in self.calls]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = [f"Program for {what}, batches of {self.batch_size}, {self.precision}"]
        lines += ["", _line(head, widths), "  ".join("-" * width for width in widths)]
        for when, heading in HEADINGS.items():
            if those := self._those(when):
                lines += [f"({heading})", *(_line(_cells(row), widths) for row in those)]
        return lines

    def _figures(self) -> list[str]:
        figures = {"operations an example": f"{self.operations_per_example:,}"}
        if self.purpose == "Training":
            if self.prefix:
                figures["  and once a training"] = f"{self.prefix_operations_per_example:,}"
            if self.left_out or self.prefix:
                all_trained = f"{self.operations_with_all_trained:,}"
                figures["  with everything trained"] = all_trained
        figures["bytes of the arena"] = f"{self.arena_bytes:,}"
        figures["bytes of arrays"] = f"{self.array_bytes:,}"
        if self.purpose == "Training":
            figures["bytes of the method"] = f"{self.state_bytes:,}"
        if self.prefix:
            figures["bytes kept an example"] = f"{self.prefix_bytes_per_example:,}"
        wide = max(map(len, figures))
        lines = [f"{name.ljust(wide)}  {value}" for name, value in figures.items()]
        if self.left_out:
            lines += ["", "left out, as nothing that learns needs it:"]
        return lines + [
            f"  {path_text(layer) or '-'}: {', '.join(calls)}"
            for layer, calls in self.left_out_by_layer.items()
        ]


def _cells(row: CallRow) -> tuple[str, ...]:
    shapes = ", ".join("x".join(map(str, shape)) or "scalar" for shape in row.shapes)
    return path_text(row.layer) or "-", row.what, row.kernel, shapes, f"{row.operations:,}"


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    *words, number = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    number = number.strip().rjust(len(number))
    return "  ".join([*words, number])


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


def training_report(batch: int, made: Steps, full: Steps) -> ProgramReport:
    """What a step of training does; full: the same with everything trained."""
    calls = tuple(_rows(made))
    kept = made.prefix.tables.values() if made.prefix is not None else ()
    return ProgramReport(
        purpose="Training",
        batch_size=batch,
        precision=made.step.precision,
        calls=calls,
        left_out=without_counterpart(calls, _rows(full)),
        prefix_bytes_per_example=sum(view.bytes for view in kept) // batch,
        operations_per_example=_operations(made.step, batch),
        prefix_operations_per_example=_operations(made.prefix, batch),
        operations_with_all_trained=_operations(full.step, batch) + _operations(full.prefix, batch),
        **_bytes(made),
    )


def _rows(steps: Steps) -> list[CallRow]:
    programs = [program for program in (steps.prefix, steps.step) if program is not None]
    found = [_row("Once", step, each) for each in programs for step in each.once]
    if steps.prefix is not None:
        found += [_row("Prefix", step, steps.prefix) for step in steps.prefix.steps]
    return found + [_row("Step", step, steps.step) for step in steps.step.steps]


def _row(when: When, step: Step, blueprint: Blueprint) -> CallRow:
    # What is written to a table from outside has the shape of what is read.
    made = [view for view in step.writes if blueprint.slots[view.slot].kind != "outside"]
    shapes = dict.fromkeys(view.shape for view in made or step.reads)
    return CallRow(when, step.what, step.kernel.name, step.origin, tuple(shapes), step.work)


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


def _operations(blueprint: Blueprint | None, batch: int) -> int:
    steps = () if blueprint is None else blueprint.steps
    return round(sum(step.work for step in steps) / batch)


def _bytes(steps: Steps) -> dict[str, int]:
    slots: dict[SlotKey, int] = {}
    for each in (steps.prefix, steps.step):
        if each is not None:
            slots |= {slot.where: slot.bytes for slot in each.slots if slot.kind == "array"}
    states = {key for key in slots if isinstance(key, StateKey)}
    return {
        "arena_bytes": steps.step.arena_bytes,
        "array_bytes": sum(size for key, size in slots.items() if key not in states),
        "state_bytes": sum(slots[key] for key in states),
    }
