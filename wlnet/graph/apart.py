"""Where the examples of a batch lie in the results of a primitive: the rules of primitives.py.

Elsewhere called batching rules. A rule is given `examples`, of each operand the axis along which
its examples stand beside one another, None where it is the same for all of them; the shapes of the
operands; and the attributes of the call. Some operand has examples. The rule gives their axis in
every result, or None where they meet, so that a number of a result depends on several of them.

`axis_after` (primitives.py) asks the rule of a call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from wlnet.graph.graph import Shape

Axes = Sequence[int | None]
Apart = Callable[..., int | None]
"""rule(examples, *shapes, **attributes)"""


def _same(examples: Axes) -> int | None:
    """The one axis of all operands with examples; None where they differ."""
    found = {axis for axis in examples if axis is not None}
    return found.pop() if len(found) == 1 else None


def _aligned(examples: Axes, shapes: Sequence[Shape]) -> list[int | None]:
    """The axes, counted in the longest shape: shorter ones are repeated along new axes in front."""
    rank = max(map(len, shapes))
    return [
        None if axis is None else axis + rank - len(shape)
        for axis, shape in zip(examples, shapes, strict=True)
    ]


def without_operands(examples: Axes, **attributes: object) -> None:
    """What has no operands has no examples."""
    raise AssertionError("nobody asks where there are no operands")


def meet(examples: Axes, *shapes: Shape, **attributes: object) -> None:
    """Results are sums over the examples."""
    return


def element_by_element(examples: Axes, *shapes: Shape, **attributes: object) -> int | None:
    """Operands are repeated as NumPy does."""
    return _same(_aligned(examples, shapes))


def beside(name: str) -> Apart:
    """Work along the axis, or the axes, that an attribute tells; examples beside that are apart."""

    def rule(examples: Axes, *shapes: Shape, **attributes: object) -> int | None:
        axis, along = _same(examples), attributes[name]
        met = axis in along if isinstance(along, tuple) else axis == along
        return None if met else axis

    return rule


def product(examples: Axes, a: Shape, b: Shape) -> int | None:
    """Rows of a, columns of b, or leading indices; what is summed over meets."""
    of_a, of_b = _aligned(examples, (a, b))
    rank = max(len(a), len(b))
    if of_a == rank - 1 or of_b == rank - 2:
        return None
    if of_a is None or of_b is None:
        return of_b if of_a is None else of_a
    return of_a if of_a == of_b < rank - 2 else None


def leading(examples: Axes, *shapes: Shape, **attributes: object) -> int | None:
    """Matrices, each by itself: their rows, and their columns, meet."""
    axis = _same(examples)
    return None if axis is None or None in examples or axis >= len(shapes[0]) - 2 else axis


def seen(examples: Axes, *shapes: Shape, window: int | None, **attributes: object) -> int | None:
    """Along the last axis; where there is a window, rows meet too: which one it is decides."""
    axis, met = _same(examples), 1 if window is None else 2
    return None if axis is None or axis >= len(shapes[0]) - met else axis


def moved(examples: Axes, x: Shape, *, axes: tuple[int, ...]) -> int | None:
    """Axes in another order."""
    return axes.index(examples[0]) if examples[0] is not None else None


def reshaped(examples: Axes, x: Shape, *, shape: Shape) -> int | None:
    """An axis stays one where as many numbers stand before it, and as many along it, as did."""
    (axis,) = examples
    if axis is None:
        return None
    same = [
        prod(shape[:new]) == prod(x[:axis]) and size == x[axis] for new, size in enumerate(shape)
    ]
    # Among axes of size 1 any would do: the one that it was, if there is a choice.
    return axis if same[axis : axis + 1] == [True] else same.index(True) if any(same) else None


def regrouped(examples: Axes, x: Shape, *, shape: Shape, count: int) -> int | None:
    """A reshape that puts entries of an example beside its axis, or takes them from there: so many
    examples may have several entries each along their axis, one after another."""
    (axis,) = examples
    if axis is None or x[axis] % count:
        return None
    front = prod(x[:axis])
    fits = (i for i, n in enumerate(shape) if prod(shape[:i]) == front and n % count == 0)
    return next(fits, None)


def repeated(examples: Axes, x: Shape, *, shape: Shape) -> int | None:
    """New axes come in front."""
    return _aligned((*examples, None), (x, shape))[0]


def rows_taken(examples: Axes, table: Shape, index: Shape) -> int | None:
    """Results lie as the index does, and then as a row of the table."""
    of_table, of_index = examples
    if of_table is None:
        return of_index
    return len(index) + of_table - 1 if of_index is None and of_table > 0 else None


def entries(examples: Axes, x: Shape, index: Shape, **attributes: object) -> int | None:
    """Each index has an entry, or a row of entries, of its own."""
    axis = _same(examples)
    return axis if axis is not None and axis < len(index) else None


def along_last(examples: Axes, x: Shape) -> int | None:
    """Work along the last axis; examples beside that are apart."""
    (axis,) = examples
    return axis if axis != len(x) - 1 else None


def own_places(
    examples: Axes, x: Shape, index: Shape, *, beside: int, **attributes: object
) -> int | None:
    """Places in what stands beside them along the first axes."""
    axis = _same(examples)
    return axis if axis is not None and axis < beside else None


def images(examples: Axes, *shapes: Shape, **attributes: object) -> int | None:
    """Windows over the images of a batch, by weights that are the same for all."""
    return 0 if examples[0] == 0 and set(examples[1:]) <= {None} else None


def own_images(examples: Axes, *shapes: Shape, **attributes: object) -> int | None:
    """Images of a batch, and to each something of its own."""
    return 0 if _same(examples) == 0 else None


def channels(examples: Axes, *shapes: Shape, **attributes: object) -> int | None:
    """Windows over each channel of each image by itself."""
    axis = _same(examples)
    return axis if axis in (0, 1) else None


def recurrent(examples: Axes, *shapes: Shape) -> int | None:
    """Of operands (length, batch, size), and weights, the first matrix, that are no examples. What
    there was before the first step (batch, size) may be the same for all."""
    each = list(zip(examples, shapes, strict=True))
    weights, *begun = [axis for axis, shape in each if len(shape) == 2]
    beside = {axis for axis, shape in each if len(shape) == 3}
    return 1 if beside == {1} and weights is None and set(begun) <= {0, None} else None
