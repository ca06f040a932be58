"""What may flow through a port: a shape, partly unknown, of real numbers or of indices; or a
coder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeGuard, runtime_checkable

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.restricted import Restricted
from wlnet.core.scalars import as_whole
from wlnet.core.shapes import LARGEST, MOST_LEVELS, Partial, Size, shape_text
from wlnet.core.spelling import nearest, suggestion
from wlnet.core.symbols import AUTOMATIC

Element = Literal["Real", "Integer", "Boolean"]
"""What a port may be said to carry: Real numbers, an Integer that counts from 1, or a Boolean."""
Limit = int | tuple[int, ...]
"""How large an index may be that counts from 1; or, of each coordinate of a place, how many entries
there are: it counts from 1, or from -1 backwards."""


class Sent(NamedTuple):
    """How large the indices are that flow somewhere: 1, 2, ..., most. exact: whether just these
    are meant, as by an encoder, or none is larger, as where a layer makes them."""

    most: int
    exact: bool


Flow = Literal["Real", "Integer"]
"""What flows: a Boolean is the Real number 0 or 1."""


@runtime_checkable
class Coder(Protocol):
    """What a port needs to know of an encoder or decoder."""

    @property
    def shape(self) -> Partial: ...
    @property
    def element(self) -> Flow: ...
    @property
    def parameters(self) -> dict[str, Any]: ...
    def over(self, levels: int) -> Any: ...


@dataclass(frozen=True)
class PortType:
    """What is known of a port: its shape per example, its element type, its coder.

    lengths: names of open sizes, by level: sizes of one name are the same in all ports of a net.
    most: how large its integers may be, where that is said.
    """

    shape: Partial = None
    element: Element | None = None
    coder: Any = None
    lengths: tuple[str | None, ...] = ()
    most: int | None = None

    @property
    def flow(self) -> Flow | None:
        """What flows through, as far as this port says so."""
        return "Real" if self.element == "Boolean" else self.element

    @property
    def sent(self) -> Sent | None:
        """The indices that come in at this port, where it or its encoder says which."""
        count: int | None = getattr(self.coder, "index_count", self.most)
        return None if count is None else Sent(count, exact=True)

    def __str__(self) -> str:
        if self.coder is not None:
            return repr(self.coder)
        text = shape_text(self.shape)
        for name in filter(None, self.lengths):
            text = text.replace("?", name, 1)
        if self.most is not None:
            return f"Integer up to {self.most} {text}"
        return text if self.element in (None, "Real") else f"{self.element} {text}"

    @property
    def spec(self) -> Any:
        """The shortest way to write this port: what `input=` takes."""
        if self.coder is not None:
            return self.coder
        if self.shape is None:
            return AUTOMATIC
        sizes = self.sizes
        if self.element in (None, "Real"):
            return sizes
        entries = self.element if self.most is None else Restricted("Integer", self.most)
        return (*sizes, entries) if sizes else entries

    @property
    def sizes(self) -> tuple[int | str, ...]:
        """The shape, where it has a rank: an open size is its name, or "Varying"."""
        shape = self.shape or ()
        names = (*self.lengths, *(None for _ in shape[len(self.lengths) :]))
        return tuple(name or "Varying" if size is None else size
                     for size, name in zip(shape, names, strict=True))  # fmt: skip


UNKNOWN = PortType()
ELEMENTS: tuple[Element, ...] = ("Real", "Integer", "Boolean")
VARYING = "Varying"
WORDS = (*ELEMENTS, VARYING, "Automatic")
"""Words with a meaning where a size may stand."""


def port_table(given: object, of: str) -> dict[str, Any]:
    """What was given as `ports=`: what is said of ports by name. Raises OptionError."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        what = f"the ports of {of} are a dict from names to shapes or coders"
        raise fail(OptionError, Fault(what, given=brief(given), fix='ports={"Query": (3, 4)}'))
    return dict(given)


def as_port(given: object, name: str = "Input") -> PortType:
    """A port from a size, a shape, "Real", "Integer", "Boolean", "Varying", a coder, or AUTOMATIC.

    A shape may end in what its entries are, such as "Integer" or Restricted("Integer", n);
    `("Varying", coder)` has the coder at every place. Any other word in it is the name of a length:
    all ports of a net that name it have the same one.

    >>> as_port(3).shape, as_port((2, "Varying")).shape, as_port("Real").shape
    ((3,), (2, None), ())
    >>> as_port(("Varying", "Integer")).spec, as_port(("words", 3)).spec
    (('Varying', 'Integer'), ('words', 3))
    """
    if given is AUTOMATIC or given is None:
        return UNKNOWN
    if isinstance(given, PortType):
        return given
    if _is_coder(given):
        return PortType(given.shape, given.element, given)
    sizes = given if isinstance(given, (tuple, list)) else (given,)
    if len(sizes) > 1 and _is_coder(sizes[-1]):
        return _of_sequences(sizes[:-1], sizes[-1], name)
    element: Element | None = None
    most: int | None = None
    if sizes and isinstance(sizes[-1], str) and sizes[-1] in ELEMENTS:
        element, sizes = sizes[-1], sizes[:-1]
    elif sizes and isinstance(sizes[-1], Restricted):
        element, most, sizes = "Integer", sizes[-1].most, sizes[:-1]
    if len(sizes) > MOST_LEVELS:
        what = f"port {name} has more levels than arrays can have"
        expected = f"at most {MOST_LEVELS}"
        raise fail(OptionError, Fault(what, given=f"{len(sizes)} levels", expected=expected))
    return PortType(
        tuple(_size(size, given, name) for size in sizes), element, None, _lengths(sizes), most
    )


def _lengths(sizes: Sequence[object]) -> tuple[str | None, ...]:
    """The names of lengths among sizes; none where there are none."""
    found = tuple(size if is_length(size) else None for size in sizes)
    return found if any(found) else ()


def is_length(size: object) -> TypeGuard[str]:
    """Whether this is the name of a length: a word, but no misspelling of one with a meaning."""
    if not isinstance(size, str) or not size.isidentifier() or size in WORDS:
        return False
    return not nearest(size, WORDS)


def _is_coder(given: object) -> TypeGuard[Coder]:
    """Whether it says of itself what a coder does: what has any attribute at all is none."""
    if not isinstance(given, Coder):
        return False
    shape = given.shape
    return (shape is None or isinstance(shape, tuple)) and isinstance(given.element, str)


def _of_sequences(sizes: Sequence[object], coder: Coder, name: str) -> PortType:
    """The port of a coder that stands at every place of a sequence, whose length is open."""
    if any(_size(size, sizes, name) is not None for size in sizes):
        what = f"port {name} has a coder at every place, and says how many places there are"
        raise fail(OptionError, Fault(what, given=brief(sizes), expected="'Varying'"))
    over = coder.over(len(sizes))
    return PortType(over.shape, over.element, over, _lengths(sizes))


def _size(size: object, given: object, name: str) -> Size:
    if size is None or size is AUTOMATIC or (isinstance(size, str) and size == VARYING):
        return None
    # A word that is all there is of a port is no length: it was meant as something else.
    if is_length(size) and isinstance(given, (tuple, list)):
        return None
    number = as_whole(size)
    if number is not None and 0 < number <= LARGEST:
        return number
    raise fail(
        OptionError,
        Fault(
            f"port {name} has a shape that cannot be",
            given=brief(given),
            expected="a size, a tuple of sizes (which may end in what its entries are), 'Real', "
            "'Integer', Restricted('Integer', n), 'Boolean', 'Varying', the name of a length, or "
            "a coder",
            fix=suggestion(size, WORDS) or f"{name.lower()}=(3, 4)",
        ),
    )
