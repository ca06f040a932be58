"""Axes in another order, and entries in other axes: what moves the batch moves nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wlnet.layers.transpose import TransposeLayer
from wlnet.onnx.importing.misfits import SIZES, Misfit
from wlnet.onnx.importing.sizes import Batches
from wlnet.onnx.importing.values import Flow, count_of, mixes, open_size
from wlnet.onnx.importing.writing import Writing


def transposed(net: Writing, x: Flow, order: Sequence[int]) -> Flow:
    """The axes in another order: axis i of the result is axis order[i]."""
    if sorted(order) != list(range(x.rank)):
        raise Misfit(f"an order of axes {list(order)} for an array of {x.rank}")
    sizes = tuple(x.sizes[i] for i in order)
    batch = None if x.batch is None else list(order).index(x.batch)
    axes = [x.axes.index(i) for i in order if i in x.axes]
    large = [i for i in axes if x.shape[i] != 1]
    if large == sorted(large):  # only axes of one entry have moved
        return replace(x, sizes=sizes, batch=batch)
    x = net.real(x)
    # Axes of one entry take no part in it.
    slim = replace(x, sizes=tuple(x.shape[i] for i in sorted(large)), batch=None)
    order_of_large = [sorted(large).index(i) for i in large]
    places = tuple(order_of_large.index(i) + 1 for i in range(len(large)))
    end = net.layer(TransposeLayer(places), slim)
    made = tuple(x.shape[i] for i in large)
    return replace(x, end=end, made=made, sizes=sizes, batch=batch)


def reshaped(x: Flow, target: Sequence[Any], fixed: int | None) -> Flow:
    """The same entries in other axes, of which one has to hold the batch.

    target: integers, of which one may be -1, or at the place of the batch `Batches`. fixed: the
    size of the batch where the file says one, which may then stand in target as a number.
    """
    if None in x.sizes:
        return _reshaped_open(x, target, fixed)
    if x.batch is None:
        return replace(x, sizes=_filled(list(target), count_of(x.sizes)))
    total = count_of(x.sizes)
    lead = math.prod(int(size or 0) for size in x.sizes[: x.batch]) * x.before
    for at in _places(list(target), x, total, fixed):
        others = [size for i, size in enumerate(target) if i != at]
        if any(isinstance(size, Batches) for size in others):
            continue
        count = _along(target[at], others, total, fixed)
        if count is None:
            continue
        sizes = [count if i == at else size for i, size in enumerate(target)]
        if -1 in sizes:
            rest = math.prod(size for size in sizes if size != -1)
            if not rest or total % rest:
                continue
            sizes[sizes.index(-1)] = total // rest
        if math.prod(sizes) != total:
            continue
        outside = math.prod(sizes[:at])
        if outside and lead % outside == 0 and count % (lead // outside) == 0:
            return replace(x, sizes=tuple(sizes), batch=at, before=lead // outside)
    raise mixes("reshapes")


OPEN = 1_000_003
"""Stands for an open size while sizes are worked out: a prime number that no file has."""


def _reshaped_open(x: Flow, target: Sequence[Any], fixed: int | None) -> Flow:
    """The same with an open size, which has to stay one."""
    if x.sizes.count(None) > 1:
        raise open_size()
    told = replace(x, sizes=tuple(OPEN if size is None else size for size in x.sizes))
    try:
        made = reshaped(told, [_stood_in(size) for size in target], fixed)
    except Misfit:
        raise Misfit(
            f"an array of an open size in the shape ({', '.join(map(str, target))})",
            fix=SIZES,
        ) from None
    if any(size != OPEN and size % OPEN == 0 for size in made.sizes):
        raise open_size()
    return replace(made, sizes=tuple(None if size == OPEN else size for size in made.sizes))


def _stood_in(size: Any) -> Any:
    """A size of a shape with a number for the open one."""
    if not isinstance(size, Batches) or not size.open:
        return size
    return Batches(size.times * OPEN) if size.batch else size.times * OPEN


def _filled(target: list[Any], total: int) -> tuple[int, ...]:
    if any(isinstance(size, Batches) for size in target):
        raise Misfit("the size of the batch in the shape of something that has none")
    if target.count(-1) > 1:
        raise Misfit(f"a shape with several open sizes: {target}")
    if -1 in target:
        rest = math.prod(size for size in target if size != -1)
        if not rest or total % rest:
            raise Misfit(f"an array of {total} numbers in the shape {target}")
        target[target.index(-1)] = total // rest
    if math.prod(target) != total or min(target, default=0) < 0:
        raise Misfit(f"an array of {total} numbers in the shape {target}")
    return tuple(target)


def _places(target: list[Any], x: Flow, total: int, fixed: int | None) -> list[int]:
    """Where the batch may be, the likeliest place first."""
    said = [i for i, size in enumerate(target) if isinstance(size, Batches)]
    if said:
        return said
    open_places = [i for i, size in enumerate(target) if size == -1]
    numbers = [i for i, size in enumerate(target) if fixed and size != -1 and size % fixed == 0]
    # A batch of 1 may be anywhere: where it is alone, and where it was, before all else.
    numbers.sort(key=lambda i: (target[i] != fixed, i != x.batch, i))
    alone = [i for i in numbers if target[i] == fixed]
    if open_places and math.prod(size for size in target if size != -1) == total:
        return [*open_places, *numbers]
    return [*alone, *open_places, *numbers]


def _along(size: Any, others: list[Any], total: int, fixed: int | None) -> int | None:
    """How many entries an example has along the axis that is to hold the batch."""
    if isinstance(size, Batches):
        return size.times
    if size == -1:
        rest = math.prod(others)
        return total // rest if rest and total % rest == 0 else None
    return size // fixed if fixed and size % fixed == 0 else None
