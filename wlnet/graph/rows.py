"""What a row of the table of primitives says, and how it is entered. The rows: primitives.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wlnet.graph.apart import Apart, regrouped
from wlnet.graph.graph import Call, Element, Shape, Value
from wlnet.graph.table import Table

Shapes = Callable[..., tuple[Shape, ...]]


@dataclass(frozen=True)
class Primitive:
    """A name, the shapes and entries of the results, and whether it draws random numbers.

    apart: the rule for where examples lie in its results, see apart.py. index: the number of the
    input whose entries are Integers, if one has such; those of the others are Reals. any_entries:
    whether operands may have any.
    """

    name: str
    shapes: Shapes
    apart: Apart
    elements: tuple[Element, ...] = ("Real",)
    random: bool = False
    index: int | None = None
    any_entries: bool = False


PRIMITIVES = Table[Primitive]("row as a primitive", "wlnet/graph/primitives.py")


def primitive(
    *elements: Element, apart: Apart, random: bool = False, index: int | None = None
) -> Callable[[Shapes], Shapes]:
    """A decorator for a shape rule, by whose name a primitive is entered; elements: of results."""

    def enter(shapes: Shapes) -> Shapes:
        name = shapes.__name__.rstrip("_")
        PRIMITIVES[name] = Primitive(name, shapes, apart, elements or ("Real",), random, index)
        return shapes

    return enter


def axis_after(call: Call, axes: Mapping[Value, int], examples: int | None = None) -> int | None:
    """The axis of the examples in all results of a call; None where a result is no longer about one
    example. axes: value -> axis, for the operands that have examples; at least one does. The others
    are the same for all examples. examples: how many there are, where each may have several entries
    along its axis, one after another, as the elements of sequences that a net is mapped over."""
    own = [axes.get(value) for value in call.inputs]
    shapes = [value.shape for value in call.inputs]
    axis = PRIMITIVES[call.primitive].apart(own, *shapes, **call.attributes)
    (count, *_) = (shape[at] for at, shape in zip(own, shapes, strict=True) if at is not None)
    if axis is None and call.primitive == "reshape" and examples is not None:
        return regrouped(own, *shapes, **call.attributes, count=examples)
    # One example that was repeated along the axis has become several entries, none of them its own.
    there = axis is not None and all(value.shape[axis] == count for value in call.outputs)
    return axis if there else None
