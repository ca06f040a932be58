"""Every stage of planning, in the order they run.

A pass is a small function Graph -> Graph. Each stage may be left out; none changes a result beyond
rounding. All programs go through the stages of the "form". A step of training, at the end of whose
graph arrays are updated, goes through those of "orient" and "update" after them, as it is known
then which arrays lie packed in memory; in between it may be told to look at its gradients. The
"prefix" makes two graphs of one, and "order" and "place" make no graph: compile.py and
memory/assemble.py ask whether they are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from wlnet.core.rules import ArrayKey
from wlnet.graph.graph import Graph
from wlnet.graph.tidying import prune, share, simplify
from wlnet.kernels.jit.target import lanes_of
from wlnet.kernels.language import Precision
from wlnet.plan.passes.attention import fuse_attention
from wlnet.plan.passes.attention_weights import find_weights
from wlnet.plan.passes.channels import put_in_channels
from wlnet.plan.passes.cross_entropy import fuse_cross_entropy
from wlnet.plan.passes.fusion import (
    drop_places,
    fuse_activation,
    fuse_bias,
    fuse_gate,
    fuse_pooling,
    fuse_slope,
    fuse_windows,
)
from wlnet.plan.passes.gates import pack_gates
from wlnet.plan.passes.lanes import NONE, put_in_lanes
from wlnet.plan.passes.loops import hoist, inside
from wlnet.plan.passes.packing import pack_weights
from wlnet.plan.passes.updates import fuse_update, orient
from wlnet.plan.passes.whole_windows import sum_whole_windows
from wlnet.plan.passes.winograd import transform_windows


@dataclass(frozen=True)
class Setting:
    """What stages go by.

    few: windows of fewer examples than this are computed one by one. constants: keys of arrays that
    never change; packed: of those that are packed in memory. without: stages to leave out.
    """

    precision: Precision
    few: Fraction
    constants: Collection[ArrayKey] = ()
    packed: Collection[ArrayKey] = ()
    without: Collection[str] = ()

    def __post_init__(self) -> None:
        assert set(self.without) <= set(SWITCHES), sorted(set(self.without) - set(SWITCHES))

    @property
    def lanes(self) -> int:
        """How many numbers a vector has."""
        return lanes_of(self.precision)

    def has(self, stage: str) -> bool:
        """Whether a stage is not left out. Arrays that lie packed in memory are read so, always."""
        return stage not in self.without or (stage == "pack" and bool(self.packed))


Run = Callable[[Graph, Setting], Graph]
Part = Literal["cut", "form", "orient", "update", "pack", "memory"]


@dataclass(frozen=True)
class Stage:
    """A stage by name; run: what it makes of a graph, if it is a pass. is_inside: whether it runs
    on the bodies of scans as well."""

    name: str
    part: Part
    run: Run | None
    is_inside: bool = False


def _pass(part: Part, run: Callable[[Graph], Graph]) -> Stage:
    return Stage(run.__name__, part, lambda graph, setting: run(graph), is_inside=True)


def _lanes(graph: Graph, setting: Setting) -> Graph:
    return put_in_lanes(graph, setting.lanes, setting.few if setting.has("rows") else NONE)


def _channels(graph: Graph, setting: Setting) -> Graph:
    """Without fast convolution nothing else has channels side by side either."""
    fast = setting.has("transform_windows")
    return put_in_channels(graph, setting.lanes, setting.few) if fast else graph


def _join(graph: Graph, setting: Setting) -> Graph:
    """What lies where a prefix could be cut off is a result no longer."""
    return replace(graph, outputs={})


def _orient(graph: Graph, setting: Setting) -> Graph:
    return orient(graph, setting.packed)


def _fuse_update(graph: Graph, setting: Setting) -> Graph:
    return fuse_update(graph, setting.packed)


def _pack(graph: Graph, setting: Setting) -> Graph:
    whole = pack_weights(graph, setting.lanes, setting.packed, setting.constants)
    return inside(whole, lambda body: pack_weights(body, setting.lanes))


def _pack_gates(graph: Graph, setting: Setting) -> Graph:
    return pack_gates(graph, setting.lanes)


def _fuse_attention(graph: Graph, setting: Setting) -> Graph:
    return fuse_attention(graph, setting.lanes)


def _hoist(graph: Graph, setting: Setting) -> Graph:
    return hoist(graph)


STAGES = (
    _pass("cut", prune),
    Stage("prefix", "cut", None),
    _pass("form", prune),
    _pass("form", sum_whole_windows),
    Stage("channels", "form", _channels, is_inside=True),
    Stage("lanes", "form", _lanes, is_inside=True),
    _pass("form", prune),
    _pass("form", share),
    _pass("form", simplify),
    _pass("form", fuse_cross_entropy),
    _pass("form", find_weights),
    Stage("fuse_attention", "form", _fuse_attention, is_inside=True),
    _pass("form", fuse_bias),
    _pass("form", fuse_activation),
    _pass("form", fuse_windows),
    _pass("form", fuse_gate),
    _pass("form", fuse_slope),
    _pass("form", fuse_pooling),
    _pass("form", drop_places),
    _pass("form", transform_windows),
    Stage("orient", "orient", _orient),
    _pass("orient", simplify),
    Stage("join", "update", _join),
    _pass("update", prune),
    Stage("fuse_update", "update", _fuse_update),
    _pass("update", prune),
    Stage("pack_gates", "pack", _pack_gates, is_inside=True),
    Stage("pack", "pack", _pack),
    _pass("pack", prune),
    Stage("hoist", "pack", _hoist),
    Stage("order", "memory", None),
    Stage("chains", "memory", None),
    Stage("place", "memory", None),
)
SWITCHES = (*dict.fromkeys(stage.name for stage in STAGES), "rows")
"""What may be left out (`without`).

Without "prune" what nobody wants is computed too: what was never wanted, and what other passes
leave behind. Without "channels" no window has channels side by side; those windows are computed
example by example without "lanes", and never so without "rows". Without
"order" calls stay in the order of the graph, without "chains" each goes through memory by itself,
without "place" every value has memory of its own.
"""
WATCH: Callable[[str, Graph], None] | None = None
"""What is told of each stage that ran, and of the graph that it made. Tests look at it."""


def run_stages(graph: Graph, setting: Setting, *parts: Part) -> Graph:
    """The graph after the stages of some parts."""
    for stage in STAGES:
        if stage.part in parts and stage.run is not None and setting.has(stage.name):
            graph = _ran(stage, stage.run, graph, setting)
            watch(stage.name, graph)
    return graph


def _ran(stage: Stage, run: Run, graph: Graph, setting: Setting) -> Graph:
    if stage.is_inside:
        graph = inside(graph, lambda body: _ran(stage, run, body, setting))
    return run(graph, setting)


def watch(stage: str, graph: Graph) -> None:
    """Have who watches look at a graph that a stage has made."""
    if WATCH is not None:
        WATCH(stage, graph)
