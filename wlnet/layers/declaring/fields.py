"""What a layer declares: parameters, arrays and ports, a line each.

From these lines follow the constructor, shape inference, initialization, paths, information, files
and laws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Literal

from wlnet.core.names import wolfram_name
from wlnet.core.net import Net
from wlnet.core.ports import Flow
from wlnet.core.scalars import as_real, as_truth, as_whole
from wlnet.core.shapes import LARGEST, MOST_LEVELS, Pattern
from wlnet.core.symbols import AUTOMATIC

REQUIRED: Final = object()
Takes = Flow | Literal["Either"]
"""What a port carries; "Either": whatever comes, the same at all ports of the layer that say so."""
Check = Callable[[object], object]
"""Returns the value as it is kept (plain frozen data), or raises ValueError saying what was
expected."""


class Field:
    """One declared line. Its name is that of the class attribute."""

    name: str
    wolfram: str
    slot: ClassVar[str]
    """The attribute of a net that holds the value, by its Wolfram name."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.wolfram = wolfram_name(name)

    def __get__(self, layer: Net | None, owner: type) -> Any:
        return self if layer is None else getattr(layer, self.slot)[self.wolfram]


class Parameter(Field):
    """A parameter: its default, its check, whether files were written before there was one."""

    slot = "parameters"

    def __init__(self, default: object, check: Check, later: bool) -> None:
        self.default = default
        self.check = check
        self.later = later


class ArrayField(Field):
    """An array: its pattern, how it starts, whether it may be None, whether it is a statistic."""

    slot = "array_values"

    def __init__(
        self, pattern: Pattern, start: float | str, optional: bool, statistic: bool
    ) -> None:
        self.pattern = pattern
        self.start = start
        self.optional = optional
        self.statistic = statistic


class PortField(Field):
    """A port: its direction, its pattern, what flows through it."""

    slot = "ports"

    def __init__(
        self,
        direction: Literal["in", "out"],
        pattern: Pattern,
        element: Takes,
        below: str | None,
        variadic: bool,
    ) -> None:
        self.direction = direction
        self.pattern = pattern
        self.element = element
        self.below = below
        self.variadic = variadic


class StateField(Field):
    """A state: its pattern. It is no port that a user says anything of: sizes tell its shape."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern

    def __get__(self, layer: Net | None, owner: type) -> Any:
        return self


def parameter(default: object = REQUIRED, *, check: Check, later: bool = False) -> Parameter:
    """A parameter; without a default it must be given. later: it came after the layer; files have
    it only where it is not the default, so that those from before are read."""
    return Parameter(default, check, later)


def array(
    *pattern: str | int, start: float | str, optional: bool = False, statistic: bool = False
) -> ArrayField:
    """A learnable array (or a running statistic) with a shape in named sizes.

    start: a number, "weights" for the initialization method's rule, or "general" for the weight
    rule from rank 2 on and zeros below. optional: it may be None.
    """
    return ArrayField(pattern, start, optional, statistic)


def port(*pattern: str | int, element: Takes = "Real", below: str | None = None) -> PortField:
    """An input port. below: the named size that an index at this port must not exceed; or a run of
    sizes, along which the last level of what flows tells places, from 1 or from -1 backwards."""
    return PortField("in", pattern, element, below, False)


def variadic(*pattern: str | int, element: Takes = "Real") -> PortField:
    """As many input ports as are connected, named "1", "2", ...

    "#" in the name of a size stands for the number of the port; the size "inputs" is how many there
    are.
    """
    return PortField("in", pattern, element, None, True)


def out(*pattern: str | int, element: Takes = "Real", below: str | None = None) -> PortField:
    """An output port. below: the named size that an index from this port never exceeds."""
    return PortField("out", pattern, element, below, False)


def hidden(*pattern: str | int) -> StateField:
    """A hidden port, in and out: a state that goes from step to step of a sequence.

    `lower` and `reference` are given what it is before the first step, None for zeros, and give
    with the outputs what it is after the last one.
    """
    return StateField(pattern)


# Checks of parameters


def or_automatic(check: Check) -> Check:
    """AUTOMATIC, or what the check takes."""
    return lambda value: AUTOMATIC if value is AUTOMATIC else check(value)


def sizes(value: object) -> tuple[int, ...]:
    """A shape: a size, or a tuple of sizes; () is a scalar."""
    if isinstance(value, (tuple, list)):
        return tuple(positive(size) for size in listed(value))
    return (positive(value),)


size_or_automatic = or_automatic(sizes)
"""A shape, or AUTOMATIC."""


def listed(value: Sequence[object]) -> tuple[object, ...]:
    """What is said of every level of an array."""
    if len(value) > MOST_LEVELS:
        raise ValueError(f"at most {MOST_LEVELS} levels")
    return tuple(value)


def per_direction(value: object) -> int | tuple[int, ...]:
    """One number for all directions, or a tuple with one a direction."""
    if isinstance(value, (tuple, list)) and value:
        return tuple(positive(size) for size in value)
    return positive(value)


def positive(value: object) -> int:
    """An integer from 1 on."""
    number = integer(value)
    if number < 1:
        raise ValueError("a positive integer")
    return number


def integer(value: object) -> int:
    """An integer of Python or NumPy that 63 bits can hold."""
    number = as_whole(value)
    if number is None:
        raise ValueError("an integer")
    if abs(number) > LARGEST:
        raise ValueError("an integer of at most 2**63 - 1")
    return number


def level(value: object) -> int:
    """A level of an array, counted from 1 or from -1."""
    number = integer(value)
    if number == 0:
        raise ValueError("a level: from 1, or from -1 backwards")
    return number


def boolean(value: object) -> bool:
    """True or False."""
    truth = as_truth(value)
    if truth is None:
        raise ValueError("True or False")
    return truth


def real(low: float, high: float, *, open_high: bool = False, open_low: bool = False) -> Check:
    """A real number within bounds."""

    def check(value: object) -> float:
        above, below = ">" if open_low else ">=", "<" if open_high else "<="
        text = f"a number {above} {low:g} and {below} {high:g}"
        number = as_real(value)
        if number is None:
            raise ValueError(text)
        inside = low <= number <= high and not (open_low and number == low)
        if not inside or (open_high and number == high):
            raise ValueError(text)
        return number

    return check


def one_of(*names: str) -> Check:
    """One of a few names."""

    def check(value: object) -> str:
        if not (isinstance(value, str) and value in names):
            raise ValueError("one of " + ", ".join(map(repr, names)))
        return value

    return check
