"""Sums over axes: reductions of views with any strides."""

from __future__ import annotations

from typing import Any

from wlnet.engine.blueprint import Words
from wlnet.graph.graph import Call
from wlnet.kernels.reductions.reductions import sum_any, sum_columns, sum_rows
from wlnet.plan.calls.emitter import Emitter, anyhow, count_of, emits

Axis = tuple[int, int, bool]
"""Size, distance in bytes, whether it is summed."""


@emits("sum", accepts=anyhow)
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    summed = [axis in call.attributes["axes"] for axis in range(x.rank)]
    axes = joined(list(zip(x.shape, e.strides(x), summed, strict=True)))
    addresses: dict[str, Any] = {"x": e.address(x), "y": e.address(y)}
    common: dict[str, Any] = {"reads": (x,), "writes": (y,), "work": count_of(x)}
    form = "".join("s" if axis[2] else "k" for axis in axes)
    last = axes[-1] if axes else (1, e.item, True)
    if last[1] == e.item and form in ("sk", "ksk", "ssk", "kssk"):
        outer = axes.pop(0) if form[0] == "k" else (1, 0, False)
        inner = axes[-2]
        rows = axes[0] if len(axes) == 3 else (1, 0, True)
        e.step(
            sum_columns, **common, **addresses, outer=outer[0], rows=rows[0], inner_rows=inner[0],
            columns=last[0], x_outer=outer[1], x_row=rows[1], x_inner=inner[1],
            y_outer=last[0] * e.item,
        )  # fmt: skip
    elif last[1] == e.item and form in ("s", "ks", "sks"):
        lines = axes[0] if form == "sks" else (1, 0, True)
        kept = axes[-2] if len(axes) > 1 else (1, 0, False)
        e.step(
            sum_rows, **common, **addresses, kept=kept[0], lines=lines[0], columns=last[0],
            x_kept=kept[1], x_line=lines[1],
        )  # fmt: skip
    else:
        kept_axes = [axis for axis in axes if not axis[2]]
        lost = [axis for axis in axes if axis[2]] or [(1, 0, True)]
        order = [*kept_axes, *lost]
        table = Words((*(axis[0] for axis in order), *(axis[1] for axis in order)))
        e.step(
            sum_any, **common, **addresses, kept_rank=len(kept_axes), summed_rank=len(lost),
            table=table,
        )  # fmt: skip


def joined(axes: list[Axis]) -> list[Axis]:
    """Axes without those of size 1; neighbours of a kind that are walked in one go are one."""
    found: list[Axis] = []
    for size, distance, summed in axes:
        if size == 1:
            continue
        if found and found[-1][2] == summed and found[-1][1] == size * distance:
            found[-1] = found[-1][0] * size, distance, summed
        else:
            found.append((size, distance, summed))
    return found
