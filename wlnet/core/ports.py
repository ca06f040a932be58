"""What may flow through a port: a shape, partly unknown, of real numbers or of indices; or a
coder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast, runtime_checkable

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_whole
from wlnet.core.shapes import Partial, Size, shape_text
from wlnet.core.symbols import AUTOMATIC

Element = Literal["Real", "Integer"]


@runtime_checkable
class Coder(Protocol):
    """What a port needs to know of an encoder or decoder."""

    @property
    def shape(self) -> Partial: ...
    @property
    def element(self) -> Element: ...
    @property
    def parameters(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class PortType:
    """What is known of a port: its shape per example, its element type, its coder."""

    shape: Partial = None
    element: Element | None = None
    coder: Any = None

    @property
    def sent_indices(self) -> int | None:
        """How many different indices an encoder at this port sends, where it sends indices."""
        count: int | None = getattr(self.coder, "index_count", None)
        return count

    def __str__(self) -> str:
        if self.coder is not None:
            return repr(self.coder)
        text = shape_text(self.shape)
        return f"{self.element} {text}" if self.element == "Integer" else text

    @property
    def spec(self) -> Any:
        """The shortest way to write this port: what `input=` takes."""
        if self.coder is not None:
            return self.coder
        if self.shape is None:
            return AUTOMATIC
        if self.element == "Integer" and self.shape == ():
            return "Integer"
        return tuple("Varying" if size is None else size for size in self.shape)


UNKNOWN = PortType()


def as_port(given: Any, name: str = "Input") -> PortType:
    """A port from a size, a shape, "Real", "Integer", "Boolean", "Varying", a coder, or AUTOMATIC.

    >>> as_port(3).shape, as_port((2, "Varying")).shape, as_port("Real").shape
    ((3,), (2, None), ())
    """
    if given is AUTOMATIC or given is None:
        return UNKNOWN
    if isinstance(given, PortType):
        return given
    if isinstance(given, Coder):
        return PortType(given.shape, given.element, given)
    if given in ("Real", "Boolean") if isinstance(given, str) else False:
        return PortType((), "Real")
    if isinstance(given, str) and given == "Integer":
        return PortType((), "Integer")
    sizes = given if isinstance(given, (tuple, list)) else (given,)
    element: Element | None = None
    if sizes and isinstance(sizes[-1], str) and sizes[-1] in ("Integer", "Real"):
        element, sizes = cast("Element", sizes[-1]), sizes[:-1]
    return PortType(tuple(_size(size, given, name) for size in sizes), element)


def _size(size: Any, given: Any, name: str) -> Size:
    if size is None or size is AUTOMATIC or (isinstance(size, str) and size == "Varying"):
        return None
    number = as_whole(size)
    if number is not None and number > 0:
        return number
    raise fail(
        OptionError,
        Fault(
            f"port {name} has a shape that cannot be",
            given=brief(given),
            expected="a size, a tuple of sizes, 'Real', 'Integer', 'Varying', or a coder",
            fix=f"{name.lower()}=(3, 4)",
        ),
    )
