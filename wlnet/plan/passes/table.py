"""Passes: small functions Graph -> Graph. Each may be left out; none changes a result beyond
rounding."""

from __future__ import annotations

from collections.abc import Callable

from wlnet.graph.graph import Graph
from wlnet.graph.tidying import prune, share, simplify
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
from wlnet.plan.passes.winograd import transform_windows

Pass = Callable[[Graph], Graph]


PASSES: dict[str, Pass] = {
    "prune": prune,
    "share": share,
    "simplify": simplify,
    "fuse_cross_entropy": fuse_cross_entropy,
    "fuse_bias": fuse_bias,
    "fuse_activation": fuse_activation,
    "fuse_windows": fuse_windows,
    "fuse_gate": fuse_gate,
    "fuse_slope": fuse_slope,
    "fuse_pooling": fuse_pooling,
    "drop_places": drop_places,
    "transform_windows": transform_windows,
}
"""In the order they run."""
