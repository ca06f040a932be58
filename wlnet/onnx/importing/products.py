"""Operators that are products: linear layers where one side is known, else products of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.onnx.importing.arithmetic import combined
from wlnet.onnx.importing.axes import transposed
from wlnet.onnx.importing.linear import linear
from wlnet.onnx.importing.meeting import meeting
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import Fixed, Flow, Given, mixes, room_for
from wlnet.onnx.importing.writing import Writing


@operator("Gemm")
def _gemm(net: Writing, node: Node, a: Given, b: Given, c: Given | None = None) -> Given:
    alpha, beta = node("alpha", 1.0), node("beta", 1.0)
    turned, other = bool(node("transA", 0)), bool(node("transB", 0))
    node("broadcast", 1)  # of the first versions, which had to be asked to repeat biases
    if a.rank != 2 or b.rank != 2:
        raise Misfit(f"a product of matrices of {a.rank} and {b.rank} axes")
    if isinstance(a, Flow) and turned:
        a = transposed(net, a, (1, 0))
    elif isinstance(a, Fixed) and turned:
        a = replace(a, array=a.array.T)
    if isinstance(a, Flow) and isinstance(b, Fixed) and b.is_real:
        array = b.array if other else b.array.T
        if c is None:
            return linear(net, a, b, None, array * np.float32(alpha) if alpha != 1 else array, None)
        if (
            isinstance(c, Fixed)
            and c.array.size in (1, len(array))
            and (c.array.size == 1 or c.array.shape[-1] == len(array))
        ):
            start = np.broadcast_to(c.array.reshape(-1), (len(array),))
            scaled = array if alpha == 1 else array * np.float32(alpha)
            moved = start if beta == 1 else start * np.float32(beta)
            return linear(net, a, b, c, scaled, moved)
    if isinstance(b, Flow):
        b = transposed(net, b, (1, 0)) if other else b
    elif other:
        b = replace(b, array=b.array.T)
    product = matmul(net, a, b)
    if alpha != 1:
        product = combined(net, lambda p, q: p * q, product, Fixed(np.array(alpha, np.float32)))
    if c is None:
        return product
    if beta != 1:
        c = combined(net, lambda p, q: p * q, c, Fixed(np.array(beta, np.float32)))
    return combined(net, lambda p, q: p + q, product, c, "Plus")


@operator("MatMul")
def _matmul(net: Writing, node: Node, a: Given, b: Given) -> Given:
    return matmul(net, a, b)


def matmul(net: Writing, a: Given, b: Given) -> Given:
    """np.matmul."""
    if isinstance(a, Fixed) and isinstance(b, Fixed):
        try:
            shape = np.broadcast_shapes(a.array.shape[:-2], b.array.shape[:-2])
            room_for((*shape, *a.array.shape[-2:-1], *b.array.shape[-1:]))
            return Fixed(np.matmul(a.array, b.array))
        except (ValueError, TypeError) as error:
            raise Misfit(f"a product of arrays that do not fit: {error}") from None
    if isinstance(a, Flow) and isinstance(b, Fixed) and b.rank == 2 and b.is_real and a.rank > 1:
        return linear(net, a, b, None, b.array.T, None)
    if a.rank < 2 or b.rank < 2:
        return _vectors(net, a, b)
    rows, columns = _cut(a), _cut(b)
    shapes, like = meeting([rows, columns])
    if _is_summed(a, b.rank == 2) or _is_summed(b, False):
        raise mixes("is a product along")
    inner = (_sizes(a)[-1], _sizes(b)[-2])
    if None not in inner and inner[0] != inner[1]:
        raise Misfit(f"a product along axes of {inner[0]} and {inner[1]}")
    flows = [
        net.array(each, (*shape, *each.array.shape[-2:]), like) if isinstance(each, Fixed)
        else net.real(each)
        for each, shape in zip((a, b), shapes, strict=True)
    ]  # fmt: skip
    sizes = (*like.sizes, _sizes(a)[-2], _sizes(b)[-1])
    first = next(each for each in (a, b) if isinstance(each, Flow))
    batch = like.batch
    if batch is None and first.batch is not None:
        batch = first.batch  # the rows of the first matrix are the examples
    held = {str(i): each for i, each in enumerate((a, b)) if isinstance(each, Fixed)}
    like = replace(like, batch=batch, sizes=sizes)
    if batch is not None and batch >= len(sizes) - 2:
        return _row_each(net, flows, like, held)
    return net.function(lambda p, q: p @ q, *flows, like=like, sizes=sizes, arrays=held)


def _is_summed(x: Given, rows_may: bool) -> bool:
    """Whether the batch is one of the last two axes; rows_may: the rows may be examples."""
    if not isinstance(x, Flow) or x.batch is None or x.batch < x.rank - 2:
        return False
    return x.batch == x.rank - 1 or not rows_may


def _row_each(net: Writing, flows: list[Flow], like: Flow,
              held: Mapping[str, Fixed]) -> Flow:  # fmt: skip
    """Examples that are rows of the first matrix."""
    if flows[0].is_merged:
        raise mixes("is a product along")
    return net.function(lambda p, q: p @ q, *flows, like=like, arrays=held)


def _vectors(net: Writing, a: Given, b: Given) -> Given:
    """A product with a vector: with its first or last axis taken away from the result."""
    if any(isinstance(each, Flow) and each.batch is not None and each.rank == 1 for each in (a, b)):
        raise mixes("is a product along")
    if isinstance(a, Flow) and isinstance(b, Fixed) and b.rank == 1 and a.rank > 1:
        made = linear(net, a, b, None, b.array[None], None)
        return replace(made, sizes=made.sizes[:-1], batch=made.batch)
    raise Misfit(f"a product of arrays of {a.rank} and {b.rank} axes")


def _sizes(given: Given) -> tuple[int | None, ...]:
    return given.sizes if isinstance(given, Flow) else given.array.shape


def _cut(given: Given) -> Given:
    """The axes before the last two."""
    if isinstance(given, Fixed):
        return Fixed(np.empty(given.array.shape[:-2], dtype=bool))
    batch = given.batch if given.batch is not None and given.batch < given.rank - 2 else None
    return replace(given, sizes=given.sizes[:-2], batch=batch, before=given.before)


@operator("Einsum")
def _einsum(net: Writing, node: Node, *given: Given) -> Given:
    formula = node("equation").replace(" ", "")
    left, arrow, right = formula.partition("->")
    if "." in formula or not arrow or not 1 <= len(given) <= 3:
        raise Misfit(f"the formula {formula!r}", expected="letters and an arrow, 1 to 3 arrays")
    letters = left.split(",")
    if [len(word) for word in letters] != [each.rank for each in given]:
        raise Misfit(f"the formula {formula!r} for arrays of other axes")
    if all(isinstance(each, Fixed) for each in given):
        raise Misfit("a product of arrays that are all known")
    flows = [each for each in given if isinstance(each, Flow)]
    places = {
        x[y.batch]
        for x, y in zip(letters, given, strict=True)
        if isinstance(y, Flow) and y.batch is not None
    }
    if len(places) > 1 or any(flow.is_merged for flow in flows):
        raise mixes("brings together")
    at = places.pop() if places else ""
    if at and (
        at not in right
        or any(at in x for x, y in zip(letters, given, strict=True) if isinstance(y, Fixed))
    ):
        raise mixes("is a product along")
    sizes: dict[str, Any] = {}
    for word, each in zip(letters, given, strict=True):
        for letter, size in zip(word, _sizes(each), strict=True):
            if sizes.setdefault(letter, size) != size:
                raise Misfit(f"the formula {formula!r}: sizes {sizes[letter]} and {size}")
    inner = ",".join(word.replace(at, "") if at else word for word in letters)
    short = f"{inner}->{right.replace(at, '') if at else right}"
    like = replace(flows[0], batch=right.index(at) if at else None,
                   sizes=tuple(sizes[letter] for letter in right))  # fmt: skip
    parts = [
        net.array(each, each.array.shape, like) if isinstance(each, Fixed) else net.real(each)
        for each in given
    ]
    return net.function(lambda *xs: np.einsum(short, *xs), *parts, like=like)
