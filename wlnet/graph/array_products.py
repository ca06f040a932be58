"""Products of arrays in primitives: NumPy's matmul and einsum, example by example."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wlnet.core.shapes import Mismatch, Partial, Size, shape_text
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value


def product(g: Builder, a: Value, b: Value) -> Value:
    """a @ b for each example: of vectors, matrices, and matrices along further axes."""
    lines, columns = a.rank > 2, b.rank > 2
    left = a if lines else g.reshape(a, (a.shape[0], 1, a.shape[1]))
    right = b if columns else g.reshape(b, (*b.shape, 1))
    rank = max(left.rank, right.rank)
    left, right = (
        g.reshape(x, (x.shape[0], *(1,) * (rank - x.rank), *x.shape[1:])) for x in (left, right)
    )
    if right.shape[:-2] == (1,) * (rank - 2):
        right = g.reshape(right, right.shape[-2:])
    made = g.matmul(left, right)
    kept = (*made.shape[:-2], *made.shape[-2:-1] * lines, *made.shape[-1:] * columns)
    return g.reshape(made, kept)


def letters_of(formula: str) -> tuple[list[str], str]:
    """The letters of the operands of an einsum, and those of its result."""
    given, _, result = formula.partition("->")
    return given.split(","), result


def einsum_shape(formula: str, shapes: Sequence[Partial]) -> Partial:
    """The shape of an einsum. Raises Mismatch."""
    given, result = letters_of(formula)
    sizes: dict[str, Size] = {}
    for letters, shape in zip(given, shapes, strict=True):
        if shape is None:
            continue
        if len(shape) != len(letters):
            raise Mismatch(f"{letters!r} of einsum is not the rank of {shape_text(shape)}")
        for letter, size in zip(letters, shape, strict=True):
            if size is not None and sizes.get(letter, size) != size:
                raise Mismatch(f"{letter!r} of einsum is {sizes[letter]} and {size}")
            sizes[letter] = sizes.get(letter) or size
    return tuple(sizes.get(letter) for letter in result)


def einsum(g: Builder, formula: str, xs: Sequence[Value]) -> Value:
    """Products along letters, from the left, each summed as soon as nobody needs a letter."""
    given, result = letters_of(formula)
    value, letters = xs[0], given[0]
    for i in range(1, len(xs)):
        wanted = set(result).union(*given[i + 1 :])
        value, letters = _pair(g, (value, letters), (xs[i], given[i]), wanted)
    value, letters = _summed(g, value, letters, set(result))
    order = [0, *(letters.index(letter) + 1 for letter in result)]
    return value if order == sorted(order) else g.transpose(value, order)


def _summed(g: Builder, x: Value, letters: str, wanted: set[str]) -> tuple[Value, str]:
    """Without the letters that nobody wants."""
    gone = [i + 1 for i, letter in enumerate(letters) if letter not in wanted]
    kept = "".join(letter for letter in letters if letter in wanted)
    shape = [size for i, size in enumerate(x.shape) if i not in gone]
    return g.reshape(g.sum(x, gone), shape) if gone else x, kept


def _pair(
    g: Builder, one: tuple[Value, str], two: tuple[Value, str], wanted: set[str]
) -> tuple[Value, str]:
    """The product of two, by the letters that are wanted of it."""
    a, left = _summed(g, *one, wanted | set(two[1]))
    b, right = _summed(g, *two, wanted | set(left))
    both = [letter for letter in left if letter in right and letter in wanted]
    inner = [letter for letter in left if letter in right and letter not in wanted]
    rows = [letter for letter in left if letter not in right]
    columns = [letter for letter in right if letter not in left]
    sizes = dict(zip(left + right, (*a.shape[1:], *b.shape[1:]), strict=True))

    def laid(x: Value, letters: str, *groups: list[str]) -> Value:
        order = [0, *(letters.index(letter) + 1 for group in groups for letter in group)]
        turned = x if order == sorted(order) else g.transpose(x, order)
        shape = [math.prod(sizes[letter] for letter in group) for group in groups]
        return g.reshape(turned, (x.shape[0], *shape))

    made = g.matmul(laid(a, left, both, rows, inner), laid(b, right, both, inner, columns))
    letters = "".join((*both, *rows, *columns))
    return g.reshape(made, (made.shape[0], *(sizes[letter] for letter in letters))), letters
