"""Scans: the calls of a body, done once for each element of a sequence.

They read and write where they lie (layouts.py): what a step reads of a sequence, and what it
carries on or keeps, moves with each turn of the loop.
"""

from __future__ import annotations

from wlnet.graph.graph import Call
from wlnet.plan.calls.emitter import Emitter, anyhow, emits


@emits("scan", accepts=anyhow)
def _(e: Emitter, call: Call) -> None:
    at = call.attributes
    e.calls(at["begins"])
    e.turns(at["number"], at["times"], at["calls"])
