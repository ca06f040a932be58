"""Ports as JSON, and back: shape, element, coder."""

from __future__ import annotations

from collections.abc import Callable

from wlnet.coders import from_record, to_record
from wlnet.core.net import Net
from wlnet.core.ports import ELEMENTS, UNKNOWN, VARYING, PortType, is_length
from wlnet.core.records import Json, refused, shown
from wlnet.core.restricted import LARGEST_INDEX
from wlnet.core.shapes import Partial, merge
from wlnet.io.plain import LARGEST

HIGHEST_RANK = 64
"""Levels of an array, as in NumPy."""


def written(port: PortType, keep: Callable[[Net], Json] | None = None) -> Json:
    """A port as JSON holds it; one of which nothing is known is None. keep: writes a net of its
    coder.

    >>> written(PortType((3, None), lengths=(None, "words")))
    {'Coder': None, 'Element': None, 'Shape': [3, 'words']}
    """
    if port == UNKNOWN:
        return None
    # Files without it are older.
    most: dict[str, Json] = {} if port.most is None else {"Most": port.most}
    return {
        "Coder": None if port.coder is None else to_record(port.coder, keep),
        "Element": port.element,
        "Shape": None if port.shape is None else _sizes(port),
        **most,
    }


def read(record: Json, at: str, kept: Callable[[Json], Net] | None = None) -> PortType:
    """The port of a record. kept: reads a net of its coder. Raises FormatError; Mismatch where the
    coder has another shape."""
    if record is None:
        return UNKNOWN
    if type(record) is not dict or {*record, "Most"} != {"Coder", "Element", "Shape", "Most"}:
        raise refused("this is no port", at=at, given=shown(record))
    (shape, lengths), element = _shape(record["Shape"], at), record["Element"]
    if shape is None and element is None and record["Coder"] is None:
        raise refused("nothing is said of a port in many words", at=at, expected="null")
    if element is not None and element not in ELEMENTS:
        raise refused("a port of no known element", at=at, given=shown(element), known=ELEMENTS)
    if "Most" in record:
        most = record["Most"]
        is_index = type(most) is int and 0 < most <= LARGEST_INDEX
        if not is_index or element != "Integer" or record["Coder"] is not None or shape is None:
            expected = f"1 to {LARGEST_INDEX}, of integers without a coder"
            raise refused("no limit of integers", at=at, given=shown(most), expected=expected)
        return PortType(shape, element, None, lengths, most)  # type: ignore[arg-type]
    if record["Coder"] is None:
        return PortType(shape, element, None, lengths)
    coder = from_record(record["Coder"], kept)
    merge(shape, coder.shape)
    if element not in (None, coder.element):
        raise refused(
            "a coder of another element", at=at, given=shown(element), expected=coder.element
        )
    return PortType(shape, element, coder, lengths)


def _sizes(port: PortType) -> list[Json]:
    """The sizes of a port; the name of an open one, where it has a name."""
    return [None if size == VARYING else size for size in port.sizes]


def _shape(record: Json, at: str) -> tuple[Partial, tuple[str | None, ...]]:
    """A shape, and the names of its open sizes."""
    if record is None:
        return None, ()
    if type(record) is not list or len(record) > HIGHEST_RANK:
        raise refused("this is no shape", at=at, given=shown(record))
    names = [size for size in record if type(size) is str]
    sizes = [size for size in record if size is None or (type(size) is int and 0 < size <= LARGEST)]
    if len(sizes) + len(names) < len(record) or not all(map(is_length, names)):
        raise refused("a shape is made of positive sizes", at=at, given=shown(record))
    lengths = tuple(size if type(size) is str else None for size in record)
    shape = tuple(size if type(size) is int else None for size in record)
    return shape, lengths if names else ()
