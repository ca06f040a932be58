"""The order of numbers, and parts of arrays by their places."""

from __future__ import annotations

import math

from wlnet.engine.blueprint import Words
from wlnet.graph.graph import Call
from wlnet.kernels.copies import places
from wlnet.plan.calls.emitter import Emitter, count_of, emits


@emits("as_real")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    e.step(
        places.as_real, reads=(x,), writes=(y,), count=count_of(x), x=e.address(x), y=e.address(y),
    )  # fmt: skip


@emits("ordering")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,), n = call.inputs, call.outputs, call.inputs[0].shape[-1]
    e.step(
        places.ordering, reads=(x,), writes=(y,), work=count_of(x) * n.bit_length(),
        scratch=n * places.INDEX, count=count_of(x) // n, n=n, x=e.address(x), y=e.address(y),
    )  # fmt: skip


@emits("extract", "put")
def _(e: Emitter, call: Call) -> None:
    (x, index), (y,), at = call.inputs, call.outputs, call.attributes
    whole = x if call.primitive == "extract" else y
    beside, depth = at["beside"], index.shape[-1]
    sizes = whole.shape[beside : beside + depth]
    outer, each = math.prod(index.shape[:beside]), math.prod(index.shape[beside:-1])
    taken = call.primitive == "extract"
    e.step(
        places.extract if taken else places.put, reads=(x, index), writes=(y,),
        work=0 if taken else count_of(x), count=outer * each if taken else outer, each=each,
        parts=math.prod(sizes), width=math.prod(whole.shape[beside + depth :]), depth=depth,
        sizes=Words(sizes), offset=at["offset"], wrap=at["wrap"], x=e.address(x),
        index=e.address(index), y=e.address(y),
    )  # fmt: skip
