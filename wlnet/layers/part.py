"""PartLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.core.parts import Span
from wlnet.core.shapes import Mismatch, Shape, Size, Sizes, shape_text
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.entries import Taken, entries
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import integer, listed, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals

EXPECTED = (
    "an entry such as 2 or -1, a Span of entries, 'm;;n', 'm;;n;;step', ALL, "
    "or a tuple of these, one a level"
)
Part = int | str
"""The number of an entry, which takes its level away, or "m;;n;;step", which keeps it."""


def part(value: object) -> Part:
    """What is taken along one level."""
    if value is ALL:
        return "1;;-1;;1"
    if isinstance(value, Span):
        ends = [value.start, value.end]
    elif isinstance(value, str):
        ends = [int(end) if _is_whole(end) else end or AUTOMATIC for end in value.split(";;")]
        if len(ends) not in (2, 3):
            raise ValueError(EXPECTED)
    else:
        number = integer(value)
        if number == 0:
            raise ValueError(EXPECTED)
        return number
    defaults = 1, -1, 1
    if len(ends) == 3 and isinstance(ends[2], int) and ends[2] < 0:
        defaults = -1, 1, 1
    numbers = [
        default if end is AUTOMATIC or end is ALL or end == "All" else end
        for end, default in zip((*ends, *(AUTOMATIC,) * (3 - len(ends))), defaults, strict=True)
    ]
    if not all(isinstance(number, int) and number for number in numbers):
        raise ValueError(EXPECTED)
    return ";;".join(map(str, numbers))


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def parts(value: object) -> tuple[Part, ...]:
    """What is taken along each of the first levels."""
    try:
        if isinstance(value, (tuple, list)):
            if not value:
                raise ValueError(EXPECTED)
            return tuple(part(one) for one in listed(value))
        return (part(value),)
    except ValueError:
        raise ValueError(EXPECTED) from None


def taken(part: Part, size: int) -> Taken:
    """The entries that a part of a level of this size is. Raises Mismatch where there are none."""
    start, end, step = map(int, part.split(";;")) if isinstance(part, str) else (part, part, 1)
    first, last = (n - 1 if n > 0 else size + n for n in (start, end))
    # The last one is perhaps passed, but never an end that is not there.
    count = (last - first) // step + 1
    if count < 1 or not (0 <= first < size and 0 <= last < size):
        raise Mismatch(f"there is no part {_short(part)} of {size} entries")
    return Taken(first, count, step)


def _short(part: Part) -> Part:
    return part.removesuffix(";;1") if isinstance(part, str) else part


class PartLayer(Layer):
    """Some entries of an array: one, which takes its level away, or a span of them.

    part: n for the nth entry, -n for the nth from the end; Span(m, n), "m;;n" or "m;;n;;step" for
    several, both ends included; ALL; a tuple of these for the first levels, one after the other.
    Ports: input, of a rank of at least as many levels; output.

    >>> PartLayer(2)([4, 5, 6]).item()
    5.0
    >>> PartLayer((ALL, "-1;;1;;-1"))([[1, 2, 3], [4, 5, 6]]).tolist()
    [[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]

    Wolfram Language: PartLayer.
    """

    passes_gain = True
    is_view = True

    part = parameter(check=parts)
    input = port("*input", element="Either")
    output = out("*output", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return rank > len(self.part)

    def relate(self, sizes: Sizes) -> None:
        shape, output = sizes.run("*input"), sizes.run("*output")
        if shape is None:
            return
        if len(shape) < len(self.part):
            raise Mismatch(f"{shape_text(shape)} has no {len(self.part)} levels to take parts of")
        sizes.set("*output", self._output(shape))
        if output is None:
            return
        # What is whole in the input is so in the output.
        kept = iter(output)
        back: list[Size] = []
        for one in (*self.part, *("1;;-1;;1",) * (len(shape) - len(self.part))):
            size = next(kept) if isinstance(one, str) else None
            back.append(size if one == "1;;-1;;1" else None)
        sizes.set("*input", tuple(back))

    def _output(self, shape: Shape) -> Shape:
        levels: list[Size] = []
        for one, size in zip(self.part, shape, strict=False):
            found = None if size is None else taken(one, size).number
            if isinstance(one, str):
                levels.append(found)
        return (*levels, *shape[len(self.part) :])

    def lower(self, g: Builder, input: Value) -> Value:
        x = input
        for axis, one in enumerate(self.part, 1):
            x = entries(g, x, axis, taken(one, x.shape[axis]))
        return g.reshape(x, (x.shape[0], *g.output))

    def reference(self, input: Reals) -> Reals:
        index: list[int | slice] = [slice(None)]
        for one, size in zip(self.part, input.shape[1:], strict=False):
            start, end, step = map(int, one.split(";;")) if isinstance(one, str) else (one, 0, 0)
            first, last = (n - 1 if n > 0 else size + n for n in (start, end))
            stop = None if step < 0 and last == 0 else last + (1 if step > 0 else -1)
            index.append(slice(first, stop, step) if isinstance(one, str) else first)
        return input[tuple(index)]

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(PartLayer(2), {"Input": (3,)})
        yield Example(PartLayer(1), {"Input": (1,)})
        yield Example(PartLayer(-1), {"Input": (3, 2)})
        yield Example(PartLayer(Span(2, -1)), {"Input": (4, 2)})
        yield Example(PartLayer((ALL, 1)), {"Input": (2, 3)})
        yield Example(PartLayer("1;;-1;;2"), {"Input": (5, 2)})
        yield Example(PartLayer("2;;5;;3"), {"Input": (7,)})
        yield Example(PartLayer(("-1;;1;;-2", "-1;;2;;-1")), {"Input": (6, 3)})
