"""What a step of training does beside computing, and what a program looks at and copies."""

from __future__ import annotations

from wlnet.graph.graph import Shape
from wlnet.plan.words.specs import Results, spec


@spec("", changes=True)
def check(x: Shape) -> Results:
    """Tell of numbers that are not finite."""
    return ()


@spec("y", changes=True)
def fetch(*, name: object, shape: Shape, whole: int = 0) -> Results:
    """Rows of a column: the examples of this step. whole: how many examples the batch has, if
    these are a part of it."""
    return (shape,)


@spec("", changes=True)
def keep(x: Shape, *, name: object) -> Results:
    """Write a row of a table."""
    return ()


@spec("", changes=True)
def update(gradient: Shape, scale: Shape | None = None, *, key: object) -> Results:
    """Update an array by its gradient, times a scale."""
    assert scale in (None, (1,)), "the scale is not one number"
    return ()


@spec("sums")
def square_sums(x: Shape) -> Results:
    """The sums of the squares of so many numbers at a time."""
    return ((None,),)


@spec("total running", changes=True)
def add_squares(sums: Shape, before: Shape | None = None, *, key: object) -> Results:
    """The sum of sums, and that with the one before, unless the array rests in this step."""
    assert before in (None, (1,)), "what comes before is not one number"
    return ((1,), (1,))


@spec("scale")
def norm_scale(running: Shape, *, most: float) -> Results:
    """What gradients are scaled by, so that their norm is at most so large."""
    assert running == (1,), "the sum of squares is not one number"
    return ((1,),)


@spec("", changes=True)
def product_update(a: Shape, b: Shape, *, key: object) -> Results:
    """The same; the gradient is a product of two matrices."""
    assert a[1] == b[0], "a and b have another depth"
    return ()


@spec("", changes=True)
def packed_update(a: Shape, b: Shape, *, key: object) -> Results:
    """The same for an array that is packed: the transpose of its gradient is a product."""
    assert a[1] == b[0], "a and b have another depth"
    return ()


@spec("", changes=True)
def sum_update(x: Shape, *, key: object) -> Results:
    """The same; the gradient is the sum of rows."""
    assert len(x) == 2, "x is no matrix"
    return ()


@spec("", changes=True)
def replace(x: Shape, *, key: object) -> Results:
    """A running statistic takes over its new value."""
    return ()


@spec("y")
def copy(x: Shape) -> Results:
    """The same numbers one after another, for who cannot read a view."""
    return (x,)
