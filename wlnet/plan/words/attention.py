"""Attention as a whole, forwards and back."""

from __future__ import annotations

from math import prod

from wlnet.graph.graph import Shape
from wlnet.plan.words.specs import Results, spec


@spec("y weights?")
def attend(q: Shape, k: Shape, v: Shape, *, scale: float, window: int | None) -> Results:
    """The softmax of scale q . k over the keys that a query sees, times v. All are (batch, heads,
    length, size), the result is (batch, length, heads, size). window: None, or as many queries as
    there are keys see so many up to their own. weights: that softmax, as the way back reads it."""
    assert q[:2] == k[:2] == v[:2], "q, k and v have not the same heads"
    assert q[3] == k[3] and k[2] == v[2], "q, k and v do not fit"
    assert window is None or (q[2] == k[2] and window > 0), "the window is that of others"
    return (q[0], q[2], q[1], v[3]), (prod(q[:2]), None, k[2], None)


@spec("queries? keys? values?")
def attend_back(
    d: Shape, q: Shape, k: Shape, v: Shape, weights: Shape, *, scale: float, window: int | None
) -> Results:
    """The gradients of `attend` by q, k and v, by which are wanted, each (batch, length, heads,
    size). d: that by its result, as (batch, heads, length, size)."""
    (y, kept) = attend(q, k, v, scale=scale, window=window)
    assert (d[0], d[2], d[1], d[3]) == y, "d has not the shape of the result"
    assert (weights[0], weights[2]) == (kept[0], kept[2]), "the weights are those of others"
    return tuple((x[0], x[2], x[1], x[3]) for x in (q, k, v))
