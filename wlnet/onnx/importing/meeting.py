"""Arrays of several shapes that meet element by element, as NumPy's do, with the batch left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.values import Fixed, Flow, Given, Sizes, mixes


def meeting(given: Sequence[Given]) -> tuple[list[Sizes], Flow]:
    """The shape that one example has of each, and a flow that has the sizes of the result.

    Raises Misfit where shapes do not fit, and where examples would meet.
    """
    rank = max(each.rank for each in given)
    flows = [each for each in given if isinstance(each, Flow)]
    # A batch at one place of all, and one merged in the same way.
    places = {each.batch + rank - each.rank for each in flows if each.batch is not None}
    merged = {(each.before, each.sizes[each.batch]) for each in flows if each.batch is not None}
    if len(places) > 1 or len(merged) > 1:
        raise mixes("brings together")
    batch = places.pop() if places else None
    is_merged = bool(merged) and merged.copy().pop()[1] != 1
    shapes, padded = [], []
    for each in given:
        sizes: list[Any]
        sizes = list(each.sizes if isinstance(each, Flow) else each.array.shape)
        at = None if batch is None else batch - (rank - len(sizes))
        if at is not None and at >= 0 and not (isinstance(each, Flow) and each.batch is not None):
            if sizes[at] != 1:
                raise mixes(f"has an array with {sizes[at]} numbers along")
            if not is_merged:
                shapes.append(tuple(sizes[:at] + sizes[at + 1 :]))
            else:
                shapes.append(tuple(sizes))
        else:
            shapes.append(each.shape if isinstance(each, Flow) else tuple(sizes))
        padded.append([1] * (rank - len(sizes)) + sizes)
    result = tuple(_met(column) for column in zip(*padded, strict=True))
    first = next((flow for flow in flows if flow.batch is not None), None)
    before = first.before if first is not None else 1
    like = Flow((None, None), (), result, batch, before)
    return shapes, replace(like, made=like.shape)


def _met(column: Sequence[int | None]) -> int | None:
    known = {size for size in column if size is not None and size != 1}
    if len(known) > 1:
        raise Misfit(f"arrays that do not fit each other: sizes {sorted(known)} along one axis")
    if known:
        return known.pop()
    return None if None in column else 1


def fits_alone(shape: Sizes, like: Flow) -> bool:
    """Whether an operand has the result's own shape, so that nothing is repeated."""
    return shape == like.shape


def as_one(given: Given) -> bool:
    """Whether it is a known array of one number."""
    return isinstance(given, Fixed) and given.array.size == 1 and np.ndim(given.array) <= 8
